//! Incidents: what cannot go on until somebody helps. Search, read, try again.

use crate::access::words::{READ_PROCESS_INSTANCE, UPDATE_PROCESS_INSTANCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity, rights};
use crate::rest::elements::{records, visits};
use crate::rest::filters::{Filters, Kind, wanted_keys};
use crate::rest::instances::{self, by_key};
use crate::rest::search::{self, Search, Time};
use crate::rest::table::{
    DEFINITION_KEY, ELEMENT_ID, ELEMENT_KEY, Held, INSTANCE_KEY, PROCESS_ID, TENANT_ID, Table,
    field, worded,
};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Key, Record};
use runtime::{HistoryRow, Incident, InstanceQuery, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::search::{Condition, Operand, Test};

/// In how many instances incidents are looked for at once.
const INSTANCES_MAX: usize = 100;

/// What the API calls the kinds of incidents, each with the words of the engine.
const ERROR_TYPES: &[(&str, &[&str])] = &[
    ("AD_HOC_SUB_PROCESS_NO_RETRIES", &[]),
    ("CALLED_DECISION_ERROR", &[]),
    ("CALLED_ELEMENT_ERROR", &["calledProcess"]),
    ("CONDITION_ERROR", &["noFlow"]),
    ("DECISION_EVALUATION_ERROR", &["decision"]),
    ("EXECUTION_LISTENER_NO_RETRIES", &["executionListener"]),
    ("EXTRACT_VALUE_ERROR", &["expression"]),
    ("FORM_NOT_FOUND", &[]),
    ("IO_MAPPING_ERROR", &[]),
    ("JOB_NO_RETRIES", &["job"]),
    ("MESSAGE_SIZE_EXCEEDED", &[]),
    ("RESOURCE_NOT_FOUND", &[]),
    ("SECRET_RESOLUTION_ERROR", &[]),
    ("TASK_LISTENER_NO_RETRIES", &["taskListener"]),
    ("UNHANDLED_ERROR_EVENT", &["error"]),
    ("UNKNOWN", &["deadlock", "limit"]),
    ("UNSPECIFIED", &[]),
];

const STATES: &[(&str, &[&str])] = &[
    ("ACTIVE", &["open"]),
    ("MIGRATED", &[]),
    ("PENDING", &[]),
    ("RESOLVED", &["resolved"]),
    ("UNKNOWN", &[]),
];

pub(super) const INCIDENTS: Table = Table {
    things: "Incidents",
    fields: &[
        field("incidentKey", Kind::Key, Held::Born("key")),
        INSTANCE_KEY,
        DEFINITION_KEY,
        PROCESS_ID,
        ELEMENT_ID,
        ELEMENT_KEY,
        worded("errorType", "kind", ERROR_TYPES),
        field("errorMessage", Kind::Text, Held::Column("message")),
        field("creationTime", Kind::Time, Held::Column("raised_at")),
        worded("state", "state", STATES),
        TENANT_ID,
    ],
    order: &[],
    ties: &[],
};

/// `POST /v2/incidents/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    within(&state, &caller, None, asked).await
}

/// `POST /v2/process-instances/{processInstanceKey}/incidents/search`: also those of the instances that it has called.
pub(super) async fn of_instance(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let root = instances::read(&state, &caller, &key).await?.key;
    let instances = with_called(&state, root, |_| true).await?;
    within(&state, &caller, Some(instances), asked).await
}

