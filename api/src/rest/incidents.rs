//! Incidents: what cannot go on until somebody helps. Search, read, try again.
//!
//! Within the instances that a filter names, every field can be asked for; over all instances only `state`, because the
//! open ones alone have an index.

use crate::error::Error;
use crate::rest::auth::{Caller, need};
use crate::rest::listing::{Filters, Kind, Listing, named_instances};
use crate::rest::search::{self, Search, Time, found, found_up_to, told_by_page};
use crate::rest::{Body, TENANT};
use crate::roles::OPERATING;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Key};
use runtime::{Incident, IncidentQuery, InstanceQuery, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// In how many instances incidents are looked for at once.
const INSTANCES_MAX: usize = 100;

/// What the API calls the kinds of incidents, by the words of the engine.
const ERROR_TYPES: &[(&str, &str)] = &[
    ("expression", "EXTRACT_VALUE_ERROR"),
    ("noFlow", "CONDITION_ERROR"),
    ("job", "JOB_NO_RETRIES"),
    ("executionListener", "EXECUTION_LISTENER_NO_RETRIES"),
    ("decision", "DECISION_EVALUATION_ERROR"),
    ("calledProcess", "CALLED_ELEMENT_ERROR"),
    ("error", "UNHANDLED_ERROR_EVENT"),
    ("deadlock", "UNKNOWN"),
    ("limit", "UNKNOWN"),
];

const INCIDENTS: Listing = Listing {
    things: "Incidents",
    fields: &[
        ("incidentKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
        ("processDefinitionKey", Kind::Key),
        ("processDefinitionId", Kind::Text),
        ("elementId", Kind::Text),
        ("elementInstanceKey", Kind::Key),
        ("jobKey", Kind::Key),
        (
            "errorType",
            Kind::Word(&[
                "AD_HOC_SUB_PROCESS_NO_RETRIES",
                "CALLED_DECISION_ERROR",
                "CALLED_ELEMENT_ERROR",
                "CONDITION_ERROR",
                "DECISION_EVALUATION_ERROR",
                "EXECUTION_LISTENER_NO_RETRIES",
                "EXTRACT_VALUE_ERROR",
                "FORM_NOT_FOUND",
                "IO_MAPPING_ERROR",
                "JOB_NO_RETRIES",
                "MESSAGE_SIZE_EXCEEDED",
                "RESOURCE_NOT_FOUND",
                "SECRET_RESOLUTION_ERROR",
                "TASK_LISTENER_NO_RETRIES",
                "UNHANDLED_ERROR_EVENT",
                "UNKNOWN",
                "UNSPECIFIED",
            ]),
        ),
        ("errorMessage", Kind::Text),
        ("creationTime", Kind::Time),
        (
            "state",
            Kind::Word(&["ACTIVE", "MIGRATED", "PENDING", "RESOLVED", "UNKNOWN"]),
        ),
        ("tenantId", Kind::Text),
    ],
    key: "incidentKey",
};

/// `POST /v2/incidents/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(_): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let fields = [
        "processInstanceKey",
        "incidentKey",
        "elementInstanceKey",
        "jobKey",
    ];
    match named_instances(asked.filter.as_ref(), &fields)? {
        Some(instances) => within(&state, instances, &asked).await,
        None => everywhere(&state, &asked).await,
    }
}

/// `POST /v2/process-instances/{processInstanceKey}/incidents/search`: also those of the instances that it has called.
pub(super) async fn of_instance(
    State(state): State<AppState>,
    Caller(_): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let root = search::key(&key)?;
    if state.runtime.instance(root).await?.is_none() {
        return Err(Error::NotFound(format!("the process instance {key}")));
    }
    let mut instances = BTreeSet::from([root]);
    let mut callers = vec![root];
    while let Some(caller) = callers.pop() {
        let called = InstanceQuery {
            parent: Some(caller),
            limit: runtime::MAX_LIMIT,
            ..InstanceQuery::default()
        };
        let called = state.runtime.instances(&called).await?;
        callers.extend(called.iter().map(|instance| instance.key));
        instances.extend(called.iter().map(|instance| instance.key));
        at_most(instances.len())?;
    }
    within(&state, instances, &asked).await
}

/// `GET /v2/incidents/{incidentKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(_): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let missing = || Error::NotFound(format!("the incident {key}"));
    let incident = state.runtime.incident(search::key(&key)?).await?;
    let incident = incident.ok_or_else(missing)?;
    items(&state, &[incident])
        .await?
        .pop()
        .map(Json)
        .ok_or_else(missing)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resolution {
    /// A number by which callers know their own requests.
    #[serde(rename = "operationReference")]
    _operation_reference: Option<i64>,
}

