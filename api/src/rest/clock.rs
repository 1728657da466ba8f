//! `/v2/clock`: programs that test timers move the time, where the server was started with `--test-clock`.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity};
use crate::roles::ADMINISTRATION;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pin {
    /// Milliseconds since 1970.
    timestamp: Option<i64>,
}

/// `PUT /v2/clock` with `{"timestamp": 1772431200000}`: the clock stands at that time, earlier or later than now. Timers on
/// the way have fired, each at its own time, when the answer comes.
pub(super) async fn pin(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Pin>,
) -> Result<StatusCode, Error> {
    movable(&state, &caller)?;
    let time = asked
        .timestamp
        .and_then(|time| Timestamp::from_millisecond(time).ok());
    let time = time
        .ok_or_else(|| Error::Invalid("timestamp is a time in milliseconds since 1970.".into()))?;
    state.runtime.clock().pin(time);
    state.runtime.wait_idle().await;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v2/clock/reset`: the clock goes with the system's from now on.
pub(super) async fn reset(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<StatusCode, Error> {
    movable(&state, &caller)?;
    state.runtime.clock().reset();
    state.runtime.wait_idle().await;
    Ok(StatusCode::NO_CONTENT)
}

fn movable(state: &AppState, caller: &Identity) -> Result<(), Error> {
    if state.settings.test_clock.is_none() {
        return Err(Error::Closed(
            "The clock moves only where the server was started with --test-clock.".into(),
        ));
    }
    caller.need_any(ADMINISTRATION)
}
