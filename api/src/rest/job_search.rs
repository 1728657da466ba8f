//! Jobs as operators look for them: those that are open by an index; those of an instance, also what became of them, by its history.

use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::auth::rights::{among, sight_of_instances};
use crate::rest::elements::{Whose, records};
use crate::rest::filters::{Filters, Kind, at_most, named_instances};
use crate::rest::jobs::{kind, listener_event};
use crate::rest::listing::Listing;
use crate::rest::roots;
use crate::rest::search::{Search, Time};
use crate::rest::table::{
    DEFINITION_KEY, ELEMENT_ID, Held, INSTANCE_KEY, PROCESS_ID, TENANT_ID, Table, field,
};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use bpmn::{Key, Record};
use jiff::Timestamp;
use runtime::HistoryRow;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::Job;

/// Of how many instances jobs are listed at once.
const INSTANCES_MAX: usize = 100;
/// Jobs of a page of all instances: of each, the history of its instance is read.
const OPEN_MAX: u32 = 1_000;

/// Open jobs of all instances.
const OPEN: Table = Table {
    things: "Jobs",
    fields: &[
        field("jobKey", Kind::Key, Held::Born("key")),
        INSTANCE_KEY,
        field("type", Kind::Text, Held::Column("type")),
        PROCESS_ID,
        DEFINITION_KEY,
        ELEMENT_ID,
        field("worker", Kind::Text, Held::Column("worker")),
        field("retries", Kind::Number, Held::Column("retries")),
        field("creationTime", Kind::Time, Held::Column("created_at")),
        field("endTime", Kind::Time, Held::Nothing),
        TENANT_ID,
    ],
    order: &[],
    ties: &[],
};

/// All jobs of some instances.
pub(super) const JOBS: Listing = Listing {
    things: "Jobs",
    fields: &[
        ("jobKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
        ("processDefinitionKey", Kind::Key),
        ("processDefinitionId", Kind::Text),
        ("elementInstanceKey", Kind::Key),
        ("elementId", Kind::Text),
        ("type", Kind::Text),
        ("worker", Kind::Text),
        ("state", Kind::Word(STATES)),
        ("kind", Kind::Word(KINDS)),
        ("listenerEventType", Kind::Word(EVENTS)),
        ("retries", Kind::Number),
        ("priority", Kind::Number),
        ("hasFailedWithRetriesLeft", Kind::Flag),
        ("errorMessage", Kind::Text),
        ("errorCode", Kind::Text),
        ("isDenied", Kind::Flag),
        ("deniedReason", Kind::Text),
        ("deadline", Kind::Time),
        ("creationTime", Kind::Time),
        ("lastUpdateTime", Kind::Time),
        ("endTime", Kind::Time),
        ("tenantId", Kind::Text),
    ],
    key: "jobKey",
};

const STATES: &[&str] = &[
    "CANCELED",
    "COMPLETED",
    "CREATED",
    "ERROR_THROWN",
    "FAILED",
    "MIGRATED",
    "PRIORITY_UPDATED",
    "RETRIES_UPDATED",
    "TIMED_OUT",
    "TIMEOUT_UPDATED",
];

const KINDS: &[&str] = &[
    "BPMN_ELEMENT",
    "EXECUTION_LISTENER",
    "TASK_LISTENER",
    "AD_HOC_SUB_PROCESS",
];

const EVENTS: &[&str] = &[
    "ASSIGNING",
    "BEFORE_ALL",
    "CANCEL",
    "CANCELING",
    "COMPLETING",
    "CREATING",
    "END",
    "START",
    "UNSPECIFIED",
    "UPDATING",
];

/// `POST /v2/jobs/search`. Jobs that are over are found where the filter names their instance.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let fields = ["processInstanceKey", "elementInstanceKey", "jobKey"];
    let Some(instances) = named_instances(asked.filter.as_ref(), &fields)? else {
        let (limit, _) = asked.page()?;
        if limit > OPEN_MAX {
            return Err(Error::Invalid(format!(
                "page.limit is at most {OPEN_MAX} where the filter names no process instance."
            )));
        }
        let sight = sight_of_instances(&state, &caller).await?;
        let page = OPEN.page::<Job>(&state, sight, &asked).await?;
        let instances = page.rows.iter().map(|job| job.instance).collect();
        let mut items = items(&state, instances).await?;
        let found = page.rows.iter().filter_map(|job| items.remove(&job.key));
        return Ok(page.answer(found.collect::<Vec<_>>()));
    };
    at_most(&instances, INSTANCES_MAX, "Jobs")?;
    let instances = among(&state, &caller, instances).await?;
    let items = items(&state, instances).await?.into_values().collect();
    Ok(JOBS.select(items, &asked)?.answer(|item| item))
}

