//! Documents that are there: given, linked to, deleted.

use crate::access::words::{DELETE, DOCUMENT, READ, READ_PROCESS_INSTANCE};
use crate::documents::{self, Known, is_signed, note, signed};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::rights::check;
use crate::rest::auth::{Caller, Identity, Kind, looked_at};
use crate::rest::documents::{Asked, is_ours};
use crate::rest::search::Time;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use runtime::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::ErrorKind;

/// How long a link is good where nobody says, in milliseconds.
const LINK_MS: i64 = 60 * 60 * 1_000;
/// How long it may be.
const LINK_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// In whose name is read what a link leads to.
const BY_LINK: &str = "link";

/// `GET /v2/documents/{documentId}?contentHash=..`: the bytes. With a hash that is not theirs, 400.
pub(super) async fn content(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    caller.rights().need(DOCUMENT, READ, &id)?;
    let known = found(&state, &caller, &id, &asked).await?;
    let response = bytes(&state, &known).await?;
    looked_at(&state, &caller, [format!("documents/{id}")]).await?;
    Ok(response)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LinkAsked {
    /// Milliseconds.
    time_to_live: Option<i64>,
}

/// `POST /v2/documents/{documentId}/links`: an address that needs no sign-in, for some time. Making one stands in the audit trail, and so does
/// each use.
pub(super) async fn link(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Body(wanted): Body<LinkAsked>,
) -> Result<(StatusCode, Json<Value>), Error> {
    caller.rights().need(DOCUMENT, READ, &id)?;
    let known = found(&state, &caller, &id, &asked).await?;
    let time_to_live = wanted.time_to_live.unwrap_or(LINK_MS);
    if !(1..=LINK_MS_MAX).contains(&time_to_live) {
        let rule = format!("timeToLive is from 1 to {LINK_MS_MAX} milliseconds.");
        return Err(Error::Invalid(rule));
    }
    let now = state.runtime.now();
    let expires_at = now
        .saturating_add(SignedDuration::from_millis(time_to_live))
        .unwrap_or(now);
    // Whole seconds, and not less than was asked for.
    let expires_at = jiff::Timestamp::from_second(expires_at.as_second() + 1).unwrap_or(expires_at);
    let query = signed(&state.runtime, &known, expires_at).await?;
    let request = Request::by(&caller).act(note("link", &id));
    state.runtime.submit(request).await?;
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost");
    let scheme = if state.settings.https {
        "https"
    } else {
        "http"
    };
    let url = format!("{scheme}://{host}/v2/documents/{id}/links?{query}");
    let told = json!({ "url": url, "expiresAt": Time(expires_at) });
    Ok((StatusCode::CREATED, Json(told)))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    expires: i64,
    signature: String,
}

/// `GET /v2/documents/{documentId}/links?expires=..&signature=..`, open to everybody who has the link.
pub(super) async fn follow(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(asked): Query<Signed>,
) -> Result<Response, Error> {
    // Whoever has no link learns nothing, not even what is there.
    let unknown = || Error::NotFound("what this link leads to".into());
    let known = documents::find(&state.runtime, &id).await?;
    let known = known.ok_or_else(unknown)?;
    if !is_signed(&state.runtime, &known, asked.expires, &asked.signature).await? {
        return Err(unknown());
    }
    let response = bytes(&state, &known).await?;
    looked_at(&state, BY_LINK, [format!("documents/{id}")]).await?;
    Ok(response)
}

/// `DELETE /v2/documents/{documentId}`. Who has made it needs no permission, and yet can be denied it.
pub(super) async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<StatusCode, Error> {
    let known = found(&state, &caller, &id, &asked).await?;
    let rights = caller.rights();
    if !is_own(&caller, &known) || rights.denies(DOCUMENT, DELETE, &id) {
        rights.need(DOCUMENT, DELETE, &id)?;
    }
    documents::remove(&state.runtime, &state.documents, &known, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_own(caller: &Identity, known: &Known) -> bool {
    let is_program = caller.kind() == Kind::Client;
    known.created_by == **caller && known.by_program == is_program
}

async fn found(
    state: &AppState,
    caller: &Identity,
    id: &str,
    asked: &Asked,
) -> Result<Known, Error> {
    is_ours(asked.store_id.as_deref())?;
    let known = documents::find(&state.runtime, id).await?;
    let what = "the document";
    let known = known.ok_or_else(|| Error::NotFound(what.into()))?;
    // What belongs to a case is for those who see the case.
    if let Some(instance) = known.process_instance_key {
        check(state, caller, &[READ_PROCESS_INSTANCE], instance, what).await?;
    }
    match asked.content_hash.as_deref() {
        Some(hash) if !hash.is_empty() && !hash.eq_ignore_ascii_case(&known.sha256) => {
            Err(Error::Invalid(
                "contentHash is not the hash of this document, which is another one now.".into(),
            ))
        }
        Some(_) | None => Ok(known),
    }
}

/// The bytes as a file to be saved: no browser shows or runs them in our name.
async fn bytes(state: &AppState, known: &Known) -> Result<Response, Error> {
    let body = state.documents.stream(&known.blob, known.size).await;
    let body = body.map_err(|problem| {
        let is_lost = [ErrorKind::NotFound, ErrorKind::InvalidData].contains(&problem.kind());
        if is_lost {
            return Error::Bug(format!("the bytes of the document {}: {problem}", known.id));
        }
        Error::Documents(problem)
    })?;
    let kind = HeaderValue::from_str(&known.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let disposition = HeaderValue::from_str(&disposition(&known.file_name))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_LENGTH, known.size.into());
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", known.sha256)) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The name for old clients in ASCII, and whole (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| match letter {
            '"' | '\\' | '%' => '_',
            letter if letter.is_ascii() && !letter.is_ascii_control() => letter,
            _ => '_',
        })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_told_to_old_and_new_clients() {
        assert_eq!(
            disposition("Grüße \"1\".pdf"),
            "attachment; filename=\"Gr__e _1_.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.pdf"
        );
    }
}
