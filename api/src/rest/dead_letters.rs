//! Events that a webhook did not take: found, and sent once more.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::search::{self, Search, Time};
use crate::rest::webhooks::found;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use runtime::{Act, DeadQuery, Delivery, Position, Request, event_id, read_event_id};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    process_instance_key: Option<Value>,
    r#type: Option<Value>,
}

/// `POST /v2/webhooks/{id}/dead-letters/search`: what was given up last comes first.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Search<Filter>>,
) -> Result<Response, Error> {
    found(&state, &caller, &id).await?;
    let (limit, offset) = asked.window()?;
    if !asked.sort.is_empty() {
        let rule = "Dead letters cannot be sorted: what was given up last comes first.";
        return Err(Error::Invalid(rule.into()));
    }
    let filter = asked.filter.unwrap_or_default();
    let query = DeadQuery {
        webhook: id,
        instance: search::equal_key(&filter.process_instance_key, "processInstanceKey")?,
        kind: search::equal(&filter.r#type, "type")?,
        limit,
        offset,
    };
    let letters = state.runtime.dead_letters(&query).await?;
    let total = state.runtime.dead_letter_count(&query).await?;
    Ok(search::answer(letters.iter().map(shown), total, None))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Again {
    event_ids: Option<Vec<String>>,
}

/// `POST /v2/webhooks/{id}/dead-letters/replay` with `{"eventIds": []}`; without them, those that were given up last. Answers
/// how many wait again, and whether more are left.
pub(super) async fn replay(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Again>,
) -> Result<Json<Value>, Error> {
    found(&state, &caller, &id).await?;
    let letters = match asked.event_ids {
        Some(ids) => ids
            .iter()
            .map(|id| {
                read_event_id(id)
                    .ok_or_else(|| Error::Invalid(format!("{id:?} is no id of an event.")))
            })
            .collect::<Result<Vec<(bpmn::Key, Position)>, Error>>()?,
        None => {
            let query = DeadQuery {
                webhook: id.clone(),
                limit: u32::try_from(runtime::limits::REPLAYED_AT_ONCE).unwrap_or(u32::MAX),
                ..DeadQuery::default()
            };
            let letters = state.runtime.dead_letters(&query).await?;
            let place = |letter: &Delivery| (letter.instance, letter.position);
            letters.iter().map(place).collect()
        }
    };
    if !letters.is_empty() {
        // Noted before: whoever goes away in between leaves no replay that nobody knows of.
        let asked = format!("dead letters: {}", letters.len());
        let note = Act::audit("replay", format!("webhooks/{id}"), Some(asked));
        state.runtime.submit(Request::by(&caller).act(note)).await?;
    }
    let replayed = state.runtime.replay(&id, letters).await?;
    let left = DeadQuery {
        webhook: id,
        ..DeadQuery::default()
    };
    let left = state.runtime.dead_letter_count(&left).await?;
    Ok(Json(json!({ "replayed": replayed, "left": left })))
}

fn shown(letter: &Delivery) -> Value {
    let event: Value = serde_json::from_str(&letter.event).unwrap_or_default();
    json!({
        "eventId": event_id(letter.instance, letter.position), "type": letter.kind,
        "processInstanceKey": letter.instance.to_string(), "event": event, "attempts": letter.attempts,
        "failure": letter.failure, "createdAt": Time(letter.created_at), "diedAt": letter.died_at.map(Time),
    })
}
