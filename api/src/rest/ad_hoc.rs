//! Ad-hoc subprocesses: what is inside is started by whoever chooses.

use crate::access::words::{COMPLETE_USER_TASK, MODIFY_PROCESS_INSTANCE};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::auth::rights::check;
use crate::rest::search;
use crate::rest::variables::variables;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::elements::ElementStart;
use bpmn::{Command, Rejection};
use runtime::Request;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Activation {
    elements: Vec<Started>,
    cancel_remaining_instances: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Started {
    element_id: String,
    variables: Option<Value>,
}

/// `POST /v2/element-instances/ad-hoc-activities/{key}/activation`. All of the elements are started, or none.
pub(super) async fn activate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Activation>,
) -> Result<StatusCode, Error> {
    let ad_hoc = search::key(&key)?;
    if asked.elements.is_empty() {
        return Err(Error::Invalid(
            "elements is missing: at least one is to be started.".into(),
        ));
    }
    let elements = asked.elements.into_iter().map(start);
    let command = Command::ActivateElements {
        ad_hoc,
        elements: elements.collect::<Result<_, _>>()?,
        cancel_remaining: asked.cancel_remaining_instances,
    };
    let what = format!("the ad-hoc subprocess {key}");
    let permissions = [MODIFY_PROCESS_INSTANCE, COMPLETE_USER_TASK];
    check(&state, &caller, &permissions, ad_hoc, &what).await?;
    let request = Request::by(&caller).command(ad_hoc.instance(), command);
    match state.runtime.submit(request).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(runtime::Error::Rejected(Rejection::NotStartable { name, element })) => Err(
            Error::NotFound(format!("an element {element:?} to start in {name:?}")),
        ),
        Err(other) => Err(other.into()),
    }
}

fn start(started: Started) -> Result<ElementStart, Error> {
    if started.element_id.is_empty() {
        return Err(Error::Invalid("elementId is missing.".into()));
    }
    Ok(ElementStart {
        element: started.element_id.into(),
        variables: variables(started.variables)?,
    })
}
