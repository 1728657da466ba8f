//! Everything that one transaction writes, gathered in memory first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    AuditRow, Closed, Deadline, DeadlineEnd, DecisionInstance, Definition, Delivery, Deployment,
    Document, HistoryRow, Incident, Instance, Job, KeptJob, Key, Message, OutboxRow, SavedAnswer,
    StoredResource, Subscription, Task, Timer,
};

/// The collection and the id of a document.
pub type DocumentId = (String, String);

/// What is written about one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceWrite {
    /// The instance after its last step.
    pub instance: Instance,
    /// Its revision in the database before this batch; 0 where it was started in it.
    pub before: i64,
    /// Whether what it is found by is as before: its definition and status, when it ended, since when it stands still.
    pub stays: bool,
}

/// What is written about one task.
#[derive(Debug, Clone)]
pub struct TaskWrite {
    /// The task after the step.
    pub task: Task,
    /// Whether it was opened in this batch, so that there is nothing old to replace.
    pub created: bool,
}

/// What is written about one document.
#[derive(Debug, Clone)]
pub enum DocumentWrite {
    /// The new content and the fields by which it is found.
    Put {
        /// The content.
        document: Document,
        /// Field names and values.
        fields: Vec<(String, String)>,
    },
    /// It is gone.
    Delete,
}

/// The changes of one or several requests. The last word about a key wins; everything else is appended.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// New uploads.
    pub deployments: Vec<Deployment>,
    /// Their files.
    pub resources: Vec<StoredResource>,
    /// What the files define.
    pub definitions: Vec<Definition>,
    /// Definitions that are withdrawn, and when.
    pub withdrawn: BTreeMap<Key, Timestamp>,
    /// Instances after their last step.
    pub instances: BTreeMap<Key, InstanceWrite>,
    /// Tasks opened or changed.
    pub tasks: BTreeMap<Key, TaskWrite>,
    /// Tasks completed or withdrawn.
    pub closed_tasks: BTreeMap<Key, Closed>,
    /// Timers started or moved.
    pub timers: BTreeMap<Key, Timer>,
    /// Timers fired or withdrawn.
    pub gone_timers: BTreeSet<Key>,
    /// Subscriptions opened.
    pub subscriptions: BTreeMap<Key, Subscription>,
    /// Subscriptions that were served or withdrawn.
    pub gone_subscriptions: BTreeSet<Key>,
    /// Messages to keep.
    pub messages: BTreeMap<Key, Message>,
    /// Messages that have expired or are not needed any more.
    pub gone_messages: BTreeSet<Key>,
    /// Messages and the ids of the processes that they were correlated to.
    pub message_uses: BTreeSet<(Key, String)>,
    /// Process ids and correlation keys whose message has started this instance.
    pub start_locks: BTreeMap<(String, String), Key>,
    /// Instances that ended, or that hold no such lock any more.
    pub gone_start_locks: BTreeSet<Key>,
    /// Effects to carry out later, new or put off; a claim on them ends.
    pub outbox: BTreeMap<Key, OutboxRow>,
    /// Effects that were carried out.
    pub gone_outbox: BTreeSet<Key>,
    /// Jobs created or changed; a lease on them ends.
    pub jobs: BTreeMap<Key, Job>,
    /// Jobs of which something changes while a lease on them stays.
    pub kept_jobs: BTreeMap<Key, KeptJob>,
    /// Jobs completed or withdrawn.
    pub gone_jobs: BTreeSet<Key>,
    /// Deadlines begun or changed.
    pub deadlines: BTreeMap<Key, Deadline>,
    /// What became known of deadlines at their end and after it.
    pub ended_deadlines: BTreeMap<Key, DeadlineEnd>,
    /// Incidents raised.
    pub incidents: BTreeMap<Key, Incident>,
    /// Incidents resolved, and when.
    pub resolved_incidents: BTreeMap<Key, Timestamp>,
    /// What decisions have answered.
    pub decisions: Vec<DecisionInstance>,
    /// New rows of the account.
    pub history: Vec<HistoryRow>,
    /// Documents written or deleted.
    pub documents: BTreeMap<DocumentId, DocumentWrite>,
    /// Events for webhooks.
    pub deliveries: Vec<Delivery>,
    /// New lines of the audit trail.
    pub audit: Vec<AuditRow>,
    /// Answers to keep.
    pub answers: Vec<SavedAnswer>,
}

