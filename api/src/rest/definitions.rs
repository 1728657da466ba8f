//! Process definitions: what is deployed, and the models themselves.

use crate::access::words::{PROCESS_DEFINITION, READ_PROCESS_DEFINITION};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::{Listing, without};
use crate::rest::search::{self, Search};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bpmn::{Catalog, Key};
use runtime::{Definition, DefinitionKind, DefinitionQuery};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const DEFINITIONS: Listing = Listing {
    things: "Process definitions",
    fields: &[
        ("processDefinitionKey", Kind::Key),
        ("processDefinitionId", Kind::Text),
        ("name", Kind::Text),
        ("resourceName", Kind::Text),
        ("version", Kind::Number),
        ("versionTag", Kind::Text),
        ("hasStartForm", Kind::Flag),
        ("isLatestVersion", Kind::Flag),
        ("state", Kind::Word(&["ACTIVE", "DRAINING", "DELETED"])),
        ("tenantId", Kind::Text),
    ],
    key: "processDefinitionKey",
};

/// `POST /v2/process-definitions/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let mut definitions = definitions(&state, None).await?;
    let drained = Drained::of(&state, &definitions).await?;
    let says_state = |filter: &Filters| filter.contains_key("state");
    if !asked.filter.as_ref().is_some_and(says_state) {
        definitions.retain(|one| drained.state(one) != "DELETED");
    }
    let rights = caller.rights();
    definitions.retain(|one| rights.may(PROCESS_DEFINITION, READ_PROCESS_DEFINITION, &one.id));
    let keys: Vec<Key> = definitions.iter().map(|one| one.key).collect();
    let catalog = catalog_with(&state, &keys).await?;
    let names = names(&state, &definitions).await?;
    let mut items = Vec::new();
    for definition in &definitions {
        let mut item = item(definition, &catalog, &names, &drained);
        let latest = catalog.latest(&definition.id).map(|latest| latest.key);
        item["isLatestVersion"] = json!(latest == Some(definition.key));
        items.push(item);
    }
    let page = DEFINITIONS.select(items, &asked)?;
    Ok(page.answer(without_latest))
}

/// An item as it is told: whether it is the latest version can be asked for, and is not told.
pub(super) fn without_latest(item: Value) -> Value {
    without(item, &["isLatestVersion"])
}

/// `GET /v2/process-definitions/{processDefinitionKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let definition = definition(&state, &caller, &key).await?;
    let one = std::slice::from_ref(&definition);
    let catalog = catalog_with(&state, &[definition.key]).await?;
    let names = names(&state, one).await?;
    let drained = Drained::of(&state, one).await?;
    Ok(Json(item(&definition, &catalog, &names, &drained)))
}

/// `GET /v2/process-definitions/{processDefinitionKey}/xml`: the file as it was uploaded.
pub(super) async fn xml(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let definition = definition(&state, &caller, &key).await?;
    let resource = state.runtime.resource(definition.resource).await?;
    Ok(as_xml(resource.ok_or_else(|| missing(&key))?.text))
}

/// A model, exactly as it was uploaded.
pub(super) fn as_xml(text: String) -> Response {
    let mut response = text.into_response();
    let kind = HeaderValue::from_static("text/xml; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The process definition with this key, if the caller may read it.
pub(super) async fn definition(
    state: &AppState,
    caller: &Identity,
    key: &str,
) -> Result<Definition, Error> {
    let found = definitions(state, Some(search::key(key)?)).await?.pop();
    let found = found.ok_or_else(|| missing(key))?;
    let rights = caller.rights();
    rights.need(PROCESS_DEFINITION, READ_PROCESS_DEFINITION, &found.id)?;
    Ok(found)
}

/// One of them, or all, by id, the newest version first.
pub(super) async fn definitions(
    state: &AppState,
    key: Option<Key>,
) -> Result<Vec<Definition>, Error> {
    let query = DefinitionQuery {
        key,
        kind: Some(DefinitionKind::Process),
        id: None,
    };
    Ok(state.runtime.definitions(&query).await?)
}

/// A catalog that has these processes.
pub(super) async fn catalog_with(
    state: &AppState,
    processes: &[Key],
) -> Result<Arc<Catalog>, Error> {
    let has_all = |catalog: &Catalog| processes.iter().all(|key| catalog.process(*key).is_some());
    catalog_where(state, has_all).await
}

/// The catalog if it has what is wanted, else the newest: another server may have deployed it a moment ago.
pub(super) async fn catalog_where(
    state: &AppState,
    has_it: impl Fn(&Catalog) -> bool,
) -> Result<Arc<Catalog>, Error> {
    let catalog = state.runtime.catalog();
    if has_it(&catalog) {
        return Ok(catalog);
    }
    Ok(state.runtime.newest_catalog().await?)
}

/// The names of their files.
async fn names(
    state: &AppState,
    definitions: &[Definition],
) -> Result<BTreeMap<Key, String>, Error> {
    let files: Vec<Key> = definitions.iter().map(|one| one.resource).collect();
    Ok(state.runtime.resource_names(&files).await?)
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the process definition {key}"))
}

/// Which versions run no more.
struct Drained {
    /// Ids of processes and versions that an instance runs by.
    running: BTreeSet<(String, u32)>,
}

impl Drained {
    /// What runs is counted only where something is withdrawn.
    async fn of(state: &AppState, definitions: &[Definition]) -> Result<Drained, Error> {
        let withdrawn = definitions.iter().filter(|one| one.withdrawn_at.is_some());
        let processes: BTreeSet<&str> = withdrawn.map(|one| one.id.as_str()).collect();
        let mut running = BTreeSet::new();
        if !processes.is_empty() {
            let processes: Vec<String> = processes.into_iter().map(str::to_owned).collect();
            let counts = state.runtime.running_counts(Some(&processes)).await?;
            let versions = counts.into_iter();
            running.extend(versions.map(|count| (count.process_id, count.version)));
        }
        Ok(Drained { running })
    }

    /// What is deleted is draining as long as something runs by it.
    fn state(&self, definition: &Definition) -> &'static str {
        let version = (definition.id.clone(), definition.version);
        match definition.withdrawn_at {
            None => "ACTIVE",
            Some(_) if self.running.contains(&version) => "DRAINING",
            Some(_) => "DELETED",
        }
    }
}

fn item(
    definition: &Definition,
    catalog: &Catalog,
    names: &BTreeMap<Key, String>,
    drained: &Drained,
) -> Value {
    let process = catalog.process(definition.key);
    let has_form = process.is_some_and(|process| process.definition.start_form().is_some());
    json!({
        "name": definition.name, "resourceName": names.get(&definition.resource).map_or("", String::as_str),
        "version": definition.version, "versionTag": definition.version_tag,
        "processDefinitionId": definition.id, "tenantId": TENANT,
        "processDefinitionKey": definition.key.to_string(), "hasStartForm": has_form,
        "state": drained.state(definition),
    })
}
