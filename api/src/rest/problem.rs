//! Failures as problem documents (RFC 9457): `{"type", "title", "status", "detail", "instance"}`.

use crate::error::{self, Error};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// Around the API: every failure is a problem document, a bug in a handler as well.
pub(super) fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(worded))
}

/// Words the [`Error`] that a handler answered with.
async fn worded(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Arc<Error>>() else {
        return response;
    };
    let told = error::told(&problem);
    let reference = error::reference();
    error::log(&problem, &told, &reference, &method, &path);
    let mut body = json!({
        "type": "about:blank",
        "title": title(&problem, told.status),
        "status": told.status.as_u16(),
        "detail": format!("{} {}", told.detail, told.way_out),
        "instance": path,
        "reference": reference,
    });
    if let Error::Undeployable { report, .. } = &*problem {
        body["report"] = report.clone();
    }
    let mut response = (told.status, body.to_string()).into_response();
    error::come_again(&mut response);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Error::TooManyAttempts { wait_s } | Error::TooManyRequests { wait_s } = *problem {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    }
    if matches!(*problem, Error::SignInNeeded { .. }) {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"caseway\", charset=\"UTF-8\""),
        );
        headers.append(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"caseway\""),
        );
    }
    response
}

/// What a failure is called: the engine's code for a command that it refused, else the phrase of the status. Clients try again what
/// is called `RESOURCE_EXHAUSTED`.
fn title(problem: &Error, status: StatusCode) -> &'static str {
    let is_refused = matches!(problem, Error::Runtime(_) | Error::Conflict { .. });
    match (problem, status) {
        (Error::Runtime(runtime::Error::DuplicateMessage { .. }), _) => "ALREADY_EXISTS",
        (_, StatusCode::CONFLICT) if is_refused => "INVALID_STATE",
        (_, StatusCode::NOT_FOUND) if is_refused => "NOT_FOUND",
        (_, StatusCode::SERVICE_UNAVAILABLE) => "RESOURCE_EXHAUSTED",
        (_, status) => status.canonical_reason().unwrap_or("Error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    async fn broken() -> StatusCode {
        panic!("a bug with Amina's name in it")
    }

    #[tokio::test]
    async fn a_bug_in_a_handler_is_a_problem_that_says_nothing_of_its_cause() {
        let routes = around(Router::new().route("/v2/x", get(broken)));
        let request = Request::get("/v2/x").body(Body::empty()).unwrap();
        let response = routes.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["instance"], "/v2/x");
        assert!(!problem.to_string().contains("Amina"), "{problem}");
    }
}
