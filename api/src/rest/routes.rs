//! The addresses under `/v2`, and what answers them.

use crate::csrf::BODY_LIMIT_BYTES;
use crate::openapi;
use crate::rest::{
    ad_hoc, audit_logs, authentication, authorizations, batch_creation, batch_operations, clock,
    cloud_events, dead_letters, deadlines, decision_instances, decision_requirements, decisions,
    definition_statistics, definitions, deployments, document_reads, documents, elements, events,
    expressions, forms, groups, holds, incident_statistics, incidents, instances, job_search, jobs,
    members, message_subscriptions, migration, modification, progress, resource_reads, resources,
    scope_variables, suspension, task_changes, tokens, topology, user_tasks, users, wait_states,
    webhooks,
};
use crate::server::gzip_only;
use crate::state::AppState;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use serde_json::Value;

/// What callers are let in to.
pub(super) fn known() -> Router<AppState> {
    Router::new()
        .route("/topology", get(topology::show))
        .route(
            "/deployments",
            post(deployments::create).layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES)),
        )
        .route("/resources/{key}/deletion", post(resources::delete))
        .route("/resources/search", post(resource_reads::search))
        .route("/resources/{key}", get(resource_reads::one))
        .route(
            "/resources/{key}/content/binary",
            get(resource_reads::content),
        )
        .route("/forms/{key}", get(forms::one))
        .route(
            "/decision-requirements/search",
            post(decision_requirements::search),
        )
        .route(
            "/decision-requirements/{key}",
            get(decision_requirements::one),
        )
        .route(
            "/decision-requirements/{key}/xml",
            get(decision_requirements::xml),
        )
        .route("/decision-definitions/search", post(decisions::search))
        .route(
            "/decision-definitions/evaluation",
            post(decisions::evaluate),
        )
        .route("/decision-definitions/{key}", get(decisions::one))
        .route("/decision-definitions/{key}/xml", get(decisions::xml))
        .route(
            "/decision-instances/search",
            post(decision_instances::search),
        )
        .route("/decision-instances/{key}", get(decision_instances::one))
        .route("/expression/evaluation", post(expressions::evaluate))
        .route("/clock", put(clock::pin))
        .route("/clock/reset", post(clock::reset))
        .route("/jobs/activation", post(jobs::activate))
        .route("/jobs/search", post(job_search::search))
        .route("/jobs/{key}", patch(jobs::update))
        .route("/jobs/{key}/completion", post(jobs::complete))
        .route("/jobs/{key}/failure", post(jobs::fail))
        .route("/jobs/{key}/error", post(jobs::throw))
        .route(
            "/message-subscriptions/search",
            post(message_subscriptions::search),
        )
        .route("/messages/publication", post(events::publish))
        .route("/messages/correlation", post(events::correlate))
        .route("/signals/broadcast", post(events::broadcast))
        .route(
            "/element-instances/ad-hoc-activities/{key}/activation",
            post(ad_hoc::activate),
        )
        .route(
            "/process-instances/{key}/hold",
            put(holds::hold_instance).delete(holds::release_instance),
        )
        .route(
            "/cases/{businessId}/hold",
            put(holds::hold_case).delete(holds::release_case),
        )
        .route("/holds", get(holds::list))
        .merge(deadline_routes())
        .merge(task_routes())
        .merge(instance_routes())
        .merge(definition_routes())
        .merge(access_routes())
        .merge(webhook_routes())
        .merge(document_routes())
        .merge(batch_routes())
}

fn deadline_routes() -> Router<AppState> {
    Router::new()
        .route("/deadlines/search", post(deadlines::search))
        .route(
            "/deadlines/recomputation",
            get(deadlines::recomputing).post(deadlines::recompute),
        )
        .route("/deadlines/{key}", get(deadlines::one))
        .route("/deadlines/{key}/pause", post(deadlines::pause))
        .route("/deadlines/{key}/resumption", post(deadlines::resume))
        .route("/deadlines/{key}/extension", post(deadlines::extend))
        .route("/deadlines/{key}/explanation", post(deadlines::explain))
        .route(
            "/cases/{businessId}/calendar",
            put(deadlines::choose_calendar),
        )
}

