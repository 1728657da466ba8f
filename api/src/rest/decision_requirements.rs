//! Decision requirements: the DMN files, each with the decisions in it.

use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::decisions::{item, readable};
use crate::rest::definitions::as_xml;
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::{self, Search};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::Key;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const REQUIREMENTS: Listing = Listing {
    things: "Decision requirements",
    fields: &[
        ("decisionRequirementsKey", Kind::Key),
        ("decisionRequirementsId", Kind::Text),
        ("decisionRequirementsName", Kind::Text),
        ("resourceName", Kind::Text),
        ("version", Kind::Number),
        ("tenantId", Kind::Text),
    ],
    key: "decisionRequirementsKey",
};

/// `POST /v2/decision-requirements/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let items = files(&state, &caller).await?.into_values().collect();
    Ok(REQUIREMENTS.select(items, &asked)?.answer(|item| item))
}

/// `GET /v2/decision-requirements/{decisionRequirementsKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let found = files(&state, &caller).await?.remove(&search::key(&key)?);
    found.map(Json).ok_or_else(|| missing(&key))
}

/// `GET /v2/decision-requirements/{decisionRequirementsKey}/xml`: the file as it was uploaded.
pub(super) async fn xml(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let file = search::key(&key)?;
    if !files(&state, &caller).await?.contains_key(&file) {
        return Err(missing(&key));
    }
    let resource = state.runtime.resource(file).await?;
    Ok(as_xml(resource.ok_or_else(|| missing(&key))?.text))
}

/// The files of which the caller may read a decision, by key.
async fn files(state: &AppState, caller: &Identity) -> Result<BTreeMap<Key, Value>, Error> {
    let (definitions, catalog) = readable(state, caller).await?;
    let keys: Vec<Key> = definitions.iter().map(|one| one.resource).collect();
    let names = state.runtime.resource_names(&keys).await?;
    let mut files: BTreeMap<Key, Value> = BTreeMap::new();
    for definition in &definitions {
        let decision = item(definition, &catalog);
        let version = definition.version;
        let file = files.entry(definition.resource).or_insert_with(|| {
            json!({
                "decisionRequirementsId": decision["decisionRequirementsId"],
                "decisionRequirementsKey": decision["decisionRequirementsKey"],
                "decisionRequirementsName": decision["decisionRequirementsName"],
                "resourceName": names.get(&definition.resource), "version": version, "tenantId": TENANT,
            })
        });
        // A decision that was added to the file later has had fewer versions.
        if file["version"].as_u64() < Some(version.into()) {
            file["version"] = version.into();
        }
    }
    Ok(files)
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the decision requirements {key}"))
}
