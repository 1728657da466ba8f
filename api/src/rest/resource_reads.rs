//! Deployed resources: each version of a process, a form or a calendar, and each file of decisions, with the text as it was uploaded.

use crate::access::words::{READ, RESOURCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::{self, Search};
use crate::rest::{Body, TENANT, decisions};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bpmn::Key;
use runtime::{DefinitionKind, DefinitionQuery};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const RESOURCES: Listing = Listing {
    things: "Resources",
    fields: &[
        ("resourceKey", Kind::Key),
        ("resourceName", Kind::Text),
        ("resourceId", Kind::Text),
        ("version", Kind::Number),
        ("versionTag", Kind::Text),
        ("tenantId", Kind::Text),
    ],
    key: "resourceKey",
};

/// `POST /v2/resources/search`: what is not deleted.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let found = resources(&state, &caller).await?.into_values();
    let items = found.map(|(item, _)| item).collect();
    Ok(RESOURCES.select(items, &asked)?.answer(|item| item))
}

/// `GET /v2/resources/{resourceKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    Ok(Json(resource(&state, &caller, &key).await?.0))
}

/// `GET /v2/resources/{resourceKey}/content/binary`: the file as it was uploaded.
pub(super) async fn content(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let (_, file) = resource(&state, &caller, &key).await?;
    let file = state.runtime.resource(file).await?;
    let mut response = file.ok_or_else(|| missing(&key))?.text.into_response();
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// What is told of a resource, and its file.
type Resource = (Value, Key);

async fn resource(state: &AppState, caller: &Identity, key: &str) -> Result<Resource, Error> {
    let found = resources(state, caller).await?.remove(&search::key(key)?);
    found.ok_or_else(|| missing(key))
}

/// Those that the caller may read, by key.
async fn resources(state: &AppState, caller: &Identity) -> Result<BTreeMap<Key, Resource>, Error> {
    let mut definitions = state
        .runtime
        .definitions(&DefinitionQuery::default())
        .await?;
    definitions.retain(|one| one.withdrawn_at.is_none());
    let files: Vec<Key> = definitions.iter().map(|one| one.resource).collect();
    let names = state.runtime.resource_names(&files).await?;
    let is_decision = |kind| kind == DefinitionKind::Decision;
    let of_decisions = definitions.iter().filter(|one| is_decision(one.kind));
    let of_decisions: BTreeSet<Key> = of_decisions.map(|one| one.key).collect();
    let of_decisions = decisions::told(state, &of_decisions).await?;
    let mut found: BTreeMap<Key, Resource> = BTreeMap::new();
    for one in &definitions {
        let (key, id) = match of_decisions.get(&one.key) {
            Some(told) => (one.resource, told["decisionRequirementsId"].clone()),
            None => (one.key, json!(one.id)),
        };
        if !caller
            .rights()
            .may(RESOURCE, READ, id.as_str().unwrap_or_default())
        {
            continue;
        }
        let resource = found.entry(key).or_insert_with(|| {
            let item = json!({
                "resourceName": names.get(&one.resource).map_or("", String::as_str), "version": one.version,
                "versionTag": one.version_tag, "resourceId": id, "tenantId": TENANT, "resourceKey": key.to_string(),
            });
            (item, one.resource)
        });
        // A decision that was added to the file later has had fewer versions.
        if resource.0["version"].as_u64() < Some(one.version.into()) {
            resource.0["version"] = one.version.into();
        }
    }
    Ok(found)
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the resource {key}"))
}
