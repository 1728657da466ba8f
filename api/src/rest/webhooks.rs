//! Webhooks: who is told what happens. Ours, in the conventions of the rest.

use crate::error::Error;
use crate::random;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity};
use crate::rest::search::Time;
use crate::roles::ADMINISTRATION;
use crate::state::AppState;
use crate::webhooks::{checked, new_secret, rotated};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::SignedDuration;
use runtime::{EventType, Include, Request, Webhook};
use serde::Deserialize;
use serde_json::{Value, json};

/// For how long the secret before still signs, where nobody says.
const OVERLAP_HOURS: u32 = 24;
/// For how long it may.
const OVERLAP_HOURS_MAX: u32 = 30 * 24;
/// The longest name, and the longest source, in letters.
const LONGEST_NAME: usize = 200;
/// The most processes that one webhook names.
const PROCESSES_MAX: usize = 100;

/// What a webhook is, or what of it changes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Asked {
    name: Option<String>,
    url: Option<String>,
    types: Option<Vec<EventType>>,
    process_definition_ids: Option<Vec<String>>,
    include: Option<Vec<Include>>,
    source: Option<String>,
    paused: Option<bool>,
}

/// `POST /v2/webhooks`. The answer has the secret, which is told only here and at its rotation.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<(StatusCode, Json<Value>), Error> {
    caller.need_any(ADMINISTRATION)?;
    let mut webhook = Webhook {
        id: random::digits::<12>(),
        secrets: vec![new_secret()],
        created_by: String::from(&caller),
        created_at: Some(state.runtime.now()),
        ..Webhook::default()
    };
    if asked.url.is_none() {
        return Err(Error::Invalid("url is missing.".into()));
    }
    merge(&state, &mut webhook, asked)?;
    put(&state, &caller, &webhook, "create").await?;
    let secret = webhook.secrets[0].text.clone();
    let mut told = shown(&state, &webhook).await?;
    told["secret"] = secret.into();
    Ok((StatusCode::CREATED, Json(told)))
}

/// `GET /v2/webhooks`
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Error> {
    caller.need_any(ADMINISTRATION)?;
    let mut items = Vec::new();
    for webhook in state.runtime.webhooks().await? {
        items.push(shown(&state, &webhook).await?);
    }
    Ok(Json(json!({ "items": items })))
}

/// `GET /v2/webhooks/{id}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let webhook = found(&state, &caller, &id).await?;
    Ok(Json(shown(&state, &webhook).await?))
}

/// `PATCH /v2/webhooks/{id}`: what is left out stays. Events that wait already are not written anew.
pub(super) async fn change(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let mut webhook = found(&state, &caller, &id).await?;
    merge(&state, &mut webhook, asked)?;
    put(&state, &caller, &webhook, "update").await?;
    Ok(Json(shown(&state, &webhook).await?))
}

