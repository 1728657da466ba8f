//! The words of the API for what is protected, how, and for whom.

/// Kinds of owners. Rules that map claims to names are not here: the settings say which claims count.
pub(crate) const OWNERS: &[&str] = &["USER", "CLIENT", "ROLE", "GROUP"];

/// What can be protected.
pub(crate) const RESOURCES: &[&str] = &[
    AUDIT_LOG,
    AUTHORIZATION,
    "BACKUP",
    BATCH,
    "CLUSTER_VARIABLE",
    "COMPONENT",
    DECISION_DEFINITION,
    "DECISION_REQUIREMENTS_DEFINITION",
    DOCUMENT,
    "EXPORTER",
    EXPRESSION,
    "GLOBAL_LISTENER",
    GROUP,
    "MAPPING_RULE",
    MESSAGE,
    PROCESS_DEFINITION,
    RESOURCE,
    ROLE,
    "SECRET",
    SYSTEM,
    "TENANT",
    USER,
    "USER_TASK",
];

pub(crate) const AUDIT_LOG: &str = "AUDIT_LOG";
pub(crate) const AUTHORIZATION: &str = "AUTHORIZATION";
pub(crate) const BATCH: &str = "BATCH";
pub(crate) const DECISION_DEFINITION: &str = "DECISION_DEFINITION";
pub(crate) const DOCUMENT: &str = "DOCUMENT";
pub(crate) const EXPRESSION: &str = "EXPRESSION";
pub(crate) const GROUP: &str = "GROUP";
pub(crate) const MESSAGE: &str = "MESSAGE";
pub(crate) const PROCESS_DEFINITION: &str = "PROCESS_DEFINITION";
pub(crate) const RESOURCE: &str = "RESOURCE";
pub(crate) const ROLE: &str = "ROLE";
pub(crate) const SYSTEM: &str = "SYSTEM";
pub(crate) const USER: &str = "USER";

/// What can be permitted.
pub(crate) const PERMISSIONS: &[&str] = &[
    "ACCESS",
    CANCEL_PROCESS_INSTANCE,
    "CLAIM",
    CLAIM_USER_TASK,
    "COMPLETE",
    COMPLETE_USER_TASK,
    CREATE,
    "CREATE_BATCH_OPERATION_CANCEL_PROCESS_INSTANCE",
    "CREATE_BATCH_OPERATION_DELETE_DECISION_DEFINITION",
    "CREATE_BATCH_OPERATION_DELETE_DECISION_INSTANCE",
    "CREATE_BATCH_OPERATION_DELETE_PROCESS_DEFINITION",
    "CREATE_BATCH_OPERATION_DELETE_PROCESS_INSTANCE",
    "CREATE_BATCH_OPERATION_MIGRATE_PROCESS_INSTANCE",
    "CREATE_BATCH_OPERATION_MODIFY_PROCESS_INSTANCE",
    "CREATE_BATCH_OPERATION_RESOLVE_INCIDENT",
    "CREATE_BATCH_OPERATION_SUSPEND_PROCESS_INSTANCE",
    "CREATE_BATCH_OPERATION_UPDATE_JOB",
    CREATE_DECISION_INSTANCE,
    CREATE_PROCESS_INSTANCE,
    "CREATE_TASK_LISTENER",
    DELETE,
    "DELETE_DECISION_INSTANCE",
    DELETE_DRD,
    DELETE_FORM,
    DELETE_PROCESS,
    DELETE_PROCESS_INSTANCE,
    "DELETE_RESOURCE",
    "DELETE_TASK_LISTENER",
    EVALUATE,
    MODIFY_PROCESS_INSTANCE,
    "PAUSE",
    READ,
    READ_DECISION_DEFINITION,
    READ_DECISION_INSTANCE,
    "READ_JOB_METRIC",
    READ_PROCESS_DEFINITION,
    READ_PROCESS_INSTANCE,
    "READ_USAGE_METRIC",
    READ_USER_TASK,
    "READ_TASK_LISTENER",
    "RESTORE",
    "REVEAL",
    SUSPEND_PROCESS_INSTANCE,
    UPDATE,
    UPDATE_PROCESS_INSTANCE,
    UPDATE_USER_TASK,
    "UPDATE_TASK_LISTENER",
];

pub(crate) const CANCEL_PROCESS_INSTANCE: &str = "CANCEL_PROCESS_INSTANCE";
pub(crate) const CLAIM_USER_TASK: &str = "CLAIM_USER_TASK";
pub(crate) const COMPLETE_USER_TASK: &str = "COMPLETE_USER_TASK";
pub(crate) const CREATE: &str = "CREATE";
pub(crate) const CREATE_DECISION_INSTANCE: &str = "CREATE_DECISION_INSTANCE";
pub(crate) const CREATE_PROCESS_INSTANCE: &str = "CREATE_PROCESS_INSTANCE";
pub(crate) const DELETE: &str = "DELETE";
pub(crate) const DELETE_DRD: &str = "DELETE_DRD";
pub(crate) const DELETE_FORM: &str = "DELETE_FORM";
pub(crate) const DELETE_PROCESS: &str = "DELETE_PROCESS";
pub(crate) const DELETE_PROCESS_INSTANCE: &str = "DELETE_PROCESS_INSTANCE";
pub(crate) const EVALUATE: &str = "EVALUATE";
pub(crate) const MODIFY_PROCESS_INSTANCE: &str = "MODIFY_PROCESS_INSTANCE";
pub(crate) const READ: &str = "READ";
pub(crate) const READ_DECISION_DEFINITION: &str = "READ_DECISION_DEFINITION";
pub(crate) const READ_DECISION_INSTANCE: &str = "READ_DECISION_INSTANCE";
pub(crate) const READ_PROCESS_DEFINITION: &str = "READ_PROCESS_DEFINITION";
pub(crate) const READ_PROCESS_INSTANCE: &str = "READ_PROCESS_INSTANCE";
pub(crate) const READ_USER_TASK: &str = "READ_USER_TASK";
pub(crate) const SUSPEND_PROCESS_INSTANCE: &str = "SUSPEND_PROCESS_INSTANCE";
pub(crate) const UPDATE: &str = "UPDATE";
pub(crate) const UPDATE_PROCESS_INSTANCE: &str = "UPDATE_PROCESS_INSTANCE";
pub(crate) const UPDATE_USER_TASK: &str = "UPDATE_USER_TASK";
/// Ours, of built-in roles only: work on jobs, without the rest of `UPDATE_PROCESS_INSTANCE`.
pub(crate) const WORK_ON_JOBS: &str = "WORK_ON_JOBS";

/// The word of the list, whatever its letters' case.
pub(crate) fn known(list: &'static [&'static str], word: &str) -> Option<&'static str> {
    list.iter()
        .copied()
        .find(|one| one.eq_ignore_ascii_case(word))
}
