//! The pages. Each module has one `routes()`, which names its addresses and the roles that may use them:
//!
//! ```text
//! pub(crate) fn routes() -> Router<AppState> {
//!     only(CASE_WORK, Router::new().route("/inbox", get(show).post(claim)))
//! }
//! ```

mod processes;
mod sign_in;

use crate::state::AppState;
use axum::Router;

/// All of them.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(sign_in::routes())
        .merge(processes::routes())
}
