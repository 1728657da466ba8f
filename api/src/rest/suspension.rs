//! Suspension and resumption of a running instance, with all that it has called. Beyond what Camunda's clients send, `reason` may
//! say why; it stands in the history.

use crate::access::words::SUSPEND_PROCESS_INSTANCE;
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::modification::{allowed, give};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::{Command, Rejection};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    reason: Option<String>,
}

/// `POST /v2/process-instances/{processInstanceKey}/suspension`: 409 where it is suspended already.
pub(super) async fn suspend(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    let instance = allowed(&state, &caller, &key, SUSPEND_PROCESS_INSTANCE).await?;
    match give(&state, &caller, instance, Command::Suspend, asked.reason).await {
        Err(Error::Runtime(runtime::Error::Rejected(Rejection::Suspended { since }))) => {
            Err(Error::Conflict {
                message: format!("The process instance {key} is suspended since {since}."),
                way_out: "Nothing was changed.".into(),
            })
        }
        done => done,
    }
}

/// `POST /v2/process-instances/{processInstanceKey}/resumption`: 409 where it is not suspended.
pub(super) async fn resume(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    let instance = allowed(&state, &caller, &key, SUSPEND_PROCESS_INSTANCE).await?;
    give(&state, &caller, instance, Command::Resume, asked.reason).await
}
