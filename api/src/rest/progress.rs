//! How far an instance is: by which calls it came, along which sequence flows it went, how often it was at each element.

use crate::error::Error;
use crate::rest::auth::{Caller, rights};
use crate::rest::elements::{Whose, visits};
use crate::rest::filters::Filters;
use crate::rest::instances::readable;
use crate::rest::roots;
use crate::rest::search::Search;
use crate::rest::{Body, TENANT, definitions, instances, search};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use bpmn::Record;
use runtime::HistoryRow;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many instances are counted at once.
const COUNTED_MAX: u32 = 1_000;

/// `GET /v2/process-instances/{processInstanceKey}/call-hierarchy`: from the instance that nobody called to this one.
pub(super) async fn calls(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    readable(&state, &caller, &key).await?;
    let missing = || Error::NotFound(format!("the process instance {key}"));
    let mut next = Some(search::key(&key)?);
    let mut calls = Vec::new();
    // Calls are only so deep, and each instance has one caller that is older.
    while let Some(at) = next {
        let instance = match state.runtime.instance(at).await? {
            Some(instance) => instance,
            None if calls.is_empty() => return Err(missing()),
            None => break,
        };
        let catalog = state.runtime.catalog();
        let process = catalog.process(instance.definition);
        let name = process.map_or(&*instance.process_id, |process| process.definition.name());
        calls.push(json!({
            "processInstanceKey": instance.key.to_string(),
            "processDefinitionKey": instance.definition.to_string(), "processDefinitionName": name,
        }));
        next = instance.parent.map(|parent| parent.instance);
    }
    calls.reverse();
    Ok(Json(calls.into()))
}

/// `GET /v2/process-instances/{processInstanceKey}/sequence-flows`: those that were taken, each once.
pub(super) async fn flows(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    readable(&state, &caller, &key).await?;
    let history = state.runtime.history(search::key(&key)?).await?;
    let mut taken = BTreeSet::new();
    for record in history.iter().flat_map(|row| &row.records) {
        if let Record::FlowTaken { flow, .. } = record {
            taken.insert(&**flow);
        }
    }
    let whose = Whose::of(&history);
    let items = whose.into_iter().flat_map(|whose| {
        let item = move |flow: &&str| {
            json!({
                "sequenceFlowId": format!("{}_{flow}", whose.instance),
                "processInstanceKey": whose.instance.to_string(), "rootProcessInstanceKey": null,
                "processDefinitionKey": whose.definition.to_string(),
                "processDefinitionId": whose.process_id, "elementId": flow, "tenantId": TENANT,
            })
        };
        taken.iter().map(item)
    });
    let mut items: Vec<Value> = items.collect();
    roots::tell(&state, &mut items).await?;
    Ok(Json(json!({ "items": items })))
}

/// How often instances were at an element.
#[derive(Default)]
struct Count {
    active: u64,
    canceled: u64,
    incidents: u64,
    completed: u64,
}

/// `GET /v2/process-instances/{processInstanceKey}/statistics/element-instances`
pub(super) async fn statistics(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    readable(&state, &caller, &key).await?;
    let mut counts = BTreeMap::new();
    let history = state.runtime.history(search::key(&key)?).await?;
    add(&mut counts, &history);
    Ok(told(counts))
}

/// `POST /v2/process-definitions/{processDefinitionKey}/statistics/element-instances`: of the instances that the filter leaves, as a
/// search for instances would find them.
pub(super) async fn of_definition(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(mut asked): Body<Search<Filters>>,
) -> Result<Json<Value>, Error> {
    let definition = definitions::definition(&state, &caller, &key).await?;
    let filter = asked.filter.get_or_insert_default();
    filter.insert("processDefinitionId".into(), json!(definition.id));
    filter.insert("processDefinitionKey".into(), json!(key));
    asked.limit_to(COUNTED_MAX + 1);
    let sight = rights::sight_of_instances(&state, &caller).await?;
    let page = instances::page(&state, sight, asked).await?;
    if page.rows.len() > COUNTED_MAX as usize {
        return Err(Error::Invalid(format!(
            "More than {COUNTED_MAX} process instances would have to be counted; narrow the filter, for example by state or startDate."
        )));
    }
    let mut counts = BTreeMap::new();
    for instance in &page.rows {
        add(&mut counts, &state.runtime.history(instance.key).await?);
    }
    Ok(told(counts))
}

/// Adds what the history of an instance tells.
fn add(counts: &mut BTreeMap<String, Count>, history: &[HistoryRow]) {
    for visit in visits(history).values() {
        let count = counts.entry(visit.element.to_owned()).or_default();
        match visit.ended {
            None if visit.incident.is_some() => count.incidents += 1,
            None => count.active += 1,
            Some((_, "COMPLETED")) => count.completed += 1,
            Some(_) => count.canceled += 1,
        }
    }
}

fn told(counts: BTreeMap<String, Count>) -> Json<Value> {
    let items = counts.into_iter().map(|(element, count)| {
        json!({
            "elementId": element, "active": count.active, "canceled": count.canceled,
            "incidents": count.incidents, "completed": count.completed,
        })
    });
    Json(json!({ "items": items.collect::<Vec<Value>>() }))
}
