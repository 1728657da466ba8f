//! Jobs: taken by workers, and what comes of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::elements::ElementStart;
use bpmn::{
    Catalog, Command, Correction, Corrections, JobKind, Key, ListenerEvent, Rejection, TaskEvent,
};
use jiff::Timestamp;
use runtime::{Act, ActivatedJob, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

use crate::error::Error;
use crate::rest::auth::{Caller, Identity, rights};
use crate::rest::search::{self, Time};
use crate::rest::variables::{chosen, variables};
use crate::rest::{Body, TENANT};
use crate::state::AppState;

/// Jobs that one request may take.
const JOBS_MAX: u32 = 1_000;
/// How long a request for jobs is held where it names no time: clients give up after ten seconds.
const HELD: Duration = Duration::from_secs(9);
/// How long it is held at most: shorter than any request may take.
const HELD_MAX: Duration = Duration::from_secs(25);
/// What a worker without a name is called.
const WORKER: &str = "default";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Activation {
    r#type: String,
    worker: Option<String>,
    /// Milliseconds.
    timeout: i64,
    max_jobs_to_activate: i64,
    fetch_variable: Option<Vec<String>>,
    /// Milliseconds; below 0 for an answer at once.
    request_timeout: i64,
    with_lease: Option<bool>,
}

/// `POST /v2/jobs/activation`. The jobs are the worker's until their deadline. Where there are none, the request is held
/// until one comes, or until `requestTimeout` is over.
pub(super) async fn activate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Activation>,
) -> Result<Json<Value>, Error> {
    rights::works_on_all_jobs(&state, &caller).await?;
    if asked.r#type.is_empty() {
        return Err(Error::Invalid("type is missing.".into()));
    }
    let lease_ms = lease_ms(asked.timeout)?;
    let limit = u32::try_from(asked.max_jobs_to_activate)
        .ok()
        .filter(|limit| *limit > 0)
        .ok_or_else(|| Error::Invalid("maxJobsToActivate is 1 or more.".into()))?
        .min(JOBS_MAX);
    let worker = asked.worker.as_deref().unwrap_or(WORKER);
    let (runtime, kind) = (&state.runtime, &asked.r#type);
    let jobs = match held(asked.request_timeout) {
        Some(wait) => {
            runtime
                .await_jobs(kind, worker, limit, lease_ms, wait)
                .await?
        }
        None => runtime.activate_jobs(kind, worker, limit, lease_ms).await?,
    };
    let with_lease = asked.with_lease == Some(true);
    let fetched = asked.fetch_variable.as_deref();
    let catalog = runtime.catalog();
    let jobs: Vec<Value> = jobs
        .into_iter()
        .map(|job| activated(&job, &catalog, fetched, with_lease))
        .collect();
    Ok(Json(json!({ "jobs": jobs })))
}

/// How long a request is held that finds no job; `None` where it wants an answer at once.
fn held(timeout_ms: i64) -> Option<Duration> {
    match u64::try_from(timeout_ms) {
        Ok(0) => Some(HELD),
        Ok(asked) => Some(Duration::from_millis(asked).min(HELD_MAX)),
        Err(_) => None,
    }
}

fn activated(
    job: &ActivatedJob,
    catalog: &Catalog,
    fetched: Option<&[String]>,
    with_lease: bool,
) -> Value {
    json!({
        "type": job.job_type, "processDefinitionId": job.process_id, "processDefinitionVersion": job.version,
        "elementId": job.element, "customHeaders": job.headers, "worker": job.worker, "retries": job.retries,
        "deadline": job.leased_until.as_millisecond(), "variables": chosen(&job.variables, fetched), "tenantId": TENANT,
        "physicalTenantId": "default", "jobKey": job.key.to_string(),
        "processInstanceKey": job.instance.to_string(), "processDefinitionKey": job.definition.to_string(),
        "elementInstanceKey": job.element_instance.to_string(), "kind": kind(&job.kind),
        "listenerEventType": listener_event(&job.kind), "userTask": user_task(job, catalog), "tags": [],
        "rootProcessInstanceKey": job.root.to_string(),
        "businessId": job.business_id, "priority": 0,
        "leaseToken": with_lease.then(|| job.token.to_string()),
    })
}

/// For what a job is done, in the words of the API.
pub(super) fn kind(kind: &JobKind) -> &'static str {
    match kind {
        JobKind::Element => "BPMN_ELEMENT",
        JobKind::AdHoc => "AD_HOC_SUB_PROCESS",
        JobKind::ExecutionListener { .. } => "EXECUTION_LISTENER",
        JobKind::TaskListener { .. } => "TASK_LISTENER",
    }
}

