//! Messages and signals: published, correlated, broadcast.

use axum::Json;
use axum::extract::State;
use bpmn::Key;
use runtime::{Act, Outcome, Publication, Receiver, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::ANY;
use crate::access::words::{CREATE, MESSAGE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::variables::variables;
use crate::rest::{Body, TENANT};
use crate::state::AppState;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Message {
    name: String,
    correlation_key: Option<String>,
    /// Milliseconds.
    time_to_live: Option<i64>,
    message_id: Option<String>,
    variables: Option<Value>,
}

/// `POST /v2/messages/publication`. It is always taken, but for a message id that was taken before: then 409.
pub(super) async fn publish(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Message>,
) -> Result<Json<Value>, Error> {
    let name = named(asked.name, "name")?;
    let time_to_live_ms = u64::try_from(asked.time_to_live.unwrap_or_default())
        .map_err(|_| Error::Invalid("timeToLive is 0 or more milliseconds.".into()))?;
    let act = Act::PublishMessage(Publication {
        name,
        correlation: asked.correlation_key.unwrap_or_default(),
        message_id: asked.message_id.filter(|id| !id.is_empty()),
        time_to_live_ms,
        variables: variables(asked.variables)?,
    });
    let (key, _) = submit(&state, &caller, act).await?;
    Ok(Json(
        json!({ "tenantId": TENANT, "messageKey": key.to_string() }),
    ))
}

/// `POST /v2/messages/correlation`. Answers with the instance that got it; 404 where nobody waits.
pub(super) async fn correlate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Message>,
) -> Result<Json<Value>, Error> {
    let act = Act::CorrelateMessage {
        name: named(asked.name, "name")?,
        correlation: asked.correlation_key.unwrap_or_default(),
        variables: variables(asked.variables)?,
    };
    let (key, receivers) = submit(&state, &caller, act).await?;
    let instance = receivers
        .first()
        .map(|receiver| receiver.instance.to_string());
    Ok(Json(json!({
        "tenantId": TENANT, "messageKey": key.to_string(), "processInstanceKey": instance,
    })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Signal {
    signal_name: String,
    variables: Option<Value>,
}

/// `POST /v2/signals/broadcast`
pub(super) async fn broadcast(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Signal>,
) -> Result<Json<Value>, Error> {
    let act = Act::BroadcastSignal {
        name: named(asked.signal_name, "signalName")?,
        variables: variables(asked.variables)?,
    };
    let (key, _) = submit(&state, &caller, act).await?;
    Ok(Json(
        json!({ "tenantId": TENANT, "signalKey": key.to_string() }),
    ))
}

fn named(name: String, field: &str) -> Result<String, Error> {
    if name.is_empty() {
        Err(Error::Invalid(format!("{field} is missing.")))
    } else {
        Ok(name)
    }
}

/// The key of the message or signal, and who got it.
async fn submit(
    state: &AppState,
    caller: &Identity,
    act: Act,
) -> Result<(Key, Vec<Receiver>), Error> {
    caller.rights().need(MESSAGE, CREATE, ANY)?;
    let answer = state.runtime.submit(Request::by(caller).act(act)).await?;
    let published = answer
        .outcomes
        .into_iter()
        .find_map(|outcome| match outcome {
            Outcome::Published {
                message: key,
                receivers,
            }
            | Outcome::Broadcast {
                signal: key,
                receivers,
                ..
            } => Some((key, receivers)),
            Outcome::Deployed(_)
            | Outcome::Started { .. }
            | Outcome::Stepped { .. }
            | Outcome::ConditionsEvaluated { .. }
            | Outcome::Recomputing
            | Outcome::WorkingOff
            | Outcome::Decided(_)
            | Outcome::Put { .. }
            | Outcome::Deleted
            | Outcome::Withdrawn
            | Outcome::Audited => None,
        });
    published.ok_or_else(|| Error::Bug("a publication answered without a key".into()))
}
