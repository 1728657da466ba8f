//! The supervisor's page: what is late or was escalated, the workload of each worker, what waits in the queues, and
//! giving tasks to somebody else.

mod reassign;
mod workload;

use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::drafts::Drafts;
use crate::pages::escalation::is_escalation;
use crate::pages::inbox::group_of;
use crate::pages::task::who_has;
use crate::pages::task_list::{Listed, Row, definition, rows};
use crate::pages::view::{Flag, Notice, PageLinks, Problem, Tile, World, rows_of, today};
use crate::pages::{Names, world};
use crate::roles::{CASE_WORK, LEADING, only};
use crate::session::SignedIn;
use crate::state::AppState;
use crate::users::{self, User};
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use processes::Urgency;
use reassign::Asked;
use runtime::TaskQuery;
use serde::{Deserialize, Serialize};
use workload::{Queue, Worker};

/// The most open tasks that the page counts and shows; the most urgent ones.
const LIST_LIMIT: u32 = 2_000;
/// The most users of the organisation.
const USERS_LIMIT: u32 = 1_000;

/// `/team`
pub(crate) fn routes() -> Router<AppState> {
    only(
        LEADING,
        Router::new().route("/team", get(show).post(reassign::reassign)),
    )
}

/// The part of the address after the question mark.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Shown {
    /// `escalated`, `overdue`, `soon`, `unclaimed` or `all`; empty for what needs attention.
    #[serde(default)]
    show: String,
    /// Only the tasks of this user.
    #[serde(default)]
    worker: String,
    /// Only what waits for this team.
    #[serde(default)]
    team: String,
    #[serde(default)]
    page: Option<usize>,
    /// How many tasks the last post gave to somebody else, and how many it could not.
    #[serde(default)]
    moved: Option<usize>,
    #[serde(default)]
    missed: Option<usize>,
}

/// An open task with what the page sorts by.
struct Open {
    listed: Listed,
    /// Whether it is there because another step is late.
    escalated: bool,
}

impl Open {
    fn is_overdue(&self) -> bool {
        matches!(self.listed.urgency, Urgency::Overdue(_))
    }

    fn is_soon(&self) -> bool {
        matches!(self.listed.urgency, Urgency::Today | Urgency::Soon(_))
    }

    fn is_unclaimed(&self) -> bool {
        self.listed.task.assignee.is_none()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    heading: &'static str,
    lede: String,
    notice: Option<Notice>,
    errors: Vec<Problem>,
    tiles: Vec<Tile>,
    list_title: String,
    filtered: bool,
    /// The view that a post comes back to.
    back: String,
    rows: Vec<Row>,
    workers: Vec<Choice>,
    to_queue: bool,
    reason: String,
    pages: PageLinks,
    empty: Empty,
    workload: Vec<Worker>,
    queues: Vec<Queue>,
}

/// Somebody who can be given a task.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Choice {
    name: String,
    display_name: String,
    load: String,
    selected: bool,
}

#[derive(Serialize)]
struct Empty {
    title: &'static str,
    text: &'static str,
}

/// `GET /team`
async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Page, Error> {
    page(&state, &user, &shown, &Asked::default(), Vec::new()).await
}

/// The page; after a post that was not accepted, with what was asked and what is wrong with it.
async fn page(
    state: &AppState,
    user: &SignedIn,
    shown: &Shown,
    asked: &Asked,
    problems: Vec<Problem>,
) -> Result<Page, Error> {
    let (world, names) = (world(state), Names::load(state).await?);
    let open = open_tasks(state, &world).await?;
    let workers: Vec<User> = workers(state).await?;
    let tiles = tiles(&open, shown);
    let lede = format!(
        "{} · {} people · {} open tasks",
        today(&world),
        workers.len(),
        open.len()
    );
    let workload = workload::of(&workers, &open);
    let queues = workload::queues(&open);
    let workers = choices(&workers, &workload, asked);
    let mut part: Vec<Open> = open
        .into_iter()
        .filter(|open| passes(open, shown))
        .collect();
    part.sort_by_key(|open| {
        (
            group_of(&open.listed),
            open.listed.task.due.is_none(),
            open.listed.task.due,
            !open.escalated,
        )
    });
    let page = shown.page.unwrap_or(1);
    let pages = PageLinks::new(page, part.len(), |page| {
        address(&Shown {
            page: Some(page),
            ..shown.clone()
        })
    });
    let view = View {
        heading: "Team",
        lede,
        notice: notice(shown),
        tiles,
        list_title: title(shown, &names),
        filtered: is_filtered(shown),
        back: address(shown),
        rows: list(state, user, &world, &names, rows_of(page, part), asked).await?,
        workers,
        to_queue: asked.to == reassign::TO_QUEUE,
        reason: asked.reason.clone(),
        pages,
        empty: Empty {
            title: "Nothing here",
            text: "No open task fits what you have chosen.",
        },
        workload,
        queues,
        errors: problems,
    };
    let title = if view.errors.is_empty() {
        "Team"
    } else {
        "Error: Team"
    };
    Ok(Page::new("team", title).section(Section::Team).model(&view))
}

fn choices(workers: &[User], workload: &[Worker], asked: &Asked) -> Vec<Choice> {
    let choice = |(worker, load): (&User, &Worker)| Choice {
        selected: asked.to == worker.name,
        name: worker.name.clone(),
        display_name: worker.display_name.clone(),
        load: load.note.clone(),
    };
    workers.iter().zip(workload).map(choice).collect()
}

