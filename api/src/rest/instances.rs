//! Process instances: start, search, read, cancel.

use crate::error::Error;
use crate::rest::auth::{Caller, looked_at, need};
use crate::rest::modification::Instructions;
use crate::rest::search::{self, Search, Time, equal, equal_key, found, found_up_to, told_by_page};
use crate::rest::variables::{chosen, variables};
use crate::rest::{Body, TENANT};
use crate::roles::OPERATING;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Key, Status};
use runtime::{Act, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use store::InstanceQuery;
use tokio::time::{Instant, sleep};

/// How long completion is awaited where the caller names no time.
const AWAITED: Duration = Duration::from_secs(10);
/// How long it is awaited at most.
const AWAITED_MAX: Duration = Duration::from_secs(60);
// Between two looks at an instance that is awaited; the pauses grow from one to the other.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LAST_LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Creation {
    process_definition_id: Option<String>,
    process_definition_key: Option<String>,
    process_definition_version: Option<i32>,
    variables: Option<Value>,
    business_id: Option<String>,
    await_completion: bool,
    /// Milliseconds; where it is 0, [`AWAITED`].
    request_timeout: i64,
    fetch_variables: Option<Vec<String>>,
    #[serde(flatten)]
    instructions: Instructions,
}

impl Creation {
    /// The process that is meant, if it is there.
    fn chosen<'c>(&self, catalog: &'c bpmn::Catalog) -> Result<Option<&'c bpmn::Deployed>, Error> {
        let version = self.process_definition_version;
        match (&self.process_definition_id, &self.process_definition_key) {
            (Some(id), None) => Ok(match version.filter(|version| *version > 0) {
                None => catalog.latest(id),
                Some(version) => catalog.version(id, version.unsigned_abs()),
            }),
            (None, Some(key)) => Ok(catalog.process(search::key(key)?)),
            (Some(_), Some(_)) | (None, None) => Err(Error::Invalid(
                "Give either processDefinitionId or processDefinitionKey.".into(),
            )),
        }
    }
}

/// `POST /v2/process-instances`. The answer comes when the instance waits for something, or has ended; where completion is
/// awaited, when it has ended, with its variables, or 504 when that takes too long. The instance goes on all the same.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Creation>,
) -> Result<Json<Value>, Error> {
    let mut catalog = state.runtime.catalog();
    if asked.chosen(&catalog)?.is_none() {
        // Another server may have deployed it a moment ago.
        catalog = state.runtime.newest_catalog().await?;
    }
    let deployed = asked.chosen(&catalog)?.ok_or_else(|| {
        let named = asked.process_definition_id.as_deref();
        let named = named.or(asked.process_definition_key.as_deref());
        Error::NotFound(format!("the process {}", named.unwrap_or_default()))
    })?;
    let process_id = deployed.definition.id().to_owned();
    let act = match asked.instructions.read()? {
        None => Act::Start {
            process_id: process_id.clone(),
            version: Some(deployed.version),
            at: None,
            business_id: asked.business_id.clone(),
            variables: variables(asked.variables)?,
            calendar: None,
        },
        Some(instructions) => Act::StartWith {
            definition: deployed.key,
            business_id: asked.business_id.clone(),
            variables: variables(asked.variables)?,
            instructions,
        },
    };
    let answer = state.runtime.submit(Request::by(&caller).act(act)).await?;
    let instance = answer
        .started()
        .ok_or_else(|| Error::Bug("a start answered without an instance".into()))?;
    let ended = if asked.await_completion {
        Some(awaited(&state, instance, asked.request_timeout).await?)
    } else {
        None
    };
    let variables = ended.map_or_else(
        || json!({}),
        |ended| chosen(&ended.state.variables(), asked.fetch_variables.as_deref()),
    );
    Ok(Json(json!({
        "processDefinitionId": process_id, "processDefinitionVersion": deployed.version, "tenantId": TENANT,
        "variables": variables, "processDefinitionKey": deployed.key.to_string(),
        "processInstanceKey": instance.to_string(), "tags": [], "businessId": asked.business_id,
    })))
}

/// The instance when it has ended. Looked at again and again: another server may be the one that ends it.
async fn awaited(state: &AppState, instance: Key, timeout_ms: i64) -> Result<InstanceView, Error> {
    let limit = match u64::try_from(timeout_ms) {
        Ok(0) => AWAITED,
        Ok(asked) => Duration::from_millis(asked).min(AWAITED_MAX),
        Err(_) => Duration::ZERO,
    };
    let until = Instant::now() + limit;
    let mut pause = FIRST_LOOK;
    loop {
        let seen = state.runtime.instance(instance).await?;
        match seen {
            Some(seen) if seen.status == Status::Completed => return Ok(seen),
            Some(seen) if seen.status == Status::Terminated => {
                return Err(Error::Conflict {
                    message: format!("The process instance {instance} was cancelled."),
                    way_out: "Its history says why.".into(),
                });
            }
            Some(_) | None if Instant::now() >= until => {
                return Err(Error::NotYet(format!(
                    "the process instance {instance} has ended"
                )));
            }
            Some(_) | None => {}
        }
        sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

/// What has an index. Whatever else is asked for is refused by name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    process_definition_id: Option<Value>,
    process_instance_key: Option<Value>,
    parent_process_instance_key: Option<Value>,
    business_id: Option<Value>,
    state: Option<Value>,
    tenant_id: Option<Value>,
}

/// `POST /v2/process-instances/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Body(asked): Body<Search<Filter>>,
) -> Result<Response, Error> {
    let query = query(&asked)?;
    if asked.filter.as_ref().is_some_and(is_of_others) {
        return Ok(found::<Value>([], 0));
    }
    let instances = state.runtime.instances(&query).await?;
    let catalog = state.runtime.catalog();
    let items = instances.iter().map(|instance| item(instance, &catalog));
    Ok(match told_by_page(instances.len(), asked.window()?) {
        Some(total) => found(items, total),
        None => found_up_to(items, state.runtime.instance_count(&query).await?),
    })
}

