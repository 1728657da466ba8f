//! The state of one running process. [`ProcessInstance::apply`] alone changes it.
//!
//! State is stored as JSON once per instance, so the names of its fields there are one letter long;
//! the doc comment of each field gives its letter.

mod apply;
mod by_key;
mod compensation;
mod counted;
mod deadlines;
mod looping;
mod migrating;
mod variables;
mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use feel::{Context, Value};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use by_key::ByKey;
pub use looping::LoopState;
pub use variables::Variables;
pub use visit::ElementInstance;
pub(crate) use visit::Scope;

use crate::size::bytes;
use crate::{
    Beginning, Command, Compensating, Compensation, Deadline, EventSubscription, Incident, Job,
    Key, Parent, Record, Task, Timer,
};

/// One running pathway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct ProcessInstance {
    /// `k`: its key.
    #[serde(rename = "k")]
    key: Key,
    /// `d`: key of its process definition.
    #[serde(rename = "d")]
    definition: Key,
    /// `p`: id of the process.
    #[serde(rename = "p")]
    process_id: Arc<str>,
    /// `n`: version of the definition.
    #[serde(rename = "n")]
    version: u32,
    /// `b`: what the business calls it.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    business_id: Option<String>,
    /// `c`: the call activity that started it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    parent: Option<Parent>,
    /// `g`: where it begins once its listeners are done, where that was said.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    beginning: Option<Box<Beginning>>,
    /// `f`: the elements after which it is ended, where somebody wants that.
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    until: Vec<Arc<str>>,
    /// `s`: whether it runs.
    #[serde(rename = "s")]
    status: Status,
    /// `a`: when it started.
    #[serde(rename = "a")]
    started_at: Timestamp,
    /// `z`: when it ended.
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// `l`: the last key that was given out.
    #[serde(rename = "l")]
    last_key: Key,
    /// `m`: approximate bytes of all variables.
    #[serde(rename = "m", default)]
    bytes: usize,
    /// `r`: the outermost scope.
    #[serde(rename = "r", default, skip_serializing_if = "Scope::is_empty")]
    root: Scope,
    /// `e`: the visits that have not ended.
    #[serde(rename = "e", default, skip_serializing_if = "ByKey::is_empty")]
    elements: ByKey<ElementInstance>,
    /// `t`: open tasks.
    #[serde(rename = "t", default, skip_serializing_if = "ByKey::is_empty")]
    tasks: ByKey<Task>,
    /// `j`: open jobs.
    #[serde(rename = "j", default, skip_serializing_if = "ByKey::is_empty")]
    jobs: ByKey<Job>,
    /// `w`: running timers.
    #[serde(rename = "w", default, skip_serializing_if = "ByKey::is_empty")]
    timers: ByKey<Timer>,
    /// `x`: messages, signals and conditions that are waited for.
    #[serde(rename = "x", default, skip_serializing_if = "ByKey::is_empty")]
    subscriptions: ByKey<EventSubscription>,
    /// The subscriptions to conditions by their event. Not stored: `x` says the same.
    #[serde(skip)]
    conditions: BTreeMap<Arc<str>, BTreeSet<Key>>,
    /// `u`: what can be compensated, by the scope in which it completed.
    #[serde(rename = "u", default, skip_serializing_if = "BTreeMap::is_empty")]
    compensations: BTreeMap<Key, Vec<Compensation>>,
    /// `q`: compensations under way.
    #[serde(rename = "q", default, skip_serializing_if = "BTreeMap::is_empty")]
    compensating: BTreeMap<Key, Compensating>,
    /// `y`: id of the calendar that the case has for itself.
    #[serde(rename = "y", default, skip_serializing_if = "Option::is_none")]
    calendar: Option<Arc<str>>,
    /// `h`: running and paused deadlines, by their tasks and timers.
    #[serde(rename = "h", default, skip_serializing_if = "ByKey::is_empty")]
    deadlines: ByKey<Deadline>,
    /// `o`: deadlines that were missed, of which nobody has said why. They stay after the end.
    #[serde(rename = "o", default, skip_serializing_if = "BTreeSet::is_empty")]
    missed: BTreeSet<Key>,
    /// `i`: open incidents.
    #[serde(rename = "i", default, skip_serializing_if = "ByKey::is_empty")]
    incidents: ByKey<Incident>,
    /// `v`: what it was before it was migrated, as long as nothing has happened since.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    before_migration: Option<Box<ProcessInstance>>,
    /// `S`: since when it stands still, and what it is told when it goes on.
    #[serde(rename = "S", default, skip_serializing_if = "Option::is_none")]
    suspension: Option<Box<Suspension>>,
}

/// An instance stands still.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Suspension {
    /// `a`: since when.
    #[serde(rename = "a")]
    since: Timestamp,
    /// `c`: what called processes have answered meanwhile.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Command>,
}

/// Whether an instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It runs, or waits.
    Active,
    /// It has reached its end.
    Completed,
    /// It was cancelled, or ended by an error for its caller.
    Terminated,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Active => "active",
            Status::Completed => "completed",
            Status::Terminated => "terminated",
        })
    }
}

/// Reading the state.
impl ProcessInstance {
    /// Its key.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Key of its process definition.
    pub fn definition(&self) -> Key {
        self.definition
    }

    /// Id of the process.
    pub fn process_id(&self) -> &str {
        &self.process_id
    }

    /// Version of the process definition.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What the business calls it.
    pub fn business_id(&self) -> Option<&str> {
        self.business_id.as_deref()
    }

    /// The call activity that started it.
    pub fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// Where it begins once its listeners are done, where that was said.
    pub(crate) fn beginning(&self) -> Option<&Beginning> {
        self.beginning.as_deref()
    }

