//! The searches that the OpenAPI document tells of.

use crate::rest::filters::Kind;
use crate::rest::{
    audit_logs, authorizations, dead_letters, deadlines, decision_instances, decision_requirements,
    decisions, definition_statistics, definitions, elements, incident_statistics, incidents,
    instances, job_search, message_subscriptions, resource_reads, scope_variables, tokens,
    user_tasks, users, wait_states,
};
use serde_json::Value;

/// The searches, and what each can be filtered and sorted by: the schema of its values.
pub(crate) fn searches() -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let searches = [
        ("/audit-logs/search", audit_logs::LINES.named()),
        ("/authorizations/search", authorizations::LISTING.named()),
        ("/deadlines/search", deadlines::DEADLINES.named()),
        ("/decision-definitions/search", decisions::DECISIONS.named()),
        (
            "/decision-instances/search",
            decision_instances::DECISIONS.named(),
        ),
        (
            "/decision-requirements/search",
            decision_requirements::REQUIREMENTS.named(),
        ),
        ("/element-instances/search", elements::ELEMENTS.named()),
        (
            "/element-instances/wait-states/search",
            wait_states::WAITS.named(),
        ),
        (
            "/element-instances/{elementInstanceKey}/incidents/search",
            incidents::INCIDENTS.named(),
        ),
        ("/incidents/search", incidents::INCIDENTS.named()),
        (
            "/incidents/statistics/process-instances-by-error",
            incident_statistics::ERRORS.named(),
        ),
        (
            "/incidents/statistics/process-instances-by-definition",
            incident_statistics::VERSIONS.named(),
        ),
        ("/jobs/search", job_search::JOBS.named()),
        (
            "/message-subscriptions/search",
            message_subscriptions::SUBSCRIPTIONS.named(),
        ),
        (
            "/process-definitions/statistics/process-instances",
            definition_statistics::PROCESSES.named(),
        ),
        (
            "/process-definitions/statistics/process-instances-by-version",
            definition_statistics::VERSIONS.named(),
        ),
        (
            "/process-definitions/search",
            definitions::DEFINITIONS.named(),
        ),
        ("/process-instances/search", instances::INSTANCES.named()),
        (
            "/process-instances/{processInstanceKey}/incidents/search",
            incidents::INCIDENTS.named(),
        ),
        ("/resources/search", resource_reads::RESOURCES.named()),
        ("/tokens/search", tokens::TOKENS.named()),
        (
            "/user-tasks/{userTaskKey}/audit-logs/search",
            audit_logs::LINES.named(),
        ),
        (
            "/user-tasks/{userTaskKey}/effective-variables/search",
            scope_variables::VARIABLES.named(),
        ),
        (
            "/user-tasks/{userTaskKey}/variables/search",
            scope_variables::VARIABLES.named(),
        ),
        ("/user-tasks/search", user_tasks::TASKS.named()),
        ("/users/search", users::USERS.named()),
        ("/variables/search", scope_variables::VARIABLES.named()),
        (
            "/webhooks/{webhookId}/dead-letters/search",
            dead_letters::LETTERS.named(),
        ),
    ];
    let schemas = |fields: Vec<(&'static str, Kind)>| {
        let fields = fields.into_iter();
        fields.map(|(name, kind)| (name, kind.schema())).collect()
    };
    let searches = searches.into_iter();
    searches
        .map(|(path, fields)| (path, schemas(fields)))
        .collect()
}
