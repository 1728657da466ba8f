//! The only code that changes state: what each record does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use feel::Value;
use jiff::Timestamp;

use super::{ByKey, ElementInstance, ProcessInstance, Scope, Status, Suspension, entry_bytes};
use crate::{Awaited, Corrections, Held, Key, Record};

/// Changing the state.
impl ProcessInstance {
    /// The state after the first record; `None` where that is not `InstanceStarted`.
    pub(crate) fn begin(record: &Record) -> Option<ProcessInstance> {
        let Record::InstanceStarted(started) = record else {
            return None;
        };
        Some(ProcessInstance {
            key: started.key,
            definition: started.definition,
            process_id: started.process_id.clone(),
            version: started.version,
            business_id: started.business_id.clone(),
            parent: started.parent,
            status: Status::Active,
            beginning: started.beginning.clone(),
            until: started.until.clone(),
            started_at: started.at,
            ended_at: None,
            last_key: started.key,
            bytes: 0,
            root: Scope::default(),
            elements: ByKey::default(),
            tasks: ByKey::default(),
            jobs: ByKey::default(),
            timers: ByKey::default(),
            subscriptions: ByKey::default(),
            conditions: BTreeMap::new(),
            compensations: BTreeMap::new(),
            compensating: BTreeMap::new(),
            calendar: None,
            deadlines: ByKey::default(),
            missed: BTreeSet::new(),
            incidents: ByKey::default(),
            before_migration: None,
            suspension: None,
        })
    }

