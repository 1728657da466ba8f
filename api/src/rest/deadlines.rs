//! Ours: deadlines with their records. Search and read, pause, resume, extend, say why one was missed; count anew; and the
//! calendar that a case has for itself.
//!
//! Supervisors see and change all of them. Case workers see, and explain, those of the cases in which they have, or had, a task or are
//! offered one; the rest does not exist for them. Designers and administrators count anew.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::rights::sight_of_instances;
use crate::rest::auth::{Caller, Identity, Kind, looked_at};
use crate::rest::search::{
    self, Search, Time, between, equal, equal_key, found, optional_text, text, told_by_page,
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
use store::{Deadline, DeadlineQuery, DeadlineState, Viewer};

/// The longest reason, in letters.
const REASON_LIMIT: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    deadline_key: Option<Value>,
    process_instance_key: Option<Value>,
    business_id: Option<Value>,
    element_id: Option<Value>,
    /// `RUNNING`, `PAUSED`, `MET`, `MISSED`, `REACHED`, `WITHDRAWN`.
    state: Option<Value>,
    source: Option<Value>,
    calendar_id: Option<Value>,
    due_date: Option<Value>,
}

/// `POST /v2/deadlines/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filter>>,
) -> Result<Response, Error> {
    let query = DeadlineQuery {
        seen_by: seen_by(&caller),
        sight: sight_of_instances(&state, &caller).await?,
        ..query(&asked)?
    };
    let rows = state.runtime.find_deadlines(&query).await?;
    let total = match told_by_page(rows.len(), asked.window()?) {
        Some(total) => total,
        None => state.runtime.deadline_count(&query).await?,
    };
    Ok(found(rows.iter().map(Item::of), total))
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

/// Whose eyes the query has; none where the caller sees everything.
fn seen_by(caller: &Identity) -> Option<Viewer> {
    if caller.kind() == Kind::Everybody || caller.has_any(LEADING) {
        return None;
    }
    Some(Viewer {
        user: caller.user_name().unwrap_or_default().to_owned(),
        groups: caller.groups().to_vec(),
        ..Viewer::default()
    })
}

/// The deadline, if the caller may see it; for everybody else there is none.
async fn visible(state: &AppState, caller: &Identity, key: &str) -> Result<Deadline, Error> {
    let query = DeadlineQuery {
        key: Some(search::key(key)?),
        seen_by: seen_by(caller),
        sight: sight_of_instances(state, caller).await?,
        limit: 1,
        ..DeadlineQuery::default()
    };
    let found = state.runtime.find_deadlines(&query).await?.pop();
    found.ok_or_else(|| Error::NotFound(format!("the deadline {key}")))
}

fn query(asked: &Search<Filter>) -> Result<DeadlineQuery, Error> {
    let (limit, offset) = asked.window()?;
    let none = Filter::default();
    let filter = asked.filter.as_ref().unwrap_or(&none);
    let word = equal(&filter.state, "state")?.map(|word| word.to_ascii_uppercase());
    let (state, paused) = match word.as_deref() {
        None => (None, None),
        Some("RUNNING") => (Some(DeadlineState::Open), Some(false)),
        Some("PAUSED") => (Some(DeadlineState::Open), Some(true)),
        Some(other) => {
            let all = DeadlineState::ALL.iter().copied();
            let mut ended = all.filter(|state| *state != DeadlineState::Open);
            let state = ended.find(|state| state.as_str().eq_ignore_ascii_case(other));
            let known = "RUNNING, PAUSED, MET, MISSED, REACHED or WITHDRAWN";
            let unknown = || Error::Invalid(format!("filter.state is {known}, not {other}."));
            (Some(state.ok_or_else(unknown)?), None)
        }
    };
    let by_due = match asked.sort.first() {
        None => false,
        Some(sort) if sort.field == "dueDate" && !sort.descending() => true,
        Some(sort) if sort.field == "deadlineKey" && !sort.descending() => false,
        Some(sort) => {
            return Err(Error::Invalid(format!(
                "Deadlines cannot be sorted by {} in this order; use dueDate or deadlineKey, ascending.",
                sort.field
            )));
        }
    };
    let (due_from, due_before) = between(&filter.due_date, "dueDate")?;
    Ok(DeadlineQuery {
        key: equal_key(&filter.deadline_key, "deadlineKey")?,
        instance: equal_key(&filter.process_instance_key, "processInstanceKey")?,
        business_id: equal(&filter.business_id, "businessId")?,
        element: equal(&filter.element_id, "elementId")?,
        state,
        paused,
        source: equal(&filter.source, "source")?,
        calendar: equal(&filter.calendar_id, "calendarId")?,
        due_from,
        due_before,
        seen_by: None,
        sight: None,
        by_due,
        limit,
        offset,
    })
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
