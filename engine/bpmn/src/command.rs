//! What can be asked of a running instance.

use calendar::Extension;
use feel::Context;
use serde::{Deserialize, Serialize};

use crate::elements::ElementStart;
use crate::{Corrections, Key, Migration, Modification, Parent, TaskUpdate};

/// What a new instance starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Key of the new instance: [`Key::of_instance`] of a number never used before.
    pub key: Key,
    /// Key of the deployed process definition.
    pub definition: Key,
    /// Id of the start event, receive task or catch event at which it begins; the none start event where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Which of the definitions of a multiple event has happened there, from 0.
    #[serde(default)]
    pub definition_of_at: u32,
    /// What the business calls this instance, for example a case reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// The first variables.
    #[serde(default)]
    pub variables: Context,
    /// The call activity that starts it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Id of the deployed calendar that the case has for itself; that of the process, team or organisation where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
}

/// One thing that is asked of an instance. JSON: `{"type": "completeTask", "task": 1048579, ...}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Command {
    /// A task is done. With `by`, only by the person it is assigned to; without, by the system.
    CompleteTask {
        /// The task.
        task: Key,
        /// Who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The answers.
        #[serde(default)]
        variables: Context,
    },
    /// Give a task to somebody.
    AssignTask {
        /// The task.
        task: Key,
        /// Who shall do it.
        assignee: String,
        /// Whether somebody may have it already.
        #[serde(default)]
        expect: Assignment,
    },
    /// Take a task back from whoever has it.
    UnassignTask {
        /// The task.
        task: Key,
    },
    /// Change what is given; what is absent stays.
    UpdateTask {
        /// The task.
        task: Key,
        /// What changes.
        #[serde(flatten)]
        update: TaskUpdate,
    },
    /// A worker has done a job.
    CompleteJob {
        /// The job.
        job: Key,
        /// The results.
        #[serde(default)]
        variables: Context,
    },
    /// A worker has chosen what to start in an ad-hoc subprocess whose job it was.
    CompleteAdHocJob {
        /// The job.
        job: Key,
        /// The results.
        #[serde(default)]
        variables: Context,
        /// What to start.
        #[serde(default)]
        elements: Vec<ElementStart>,
        /// Whether the subprocess is over.
        #[serde(default)]
        completion_condition_fulfilled: bool,
        /// Whether what was started before is cut short.
        #[serde(default)]
        cancel_remaining: bool,
    },
    /// Start something in an ad-hoc subprocess.
    ActivateElements {
        /// The visit to the ad-hoc subprocess.
        ad_hoc: Key,
        /// What to start.
        elements: Vec<ElementStart>,
        /// Whether what was started before is cut short.
        #[serde(default)]
        cancel_remaining: bool,
    },
    /// An ad-hoc subprocess is over, because somebody says so.
    CompleteAdHoc {
        /// The visit to the ad-hoc subprocess.
        ad_hoc: Key,
    },
    /// A worker has looked at a change of a task, whose listener it is.
    CompleteTaskListener {
        /// The job.
        job: Key,
        /// Whether the change shall not happen.
        #[serde(default)]
        denied: bool,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What shall be otherwise.
        #[serde(default, skip_serializing_if = "Corrections::is_empty")]
        corrections: Corrections,
    },
    /// A worker could not do a job.
    FailJob {
        /// The job.
        job: Key,
        /// How often it shall still be tried; at 0 an incident is raised.
        retries: u32,
        /// What went wrong.
        message: String,
    },
    /// A worker found a business error, for the error boundary events.
    ThrowError {
        /// The job.
        job: Key,
        /// Code of the error.
        code: String,
        /// What went wrong.
        #[serde(default)]
        message: String,
        /// Variables for the event that catches it.
        #[serde(default)]
        variables: Context,
    },
    /// A person says of an open task that somebody further out should know: thrown at the task, for
    /// the escalation events. The task stays open unless one of them ends it.
    Escalate {
        /// The task.
        task: Key,
        /// Code of the escalation.
        code: String,
        /// Variables for the event that catches it.
        #[serde(default)]
        variables: Context,
    },
    /// Let a job be tried again.
    UpdateRetries {
        /// The job.
        job: Key,
        /// How often.
        retries: u32,
    },
    /// A time has come. Whether it has is known to who keeps the clock: a timer fires when told,
    /// also before it is due.
    FireTimer {
        /// The timer.
        timer: Key,
    },
    /// A message or signal has come that a subscription waits for.
    Trigger {
        /// The subscription.
        subscription: Key,
        /// What it carries.
        #[serde(default)]
        variables: Context,
    },
    /// Set variables from outside.
    SetVariables {
        /// An element instance, or the instance's own key.
        scope: Key,
        /// The variables.
        variables: Context,
        /// In this scope itself; otherwise where a variable of the name exists, else at the root.
        #[serde(default)]
        local: bool,
    },
    /// Try again what an incident stopped.
    ResolveIncident {
        /// The incident.
        incident: Key,
    },
    /// Stop the clock of a deadline, and of all others of the same visit.
    PauseDeadline {
        /// The deadline: the key of its task or timer.
        deadline: Key,
        /// Why.
        reason: String,
        /// By whose authority.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authority: Option<String>,
        /// Who does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Let the clock of a paused deadline go on, and of all others of the same visit.
    ResumeDeadline {
        /// The deadline.
        deadline: Key,
        /// Who does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Give a deadline more time; all others of the same visit move as many working days.
    ExtendDeadline {
        /// The deadline.
        deadline: Key,
        /// `{"workingDays": 5}` or `{"until": "2026-03-31T16:00:00Z"}`.
        extension: Extension,
        /// Why.
        reason: String,
        /// By whose authority.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authority: Option<String>,
        /// Who does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Count all deadlines anew by the calendars of now.
    RecomputeDeadlines,
    /// Say why a deadline was not met. Also after the end.
    ExplainMiss {
        /// The deadline.
        deadline: Key,
        /// Why.
        reason: String,
        /// Who says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Let the case work by a calendar of its own, or no longer; its deadlines are counted anew.
    UseCalendar {
        /// Id of a deployed calendar.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calendar: Option<String>,
    },
    /// Stand still, with all that it has called: no time comes, no message, no job is given out, no task is done.
    Suspend,
    /// Go on.
    Resume,
    /// Move tokens by hand.
    Modify {
        /// What begins and what ends.
        #[serde(flatten)]
        modification: Modification,
    },
    /// Go on with another definition.
    Migrate {
        /// With which, and what becomes of what is active.
        #[serde(flatten)]
        migration: Migration,
    },
    /// Go back to the definition before the last migration, while nothing has happened since.
    UndoMigration,
    /// End the instance, whatever it is doing.
    CancelInstance,
    /// The instance that a call activity started has completed. Ignored where nothing waits for it any more.
    CalledCompleted {
        /// The visit to the call activity.
        element: Key,
        /// All its variables.
        #[serde(default)]
        variables: Context,
    },
    /// The instance that a call activity started has ended with an error that it does not catch itself.
    CalledFailed {
        /// The visit to the call activity.
        element: Key,
        /// Code of the error.
        code: String,
        /// What went wrong.
        #[serde(default)]
        message: String,
    },
    /// The instance that a call activity started has thrown an escalation that it does not catch itself; it goes on.
    CalledEscalated {
        /// The visit to the call activity.
        element: Key,
        /// Code of the escalation.
        code: String,
        /// Variables for the event that catches it.
        #[serde(default)]
        variables: Context,
    },
    /// The instance that a call activity started was cancelled by somebody.
    CalledCancelled {
        /// The visit to the call activity.
        element: Key,
    },
}

/// What is expected of a task that is assigned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Assignment {
    /// Nobody has it: claim it, and lose against who was quicker.
    Unassigned,
    /// Whoever has it loses it.
    #[default]
    Anyone,
}

/// What a step asks of other instances, in order. The runtime does it in the same transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum FollowUp {
    /// Start an instance for a call activity.
    Start {
        /// Key of the deployed process definition.
        process: Key,
        /// The call activity.
        parent: Parent,
        /// Its first variables.
        variables: Context,
        /// The business id of the caller.
        business_id: Option<String>,
        /// Id of the calendar that the caller has for itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calendar: Option<String>,
    },
    /// Give a command to another instance.
    Command {
        /// The other instance.
        instance: Key,
        /// The command.
        command: Command,
    },
    /// Publish a message.
    PublishMessage {
        /// Its name.
        name: String,
        /// The correlation key, as text; empty where nothing but its name says for whom it is.
        correlation: String,
        /// Makes it unique among the messages of its name and correlation key.
        message_id: Option<String>,
        /// How long it is kept for who does not wait for it yet.
        time_to_live_ms: u64,
        /// What it carries.
        variables: Context,
    },
    /// Broadcast a signal to all who wait for it.
    BroadcastSignal {
        /// Its name.
        name: String,
        /// What it carries.
        variables: Context,
    },
    /// Let the instance whose parent element is this visit to a call activity stand still, where there is one, or go on.
    SuspendCalled {
        /// The visit to the call activity.
        parent_element: Key,
        /// Whether it goes on.
        resume: bool,
    },
    /// Cancel the instance whose parent element is this visit to a call activity, where there is one.
    TerminateCalled {
        /// The visit to the call activity.
        parent_element: Key,
    },
}
