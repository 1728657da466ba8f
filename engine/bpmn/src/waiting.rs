//! What an element instance can wait for: a person's task, a program's job, a time, an event, somebody's help.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Held, Key};

/// Work for a person, opened by a user task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Its key.
    pub key: Key,
    /// Id of the user task in the model.
    pub element: Arc<str>,
    /// The visit to the user task that it belongs to.
    pub element_instance: Key,
    /// Name of the user task, or its id where it has none.
    pub name: Arc<str>,
    /// Id of the deployed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Groups whose members may take it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidate_groups: Vec<String>,
    /// People who may take it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidate_users: Vec<String>,
    /// When it shall be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When it shall be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Timestamp>,
    /// From 0 to 100; 50 unless the model says otherwise.
    pub priority: u8,
    /// Where it stands; in the state of an instance always open.
    #[serde(default, skip_serializing_if = "TaskState::is_open")]
    pub state: TaskState,
    /// The change that waits for its listeners; while it does, nothing else can be done to the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Box<Held>>,
    /// Why a listener has denied the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<String>,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskState {
    /// To be done.
    #[default]
    Open,
    /// This waits for its listeners to happen to it; only in lists of tasks.
    Waiting(TaskEvent),
    /// Done.
    Completed,
    /// No longer needed: its element was interrupted or its instance ended.
    Withdrawn,
}

impl TaskState {
    fn is_open(&self) -> bool {
        *self == TaskState::Open
    }
}

/// Work for a program, opened by a service, send, script or business rule task, or by a listener.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its key.
    pub key: Key,
    /// Id of the element in the model.
    pub element: Arc<str>,
    /// The visit to the element that it belongs to; the instance where it is a listener of the process.
    pub element_instance: Key,
    /// What kind of worker does it.
    pub job_type: String,
    /// How often it may still fail before an incident is raised.
    pub retries: u32,
    /// Fixed texts that the model gives to the worker.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// For what it is done.
    #[serde(default, skip_serializing_if = "JobKind::is_element")]
    pub kind: JobKind,
}

/// For what a job is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum JobKind {
    /// The work of its element.
    #[default]
    Element,
    /// To choose what is started in an ad-hoc subprocess.
    AdHoc,
    /// Its element, or the process, begins or ends.
    ExecutionListener {
        /// What happens.
        event: ListenerEvent,
        /// Which of the listeners to this it is, from 0.
        number: u32,
    },
    /// A change of a task is to happen.
    TaskListener {
        /// What is to happen.
        event: TaskEvent,
        /// Which of the listeners to this it is, from 0.
        number: u32,
        /// The task.
        task: Key,
    },
}

impl JobKind {
    fn is_element(&self) -> bool {
        *self == JobKind::Element
    }

    /// The model's word for what is listened to, where it is the job of a listener.
    pub fn listens_to(&self) -> Option<&'static str> {
        match self {
            JobKind::Element | JobKind::AdHoc => None,
            JobKind::ExecutionListener { event, .. } => Some(event.as_str()),
            JobKind::TaskListener { event, .. } => Some(event.as_str()),
        }
    }
}

/// What execution listeners listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ListenerEvent {
    /// The items of a multi-instance activity are about to be counted.
    BeforeAll,
    /// An element or the process begins.
    Start,
    /// An element or the process ends.
    End,
}

impl ListenerEvent {
    /// The word that the model has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ListenerEvent::BeforeAll => "beforeAll",
            ListenerEvent::Start => "start",
            ListenerEvent::End => "end",
        }
    }
}

/// What task listeners listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskEvent {
    /// A task is opened.
    Creating,
    /// A task is given to somebody or taken back.
    Assigning,
    /// Something of a task changes.
    Updating,
    /// A task is done.
    Completing,
}

impl TaskEvent {
    /// The word that the model has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskEvent::Creating => "creating",
            TaskEvent::Assigning => "assigning",
            TaskEvent::Updating => "updating",
            TaskEvent::Completing => "completing",
        }
    }
}

