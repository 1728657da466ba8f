//! User tasks: search, assignment, completion.

use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::search::{self, Search, equal, equal_key, found, told_by_page};
use crate::rest::variables::variables;
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::TaskState;
use bpmn::{Assignment, Command, Key};
use runtime::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Task, TaskOrder, TaskQuery};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    state: Option<Value>,
    assignee: Option<Value>,
    candidate_group: Option<Value>,
    candidate_user: Option<Value>,
    element_id: Option<Value>,
    business_id: Option<Value>,
    process_definition_id: Option<Value>,
    process_instance_key: Option<Value>,
    tenant_id: Option<Value>,
}

/// `POST /v2/user-tasks/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Body(asked): Body<Search<Filter>>,
) -> Result<Json<Value>, Error> {
    let query = query(&asked)?;
    let tasks = state.runtime.tasks(&query).await?;
    let total = match told_by_page(tasks.len(), asked.window()?) {
        Some(total) => total,
        None => state.runtime.task_count(&query).await?,
    };
    let catalog = state.runtime.catalog();
    let items = tasks.iter().map(|task| item(task, &catalog)).collect();
    Ok(Json(found(items, total)))
}

fn query(asked: &Search<Filter>) -> Result<TaskQuery, Error> {
    let (limit, offset) = asked.window()?;
    let none = Filter::default();
    let filter = asked.filter.as_ref().unwrap_or(&none);
    let state = match equal(&filter.state, "state")?
        .map(|word| word.to_ascii_uppercase())
        .as_deref()
    {
        None => None,
        Some("CREATED") => Some(TaskState::Open),
        Some("COMPLETED") => Some(TaskState::Completed),
        Some("CANCELED") => Some(TaskState::Withdrawn),
        Some(other) => {
            return Err(Error::Invalid(format!(
                "filter.state is CREATED, COMPLETED or CANCELED, not {other}."
            )));
        }
    };
    let order = match asked.sort.first() {
        None => TaskOrder::Created,
        Some(sort) => match (sort.field.as_str(), sort.descending()) {
            ("dueDate", false) => TaskOrder::Due,
            ("creationDate", false) => TaskOrder::Created,
            ("creationDate", true) => TaskOrder::Newest,
            ("priority", true) => TaskOrder::Priority,
            (field, _) => {
                return Err(Error::Invalid(format!(
                    "Tasks cannot be sorted by {field} in this direction."
                )));
            }
        },
    };
    Ok(TaskQuery {
        state,
        order,
        limit,
        offset,
        assignee: equal(&filter.assignee, "assignee")?,
        candidate_groups: equal(&filter.candidate_group, "candidateGroup")?
            .into_iter()
            .collect(),
        candidate_user: equal(&filter.candidate_user, "candidateUser")?,
        element: equal(&filter.element_id, "elementId")?,
        business_id: equal(&filter.business_id, "businessId")?,
        process_id: equal(&filter.process_definition_id, "processDefinitionId")?,
        instances: equal_key(&filter.process_instance_key, "processInstanceKey")?
            .into_iter()
            .collect(),
        ..TaskQuery::default()
    })
}

fn item(task: &Task, catalog: &bpmn::Catalog) -> Value {
    let process = catalog.process(task.definition);
    let form = task
        .form
        .as_deref()
        .and_then(|id| catalog.task_form(id, task.definition, &task.element))
        .map(|form| form.key.to_string());
    let state = match task.state {
        TaskState::Open => "CREATED",
        TaskState::Completed => "COMPLETED",
        TaskState::Withdrawn => "CANCELED",
    };
    json!({
        "name": task.name, "state": state, "assignee": task.assignee, "elementId": task.element,
        "candidateGroups": task.candidate_groups, "candidateUsers": task.candidate_users,
        "processDefinitionId": task.process_id, "creationDate": search::time(Some(task.created_at)),
        "completionDate": search::time(task.closed_at), "followUpDate": search::time(task.follow_up),
        "dueDate": search::time(task.due), "tenantId": TENANT, "externalFormReference": null,
        "processDefinitionVersion": process.map(|process| process.version), "customHeaders": {},
        "priority": task.priority, "userTaskKey": task.key.to_string(),
        "elementInstanceKey": task.element_instance.to_string(),
        "processName": process.map(|process| process.definition.name()),
        "processDefinitionKey": task.definition.to_string(), "processInstanceKey": task.instance.to_string(),
        "rootProcessInstanceKey": null, "businessId": task.business_id, "formKey": form, "tags": [],
    })
}

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
    )
    .await
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
    )
    .await
}

async fn command(
    state: &AppState,
    caller: &str,
    task: Key,
    command: Command,
) -> Result<StatusCode, Error> {
    state
        .runtime
        .submit(Request::by(caller).command(task.instance(), command))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
