//! Element instances: each visit to a flow node, as the history of its instance tells it. Search, and one by its key.

use crate::access::words::READ_PROCESS_INSTANCE;
use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::auth::rights::{among, check};
use crate::rest::definitions::catalog_with;
use crate::rest::filters::{Filters, Kind, at_most, named_instances};
use crate::rest::listing::{Listing, without};
use crate::rest::roots;
use crate::rest::search::{self, Search, Time};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::elements::Element;
use bpmn::{Catalog, FlowNode, Key, Record};
use jiff::Timestamp;
use runtime::HistoryRow;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// From how many instances element instances are listed at once.
const INSTANCES_MAX: usize = 20;

pub(super) const ELEMENTS: Listing = Listing {
    things: "Element instances",
    fields: &[
        ("elementInstanceKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
        ("processDefinitionKey", Kind::Key),
        ("processDefinitionId", Kind::Text),
        ("elementInstanceScopeKey", Kind::Key),
        ("elementId", Kind::Text),
        ("elementName", Kind::Text),
        ("type", Kind::Word(TYPES)),
        ("state", Kind::Word(&["ACTIVE", "COMPLETED", "TERMINATED"])),
        ("startDate", Kind::Time),
        ("endDate", Kind::Time),
        ("hasIncident", Kind::Flag),
        ("incidentKey", Kind::Key),
        ("tenantId", Kind::Text),
    ],
    key: "elementInstanceKey",
};

pub(super) const TYPES: &[&str] = &[
    "UNSPECIFIED",
    "PROCESS",
    "SUB_PROCESS",
    "EVENT_SUB_PROCESS",
    "AD_HOC_SUB_PROCESS",
    "AD_HOC_SUB_PROCESS_INNER_INSTANCE",
    "START_EVENT",
    "INTERMEDIATE_CATCH_EVENT",
    "INTERMEDIATE_THROW_EVENT",
    "BOUNDARY_EVENT",
    "END_EVENT",
    "SERVICE_TASK",
    "RECEIVE_TASK",
    "USER_TASK",
    "MANUAL_TASK",
    "TASK",
    "EXCLUSIVE_GATEWAY",
    "INCLUSIVE_GATEWAY",
    "PARALLEL_GATEWAY",
    "EVENT_BASED_GATEWAY",
    "SEQUENCE_FLOW",
    "MULTI_INSTANCE_BODY",
    "CALL_ACTIVITY",
    "BUSINESS_RULE_TASK",
    "SCRIPT_TASK",
    "SEND_TASK",
    "UNKNOWN",
];

/// `POST /v2/element-instances/search`: of the instances that one of the keys in the filter names.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let mut items = Vec::new();
    let instances = instances(asked.filter.as_ref())?;
    for instance in among(&state, &caller, instances).await? {
        items.extend(items_of(&state, instance).await?);
    }
    Ok(ELEMENTS.select(items, &asked)?.answer(answered))
}

/// `GET /v2/element-instances/{elementInstanceKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let wanted = search::key(&key)?;
    let what = format!("the element instance {key}");
    check(&state, &caller, &[READ_PROCESS_INSTANCE], wanted, &what).await?;
    let items = items_of(&state, wanted.instance()).await?;
    let wanted = wanted.to_string();
    let item = items
        .into_iter()
        .find(|item| item["elementInstanceKey"] == wanted);
    let item = item.ok_or_else(|| Error::NotFound(format!("the element instance {key}")))?;
    Ok(Json(answered(item)))
}

/// Without what only filters know.
fn answered(item: Value) -> Value {
    without(item, &["elementInstanceScopeKey"])
}

fn instances(filter: Option<&Filters>) -> Result<BTreeSet<Key>, Error> {
    let fields = [
        "processInstanceKey",
        "elementInstanceKey",
        "elementInstanceScopeKey",
        "incidentKey",
    ];
    let named = named_instances(filter, &fields)?;
    let named = named.ok_or_else(|| {
        let rule = "Element instances are found by one of these in the filter";
        Error::Invalid(format!("{rule}: {}.", fields.join(", ")))
    })?;
    at_most(&named, INSTANCES_MAX, "Element instances")?;
    Ok(named)
}

