//! The state of one running process, and [`ProcessInstance::apply`]: the only code that changes it.
//!
//! State is stored as JSON once per instance, so the names of its fields there are one letter long;
//! the doc comment of each field gives its letter.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use feel::{Context, Value};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Incident, Job, Key, Parent, Record, Task, Timer};

/// One running pathway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// `r`: the outermost scope.
    #[serde(rename = "r", default, skip_serializing_if = "Scope::is_empty")]
    root: Scope,
    /// `e`: the visits that have not ended.
    #[serde(rename = "e", default, skip_serializing_if = "BTreeMap::is_empty")]
    elements: BTreeMap<Key, ElementInstance>,
    /// `t`: open tasks.
    #[serde(rename = "t", default, skip_serializing_if = "BTreeMap::is_empty")]
    tasks: BTreeMap<Key, Task>,
    /// `j`: open jobs.
    #[serde(rename = "j", default, skip_serializing_if = "BTreeMap::is_empty")]
    jobs: BTreeMap<Key, Job>,
    /// `w`: running timers.
    #[serde(rename = "w", default, skip_serializing_if = "BTreeMap::is_empty")]
    timers: BTreeMap<Key, Timer>,
    /// `i`: open incidents.
    #[serde(rename = "i", default, skip_serializing_if = "BTreeMap::is_empty")]
    incidents: BTreeMap<Key, Incident>,
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

/// One visit to a flow node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementInstance {
    /// `e`: id of the flow node.
    #[serde(rename = "e")]
    element: Arc<str>,
    /// `s`: the subprocess visit around it, or the instance.
    #[serde(rename = "s")]
    scope: Key,
    /// `i`: what is inside it.
    #[serde(rename = "i", default, skip_serializing_if = "Scope::is_empty")]
    inner: Scope,
    /// `w`: its tasks, jobs, timers and incidents, oldest first.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    waits: Vec<Key>,
}

impl ElementInstance {
    /// Id of the flow node.
    pub fn element(&self) -> &Arc<str> {
        &self.element
    }

    /// The subprocess visit around it, or the instance.
    pub fn scope(&self) -> Key {
        self.scope
    }

    /// Its tasks, jobs, timers and incidents, oldest first.
    pub fn waits(&self) -> &[Key] {
        &self.waits
    }

    /// Its own variables.
    pub fn variables(&self) -> &BTreeMap<Arc<str>, Value> {
        &self.inner.variables
    }
}

