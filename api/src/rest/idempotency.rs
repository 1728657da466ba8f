//! `Idempotency-Key`: a POST of ours that is sent again with the same key and body is answered again and not done again.
//!
//! What was begun is noted before it is done, and its answer after. What was refused or failed was not done, and its key is free again.
//! Should the program die between the two, the key is taken over after [`TAKEN_OVER`]: then the request may be done a second time.

use crate::error::Error;
use crate::random::hex;
use crate::rest::auth::Caller;
use crate::rest::{JSON_LIMIT_BYTES, too_large};
use crate::sortable::seconds;
use crate::state::AppState;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use runtime::{Act, Expect, Put, Runtime};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Match, Query};

/// The header with the key.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is told again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const COLLECTION: &str = "idempotency";
const BEGUN: &str = "begun";
/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// After that time without an answer, whoever had begun is dead.
const TAKEN_OVER: SignedDuration = SignedDuration::from_secs(90);
/// The longest key, in bytes.
const LONGEST: usize = 255;
/// How many are deleted at once.
const PRUNED_AT_ONCE: u32 = 1_000;

/// First parts of the addresses that are ours.
const OURS: &[&str] = &["tokens", "deadlines", "webhooks", "events"];

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// SHA-256 of the request.
    fingerprint: String,
    begun: Timestamp,
    answer: Option<Answer>,
}

/// An answer as it was given.
#[derive(Clone, Serialize, Deserialize)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    body: String,
}

/// Does what came with a key once.
pub(super) async fn once(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let path = request.uri().path().to_owned();
    let Some(key) = request
        .headers()
        .get(KEY)
        .filter(|_| is_ours(request.method(), &path))
    else {
        return Ok(next.run(request).await);
    };
    let key = key.to_str().ok().filter(|key| {
        let plain = |byte: u8| byte.is_ascii_graphic();
        !key.is_empty() && key.len() <= LONGEST && key.bytes().all(plain)
    });
    let key = key.ok_or_else(|| {
        Error::Invalid(format!(
            "Idempotency-Key has 1 to {LONGEST} letters and no spaces."
        ))
    })?;
    let caller = request.extensions().get::<Caller>();
    let caller = caller.ok_or(Error::Bug("the API guard is not in place".into()))?;
    let actor = caller.0.to_string();
    let kind = caller.0.kind().word();
    let id = hash([kind, &actor, &path, key].map(str::as_bytes));
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, JSON_LIMIT_BYTES)
        .await
        .map_err(|_| too_large())?;
    let query = parts.uri.query().unwrap_or_default();
    let fingerprint = hash([query.as_bytes(), &body]);
    if let Some(answer) = begun(&state, &actor, &id, fingerprint.clone()).await? {
        return Ok(answer.told());
    }
    let request = Request::from_parts(parts, Body::from(body));
    // It is carried to its end, also when the client is gone: else nobody would know whether it was done.
    let response = next.run(request).await;
    finished(&state, &actor, &id, fingerprint, &path, response).await
}

/// Searches change nothing, and need no key.
fn is_ours(method: &Method, path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    *method == Method::POST
        && !path.ends_with("/search")
        && first.is_some_and(|first| OURS.contains(&first))
}

/// Notes that it is begun; gives the answer where it has been done.
async fn begun(
    state: &AppState,
    actor: &str,
    id: &str,
    fingerprint: String,
) -> Result<Option<Answer>, Error> {
    let now = state.runtime.now();
    let found = state.runtime.document(COLLECTION, id).await?;
    let expect = match &found {
        None => Expect::Absent,
        Some(document) => Expect::Revision(document.revision),
    };
    let kept = found.and_then(|document| serde_json::from_value::<Kept>(document.body).ok());
    if let Some(kept) = kept.filter(|kept| now.duration_since(kept.begun) < KEPT) {
        if kept.fingerprint != fingerprint {
            return Err(Error::OtherRequest);
        }
        if kept.answer.is_some() {
            return Ok(kept.answer);
        }
        if now.duration_since(kept.begun) < TAKEN_OVER {
            return Err(being_done());
        }
    }
    let kept = Kept {
        fingerprint,
        begun: now,
        answer: None,
    };
    match state
        .runtime
        .submit(by(actor).act(put(id, expect, &kept)))
        .await
    {
        Ok(_) => Ok(None),
        Err(runtime::Error::Conflict { .. }) => Err(being_done()),
        Err(problem) => Err(problem.into()),
    }
}

