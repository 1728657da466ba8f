//! The JSON API under `/v2`, in the shapes that existing clients speak.
//!
//! Keys are decimal strings. Every answer has all the fields that its clients require, `null` where there is nothing.
//! Failures are problem documents (RFC 9457).

mod ad_hoc;
mod audit_logs;
mod auth;
mod authentication;
mod authorizations;
mod batch_creation;
mod batch_operations;
mod clock;
mod cloud_events;
mod cross_origin;
mod cursors;
mod dead_letters;
mod deadlines;
mod decision_instances;
mod decision_requirements;
mod decisions;
mod definition_statistics;
mod definitions;
mod deployments;
mod document_reads;
mod documents;
mod elements;
mod events;
mod expressions;
mod fields;
mod filters;
mod forms;
mod groups;
mod holds;
mod idempotency;
mod incident_statistics;
mod incidents;
mod instances;
mod job_search;
mod jobs;
mod listing;
mod members;
mod message_subscriptions;
mod migration;
mod modification;
mod problem;
mod progress;
mod resource_reads;
mod resources;
mod roots;
mod routes;
mod scope_variables;
mod search;
mod searches;
mod suspension;
mod table;
mod task_changes;
mod tokens;
mod topology;
mod user_tasks;
mod users;
mod variable_filters;
mod variable_keys;
mod variables;
mod wait_states;
mod webhooks;

use crate::carried;
use crate::error::Error;
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use auth::only_reads;
pub(crate) use cross_origin::origin;
pub(crate) use expressions::tried;
pub(crate) use idempotency::prune;
pub(crate) use searches::searches;

/// The longest body of JSON. Objects and lists in it may lie 127 deep in one another, which is what `serde_json` reads.
pub(crate) const JSON_LIMIT_BYTES: usize = 2 * 1024 * 1024;

/// Where documents come, which takes its time.
pub(crate) const UPLOADS: [&str; 2] = ["/v2/documents", "/v2/documents/batch"];

/// The only tenant.
pub(crate) const TENANT: &str = "<default>";

/// Everything under `/v2`.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let known = routes::known()
        .route_layer(from_fn_with_state(state.clone(), idempotency::once))
        .route_layer(from_fn_with_state(state.clone(), auth::guard))
        .merge(routes::open())
        .fallback(nowhere);
    // Outside of the nest: there a failure knows its whole address.
    let all = Router::new()
        .nest("/v2", known)
        .layer(DefaultBodyLimit::max(JSON_LIMIT_BYTES));
    let all = problem::around(all).layer(from_fn_with_state(state.clone(), carried::through));
    match state.settings.allowed_origins.as_slice() {
        [] => all,
        origins => all.layer(cross_origin::layer(origins)),
    }
}

async fn nowhere(uri: Uri) -> Error {
    Error::NotFound(format!("the address /v2{}", uri.path()))
}

fn too_large() -> Error {
    Error::TooLarge {
        limit_bytes: JSON_LIMIT_BYTES,
    }
}

/// A JSON body. Clients send an empty one, or `null`, where they have nothing to say.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Error> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|problem| match problem.status() {
                StatusCode::PAYLOAD_TOO_LARGE => too_large(),
                _ => Error::Invalid(problem.body_text()),
            })?;
        let invalid = |problem: serde_json::Error| {
            Error::Invalid(format!("The body cannot be read: {problem}."))
        };
        let value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(invalid)?
        };
        match value {
            Value::Null => Ok(Body(T::default())),
            Value::Object(_) => serde_json::from_value(value).map(Body).map_err(invalid),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(Error::Invalid("The body is no JSON object.".into()))
            }
        }
    }
}