/// `DELETE /v2/webhooks/{id}`, and what it was to be told.
pub(super) async fn remove(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    found(&state, &caller, &id).await?;
    let request = Request::by(&caller);
    state.runtime.delete_webhook(request, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v2/webhooks/{id}/pause`: events wait until it goes on.
pub(super) async fn pause(
    state: State<AppState>,
    caller: Caller,
    id: Path<String>,
) -> Result<StatusCode, Error> {
    set_paused(state, caller, id, true, "pause").await
}

/// `POST /v2/webhooks/{id}/resumption`
pub(super) async fn resume(
    state: State<AppState>,
    caller: Caller,
    id: Path<String>,
) -> Result<StatusCode, Error> {
    set_paused(state, caller, id, false, "resume").await
}

async fn set_paused(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    paused: bool,
    action: &str,
) -> Result<StatusCode, Error> {
    let mut webhook = found(&state, &caller, &id).await?;
    webhook.paused = paused;
    put(&state, &caller, &webhook, action).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Rotation {
    overlap_hours: Option<u32>,
}

/// `POST /v2/webhooks/{id}/secret-rotation` with `{"overlapHours": 24}`: a new secret, and for so long events have the
/// signatures of both.
pub(super) async fn rotate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Rotation>,
) -> Result<Json<Value>, Error> {
    let mut webhook = found(&state, &caller, &id).await?;
    let hours = asked.overlap_hours.unwrap_or(OVERLAP_HOURS);
    if hours > OVERLAP_HOURS_MAX {
        let rule = format!("overlapHours is at most {OVERLAP_HOURS_MAX}.");
        return Err(Error::Invalid(rule));
    }
    let overlap = SignedDuration::from_hours(hours.into());
    webhook.secrets = rotated(&webhook.secrets, state.runtime.now(), overlap);
    put(&state, &caller, &webhook, "rotateSecret").await?;
    let mut told = shown(&state, &webhook).await?;
    told["secret"] = webhook.secrets[0].text.clone().into();
    Ok(Json(told))
}

/// A webhook, for those who may see them.
pub(super) async fn found(state: &AppState, caller: &Identity, id: &str) -> Result<Webhook, Error> {
    caller.need_any(ADMINISTRATION)?;
    let found = state.runtime.webhook(id).await?;
    found.ok_or_else(|| Error::NotFound(format!("the webhook {id}")))
}

/// Writes what was asked into a webhook.
fn merge(state: &AppState, webhook: &mut Webhook, asked: Asked) -> Result<(), Error> {
    let short = |field: &str, text: String| {
        if text.chars().count() > LONGEST_NAME {
            let rule = format!("{field} has at most {LONGEST_NAME} letters.");
            return Err(Error::Invalid(rule));
        }
        Ok(text)
    };
    if let Some(name) = asked.name {
        webhook.name = short("name", name)?;
    }
    if let Some(source) = asked.source {
        let source = short("source", source)?;
        webhook.source = Some(source).filter(|source| !source.is_empty());
    }
    if let Some(url) = asked.url {
        let rules = &state.settings.webhooks;
        webhook.url = checked(&url, rules).map_err(Error::Invalid)?.into();
    }
    if let Some(types) = asked.types {
        webhook.types = types;
    }
    if let Some(ids) = asked.process_definition_ids {
        if ids.len() > PROCESSES_MAX {
            let rule = format!("processDefinitionIds names at most {PROCESSES_MAX} processes.");
            return Err(Error::Invalid(rule));
        }
        webhook.process_ids = ids;
    }
    if let Some(include) = asked.include {
        webhook.include = include;
    }
    webhook.paused = asked.paused.unwrap_or(webhook.paused);
    Ok(())
}

async fn put(
    state: &AppState,
    caller: &Identity,
    webhook: &Webhook,
    action: &str,
) -> Result<(), Error> {
    let request = Request::by(caller);
    let put = state.runtime.put_webhook(request, webhook, action);
    Ok(put.await?)
}

/// A webhook without its secrets.
async fn shown(state: &AppState, webhook: &Webhook) -> Result<Value, Error> {
    let runtime = &state.runtime;
    let most = u64::from(store::COUNT_MAX);
    let waiting = runtime.waiting_deliveries(&webhook.id).await?;
    let dead = runtime.dead_letter_count(&webhook.id).await?;
    let now = runtime.now();
    let before = webhook.secrets.iter().filter_map(|secret| secret.until);
    Ok(json!({
        "webhookId": webhook.id, "name": webhook.name, "url": webhook.url, "types": webhook.types,
        "processDefinitionIds": webhook.process_ids, "include": webhook.include, "source": webhook.source,
        "paused": webhook.paused, "createdBy": webhook.created_by, "createdAt": webhook.created_at.map(Time),
        "previousSecretUntil": before.filter(|until| *until > now).max().map(Time),
        "waitingEvents": waiting.min(most), "deadLetters": dead.min(most),
        "hasMore": waiting > most || dead > most,
    }))
}
