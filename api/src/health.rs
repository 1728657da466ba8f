//! `/health/live`: the program runs. `/health/ready`: it can also serve, because the store answers.

use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

/// For load balancers and service managers; open to everybody, says nothing but yes or no.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
}

/// Asks the store; a load balancer keeps away while it does not answer.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.runtime.ping().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(problem) => {
            tracing::warn!("not ready: {problem}");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
        }
    }
}