fn task_routes() -> Router<AppState> {
    Router::new()
        .route("/user-tasks/search", post(user_tasks::search))
        .route(
            "/user-tasks/{key}",
            get(user_tasks::one).patch(task_changes::update),
        )
        .route("/user-tasks/{key}/assignment", post(task_changes::assign))
        .route("/user-tasks/{key}/assignee", delete(task_changes::unassign))
        .route("/user-tasks/{key}/completion", post(task_changes::complete))
        .route("/user-tasks/{key}/form", get(forms::of_task))
        .route(
            "/user-tasks/{key}/audit-logs/search",
            post(audit_logs::of_task),
        )
        .route("/audit-logs/search", post(audit_logs::search))
        .route("/audit-logs/{key}", get(audit_logs::one))
        .route(
            "/user-tasks/{key}/variables/search",
            post(scope_variables::of_task),
        )
        .route(
            "/user-tasks/{key}/effective-variables/search",
            post(scope_variables::effective_of_task),
        )
}

fn instance_routes() -> Router<AppState> {
    Router::new()
        .route("/process-instances", post(instances::create))
        .route("/process-instances/search", post(instances::search))
        .route("/process-instances/{key}", get(instances::one))
        .route(
            "/process-instances/{key}/cancellation",
            post(instances::cancel),
        )
        .route(
            "/process-instances/{key}/migration",
            post(migration::migrate),
        )
        .route(
            "/process-instances/{key}/migration/check",
            post(migration::check),
        )
        .route(
            "/process-instances/{key}/migration/undo",
            post(migration::undo),
        )
        .route(
            "/process-instances/{key}/suspension",
            post(suspension::suspend),
        )
        .route(
            "/process-instances/{key}/resumption",
            post(suspension::resume),
        )
        .route(
            "/process-instances/{key}/modification",
            post(modification::modify),
        )
        .route(
            "/process-instances/{key}/incidents/search",
            post(incidents::of_instance),
        )
        .route(
            "/process-instances/{key}/call-hierarchy",
            get(progress::calls),
        )
        .route(
            "/process-instances/{key}/sequence-flows",
            get(progress::flows),
        )
        .route(
            "/process-instances/{key}/statistics/element-instances",
            get(progress::statistics),
        )
        .route(
            "/process-instances/{key}/statistics/wait-states",
            get(wait_states::statistics),
        )
        .route("/incidents/search", post(incidents::search))
        .route(
            "/incidents/statistics/process-instances-by-error",
            post(incident_statistics::by_error),
        )
        .route(
            "/incidents/statistics/process-instances-by-definition",
            post(incident_statistics::by_definition),
        )
        .route("/incidents/{key}", get(incidents::one))
        .route("/incidents/{key}/resolution", post(incidents::resolve))
        .route("/variables/search", post(scope_variables::search))
        .route("/variables/{key}", get(scope_variables::one))
        .route("/element-instances/search", post(elements::search))
        .route(
            "/element-instances/wait-states/search",
            post(wait_states::search),
        )
        .route(
            "/element-instances/{key}/incidents/search",
            post(incidents::of_element),
        )
        .route("/element-instances/{key}", get(elements::one))
        .route(
            "/element-instances/{key}/variables",
            put(scope_variables::set),
        )
}