/// A time that is waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    /// Its key.
    pub key: Key,
    /// Id of the event in the model.
    pub element: Arc<str>,
    /// Who waits: the visit to the catch event, the activity of the boundary event, the gateway before the
    /// event, or the scope (a visit or the instance) of the event subprocess.
    pub element_instance: Key,
    /// Which of the definitions of a multiple event it is, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub definition: u32,
    /// When it fires.
    pub due: Timestamp,
    /// How it goes on after firing; only of boundary events and event subprocesses that do not interrupt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

/// The rest of a repeating timer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repeat {
    /// How often it fires again after this time; without end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// ISO 8601 duration from one time to the next, or a cron text.
    pub every: String,
    /// From where a duration counts: so that the ends of months and changed clocks do not add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How many durations lie between then and this time.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: u32,
    /// What becomes of times that have passed when it could fire.
    #[serde(default, skip_serializing_if = "CatchUp::is_all")]
    pub catch_up: CatchUp,
}

/// What becomes of the times of a repetition that have passed while nothing could fire (`caseway:catchUp`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CatchUp {
    /// Each of them counts, also late.
    #[default]
    All,
    /// One stands for all of them.
    Once,
    /// None of them counts. A time counts that is late while the next one has not come.
    Skip,
}

impl CatchUp {
    /// The policy of a word of the model.
    pub(crate) fn of(word: &str) -> Option<CatchUp> {
        match word {
            "all" => Some(CatchUp::All),
            "once" => Some(CatchUp::Once),
            "skip" => Some(CatchUp::Skip),
            _ => None,
        }
    }

    fn is_all(&self) -> bool {
        *self == CatchUp::All
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A message, a signal or a condition that is waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSubscription {
    /// Its key.
    pub key: Key,
    /// Id of the event or receive task in the model.
    pub element: Arc<str>,
    /// Who waits, as for a [`Timer`].
    pub element_instance: Key,
    /// Which of the definitions of a multiple event it is, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub definition: u32,
    /// What is waited for.
    pub awaits: Awaited,
}

/// What an event subscription waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Awaited {
    /// A message of this name, for whom it concerns.
    Message {
        /// Its name.
        name: String,
        /// The correlation key that the message must carry, as text.
        correlation: String,
    },
    /// A signal of this name.
    Signal {
        /// Its name.
        name: String,
    },
    /// The condition in the model.
    Condition {
        /// Whether it was true when it was last looked at; it happens when it becomes true.
        held: bool,
    },
}

/// An element that cannot go on until somebody helps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// Its key.
    pub key: Key,
    /// Id of the element in the model.
    pub element: Arc<str>,
    /// The visit that cannot go on.
    pub element_instance: Key,
    /// What kind of help is needed.
    pub kind: IncidentKind,
    /// What went wrong, for a person.
    pub message: String,
    /// The job that has no retries left, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Key>,
    /// Where the element goes on when the incident is resolved.
    pub stage: Stage,
}

/// What kind of help an incident needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IncidentKind {
    /// An expression of the model gives no usable value.
    Expression,
    /// No outgoing flow can be taken.
    NoFlow,
    /// A job failed and has no retries left.
    Job,
    /// The job of a listener failed and has no retries left.
    ExecutionListener,
    /// The job of a listener to a task failed and has no retries left.
    TaskListener,
    /// A decision is missing or cannot be evaluated.
    Decision,
    /// A called process is missing or was cancelled.
    CalledProcess,
    /// An error was thrown that nothing catches.
    Error,
    /// A join waits for a flow that cannot come any more.
    Deadlock,
    /// A named limit was reached.
    Limit,
}

/// The stages of a visit to an element, in order. An incident remembers the stage that failed, and
/// resolving it goes on from there, so that nothing is done twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Set the variables of the input mappings.
    Enter,
    /// Have the listener of this number done, from 0, that hears that the element begins.
    StartListener(u32),
    /// Start the timers of the boundary events.
    Listen,
    /// Do what the element does: open a task, evaluate a script, wait ...
    Execute,
    /// Of a task of which a change waits: have the listener of this number done, from 0.
    TaskListener(u32),
    /// Set the variables of the output mappings.
    Complete,
    /// Have the listener of this number done, from 0, that hears that the element ends.
    EndListener(u32),
    /// Of an item of a loop: keep its result, and see whether the loop goes on.
    Collect,
    /// Take the outgoing flows.
    Leave,
}
