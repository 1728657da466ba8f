//! What a migration changes in the state: the definition, and the ids of elements and flows wherever they stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ProcessInstance, Scope};
use crate::Record;

/// Ids and what they become; what is not there stays as it is.
type Ids = BTreeMap<Arc<str>, Arc<str>>;

/// Reading the state.
impl ProcessInstance {
    /// What it was before it was migrated, as long as nothing has happened since.
    pub(crate) fn before_migration(&self) -> Option<&ProcessInstance> {
        self.before_migration.as_deref()
    }
}

/// Changing the state.
impl ProcessInstance {
    pub(super) fn apply_to_definition(&mut self, record: &Record) {
        if let Record::InstanceMigrated(to) = record {
            self.before_migration = None;
            self.before_migration = Some(Box::new(self.clone()));
            self.definition = to.definition;
            self.process_id = to.process_id.clone();
            self.version = to.version;
            self.rename(&to.elements, &to.flows);
        } else if let Record::MigrationKept = record {
            self.before_migration = None;
        } else if let Record::MigrationUndone { .. } = record
            && let Some(before) = self.before_migration.take()
        {
            // Keys that were given out are not given out again.
            let last_key = self.last_key;
            *self = *before;
            self.last_key = last_key;
        }
    }

    fn rename(&mut self, elements: &Ids, flows: &Ids) {
        self.root.rename(elements, flows);
        for visit in self.elements.values_mut() {
            visit.inner.rename(elements, flows);
            become_another(&mut visit.element, elements);
            for flow in &mut visit.joined {
                become_another(flow, flows);
            }
        }
        let tasks = self.tasks.values_mut().map(|task| &mut task.element);
        let jobs = self.jobs.values_mut().map(|job| &mut job.element);
        let timers = self.timers.values_mut().map(|timer| &mut timer.element);
        let subscriptions = self
            .subscriptions
            .values_mut()
            .map(|open| &mut open.element);
        let incidents = self
            .incidents
            .values_mut()
            .map(|incident| &mut incident.element);
        let deadlines = self
            .deadlines
            .values_mut()
            .map(|deadline| &mut deadline.element);
        let kept = self.compensations.values_mut().flatten();
        let kept = kept.map(|kept| &mut kept.element);
        let work = tasks.chain(jobs).chain(timers).chain(subscriptions);
        for element in work.chain(incidents).chain(deadlines).chain(kept) {
            become_another(element, elements);
        }
        for element in &mut self.until {
            become_another(element, elements);
        }
        self.conditions = self.conditions_by_event();
    }
}

impl Scope {
    fn rename(&mut self, elements: &Ids, flows: &Ids) {
        for (mut flow, count) in std::mem::take(&mut self.arrivals) {
            become_another(&mut flow, flows);
            *self.arrivals.entry(flow).or_default() += count;
        }
        for (mut event, definitions) in std::mem::take(&mut self.occurred) {
            become_another(&mut event, elements);
            self.occurred.entry(event).or_default().extend(definitions);
        }
    }
}

fn become_another(id: &mut Arc<str>, ids: &Ids) {
    if let Some(new) = ids.get(id) {
        *id = new.clone();
    }
}