    /// Changes the state as the record says. Records that do not fit the state change nothing.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::InstanceStarted(_) => {} // `begin` has done it
            Record::InstanceCompleted { at } => self.end(Status::Completed, *at),
            Record::InstanceTerminated { at } => self.end(Status::Terminated, *at),
            Record::ElementActivated {
                key,
                element,
                scope,
                joins,
                item,
            } => self.activate(*key, element, *scope, joins, *item),
            Record::ElementCompleted { key } => self.leave(*key, true),
            Record::ElementTerminated { key } => self.leave(*key, false),
            Record::LoopStarted {
                body,
                collection,
                total,
                parallel,
            } => self.start_loop(*body, collection, *total, *parallel),
            Record::AdHocClosed { ad_hoc } => self.close_ad_hoc(*ad_hoc),
            Record::ItemCompleted { body, item, result } => {
                self.keep_result(*body, *item, result);
            }
            Record::FlowTaken { flow, scope, waits } => {
                if let Some(inner) = self.scope_mut(*scope).filter(|_| *waits) {
                    *inner.arrivals.entry(flow.clone()).or_default() += 1;
                }
            }
            Record::GatewayActivated { element_instance } => {
                if let Some(gateway) = self.elements.get_mut(element_instance) {
                    gateway.waits_for_reset = true;
                }
            }
            Record::GatewayReset {
                element_instance,
                joins,
            } => self.reset(*element_instance, joins),
            Record::CompensationRegistered { .. }
            | Record::CompensationsMoved { .. }
            | Record::CompensationThrown { .. }
            | Record::CompensationStarted { .. }
            | Record::CompensationEnded { .. } => self.apply_to_compensation(record),
            Record::VariableSet { scope, name, value } => self.set(*scope, name, value),
            Record::ArrivalsDropped { scope } => {
                if let Some(inner) = self.scope_mut(*scope) {
                    inner.arrivals.clear();
                }
            }
            Record::TaskCreated { .. }
            | Record::TaskAssigned { .. }
            | Record::TaskUpdated { .. }
            | Record::TaskChangeHeld { .. }
            | Record::TaskCorrected { .. }
            | Record::TaskChangeDecided { .. }
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
            Record::SubscriptionOpened { .. }
            | Record::SubscriptionTriggered { .. }
            | Record::SubscriptionClosed { .. }
            | Record::ConditionChanged { .. }
            | Record::EventPartlyOccurred { .. }
            | Record::EventOccurred { .. } => self.apply_to_subscription(record),
            Record::DeadlineStarted { .. }
            | Record::DeadlineChanged { .. }
            | Record::DeadlineRecomputed { .. }
            | Record::DeadlineStopped { .. }
            | Record::DeadlineExplained { .. }
            | Record::CalendarChosen { .. } => self.apply_to_deadline(record),
            Record::IncidentRaised { incident } => {
                self.wait(incident.key, incident.element_instance);
                self.incidents.insert(incident.key, incident.clone());
            }
            Record::IncidentResolved { incident } => {
                if let Some(incident) = self.incidents.remove(incident) {
                    self.stop_waiting(incident.key, incident.element_instance);
                }
            }
            Record::InstanceSuspended { at } => {
                let (since, answers) = (*at, Vec::new());
                self.suspension = Some(Box::new(Suspension { since, answers }));
            }
            Record::InstanceResumed { .. } => self.suspension = None,
            Record::AnswerHeld { command } => {
                if let Some(suspension) = &mut self.suspension {
                    suspension.answers.push((**command).clone());
                }
            }
            Record::InstanceMigrated { .. }
            | Record::MigrationKept
            | Record::MigrationUndone { .. } => self.apply_to_definition(record),
            Record::DecisionEvaluated(account) => {
                self.last_key = self.last_key.max(account.key.unwrap_or(self.last_key));
            }
            // For the history only.
            Record::DataStoreWritten { .. }
            | Record::ExpressionWarned { .. }
            | Record::ErrorThrown { .. }
            | Record::EscalationThrown { .. }
            | Record::MessageThrown { .. }
            | Record::SignalThrown { .. }
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
        } else if let Record::TaskUpdated { task, update } = record {
            if let Some(task) = self.tasks.get_mut(task) {
                task.update(update);
            }
        } else if let Record::TaskChangeHeld { task, change } = record {
            if let Some(task) = self.tasks.get_mut(task) {
                task.denied = None;
                task.held = Some(Box::new(Held {
                    change: (**change).clone(),
                    corrections: Corrections::default(),
                }));
            }
        } else if let Record::TaskCorrected { task, corrections } = record {
            let task = self.tasks.get_mut(task);
            if let Some(held) = task.and_then(|task| task.held.as_mut()) {
                held.corrections.merge(corrections);
            }
        } else if let Record::TaskChangeDecided { task, denied } = record {
            let task = self.tasks.get_mut(task);
            if let Some(task) = task
                && let Some(held) = task.held.take()
            {
                task.denied.clone_from(denied);
                if denied.is_none() {
                    held.decide(task);
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

    fn apply_to_subscription(&mut self, record: &Record) {
        if let Record::SubscriptionOpened { subscription } = record {
            self.wait(subscription.key, subscription.element_instance);
            if let Awaited::Condition { .. } = subscription.awaits {
                let keys = self.conditions.entry(subscription.element.clone());
                keys.or_default().insert(subscription.key);
            }
            self.subscriptions
                .insert(subscription.key, subscription.clone());
        } else if let Record::SubscriptionClosed { subscription } = record
            && let Some(closed) = self.subscriptions.remove(subscription)
        {
            self.stop_waiting(closed.key, closed.element_instance);
            if let Some(keys) = self.conditions.get_mut(&closed.element) {
                keys.remove(&closed.key);
                if keys.is_empty() {
                    self.conditions.remove(&closed.element);
                }
            }
        } else if let Record::ConditionChanged { subscription, held } = record
            && let Some(open) = self.subscriptions.get_mut(subscription)
        {
            open.awaits = Awaited::Condition { held: *held };
        } else if let Record::EventPartlyOccurred {
            element,
            element_instance,
            definition,
        } = record
            && let Some(scope) = self.scope_mut(*element_instance)
        {
            let definitions = scope.occurred.entry(element.clone()).or_default();
            definitions.insert(*definition);
        } else if let Record::EventOccurred {
            element,
            element_instance,
        } = record
            && let Some(scope) = self.scope_mut(*element_instance)
        {
            scope.occurred.remove(element);
        }
    }

    fn activate(
        &mut self,
        key: Key,
        element: &Arc<str>,
        scope: Key,
        joins: &[Arc<str>],
        item: Option<u32>,
    ) {
        self.last_key = self.last_key.max(key);
        let Some(outer) = self.scope_mut(scope) else {
            return;
        };
        outer.children.insert(key);
        outer.use_up(joins);
        let instance = Box::new(ElementInstance {
            element: element.clone(),
            scope,
            joined: joins.to_vec(),
            waits_for_reset: false,
            undoes: None,
            revived: false,
            inner: Scope::default(),
            item,
            looping: None,
        });
        self.elements.insert(key, instance);
        if item.is_some() {
            self.begin_item(scope);
        }
    }

    fn reset(&mut self, key: Key, joins: &[Arc<str>]) {
        let Some(gateway) = self.elements.get_mut(&key) else {
            return;
        };
        gateway.waits_for_reset = false;
        let scope = gateway.scope;
        if let Some(outer) = self.scope_mut(scope) {
            outer.use_up(joins);
        }
    }

    fn leave(&mut self, key: Key, completed: bool) {
        let Some(element) = self.elements.remove(&key) else {
            return;
        };
        self.forget_inside(key, element.scope);
        if let (false, Some(run)) = (completed, element.undoes) {
            self.compensating.remove(&run);
        }
        let variables = element.inner.variables.iter();
        self.bytes -= variables
            .map(|(name, value)| entry_bytes(name, value))
            .sum::<usize>();
        self.bytes -= element.looping.map_or(0, |looping| looping.bytes());
        if element.item.is_some() {
            self.end_item(element.scope, completed);
        }
        if let Some(outer) = self.scope_mut(element.scope) {
            outer.children.remove(&key);
        }
    }

    fn set(&mut self, scope: Key, name: &Arc<str>, value: &Value) {
        let Some(inner) = self.scope_mut(scope) else {
            return;
        };
        let before = inner.variables.insert(name.clone(), value.clone());
        self.bytes += entry_bytes(name, value);
        self.bytes -= before.map_or(0, |before| entry_bytes(name, &before));
    }

    /// Arrivals that still wait at joins end with their scope.
    fn end(&mut self, status: Status, at: Timestamp) {
        self.status = status;
        self.suspension = None;
        self.ended_at = Some(at);
        self.root.arrivals.clear();
        self.forget_compensations();
        self.root.occurred.clear();
    }

    fn wait(&mut self, key: Key, element_instance: Key) {
        self.last_key = self.last_key.max(key);
        if let Some(scope) = self.scope_mut(element_instance) {
            scope.waits.push(key);
        }
    }

    fn stop_waiting(&mut self, key: Key, element_instance: Key) {
        if let Some(scope) = self.scope_mut(element_instance) {
            scope.waits.retain(|waiting| *waiting != key);
        }
    }

    pub(super) fn scope_mut(&mut self, key: Key) -> Option<&mut Scope> {
        if key == self.key {
            return Some(&mut self.root);
        }
        self.elements
            .get_mut(&key)
            .map(|element| &mut element.inner)
    }
}

impl Scope {
    /// One arrival on each of the flows no longer waits.
    fn use_up(&mut self, joins: &[Arc<str>]) {
        for flow in joins {
            if let Some(count) = self.arrivals.get_mut(flow) {
                *count -= 1;
                if *count == 0 {
                    self.arrivals.remove(flow);
                }
            }
        }
    }
}
