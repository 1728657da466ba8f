//! Process instances: start and search.

use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::search::{self, Search, equal, equal_key, found};
use crate::rest::user_tasks::variables;
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use bpmn::Status;
use runtime::{Act, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use store::InstanceQuery;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Creation {
    process_definition_id: Option<String>,
    process_definition_key: Option<String>,
    process_definition_version: Option<i32>,
    variables: Option<Value>,
    business_id: Option<String>,
}

/// `POST /v2/process-instances`. The answer comes when the instance waits for something, or has ended.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Creation>,
) -> Result<Json<Value>, Error> {
    let catalog = state.runtime.catalog();
    let deployed = match (&asked.process_definition_id, &asked.process_definition_key) {
        (Some(id), None) => match asked
            .process_definition_version
            .filter(|version| *version > 0)
        {
            None => catalog.latest(id),
            Some(version) => catalog.version(id, version.unsigned_abs()),
        },
        (None, Some(key)) => catalog.process(search::key(key)?),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Error::Invalid(
                "Give either processDefinitionId or processDefinitionKey.".into(),
            ));
        }
    };
    let deployed = deployed.ok_or_else(|| {
        let asked = asked
            .process_definition_id
            .or(asked.process_definition_key)
            .unwrap_or_default();
        Error::NotFound(format!("the process {asked}"))
    })?;
    let process_id = deployed.definition.id().to_owned();
    let act = Act::Start {
        process_id: process_id.clone(),
        version: Some(deployed.version),
        at: None,
        business_id: asked.business_id.clone(),
        variables: variables(asked.variables)?,
    };
    let answer = state.runtime.submit(Request::by(&caller).act(act)).await?;
    let instance = answer
        .started()
        .ok_or_else(|| Error::Bug("a start answered without an instance".into()))?;
    Ok(Json(json!({
        "processDefinitionId": process_id, "processDefinitionVersion": deployed.version, "tenantId": TENANT,
        "variables": {}, "processDefinitionKey": deployed.key.to_string(),
        "processInstanceKey": instance.to_string(), "tags": [], "businessId": asked.business_id,
    })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    process_definition_id: Option<Value>,
    process_instance_key: Option<Value>,
    business_id: Option<Value>,
    state: Option<Value>,
    tenant_id: Option<Value>,
}

/// `POST /v2/process-instances/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Body(asked): Body<Search<Filter>>,
) -> Result<Json<Value>, Error> {
    let (limit, _) = asked.window()?;
    let filter = asked.filter.unwrap_or_default();
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
    let query = InstanceQuery {
        keys: equal_key(&filter.process_instance_key, "processInstanceKey")?
            .into_iter()
            .collect(),
        business_id: equal(&filter.business_id, "businessId")?,
        process_id: equal(&filter.process_definition_id, "processDefinitionId")?,
        status,
        limit,
        ..InstanceQuery::default()
    };
    let total = state.runtime.instance_count(&query).await?;
    let instances = state.runtime.instances(&query).await?;
    let catalog = state.runtime.catalog();
    Ok(Json(found(
        instances
            .iter()
            .map(|instance| item(instance, &catalog))
            .collect(),
        total,
    )))
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
        "startDate": search::time(Some(instance.started_at)), "endDate": search::time(instance.ended_at),
        "state": state, "suspendedDate": null, "hasIncident": !instance.state.incidents().is_empty(),
        "tenantId": TENANT, "processInstanceKey": instance.key.to_string(),
        "processDefinitionKey": instance.definition.to_string(),
        "parentProcessInstanceKey": instance.parent.as_ref().map(|parent| parent.instance.to_string()),
        "parentElementInstanceKey": null, "rootProcessInstanceKey": null, "tags": [],
        "businessId": instance.business_id,
    })
}
