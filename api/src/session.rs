//! Who is looking: the session behind the cookie, and the extractor by which a handler asks for it.

use crate::error::Error;
use crate::state::AppState;
use crate::users::User;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use std::ops::Deref;
use std::sync::Arc;

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
    pub(crate) expires_at: Timestamp,
}

/// In the extensions of every request for a page: the session, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Viewer(Option<SignedIn>);

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
    State(_state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(Viewer::default());
    next.run(request).await
}
