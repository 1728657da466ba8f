//! Holds: history that stays although its time is over, of an instance or of all instances of a case.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity};
use crate::rest::search;
use crate::roles::Role;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use runtime::{Held, Request};
use serde::Deserialize;
use serde_json::{Value, json};

/// Who decides what is kept.
const HOLDING: &[Role] = &[Role::Supervisor, Role::Administrator];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Reason {
    reason: String,
}

/// `PUT /v2/process-instances/{key}/hold` with `{"reason": "..."}`
pub(super) async fn hold_instance(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Reason>,
) -> Result<StatusCode, Error> {
    let held = Held::Instance(search::key(&key)?);
    hold(&state, &caller, asked, &held).await
}

/// `DELETE /v2/process-instances/{key}/hold` with `{"reason": "..."}`
pub(super) async fn release_instance(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Reason>,
) -> Result<StatusCode, Error> {
    let held = Held::Instance(search::key(&key)?);
    release(&state, &caller, asked, &held).await
}

/// `PUT /v2/cases/{businessId}/hold` with `{"reason": "..."}`: also for instances that are started later.
pub(super) async fn hold_case(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Reason>,
) -> Result<StatusCode, Error> {
    hold(&state, &caller, asked, &Held::Case(id)).await
}

/// `DELETE /v2/cases/{businessId}/hold` with `{"reason": "..."}`
pub(super) async fn release_case(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Reason>,
) -> Result<StatusCode, Error> {
    release(&state, &caller, asked, &Held::Case(id)).await
}

/// `GET /v2/holds`: what is held, by whom and why.
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Value>, Error> {
    caller.need_any(HOLDING)?;
    let holds = state.runtime.holds().await?;
    let items: Vec<Value> = holds
        .into_iter()
        .map(|(held, body)| {
            let (instance, case) = match held {
                Held::Instance(key) => (Some(key.to_string()), None),
                Held::Case(id) => (None, Some(id)),
            };
            json!({
                "processInstanceKey": instance, "businessId": case,
                "by": body["by"], "reason": body["reason"], "at": body["at"],
            })
        })
        .collect();
    Ok(Json(json!({ "items": items })))
}

async fn hold(
    state: &AppState,
    caller: &Identity,
    asked: Reason,
    held: &Held,
) -> Result<StatusCode, Error> {
    let request = request(caller, asked)?;
    state.runtime.hold(request, held).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn release(
    state: &AppState,
    caller: &Identity,
    asked: Reason,
    held: &Held,
) -> Result<StatusCode, Error> {
    let request = request(caller, asked)?;
    state.runtime.release(request, held).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn request(caller: &Identity, asked: Reason) -> Result<Request, Error> {
    caller.need_any(HOLDING)?;
    if asked.reason.trim().is_empty() {
        return Err(Error::Invalid(
            "reason is missing: it stands in the audit trail.".into(),
        ));
    }
    Ok(Request::by(caller).because(asked.reason))
}