/// All jobs of these instances by key.
async fn items(state: &AppState, instances: BTreeSet<Key>) -> Result<BTreeMap<Key, Value>, Error> {
    let mut items = BTreeMap::new();
    for instance in instances {
        let history = state.runtime.history(instance).await?;
        let Some(whose) = Whose::of(&history) else {
            continue;
        };
        let open = state.runtime.jobs(instance).await?;
        let rows: BTreeMap<Key, &Job> = open.iter().map(|job| (job.key, job)).collect();
        for (key, told) in told(&history) {
            let row = rows.get(&key).copied();
            items.insert(key, item(&whose, &told, row, state.runtime.now()));
        }
    }
    roots::tell(state, items.values_mut()).await?;
    Ok(items)
}

/// What the history tells of a job.
struct Told<'h> {
    job: &'h bpmn::Job,
    created_at: Timestamp,
    updated_at: Timestamp,
    ended_at: Option<Timestamp>,
    state: &'static str,
    retries: u32,
    message: Option<&'h str>,
    failed: bool,
}

fn told(history: &[HistoryRow]) -> BTreeMap<Key, Told<'_>> {
    let mut jobs = BTreeMap::new();
    for (row, record) in records(history) {
        if let Record::JobCreated { job } = record {
            let told = Told {
                job,
                created_at: row.at,
                updated_at: row.at,
                ended_at: None,
                state: "CREATED",
                retries: job.retries,
                message: None,
                failed: false,
            };
            jobs.insert(job.key, told);
        } else if let Record::JobFailed { job, .. }
        | Record::JobRetriesUpdated { job, .. }
        | Record::JobCompleted { job }
        | Record::JobWithdrawn { job } = record
            && let Some(told) = jobs.get_mut(job)
        {
            told.hear(row, record);
        }
    }
    jobs
}

impl<'h> Told<'h> {
    fn hear(&mut self, row: &HistoryRow, record: &'h Record) {
        self.updated_at = row.at;
        if let Record::JobFailed {
            retries, message, ..
        } = record
        {
            (self.state, self.retries) = ("FAILED", *retries);
            (self.message, self.failed) = (Some(message.as_str()), *retries > 0);
        } else if let Record::JobRetriesUpdated { retries, .. } = record {
            (self.state, self.retries) = ("RETRIES_UPDATED", *retries);
        } else {
            let is_done = matches!(record, Record::JobCompleted { .. });
            self.state = match (is_done, row.command.as_str()) {
                (true, _) => "COMPLETED",
                (false, "throwError") => "ERROR_THROWN",
                (false, _) => "CANCELED",
            };
            self.ended_at = Some(row.at);
        }
    }
}

fn item(whose: &Whose<'_>, told: &Told<'_>, row: Option<&Job>, now: Timestamp) -> Value {
    let job = told.job;
    let leased = row.filter(|row| row.worker.is_some() && row.available_at > now);
    json!({
        "customHeaders": job.headers, "deadline": leased.map(|row| Time(row.available_at)),
        "deniedReason": null, "elementId": job.element, "elementInstanceKey": job.element_instance.to_string(),
        "endTime": told.ended_at.map(Time), "errorCode": null, "errorMessage": told.message,
        "hasFailedWithRetriesLeft": told.failed && told.ended_at.is_none(), "isDenied": null,
        "jobKey": job.key.to_string(), "kind": kind(&job.kind), "listenerEventType": listener_event(&job.kind),
        "processDefinitionId": whose.process_id, "processDefinitionKey": whose.definition.to_string(),
        "processInstanceKey": whose.instance.to_string(), "rootProcessInstanceKey": null,
        "businessId": whose.business_id, "retries": told.retries, "state": told.state, "tenantId": TENANT,
        "type": job.job_type, "worker": row.and_then(|row| row.worker.as_deref()).unwrap_or_default(),
        "creationTime": Time(told.created_at), "lastUpdateTime": Time(told.updated_at), "priority": 0,
    })
}
