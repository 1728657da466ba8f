//! Events that a webhook did not take: found, and sent once more.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::filters::{Filters, Kind};
use crate::rest::search::{Search, Time};
use crate::rest::table::{Held, Table, field};
use crate::rest::webhooks::found;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use runtime::{Act, Delivery, Position, Request, event_id, read_event_id};
use serde::Deserialize;
use serde_json::{Value, json};
use store::search::{By, Condition, Operand, Test};

pub(super) const LETTERS: Table = Table {
    things: "Dead letters",
    fields: &[
        field("type", Kind::Text, Held::Column("type")),
        field("processInstanceKey", Kind::Key, Held::Column("key")),
        field("attempts", Kind::Number, Held::Column("attempts")),
        field("failure", Kind::Text, Held::Column("failure")),
        field("createdAt", Kind::Time, Held::Column("created_at")),
        field("diedAt", Kind::Time, Held::Column("died_at")),
    ],
    order: &[By {
        column: "died_at",
        descending: true,
    }],
    ties: &["position"],
};

/// `POST /v2/webhooks/{id}/dead-letters/search`: what was given up last comes first, where no order is asked for.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    found(&state, &caller, &id).await?;
    let is = |column, word: &str| Condition {
        column,
        test: Test::In(vec![Operand::Text(word.to_owned())]),
    };
    let conditions = [is("webhook", &id), is("state", "dead")];
    let page = LETTERS
        .page_where::<Delivery>(&state, None, &asked, conditions)
        .await?;
    Ok(page.answer(page.rows.iter().map(shown)))
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
            let limit = u32::try_from(runtime::limits::REPLAYED_AT_ONCE).unwrap_or(u32::MAX);
            let letters = state.runtime.dead_letters(&id, limit).await?;
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
    let left = state.runtime.dead_letter_count(&id).await?;
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
