//! Who did what, as the history of instances tells it: each command that a person or a program gave is a line.
//!
//! Histories are kept by instance, so a filter names one: by its key, or by that of a task, job or element instance of it.
//! Who has looked at whom is in the audit trail of the installation, not here.

use crate::access::words::READ_PROCESS_INSTANCE;
use crate::error::Error;
use crate::rest::auth::rights::{among, check};
use crate::rest::auth::{Caller, looked_at};
use crate::rest::elements::Whose;
use crate::rest::filters::{Filters, Kind, at_most, named_instances, wanted_keys};
use crate::rest::instances::subject_of;
use crate::rest::listing::Listing;
use crate::rest::roots;
use crate::rest::search::{self, Search, Time};
use crate::rest::{Body, TENANT, user_tasks};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::{Key, Record};
use runtime::HistoryRow;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Of how many instances the lines are listed at once.
const INSTANCES_MAX: usize = 20;
/// How much of the key of a line is its number in the history; the bits before are the number of the instance.
const SEQUENCE_BITS: u32 = 28;
/// The actor of what nobody did: timers, and what follows from it.
const SYSTEM: &str = "system";

pub(super) const LINES: Listing = Listing {
    things: "Audit logs",
    fields: &[
        ("auditLogKey", Kind::Key),
        ("entityKey", Kind::Text),
        ("entityType", Kind::Word(ENTITIES)),
        ("operationType", Kind::Word(OPERATIONS)),
        ("timestamp", Kind::Time),
        ("actorId", Kind::Text),
        (
            "actorType",
            Kind::Word(&["ANONYMOUS", "CLIENT", "UNKNOWN", "USER"]),
        ),
        ("result", Kind::Word(&["FAIL", "SUCCESS"])),
        (
            "category",
            Kind::Word(&["ADMIN", "DEPLOYED_RESOURCES", "USER_TASKS"]),
        ),
        ("processDefinitionId", Kind::Text),
        ("processDefinitionKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
        ("elementInstanceKey", Kind::Key),
        ("jobKey", Kind::Key),
        ("userTaskKey", Kind::Key),
        ("entityDescription", Kind::Text),
        ("tenantId", Kind::Text),
    ],
    key: "auditLogKey",
};

const ENTITIES: &[&str] = &[
    "AUTHORIZATION",
    "BATCH",
    "CLIENT",
    "DECISION",
    "GROUP",
    "INCIDENT",
    "JOB",
    "MAPPING_RULE",
    "PROCESS_INSTANCE",
    "RESOURCE",
    "ROLE",
    "TENANT",
    "USER",
    "USER_TASK",
    "VARIABLE",
];

const OPERATIONS: &[&str] = &[
    "ASSIGN", "CANCEL", "COMPLETE", "CREATE", "DELETE", "EVALUATE", "MIGRATE", "MODIFY", "RESOLVE",
    "RESUME", "SUSPEND", "UNASSIGN", "UNKNOWN", "UPDATE",
];

/// What each command is called; other commands are no deeds of somebody.
const DEEDS: &[(&str, &str, &str)] = &[
    ("start", "PROCESS_INSTANCE", "CREATE"),
    ("cancelInstance", "PROCESS_INSTANCE", "CANCEL"),
    ("modify", "PROCESS_INSTANCE", "MODIFY"),
    ("migrate", "PROCESS_INSTANCE", "MIGRATE"),
    ("suspend", "PROCESS_INSTANCE", "SUSPEND"),
    ("resume", "PROCESS_INSTANCE", "RESUME"),
    ("useCalendar", "PROCESS_INSTANCE", "UPDATE"),
    ("activateElements", "PROCESS_INSTANCE", "MODIFY"),
    ("completeAdHoc", "PROCESS_INSTANCE", "MODIFY"),
    ("completeTask", "USER_TASK", "COMPLETE"),
    ("assignTask", "USER_TASK", "ASSIGN"),
    ("unassignTask", "USER_TASK", "UNASSIGN"),
    ("updateTask", "USER_TASK", "UPDATE"),
    ("escalate", "USER_TASK", "UPDATE"),
    ("pauseDeadline", "USER_TASK", "UPDATE"),
    ("resumeDeadline", "USER_TASK", "UPDATE"),
    ("extendDeadline", "USER_TASK", "UPDATE"),
    ("explainMiss", "USER_TASK", "UPDATE"),
    ("completeJob", "JOB", "COMPLETE"),
    ("completeAdHocJob", "JOB", "COMPLETE"),
    ("completeTaskListener", "JOB", "COMPLETE"),
    ("throwError", "JOB", "COMPLETE"),
    ("failJob", "JOB", "UPDATE"),
    ("updateRetries", "JOB", "UPDATE"),
    ("setVariables", "VARIABLE", "UPDATE"),
    ("resolveIncident", "INCIDENT", "RESOLVE"),
];

/// `POST /v2/audit-logs/search`. That they were looked at is in the audit trail.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let filter = asked.filter.as_ref();
    let fields = [
        "processInstanceKey",
        "userTaskKey",
        "jobKey",
        "elementInstanceKey",
    ];
    let named = match named_instances(filter, &fields)? {
        Some(named) => Some(named),
        None => {
            let keys = wanted_keys(filter, "auditLogKey")?;
            keys.map(|keys| keys.into_iter().map(instance_of).collect::<BTreeSet<_>>())
        }
    };
    let named = named.ok_or_else(|| {
        let fields = fields.join(", ");
        Error::Invalid(format!(
            "Audit logs are found by one of these in the filter: {fields}, auditLogKey."
        ))
    })?;
    at_most(&named, INSTANCES_MAX, "Audit logs")?;
    let mut items = Vec::new();
    for instance in among(&state, &caller, named).await? {
        items.extend(lines(&state, &caller, instance).await?);
    }
    Ok(LINES.select(items, &asked)?.answer(|item| item))
}

