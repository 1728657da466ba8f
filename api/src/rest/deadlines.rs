//! Ours: deadlines with their records. Search and read, pause, resume, extend, say why one was missed; count anew; and the
//! calendar that a case has for itself.
//!
//! Supervisors see and change all of them. Case workers see, and explain, those of the cases in which they have, or had, a task or are
//! offered one; the rest does not exist for them. Designers and administrators count anew.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::rights::sight_of_instances;
use crate::rest::auth::{self, Caller, Identity, looked_at};
use crate::rest::filters::{Filters, Kind};
use crate::rest::search::{self, Search, Time, optional_text, text};
use crate::rest::table::{
    DEFINITION_KEY, ELEMENT_ID, ELEMENT_KEY, Held, INSTANCE_KEY, PROCESS_ID, Table, Words, field,
    worded,
};
use crate::roles::{DESIGN, LEADING};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Extension, Key};
use jiff::Timestamp;
use processes::cases;
use runtime::{Act, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::search::{Condition, Operand, Part, Test};
use store::{Deadline, DeadlineState, Ids, Sight, Viewer};

/// The longest reason, in letters.
const REASON_LIMIT: usize = 500;

const STATES: Words = &[
    ("RUNNING", &["running"]),
    ("PAUSED", &["paused"]),
    ("MET", &["met"]),
    ("MISSED", &["missed"]),
    ("REACHED", &["reached"]),
    ("WITHDRAWN", &["withdrawn"]),
];

pub(super) const DEADLINES: Table = Table {
    things: "Deadlines",
    fields: &[
        field("deadlineKey", Kind::Key, Held::Born("key")),
        INSTANCE_KEY,
        DEFINITION_KEY,
        PROCESS_ID,
        field("businessId", Kind::Text, Held::Column("business_id")),
        ELEMENT_ID,
        ELEMENT_KEY,
        field("name", Kind::Text, Held::Column("name")),
        field("userTaskKey", Kind::Key, Held::Born("task")),
        worded("state", "state", STATES),
        field("startDate", Kind::Time, Held::Column("started_at")),
        field("startEvent", Kind::Text, Held::Column("start_event")),
        field("dueDate", Kind::Time, Held::Column("due")),
        field("warningDate", Kind::Time, Held::Column("warns_at")),
        field("source", Kind::Text, Held::Column("source")),
        field("reference", Kind::Text, Held::Column("reference")),
        field("calendarId", Kind::Text, Held::Column("calendar")),
        field(
            "isBeyondCalendar",
            Kind::Flag,
            Held::Column("beyond_calendar"),
        ),
        field("endDate", Kind::Time, Held::Column("stopped_at")),
        field("missReason", Kind::Text, Held::Column("miss_reason")),
    ],
    order: &[],
    ties: &[],
};

/// `POST /v2/deadlines/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let sight = sight(&state, &caller).await?;
    let page = DEADLINES.page::<Deadline>(&state, sight, &asked).await?;
    Ok(page.answer(page.rows.iter().map(Item::of)))
}

/// `GET /v2/deadlines/{deadlineKey}`: noted in the audit trail.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let deadline = visible(&state, &caller, &key).await?;
    looked_at(&state, &caller, [format!("deadlines/{}", deadline.key)]).await?;
    Ok(Json(json!(Item::of(&deadline))))
}

/// What is done to a clock, and why.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Asked {
    reason: String,
    authority: Option<String>,
    working_days: Option<i32>,
    until: Option<Timestamp>,
}

/// `POST /v2/deadlines/{deadlineKey}/pause` with `{"reason", "authority"?}`
pub(super) async fn pause(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    caller.need_any(LEADING)?;
    let deadline = visible(&state, &caller, &key).await?.key;
    let reason = reason(&asked)?;
    let command = Command::PauseDeadline {
        deadline,
        reason: reason.clone(),
        authority: asked.authority,
        by: Some(caller.to_string()),
    };
    give(&state, &caller, deadline, command, Some(reason)).await
}