async fn items_of(state: &AppState, instance: Key) -> Result<Vec<Value>, Error> {
    let history = state.runtime.history(instance).await?;
    let Some(whose) = Whose::of(&history) else {
        return Ok(Vec::new());
    };
    let catalog = catalog_with(state, &[whose.definition]).await?;
    let visits = visits(&history);
    let items = visits
        .iter()
        .map(|(key, visit)| whose.item(*key, visit, &catalog));
    let mut items: Vec<Value> = items.collect();
    roots::tell(state, &mut items).await?;
    Ok(items)
}

/// What is the same for all visits of an instance.
pub(super) struct Whose<'h> {
    pub(super) instance: Key,
    pub(super) definition: Key,
    pub(super) process_id: &'h str,
    pub(super) business_id: Option<&'h str>,
}

/// A visit to a flow node.
pub(super) struct Visit<'h> {
    pub(super) element: &'h str,
    /// The definition in which it is, or was when it ended.
    of: Definition<'h>,
    /// The visit or the instance in which it is.
    pub(super) scope: Key,
    item: Option<u32>,
    started_at: Timestamp,
    /// When it ended, and how in the words of the API.
    pub(super) ended: Option<(Timestamp, &'static str)>,
    /// The one that is open.
    pub(super) incident: Option<Key>,
}

/// The key of a process definition, and the id of its process.
type Definition<'h> = (Key, &'h str);

/// The definition that an instance has after a record, where the record says so.
fn definition_of(record: &Record) -> Option<Definition<'_>> {
    if let Record::InstanceStarted(started) = record {
        Some((started.definition, &started.process_id))
    } else if let Record::InstanceMigrated(to) | Record::MigrationUndone(to) = record {
        Some((to.definition, &to.process_id))
    } else {
        None
    }
}

/// All records of a history, each with the command that it came from.
pub(super) fn records(history: &[HistoryRow]) -> impl Iterator<Item = (&HistoryRow, &Record)> {
    let rows = history.iter();
    rows.flat_map(|row| row.records.iter().map(move |record| (row, record)))
}

/// All visits of an instance, by key. Those that were active when it was migrated are visits in its new definition.
pub(super) fn visits(history: &[HistoryRow]) -> BTreeMap<Key, Visit<'_>> {
    let mut visits: BTreeMap<Key, Visit<'_>> = BTreeMap::new();
    let mut of: Definition<'_> = (Key(0), "");
    // What active visits were before the last migration.
    let mut before: BTreeMap<Key, (&str, Definition<'_>)> = BTreeMap::new();
    // Which visit an incident holds up.
    let mut held = BTreeMap::new();
    for (row, record) in records(history) {
        of = definition_of(record).unwrap_or(of);
        if let Record::InstanceMigrated(to) = record {
            before.clear();
            for (key, visit) in visits.iter_mut().filter(|(_, visit)| visit.ended.is_none()) {
                before.insert(*key, (visit.element, visit.of));
                visit.element = to
                    .elements
                    .get(visit.element)
                    .map_or(visit.element, |new| new);
                visit.of = of;
            }
        } else if let Record::MigrationUndone { .. } = record {
            for (key, (element, of)) in std::mem::take(&mut before) {
                if let Some(visit) = visits.get_mut(&key) {
                    (visit.element, visit.of) = (element, of);
                }
            }
        } else if let Record::ElementActivated {
            key,
            element,
            scope,
            item,
            ..
        } = record
        {
            let visit = Visit {
                element,
                of,
                scope: *scope,
                item: *item,
                started_at: row.at,
                ended: None,
                incident: None,
            };
            visits.insert(*key, visit);
        } else if let Record::ElementCompleted { key } | Record::ElementTerminated { key } = record
        {
            let is_cut = matches!(record, Record::ElementTerminated { .. });
            let end = if is_cut { "TERMINATED" } else { "COMPLETED" };
            if let Some(visit) = visits.get_mut(key) {
                visit.ended = Some((row.at, end));
            }
        } else if let Record::IncidentRaised { incident } = record {
            held.insert(incident.key, incident.element_instance);
            if let Some(visit) = visits.get_mut(&incident.element_instance) {
                visit.incident = Some(incident.key);
            }
        } else if let Record::IncidentResolved { incident } = record
            && let Some(visit) = held
                .remove(incident)
                .and_then(|visit| visits.get_mut(&visit))
        {
            visit.incident = visit.incident.filter(|open| open != incident);
        }
    }
    visits
}

