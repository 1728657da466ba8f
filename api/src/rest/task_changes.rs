//! What is done to user tasks: assignment, completion, and changes of their dates, candidates and priority.

use crate::access::words::{CLAIM_USER_TASK, COMPLETE_USER_TASK, UPDATE_USER_TASK};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::rights::check;
use crate::rest::auth::{Caller, Identity};
use crate::rest::search;
use crate::rest::variables::variables;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::limits::TASK_PRIORITY_MAX;
use bpmn::{Assignment, Command, Key, TaskUpdate};
use jiff::Timestamp;
use runtime::Request;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AssignmentAsked {
    assignee: Option<String>,
    allow_override: Option<bool>,
}

/// `POST /v2/user-tasks/{key}/assignment`
pub(super) async fn assign(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<AssignmentAsked>,
) -> Result<StatusCode, Error> {
    let task = search::key(&key)?;
    let assignee = asked
        .assignee
        .ok_or_else(|| Error::Invalid("assignee is missing.".into()))?;
    // Who takes a task for themselves needs less.
    let claims = [CLAIM_USER_TASK, UPDATE_USER_TASK];
    let permissions = if caller.is_user(&assignee) {
        &claims[..]
    } else {
        &[UPDATE_USER_TASK]
    };
    let expect = if asked.allow_override == Some(false) {
        Assignment::Unassigned
    } else {
        Assignment::Anyone
    };
    command(
        &state,
        &caller,
        task,
        Command::AssignTask {
            task,
            assignee,
            expect,
        },
        permissions,
    )
    .await
}

/// `DELETE /v2/user-tasks/{userTaskKey}/assignee`
pub(super) async fn unassign(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    let task = search::key(&key)?;
    let command_given = Command::UnassignTask { task };
    command(&state, &caller, task, command_given, &[UPDATE_USER_TASK]).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UpdateAsked {
    changeset: Option<Changeset>,
}

/// What is absent or null stays.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Changeset {
    due_date: Option<String>,
    follow_up_date: Option<String>,
    candidate_groups: Option<Vec<String>>,
    candidate_users: Option<Vec<String>>,
    priority: Option<i64>,
}

/// `PATCH /v2/user-tasks/{userTaskKey}` with `{"changeset": {...}}`. A date can be moved, but not taken away.
pub(super) async fn update(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<UpdateAsked>,
) -> Result<StatusCode, Error> {
    let task = search::key(&key)?;
    let changes = asked.changeset.unwrap_or_default();
    let update = TaskUpdate {
        due: date(changes.due_date, "dueDate")?,
        follow_up: date(changes.follow_up_date, "followUpDate")?,
        priority: changes.priority.map(priority).transpose()?,
        candidate_groups: changes.candidate_groups,
        candidate_users: changes.candidate_users,
    };
    if update == TaskUpdate::default() {
        let rule = "changeset changes nothing: give dueDate, followUpDate, candidateGroups, candidateUsers or priority.";
        return Err(Error::Invalid(rule.into()));
    }
    let update = Command::UpdateTask { task, update };
    command(&state, &caller, task, update, &[UPDATE_USER_TASK]).await
}

fn date(text: Option<String>, name: &str) -> Result<Option<Timestamp>, Error> {
    let Some(text) = text else {
        return Ok(None);
    };
    let rule = if text.is_empty() {
        "cannot be taken away; give another time"
    } else {
        "is a time such as 2026-03-02T06:00:00Z"
    };
    let time = text
        .parse()
        .map_err(|_| Error::Invalid(format!("changeset.{name} {rule}.")))?;
    Ok(Some(time))
}

fn priority(number: i64) -> Result<u8, Error> {
    u8::try_from(number)
        .ok()
        .filter(|priority| *priority <= TASK_PRIORITY_MAX)
        .ok_or_else(|| {
            Error::Invalid(format!(
                "changeset.priority is from 0 to {TASK_PRIORITY_MAX}, not {number}."
            ))
        })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CompletionAsked {
    variables: Option<Value>,
}

/// `POST /v2/user-tasks/{key}/completion`
pub(super) async fn complete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<CompletionAsked>,
) -> Result<StatusCode, Error> {
    let task = search::key(&key)?;
    let variables = variables(asked.variables)?;
    command(
        &state,
        &caller,
        task,
        Command::CompleteTask {
            task,
            by: None,
            variables,
        },
        &[COMPLETE_USER_TASK, UPDATE_USER_TASK],
    )
    .await
}

async fn command(
    state: &AppState,
    caller: &Identity,
    task: Key,
    command: Command,
    permissions: &[&str],
) -> Result<StatusCode, Error> {
    check(
        state,
        caller,
        permissions,
        task,
        &format!("the task {task}"),
    )
    .await?;
    state
        .runtime
        .submit(Request::by(caller).command(task.instance(), command))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
