//! The rows that the runtime reads and writes, in plain types: the store does not look inside states and records.

use bpmn::{Key, Status, TaskState};
use jiff::Timestamp;

use crate::Hash;

/// A process instance with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The key, `n << 20`.
    pub key: Key,
    /// The id of the process.
    pub process_id: String,
    /// The key of the definition.
    pub definition: Key,
    /// The version of the definition.
    pub version: u32,
    /// The reference that people use, such as a case number.
    pub business_id: Option<String>,
    /// The instance whose call activity started this one.
    pub parent_instance: Option<Key>,
    /// The element instance of that call activity.
    pub parent_element: Option<Key>,
    /// The instance that nobody called, from which calls led to this one; `None` where nobody called this one. It never changes.
    pub root: Option<Key>,
    /// Whether it still runs.
    pub status: Status,
    /// Counts the steps; guards against a write over a newer state.
    pub revision: i64,
    /// The number of the format of `state`.
    pub format: i64,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Since when it stands still.
    pub suspended_at: Option<Timestamp>,
    /// How many history rows it has.
    pub history_length: i64,
    /// The hash of the last of them.
    pub history_hash: Hash,
    /// The state as JSON text.
    pub state: String,
}

/// A task as inboxes and pages read it: the row, and what its instance says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The key.
    pub key: Key,
    /// The instance that it belongs to.
    pub instance: Key,
    /// The id of the user task in the model.
    pub element: String,
    /// The visit to that user task.
    pub element_instance: Key,
    /// The name that people see.
    pub name: String,
    /// The id of its form.
    pub form: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Which groups may claim it.
    pub candidate_groups: Vec<String>,
    /// Which users may claim it.
    pub candidate_users: Vec<String>,
    /// Until when it has to be done.
    pub due: Option<Timestamp>,
    /// When to look at it again.
    pub follow_up: Option<Timestamp>,
    /// 0 to 100; 50 where the model says nothing.
    pub priority: u8,
    /// Whether it is still open.
    pub state: TaskState,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was completed or withdrawn.
    pub closed_at: Option<Timestamp>,
    /// Who completed it.
    pub closed_by: Option<String>,
    /// The process of its instance. Ignored on writes.
    pub process_id: String,
    /// The definition of its instance. Ignored on writes.
    pub definition: Key,
    /// The business id of its instance. Ignored on writes.
    pub business_id: Option<String>,
    /// From which instance calls led to its own in the end, where that was called. Ignored on writes.
    pub root: Option<Key>,
}

/// How a task came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Completed or withdrawn.
    pub state: TaskState,
    /// When.
    pub at: Timestamp,
    /// By whom, where a person did it.
    pub by: Option<String>,
}

/// A timer that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The key.
    pub key: Key,
    /// The instance that it belongs to, or the definition of which it starts instances.
    pub instance: Key,
    /// The id of the event in the model.
    pub element: String,
    /// When it fires.
    pub due: Timestamp,
    /// How it repeats, as JSON text, where it starts instances: their states know of no such timer.
    pub repeat: Option<String>,
}

/// A job that waits for a program, or is being done by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The key.
    pub key: Key,
    /// The instance that it belongs to.
    pub instance: Key,
    /// The id of the task in the model.
    pub element: String,
    /// The visit to that task.
    pub element_instance: Key,
    /// What kind of program does it.
    pub kind: String,
    /// How often it may still fail; 0 waits for somebody to help.
    pub retries: u32,
    /// No worker is given it before this time: the end of a lease, or of a pause after a failure.
    pub available_at: Timestamp,
    /// Counts the leases; a worker must show the one that it was given.
    pub token: i64,
    /// Who has the lease.
    pub worker: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether its instance stands still: no worker is given it then.
    pub hidden: bool,
}

/// What changes of a job that goes on as it is: a lease on it stays, and a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptJob {
    /// The id of its task in the model.
    pub element: String,
    /// What kind of program does it.
    pub kind: String,
    /// Whether its instance stands still.
    pub hidden: bool,
}

/// An element that cannot go on until somebody helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The key.
    pub key: Key,
    /// The instance that it belongs to.
    pub instance: Key,
    /// The id of the element in the model.
    pub element: String,
    /// The visit to it.
    pub element_instance: Key,
    /// What kind of trouble.
    pub kind: String,
    /// The trouble in a sentence.
    pub message: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
}

/// What kind of thing a definition is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum DefinitionKind {
    /// A process of a BPMN file.
    Process,
    /// A decision of a DMN file.
    Decision,
    /// A form.
    Form,
    /// A calendar of working days.
    Calendar,
}

impl DefinitionKind {
    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DefinitionKind::Process => "process",
            DefinitionKind::Decision => "decision",
            DefinitionKind::Form => "form",
            DefinitionKind::Calendar => "calendar",
        }
    }
}

/// One version of a process, a decision or a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The key.
    pub key: Key,
    /// What it is.
    pub kind: DefinitionKind,
    /// Its id in the model.
    pub id: String,
    /// 1 for the first, then without gaps.
    pub version: u32,
    /// Its name in the model.
    pub name: Option<String>,
    /// Its version tag in the model.
    pub version_tag: Option<String>,
    /// The file that holds it.
    pub resource: Key,
    /// When it was deployed.
    pub deployed_at: Timestamp,
    /// When it was withdrawn: nothing begins by it any more.
    pub withdrawn_at: Option<Timestamp>,
}

/// An uploaded file, exactly as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResource {
    /// The key.
    pub key: Key,
    /// The upload that it came with.
    pub deployment: Key,
    /// The name of the file.
    pub name: String,
    /// The SHA-256 hash of the text.
    pub sha256: Hash,
    /// The text.
    pub text: String,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The key.
    pub key: Key,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
}

/// How many instances of a process, in all its versions, are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceCount {
    /// The id of the process.
    pub process_id: String,
    /// The state.
    pub status: Status,
    /// How many.
    pub number: u64,
}

/// How many instances of one version of a process there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionCount {
    /// The id of the process.
    pub process_id: String,
    /// The version of the process.
    pub version: u32,
    /// How many.
    pub number: u64,
}

/// How many running instances of one version of a process have an open incident that says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCount {
    /// What it says.
    pub message: String,
    /// The id of the process.
    pub process_id: String,
    /// The version of the process.
    pub version: u32,
    /// How many.
    pub number: u64,
}

/// How many open tasks one user task of a process has, in all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCount {
    /// The id of the user task.
    pub element: String,
    /// The open tasks.
    pub open: u64,
    /// Those of them that are past their due time.
    pub overdue: u64,
}

/// A JSON document with a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The kind of document, such as `people`.
    pub collection: String,
    /// Its id within the collection.
    pub id: String,
    /// 1 after the first write, one more with each.
    pub revision: i64,
    /// The content.
    pub body: serde_json::Value,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// A line of the audit trail: who read or changed whose record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The number of the line. Given by the database on writes.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// For whom, when the actor stood in for somebody.
    pub on_behalf_of: Option<String>,
    /// What was done, such as `read`.
    pub action: String,
    /// To what, such as `people/p-17`.
    pub subject: String,
    /// Which part of it.
    pub detail: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The saved answer to a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnswer {
    /// Who asked.
    pub actor: String,
    /// The key of the request.
    pub idempotency_key: String,
    /// When it was answered.
    pub at: Timestamp,
    /// The hash of the request, to tell a retry from another request with the same key.
    pub fingerprint: Hash,
    /// The answer as JSON text.
    pub answer: String,
}