async fn open_tasks(state: &AppState, world: &World) -> Result<Vec<Open>, Error> {
    let query = TaskQuery {
        limit: LIST_LIMIT,
        ..TaskQuery::default()
    };
    let catalog = state.runtime.catalog();
    let tasks = state.runtime.tasks(&query).await?;
    let listed = Listed::all(state, tasks, world).await?;
    let open = listed.into_iter().map(|listed| {
        let task = &listed.task;
        let escalated = definition(&catalog, task.definition)
            .is_some_and(|model| is_escalation(model, &task.element));
        Open { listed, escalated }
    });
    Ok(open.collect())
}

/// Those who can be given a task.
async fn workers(state: &AppState) -> Result<Vec<User>, Error> {
    let mut users = users::all(&state.runtime, USERS_LIMIT).await?;
    users.retain(|user| user.has_any(CASE_WORK));
    users.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    Ok(users)
}

async fn list(
    state: &AppState,
    user: &SignedIn,
    world: &World,
    names: &Names,
    open: Vec<Open>,
    asked: &Asked,
) -> Result<Vec<Row>, Error> {
    let workers: Vec<String> = open
        .iter()
        .map(|open| who_has(&open.listed.task, user, names))
        .collect();
    let escalated: Vec<bool> = open.iter().map(|open| open.escalated).collect();
    let listed = open.into_iter().map(|open| open.listed).collect();
    let rows = rows(state, world, listed, &Drafts::default()).await?;
    let finished =
        rows.into_iter()
            .zip(workers)
            .zip(escalated)
            .map(|((mut row, worker), escalated)| {
                if escalated {
                    row.flags.insert(
                        0,
                        Flag {
                            kind: "red",
                            icon: "up",
                            text: "Escalated".into(),
                        },
                    );
                }
                Row {
                    selected: asked.tasks.contains(&row.key),
                    selectable: true,
                    worker: Some(worker),
                    ..row
                }
            });
    Ok(finished.collect())
}

fn passes(open: &Open, shown: &Shown) -> bool {
    let task = &open.listed.task;
    if !shown.worker.is_empty() {
        return task.assignee.as_deref() == Some(shown.worker.as_str());
    }
    if !shown.team.is_empty() {
        return open.is_unclaimed() && task.candidate_groups.contains(&shown.team);
    }
    match shown.show.as_str() {
        "escalated" => open.escalated,
        "overdue" => open.is_overdue(),
        "soon" => open.is_soon(),
        "unclaimed" => open.is_unclaimed(),
        "all" => true,
        _ => open.escalated || open.is_overdue(),
    }
}

fn is_filtered(shown: &Shown) -> bool {
    !(shown.show.is_empty() && shown.worker.is_empty() && shown.team.is_empty())
}

fn title(shown: &Shown, names: &Names) -> String {
    if !shown.worker.is_empty() {
        return format!("Tasks of {}", names.of(&shown.worker));
    }
    if !shown.team.is_empty() {
        return format!("Waiting for {}", super::team_name(&shown.team));
    }
    match shown.show.as_str() {
        "escalated" => "Escalated",
        "overdue" => "Overdue",
        "soon" => "Due in the next 5 working days",
        "unclaimed" => "Not claimed",
        "all" => "All open tasks",
        _ => "Needs attention: escalated or overdue",
    }
    .into()
}

fn tiles(open: &[Open], shown: &Shown) -> Vec<Tile> {
    let tile = |kind, word: &str, text, counts: fn(&Open) -> bool| {
        let current = shown.show == word;
        let href = if current {
            "/team".into()
        } else {
            format!("/team?show={word}")
        };
        Tile::new(
            kind,
            open.iter().filter(|open| counts(open)).count(),
            text,
            current,
            href,
        )
    };
    vec![
        tile("red", "escalated", "Escalated", |open| open.escalated),
        tile("red", "overdue", "Overdue", Open::is_overdue),
        tile("amber", "soon", "Due in 5 working days", Open::is_soon),
        tile("blue", "unclaimed", "Not claimed", Open::is_unclaimed),
    ]
}

/// The address of a view.
fn address(shown: &Shown) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let page = shown
        .page
        .filter(|page| *page > 1)
        .map(|page| page.to_string())
        .unwrap_or_default();
    for (name, value) in [
        ("show", &shown.show),
        ("worker", &shown.worker),
        ("team", &shown.team),
        ("page", &page),
    ] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        "/team".into()
    } else {
        format!("/team?{query}")
    }
}

fn notice(shown: &Shown) -> Option<Notice> {
    let tasks = |n: usize| {
        if n == 1 {
            "1 task".to_owned()
        } else {
            format!("{n} tasks")
        }
    };
    match (shown.moved, shown.missed) {
        (None, _) => None,
        (Some(moved), Some(missed @ 1..)) => Some(Notice::told(format!(
            "{} reassigned. {} had been completed or withdrawn meanwhile, and stayed as they are.",
            tasks(moved),
            tasks(missed)
        ))),
        (Some(moved), _) => Some(Notice::done(format!(
            "{} reassigned. The reason is in the chronology of the case.",
            tasks(moved)
        ))),
    }
}
