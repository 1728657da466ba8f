//! The rows that the records of an instance should have left in the tables: by the same code that the writer uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use bpmn::{Key, ProcessInstance, Record, TaskState};
use jiff::Timestamp;
use store::{Batch, Candidate, Deadline, Incident, Job, Projections, Subscription, Task, Timer};

use crate::writer::projection::project;

/// The rows after the records so far.
#[derive(Debug, Default)]
pub(super) struct Expected {
    tasks: BTreeMap<Key, Task>,
    timers: BTreeMap<Key, Timer>,
    subscriptions: BTreeMap<Key, Subscription>,
    jobs: BTreeMap<Key, Job>,
    deadlines: BTreeMap<Key, Deadline>,
    incidents: BTreeMap<Key, Incident>,
}

impl Expected {
    /// Does what the commit of these records did. `instance` is the state after them.
    pub(super) fn next(&mut self, instance: &ProcessInstance, records: &[Record], at: Timestamp) {
        let mut batch = Batch::default();
        project(&mut batch, instance, records, at);
        for (key, write) in batch.tasks {
            let before = self.tasks.get(&key);
            let created_at = before.map_or(write.task.created_at, |task| task.created_at);
            let task = Task {
                created_at,
                ..write.task
            };
            self.tasks.insert(key, task);
        }
        // A task tells the definition of its instance, also when it is closed.
        for task in self.tasks.values_mut() {
            task.process_id = instance.process_id().to_owned();
            task.definition = instance.definition();
        }
        for (key, closed) in batch.closed_tasks {
            if let Some(task) = self.tasks.get_mut(&key) {
                task.state = closed.state;
                task.closed_at = Some(closed.at);
                task.closed_by = closed.by;
            }
        }
        self.timers.extend(batch.timers);
        self.timers
            .retain(|key, _| !batch.gone_timers.contains(key));
        for (key, row) in batch.subscriptions {
            let before = self.subscriptions.get(&key);
            let created_at = before.map_or(row.created_at, |row| row.created_at);
            self.subscriptions
                .insert(key, Subscription { created_at, ..row });
        }
        self.subscriptions
            .retain(|key, _| !batch.gone_subscriptions.contains(key));
        for (key, job) in batch.jobs {
            let before = self.jobs.get(&key);
            let created_at = before.map_or(job.created_at, |job| job.created_at);
            self.jobs.insert(key, Job { created_at, ..job });
        }
        for (key, kept) in batch.kept_jobs {
            if let Some(job) = self.jobs.get_mut(&key) {
                job.element = kept.element;
                job.hidden = kept.hidden;
            }
        }
        self.jobs.retain(|key, _| !batch.gone_jobs.contains(key));
        for (key, row) in batch.deadlines {
            self.deadlines.insert(key, row);
        }
        for (key, end) in batch.ended_deadlines {
            if let Some(row) = self.deadlines.get_mut(&key) {
                if let Some((state, at)) = end.stopped {
                    row.state = state;
                    row.stopped_at = Some(at);
                }
                row.miss_reason = end.miss_reason.or(row.miss_reason.take());
            }
        }
        for (key, row) in batch.incidents {
            let before = self.incidents.get(&key);
            let raised_at = before.map_or(row.raised_at, |row| row.raised_at);
            self.incidents.insert(key, Incident { raised_at, ..row });
        }
        for (key, at) in batch.resolved_incidents {
            if let Some(incident) = self.incidents.get_mut(&key) {
                incident.resolved_at = Some(at);
            }
        }
    }

    /// What the tables say otherwise.
    pub(super) fn differences(self, state: &ProcessInstance, found: Projections) -> Vec<String> {
        let mut told = Vec::new();
        let open = |task: &&Task| task.state == TaskState::Open;
        let queued: BTreeSet<Candidate> =
            self.tasks.values().filter(open).flat_map(queues).collect();
        if queued != found.candidates {
            let mut tasks = queued.symmetric_difference(&found.candidates);
            told.extend(tasks.next().map(|row| {
                format!(
                    "the queues of task {} are other than its candidates",
                    row.task
                )
            }));
        }
        let waits = self.tasks.values();
        let waits = waits.filter(|task| open(task) || matches!(task.state, TaskState::Waiting(_)));
        let waits = waits.map(|task| task.key);
        if !waits.eq(state.tasks().keys().copied()) {
            told.push("its open tasks are other than its state says".to_owned());
        }
        // No record says from where calls come in the end.
        let tasks = found.tasks.into_iter();
        let tasks = keyed(tasks.map(|row| Task { root: None, ..row }), |row| row.key);
        compare("task", self.tasks, tasks, &mut told);
        // A timer that could not fire rests, and its row with it.
        let timers = found.timers.into_iter().map(|row| {
            let due = self.timers.get(&row.key).map(|timer| timer.due);
            let due = due.map_or(row.due, |due| due.min(row.due));
            (row.key, Timer { due, ..row })
        });
        let timers = timers.collect();
        compare("timer", self.timers, timers, &mut told);
        let subscriptions = keyed(found.subscriptions, |row| row.key);
        compare("subscription", self.subscriptions, subscriptions, &mut told);
        let jobs = keyed(found.jobs.into_iter().map(unleased), |row| row.key);
        let expected = keyed(self.jobs.into_values().map(unleased), |row| row.key);
        compare("job", expected, jobs, &mut told);
        let deadlines = keyed(found.deadlines, |row| row.key);
        compare("deadline", self.deadlines, deadlines, &mut told);
        let incidents = keyed(found.incidents, |row| row.key);
        compare("incident", self.incidents, incidents, &mut told);
        told
    }
}

/// A job without what its lease says: of leases there are no records.
fn unleased(job: Job) -> Job {
    Job {
        available_at: job.created_at,
        token: 0,
        worker: None,
        ..job
    }
}

fn queues(task: &Task) -> impl Iterator<Item = Candidate> + use<'_> {
    let groups = task.candidate_groups.iter().map(|name| ("group", name));
    let users = task.candidate_users.iter().map(|name| ("user", name));
    groups.chain(users).map(|(kind, name)| Candidate {
        task: task.key,
        kind: kind.to_owned(),
        candidate: name.clone(),
        assigned: task.assignee.is_some(),
        due: task.due.map_or(i64::MAX, Timestamp::as_microsecond),
    })
}

fn keyed<T>(rows: impl IntoIterator<Item = T>, key: impl Fn(&T) -> Key) -> BTreeMap<Key, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// Tells the first row that is other than it should be.
fn compare<T: PartialEq>(
    name: &str,
    expected: BTreeMap<Key, T>,
    found: BTreeMap<Key, T>,
    told: &mut Vec<String>,
) {
    let keys: BTreeSet<&Key> = expected.keys().chain(found.keys()).collect();
    let first = keys
        .into_iter()
        .find_map(|key| match (expected.get(key), found.get(key)) {
            (Some(expected), Some(found)) if expected == found => None,
            (Some(_), Some(_)) => Some(format!(
                "the row of {name} {key} is other than the records say"
            )),
            (Some(_), None) => Some(format!("the row of {name} {key} is missing")),
            (None, _) => Some(format!(
                "there is a row of {name} {key}, of which the records say nothing"
            )),
        });
    told.extend(first);
}