/// `POST /v2/deadlines/{deadlineKey}/resumption`
pub(super) async fn resume(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    caller.need_any(LEADING)?;
    let deadline = visible(&state, &caller, &key).await?.key;
    let by = Some(caller.to_string());
    let command = Command::ResumeDeadline { deadline, by };
    give(&state, &caller, deadline, command, None).await
}

/// `POST /v2/deadlines/{deadlineKey}/extension` with `{"workingDays" or "until", "reason", "authority"?}`
pub(super) async fn extend(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    caller.need_any(LEADING)?;
    let deadline = visible(&state, &caller, &key).await?.key;
    let reason = reason(&asked)?;
    let most = feel::WORKING_DAYS_MAX;
    let extension = match (asked.working_days, asked.until) {
        (Some(days), None) if (1..=most).contains(&days) => Extension::WorkingDays(days),
        (None, Some(at)) => Extension::Until(at),
        (_, _) => {
            let rule = format!("Give either workingDays, from 1 to {most}, or until.");
            return Err(Error::Invalid(rule));
        }
    };
    let command = Command::ExtendDeadline {
        deadline,
        extension,
        reason: reason.clone(),
        authority: asked.authority,
        by: Some(caller.to_string()),
    };
    give(&state, &caller, deadline, command, Some(reason)).await
}