    /// The elements after which it is ended, where somebody wants that.
    pub(crate) fn until(&self) -> &[Arc<str>] {
        &self.until
    }

    /// Whether it runs.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Since when it stands still, where it does.
    pub fn suspended_at(&self) -> Option<Timestamp> {
        self.suspension.as_ref().map(|suspension| suspension.since)
    }

    /// What called processes have answered since then.
    pub(crate) fn held_answers(&self) -> &[Command] {
        let suspension = self.suspension.as_ref();
        suspension.map_or(&[], |suspension| &suspension.answers)
    }

    /// When it started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// When it ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// The visits that have not ended, oldest first.
    pub fn elements(&self) -> &ByKey<ElementInstance> {
        &self.elements
    }

    /// The open tasks.
    pub fn tasks(&self) -> &ByKey<Task> {
        &self.tasks
    }

    /// The open jobs.
    pub fn jobs(&self) -> &ByKey<Job> {
        &self.jobs
    }

    /// The running timers.
    pub fn timers(&self) -> &ByKey<Timer> {
        &self.timers
    }

    /// The messages, signals and conditions that are waited for.
    pub fn subscriptions(&self) -> &ByKey<EventSubscription> {
        &self.subscriptions
    }

    /// Id of the calendar that the case has for itself.
    pub fn calendar(&self) -> Option<&str> {
        self.calendar.as_deref()
    }

    /// The running and paused deadlines, by their tasks and timers.
    pub fn deadlines(&self) -> &ByKey<Deadline> {
        &self.deadlines
    }

    /// The deadlines that were missed, of which nobody has said why.
    pub fn missed(&self) -> &BTreeSet<Key> {
        &self.missed
    }

    /// The open incidents.
    pub fn incidents(&self) -> &ByKey<Incident> {
        &self.incidents
    }

    /// The variables of the instance itself, without those of single visits. They stay after its end.
    pub fn variables(&self) -> Context {
        to_context(self.root.variables.iter())
    }

    /// One variable of the instance itself.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.root.variables.get(name)
    }

    /// The variables of one visit itself.
    pub fn own_variables(&self, scope: Key) -> Context {
        let variables = self.scope(scope).map(|scope| scope.variables.iter());
        to_context(variables.into_iter().flatten())
    }

    /// All variables that a visit sees: its own, and those of the scopes around it that they do not hide.
    pub fn visible_variables(&self, scope: Key) -> Context {
        let chain: Vec<&Scope> = self.outward(scope).map(|(_, scope)| scope).collect();
        to_context(chain.iter().rev().flat_map(|scope| scope.variables.iter()))
    }

    /// The value of a variable as a visit sees it.
    pub fn visible_variable(&self, scope: Key, name: &str) -> Option<&Value> {
        let mut scopes = self.outward(scope);
        scopes.find_map(|(_, scope)| scope.variables.get(name))
    }

    /// One of the counts that the standard gives to everything inside a multi-instance activity.
    pub(crate) fn loop_count(&self, scope: Key, name: &str) -> Option<u32> {
        if !name.starts_with("numberOf") {
            return None;
        }
        let mut at = self.elements.get(&scope);
        while let Some(element) = at {
            if let Some(state) = &element.looping {
                return state.count(name);
            }
            at = self.elements.get(&element.scope);
        }
        None
    }

    /// The open subscriptions to the conditions of an event.
    pub(crate) fn conditions(&self, event: &str) -> Option<&BTreeSet<Key>> {
        self.conditions.get(event)
    }

    pub(crate) fn scope(&self, key: Key) -> Option<&Scope> {
        if key == self.key {
            return Some(&self.root);
        }
        self.elements.get(&key).map(|element| &element.inner)
    }

    /// The scope around a visit; `None` for the instance itself.
    pub(crate) fn parent_scope(&self, key: Key) -> Option<Key> {
        self.elements.get(&key).map(|element| element.scope)
    }

    /// Where a write to a variable goes that begins in a scope: to the nearest scope that has it, else to the root.
    pub(crate) fn scope_of_variable(&self, from: Key, name: &str) -> Key {
        let mut at = from;
        for (key, scope) in self.outward(from) {
            at = key;
            if scope.variables.contains_key(name) {
                break;
            }
        }
        at
    }

    /// A scope and those around it, to the instance.
    fn outward(&self, from: Key) -> impl Iterator<Item = (Key, &Scope)> {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let key = next.take()?;
            if key == self.key {
                return Some((key, &self.root));
            }
            let element = self.elements.get(&key)?;
            next = Some(element.scope);
            Some((key, &element.inner))
        })
    }

    pub(crate) fn last_key(&self) -> Key {
        self.last_key
    }

    /// Approximate bytes of all variables as JSON.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Serialize for ProcessInstance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ProcessInstance::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ProcessInstance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut instance = ProcessInstance::deserialize(deserializer)?;
        instance.index_children();
        instance.conditions = instance.conditions_by_event();
        Ok(instance)
    }
}

fn entry_bytes(name: &str, value: &Value) -> usize {
    name.len() + 4 + bytes(value)
}

fn to_context<'a>(variables: impl Iterator<Item = (&'a Arc<str>, &'a Value)>) -> Context {
    variables
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect()
}

/// The state that all records of an instance lead to; `None` where the first is not `InstanceStarted`.
pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Option<ProcessInstance> {
    let mut records = records.into_iter();
    let mut instance = ProcessInstance::begin(records.next()?)?;
    for record in records {
        instance.apply(record);
    }
    Some(instance)
}
