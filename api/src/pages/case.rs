//! A case: where it is now, its open tasks, its chronology, its person, its notes.
//!
//! `GET /cases` lists and searches, `GET /cases/{reference}` shows one, `POST /cases/{reference}` adds a note,
//! `/cases/{reference}/events/{subscription}` tells it that something has happened,
//! `/cases/{reference}/deadlines/{key}` is the record of a deadline and its clock,
//! `/cases/{reference}/calendar` is by which working days it is counted,
//! `/cases/{reference}/steps/{visit}/{element}` starts a step that the worker chooses.

mod banner;
mod calendar;
mod deadline;
mod deadlines;
mod event;
mod list;
mod show;
mod step;
mod story;

use crate::error::Error;
use crate::pages::access::may_see;
use crate::roles::{CASE_WORK, LEADING, only};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::Router;
use axum::routing::get;
use processes::cases::{self, Case};
use runtime::TaskQuery;

pub(crate) use banner::banner;
pub(crate) use event::late;
pub(crate) use story::Story;

/// The most tasks of one case that are looked at to decide who may see it.
const TASKS_LIMIT: u32 = 1_000;

/// `/cases` and `/cases/{reference}`.
pub(crate) fn routes() -> Router<AppState> {
    let routes = Router::new()
        .route("/cases", get(list::show).post(list::search))
        .route("/cases/{reference}", get(show::show).post(show::add_note))
        .route(
            "/cases/{reference}/events/{subscription}",
            get(event::show).post(event::happened),
        )
        .route(
            "/cases/{reference}/deadlines/{key}",
            get(deadline::show).post(deadline::act),
        )
        .route(
            "/cases/{reference}/calendar",
            get(calendar::show).post(calendar::choose),
        )
        .route(
            "/cases/{reference}/steps/{visit}",
            get(step::show).post(step::chosen),
        )
        .route(
            "/cases/{reference}/steps/{visit}/{element}",
            get(step::show).post(step::chosen),
        );
    only(CASE_WORK, routes)
}

/// The address of a case.
pub(crate) fn href(reference: Option<&str>) -> String {
    reference.map_or_else(
        || "/cases".into(),
        |reference| format!("/cases/{reference}"),
    )
}

/// The case, if `user` may see it; for everybody else there is no such case.
/// The case, for other pages that show what is in it.
pub(crate) async fn case_to_read(
    state: &AppState,
    user: &SignedIn,
    reference: &str,
) -> Result<Case, Error> {
    match case_of(state, user, reference).await {
        Err(Error::Processes(processes::Error::NoSuchCase(_))) => {
            Err(Error::NotFound(format!("the case {reference}")))
        }
        other => other,
    }
}

async fn case_of(state: &AppState, user: &SignedIn, reference: &str) -> Result<Case, Error> {
    let case = cases::by_reference(&state.runtime, reference).await?;
    if !may_see_case(state, user, &case).await? {
        return Err(Error::NotFound(format!("the case {reference}")));
    }
    Ok(case)
}

/// Whether `user` may see the case: its worker, whoever may see or did one of its tasks, and supervisors.
pub(crate) async fn may_see_case(
    state: &AppState,
    user: &SignedIn,
    case: &Case,
) -> Result<bool, Error> {
    if user.has_any(LEADING)
        || case.worker.as_deref() == Some(user.name.as_str())
        || case.opened_by == user.name
    {
        return Ok(true);
    }
    let business_id = Some(case.reference.clone());
    let query = TaskQuery {
        business_id,
        state: None,
        limit: TASKS_LIMIT,
        ..TaskQuery::default()
    };
    let tasks = state.runtime.tasks(&query).await?;
    Ok(tasks
        .iter()
        .any(|task| may_see(user, task) || task.closed_by.as_deref() == Some(user.name.as_str())))
}
