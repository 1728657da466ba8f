//! By which working days a case is counted, and for supervisors the choice of others.
//!
//! `GET /cases/{reference}/calendar` shows, `POST` chooses with a reason; the deadlines of the case are counted anew at once.

use super::{case_of, href};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::view::Problem;
use crate::pages::view::calendar::week;
use crate::pages::{Names, world};
use crate::roles::LEADING;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{Catalog, Office, Rejection, Status};
use processes::cases::{self, Case};
use runtime::InstanceView;
use serde::Serialize;

/// The longest reason, in letters.
const REASON_LIMIT: usize = 500;

/// What the page of the case says of its working days.
#[derive(Serialize)]
pub(super) struct Days {
    name: String,
    /// The way to others; empty for those who may not choose them, or where there are none.
    href: String,
}

/// By what the case works.
pub(super) fn days(state: &AppState, user: &SignedIn, instance: &InstanceView) -> Days {
    let catalog = state.runtime.catalog();
    let may_choose = user.has_any(LEADING)
        && instance.status == Status::Active
        && catalog.calendars().next().is_some();
    Days {
        name: name(state, &catalog, &cases::office(&catalog, instance)),
        href: match instance.business_id.as_deref() {
            Some(reference) if may_choose => address(reference),
            Some(_) | None => String::new(),
        },
    }
}

/// One of the calendars to choose from.
#[derive(Serialize)]
struct Choice {
    id: String,
    name: String,
    hint: String,
    chosen: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    now: String,
    href: String,
    case_href: String,
    choices: Vec<Choice>,
    reason: String,
    errors: Vec<Problem>,
    reason_error: Option<&'static str>,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    calendar: Option<String>,
    reason: String,
}

impl Typed {
    fn problem(&self) -> Option<Problem> {
        let text = match self.reason.chars().count() {
            0 => "Enter a reason. It is kept in the history of the case",
            1..=REASON_LIMIT => return None,
            _ => "Shorten the reason to 500 letters",
        };
        Some(Problem {
            field: "reason",
            text,
        })
    }
}

/// `GET /cases/{reference}/calendar`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path(reference): Path<String>,
) -> Result<Page, Error> {
    let case = leading(&state, &user, &reference).await?;
    page(&state, case, None, None).await
}

/// `POST /cases/{reference}/calendar`
pub(super) async fn choose(
    State(state): State<AppState>,
    user: SignedIn,
    Path(reference): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let case = leading(&state, &user, &reference).await?;
    let text = |name: &str| posted.get(name).unwrap_or_default().trim().to_owned();
    let typed = Typed {
        calendar: Some(text("calendar")).filter(|id| !id.is_empty()),
        reason: text("reason"),
    };
    if let Some(problem) = typed.problem() {
        let page = page(&state, case, Some(typed), Some(problem)).await?;
        let page = page.status(StatusCode::UNPROCESSABLE_ENTITY);
        return Ok(page.into_response());
    }
    let (runtime, calendar) = (&state.runtime, typed.calendar.as_deref());
    let chosen =
        cases::use_calendar(runtime, &user.name, &reference, calendar, &typed.reason).await;
    let moved = match chosen {
        Ok(moved) => moved.to_string(),
        Err(processes::Error::Runtime(runtime::Error::Rejected(Rejection::InstanceEnded {
            ..
        }))) => "late".into(),
        Err(other) => return Err(other.into()),
    };
    Ok(Redirect::to(&format!("{}?moved={moved}", href(Some(&reference)))).into_response())
}

/// The case, for a supervisor.
async fn leading(state: &AppState, user: &SignedIn, reference: &str) -> Result<Case, Error> {
    let case = case_of(state, user, reference).await?;
    if user.has_any(LEADING) {
        Ok(case)
    } else {
        Err(Error::Forbidden { needs: LEADING })
    }
}

fn address(reference: &str) -> String {
    format!("{}/calendar", href(Some(reference)))
}

fn name(state: &AppState, catalog: &Catalog, office: &Office) -> String {
    let deployed = office.id.as_deref();
    let deployed = deployed.and_then(|id| catalog.latest_calendar(id));
    deployed.map_or_else(
        || state.settings.calendar.name().to_owned(),
        |deployed| deployed.calendar.name().to_owned(),
    )
}

async fn page(
    state: &AppState,
    case: Case,
    typed: Option<Typed>,
    problem: Option<Problem>,
) -> Result<Page, Error> {
    let reference = case.reference.clone();
    let instance = cases::instance(&state.runtime, &reference).await?;
    let catalog = state.runtime.catalog();
    let own = instance.state.calendar().map(str::to_owned);
    let typed = typed.unwrap_or(Typed {
        calendar: own,
        ..Typed::default()
    });
    let usual = catalog.process(instance.definition).map_or_else(
        || catalog.office(),
        |deployed| catalog.office_of(None, &deployed.definition),
    );
    let usual = Choice {
        id: String::new(),
        name: "No calendar of its own".into(),
        hint: format!(
            "The case works as its pathway and teams do: {}",
            name(state, &catalog, &usual)
        ),
        chosen: typed.calendar.is_none(),
    };
    let all = catalog.calendars().map(|deployed| Choice {
        id: deployed.calendar.id().to_owned(),
        name: deployed.calendar.name().to_owned(),
        hint: week(&deployed.calendar),
        chosen: typed.calendar.as_deref() == Some(deployed.calendar.id()),
    });
    let view = View {
        now: name(state, &catalog, &cases::office(&catalog, &instance)),
        href: address(&reference),
        case_href: href(Some(&reference)),
        choices: std::iter::once(usual).chain(all).collect(),
        reason: typed.reason,
        reason_error: problem.as_ref().map(|problem| problem.text),
        errors: problem.into_iter().collect(),
    };
    let records = Records::of(state, vec![case]).await?;
    let (world, names) = (world(state), Names::load(state).await?);
    let banner = super::banner(state, Some(&reference), &records, &names, &world, false)?;
    let title = if view.errors.is_empty() {
        "Working days of the case"
    } else {
        "Error: Working days of the case"
    };
    Ok(Page::new("case_calendar", title)
        .section(Section::Cases)
        .banner(banner)
        .model(&view))
}
