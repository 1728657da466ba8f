//! All cases that one may see, and the search by name or reference.
//!
//! What is searched for is a person's name, so it never stands in an address: the search is posted and kept as the last
//! search of the user, and the list shows that.

use super::{TASKS_LIMIT, href, may_see_case};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::task_list::definition;
use crate::pages::view::{Bars, PageLinks, World, bars, day_year, rows_of};
use crate::pages::world;
use crate::roles::LEADING;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Query, State};
use axum::response::Redirect;
use bpmn::{Catalog, Status};
use processes::cases::{self, Case};
use processes::{people, stages};
use runtime::{Act, Expect, InstanceQuery, InstanceView, Put, Task, TaskQuery};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most cases that the list knows of.
const CASES_LIMIT: u32 = 1_000;
/// The most people that a search finds.
const PEOPLE_LIMIT: u32 = 50;
/// The longest text that is searched for.
const QUERY_LIMIT: usize = 100;
const SETTINGS: &str = "settings";

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    page: Option<usize>,
    /// `yes`: show what was searched for last.
    search: Option<String>,
}

#[derive(Serialize)]
struct View {
    lede: String,
    query: String,
    rows: Vec<Row>,
    pages: PageLinks,
    empty: Empty,
}

#[derive(Serialize)]
struct Empty {
    title: &'static str,
    text: &'static str,
    href: &'static str,
    action: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    age: String,
    reference: String,
    href: String,
    pathway: String,
    stage: String,
    steps: Option<Bars>,
    now: String,
    opened: String,
    opened_at: String,
}

/// `GET /cases`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Page, Error> {
    let query = if asked.search.is_some() {
        last_search(&state, &user).await?
    } else {
        String::new()
    };
    let mut cases = if query.is_empty() {
        all(&state, &user).await?
    } else {
        found(&state, &user, &query).await?
    };
    cases.sort_by(|a, b| (b.opened, &b.reference).cmp(&(a.opened, &a.reference)));
    let total = cases.len();
    let page = asked.page.unwrap_or(1);
    let rows = rows(&state, rows_of(page, cases)).await?;
    let search = if query.is_empty() { "" } else { "search=yes&" };
    let counted = if total == 1 {
        "1 case".into()
    } else {
        format!("{total} cases")
    };
    let view = View {
        lede: if query.is_empty() {
            format!("{counted} that you work on or that your teams do.")
        } else {
            format!("{counted} found.")
        },
        pages: PageLinks::new(page, total, |page| format!("/cases?{search}page={page}")),
        empty: if query.is_empty() {
            let text = "A case begins with a referral.";
            Empty {
                title: "No cases yet",
                text,
                href: "/referrals/new",
                action: "Start a referral",
            }
        } else {
            let text = "Searched the beginnings of names and case references, among the cases that you may see.";
            Empty {
                title: "Nothing found",
                text,
                href: "/cases",
                action: "Show all cases",
            }
        },
        query,
        rows,
    };
    Ok(Page::new("cases", "Cases")
        .section(Section::Cases)
        .model(&view))
}

/// `POST /cases`
pub(super) async fn search(
    State(state): State<AppState>,
    user: SignedIn,
    posted: Posted,
) -> Result<Redirect, Error> {
    let query: String = posted
        .get("q")
        .unwrap_or_default()
        .trim()
        .chars()
        .take(QUERY_LIMIT)
        .collect();
    if query.is_empty() {
        return Ok(Redirect::to("/cases"));
    }
    let put = Put {
        collection: SETTINGS,
        id: search_id(&user),
        expect: Expect::Any,
        body: serde_json::json!({ "query": query }),
        fields: Vec::new(),
    };
    state.submit(&user, vec![Act::Put(put)]).await?;
    Ok(Redirect::to("/cases?search=yes"))
}

fn search_id(user: &SignedIn) -> String {
    format!("search/{}", user.name)
}

async fn last_search(state: &AppState, user: &SignedIn) -> Result<String, Error> {
    let document = state.runtime.document(SETTINGS, &search_id(user)).await?;
    let query =
        document.and_then(|document| document.body.get("query")?.as_str().map(str::to_owned));
    Ok(query.unwrap_or_default())
}

