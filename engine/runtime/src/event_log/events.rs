//! Reads events off records: what people and programs did, not what gateways decided.
//!
//! The transitions are those of the standard lifecycle of XES. A task of a person is scheduled, assigned, and completed or
//! withdrawn; other activities are started, and completed or aborted; an event in the model is complete when it occurred.

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::elements::Element;
use bpmn::{Catalog, Key, Record};
use jiff::Timestamp;
use store::{HistoryRow, Instance};

use super::Pseudonyms;
use crate::Result;
use crate::reads::bad_row;
use crate::writer::CLOCK;

/// Something that happened to an activity or event of the model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// Unique in the log.
    pub(super) id: String,
    /// The name in the model, or the id where it has none.
    pub(super) name: String,
    /// The id in the model.
    pub(super) element: Arc<str>,
    /// The visit.
    pub(super) visit: Key,
    /// The task of a person, where it is one.
    pub(super) task: Option<Key>,
    /// A word of the standard lifecycle.
    pub(super) transition: &'static str,
    pub(super) at: Timestamp,
    /// The pseudonym of who did it, where a person did.
    pub(super) resource: Option<String>,
    /// The first group whose work it is.
    pub(super) group: Option<String>,
}

/// A visit that has not ended.
#[derive(Debug)]
struct Visit {
    element: Arc<str>,
    task: Option<Key>,
    group: Option<String>,
    kind: Kind,
    /// Who has completed its task; a program may have looked at it since.
    by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Activity,
    Event,
    /// A gateway, or something that the model does not have any more: not told.
    Passage,
}

/// Reads the rows of one instance after the other.
pub(super) struct Reader {
    catalog: Arc<Catalog>,
    pseudonyms: Pseudonyms,
    visits: BTreeMap<Key, Visit>,
    of_tasks: BTreeMap<Key, Key>,
}

impl Reader {
    pub(super) fn new(catalog: Arc<Catalog>, pseudonyms: Pseudonyms) -> Reader {
        Reader {
            catalog,
            pseudonyms,
            visits: BTreeMap::new(),
            of_tasks: BTreeMap::new(),
        }
    }

    /// The next instance begins.
    pub(super) fn begin(&mut self) {
        self.visits.clear();
        self.of_tasks.clear();
    }

    /// The name of the process of an instance.
    pub(super) fn process<'a>(&'a self, instance: &'a Instance) -> &'a str {
        let deployed = self.catalog.process(instance.definition);
        deployed.map_or(&instance.process_id, |deployed| deployed.definition.name())
    }

    /// The pseudonym of a case.
    pub(super) fn case(&self, instance: &Instance) -> Option<String> {
        let id = instance.business_id.as_deref()?;
        Some(self.pseudonyms.of("case", id))
    }

    /// What a row tells.
    pub(super) fn events(&mut self, instance: &Instance, row: &HistoryRow) -> Result<Vec<Event>> {
        let records: Vec<Record> =
            serde_json::from_str(&row.records).map_err(|error| bad_row("history", &error))?;
        let mut events = Vec::new();
        for (index, record) in records.iter().enumerate() {
            if let Some(mut event) = self.event(instance, row, record) {
                event.id = format!("{}-{}-{index}", row.instance, row.sequence);
                events.push(event);
            }
        }
        Ok(events)
    }

    fn event(&mut self, instance: &Instance, row: &HistoryRow, record: &Record) -> Option<Event> {
        // Most records tell nothing here, and new ones would not either until somebody says so.
        if let Record::ElementActivated { key, element, .. } = record {
            let kind = self.kind(instance, element);
            let visit = Visit {
                element: element.clone(),
                task: None,
                group: None,
                kind,
                by: None,
            };
            self.visits.insert(*key, visit);
            return match kind {
                Kind::Activity => self.told(instance, row, *key, "start", None),
                Kind::Person | Kind::Event | Kind::Passage => None,
            };
        }
        if let Record::TaskCreated { task } = record {
            let visit = self.visits.get_mut(&task.element_instance)?;
            visit.task = Some(task.key);
            visit.group = task.candidate_groups.first().cloned();
            self.of_tasks.insert(task.key, task.element_instance);
            return self.told(instance, row, task.element_instance, "schedule", None);
        }
        if let Record::TaskAssigned { task, assignee } = record {
            let visit = *self.of_tasks.get(task)?;
            let transition = if assignee.is_some() {
                "assign"
            } else {
                "reassign"
            };
            return self.told(instance, row, visit, transition, assignee.as_deref());
        }
        if let Record::TaskCompleted { task, by } = record {
            let visit = self.of_tasks.get(task)?;
            self.visits.get_mut(visit)?.by.clone_from(by);
            return None;
        }
        let (key, completed) = if let Record::ElementCompleted { key } = record {
            (*key, true)
        } else if let Record::ElementTerminated { key } = record {
            (*key, false)
        } else {
            return None;
        };
        let visit = self.visits.get(&key)?;
        let (kind, done_by) = (visit.kind, visit.by.clone());
        let actor = (row.actor != CLOCK).then_some(row.actor.as_str());
        let by = done_by.as_deref().or(actor);
        let event = match (kind, completed) {
            (Kind::Person, true) => self.told(instance, row, key, "complete", by),
            (Kind::Activity | Kind::Event, true) => {
                // Whoever started the instance has done its first step, and nobody the others.
                let by = by.filter(|_| row.sequence == 1 && kind == Kind::Event);
                self.told(instance, row, key, "complete", by)
            }
            (Kind::Person, false) => self.told(instance, row, key, "withdraw", None),
            (Kind::Activity, false) => self.told(instance, row, key, "ate_abort", None),
            // It did not occur.
            (Kind::Event, false) | (Kind::Passage, _) => None,
        };
        self.visits.remove(&key);
        event
    }

    fn told(
        &self,
        instance: &Instance,
        row: &HistoryRow,
        key: Key,
        transition: &'static str,
        by: Option<&str>,
    ) -> Option<Event> {
        let visit = self.visits.get(&key)?;
        let definition = self.catalog.process(instance.definition);
        let node = definition.and_then(|deployed| deployed.definition.node(&visit.element));
        Some(Event {
            id: String::new(),
            name: node.map_or(&*visit.element, |node| node.label()).to_owned(),
            element: visit.element.clone(),
            visit: key,
            task: visit.task,
            transition,
            at: row.at,
            resource: by.map(|name| self.pseudonyms.of("resource", name)),
            group: visit.group.clone(),
        })
    }

    fn kind(&self, instance: &Instance, element: &str) -> Kind {
        let definition = self.catalog.process(instance.definition);
        let node = definition.and_then(|deployed| deployed.definition.node(element));
        let Some(node) = node else {
            return Kind::Passage;
        };
        match node.element() {
            Element::UserTask(_) => Kind::Person,
            Element::Task
            | Element::ManualTask
            | Element::ServiceTask(_)
            | Element::SendTask(_)
            | Element::ReceiveTask(_)
            | Element::ScriptTask(_)
            | Element::BusinessRuleTask(_)
            | Element::CallActivity(_)
            | Element::Subprocess(_) => Kind::Activity,
            Element::StartEvent(_)
            | Element::IntermediateCatchEvent(_)
            | Element::IntermediateThrowEvent(_)
            | Element::BoundaryEvent(_)
            | Element::EndEvent(_) => Kind::Event,
            Element::ExclusiveGateway
            | Element::EventBasedGateway(_)
            | Element::ParallelGateway
            | Element::InclusiveGateway
            | Element::ComplexGateway(_) => Kind::Passage,
        }
    }
}
