//! `/test/clock`: tests move the time, where the program was started with `--test-clock`; otherwise it is not there.

use crate::error::Error;
use crate::state::AppState;
use axum::extract::State;
use axum::routing::get;
use axum::{Form, Router};
use jiff::Span;
use serde::Deserialize;

/// `GET` says the time. `POST` with the field `advance`, an ISO 8601 duration such as `P30D`, moves it: timers on the way
/// have fired, each at its own time, when the answer comes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/test/clock", get(show).post(advance))
}

#[derive(Deserialize)]
struct Move {
    advance: String,
}

async fn show(State(state): State<AppState>) -> String {
    state.runtime.now().to_string()
}

async fn advance(State(state): State<AppState>, Form(asked): Form<Move>) -> Result<String, Error> {
    let invalid = |problem: jiff::Error| Error::Invalid(format!("advance: {problem}"));
    let by: Span = asked.advance.parse().map_err(invalid)?;
    let now = state
        .runtime
        .now()
        .to_zoned(state.calendar().zone().clone());
    let to = now.checked_add(by).map_err(invalid)?;
    state.runtime.clock().set(to.timestamp());
    state.runtime.wait_idle().await;
    Ok(state.runtime.now().to_string())
}