/// `POST /v2/user-tasks/{userTaskKey}/audit-logs/search`
pub(super) async fn of_task(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let task = user_tasks::task(&state, &caller, &key).await?;
    let key = task.key.to_string();
    let mut items = lines(&state, &caller, task.instance).await?;
    items.retain(|item| item["userTaskKey"] == key);
    Ok(LINES.select(items, &asked)?.answer(|item| item))
}

/// `GET /v2/audit-logs/{auditLogKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let wanted = search::key(&key)?;
    let what = format!("the audit log {key}");
    let instance = instance_of(wanted);
    check(&state, &caller, &[READ_PROCESS_INSTANCE], instance, &what).await?;
    let items = lines(&state, &caller, instance).await?;
    let wanted = wanted.to_string();
    let item = items.into_iter().find(|item| item["auditLogKey"] == wanted);
    item.map(Json)
        .ok_or_else(|| Error::NotFound(format!("the audit log {key}")))
}

/// The instance whose line has this key.
fn instance_of(key: Key) -> Key {
    Key::of_instance(key.0 >> SEQUENCE_BITS)
}

/// All lines of an instance.
async fn lines(state: &AppState, caller: &str, instance: Key) -> Result<Vec<Value>, Error> {
    let history = state.runtime.history(instance).await?;
    let Some(whose) = Whose::of(&history) else {
        return Ok(Vec::new());
    };
    looked_at(
        state,
        caller,
        [subject_of(whose.instance, whose.business_id)],
    )
    .await?;
    let lines = history.iter().filter_map(|row| line(&whose, row));
    let mut lines: Vec<Value> = lines.collect();
    roots::tell(state, &mut lines).await?;
    Ok(lines)
}

fn line(whose: &Whose<'_>, row: &HistoryRow) -> Option<Value> {
    let deed = DEEDS.iter().find(|(command, ..)| *command == row.command);
    let (_, entity, operation) = deed?;
    let about = About::of(row);
    let task = about.task.map(|key| key.to_string());
    let job = about.job.map(|key| key.to_string());
    let instance = whose.instance.to_string();
    let key = match *entity {
        "USER_TASK" => task.clone(),
        "JOB" => job.clone(),
        "INCIDENT" => about.incident.map(|key| key.to_string()),
        _ => None,
    };
    let by_nobody = row.actor == SYSTEM;
    Some(json!({
        "auditLogKey": ((whose.instance.instance_number() << SEQUENCE_BITS) | row.sequence).to_string(),
        "entityKey": key.unwrap_or_else(|| instance.clone()), "entityType": entity, "operationType": operation,
        "batchOperationKey": null, "batchOperationType": null, "timestamp": Time(row.at),
        "actorId": (!by_nobody).then_some(&row.actor), "actorType": if by_nobody { "UNKNOWN" } else { "USER" },
        "agentElementId": null, "tenantId": TENANT, "result": "SUCCESS",
        "category": if *entity == "USER_TASK" { "USER_TASKS" } else { "DEPLOYED_RESOURCES" },
        "processDefinitionId": whose.process_id, "processDefinitionKey": whose.definition.to_string(),
        "processInstanceKey": instance, "rootProcessInstanceKey": null,
        "elementInstanceKey": null, "jobKey": job, "userTaskKey": task,
        "decisionRequirementsId": null, "decisionRequirementsKey": null, "decisionDefinitionId": null,
        "decisionDefinitionKey": null, "decisionEvaluationKey": null, "deploymentKey": null, "formKey": null,
        "resourceKey": null, "relatedEntityKey": null, "relatedEntityType": null, "entityDescription": row.reason,
        "inboundChannelType": null, "inboundChannelToolName": null,
    }))
}

/// What a command was about: the first of each kind that its records name, because what follows from it comes behind.
#[derive(Default)]
struct About {
    task: Option<Key>,
    job: Option<Key>,
    incident: Option<Key>,
}

impl About {
    fn of(row: &HistoryRow) -> About {
        let mut about = About::default();
        for record in &row.records {
            if let Record::TaskCompleted { task, .. }
            | Record::TaskAssigned { task, .. }
            | Record::TaskUpdated { task, .. }
            | Record::TaskChangeHeld { task, .. } = record
            {
                about.task.get_or_insert(*task);
            } else if let Record::DeadlineChanged { deadline, .. }
            | Record::DeadlineExplained { deadline, .. } = record
            {
                about.task.get_or_insert(*deadline);
            } else if let Record::JobCompleted { job }
            | Record::JobFailed { job, .. }
            | Record::JobRetriesUpdated { job, .. }
            | Record::JobWithdrawn { job } = record
            {
                about.job.get_or_insert(*job);
            } else if let Record::IncidentResolved { incident } = record {
                about.incident.get_or_insert(*incident);
            }
        }
        about
    }
}
