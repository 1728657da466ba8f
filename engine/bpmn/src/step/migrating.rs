//! A running instance goes on with another definition, and perhaps back.
//!
//! Everything that waits keeps its key: tasks with who has them, jobs with their leases, timers with their due times, open
//! incidents, loops, what can be compensated, what waits at joins, called processes. `plan` finds what each thing becomes, or
//! what is in the way. Then events that are not mapped are no longer awaited, and those that the target adds begin to be.
//! An event that is mapped stays awaited as it was: its message, its correlation key, its due time.

mod plan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::looping::Part;
use super::{Stepper, step};
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::migration::{Blocker, Blockers, Migrated, Migration, TimerPolicy};
use crate::{
    Awaited, Catalog, Command, JobKind, Key, ListenerEvent, ProcessInstance, Record, Rejection,
    Stage,
};

use plan::Plan;

/// What is in the way of a migration; nothing where it can be done now. Nothing is changed.
///
/// Rejected where the instance has ended or the target is not deployed.
pub fn check_migration(
    catalog: &Catalog,
    instance: &ProcessInstance,
    migration: &Migration,
    now: Timestamp,
) -> Result<Vec<Blocker>, Rejection> {
    let mut copy = instance.clone();
    let migration = migration.clone();
    match step(catalog, &mut copy, Command::Migrate { migration }, now) {
        Ok(_) => Ok(Vec::new()),
        Err(Rejection::CannotMigrate(Blockers(blockers))) => Ok(blockers),
        Err(other) => Err(other),
    }
}

impl<'a> Stepper<'a> {
    /// Goes on with another definition. What is refused here has perhaps changed something: `step` puts it back.
    pub(super) fn migrate(&mut self, asked: &Migration) -> Result<(), Rejection> {
        let definition = asked.target;
        let is_valid = !self.catalog.is_withdrawn(definition);
        let deployed = self.catalog.process(definition).filter(|_| is_valid);
        let deployed = deployed.ok_or(Rejection::NoSuchDefinition { definition })?;
        let plan = self.plan(&deployed.definition, asked)?;
        let to = Box::new(Migrated {
            definition,
            process_id: deployed.definition.id.clone(),
            version: deployed.version,
            elements: plan.new_elements(self.definition),
            flows: plan.new_flows(self.definition),
        });
        self.emit(Record::InstanceMigrated(to));
        for key in &plan.closing {
            self.withdraw_event(*key);
        }
        self.definition = &deployed.definition;
        let office = self
            .catalog
            .office_of(self.instance.calendar(), self.definition);
        self.environment = office.environment(self.now);
        let mut blockers = Vec::new();
        if asked.timers == TimerPolicy::Recompute {
            self.begin_timers_anew(&mut blockers);
        }
        self.await_new_events(&plan, &mut blockers);
        if !blockers.is_empty() {
            return Err(blockers.into());
        }
        if self.instance.suspended_at().is_none() {
            self.look_again();
        }
        Ok(())
    }

    /// Goes back to the definition before the last migration.
    pub(super) fn undo_migration(&mut self) -> Result<(), Rejection> {
        let before = self.instance.before_migration();
        let before = before.ok_or(Rejection::NothingToUndo)?;
        let (definition, version) = (before.definition(), before.version());
        let process_id = before.process_id().into();
        let deployed = self.catalog.process(definition);
        let deployed = deployed.ok_or(Rejection::NoSuchDefinition { definition })?;
        let timers = self.instance.timers().keys();
        let timers = timers.filter(|key| !before.timers().contains_key(key));
        let open = self.instance.subscriptions().keys();
        let open = open.filter(|key| !before.subscriptions().contains_key(key));
        for key in timers.chain(open).copied().collect::<Vec<Key>>() {
            self.withdraw_event(key);
        }
        let to = Box::new(Migrated {
            definition,
            process_id,
            version,
            elements: BTreeMap::new(),
            flows: BTreeMap::new(),
        });
        self.emit(Record::MigrationUndone(to));
        self.definition = &deployed.definition;
        Ok(())
    }

    /// After a command: a migration can be undone as long as nothing has happened but that events are awaited otherwise.
    pub(super) fn keep_migration(&mut self) {
        let of_migration = |record: &Record| matches!(record, Record::InstanceMigrated { .. });
        let migrated = self.records.iter().position(of_migration);
        let later = &self.records[migrated.map_or(0, |at| at + 1)..];
        let moved = later
            .iter()
            .any(|record| migrated.is_none() || !is_waiting(record));
        if moved || !self.follow_ups.is_empty() {
            self.emit(Record::MigrationKept);
        }
    }

    fn withdraw_event(&mut self, key: Key) {
        if self.instance.timers().contains_key(&key) {
            self.emit(Record::TimerWithdrawn { timer: key });
        } else if self.instance.subscriptions().contains_key(&key) {
            self.emit(Record::SubscriptionClosed { subscription: key });
        }
    }

    fn begin_timers_anew(&mut self, blockers: &mut Vec<Blocker>) {
        for key in self.instance.timers().keys().copied().collect::<Vec<Key>>() {
            if let Err((event, failure)) = self.begin_timer_anew(key) {
                blockers.push(Blocker::CannotWait {
                    element: event.to_string(),
                    why: failure.message,
                });
            }
        }
    }

