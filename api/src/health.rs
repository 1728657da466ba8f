//! `/health/live`: the program runs. `/health/ready`: it can also serve, because the store answers.

use crate::state::AppState;
use axum::Router;
use axum::routing::get;

/// For load balancers and service managers; open to everybody, says nothing but yes or no.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/health/live", get(|| async { "live\n" }))
}
