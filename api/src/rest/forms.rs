//! Forms as clients fetch them: of a user task, of a process that is started with one, and by their keys.

use crate::access::words::{READ, RESOURCE};
use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::{TENANT, definitions, search, user_tasks};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bpmn::{Catalog, FormResource};
use serde_json::json;

/// `GET /v2/user-tasks/{userTaskKey}/form`: 204 where the task has none.
pub(super) async fn of_task(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let task = user_tasks::task(&state, &caller, &key).await?;
    let catalog = state.runtime.catalog();
    let form = task.form.as_deref();
    let form = form.and_then(|id| catalog.task_form(id, task.definition, &task.element));
    Ok(answer(form.map(AsRef::as_ref)))
}

/// `GET /v2/process-definitions/{processDefinitionKey}/form`: 204 where the process is started without one.
pub(super) async fn of_start(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let definition = definitions::definition(&state, &caller, &key).await?;
    let catalog = definitions::catalog_with(&state, &[definition.key]).await?;
    let form = catalog
        .process(definition.key)
        .and_then(|process| process.definition.start_form())
        .and_then(|form| catalog.bound_form(form.id.literal()?, &form.binding, definition.key));
    Ok(answer(form.map(AsRef::as_ref)))
}

/// `GET /v2/forms/{formKey}`: whatever became of its version.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let form = search::key(&key)?;
    let has_it = |catalog: &Catalog| catalog.form_version(form).is_some();
    let catalog = definitions::catalog_where(&state, has_it).await?;
    let missing = || Error::NotFound(format!("the form {key}"));
    let form = catalog.form_version(form).ok_or_else(missing)?;
    caller.rights().need(RESOURCE, READ, &form.id)?;
    Ok(answer(Some(form)))
}

fn answer(form: Option<&FormResource>) -> Response {
    match form {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(form) => Json(json!({
            "tenantId": TENANT, "formId": form.id, "schema": form.text, "version": form.version,
            "formKey": form.key.to_string(),
        }))
        .into_response(),
    }
}