fn batch_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/process-instances/cancellation",
            post(batch_creation::cancel),
        )
        .route(
            "/process-instances/incident-resolution",
            post(batch_creation::resolve),
        )
        .route("/process-instances/deletion", post(batch_creation::delete))
        .route(
            "/process-instances/modification",
            post(batch_creation::modify),
        )
        .route(
            "/process-instances/migration",
            post(batch_creation::migrate),
        )
        .route(
            "/process-instances/suspension",
            post(batch_creation::suspend),
        )
        .route(
            "/process-instances/resumption",
            post(batch_creation::resume),
        )
        .route(
            "/process-instances/{key}/deletion",
            post(batch_creation::delete_one),
        )
        .route(
            "/process-instances/{key}/incident-resolution",
            post(batch_creation::resolve_one),
        )
        .route("/batch-operations/search", post(batch_operations::search))
        .route("/batch-operations/{key}", get(batch_operations::one))
        .route(
            "/batch-operations/{key}/suspension",
            post(batch_operations::suspend),
        )
        .route(
            "/batch-operations/{key}/resumption",
            post(batch_operations::resume),
        )
        .route(
            "/batch-operations/{key}/cancellation",
            post(batch_operations::cancel),
        )
        .route(
            "/batch-operations/{key}/retry",
            post(batch_operations::retry),
        )
        .route(
            "/batch-operation-items/search",
            post(batch_operations::items),
        )
}

fn document_routes() -> Router<AppState> {
    // They are streamed, and have a limit of their own.
    let unlimited = DefaultBodyLimit::disable;
    Router::new()
        .route("/documents", post(documents::create).layer(unlimited()))
        .route(
            "/documents/batch",
            post(documents::create_several).layer(unlimited()),
        )
        .route(
            "/documents/{id}",
            get(document_reads::content).delete(document_reads::delete),
        )
        .route("/documents/{id}/links", post(document_reads::link))
        .layer(gzip_only())
}

fn webhook_routes() -> Router<AppState> {
    Router::new()
        .route("/events", post(cloud_events::take))
        .route("/webhooks", post(webhooks::create).get(webhooks::list))
        .route(
            "/webhooks/{id}",
            get(webhooks::one)
                .patch(webhooks::change)
                .delete(webhooks::remove),
        )
        .route("/webhooks/{id}/pause", post(webhooks::pause))
        .route("/webhooks/{id}/resumption", post(webhooks::resume))
        .route("/webhooks/{id}/secret-rotation", post(webhooks::rotate))
        .route(
            "/webhooks/{id}/dead-letters/search",
            post(dead_letters::search),
        )
        .route(
            "/webhooks/{id}/dead-letters/replay",
            post(dead_letters::replay),
        )
}

fn definition_routes() -> Router<AppState> {
    Router::new()
        .route("/process-definitions/search", post(definitions::search))
        .route(
            "/process-definitions/statistics/process-instances",
            post(definition_statistics::by_process),
        )
        .route(
            "/process-definitions/statistics/process-instances-by-version",
            post(definition_statistics::by_version),
        )
        .route("/process-definitions/{key}", get(definitions::one))
        .route("/process-definitions/{key}/xml", get(definitions::xml))
        .route("/process-definitions/{key}/form", get(forms::of_start))
        .route(
            "/process-definitions/{key}/statistics/element-instances",
            post(progress::of_definition),
        )
}

/// Who may do what.
fn access_routes() -> Router<AppState> {
    Router::new()
        .route("/authentication/me", get(authentication::me))
        .route(
            "/authentication/me/authorizations/search",
            post(authorizations::own),
        )
        .route("/users", post(users::create))
        .route("/users/search", post(users::search))
        .route(
            "/users/{username}",
            get(users::one).put(users::update).delete(users::remove),
        )
        .route("/authorizations", post(authorizations::create))
        .route("/authorizations/search", post(authorizations::search))
        .route(
            "/authorizations/{key}",
            get(authorizations::one)
                .put(authorizations::update)
                .delete(authorizations::remove),
        )
        .merge(groups::routes())
        .merge(members::routes())
        .route("/tokens", post(tokens::create))
        .route("/tokens/search", post(tokens::search))
        .route("/tokens/{tokenId}", get(tokens::one).delete(tokens::revoke))
}

/// What clients ask before they say who they are.
pub(super) fn open() -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(described))
        .route("/license", get(authentication::license))
        .route("/status", get(authentication::status))
        .route(
            "/documents/{id}/links",
            get(document_reads::follow).layer(gzip_only()),
        )
}

async fn described() -> Json<&'static Value> {
    Json(openapi::document())
}
