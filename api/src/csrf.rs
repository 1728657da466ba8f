//! No other site can make a signed-in browser change anything here.
//!
//! Two locks on every request that is not a read: the browser must say that the request comes from our own pages
//! (`Sec-Fetch-Site`, else `Origin`), and where somebody is signed in it must carry the token of the session, in the
//! field `csrf` of the form (first field, where the form holds files) or in the header `x-csrf-token`.
//! A guard around all pages, so that no handler can forget it.

use crate::error::Error;
use crate::session::Viewer;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;

/// The most that a page accepts in one request; a model may have 10 MiB (`xml::Limits`).
pub(crate) const BODY_LIMIT_BYTES: usize = 12 * 1024 * 1024;
/// How much of a request that is too long is read all the same.
const DISCARD_LIMIT_BYTES: usize = 128 * 1024 * 1024;
/// The field of each form that holds the session's token.
pub(crate) const FIELD: &str = "csrf";
const HEADER: &str = "x-csrf-token";

/// The fields of a posted form in their order, without the CSRF token.
pub(crate) struct Posted(pub(crate) Vec<(String, String)>);

impl Posted {
    /// The first value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Posted, Error> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(mut fields) = form.map_err(|problem| Error::Invalid(problem.body_text()))?;
        fields.retain(|(field, _)| field != FIELD);
        Ok(Posted(fields))
    }
}

/// Refuses what another site sent; see the head of this file.
pub(crate) async fn guard(request: Request, next: Next) -> Result<Response, Error> {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return Ok(next.run(request).await);
    }
    if !from_own_pages(request.headers()) {
        return Err(Error::ForeignRequest);
    }
    let viewer = request
        .extensions()
        .get::<Viewer>()
        .cloned()
        .unwrap_or_default();
    let Some(signed_in) = viewer.signed_in() else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let bytes = whole(body).await?;
    let mut copy = Request::new(Body::from(bytes.clone()));
    *copy.headers_mut() = parts.headers.clone();
    match token(copy, &bytes).await {
        Some(token) if same(&token, &signed_in.session().csrf) => Ok(next
            .run(Request::from_parts(parts, Body::from(bytes)))
            .await),
        Some(_) | None => Err(Error::StaleForm),
    }
}

/// Reads the body. One that is too long is read on for a while without keeping it: a browser shows our answer only after
/// it has sent everything.
async fn whole(mut body: Body) -> Result<Bytes, Error> {
    let (mut kept, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::Invalid("The connection broke off.".into()))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length += data.len();
        if length <= BODY_LIMIT_BYTES {
            kept.extend_from_slice(data);
        } else if length > DISCARD_LIMIT_BYTES {
            break;
        }
    }
    if length > BODY_LIMIT_BYTES {
        return Err(Error::TooLarge {
            limit_bytes: BODY_LIMIT_BYTES,
        });
    }
    Ok(kept.into())
}

/// Whether the browser says that one of our own pages sent this. A client that says neither is no browser: it carries no
/// cookie that another site could use.
pub(crate) fn from_own_pages(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match text(header::ORIGIN.as_str()) {
        None => true,
        Some(origin) => {
            origin.split_once("://").map(|(_, host)| host) == text(header::HOST.as_str())
        }
    }
}

async fn token(request: Request, body: &Bytes) -> Option<String> {
    if let Some(token) = request.headers().get(HEADER) {
        return token.to_str().ok().map(String::from);
    }
    let kind = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("multipart/form-data") {
        return form_urlencoded::parse(body)
            .find(|(field, _)| field == FIELD)
            .map(|(_, value)| value.into_owned());
    }
    let mut multipart = Multipart::from_request(request, &()).await.ok()?;
    let first = multipart.next_field().await.ok()??;
    if first.name() == Some(FIELD) {
        first.text().await.ok()
    } else {
        None
    }
}

/// Compares in a time that does not tell how much was right.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len()
        && left
            .bytes()
            .zip(right.bytes())
            .fold(0, |differing, (a, b)| differing | (a ^ b))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &str)], expected: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        assert_eq!(from_own_pages(&map), expected, "{headers:?}");
    }

    #[test]
    fn only_our_own_pages_may_post() {
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "none")], false);
        check(
            &[
                ("origin", "http://localhost:8080"),
                ("host", "localhost:8080"),
            ],
            true,
        );
        check(
            &[
                ("origin", "https://evil.example"),
                ("host", "localhost:8080"),
            ],
            false,
        );
        check(&[("origin", "null"), ("host", "localhost:8080")], false);
        check(&[("host", "localhost:8080")], true);
        // What the browser says of the site outweighs an origin that looks right.
        check(
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://a"),
                ("host", "a"),
            ],
            false,
        );
    }

    #[test]
    fn tokens_are_the_same_only_letter_for_letter() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd"));
        assert!(!same("abc", "abcd"));
        assert!(!same("", "a"));
    }
}