/// `GET /v2/process-instances/{processInstanceKey}`: noted in the audit trail.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let found = state.runtime.instance(search::key(&key)?).await?;
    let instance = found.ok_or_else(|| missing(&key))?;
    looked_at(&state, &caller, [subject(&instance)]).await?;
    Ok(Json(item(&instance, &state.runtime.catalog())))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Cancellation {
    /// A number by which callers know their own requests.
    #[serde(rename = "operationReference")]
    _operation_reference: Option<i64>,
}

/// `POST /v2/process-instances/{processInstanceKey}/cancellation`: what it has called is cancelled with it.
pub(super) async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(_): Body<Cancellation>,
) -> Result<StatusCode, Error> {
    need(&state, &caller, OPERATING).await?;
    let instance = search::key(&key)?;
    if instance != instance.instance() {
        return Err(missing(&key));
    }
    let request = Request::by(&caller).command(instance, Command::CancelInstance);
    match state.runtime.submit(request).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(runtime::Error::NoSuchInstance(_)) => Err(missing(&key)),
        Err(other) => Err(other.into()),
    }
}

/// What the audit trail calls an instance: the case, where it has a business id.
pub(super) fn subject(instance: &InstanceView) -> String {
    match &instance.business_id {
        Some(reference) => format!("cases/{reference}"),
        None => format!("process-instances/{}", instance.key),
    }
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the process instance {key}"))
}

/// Whether a tenant is asked for whom there is nothing here.
fn is_of_others(filter: &Filter) -> bool {
    equal(&filter.tenant_id, "tenantId")
        .is_ok_and(|tenant| tenant.is_some_and(|tenant| tenant != TENANT))
}

fn query(asked: &Search<Filter>) -> Result<InstanceQuery, Error> {
    let (limit, offset) = asked.window()?;
    let none = Filter::default();
    let filter = asked.filter.as_ref().unwrap_or(&none);
    equal(&filter.tenant_id, "tenantId")?;
    let oldest_first = match asked.sort.as_slice() {
        [] => false,
        [sort] if sort.field == "processInstanceKey" => !sort.descending(),
        [sort, ..] => {
            return Err(Error::Invalid(format!(
                "Process instances cannot be sorted by {}; use processInstanceKey alone.",
                sort.field
            )));
        }
    };
    let status = match equal(&filter.state, "state")?
        .map(|word| word.to_ascii_uppercase())
        .as_deref()
    {
        None => None,
        Some("ACTIVE") => Some(Status::Active),
        Some("COMPLETED") => Some(Status::Completed),
        Some("TERMINATED") => Some(Status::Terminated),
        Some(other) => {
            return Err(Error::Invalid(format!(
                "filter.state is ACTIVE, COMPLETED or TERMINATED, not {other}."
            )));
        }
    };
    Ok(InstanceQuery {
        keys: equal_key(&filter.process_instance_key, "processInstanceKey")?
            .into_iter()
            .collect(),
        parent: equal_key(
            &filter.parent_process_instance_key,
            "parentProcessInstanceKey",
        )?,
        business_id: equal(&filter.business_id, "businessId")?,
        process_id: equal(&filter.process_definition_id, "processDefinitionId")?,
        status,
        oldest_first,
        limit,
        offset,
        ..InstanceQuery::default()
    })
}

fn item(instance: &InstanceView, catalog: &bpmn::Catalog) -> Value {
    let process = catalog.process(instance.definition);
    let state = match instance.status {
        Status::Active => "ACTIVE",
        Status::Completed => "COMPLETED",
        Status::Terminated => "TERMINATED",
    };
    json!({
        "processDefinitionId": instance.process_id,
        "processDefinitionName": process.map(|process| process.definition.name()),
        "processDefinitionVersion": instance.version,
        "processDefinitionVersionTag": process.and_then(|process| process.definition.version_tag()),
        "startDate": Time(instance.started_at), "endDate": instance.ended_at.map(Time),
        "state": state, "suspendedDate": null, "hasIncident": !instance.state.incidents().is_empty(),
        "tenantId": TENANT, "processInstanceKey": instance.key.to_string(),
        "processDefinitionKey": instance.definition.to_string(),
        "parentProcessInstanceKey": instance.parent.as_ref().map(|parent| parent.instance.to_string()),
        "parentElementInstanceKey": instance.parent.as_ref().map(|parent| parent.element.to_string()),
        "rootProcessInstanceKey": null, "tags": [],
        "businessId": instance.business_id,
    })
}
