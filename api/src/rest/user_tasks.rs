//! User tasks as clients read them: search, and one by its key.

use crate::error::Error;
use crate::rest::auth::{Caller, looked_at};
use crate::rest::search::{
    self, Search, Time, equal, equal_key, found, optional_text, text, told_by_page,
};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::{Key, TaskEvent, TaskState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
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
) -> Result<Response, Error> {
    let query = query(&asked)?;
    let tasks = state.runtime.tasks(&query).await?;
    let total = match told_by_page(tasks.len(), asked.window()?) {
        Some(total) => total,
        None => state.runtime.task_count(&query).await?,
    };
    let catalog = state.runtime.catalog();
    Ok(found(
        tasks.iter().map(|task| Item::of(task, &catalog)),
        total,
    ))
}

/// `GET /v2/user-tasks/{userTaskKey}`: noted in the audit trail.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let task = task(&state, &key).await?;
    looked_at(&state, &caller, [format!("user-tasks/{}", task.key)]).await?;
    Ok(Json(json!(Item::of(&task, &state.runtime.catalog()))))
}

/// The task with this key, open or not.
pub(super) async fn task(state: &AppState, key: &str) -> Result<Task, Error> {
    let found = state.runtime.task(search::key(key)?).await?;
    found.ok_or_else(|| Error::NotFound(format!("the task {key}")))
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
        Some("CREATING") => Some(TaskState::Waiting(TaskEvent::Creating)),
        Some("ASSIGNING") => Some(TaskState::Waiting(TaskEvent::Assigning)),
        Some("UPDATING") => Some(TaskState::Waiting(TaskEvent::Updating)),
        Some("COMPLETING") => Some(TaskState::Waiting(TaskEvent::Completing)),
        Some("COMPLETED") => Some(TaskState::Completed),
        Some("CANCELED") => Some(TaskState::Withdrawn),
        Some(other) => {
            return Err(Error::Invalid(format!(
                "filter.state is CREATING, CREATED, ASSIGNING, UPDATING, COMPLETING, COMPLETED or CANCELED, not {other}."
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

/// A task as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    name: &'a str,
    state: &'static str,
    assignee: Option<&'a str>,
    element_id: &'a str,
    candidate_groups: &'a [String],
    candidate_users: &'a [String],
    process_definition_id: &'a str,
    creation_date: Time,
    completion_date: Option<Time>,
    follow_up_date: Option<Time>,
    due_date: Option<Time>,
    tenant_id: &'static str,
    external_form_reference: Option<&'a str>,
    process_definition_version: Option<u32>,
    custom_headers: BTreeMap<&'a str, &'a str>,
    priority: u8,
    #[serde(serialize_with = "text")]
    user_task_key: Key,
    #[serde(serialize_with = "text")]
    element_instance_key: Key,
    process_name: Option<&'a str>,
    #[serde(serialize_with = "text")]
    process_definition_key: Key,
    #[serde(serialize_with = "text")]
    process_instance_key: Key,
    root_process_instance_key: Option<&'a str>,
    business_id: Option<&'a str>,
    #[serde(serialize_with = "optional_text")]
    form_key: Option<Key>,
    tags: [&'a str; 0],
}

impl<'a> Item<'a> {
    fn of(task: &'a Task, catalog: &'a bpmn::Catalog) -> Item<'a> {
        let process = catalog.process(task.definition);
        let form = task
            .form
            .as_deref()
            .and_then(|id| catalog.task_form(id, task.definition, &task.element))
            .map(|form| form.key);
        Item {
            name: &task.name,
            state: match task.state {
                TaskState::Open => "CREATED",
                TaskState::Waiting(TaskEvent::Creating) => "CREATING",
                TaskState::Waiting(TaskEvent::Assigning) => "ASSIGNING",
                TaskState::Waiting(TaskEvent::Updating) => "UPDATING",
                TaskState::Waiting(TaskEvent::Completing) => "COMPLETING",
                TaskState::Completed => "COMPLETED",
                TaskState::Withdrawn => "CANCELED",
            },
            assignee: task.assignee.as_deref(),
            element_id: &task.element,
            candidate_groups: &task.candidate_groups,
            candidate_users: &task.candidate_users,
            process_definition_id: &task.process_id,
            creation_date: Time(task.created_at),
            completion_date: task.closed_at.map(Time),
            follow_up_date: task.follow_up.map(Time),
            due_date: task.due.map(Time),
            tenant_id: TENANT,
            external_form_reference: None,
            process_definition_version: process.map(|process| process.version),
            custom_headers: BTreeMap::new(),
            priority: task.priority,
            user_task_key: task.key,
            element_instance_key: task.element_instance,
            process_name: process.map(|process| process.definition.name()),
            process_definition_key: task.definition,
            process_instance_key: task.instance,
            root_process_instance_key: None,
            business_id: task.business_id.as_deref(),
            form_key: form,
            tags: [],
        }
    }
}