/// `POST /v2/incidents/{incidentKey}/resolution`: a job that has no tries left gets one.
pub(super) async fn resolve(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(_): Body<Resolution>,
) -> Result<StatusCode, Error> {
    need(&state, &caller, OPERATING).await?;
    let incident = search::key(&key)?;
    let command = Command::ResolveIncident { incident };
    let request = Request::by(&caller).command(incident.instance(), command);
    match state.runtime.submit(request).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(runtime::Error::NoSuchInstance(_)) => {
            Err(Error::NotFound(format!("the incident {key}")))
        }
        Err(other) => Err(other.into()),
    }
}

async fn within(
    state: &AppState,
    instances: BTreeSet<Key>,
    asked: &Search<Filters>,
) -> Result<Response, Error> {
    at_most(instances.len())?;
    let mut incidents = Vec::new();
    for instance in instances {
        let query = IncidentQuery {
            instance: Some(instance),
            resolved: true,
            limit: runtime::MAX_LIMIT,
            ..IncidentQuery::default()
        };
        incidents.extend(state.runtime.incidents(&query).await?);
    }
    let items = items(state, &incidents).await?;
    let (page, total) = INCIDENTS.select(items, asked)?;
    Ok(found(page, total))
}

fn at_most(instances: usize) -> Result<(), Error> {
    if instances <= INSTANCES_MAX {
        return Ok(());
    }
    let limit = format!(
        "Incidents are looked for in {INSTANCES_MAX} process instances at once, not {instances}."
    );
    Err(Error::Invalid(limit))
}

/// The open ones by time, or all by key.
async fn everywhere(state: &AppState, asked: &Search<Filters>) -> Result<Response, Error> {
    let (limit, offset) = asked.window()?;
    let mut is_open = false;
    for (name, filter) in asked
        .filter
        .iter()
        .flatten()
        .filter(|(_, filter)| !filter.is_null())
    {
        let word = search::equal(&Some(filter.clone()), name);
        match (name.as_str(), word) {
            ("state", Ok(Some(word))) if word.eq_ignore_ascii_case("ACTIVE") => is_open = true,
            ("tenantId", Ok(Some(tenant))) if tenant == TENANT => {}
            (_, _) => {
                let rule = "of all process instances only those with the state ACTIVE can be asked for; give processInstanceKey as well";
                return Err(Error::Invalid(format!("filter.{name}: {rule}.")));
            }
        }
    }
    let order = if is_open {
        "creationTime"
    } else {
        "incidentKey"
    };
    let newest_first = match asked.sort.as_slice() {
        [] => false,
        [sort] if sort.field == order => sort.descending(),
        [sort, ..] => {
            let rule =
                format!("here they come by {order} alone; give processInstanceKey in the filter");
            return Err(Error::Invalid(format!(
                "Incidents cannot be sorted by {}: {rule}.",
                sort.field
            )));
        }
    };
    let query = IncidentQuery {
        instance: None,
        resolved: !is_open,
        newest_first,
        limit,
        offset,
    };
    let incidents = state.runtime.incidents(&query).await?;
    let items = items(state, &incidents).await?;
    Ok(match told_by_page(incidents.len(), (limit, offset)) {
        Some(total) => found(items, total),
        None => found_up_to(items, state.runtime.incident_count(&query).await?),
    })
}

async fn items(state: &AppState, incidents: &[Incident]) -> Result<Vec<Value>, Error> {
    let keys: BTreeSet<Key> = incidents.iter().map(|incident| incident.instance).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = InstanceQuery {
        keys: keys.into_iter().collect(),
        limit: runtime::MAX_LIMIT,
        ..InstanceQuery::default()
    };
    let instances = state.runtime.instances(&query).await?;
    let instances: BTreeMap<Key, InstanceView> =
        instances.into_iter().map(|one| (one.key, one)).collect();
    // One whose instance was deleted meanwhile is gone with it.
    let items = incidents
        .iter()
        .filter_map(|incident| Some(item(incident, instances.get(&incident.instance)?)));
    Ok(items.collect())
}

fn item(incident: &Incident, instance: &InstanceView) -> Value {
    let mut types = ERROR_TYPES.iter();
    let kind = types
        .find(|(word, _)| *word == incident.kind)
        .map_or("UNKNOWN", |(_, kind)| kind);
    let open = instance.state.incidents().get(&incident.key);
    json!({
        "processDefinitionId": instance.process_id, "errorType": kind, "errorMessage": incident.message,
        "elementId": incident.element, "creationTime": Time(incident.raised_at),
        "state": if incident.resolved_at.is_some() { "RESOLVED" } else { "ACTIVE" }, "tenantId": TENANT,
        "incidentKey": incident.key.to_string(), "processDefinitionKey": instance.definition.to_string(),
        "processInstanceKey": incident.instance.to_string(), "rootProcessInstanceKey": null,
        "elementInstanceKey": incident.element_instance.to_string(),
        "jobKey": open.and_then(|open| open.job).map(|job| job.to_string()),
    })
}