/// What a listener listens to, in the words of the API.
pub(super) fn listener_event(kind: &JobKind) -> &'static str {
    match kind {
        JobKind::Element | JobKind::AdHoc => "UNSPECIFIED",
        JobKind::ExecutionListener { event, .. } => match event {
            ListenerEvent::BeforeAll => "BEFORE_ALL",
            ListenerEvent::Start => "START",
            ListenerEvent::End => "END",
        },
        JobKind::TaskListener { event, .. } => match event {
            TaskEvent::Creating => "CREATING",
            TaskEvent::Assigning => "ASSIGNING",
            TaskEvent::Updating => "UPDATING",
            TaskEvent::Completing => "COMPLETING",
        },
    }
}

/// The task that a task listener looks at, as it would become.
fn user_task(job: &ActivatedJob, catalog: &Catalog) -> Value {
    let (JobKind::TaskListener { event, .. }, Some(task)) = (&job.kind, &job.task) else {
        return Value::Null;
    };
    let action = match event {
        TaskEvent::Creating => "create",
        TaskEvent::Assigning => "assign",
        TaskEvent::Updating => "update",
        TaskEvent::Completing => "complete",
    };
    let form = task.form.as_deref();
    let form = form.and_then(|id| catalog.task_form(id, job.definition, &job.element));
    json!({
        "action": action, "assignee": task.assignee, "candidateGroups": task.candidate_groups,
        "candidateUsers": task.candidate_users, "changedAttributes": job.changed, "dueDate": task.due.map(Time),
        "followUpDate": task.follow_up.map(Time), "formKey": form.map(|form| form.key.to_string()),
        "priority": task.priority, "userTaskKey": task.key.to_string(),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Completion {
    variables: Option<Value>,
    result: Option<JobResult>,
    lease_token: Option<String>,
}

/// What the worker of an ad-hoc subprocess has chosen (`type` is `adHocSubProcess`), or a task listener has found (`userTask`).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JobResult {
    r#type: Option<String>,
    activate_elements: Vec<Activated>,
    is_completion_condition_fulfilled: bool,
    is_cancel_remaining_instances: bool,
    denied: Option<bool>,
    denied_reason: Option<String>,
    corrections: Option<Corrected>,
}

/// What a task listener corrects; what is absent or null stays. An empty text takes away who has the task, or a date.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Corrected {
    assignee: Option<String>,
    due_date: Option<String>,
    follow_up_date: Option<String>,
    candidate_users: Option<Vec<String>>,
    candidate_groups: Option<Vec<String>>,
    priority: Option<i32>,
}

impl Corrected {
    fn corrections(self) -> Result<Corrections, Error> {
        let priority = self.priority.map(|priority| {
            u8::try_from(priority)
                .map_err(|_| Error::Invalid("corrections.priority is from 0 to 100.".into()))
        });
        let assignee = self.assignee.map(|name| match name.is_empty() {
            true => Correction::Cleared,
            false => Correction::To(name),
        });
        Ok(Corrections {
            assignee,
            due: corrected_date(self.due_date, "dueDate")?,
            follow_up: corrected_date(self.follow_up_date, "followUpDate")?,
            candidate_users: self.candidate_users,
            candidate_groups: self.candidate_groups,
            priority: priority.transpose()?,
        })
    }
}

fn corrected_date(
    text: Option<String>,
    field: &str,
) -> Result<Option<Correction<Timestamp>>, Error> {
    let Some(text) = text else {
        return Ok(None);
    };
    if text.is_empty() {
        return Ok(Some(Correction::Cleared));
    }
    let at = text.parse().map_err(|_| {
        let example = "2026-03-02T09:00:00Z";
        Error::Invalid(format!(
            "corrections.{field} is a date and time such as {example}."
        ))
    })?;
    Ok(Some(Correction::To(at)))
}

impl JobResult {
    /// Whether it is what a task listener has found.
    fn is_of_task(&self) -> bool {
        match self.r#type.as_deref() {
            Some(kind) => kind == "userTask",
            None => self.denied.is_some() || self.corrections.is_some(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Activated {
    element_id: String,
    variables: Option<Value>,
}

/// `POST /v2/jobs/{key}/completion`
pub(super) async fn complete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Completion>,
) -> Result<StatusCode, Error> {
    let job = search::key(&key)?;
    let results = variables(asked.variables)?;
    let command = match asked.result {
        Some(result) if result.r#type.as_deref() == Some("adHocSubProcess") => {
            let started = |start: Activated| {
                Ok(ElementStart {
                    element: start.element_id.into(),
                    variables: variables(start.variables)?,
                })
            };
            Command::CompleteAdHocJob {
                job,
                variables: results,
                elements: result
                    .activate_elements
                    .into_iter()
                    .map(started)
                    .collect::<Result<_, Error>>()?,
                completion_condition_fulfilled: result.is_completion_condition_fulfilled,
                cancel_remaining: result.is_cancel_remaining_instances,
            }
        }
        Some(result) if result.is_of_task() => {
            if results.iter().next().is_some() {
                let refused = Rejection::ListenerGivesVariables;
                return Err(Error::Runtime(refused.into()));
            }
            Command::CompleteTaskListener {
                job,
                denied: result.denied == Some(true),
                reason: result.denied_reason,
                corrections: result.corrections.unwrap_or_default().corrections()?,
            }
        }
        Some(_) | None => Command::CompleteJob {
            job,
            variables: results,
        },
    };
    command_of_worker(&state, &caller, job, asked.lease_token, command).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Failure {
    retries: i32,
    error_message: Option<String>,
    lease_token: Option<String>,
}

/// `POST /v2/jobs/{key}/failure`. Without retries left, an incident is raised.
pub(super) async fn fail(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Failure>,
) -> Result<StatusCode, Error> {
    let job = search::key(&key)?;
    let command = Command::FailJob {
        job,
        retries: retries(asked.retries)?,
        message: asked.error_message.unwrap_or_default(),
    };
    command_of_worker(&state, &caller, job, asked.lease_token, command).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Thrown {
    error_code: Option<String>,
    error_message: Option<String>,
    variables: Option<Value>,
    lease_token: Option<String>,
}

/// `POST /v2/jobs/{key}/error`: a business error, for the error events of the model.
pub(super) async fn throw(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Thrown>,
) -> Result<StatusCode, Error> {
    let job = search::key(&key)?;
    let command = Command::ThrowError {
        job,
        code: asked
            .error_code
            .ok_or_else(|| Error::Invalid("errorCode is missing.".into()))?,
        message: asked.error_message.unwrap_or_default(),
        variables: variables(asked.variables)?,
    };
    command_of_worker(&state, &caller, job, asked.lease_token, command).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Update {
    changeset: Changeset,
    lease_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Changeset {
    retries: Option<i32>,
    /// Milliseconds from now on.
    timeout: Option<i64>,
}

/// `PATCH /v2/jobs/{key}`: more time for the worker that has it, or more tries, for whoever takes it next.
pub(super) async fn update(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Update>,
) -> Result<StatusCode, Error> {
    let job = search::key(&key)?;
    rights::works_on(&state, &caller, job).await?;
    match (asked.changeset.timeout, asked.changeset.retries) {
        (Some(timeout), None) => {
            let token = asked.lease_token.as_deref().map(lease_token).transpose()?;
            let lease_ms = lease_ms(timeout)?;
            state.runtime.extend_lease(job, token, lease_ms).await?;
            Ok(StatusCode::NO_CONTENT)
        }
        (None, Some(asked_retries)) => {
            let retries = retries(asked_retries)?;
            let command = Command::UpdateRetries { job, retries };
            command_of_worker(&state, &caller, job, asked.lease_token, command).await
        }
        (None, None) => Err(Error::Invalid(
            "The changeset names neither retries nor timeout.".into(),
        )),
        (Some(_), Some(_)) => Err(Error::Invalid(
            "The changeset names retries and timeout. New retries take the job from its worker; ask for one of them.".into(),
        )),
    }
}

/// Not below none: a negative number of tries has no meaning.
fn retries(asked: i32) -> Result<u32, Error> {
    u32::try_from(asked).map_err(|_| Error::Invalid("retries is 0 or more.".into()))
}

/// A worker that shows the token of its lease is refused when the lease is over; without a token, whoever is first is heard.
async fn command_of_worker(
    state: &AppState,
    caller: &Identity,
    job: Key,
    token: Option<String>,
    command: Command,
) -> Result<StatusCode, Error> {
    rights::works_on(state, caller, job).await?;
    let token = token.as_deref().map(lease_token).transpose()?;
    let act = act_of_worker(job, token, command);
    state.runtime.submit(Request::by(caller).act(act)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn act_of_worker(job: Key, token: Option<i64>, command: Command) -> Act {
    let instance = job.instance();
    match token {
        None => Act::Command { instance, command },
        Some(token) => Act::WorkerCommand {
            instance,
            job,
            token,
            command,
        },
    }
}

fn lease_token(text: &str) -> Result<i64, Error> {
    let wrong = |_| Error::Invalid("leaseToken is not one of ours.".into());
    text.parse().map_err(wrong)
}

fn lease_ms(timeout: i64) -> Result<u32, Error> {
    let lease_ms = u32::try_from(timeout).ok().filter(|ms| *ms > 0);
    lease_ms.ok_or_else(|| {
        let most = u32::MAX;
        Error::Invalid(format!("timeout is from 1 to {most} milliseconds."))
    })
}
