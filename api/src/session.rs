//! Who is looking: the session behind the cookie, and the extractor by which a handler asks for it.
//!
//! The cookie holds 256 random bits and nothing else. Stored is only their hash, as a document in the collection
//! `sessions`, with two ends: one fixed, and one that moves along while the session is used. Signing out, or either end,
//! makes the cookie worthless.

use crate::error::{self, Error};
use crate::random::{self, hex};
use crate::sortable::seconds;
use crate::state::AppState;
use crate::users::{self, User};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use runtime::{Act, Expect, Put, Request as Work, Runtime};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::Deref;
use std::sync::Arc;
use store::{Match, Query};

const COOKIE: &str = "caseway";
const COLLECTION: &str = "sessions";
/// How stale the note of the last use may be, so that not every request writes.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How many ended sessions one sign-in tidies away.
const TIDIED_AT_ONCE: u32 = 20;

/// A signed-in user and the session; dereferences to the [`User`]. As a handler's argument it refuses everybody else.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn(Arc<Session>);

/// What is known of a live session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: User,
    /// What the hidden field `csrf` of each form of this session must hold.
    pub(crate) csrf: String,
    /// When the session ends, whatever happens.
    pub(crate) ends_at: Timestamp,
    /// The document of the session.
    id: String,
}

/// In the extensions of every request for a page: the session, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Viewer(Option<SignedIn>);

/// The stored session.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    user: String,
    used_at: Timestamp,
    ends_at: Timestamp,
}

impl Viewer {
    /// The session, if the request has a live one.
    pub(crate) fn signed_in(&self) -> Option<&SignedIn> {
        self.0.as_ref()
    }
}

impl SignedIn {
    /// The session itself.
    pub(crate) fn session(&self) -> &Session {
        &self.0
    }
}

impl Deref for SignedIn {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0.user
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<SignedIn, Error> {
        let viewer = parts
            .extensions
            .get::<Viewer>()
            .and_then(Viewer::signed_in)
            .cloned();
        viewer.ok_or_else(|| Error::SignInNeeded {
            next: parts.uri.path().into(),
            script: false,
        })
    }
}

/// Finds the session of the request's cookie and puts it into the request.
pub(crate) async fn load(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let found = match cookie(request.headers()) {
        None => Ok(None),
        Some(token) => find(&state, token).await,
    };
    match found {
        Ok(signed_in) => {
            request.extensions_mut().insert(Viewer(signed_in));
            next.run(request).await
        }
        Err(problem) => error::answer(
            &state,
            &Viewer::default(),
            &problem,
            request.method(),
            request.uri().path(),
        ),
    }
}

/// Begins a session; gives the `Set-Cookie` header.
pub(crate) async fn begin(state: &AppState, user: &User) -> Result<HeaderValue, Error> {
    let token = random::digits::<32>();
    let now = state.runtime.now();
    let stored = Stored {
        user: user.name.clone(),
        used_at: now,
        ends_at: later(now, state.settings.session),
    };
    let mut acts = tidied(state, now).await?;
    acts.push(put(&id(&token), Expect::Absent, &stored));
    state
        .runtime
        .submit(Work {
            acts,
            ..Work::by(&user.name)
        })
        .await?;
    Ok(set_cookie(state, &token, state.settings.session))
}

/// Ends a session; gives the `Set-Cookie` header that makes the browser forget it.
pub(crate) async fn end(state: &AppState, signed_in: &SignedIn) -> Result<HeaderValue, Error> {
    let gone = Act::Delete {
        collection: COLLECTION,
        id: signed_in.0.id.clone(),
        expect: Expect::Any,
    };
    state
        .runtime
        .submit(Work::by(&signed_in.name).act(gone))
        .await?;
    Ok(set_cookie(state, "", SignedDuration::ZERO))
}

/// The acts that end all sessions of a user.
pub(crate) async fn ended(runtime: &Runtime, user: &str) -> Result<Vec<Act>, runtime::Error> {
    let query = Query {
        limit: store::MAX_LIMIT,
        ..Query::by(COLLECTION, "user", Match::Equals(user.to_owned()))
    };
    let found = runtime.documents(&query).await?.into_iter();
    Ok(found
        .map(|one| Act::Delete {
            collection: COLLECTION,
            id: one.id,
            expect: Expect::Any,
        })
        .collect())
}

async fn find(state: &AppState, token: &str) -> Result<Option<SignedIn>, Error> {
    let id = id(token);
    let Some(document) = state.runtime.document(COLLECTION, &id).await? else {
        return Ok(None);
    };
    let Ok(mut stored) = serde_json::from_value::<Stored>(document.body) else {
        return Ok(None);
    };
    let now = state.runtime.now();
    if now >= stored.ends_at || now >= later(stored.used_at, state.settings.idle) {
        return Ok(None);
    }
    let Some(user) = users::find(&state.runtime, &stored.user).await? else {
        return Ok(None);
    };
    let ends_at = stored.ends_at;
    if now >= later(stored.used_at, NOTED_EVERY) {
        stored.used_at = now;
        let noted = put(&id, Expect::Revision(document.revision), &stored);
        match state.runtime.submit(Work::by(&user.name).act(noted)).await {
            // Two requests of one page noted it at once, or the session has just been ended.
            Ok(_) | Err(runtime::Error::Conflict { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    let csrf = hex(&Sha256::digest(format!("csrf {token}")));
    Ok(Some(SignedIn(Arc::new(Session {
        user,
        csrf,
        ends_at,
        id,
    }))))
}

fn put(id: &str, expect: Expect, stored: &Stored) -> Act {
    let body = serde_json::to_value(stored).expect("a session is plain data");
    let fields = vec![
        ("user", stored.user.clone()),
        ("ends", seconds(stored.ends_at)),
    ];
    Act::Put(Put {
        collection: COLLECTION,
        id: id.into(),
        expect,
        body,
        fields,
    })
}

/// Removes sessions that have ended and whose browsers never came back.
async fn tidied(state: &AppState, now: Timestamp) -> Result<Vec<Act>, Error> {
    let ended = Match::Range(String::new(), seconds(now));
    let query = Query {
        limit: TIDIED_AT_ONCE,
        ..Query::by(COLLECTION, "ends", ended)
    };
    let found = state.runtime.documents(&query).await?.into_iter();
    Ok(found
        .map(|one| Act::Delete {
            collection: COLLECTION,
            id: one.id,
            expect: Expect::Any,
        })
        .collect())
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// What is stored instead of the token: who reads the database cannot use the sessions in it.
fn id(token: &str) -> String {
    hex(&Sha256::digest(token))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value)
}

fn set_cookie(state: &AppState, token: &str, lasts: SignedDuration) -> HeaderValue {
    let secure = if state.settings.https { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}{secure}",
        lasts.as_secs()
    );
    HeaderValue::from_str(&text).expect("a token is hex digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_cookie(line: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, line.parse().unwrap());
        assert_eq!(cookie(&headers), expected, "{line}");
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        check_cookie("caseway=abc", Some("abc"));
        check_cookie("a=b; caseway=abc; c=d", Some("abc"));
        check_cookie("mycaseway=abc", None);
        check_cookie("caseway=", None);
    }
}
