//! How far an instance is: by which calls it came, along which sequence flows it went, how often it was at each element.

use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::elements::{Whose, visits};
use crate::rest::instances::readable;
use crate::rest::{TENANT, search};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use bpmn::Record;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
    Ok(Json(json!({ "items": items.collect::<Vec<Value>>() })))
}

/// How often an instance was at an element.
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
    let history = state.runtime.history(search::key(&key)?).await?;
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let visits = visits(&history);
    for visit in visits.values() {
        let count = counts.entry(visit.element).or_default();
        match visit.ended {
            None if visit.incident.is_some() => count.incidents += 1,
            None => count.active += 1,
            Some((_, "COMPLETED")) => count.completed += 1,
            Some(_) => count.canceled += 1,
        }
    }
    let items = counts.into_iter().map(|(element, count)| {
        json!({
            "elementId": element, "active": count.active, "canceled": count.canceled,
            "incidents": count.incidents, "completed": count.completed,
        })
    });
    Ok(Json(json!({ "items": items.collect::<Vec<Value>>() })))
}