impl<'h> Whose<'h> {
    /// From its history; `None` where there is none.
    pub(super) fn of(history: &'h [HistoryRow]) -> Option<Whose<'h>> {
        let first = history.first()?.records.first()?;
        let Record::InstanceStarted(started) = first else {
            return None;
        };
        let mut records = history
            .iter()
            .rev()
            .flat_map(|row| row.records.iter().rev());
        let (definition, process_id) = records.find_map(definition_of)?;
        Some(Whose {
            instance: started.key,
            definition,
            process_id,
            business_id: started.business_id.as_deref(),
        })
    }

    fn item(&self, key: Key, visit: &Visit<'_>, catalog: &Catalog) -> Value {
        let (definition, process_id) = visit.of;
        let process = catalog.process(definition);
        let node = process.and_then(|process| process.definition.node(visit.element));
        json!({
            "processDefinitionId": process_id, "startDate": Time(visit.started_at),
            "endDate": visit.ended.map(|(at, _)| Time(at)), "elementId": visit.element,
            "elementName": node.map_or(visit.element, |node| &**node.label()),
            "type": node.map_or("UNKNOWN", |node| kind(node, visit.item)),
            "state": visit.ended.map_or("ACTIVE", |(_, end)| end), "hasIncident": visit.incident.is_some(),
            "tenantId": TENANT, "elementInstanceKey": key.to_string(),
            "processInstanceKey": self.instance.to_string(), "rootProcessInstanceKey": null,
            "processDefinitionKey": definition.to_string(),
            "incidentKey": visit.incident.map(|incident| incident.to_string()),
            "elementInstanceScopeKey": visit.scope.to_string(),
        })
    }
}

/// What the API calls an element. An activity that is done several times has a body around its items.
pub(super) fn kind(node: &FlowNode, item: Option<u32>) -> &'static str {
    if node.looping().is_some() && item.is_none() {
        return "MULTI_INSTANCE_BODY";
    }
    match node.element() {
        Element::StartEvent(_) => "START_EVENT",
        Element::IntermediateCatchEvent(_) => "INTERMEDIATE_CATCH_EVENT",
        Element::IntermediateThrowEvent(_) => "INTERMEDIATE_THROW_EVENT",
        Element::BoundaryEvent(_) => "BOUNDARY_EVENT",
        Element::EndEvent(_) => "END_EVENT",
        Element::Task => "TASK",
        Element::ManualTask => "MANUAL_TASK",
        Element::UserTask(_) => "USER_TASK",
        Element::ServiceTask(_) => "SERVICE_TASK",
        Element::SendTask(_) => "SEND_TASK",
        Element::ReceiveTask(_) => "RECEIVE_TASK",
        Element::ScriptTask(_) => "SCRIPT_TASK",
        Element::BusinessRuleTask(_) => "BUSINESS_RULE_TASK",
        Element::CallActivity(_) => "CALL_ACTIVITY",
        Element::Subprocess(inside) if inside.event => "EVENT_SUB_PROCESS",
        Element::Subprocess(inside) if inside.ad_hoc.is_some() => "AD_HOC_SUB_PROCESS",
        Element::Subprocess(_) => "SUB_PROCESS",
        Element::ExclusiveGateway => "EXCLUSIVE_GATEWAY",
        Element::ParallelGateway => "PARALLEL_GATEWAY",
        Element::InclusiveGateway => "INCLUSIVE_GATEWAY",
        Element::EventBasedGateway(_) => "EVENT_BASED_GATEWAY",
        // The API has no word for it.
        Element::ComplexGateway(_) => "UNKNOWN",
    }
}