    /// Begins to wait for what the target has and the definition before had not.
    fn await_new_events(&mut self, plan: &Plan<'a>, blockers: &mut Vec<Blocker>) {
        let definition = self.definition;
        let visits = self.instance.elements().keys().copied();
        let owners: Vec<Key> = visits.chain([self.instance.key()]).collect();
        for owner in owners {
            for event in self.events_of(owner) {
                if plan.is_known(event) {
                    continue;
                }
                let node = definition.at(event);
                match self.awaited(node, owner) {
                    Ok(waiting) => self.wait_for(waiting, owner),
                    Err(failure) => blockers.push(Blocker::CannotWait {
                        element: node.id().to_owned(),
                        why: failure.message,
                    }),
                }
            }
        }
    }

    /// The events that a visit, or the instance, waits for beside what it is itself.
    fn events_of(&self, owner: Key) -> Vec<NodeIndex> {
        if !self.has_listened(owner) {
            return Vec::new();
        }
        let mut events = Vec::new();
        let mut inside: &[NodeIndex] = &[];
        if let Some(at) = self.at(owner) {
            let part = self.part(at);
            if matches!(part, Part::Alone | Part::Body(_)) {
                events.extend_from_slice(&at.node.boundaries);
            }
            if matches!(part, Part::Alone | Part::Item(..)) {
                inside = &at.node.parts().event_starts;
            }
            if let Element::EventBasedGateway(_) = at.node.element {
                let behind = self.events_behind(at).into_iter();
                events.extend(behind.filter_map(|node| self.definition.find(&node.id)));
            }
        } else {
            inside = &self.definition.parts(None).event_starts;
        }
        if !self.is_closing(owner) {
            events.extend_from_slice(inside);
        }
        events
    }

    /// Whether a visit has come so far that it waits for its events.
    fn has_listened(&self, owner: Key) -> bool {
        let mut incidents = self.instance.incidents().values();
        let early = |stage: Stage| {
            matches!(
                stage,
                Stage::Enter | Stage::StartListener(_) | Stage::Listen
            )
        };
        let stopped = incidents.any(|i| i.element_instance == owner && early(i.stage));
        let mut jobs = self.instance.jobs().values();
        let begins = jobs.any(|job| {
            let event = match &job.kind {
                JobKind::ExecutionListener { event, .. } => *event,
                JobKind::Element | JobKind::AdHoc | JobKind::TaskListener { .. } => return false,
            };
            job.element_instance == owner && event != ListenerEvent::End
        });
        !stopped && !begins && !self.is_revived(owner)
    }

    /// Whether event subprocesses in a scope begin no more: one that interrupts has begun, listeners are at work because it
    /// ends, or it is a transaction that is undone.
    fn is_closing(&self, scope: Key) -> bool {
        let Some(inner) = self.instance.scope(scope) else {
            return true;
        };
        let interrupted = inner.children().iter().any(|key| {
            self.at(*key).is_some_and(|at| {
                at.node.element.is_event_subprocess()
                    && at
                        .node
                        .parts()
                        .entries
                        .iter()
                        .any(|start| self.interrupts(*start))
            })
        });
        let ends = inner.waits().iter().any(|key| {
            let job = self.instance.jobs().get(key);
            job.is_some_and(|job| {
                matches!(
                    job.kind,
                    JobKind::ExecutionListener {
                        event: ListenerEvent::End,
                        ..
                    }
                )
            })
        });
        interrupted || ends || self.instance.is_compensated_for(scope)
    }

    /// What may be decided otherwise now: conditions that are awaited, and joins at which something waits.
    pub(super) fn look_again(&mut self) {
        let open = self.instance.subscriptions().values();
        let conditions = open.filter(|open| matches!(open.awaits, Awaited::Condition { .. }));
        for key in conditions.map(|open| open.key).collect::<Vec<Key>>() {
            self.ask_condition(key);
        }
        for scope in self.scopes_with_arrivals().collect::<Vec<Key>>() {
            self.touch(scope);
            self.let_through(scope);
        }
        self.unsettled.variables_were_set();
    }

    /// Lets what waits at joins go on that do not wait for more in the target.
    fn let_through(&mut self, scope: Key) {
        let inner = self.instance.scope(scope);
        let arrivals: Vec<_> = inner
            .into_iter()
            .flat_map(|inner| inner.arrivals().clone())
            .collect();
        for (flow, count) in arrivals {
            let Some(index) = self.definition.find_flow(&flow) else {
                continue;
            };
            let target = self.definition.flow(index).target;
            let node = self.definition.at(target);
            for _ in 0..count {
                let arrived = if !node.waits_for_more() {
                    Some(vec![flow.clone()])
                } else {
                    self.complete_at(target, scope)
                };
                if let Some(arrived) = arrived {
                    self.activate(target, scope, arrived);
                }
            }
        }
    }
}

/// Whether a record only says that something is awaited, or no longer.
fn is_waiting(record: &Record) -> bool {
    matches!(
        record,
        Record::TimerStarted { .. }
            | Record::TimerWithdrawn { .. }
            | Record::SubscriptionOpened { .. }
            | Record::SubscriptionClosed { .. }
            | Record::ConditionChanged { .. }
            | Record::DeadlineStarted { .. }
            | Record::DeadlineStopped { .. }
    )
}
