//! How many instances run, and how many of them cannot go on, by process and by version.

use crate::access::words::{PROCESS_DEFINITION, READ_PROCESS_INSTANCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::definitions::definitions;
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::Search;
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use runtime::Definition;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const PROCESSES: Listing = Listing {
    things: "Processes",
    fields: &[
        ("processDefinitionId", Kind::Text),
        ("activeInstancesWithIncidentCount", Kind::Number),
        ("activeInstancesWithoutIncidentCount", Kind::Number),
    ],
    key: "processDefinitionId",
};

pub(super) const VERSIONS: Listing = Listing {
    things: "Versions of processes",
    fields: &[
        ("processDefinitionId", Kind::Text),
        ("processDefinitionKey", Kind::Key),
        ("processDefinitionName", Kind::Text),
        ("processDefinitionVersion", Kind::Number),
        ("activeInstancesWithIncidentCount", Kind::Number),
        ("activeInstancesWithoutIncidentCount", Kind::Number),
        ("tenantId", Kind::Text),
    ],
    key: "processDefinitionKey",
};

/// `POST /v2/process-definitions/statistics/process-instances`: of each process of which something runs, all versions together.
pub(super) async fn by_process(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let definitions = definitions(&state, None).await?;
    let counts = counts(&state, &caller, None).await?;
    let mut items = Vec::new();
    for of_one in counts.chunk_by(|one, next| one.process_id == next.process_id) {
        let id = &of_one[0].process_id;
        // The newest version comes first.
        let versions = || definitions.iter().filter(|version| version.id == *id);
        let with: u64 = of_one.iter().map(|count| count.with_incident).sum();
        let all: u64 = of_one.iter().map(|count| count.running).sum();
        items.push(json!({
            "processDefinitionId": id, "tenantId": TENANT,
            "latestProcessDefinitionName": versions().next().and_then(|latest| latest.name.clone()),
            "hasMultipleVersions": versions().nth(1).is_some(),
            "activeInstancesWithIncidentCount": with, "activeInstancesWithoutIncidentCount": all - with,
        }));
    }
    Ok(PROCESSES.select(items, &asked)?.answer(|item| item))
}

/// `POST /v2/process-definitions/statistics/process-instances-by-version`: of the process that the filter names.
pub(super) async fn by_version(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let id = asked.filter.as_ref();
    let id = id.and_then(|filter| filter.get("processDefinitionId")?.as_str());
    let id = id.ok_or_else(|| Error::Invalid("filter.processDefinitionId is missing.".into()))?;
    let definitions = definitions(&state, None).await?;
    let counts = counts(&state, &caller, Some(id)).await?;
    let items = counts.iter().filter_map(|count| {
        let is_it = |one: &&Definition| one.id == id && one.version == count.version;
        let definition = definitions.iter().find(is_it)?;
        Some(version(definition, count))
    });
    let items = items.collect();
    Ok(VERSIONS.select(items, &asked)?.answer(|item| item))
}

/// What runs of a version, and how much of that cannot go on somewhere.
struct Count {
    process_id: String,
    version: u32,
    running: u64,
    with_incident: u64,
}

fn version(definition: &Definition, count: &Count) -> Value {
    json!({
        "processDefinitionId": definition.id, "processDefinitionKey": definition.key.to_string(),
        "processDefinitionName": definition.name, "tenantId": TENANT,
        "processDefinitionVersion": definition.version,
        "activeInstancesWithIncidentCount": count.with_incident,
        "activeInstancesWithoutIncidentCount": count.running - count.with_incident,
    })
}

/// What runs of the processes whose instances the caller may read, all of them.
async fn counts(
    state: &AppState,
    caller: &Identity,
    process: Option<&str>,
) -> Result<Vec<Count>, Error> {
    let process = process.map(|id| vec![id.to_owned()]);
    let mut running = state.runtime.running_counts(process.as_deref()).await?;
    let rights = caller.rights();
    running.retain(|one| rights.may(PROCESS_DEFINITION, READ_PROCESS_INSTANCE, &one.process_id));
    let held = state.runtime.held_counts().await?.into_iter();
    let held: BTreeMap<(String, u32), u64> = held
        .map(|one| ((one.process_id, one.version), one.number))
        .collect();
    let counts = running.into_iter().map(|one| {
        let version = (one.process_id, one.version);
        // Between the two questions something may have ended.
        let held = held.get(&version).copied().unwrap_or_default();
        Count {
            process_id: version.0,
            version: version.1,
            running: one.number,
            with_incident: held.min(one.number),
        }
    });
    Ok(counts.collect())
}
