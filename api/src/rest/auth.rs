//! Who calls, and what they may do: HTTP Basic with the name and password of a user, checked as on the sign-in page. Never a cookie, so no other
//! site can call with a browser's session.

use crate::attempts::Counted;
use crate::csrf::from_own_pages;
use crate::error::Error;
use crate::roles::Role;
use crate::state::AppState;
use crate::users;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::{HeaderMap, header, request::Parts};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use runtime::{Act, Request};
use std::net::SocketAddr;

/// The caller's name: the actor of what it does.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Error> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or(Error::Bug("the API guard is not in place".into()))
    }
}

/// Lets only users in; everybody, where the program was told so.
pub(super) async fn guard(
    State(state): State<AppState>,
    mut request: axum::extract::Request,
    next: Next,
) -> Result<Response, Error> {
    // A browser sends remembered passwords, and reaches an open API on its own machine, for any site that asks it to.
    if !from_own_pages(request.headers()) {
        return Err(Error::ForeignRequest);
    }
    let caller = if state.settings.open_api {
        this_machine(request.headers())?;
        Caller("api".into())
    } else {
        let address = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|address| address.0);
        let claim = basic(request.headers());
        caller(&state, claim, address).await?
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// An open API answers only under the names of this machine: a site whose name was made to point here is not one.
fn this_machine(headers: &HeaderMap) -> Result<(), Error> {
    let host = headers
        .get(header::HOST)
        .map_or("", |host| host.to_str().unwrap_or("?"));
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| !port.contains(']'))
        .map_or(host, |(name, _)| name);
    if ["", "localhost", "127.0.0.1", "[::1]"].contains(&name) {
        Ok(())
    } else {
        Err(Error::ForeignRequest)
    }
}

/// Refuses a caller who has none of `roles`.
pub(super) async fn need(
    state: &AppState,
    caller: &str,
    roles: &'static [Role],
) -> Result<(), Error> {
    if state.settings.open_api {
        return Ok(());
    }
    let user = users::find(&state.runtime, caller).await?;
    if user.is_some_and(|user| user.has_any(roles)) {
        Ok(())
    } else {
        Err(Error::Forbidden { needs: roles })
    }
}

/// Notes in the audit trail that the caller has looked at something of a person; a subject is for example `cases/CP-17`.
pub(super) async fn looked_at(
    state: &AppState,
    caller: &str,
    subjects: impl IntoIterator<Item = String>,
) -> Result<(), Error> {
    let request = subjects
        .into_iter()
        .fold(Request::by(caller), |request, subject| {
            request.act(Act::AppendAudit {
                action: "read".into(),
                subject,
                detail: None,
            })
        });
    if request.acts.is_empty() {
        return Ok(());
    }
    state.runtime.submit(request).await?;
    Ok(())
}

async fn caller(
    state: &AppState,
    claim: Option<(String, String)>,
    address: Option<SocketAddr>,
) -> Result<Caller, Error> {
    let unknown = || Error::SignInNeeded {
        next: String::new(),
        script: true,
    };
    let (name, password) = claim.ok_or_else(unknown)?;
    let address = address.map(|address| Counted::Address(address.ip().to_string()));
    let counted: Vec<Counted> = address
        .into_iter()
        .chain([Counted::Name(name.clone())])
        .collect();
    let now = state.runtime.now();
    if let Some(wait) = state.attempts.wait(&counted, now) {
        return Err(Error::TooManyAttempts {
            wait_s: wait.as_secs().max(1),
        });
    }
    let user = users::find(&state.runtime, &name).await?;
    let hash = user.as_ref().map(|user| user.password.as_str());
    if state.passwords.fits_again(&password, hash, now).await {
        return Ok(Caller(name));
    }
    state.attempts.failed(&counted, now);
    Err(unknown())
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let encoded = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?
        .1;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded
        .split_once(':')
        .map(|(name, password)| (name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<(&str, &str)>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, header.parse().unwrap());
        let expected = expected.map(|(name, password)| (name.to_owned(), password.to_owned()));
        assert_eq!(basic(&headers), expected, "{header}");
    }

    #[test]
    fn name_and_password_are_read_from_the_header() {
        check("Basic Z3JhY2U6YTpi", Some(("grace", "a:b")));
        check("basic Z3JhY2U6YTpi", Some(("grace", "a:b")));
        check("Bearer Z3JhY2U6YTpi", None);
        check("Basic !!!", None);
        check("Basic Z3JhY2U=", None);
    }
}
