//! What process instances wait for: people, workers, times, messages, signals, conditions.

use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::auth::rights::among;
use crate::rest::definitions::catalog_with;
use crate::rest::elements::{TYPES, kind};
use crate::rest::filters::{Filters, Kind, at_most, named_instances};
use crate::rest::instances;
use crate::rest::jobs;
use crate::rest::listing::{Listing, without};
use crate::rest::search::{Search, Time};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::triggers::Trigger;
use bpmn::{Awaited, Catalog, EventSubscription, Job, JobKind, Key, Task, Timer};
use runtime::InstanceView;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Of how many instances is told at once what they wait for.
const INSTANCES_MAX: usize = 100;

pub(super) const WAITS: Listing = Listing {
    things: "Wait states",
    fields: &[
        ("elementInstanceKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
        ("rootProcessInstanceKey", Kind::Key),
        ("elementId", Kind::Text),
        ("elementType", Kind::Word(TYPES)),
        ("waitStateType", Kind::Word(WAIT_TYPES)),
        ("waitKey", Kind::Key),
    ],
    key: "waitKey",
};

const WAIT_TYPES: &[&str] = &[
    "JOB",
    "MESSAGE",
    "USER_TASK",
    "TIMER",
    "SIGNAL",
    "CONDITION",
];

/// `POST /v2/element-instances/wait-states/search`: of the instances that one of the keys in the filter names.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let fields = ["processInstanceKey", "elementInstanceKey"];
    let named = named_instances(asked.filter.as_ref(), &fields)?;
    let named = named.ok_or_else(|| {
        let rule = "Wait states are found by one of these in the filter";
        Error::Invalid(format!("{rule}: {}.", fields.join(", ")))
    })?;
    at_most(&named, INSTANCES_MAX, "Wait states")?;
    let mut items = Vec::new();
    for instance in among(&state, &caller, named).await? {
        if let Some(instance) = state.runtime.instance(instance).await? {
            items.extend(waits_of(&state, &instance).await?);
        }
    }
    Ok(WAITS
        .select(items, &asked)?
        .answer(|item| without(item, &["waitStateType", "waitKey"])))
}

/// `GET /v2/process-instances/{processInstanceKey}/statistics/wait-states`: for how much each element waits.
pub(super) async fn statistics(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let instance = instances::read(&state, &caller, &key).await?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for wait in waits_of(&state, &instance).await? {
        let element = wait["elementId"].as_str().unwrap_or_default();
        *counts.entry(element.to_owned()).or_default() += 1;
    }
    let items = counts
        .into_iter()
        .map(|(element, waiting)| json!({ "elementId": element, "waitingCount": waiting }));
    Ok(Json(json!({ "items": items.collect::<Vec<Value>>() })))
}

async fn waits_of(state: &AppState, instance: &InstanceView) -> Result<Vec<Value>, Error> {
    let catalog = catalog_with(state, &[instance.definition]).await?;
    let waiting = Waiting {
        instance,
        catalog: &catalog,
    };
    let open = &instance.state;
    let mut items: Vec<Value> = Vec::new();
    items.extend(open.tasks().values().map(|task| waiting.task(task)));
    items.extend(open.jobs().values().map(|job| waiting.job(job)));
    items.extend(open.timers().values().map(|timer| waiting.timer(timer)));
    items.extend(
        open.subscriptions()
            .values()
            .map(|one| waiting.subscription(one)),
    );
    Ok(items)
}

/// An instance that waits.
struct Waiting<'i> {
    instance: &'i InstanceView,
    catalog: &'i Catalog,
}

impl Waiting<'_> {
    fn task(&self, task: &Task) -> Value {
        let details = json!({
            "waitStateType": "USER_TASK", "taskKey": task.key.to_string(), "dueDate": task.due.map(Time),
        });
        self.item((task.key, &task.element, task.element_instance), details)
    }

    fn job(&self, job: &Job) -> Value {
        let event = match &job.kind {
            JobKind::Element | JobKind::AdHoc => None,
            kind @ (JobKind::ExecutionListener { .. } | JobKind::TaskListener { .. }) => {
                Some(jobs::listener_event(kind))
            }
        };
        let details = json!({
            "waitStateType": "JOB", "jobKey": job.key.to_string(), "jobType": job.job_type,
            "jobKind": jobs::kind(&job.kind), "listenerEventType": event, "retries": job.retries,
        });
        self.item((job.key, &job.element, job.element_instance), details)
    }

    fn timer(&self, timer: &Timer) -> Value {
        let details = json!({
            "waitStateType": "TIMER", "dueDate": timer.due.as_millisecond(),
            "repetitions": timer.repeat.as_ref().and_then(|repeat| repeat.remaining),
        });
        self.item((timer.key, &timer.element, timer.element_instance), details)
    }

    fn subscription(&self, open: &EventSubscription) -> Value {
        let details = match &open.awaits {
            Awaited::Message { name, correlation } => json!({
                "waitStateType": "MESSAGE", "messageName": name, "correlationKey": correlation,
            }),
            Awaited::Signal { name } => json!({ "waitStateType": "SIGNAL", "signalName": name }),
            Awaited::Condition { .. } => self.condition(open),
        };
        self.item((open.key, &open.element, open.element_instance), details)
    }

    fn condition(&self, open: &EventSubscription) -> Value {
        let node = self.node(&open.element);
        let trigger = node.and_then(|node| {
            let mut triggers = node.element().triggers().iter();
            triggers.nth(open.definition as usize)
        });
        let mut events = Vec::new();
        let mut expression = "";
        if let Some(Trigger::Conditional(condition)) = trigger {
            expression = condition.condition.text();
            events.extend(condition.on_create.then_some("create"));
            events.extend(condition.on_update.then_some("update"));
        }
        json!({ "waitStateType": "CONDITION", "expression": expression, "events": events })
    }

    fn node(&self, element: &str) -> Option<&bpmn::FlowNode> {
        let process = self.catalog.process(self.instance.definition)?;
        process.definition.node(element)
    }

    fn item(&self, (key, element, visit): (Key, &str, Key), details: Value) -> Value {
        let of_process = (visit == self.instance.key).then_some("PROCESS");
        // What waits is never the body around the items of an activity.
        let node = self.node(element).map(|node| kind(node, Some(0)));
        json!({
            "processInstanceKey": self.instance.key.to_string(), "rootProcessInstanceKey": self.instance.root.to_string(),
            "elementInstanceKey": visit.to_string(), "elementId": element,
            "elementType": node.or(of_process).unwrap_or("UNKNOWN"), "tenantId": TENANT,
            "bpmnProcessId": self.instance.process_id, "waitStateType": details["waitStateType"],
            "waitKey": key.to_string(), "details": details,
        })
    }
}