/// `POST /v2/deadlines/{deadlineKey}/explanation` with `{"reason"}`: why it was missed.
pub(super) async fn explain(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    let deadline = visible(&state, &caller, &key).await?.key;
    let reason = reason(&asked)?;
    let command = Command::ExplainMiss {
        deadline,
        reason: reason.clone(),
        by: Some(caller.to_string()),
    };
    give(&state, &caller, deadline, command, Some(reason)).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Recomputation {
    calendar_id: Option<String>,
    reason: String,
}

/// `POST /v2/deadlines/recomputation` with `{"calendarId"?, "reason"}`: goes on in the background.
pub(super) async fn recompute(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Recomputation>,
) -> Result<StatusCode, Error> {
    caller.need_any(DESIGN)?;
    let calendar = asked.calendar_id;
    let catalog = state.runtime.newest_catalog().await?;
    if let Some(id) = &calendar
        && catalog.latest_calendar(id).is_none()
    {
        return Err(Error::NotFound(format!("the calendar {id}")));
    }
    let reason = enough(&asked.reason)?;
    let request = Request::by(&caller)
        .because(reason)
        .act(Act::RecomputeDeadlines { calendar });
    state.runtime.submit(request).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /v2/deadlines/recomputation`: what is being counted anew now.
pub(super) async fn recomputing(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Error> {
    caller.need_any(DESIGN)?;
    let item = |now: runtime::Recomputing| {
        json!({
            "calendarId": now.calendar, "startDate": now.since.map(Time),
            "instancesLookedAt": now.looked_at, "instancesChanged": now.changed,
            "deadlinesLeft": now.left,
        })
    };
    let all = state.runtime.recomputing().await?.into_iter();
    Ok(Json(json!({ "items": all.map(item).collect::<Vec<_>>() })))
}

/// `PUT /v2/cases/{businessId}/calendar` with `{"calendarId", "reason"}`; `null` lets it have none of its own.
pub(super) async fn choose_calendar(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Recomputation>,
) -> Result<Json<Value>, Error> {
    caller.need_any(LEADING)?;
    let (reason, calendar) = (enough(&asked.reason)?, asked.calendar_id.as_deref());
    let moved = cases::use_calendar(&state.runtime, &caller, &id, calendar, &reason).await?;
    Ok(Json(json!({ "movedDeadlines": moved })))
}

async fn give(
    state: &AppState,
    caller: &str,
    deadline: Key,
    command: Command,
    reason: Option<String>,
) -> Result<StatusCode, Error> {
    let mut request = Request::by(caller).command(deadline.instance(), command);
    request.reason = reason;
    state.runtime.submit(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn reason(asked: &Asked) -> Result<String, Error> {
    enough(&asked.reason)
}

/// A reason that stands in the history.
fn enough(reason: &str) -> Result<String, Error> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Error::Invalid(
            "reason is missing: it stands in the history.".into(),
        )),
        1..=REASON_LIMIT => Ok(reason.to_owned()),
        _ => Err(Error::Invalid(format!(
            "reason is longer than {REASON_LIMIT} letters."
        ))),
    }
}

/// Which deadlines the caller sees: who does not lead, only those of the cases in which they have, had or are offered a task.
async fn sight(state: &AppState, caller: &Identity) -> Result<Option<Sight>, Error> {
    let rights = sight_of_instances(state, caller).await?;
    if caller.kind() == auth::Kind::Everybody || caller.has_any(LEADING) {
        return Ok(rights);
    }
    let rights = rights.unwrap_or(Sight {
        whole: Ids::All,
        ..Sight::default()
    });
    let viewer = Viewer {
        user: caller.user_name().unwrap_or_default().to_owned(),
        groups: caller.groups().to_vec(),
        ..Viewer::default()
    };
    Ok(Some(Sight {
        whole: Ids::default(),
        own: rights.whole.or(rights.own),
        none: rights.none,
        viewer,
    }))
}

/// The deadline, if the caller may see it; for everybody else there is none.
async fn visible(state: &AppState, caller: &Identity, key: &str) -> Result<Deadline, Error> {
    let wanted = vec![Operand::Number(search::key(key)?.0)];
    let search = store::search::Search {
        all: vec![Condition {
            column: "key",
            test: Test::In(wanted),
        }],
        any: Vec::new(),
        sight: sight(state, caller).await?,
        order: Vec::new(),
        part: Part::From(0),
        limit: 1,
    };
    let found = state.runtime.search::<Deadline>(&search).await?.rows.pop();
    found.ok_or_else(|| Error::NotFound(format!("the deadline {key}")))
}

/// A deadline as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(serialize_with = "text")]
    deadline_key: Key,
    #[serde(serialize_with = "text")]
    process_instance_key: Key,
    element_id: String,
    #[serde(serialize_with = "text")]
    element_instance_key: Key,
    name: String,
    /// The task that it belongs to; absent for that of a timer.
    #[serde(serialize_with = "optional_text")]
    user_task_key: Option<Key>,
    state: String,
    start_date: Time,
    start_event: Option<String>,
    /// Absent while it is paused.
    due_date: Option<Time>,
    warning_date: Option<Time>,
    source: Option<String>,
    reference: Option<String>,
    /// Absent where it is the one with which the program was started.
    calendar_id: Option<String>,
    is_beyond_calendar: bool,
    /// Pauses and extensions, in order.
    changes: Value,
    end_date: Option<Time>,
    miss_reason: Option<String>,
}

impl Item {
    fn of(row: &Deadline) -> Item {
        let state = match (row.state, row.due) {
            (DeadlineState::Open, None) => "PAUSED".to_owned(),
            (DeadlineState::Open, Some(_)) => "RUNNING".to_owned(),
            (ended, _) => ended.as_str().to_ascii_uppercase(),
        };
        Item {
            deadline_key: row.key,
            process_instance_key: row.instance,
            element_id: row.element.clone(),
            element_instance_key: row.element_instance,
            name: row.name.clone(),
            user_task_key: row.of_task.then_some(row.key),
            state,
            start_date: Time(row.started_at),
            start_event: row.start_event.clone(),
            due_date: row.due.map(Time),
            warning_date: row.warns_at.map(Time),
            source: row.source.clone(),
            reference: row.reference.clone(),
            calendar_id: row.calendar.clone(),
            is_beyond_calendar: row.beyond_calendar,
            changes: serde_json::from_str(&row.changes).unwrap_or_else(|_| json!([])),
            end_date: row.stopped_at.map(Time),
            miss_reason: row.miss_reason.clone(),
        }
    }
}
