//! `POST /v2/resources/{resourceKey}/deletion`: versions with which nothing begins any more.
//!
//! What runs by a deleted version goes on until it ends, and what has ended is still shown by it, so the file stays. The version before is
//! the latest again. The decisions of a DMN file go together: their key is that of the decision requirements.

use crate::access::words::{DELETE_DRD, DELETE_FORM, DELETE_PROCESS, RESOURCE};
use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::{Body, batch_creation, search};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use bpmn::Key;
use runtime::{Act, Definition, DefinitionKind, DefinitionQuery, Request};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Deletion {
    /// Whether the ended instances of the process are deleted too, for good.
    delete_history: bool,
    /// Why.
    reason: Option<String>,
}

pub(super) async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Deletion>,
) -> Result<Json<Value>, Error> {
    let versions = meant(&state, search::key(&key)?).await?;
    let first = versions
        .first()
        .ok_or_else(|| Error::NotFound(format!("the resource {key}")))?;
    let permission = match first.kind {
        DefinitionKind::Process => DELETE_PROCESS,
        DefinitionKind::Decision => DELETE_DRD,
        DefinitionKind::Form => DELETE_FORM,
        DefinitionKind::Calendar => {
            return Err(Error::Invalid(
                "A calendar cannot be deleted: the deadlines of open cases are counted by it. Deploy a new version of it.".into(),
            ));
        }
    };
    for version in &versions {
        caller.rights().need(RESOURCE, permission, &version.id)?;
    }
    let deletes_history = asked.delete_history && first.kind == DefinitionKind::Process;
    if deletes_history {
        batch_creation::may_delete_history(&caller)?;
    }
    let definitions = versions.iter().map(|version| version.key).collect();
    let mut request = Request::by(&caller).act(Act::Withdraw { definitions });
    request.reason.clone_from(&asked.reason);
    for version in &versions {
        request = request.act(Act::audit(
            "withdraw",
            format!("{}/{}", version.kind.as_str(), version.id),
            Some(format!("version {}", version.version)),
        ));
    }
    state.runtime.submit(request).await?;
    let batch = match deletes_history {
        true => batch_creation::delete_of(&state, &caller, first.key, asked.reason).await?,
        false => Value::Null,
    };
    Ok(Json(json!({ "resourceKey": key, "batchOperation": batch })))
}

/// The versions that a key means and that are not deleted yet: one, or all decisions of a file.
async fn meant(state: &AppState, key: Key) -> Result<Vec<Definition>, Error> {
    let by_key = DefinitionQuery {
        key: Some(key),
        ..DefinitionQuery::default()
    };
    let mut file = key;
    let mut found = state.runtime.definitions(&by_key).await?;
    if let Some(decision) = found.first()
        && decision.kind == DefinitionKind::Decision
    {
        file = decision.resource;
        found.clear();
    }
    if found.is_empty() {
        let decisions = DefinitionQuery {
            kind: Some(DefinitionKind::Decision),
            ..DefinitionQuery::default()
        };
        found = state.runtime.definitions(&decisions).await?;
        found.retain(|decision| decision.resource == file);
    }
    found.retain(|version| version.withdrawn_at.is_none());
    Ok(found)
}