/// What a visit or the instance holds for the elements inside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// `v`: its own variables.
    #[serde(rename = "v", default, skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<Arc<str>, Value>,
    /// `n`: how many visits directly inside it have not ended.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    children: u32,
    /// `f`: how many arrivals wait at a join, by flow.
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    arrivals: BTreeMap<Arc<str>, u32>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Scope {
    fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.children == 0 && self.arrivals.is_empty()
    }

    pub(crate) fn children(&self) -> u32 {
        self.children
    }

    pub(crate) fn arrivals(&self) -> &BTreeMap<Arc<str>, u32> {
        &self.arrivals
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

    /// Whether it runs.
    pub fn status(&self) -> Status {
        self.status
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
    pub fn elements(&self) -> &BTreeMap<Key, ElementInstance> {
        &self.elements
    }

    /// The open tasks.
    pub fn tasks(&self) -> &BTreeMap<Key, Task> {
        &self.tasks
    }

    /// The open jobs.
    pub fn jobs(&self) -> &BTreeMap<Key, Job> {
        &self.jobs
    }

    /// The running timers.
    pub fn timers(&self) -> &BTreeMap<Key, Timer> {
        &self.timers
    }

    /// The open incidents.
    pub fn incidents(&self) -> &BTreeMap<Key, Incident> {
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

    /// All variables that a visit sees: its own, and those of the scopes around it that they do not hide.
    pub fn visible_variables(&self, scope: Key) -> Context {
        let mut chain = Vec::new();
        let mut at = Some(scope);
        while let Some(key) = at {
            chain.extend(self.scope(key));
            at = self.parent_scope(key);
        }
        to_context(chain.iter().rev().flat_map(|scope| scope.variables.iter()))
    }

    /// The value of a variable as a visit sees it.
    pub fn visible_variable(&self, scope: Key, name: &str) -> Option<&Value> {
        let mut at = Some(scope);
        while let Some(key) = at {
            if let Some(value) = self.scope(key)?.variables.get(name) {
                return Some(value);
            }
            at = self.parent_scope(key);
        }
        None
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
        loop {
            let holds = self
                .scope(at)
                .is_some_and(|s| s.variables.contains_key(name));
            match self.parent_scope(at) {
                Some(parent) if !holds => at = parent,
                _ => return at,
            }
        }
    }

    pub(crate) fn last_key(&self) -> Key {
        self.last_key
    }

    pub(crate) fn all_variables(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        let inner = self
            .elements
            .values()
            .flat_map(|e| e.inner.variables.iter());
        self.root.variables.iter().chain(inner)
    }
}

fn to_context<'a>(variables: impl Iterator<Item = (&'a Arc<str>, &'a Value)>) -> Context {
    variables
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect()
}

/// Changing the state.
impl ProcessInstance {
    /// The state after the first record; `None` where that is not `InstanceStarted`.
    pub(crate) fn begin(record: &Record) -> Option<ProcessInstance> {
        let Record::InstanceStarted {
            key,
            definition,
            process_id,
            version,
            business_id,
            parent,
            at,
        } = record
        else {
            return None;
        };
        Some(ProcessInstance {
            key: *key,
            definition: *definition,
            process_id: process_id.clone(),
            version: *version,
            business_id: business_id.clone(),
            parent: *parent,
            status: Status::Active,
            started_at: *at,
            ended_at: None,
            last_key: *key,
            root: Scope::default(),
            elements: BTreeMap::new(),
            tasks: BTreeMap::new(),
            jobs: BTreeMap::new(),
            timers: BTreeMap::new(),
            incidents: BTreeMap::new(),
        })
    }

    /// Changes the state as the record says. Records that do not fit the state change nothing.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::InstanceStarted { .. } => {} // `begin` has done it
            Record::InstanceCompleted { at } => self.end(Status::Completed, *at),
            Record::InstanceTerminated { at } => self.end(Status::Terminated, *at),
            Record::ElementActivated {
                key,
                element,
                scope,
                joins,
            } => self.activate(*key, element, *scope, joins),
            Record::ElementCompleted { key } | Record::ElementTerminated { key } => {
                self.leave(*key);
            }
            Record::FlowTaken { flow, scope, waits } => {
                if let Some(inner) = self.scope_mut(*scope).filter(|_| *waits) {
                    *inner.arrivals.entry(flow.clone()).or_default() += 1;
                }
            }
            Record::VariableSet { scope, name, value } => {
                if let Some(inner) = self.scope_mut(*scope) {
                    inner.variables.insert(name.clone(), value.clone());
                }
            }
            Record::TaskCreated { .. }
            | Record::TaskAssigned { .. }
            | Record::TaskUpdated { .. }
            | Record::TaskCompleted { .. }
            | Record::TaskWithdrawn { .. } => self.apply_to_task(record),
            Record::JobCreated { .. }
            | Record::JobCompleted { .. }
            | Record::JobFailed { .. }
            | Record::JobRetriesUpdated { .. }
            | Record::JobWithdrawn { .. } => self.apply_to_job(record),
            Record::TimerStarted { timer } => {
                self.wait(timer.key, timer.element_instance);
                self.timers.insert(timer.key, timer.clone());
            }
            Record::TimerFired { timer } | Record::TimerWithdrawn { timer } => {
                if let Some(timer) = self.timers.remove(timer) {
                    self.stop_waiting(timer.key, timer.element_instance);
                }
            }
            Record::IncidentRaised { incident } => {
                self.wait(incident.key, incident.element_instance);
                self.incidents.insert(incident.key, incident.clone());
            }
            Record::IncidentResolved { incident } => {
                if let Some(incident) = self.incidents.remove(incident) {
                    self.stop_waiting(incident.key, incident.element_instance);
                }
            }
            // For the history only.
            Record::DecisionEvaluated { .. }
            | Record::ErrorThrown { .. }
            | Record::ProcessCalled { .. } => {}
        }
    }

    fn apply_to_task(&mut self, record: &Record) {
        if let Record::TaskCreated { task } = record {
            self.wait(task.key, task.element_instance);
            self.tasks.insert(task.key, task.clone());
        } else if let Record::TaskAssigned { task, assignee } = record {
            if let Some(task) = self.tasks.get_mut(task) {
                task.assignee.clone_from(assignee);
            }
        } else if let Record::TaskUpdated {
            task,
            due,
            follow_up,
            priority,
            candidate_groups,
        } = record
        {
            if let Some(task) = self.tasks.get_mut(task) {
                task.due = due.or(task.due);
                task.follow_up = follow_up.or(task.follow_up);
                task.priority = priority.unwrap_or(task.priority);
                if let Some(groups) = candidate_groups {
                    task.candidate_groups.clone_from(groups);
                }
            }
        } else if let Record::TaskCompleted { task, .. } | Record::TaskWithdrawn { task } = record
            && let Some(task) = self.tasks.remove(task)
        {
            self.stop_waiting(task.key, task.element_instance);
        }
    }

    fn apply_to_job(&mut self, record: &Record) {
        if let Record::JobCreated { job } = record {
            self.wait(job.key, job.element_instance);
            self.jobs.insert(job.key, job.clone());
        } else if let Record::JobFailed { job, retries, .. }
        | Record::JobRetriesUpdated { job, retries } = record
        {
            if let Some(job) = self.jobs.get_mut(job) {
                job.retries = *retries;
            }
        } else if let Record::JobCompleted { job } | Record::JobWithdrawn { job } = record
            && let Some(job) = self.jobs.remove(job)
        {
            self.stop_waiting(job.key, job.element_instance);
        }
    }

    fn activate(&mut self, key: Key, element: &Arc<str>, scope: Key, joins: &[Arc<str>]) {
        self.last_key = self.last_key.max(key);
        let Some(outer) = self.scope_mut(scope) else {
            return;
        };
        outer.children += 1;
        for flow in joins {
            if let Some(count) = outer.arrivals.get_mut(flow) {
                *count -= 1;
                if *count == 0 {
                    outer.arrivals.remove(flow);
                }
            }
        }
        let instance = ElementInstance {
            element: element.clone(),
            scope,
            inner: Scope::default(),
            waits: Vec::new(),
        };
        self.elements.insert(key, instance);
    }

    fn leave(&mut self, key: Key) {
        let Some(element) = self.elements.remove(&key) else {
            return;
        };
        if let Some(outer) = self.scope_mut(element.scope) {
            outer.children -= 1;
        }
    }

    /// Arrivals that still wait at joins end with their scope.
    fn end(&mut self, status: Status, at: Timestamp) {
        self.status = status;
        self.ended_at = Some(at);
        self.root.arrivals.clear();
    }

    fn wait(&mut self, key: Key, element_instance: Key) {
        self.last_key = self.last_key.max(key);
        if let Some(element) = self.elements.get_mut(&element_instance) {
            element.waits.push(key);
        }
    }

    fn stop_waiting(&mut self, key: Key, element_instance: Key) {
        if let Some(element) = self.elements.get_mut(&element_instance) {
            element.waits.retain(|waiting| *waiting != key);
        }
    }

    fn scope_mut(&mut self, key: Key) -> Option<&mut Scope> {
        if key == self.key {
            return Some(&mut self.root);
        }
        self.elements
            .get_mut(&key)
            .map(|element| &mut element.inner)
    }
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
