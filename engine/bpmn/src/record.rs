//! What happened in an instance. Records are the only way by which state changes: applying them in
//! order to nothing gives the state.

use std::sync::Arc;

use feel::Value;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Compensating, Compensation, Corrections, Counted, Deadline, DeadlineChange,
    DeadlineOutcome, DecisionAccount, EventSubscription, Incident, Job, Key, Migrated, Started,
    Task, TaskChange, TaskUpdate, Timer,
};

/// One thing that happened. JSON: `{"type": "elementActivated", "key": 1048577, ...}`.
///
/// A command can lead to thousands: what is large is boxed, so that the small ones stay small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Record {
    /// The instance exists; always the first record.
    InstanceStarted(Box<Started>),
    /// A flow node was reached.
    ElementActivated {
        /// The visit.
        key: Key,
        /// Id of the flow node.
        element: Arc<str>,
        /// The subprocess visit around it, or the instance.
        scope: Key,
        /// The flows whose waiting arrivals a join used up.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        joins: Vec<Arc<str>>,
        /// Which time it is, from 1, where its activity is done several times; the scope then is the body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<u32>,
    },
    /// An activity that is done several times has begun.
    LoopStarted {
        /// The visit that holds the items.
        body: Key,
        /// The items; null where they have no values.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        collection: Value,
        /// How many items there are, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u32>,
        /// Whether all items are done at once, however many of them have begun so far.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        parallel: bool,
    },
    /// Nothing more can be started in an ad-hoc subprocess.
    AdHocClosed {
        /// The visit.
        ad_hoc: Key,
    },
    /// An item of a multi-instance activity, or what was started in an ad-hoc subprocess, gave its result.
    ItemCompleted {
        /// The visit that holds the items.
        body: Key,
        /// Its number, from 1.
        item: u32,
        /// What becomes an entry of the output collection.
        result: Value,
    },
    /// A visit ended as it should.
    ElementCompleted {
        /// The visit.
        key: Key,
    },
    /// A visit was cut short.
    ElementTerminated {
        /// The visit.
        key: Key,
    },
    /// A sequence flow was taken.
    FlowTaken {
        /// Id of the flow.
        flow: Arc<str>,
        /// The scope in which it lies.
        scope: Key,
        /// Whether the arrival waits at a join.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waits: bool,
    },
    /// Arrivals that waited at joins of a scope are gone: a terminate end event was reached.
    ArrivalsDropped {
        /// The scope.
        scope: Key,
    },
    /// A complex gateway has gone on with what had arrived, and waits for what may still come.
    GatewayActivated {
        /// The visit to it.
        element_instance: Key,
    },
    /// Nothing more can come to a complex gateway that was activated.
    GatewayReset {
        /// The visit to it.
        element_instance: Key,
        /// The flows whose waiting arrivals it used up.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        joins: Vec<Arc<str>>,
    },
    /// An activity has completed that can be compensated.
    CompensationRegistered {
        /// What is kept of it.
        compensation: Box<Compensation>,
    },
    /// What completed in one scope can be compensated from another: a loop has completed.
    CompensationsMoved {
        /// The visit that holds the items of the loop.
        from: Key,
        /// The scope around it.
        to: Key,
    },
    /// Completed activities are to be compensated.
    CompensationThrown {
        /// Which, and who waits for it.
        compensating: Box<Compensating>,
    },
    /// A visit began that compensates a completed activity.
    CompensationStarted {
        /// The compensation under way.
        compensating: Key,
        /// The scope in which the activity completed.
        scope: Key,
        /// What was kept of the activity.
        compensation: Key,
        /// The visit: to the handler, or to a subprocess once more.
        element_instance: Key,
    },
    /// Everything is compensated that was to be.
    CompensationEnded {
        /// The compensation.
        compensating: Key,
    },
    /// A variable has a new value.
    VariableSet {
        /// A visit, or the instance.
        scope: Key,
        /// Its name.
        name: Arc<str>,
        /// Its value.
        value: Value,
    },
    /// An activity or event has written to a data store, which outlives the instance.
    DataStoreWritten {
        /// The visit to it.
        element_instance: Key,
        /// The name of the store.
        store: Arc<str>,
        /// All that the store holds now.
        value: Value,
    },
    /// A task was opened.
    TaskCreated {
        /// The task.
        task: Box<Task>,
    },
    /// A task was given to somebody or taken back.
    TaskAssigned {
        /// The task.
        task: Key,
        /// Who has it now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<String>,
    },
    /// Something of a task was changed; what is absent stayed.
    TaskUpdated {
        /// The task.
        task: Key,
        /// What changes.
        #[serde(flatten)]
        update: Box<TaskUpdate>,
    },
    /// A change of a task waits for its listeners.
    TaskChangeHeld {
        /// The task.
        task: Key,
        /// What is to happen.
        change: Box<TaskChange>,
    },
    /// A listener has corrected the task of which a change waits.
    TaskCorrected {
        /// The task.
        task: Key,
        /// What it has corrected.
        corrections: Box<Corrections>,
    },
    /// The listeners have let a change of a task be, with their corrections, or one has denied it.
    TaskChangeDecided {
        /// The task.
        task: Key,
        /// Why it was denied, where it was; perhaps without a word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        denied: Option<String>,
    },
    /// A task was done.
    TaskCompleted {
        /// The task.
        task: Key,
        /// Who did it; absent where the system did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A task is no longer needed.
    TaskWithdrawn {
        /// The task.
        task: Key,
    },
    /// A job was opened.
    JobCreated {
        /// The job.
        job: Box<Job>,
    },
    /// A job was done.
    JobCompleted {
        /// The job.
        job: Key,
    },
    /// A job failed.
    JobFailed {
        /// The job.
        job: Key,
        /// How often it may still fail.
        retries: u32,
        /// What went wrong.
        message: String,
    },
    /// A job may be tried again.
    JobRetriesUpdated {
        /// The job.
        job: Key,
        /// How often.
        retries: u32,
    },
    /// A job is no longer needed.
    JobWithdrawn {
        /// The job.
        job: Key,
    },
    /// A time is waited for.
    TimerStarted {
        /// The timer.
        timer: Box<Timer>,
    },
    /// A time has come.
    TimerFired {
        /// The timer.
        timer: Key,
    },
    /// A time is no longer waited for.
    TimerWithdrawn {
        /// The timer.
        timer: Key,
    },
    /// A message, a signal or a condition is waited for.
    SubscriptionOpened {
        /// The subscription.
        subscription: Box<EventSubscription>,
    },
    /// What a subscription waited for has happened; it stays open until it is closed.
    SubscriptionTriggered {
        /// The subscription.
        subscription: Key,
    },
    /// An event is no longer waited for.
    SubscriptionClosed {
        /// The subscription.
        subscription: Key,
    },
    /// A condition that is waited for has become true, or is true no more.
    ConditionChanged {
        /// The subscription.
        subscription: Key,
        /// Whether it is true now.
        held: bool,
    },
    /// One of the definitions of a parallel multiple event has happened, and others are still awaited.
    EventPartlyOccurred {
        /// Id of the event.
        element: Arc<str>,
        /// Who waits.
        element_instance: Key,
        /// Which of the definitions, from 0.
        definition: u32,
    },
    /// All definitions of a parallel multiple event have happened; it begins anew.
    EventOccurred {
        /// Id of the event.
        element: Arc<str>,
        /// Who waited.
        element_instance: Key,
    },
    /// A deadline runs: its task was opened, or its timer started, just before.
    DeadlineStarted {
        /// The deadline.
        deadline: Box<Deadline>,
    },
    /// A deadline was paused, goes on, or was extended.
    DeadlineChanged {
        /// The deadline.
        deadline: Key,
        /// What was done, and why.
        change: Box<DeadlineChange>,
        /// When it is due now.
        counted: Box<Counted>,
    },
    /// A deadline was counted anew: its calendar has changed.
    DeadlineRecomputed {
        /// The deadline.
        deadline: Key,
        /// When it is due now.
        counted: Box<Counted>,
    },
    /// A deadline has come to its end.
    DeadlineStopped {
        /// The deadline.
        deadline: Key,
        /// How.
        outcome: DeadlineOutcome,
        /// When.
        at: Timestamp,
    },
    /// Somebody has said why a deadline was missed.
    DeadlineExplained {
        /// The deadline.
        deadline: Key,
        /// Why.
        reason: String,
        /// Who said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// The case works by a calendar of its own, or no longer does.
    CalendarChosen {
        /// Its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calendar: Option<Arc<str>>,
    },
    /// The instance stands still.
    InstanceSuspended {
        /// When.
        at: Timestamp,
    },
    /// The instance goes on.
    InstanceResumed {
        /// When.
        at: Timestamp,
    },
    /// A called process has answered while the instance stands still; it is told when that goes on.
    AnswerHeld {
        /// What it has answered.
        command: Box<Command>,
    },
    /// The instance has another definition: what is active goes on there.
    InstanceMigrated(Box<Migrated>),
    /// Something has happened since the instance was migrated, which can be undone no longer.
    MigrationKept,
    /// The instance has the definition that it had before, and goes on where it was.
    MigrationUndone(Box<Migrated>),
    /// An element cannot go on.
    IncidentRaised {
        /// The incident.
        incident: Box<Incident>,
    },
    /// An element is tried again, or its incident is moot because it was terminated.
    IncidentResolved {
        /// The incident.
        incident: Key,
    },
    /// A business rule task asked a decision.
    DecisionEvaluated(Box<DecisionAccount>),
    /// An expression of the model went on with null somewhere, and this is why.
    ExpressionWarned {
        /// The visit.
        element_instance: Key,
        /// Id of its element.
        element: Arc<str>,
        /// The text of the expression.
        expression: String,
        /// What happened, with the places in that text.
        warnings: Vec<feel::Warning>,
    },
    /// An error was thrown.
    ErrorThrown {
        /// The visit that threw it.
        element_instance: Key,
        /// Its code.
        code: String,
        /// What went wrong.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
        /// Id of the event that catches it, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caught_by: Option<Arc<str>>,
    },
    /// An escalation was thrown.
    EscalationThrown {
        /// The visit that threw it.
        element_instance: Key,
        /// Its code.
        code: String,
        /// Id of the event that catches it, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caught_by: Option<Arc<str>>,
    },
    /// A message was published.
    MessageThrown {
        /// The visit that sent it.
        element_instance: Key,
        /// Its name.
        name: String,
        /// Its correlation key; empty where only its name says for whom it is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        correlation: String,
    },
    /// A signal was broadcast.
    SignalThrown {
        /// The visit that threw it.
        element_instance: Key,
        /// Its name.
        name: String,
    },
    /// A call activity asked for an instance of another process.
    ProcessCalled {
        /// The visit to the call activity.
        element_instance: Key,
        /// Key of the called process definition.
        definition: Key,
        /// Id of the called process.
        process_id: Arc<str>,
        /// Version of the called process.
        version: u32,
    },
    /// The instance has reached its end.
    InstanceCompleted {
        /// When.
        at: Timestamp,
    },
    /// The instance was cancelled, or ended by an error for its caller.
    InstanceTerminated {
        /// When.
        at: Timestamp,
    },
}
