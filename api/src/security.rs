//! The headers that tell a browser how little a page may do.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'";
/// The diagram viewer positions its parts with style attributes.
const DIAGRAM_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
                              img-src 'self' data:; font-src 'self' data:; form-action 'self'; base-uri 'none'; \
                              frame-ancestors 'none'; connect-src 'self'";

/// In the extensions of a response: the page shows a diagram.
#[derive(Clone, Copy)]
pub(crate) struct ShowsDiagram;

/// Adds the headers to every response. What a handler has set itself stays.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = if response.extensions().get::<ShowsDiagram>().is_some() {
        DIAGRAM_POLICY
    } else {
        POLICY
    };
    let rules: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it, browsers send `Origin: null` with our own forms. Other sites are told nothing either way.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        // Pages hold personal data: nothing of them stays in a cache.
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in rules {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