impl Batch {
    /// Adds the changes of a later request.
    pub fn append(&mut self, later: Batch) {
        self.deployments.extend(later.deployments);
        self.resources.extend(later.resources);
        self.definitions.extend(later.definitions);
        self.withdrawn.extend(later.withdrawn);
        for (key, mut write) in later.instances {
            if let Some(earlier) = self.instances.get(&key) {
                write.before = earlier.before;
                write.stays &= earlier.stays;
            }
            self.instances.insert(key, write);
        }
        for (key, mut write) in later.tasks {
            write.created |= self.tasks.get(&key).is_some_and(|earlier| earlier.created);
            self.tasks.insert(key, write);
        }
        self.closed_tasks.extend(later.closed_tasks);
        // What was gone is there again when a migration is undone, or when a suspended instance goes on.
        self.gone_timers
            .retain(|key| !later.timers.contains_key(key));
        self.timers.extend(later.timers);
        self.gone_timers.extend(later.gone_timers);
        self.gone_subscriptions
            .retain(|key| !later.subscriptions.contains_key(key));
        self.subscriptions.extend(later.subscriptions);
        self.gone_subscriptions.extend(later.gone_subscriptions);
        self.messages.extend(later.messages);
        self.gone_messages.extend(later.gone_messages);
        self.message_uses.extend(later.message_uses);
        self.start_locks.extend(later.start_locks);
        self.gone_start_locks.extend(later.gone_start_locks);
        self.outbox.extend(later.outbox);
        self.gone_outbox.extend(later.gone_outbox);
        self.kept_jobs
            .retain(|key, _| !later.jobs.contains_key(key));
        self.jobs.extend(later.jobs);
        for (key, kept) in later.kept_jobs {
            if let Some(job) = self.jobs.get_mut(&key) {
                job.element = kept.element;
                job.hidden = kept.hidden;
            } else {
                self.kept_jobs.insert(key, kept);
            }
        }
        self.gone_jobs.extend(later.gone_jobs);
        self.ended_deadlines
            .retain(|key, _| !later.deadlines.contains_key(key));
        self.deadlines.extend(later.deadlines);
        for (key, end) in later.ended_deadlines {
            self.ended_deadlines.entry(key).or_default().append(end);
        }
        self.incidents.extend(later.incidents);
        self.resolved_incidents.extend(later.resolved_incidents);
        self.decisions.extend(later.decisions);
        self.history.extend(later.history);
        self.documents.extend(later.documents);
        self.deliveries.extend(later.deliveries);
        self.audit.extend(later.audit);
        self.answers.extend(later.answers);
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        // Named one by one, so that none is forgotten.
        let Batch {
            deployments,
            resources,
            definitions,
            withdrawn,
            instances,
            tasks,
            closed_tasks,
            timers,
            gone_timers,
            subscriptions,
            gone_subscriptions,
            messages,
            gone_messages,
            message_uses,
            start_locks,
            gone_start_locks,
            outbox,
            gone_outbox,
            jobs,
            kept_jobs,
            gone_jobs,
            deadlines,
            ended_deadlines,
            incidents,
            resolved_incidents,
            decisions,
            history,
            documents,
            deliveries,
            audit,
            answers,
        } = self;
        deployments.is_empty()
            && resources.is_empty()
            && definitions.is_empty()
            && withdrawn.is_empty()
            && instances.is_empty()
            && tasks.is_empty()
            && closed_tasks.is_empty()
            && timers.is_empty()
            && gone_timers.is_empty()
            && subscriptions.is_empty()
            && gone_subscriptions.is_empty()
            && messages.is_empty()
            && gone_messages.is_empty()
            && message_uses.is_empty()
            && start_locks.is_empty()
            && gone_start_locks.is_empty()
            && outbox.is_empty()
            && gone_outbox.is_empty()
            && jobs.is_empty()
            && kept_jobs.is_empty()
            && gone_jobs.is_empty()
            && deadlines.is_empty()
            && ended_deadlines.is_empty()
            && incidents.is_empty()
            && resolved_incidents.is_empty()
            && decisions.is_empty()
            && history.is_empty()
            && documents.is_empty()
            && deliveries.is_empty()
            && audit.is_empty()
            && answers.is_empty()
    }
}
