//! All routes, and what surrounds them.

use crate::state::AppState;
use crate::{assets, csrf, error::Error, health, page, pages, security, session};
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

/// The longest that one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// The whole server: pages, assets, health.
pub fn router(state: AppState) -> Router {
    // The last layer is the outermost. A page passes: session, chrome, CSRF, the role guard of its route, its handler.
    let pages = pages::routes()
        .fallback(nowhere)
        .layer(from_fn(csrf::guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), page::chrome))
        .layer(from_fn_with_state(state.clone(), session::load));
    Router::new()
        .merge(health::routes())
        .merge(assets::routes())
        .merge(pages)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            REQUEST_LIMIT,
        ))
        .layer(CompressionLayer::new())
        .layer(from_fn(security::headers))
        .with_state(state)
}

async fn nowhere(uri: Uri) -> Error {
    Error::NotFound(format!("the page {}", uri.path()))
}

/// A bug in a handler: the page says so, and the panic itself is in the log already.
fn panicked(cause: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(cause.downcast_ref::<&str>().copied());
    axum::response::IntoResponse::into_response(Error::Bug(format!(
        "panic: {}",
        text.unwrap_or("no text")
    )))
}
