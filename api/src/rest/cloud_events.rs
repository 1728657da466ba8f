//! CloudEvents 1.0 that come in: each is published as a message. Its type is the name, its subject the correlation key, its source
//! and id together the id of the message, so that a repetition changes nothing.

use crate::access::ANY;
use crate::access::words::{CREATE, MESSAGE};
use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::variables::variables;
use crate::state::AppState;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use runtime::{Act, Outcome, Publication, Request};
use serde::Deserialize;
use serde_json::{Value, json};

/// For how long an event is kept for who waits later, and its id with it, where nobody says.
const KEPT_MS: u64 = 60 * 60 * 1_000;
/// For how long it may be kept.
const KEPT_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;
/// The longest attribute, in bytes.
const ATTRIBUTE_BYTES_MAX: usize = 1_024;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    time_to_live: Option<u64>,
}

/// An event as it came.
#[derive(Debug, Deserialize)]
struct Event {
    specversion: String,
    id: String,
    source: String,
    r#type: String,
    subject: Option<String>,
    data: Option<Value>,
    data_base64: Option<String>,
}

/// `POST /v2/events?timeToLive=3600000`: an event in structured mode (`application/cloudevents+json`) or in binary mode (headers
/// `ce-id`, `ce-type` ..). 202 where it was published, and where it had been before.
pub(super) async fn take(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(kept): Query<Kept>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    let time_to_live_ms = kept.time_to_live.unwrap_or(KEPT_MS);
    if time_to_live_ms > KEPT_MS_MAX {
        return Err(Error::Invalid(format!(
            "timeToLive is at most {KEPT_MS_MAX} milliseconds."
        )));
    }
    caller.rights().need(MESSAGE, CREATE, ANY)?;
    let event = read(&headers, &body)?;
    let publication = Publication {
        name: event.r#type,
        correlation: event.subject.unwrap_or_default(),
        message_id: Some(format!("{} {}", event.source, event.id)),
        time_to_live_ms,
        variables: variables(given(event.data))?,
    };
    let request = Request::by(&caller).act(Act::PublishMessage(publication));
    let (key, repeated) = match state.runtime.submit(request).await {
        Ok(answer) => (published(&answer), false),
        Err(runtime::Error::DuplicateMessage { .. }) => (None, true),
        Err(problem) => return Err(problem.into()),
    };
    let told = json!({ "messageKey": key, "repeated": repeated });
    Ok((StatusCode::ACCEPTED, Json(told)).into_response())
}

fn published(answer: &runtime::Answer) -> Option<String> {
    answer.outcomes.iter().find_map(|outcome| {
        if let Outcome::Published { message, .. } = outcome {
            Some(message.to_string())
        } else {
            None
        }
    })
}

/// An object gives its fields as variables, everything else is the variable `data`.
fn given(data: Option<Value>) -> Option<Value> {
    match data {
        None | Some(Value::Null) => None,
        Some(Value::Object(fields)) => Some(Value::Object(fields)),
        Some(other) => Some(json!({ "data": other })),
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Event, Error> {
    let content = headers.get(header::CONTENT_TYPE);
    let content = content.and_then(|value| value.to_str().ok()).unwrap_or("");
    let content = content.split(';').next().unwrap_or("").trim();
    let event = if content.eq_ignore_ascii_case("application/cloudevents+json") {
        serde_json::from_slice(body)
            .map_err(|problem| Error::Invalid(format!("The event cannot be read: {problem}.")))?
    } else if headers.contains_key("ce-specversion") {
        binary(headers, content, body)?
    } else {
        return Err(Error::Invalid(
            "This is no CloudEvent: send application/cloudevents+json, or the headers ce-specversion, ce-id, ce-source and ce-type. \
             Batches are not taken."
                .into(),
        ));
    };
    check(event)
}

/// Attributes are headers, the body is the data.
fn binary(headers: &HeaderMap, content: &str, body: &[u8]) -> Result<Event, Error> {
    let attribute = |name: &str| -> Result<Option<String>, Error> {
        let Some(value) = headers.get(format!("ce-{name}")) else {
            return Ok(None);
        };
        let unreadable = || Error::Invalid(format!("The header ce-{name} cannot be read."));
        let text = value.to_str().map_err(|_| unreadable())?;
        unescaped(text).ok_or_else(unreadable).map(Some)
    };
    let data = if body.is_empty() {
        None
    } else if content.is_empty() || content.ends_with("/json") || content.ends_with("+json") {
        let read = serde_json::from_slice(body);
        Some(read.map_err(|problem| Error::Invalid(format!("The data is no JSON: {problem}.")))?)
    } else if content.starts_with("text/") {
        let text = std::str::from_utf8(body);
        Some(
            text.map_err(|_| Error::Invalid("The data is no UTF-8.".into()))?
                .into(),
        )
    } else {
        return Err(Error::Invalid(format!(
            "Data of the type {content:?} is not taken: send JSON or text."
        )));
    };
    Ok(Event {
        specversion: attribute("specversion")?.unwrap_or_default(),
        id: attribute("id")?.unwrap_or_default(),
        source: attribute("source")?.unwrap_or_default(),
        r#type: attribute("type")?.unwrap_or_default(),
        subject: attribute("subject")?,
        data,
        data_base64: None,
    })
}

fn check(event: Event) -> Result<Event, Error> {
    if event.specversion != "1.0" {
        let told = format!("specversion is {:?}, and not 1.0.", event.specversion);
        return Err(Error::Invalid(told));
    }
    if event.data_base64.is_some() {
        return Err(Error::Invalid(
            "data_base64 is not taken: send JSON or text as data.".into(),
        ));
    }
    let subject = event.subject.as_deref().unwrap_or("-");
    for (name, text) in [
        ("id", event.id.as_str()),
        ("source", &event.source),
        ("type", &event.r#type),
        ("subject", subject),
    ] {
        if text.is_empty() || text.len() > ATTRIBUTE_BYTES_MAX {
            return Err(Error::Invalid(format!(
                "{name} is missing, or longer than {ATTRIBUTE_BYTES_MAX} bytes."
            )));
        }
    }
    Ok(event)
}

/// Headers have what is no visible ASCII as `%E2%82%AC`.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        if *first == b'%'
            && let [high, low, after @ ..] = more
            && let (Some(high), Some(low)) = (
                char::from(*high).to_digit(16),
                char::from(*low).to_digit(16),
            )
        {
            bytes.push(u8::try_from(high * 16 + low).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_unescaped() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(unescaped(text).as_deref(), expected, "{text}");
        };
        check("plain", Some("plain"));
        check("5%20%E2%82%AC", Some("5 €"));
        check("100%", Some("100%"));
        check("%zz", Some("%zz"));
        check("%FF", None);
    }
}
