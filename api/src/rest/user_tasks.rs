//! User tasks as clients read them: search, and one by its key.

use crate::access::words::{PROCESS_DEFINITION, READ_USER_TASK};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity, looked_at, rights};
use crate::rest::filters::{Filters, Kind};
use crate::rest::search::{self, Search, Time, optional_text, text};
use crate::rest::table::{
    DEFINITION_KEY, ELEMENT_ID, ELEMENT_KEY, Held, INSTANCE_KEY, PROCESS_ID, TENANT_ID, Table,
    Words, field, worded,
};
use crate::rest::variable_filters::Wanted;
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::{Key, TaskEvent, TaskState};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::Task;

pub(super) const TASKS: Table = Table {
    things: "Tasks",
    fields: &[
        field("userTaskKey", Kind::Key, Held::Born("key")),
        INSTANCE_KEY,
        ELEMENT_KEY,
        DEFINITION_KEY,
        PROCESS_ID,
        field("businessId", Kind::Text, Held::Column("business_id")),
        ELEMENT_ID,
        field("name", Kind::Text, Held::Column("name")),
        worded("state", "state", STATES),
        field("assignee", Kind::Text, Held::Column("assignee")),
        field(
            "candidateGroup",
            Kind::Text,
            Held::Column("candidate_group"),
        ),
        field("candidateUser", Kind::Text, Held::Column("candidate_user")),
        field("priority", Kind::Number, Held::Column("priority")),
        field("dueDate", Kind::Time, Held::Column("due")),
        field("followUpDate", Kind::Time, Held::Column("follow_up")),
        field("creationDate", Kind::Time, Held::Column("created_at")),
        field("completionDate", Kind::Time, Held::Column("closed_at")),
        field("tags", Kind::Texts, Held::Nothing),
        TENANT_ID,
    ],
    order: &[],
    ties: &[],
};

const STATES: Words = &[
    ("CREATING", &["creating"]),
    ("CREATED", &["open"]),
    ("ASSIGNING", &["assigning"]),
    ("UPDATING", &["updating"]),
    ("COMPLETING", &["completing"]),
    ("COMPLETED", &["completed"]),
    ("CANCELING", &[]),
    ("CANCELED", &["withdrawn"]),
    ("FAILED", &[]),
];

/// `POST /v2/user-tasks/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(mut asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let sight = rights::sight(&state, &caller, PROCESS_DEFINITION, &[READ_USER_TASK]).await?;
    let filter = asked.filter.as_mut();
    let wanted = Wanted::taken(filter, "processInstanceVariables", Some("localVariables"))?;
    let page = if wanted.is_empty() {
        TASKS.page::<Task>(&state, sight, &asked).await?
    } else {
        TASKS.page_of_wanted(&state, sight, &asked, &wanted).await?
    };
    let catalog = state.runtime.catalog();
    let items = page.rows.iter();
    Ok(page.answer(items.map(|task| Item::of(task, &catalog))))
}

/// `GET /v2/user-tasks/{userTaskKey}`: noted in the audit trail.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let task = task(&state, &caller, &key).await?;
    looked_at(&state, &caller, [format!("user-tasks/{}", task.key)]).await?;
    Ok(Json(json!(Item::of(&task, &state.runtime.catalog()))))
}

/// The task with this key, open or not, if the caller may read it.
pub(super) async fn task(state: &AppState, caller: &Identity, key: &str) -> Result<Task, Error> {
    let what = format!("the task {key}");
    let found = state.runtime.task(search::key(key)?).await?;
    let found = found.ok_or_else(|| Error::NotFound(what.clone()))?;
    rights::check(state, caller, &[READ_USER_TASK], found.key, &what).await?;
    Ok(found)
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
    #[serde(serialize_with = "text")]
    root_process_instance_key: Key,
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
            root_process_instance_key: task.root.unwrap_or(task.instance),
            business_id: task.business_id.as_deref(),
            form_key: form,
            tags: [],
        }
    }
}