/// `POST /v2/element-instances/{elementInstanceKey}/incidents/search`: also those of what is inside it, and of the instances called there.
pub(super) async fn of_element(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(mut asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let visit = search::key(&key)?;
    let what = format!("the element instance {key}");
    rights::check(&state, &caller, &[READ_PROCESS_INSTANCE], visit, &what).await?;
    let root = visit.instance();
    let history = state.runtime.history(root).await?;
    let visits = visits(&history);
    let scope = |key: &Key| visits.get(key).map(|visit| visit.scope);
    // A scope is older than what is in it, so this ends.
    let is_inside = |key: Key| std::iter::successors(Some(key), scope).any(|at| at == visit);
    if !visits.contains_key(&visit) {
        return Err(Error::NotFound(what));
    }
    let instances = with_called(&state, root, is_inside).await?;
    let mut wanted = raised(&history);
    wanted.retain(|(_, visit)| is_inside(*visit));
    for called in instances.iter().filter(|called| **called != root) {
        wanted.extend(raised(&state.runtime.history(*called).await?));
    }
    let wanted = wanted.into_iter().map(|(incident, _)| incident);
    narrow(asked.filter.get_or_insert_default(), wanted.collect())?;
    within(&state, &caller, Some(instances), asked).await
}

/// The incidents that an instance has had, each with the visit that it held up.
fn raised(history: &[HistoryRow]) -> Vec<(Key, Key)> {
    let raised = records(history).filter_map(|(_, record)| {
        if let Record::IncidentRaised { incident } = record {
            return Some((incident.key, incident.element_instance));
        }
        None
    });
    raised.collect()
}

/// An instance, and those that it has called, from visits that count, and those that these have called.
async fn with_called(
    state: &AppState,
    root: Key,
    counts: impl Fn(Key) -> bool,
) -> Result<BTreeSet<Key>, Error> {
    let mut instances = BTreeSet::from([root]);
    let mut callers = vec![root];
    while let Some(at) = callers.pop() {
        let called = InstanceQuery {
            parent: Some(at),
            limit: runtime::MAX_LIMIT,
            ..InstanceQuery::default()
        };
        let mut called = state.runtime.instances(&called).await?;
        called.retain(|one| at != root || one.parent.is_some_and(|by| counts(by.element)));
        callers.extend(called.iter().map(|instance| instance.key));
        instances.extend(called.iter().map(|instance| instance.key));
        if instances.len() > INSTANCES_MAX {
            let rule = "Incidents are looked for in so many process instances at once";
            return Err(Error::Invalid(format!("{rule}: {INSTANCES_MAX}.")));
        }
    }
    Ok(instances)
}

/// `GET /v2/incidents/{incidentKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let missing = || Error::NotFound(format!("the incident {key}"));
    let incident = state.runtime.incident(search::key(&key)?).await?;
    let incident = incident.ok_or_else(missing)?;
    let what = format!("the incident {key}");
    rights::check(
        &state,
        &caller,
        &[READ_PROCESS_INSTANCE],
        incident.key,
        &what,
    )
    .await?;
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
    let incident = search::key(&key)?;
    let what = format!("the incident {key}");
    rights::check(&state, &caller, &[UPDATE_PROCESS_INSTANCE], incident, &what).await?;
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

/// What fits, in these instances or in all.
async fn within(
    state: &AppState,
    caller: &Identity,
    instances: Option<BTreeSet<Key>>,
    mut asked: Search<Filters>,
) -> Result<Response, Error> {
    let sight = rights::sight_of_instances(state, caller).await?;
    of_jobs(state, asked.filter.as_mut()).await?;
    let instances = instances.map(|keys| Condition {
        column: "instance",
        test: Test::In(
            keys.into_iter()
                .map(|key| Operand::Number(key.into()))
                .collect(),
        ),
    });
    let page = INCIDENTS
        .page_where::<Incident>(state, sight, &asked, instances)
        .await?;
    let items = items(state, &page.rows).await?;
    Ok(page.answer(items))
}

/// A filter by jobs becomes one by their open incidents.
async fn of_jobs(state: &AppState, filter: Option<&mut Filters>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| filter.contains_key("jobKey")) else {
        return Ok(());
    };
    let jobs = wanted_keys(Some(filter), "jobKey")?.ok_or_else(|| {
        Error::Invalid("filter.jobKey is a key, or an object with $eq or $in.".into())
    })?;
    filter.remove("jobKey");
    let mut wanted = BTreeSet::new();
    for instance in jobs
        .iter()
        .map(|job| job.instance())
        .collect::<BTreeSet<_>>()
    {
        let Some(instance) = state.runtime.instance(instance).await? else {
            continue;
        };
        let open = instance.state.incidents().iter();
        let of_jobs = open.filter(|(_, open)| open.job.is_some_and(|job| jobs.contains(&job)));
        wanted.extend(of_jobs.map(|(key, _)| *key));
    }
    narrow(filter, wanted)
}

/// A filter that finds, of what it found, only these incidents.
fn narrow(filter: &mut Filters, mut wanted: BTreeSet<Key>) -> Result<(), Error> {
    if let Some(keys) = wanted_keys(Some(filter), "incidentKey")? {
        wanted.retain(|key| keys.contains(key));
    }
    let wanted: Vec<String> = wanted.iter().map(Key::to_string).collect();
    filter.insert("incidentKey".into(), json!({ "$in": wanted }));
    Ok(())
}

async fn items(state: &AppState, incidents: &[Incident]) -> Result<Vec<Value>, Error> {
    let instances = by_key(state, incidents.iter().map(|incident| incident.instance)).await?;
    // One whose instance was deleted meanwhile is gone with it.
    let items = incidents
        .iter()
        .filter_map(|incident| Some(item(incident, instances.get(&incident.instance)?)));
    Ok(items.collect())
}

fn item(incident: &Incident, instance: &InstanceView) -> Value {
    let mut types = ERROR_TYPES.iter();
    let kind = types
        .find(|(_, words)| words.contains(&incident.kind.as_str()))
        .map_or("UNKNOWN", |(kind, _)| kind);
    let open = instance.state.incidents().get(&incident.key);
    json!({
        "processDefinitionId": instance.process_id, "errorType": kind, "errorMessage": incident.message,
        "elementId": incident.element, "creationTime": Time(incident.raised_at),
        "state": if incident.resolved_at.is_some() { "RESOLVED" } else { "ACTIVE" }, "tenantId": TENANT,
        "incidentKey": incident.key.to_string(), "processDefinitionKey": instance.definition.to_string(),
        "processInstanceKey": incident.instance.to_string(), "rootProcessInstanceKey": instance.root.to_string(),
        "elementInstanceKey": incident.element_instance.to_string(),
        "jobKey": open.and_then(|open| open.job).map(|job| job.to_string()),
    })
}
