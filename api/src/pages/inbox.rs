//! The inbox: my tasks, and the queue of what nobody in my teams has claimed yet, most urgent first.
//!
//! The numbers on the tiles, the groups and the rows come from one list, so they never disagree.

pub(crate) mod filter;

use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::access::may_claim;
use crate::pages::drafts::Drafts;
use crate::pages::task_list::{Listed, Row, definition, rows};
use crate::pages::view::{Action, Notice, PAGE_SIZE, PageLinks, Tile, World, rows_of, today};
use crate::pages::{Names, task_of, world};
use crate::roles::{CASE_WORK, only};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Redirect;
use axum::routing::get;
use bpmn::{Assignment, Command, Rejection};
use filter::{Chosen, DUE, Filter, Select, due_word};
use processes::stages;
use runtime::{Act, TaskQuery};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most tasks that one inbox counts and shows; the most urgent ones.
const LIST_LIMIT: u32 = 1_000;

/// `/inbox` and `/inbox/team`.
pub(crate) fn routes() -> Router<AppState> {
    let routes = Router::new()
        .route("/inbox", get(mine))
        .route("/inbox/team", get(queue).post(claim));
    only(CASE_WORK, routes)
}

/// What was just done, in the address after a redirect: keys of tasks, never names.
#[derive(Clone, Debug, Default, Deserialize)]
struct Told {
    claimed: Option<String>,
    taken: Option<String>,
}

#[derive(Serialize)]
struct View {
    heading: &'static str,
    lede: String,
    queue: bool,
    views: Vec<ViewLink>,
    tiles: Vec<Tile>,
    filter: Bar,
    groups: Vec<Group>,
    empty: Option<Empty>,
    pages: PageLinks,
    notice: Option<Notice>,
}

#[derive(Serialize)]
struct ViewLink {
    text: &'static str,
    href: &'static str,
    count: usize,
    current: bool,
}

#[derive(Serialize)]
struct Bar {
    action: &'static str,
    selects: Vec<Select>,
    chosen: Vec<Chosen>,
}

#[derive(Serialize)]
struct Group {
    title: &'static str,
    count: usize,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Empty {
    title: &'static str,
    text: String,
    href: &'static str,
    action: &'static str,
}

/// The lists of a user: both are read, since each page shows the count of the other.
struct Lists {
    mine: Vec<Listed>,
    queue: Vec<Listed>,
    drafts: Drafts,
    world: World,
}

impl Lists {
    async fn of(state: &AppState, user: &SignedIn) -> Result<Lists, Error> {
        let world = world(state);
        let mine = TaskQuery {
            assignee: Some(user.name.clone()),
            limit: LIST_LIMIT,
            ..TaskQuery::default()
        };
        let mine = Listed::all(state, state.runtime.tasks(&mine).await?, &world).await?;
        let queue = if user.teams.is_empty() {
            Vec::new()
        } else {
            let offered = TaskQuery {
                candidate_groups: user.teams.clone(),
                unassigned: Some(true),
                limit: LIST_LIMIT,
                ..TaskQuery::default()
            };
            Listed::all(state, state.runtime.tasks(&offered).await?, &world).await?
        };
        Ok(Lists {
            mine,
            queue,
            drafts: Drafts::by(state, &user.name).await?,
            world,
        })
    }