/// Keeps the answer, or frees the key where nothing was done.
async fn finished(
    state: &AppState,
    actor: &str,
    id: &str,
    fingerprint: String,
    path: &str,
    response: Response,
) -> Result<Response, Error> {
    if !response.status().is_success() {
        let free = Act::Delete {
            collection: COLLECTION,
            id: id.to_owned(),
            expect: Expect::Any,
        };
        state.runtime.submit(by(actor).act(free)).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await;
    let body = body.map_err(|problem| Error::Bug(problem.to_string()))?;
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let kept = Kept {
        fingerprint,
        begun: state.runtime.now(),
        answer: Some(Answer {
            status: parts.status.as_u16(),
            content_type: content_type.and_then(|kind| kind.to_str().ok().map(str::to_owned)),
            body: without_secret(path, &body),
        }),
    };
    let put = put(id, Expect::Any, &kept);
    state.runtime.submit(by(actor).act(put)).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// A token is told once, and kept nowhere: also not here. Told again, the answer has `null` in its place.
fn without_secret(path: &str, body: &Bytes) -> String {
    let secret = match path.trim_start_matches('/').split('/').next() {
        Some("tokens") => "token",
        Some("webhooks") => "secret",
        Some(_) | None => return String::from_utf8_lossy(body).into_owned(),
    };
    let Ok(mut told) = serde_json::from_slice::<Value>(body) else {
        return String::from_utf8_lossy(body).into_owned();
    };
    if told.get(secret).is_some() {
        told[secret] = Value::Null;
    }
    told.to_string()
}

impl Answer {
    fn told(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        let kind = self
            .content_type
            .and_then(|kind| HeaderValue::from_str(&kind).ok());
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

/// Deletes answers that were kept long enough, some at a time; gives how many went.
pub(crate) async fn prune(runtime: &Runtime) -> Result<usize, runtime::Error> {
    let until = runtime.now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    let old = Match::Range(String::new(), seconds(until));
    let query = Query {
        limit: PRUNED_AT_ONCE,
        ..Query::by(COLLECTION, BEGUN, old)
    };
    let found = runtime.documents(&query).await?;
    let number = found.len();
    if number > 0 {
        let gone = found.into_iter().map(|one| Act::Delete {
            collection: COLLECTION,
            id: one.id,
            expect: Expect::Any,
        });
        runtime
            .submit(gone.fold(by("system"), runtime::Request::act))
            .await?;
    }
    Ok(number)
}

fn by(actor: &str) -> runtime::Request {
    runtime::Request::by(actor)
}

fn put(id: &str, expect: Expect, kept: &Kept) -> Act {
    Act::Put(Put {
        collection: COLLECTION,
        id: id.to_owned(),
        expect,
        body: serde_json::to_value(kept).expect("an answer is plain data"),
        fields: vec![(BEGUN, seconds(kept.begun))],
    })
}

fn being_done() -> Error {
    Error::Conflict {
        message: "A request with this Idempotency-Key is being done.".into(),
        way_out: "Ask again in a moment.".into(),
    }
}

fn hash<const N: usize>(parts: [&[u8]; N]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::Clock;
    use store::Store;

    #[tokio::test]
    async fn answers_go_when_they_were_kept_long_enough() {
        let path =
            std::env::temp_dir().join(format!("caseway-idempotency-{}.db", std::process::id()));
        let store = Store::open(&format!("sqlite:{}", path.display()))
            .await
            .unwrap();
        let clock = Clock::test("2026-03-02T06:00:00Z".parse().unwrap());
        let options = runtime::Options::default();
        let runtime = Runtime::open(store, clock.clone(), options).await.unwrap();
        let kept = Kept {
            fingerprint: String::new(),
            begun: runtime.now(),
            answer: None,
        };
        let act = put("k", Expect::Absent, &kept);
        runtime.submit(by("grace").act(act)).await.unwrap();
        let after = async |time: SignedDuration| {
            clock.advance(time);
            runtime.wait_idle().await;
            prune(&runtime).await.unwrap()
        };
        assert_eq!(after(KEPT).await, 0);
        assert_eq!(after(SignedDuration::from_secs(1)).await, 1);
        assert_eq!(after(SignedDuration::from_secs(1)).await, 0);
        runtime.stop().await;
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn only_what_changes_something_and_is_ours_takes_a_key() {
        let check = |method: &str, path: &str, expected: bool| {
            let method: Method = method.parse().unwrap();
            assert_eq!(is_ours(&method, path), expected, "{method} {path}");
        };
        check("POST", "/tokens", true);
        check("POST", "/deadlines/7/pause", true);
        check("POST", "/webhooks/7/secret-rotation", true);
        check("POST", "/deadlines/search", false);
        check("POST", "/webhooks/7/dead-letters/replay", true);
        check("PUT", "/deadlines/7", false);
        check("POST", "/process-instances", false);
    }
}
