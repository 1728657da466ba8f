//! Who calls, and whether they are let in: HTTP Basic with the name and password of a user, checked as on the sign-in page, or a
//! bearer token. Never a cookie, so no other site can call with a browser's session.

mod identity;
pub(crate) mod rights;
mod scopes;

use crate::attempts::Counted;
use crate::csrf::from_own_pages;
use crate::error::Error;
use crate::rest::cross_origin;
use crate::state::AppState;
use crate::{tokens, users};
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::{HeaderMap, header, request::Parts};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use runtime::{Act, Request};
use std::net::SocketAddr;

pub(crate) use identity::{Identity, Kind};
pub(crate) use scopes::only_reads;

/// Who calls: the actor of what is done.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Identity);

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

/// What a caller shows.
#[derive(Debug, PartialEq)]
enum Claim {
    Password { name: String, password: String },
    Bearer(String),
}

/// Lets only those in who say who they are; everybody, where the program was told so.
pub(super) async fn guard(
    State(state): State<AppState>,
    mut request: axum::extract::Request,
    next: Next,
) -> Result<Response, Error> {
    // A browser sends remembered passwords, and reaches an open API on its own machine, for any site that asks it to.
    let origins = &state.settings.allowed_origins;
    let headers = request.headers();
    let is_foreign = !from_own_pages(headers);
    if is_foreign && !cross_origin::is_allowed(origins, headers) {
        return Err(Error::ForeignRequest);
    }
    let claim = claim(headers);
    // Nobody can tell whether the page knew this password or the browser remembered it.
    if is_foreign && matches!(claim, Some(Claim::Password { .. })) {
        let rule = "A page of another origin shows a token, not a password.";
        return Err(Error::NotAllowed(rule.into()));
    }
    let caller = if state.settings.open_api {
        this_machine(request.headers())?;
        Identity::everybody()
    } else {
        let address = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|address| address.0);
        let caller = caller(&state, claim, address).await?;
        let counted = state.rates.count(caller.client(), state.runtime.now());
        counted.map_err(|wait_s| Error::TooManyRequests { wait_s })?;
        caller
    };
    if let Some(scopes) = caller.scopes()
        && let Some(needed) = scopes::needed(request.method(), request.uri().path())
        && !scopes.contains(&needed)
    {
        return Err(Error::NotAllowed(format!(
            "This token does not have the scope {needed}."
        )));
    }
    request.extensions_mut().insert(Caller(caller));
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

/// Notes in the audit trail that the caller has looked at something of a person; a subject is for example `cases/CP-17`.
pub(super) async fn looked_at(
    state: &AppState,
    caller: &str,
    subjects: impl IntoIterator<Item = String>,
) -> Result<(), Error> {
    let request = subjects
        .into_iter()
        .fold(Request::by(caller), |request, subject| {
            request.act(Act::audit("read", subject, None))
        });
    if request.acts.is_empty() {
        return Ok(());
    }
    state.runtime.submit(request).await?;
    Ok(())
}

async fn caller(
    state: &AppState,
    claim: Option<Claim>,
    address: Option<SocketAddr>,
) -> Result<Identity, Error> {
    let unknown = || Error::SignInNeeded {
        next: String::new(),
        script: true,
    };
    let known = match claim.ok_or_else(unknown)? {
        Claim::Password { name, password } => by_password(state, &name, &password, address).await?,
        Claim::Bearer(text) => by_token(state, &text).await?,
    };
    let directory = state.access.now(&state.runtime).await?;
    Ok(known.ok_or_else(unknown)?.with(&directory))
}

/// Failures are counted as those of the sign-in page. Those of tokens are not: nobody guesses one, and a program with a token that is
/// over must not keep the people behind its address from signing in.
async fn by_password(
    state: &AppState,
    name: &str,
    password: &str,
    address: Option<SocketAddr>,
) -> Result<Option<Identity>, Error> {
    let address = address.map(|address| Counted::Address(address.ip().to_string()));
    let counted: Vec<Counted> = address
        .into_iter()
        .chain([Counted::Name(name.to_owned())])
        .collect();
    let now = state.runtime.now();
    if let Some(wait) = state.attempts.wait(&counted, now) {
        return Err(Error::TooManyAttempts {
            wait_s: wait.as_secs().max(1),
        });
    }
    let user = users::find(&state.runtime, name).await?;
    let hash = user.as_ref().map(|user| user.password.as_str());
    let fits = state.passwords.fits_again(password, hash, now).await;
    if user.is_none() || !fits {
        state.attempts.failed(&counted, now);
        return Ok(None);
    }
    Ok(user.map(|user| Identity::user(user, None)))
}

/// A token can do nothing for a user who is gone.
async fn by_token(state: &AppState, text: &str) -> Result<Option<Identity>, Error> {
    if !tokens::is_ours(text) {
        return by_issuer(state, text).await;
    }
    let Some(token) = tokens::shown(&state.runtime, text).await? else {
        return Ok(None);
    };
    let owner = users::find(&state.runtime, &token.owner).await?;
    Ok(owner.map(|owner| Identity::user(owner, Some(token))))
}

async fn by_issuer(state: &AppState, text: &str) -> Result<Option<Identity>, Error> {
    let Some(issuer) = &state.issuer else {
        return Ok(None);
    };
    let subject = issuer.subject(text, state.runtime.now()).await;
    let Some(subject) = subject.map_err(|_| Error::IssuerUnreachable)? else {
        return Ok(None);
    };
    let user = if subject.is_client {
        None
    } else {
        users::find(&state.runtime, &subject.name).await?
    };
    Ok(Some(Identity::vouched(subject, user)))
}

fn claim(headers: &HeaderMap) -> Option<Claim> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, shown) = text.split_once(' ')?;
    let shown = shown.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Claim::Bearer(shown.to_owned())).filter(|_| !shown.is_empty());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(shown).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some(Claim::Password {
        name: name.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<Claim>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, header.parse().unwrap());
        assert_eq!(claim(&headers), expected, "{header}");
    }

    #[test]
    fn name_and_password_or_a_token_are_read_from_the_header() {
        let password = || {
            let (name, password) = ("grace".into(), "a:b".into());
            Some(Claim::Password { name, password })
        };
        check("Basic Z3JhY2U6YTpi", password());
        check("basic Z3JhY2U6YTpi", password());
        check("Bearer abc", Some(Claim::Bearer("abc".into())));
        check("bearer  abc ", Some(Claim::Bearer("abc".into())));
        check("Bearer ", None);
        check("Digest Z3JhY2U6YTpi", None);
        check("Basic !!!", None);
        check("Basic Z3JhY2U=", None);
    }
}