    fn with_draft(&self) -> usize {
        self.mine
            .iter()
            .filter(|listed| self.drafts.saved(listed.task.key).is_some())
            .count()
    }
}

async fn mine(
    State(state): State<AppState>,
    user: SignedIn,
    Query(filter): Query<Filter>,
) -> Result<Page, Error> {
    let lists = Lists::of(&state, &user).await?;
    let waiting = lists.queue.len();
    let text = match (lists.mine.is_empty(), waiting) {
        (false, _) => "Nothing fits these filters.".into(),
        (true, 0) => "Nobody waits in the queue of your teams either.".into(),
        (true, 1) => "1 task waits in the queue of your teams.".into(),
        (true, _) => format!("{waiting} tasks wait in the queue of your teams."),
    };
    let empty = if lists.mine.is_empty() {
        Empty {
            title: "Nothing to do",
            text,
            href: "/inbox/team",
            action: "Open the team queue",
        }
    } else {
        Empty {
            title: "No task here",
            text,
            href: "/inbox",
            action: "Show all my tasks",
        }
    };
    page(&state, lists, filter, false, empty, None).await
}

async fn queue(
    State(state): State<AppState>,
    user: SignedIn,
    Query(filter): Query<Filter>,
    Query(told): Query<Told>,
) -> Result<Page, Error> {
    let notice = notice(&state, &user, &told).await?;
    let lists = Lists::of(&state, &user).await?;
    let empty = if lists.queue.is_empty() {
        let text = "Each task of your teams is with somebody.".into();
        Empty {
            title: "No one is waiting",
            text,
            href: "/inbox",
            action: "Back to my tasks",
        }
    } else {
        let text = "Nothing fits these filters.".into();
        Empty {
            title: "No task here",
            text,
            href: "/inbox/team",
            action: "Show the whole queue",
        }
    };
    page(&state, lists, filter, true, empty, notice).await
}

async fn page(
    state: &AppState,
    lists: Lists,
    filter: Filter,
    queue: bool,
    empty: Empty,
    notice: Option<Notice>,
) -> Result<Page, Error> {
    let path = if queue { "/inbox/team" } else { "/inbox" };
    let heading = if queue { "Team queue" } else { "My tasks" };
    let views = views(&lists, queue, !filter.drafts.is_empty());
    let Lists {
        mine,
        queue: offered,
        drafts,
        world,
    } = lists;
    let all = if queue { offered } else { mine };
    let stages = stages_of(state, &all);
    let counted = all.into_iter().filter(|listed| {
        let draft = drafts.saved(listed.task.key).is_some();
        filter.passes_but_for_due(listed.task.priority, listed.stage.as_deref(), draft)
    });
    let counted: Vec<Listed> = counted.collect();
    let tiles = tiles(&counted, &filter, path);
    let lede = lede(&tiles, queue, &world);
    let (shown, counts) = most_urgent_first(counted, &filter);
    let mut pages = PageLinks::new(filter.page.unwrap_or(1), shown.len(), |page| {
        filter.on_page(page).address(path)
    });
    pages.note = format!("Working days: {}", world.calendar.name());
    let part = rows_of(filter.page.unwrap_or(1), shown);
    let groups_of_rows: Vec<usize> = part.iter().map(group_of).collect();
    let rows = rows(state, &world, part, &drafts).await?;
    let view = View {
        heading,
        lede,
        queue,
        views,
        tiles,
        filter: Bar {
            action: path,
            selects: filter.selects(&stages),
            chosen: filter.chosen(path),
        },
        empty: rows.is_empty().then_some(empty),
        groups: groups(rows, &groups_of_rows, &counts, queue),
        pages,
        notice,
    };
    Ok(Page::new("inbox", heading)
        .section(Section::Inbox)
        .model(&view))
}

/// What passes the filter, in the order of the page, and how many there are in each group.
fn most_urgent_first(listed: Vec<Listed>, filter: &Filter) -> (Vec<Listed>, Vec<usize>) {
    let mut shown = listed;
    shown.retain(|listed| filter.passes_due(listed.urgency));
    shown.sort_by_key(|listed| {
        let priority = std::cmp::Reverse(listed.task.priority);
        let due = listed.task.due;
        (group_of(listed), due.is_none(), due, priority)
    });
    let of_group = |group| shown.iter().filter(move |listed| group_of(listed) == group);
    let counts = (0..DUE.len())
        .map(|group| of_group(group).count())
        .collect();
    (shown, counts)
}

/// The place of a task's group among [`DUE`].
pub(crate) fn group_of(listed: &Listed) -> usize {
    let word = due_word(listed.urgency);
    DUE.iter()
        .position(|(group, ..)| *group == word)
        .expect("each urgency has a group")
}

fn groups(rows: Vec<Row>, groups_of_rows: &[usize], counts: &[usize], queue: bool) -> Vec<Group> {
    let titles = DUE.iter().zip(counts).map(|((_, title, _), count)| Group {
        title,
        count: *count,
        rows: Vec::new(),
    });
    let mut groups: Vec<Group> = titles.collect();
    for (row, group) in rows.into_iter().zip(groups_of_rows) {
        groups[*group].rows.push(Row {
            selectable: queue,
            claimable: queue,
            ..row
        });
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}

fn views(lists: &Lists, queue: bool, drafts: bool) -> Vec<ViewLink> {
    vec![
        ViewLink {
            text: "My tasks",
            href: "/inbox",
            count: lists.mine.len(),
            current: !queue && !drafts,
        },
        ViewLink {
            text: "Team queue",
            href: "/inbox/team",
            count: lists.queue.len(),
            current: queue,
        },
        ViewLink {
            text: "Drafts",
            href: "/inbox?drafts=yes",
            count: lists.with_draft(),
            current: !queue && drafts,
        },
    ]
}

fn tiles(counted: &[Listed], filter: &Filter, path: &str) -> Vec<Tile> {
    let tile =
        |(index, (word, text, kind)): (usize, &(&'static str, &'static str, &'static str))| {
            let number = counted
                .iter()
                .filter(|listed| group_of(listed) == index)
                .count();
            let current = filter.due == *word;
            let href = filter
                .with_due(if current { "" } else { word })
                .address(path);
            Tile::new(kind, number, text, current, href)
        };
    DUE.iter().enumerate().map(tile).collect()
}

/// `Thursday 19 November. 3 overdue, 2 due today.`
fn lede(tiles: &[Tile], queue: bool, world: &World) -> String {
    let total: usize = tiles.iter().map(|tile| tile.number).sum();
    if queue {
        let tasks = if total == 1 {
            "1 task that nobody has".into()
        } else {
            format!("{total} tasks that nobody has")
        };
        return format!("{}. {tasks} claimed yet.", today(world));
    }
    let (overdue, due_today) = (tiles[0].number, tiles[1].number);
    format!(
        "{}. {overdue} overdue, {due_today} due today.",
        today(world)
    )
}

/// The stages that the tasks are at, in the order of their pathways.
fn stages_of(state: &AppState, listed: &[Listed]) -> Vec<String> {
    let catalog = state.runtime.catalog();
    let used: BTreeSet<&str> = listed
        .iter()
        .filter_map(|listed| listed.stage.as_deref())
        .collect();
    let keys: BTreeSet<bpmn::Key> = listed.iter().map(|listed| listed.task.definition).collect();
    let mut stages: Vec<String> = Vec::new();
    for name in keys
        .into_iter()
        .filter_map(|key| definition(&catalog, key))
        .flat_map(stages::names)
    {
        if used.contains(name.as_str()) && !stages.contains(&name) {
            stages.push(name);
        }
    }
    stages
}

/// Takes one task or the selected ones. Somebody else may have been faster: the page says who.
async fn claim(
    State(state): State<AppState>,
    user: SignedIn,
    posted: Posted,
) -> Result<Redirect, Error> {
    let one = posted.get("claim").map(str::to_owned);
    let selected = posted
        .0
        .iter()
        .filter(|(name, _)| name == "task")
        .map(|(_, value)| value.clone());
    let keys: Vec<String> = one.map_or_else(|| selected.collect(), |key| vec![key]);
    let (mut claimed, mut taken) = (Vec::new(), Vec::new());
    for key in keys.iter().take(PAGE_SIZE) {
        let task = task_of(&state, &user, key).await?;
        if !may_claim(&user, &task) {
            taken.push(task.key.to_string());
            continue;
        }
        match take(&state, &user, &task).await {
            Ok(()) => claimed.push(task.key.to_string()),
            Err(Error::Runtime(runtime::Error::Rejected(
                Rejection::TaskAlreadyAssigned { .. }
                | Rejection::TaskWaits { .. }
                | Rejection::NoSuchTask { .. },
            ))) => taken.push(task.key.to_string()),
            Err(other) => return Err(other),
        }
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, keys) in [("claimed", claimed), ("taken", taken)] {
        if !keys.is_empty() {
            query.append_pair(name, &keys.join("."));
        }
    }
    Ok(Redirect::to(&format!("/inbox/team?{}", query.finish())))
}

/// Gives a task that nobody has to `user`.
pub(crate) async fn take(
    state: &AppState,
    user: &SignedIn,
    task: &runtime::Task,
) -> Result<(), Error> {
    let command = Command::AssignTask {
        task: task.key,
        assignee: user.name.clone(),
        expect: Assignment::Unassigned,
    };
    state
        .submit(
            user,
            vec![Act::Command {
                instance: task.instance,
                command,
            }],
        )
        .await
        .map(drop)
}

/// Says what the last post did.
async fn notice(state: &AppState, user: &SignedIn, told: &Told) -> Result<Option<Notice>, Error> {
    let keys = |text: &Option<String>| -> Vec<String> {
        text.iter()
            .flat_map(|text| text.split('.'))
            .map(str::to_owned)
            .collect()
    };
    let (claimed, taken) = (keys(&told.claimed), keys(&told.taken));
    let missed = match taken.len() {
        0 => String::new(),
        1 => {
            let task = task_of(state, user, &taken[0]).await.ok();
            let who = match task.and_then(|task| task.assignee) {
                Some(assignee) => Names::load(state).await?.of(&assignee),
                None => "Somebody else".into(),
            };
            format!("{who} claimed one of them just before you. ")
        }
        n => format!("{n} of them were claimed by others just before you. "),
    };
    Ok(match claimed.as_slice() {
        [] if taken.is_empty() => None,
        [] => Some(Notice::told(missed.replace("one of them", "it"))),
        [one] => {
            let name = task_of(state, user, one)
                .await
                .map(|task| task.name)
                .unwrap_or_default();
            Some(
                Notice::done(format!("{missed}You have claimed one task:"))
                    .link(format!("/tasks/{one}"), name),
            )
        }
        several => Some(
            Notice::done(format!("{missed}You have claimed {} tasks.", several.len()))
                .link("/inbox", "Open my tasks"),
        ),
    })
}

/// Kept for templates that offer a way back.
pub(crate) fn back() -> Action {
    Action::new("Back to my tasks", "/inbox")
}
