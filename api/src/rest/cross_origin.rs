//! Pages of other sites (CORS): none may use the API, but those whose origins an option names. They never come with a cookie or a password
//! that the browser remembers: a script has to show a token of its own.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::CorsLayer;

use crate::request_ids;
use crate::rest::idempotency;

/// How long a browser remembers what it was told.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// An origin, such as `https://tools.example.org`.
///
/// # Errors
/// One line with the way out.
pub(crate) fn origin(text: &str) -> Result<HeaderValue, String> {
    let way_out = "write for example --allowed-origin https://tools.example.org";
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
    rest.filter(|rest| !rest.is_empty() && rest.chars().all(fits))
        .and_then(|_| HeaderValue::from_str(text).ok())
        .ok_or_else(|| format!("--allowed-origin {text:?} is no origin of pages; {way_out}"))
}

/// What browsers are told, where some origins are allowed.
pub(super) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods(methods)
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            idempotency::KEY,
            request_ids::HEADER,
        ])
        .expose_headers([
            request_ids::HEADER,
            header::RETRY_AFTER,
            HeaderName::from_static("idempotency-replayed"),
        ])
        .max_age(REMEMBERED)
}

/// Whether a request comes from a page of an allowed origin.
pub(super) fn is_allowed(origins: &[HeaderValue], headers: &HeaderMap) -> bool {
    headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origins.contains(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for good in [
            "https://a.example",
            "http://localhost:3000",
            "http://[::1]:80",
        ] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for wrong in [
            "*",
            "a.example",
            "https://",
            "https://a/b",
            "https://*.a",
            "null",
        ] {
            assert!(
                origin(wrong).unwrap_err().contains("is no origin"),
                "{wrong}"
            );
        }
    }
}