/// Every case that the user may see: for supervisors the latest of all, else those with a task of theirs or their teams.
async fn all(state: &AppState, user: &SignedIn) -> Result<Vec<Case>, Error> {
    if user.has_any(LEADING) {
        return Ok(cases::latest(&state.runtime, CASES_LIMIT).await?);
    }
    let every = TaskQuery {
        state: None,
        limit: CASES_LIMIT,
        ..TaskQuery::default()
    };
    let mine = TaskQuery {
        assignee: Some(user.name.clone()),
        ..every.clone()
    };
    let mut tasks = state.runtime.tasks(&mine).await?;
    if !user.teams.is_empty() {
        let offered = TaskQuery {
            candidate_groups: user.teams.clone(),
            ..every
        };
        tasks.extend(state.runtime.tasks(&offered).await?);
    }
    let references: BTreeSet<String> = tasks
        .into_iter()
        .filter_map(|task| task.business_id)
        .collect();
    let references: Vec<String> = references.into_iter().collect();
    let mut found = cases::by_references(&state.runtime, &references).await?;
    found.extend(cases::of_worker(&state.runtime, &user.name).await?);
    Ok(once(found))
}

/// The cases whose reference or whose person's name fits, as far as the user may see them.
async fn found(state: &AppState, user: &SignedIn, query: &str) -> Result<Vec<Case>, Error> {
    let mut found = cases::by_references(&state.runtime, &[query.to_uppercase()]).await?;
    for person in people::search(&state.runtime, query, PEOPLE_LIMIT).await? {
        found.extend(cases::of_person(&state.runtime, &person.id).await?);
    }
    let mut visible = Vec::new();
    for case in once(found) {
        if may_see_case(state, user, &case).await? {
            visible.push(case);
        }
    }
    Ok(visible)
}

fn once(cases: Vec<Case>) -> Vec<Case> {
    let by_reference: BTreeMap<String, Case> = cases
        .into_iter()
        .map(|case| (case.reference.clone(), case))
        .collect();
    by_reference.into_values().collect()
}

async fn rows(state: &AppState, cases: Vec<Case>) -> Result<Vec<Row>, Error> {
    let world = world(state);
    let business_ids: Vec<String> = cases.iter().map(|case| case.reference.clone()).collect();
    if business_ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = InstanceQuery {
        business_ids,
        limit: CASES_LIMIT,
        ..InstanceQuery::default()
    };
    let instances = state.runtime.instances(&query).await?;
    let instances: BTreeMap<String, InstanceView> = instances
        .into_iter()
        .filter(|instance| instance.parent.is_none())
        .filter_map(|instance| Some((instance.business_id.clone()?, instance)))
        .collect();
    let keys = instances.values().map(|instance| instance.key).collect();
    let open = TaskQuery {
        instances: keys,
        limit: TASKS_LIMIT,
        ..TaskQuery::default()
    };
    let open = state.runtime.tasks(&open).await?;
    let records = Records::of(state, cases.clone()).await?;
    let catalog = state.runtime.catalog();
    let row = |case: &Case| {
        row(
            case,
            &records,
            instances.get(&case.reference),
            &open,
            &catalog,
            &world,
        )
    };
    Ok(cases.iter().map(row).collect())
}

fn row(
    case: &Case,
    records: &Records,
    instance: Option<&InstanceView>,
    open: &[Task],
    catalog: &Catalog,
    world: &World,
) -> Row {
    let who = records.who(Some(&case.reference), world);
    let model = instance.and_then(|instance| definition(catalog, instance.definition));
    let stage = model
        .zip(instance)
        .and_then(|(model, instance)| stages::current(model, &instance.state));
    let ended = instance.is_some_and(|instance| instance.status != Status::Active);
    let mut tasks = open
        .iter()
        .filter(|task| task.business_id.as_deref() == Some(case.reference.as_str()));
    let now = match (tasks.next().map(|task| task.name.clone()), tasks.count()) {
        (None, _) if ended => "Closed".into(),
        (None, _) => "No step waits for a person".into(),
        (Some(name), 0) => name,
        (Some(name), more) => format!("{name}, and {more} more"),
    };
    Row {
        name: who.name,
        age: who.age,
        reference: case.reference.clone(),
        href: href(Some(&case.reference)),
        pathway: model.map_or_else(|| case.pathway.clone(), |model| model.name().to_owned()),
        steps: model
            .zip(stage.as_deref())
            .and_then(|(model, stage)| bars(&stages::names(model), stage)),
        stage: stage.unwrap_or_else(|| if ended { "Ended".into() } else { String::new() }),
        now,
        opened: day_year(case.opened, world),
        opened_at: world.local(case.opened).strftime("%Y-%m-%d").to_string(),
    }
}
