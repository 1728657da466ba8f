//! The rows of what comes from outside and of what goes on later: subscriptions, messages, start locks, the outbox.

use bpmn::Key;
use jiff::Timestamp;

/// What can be awaited from outside.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionKind {
    /// A message: for one, by name and correlation key.
    Message,
    /// A signal: for all who await its name.
    Signal,
}

impl SubscriptionKind {
    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            SubscriptionKind::Message => "message",
            SubscriptionKind::Signal => "signal",
        }
    }
}

/// What an instance awaits from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The key.
    pub key: Key,
    /// The instance that waits.
    pub instance: Key,
    /// The id of its process.
    pub process_id: String,
    /// The id of the event in the model.
    pub element: String,
    /// The visit that waits.
    pub element_instance: Key,
    /// A message or a signal.
    pub kind: SubscriptionKind,
    /// Its name.
    pub name: String,
    /// The correlation key of the message; `None` for signals.
    pub correlation: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
}

/// What may have come: the question for those who await it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Awaited {
    /// A message or a signal.
    pub kind: SubscriptionKind,
    /// Its name.
    pub name: String,
    /// The correlation key of the message; `None` for signals.
    pub correlation: Option<String>,
}

/// A published message that is kept for those who await it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The key.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// Its correlation key; empty where it has none.
    pub correlation: String,
    /// The publisher's id, by which a repetition is known: unique with name and correlation key as long as the row is there.
    pub message_id: Option<String>,
    /// The variables as JSON text.
    pub variables: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// From when on it is not correlated any more.
    pub expires_at: Timestamp,
}

/// The running instance that a message with a correlation key has started: there is at most one of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartLock {
    /// The id of the process.
    pub process_id: String,
    /// The correlation key.
    pub correlation: String,
    /// The instance.
    pub instance: Key,
}

/// An effect that is carried out in a later transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The key.
    pub key: Key,
    /// What it is, in the runtime's words.
    pub kind: String,
    /// The instance that caused it.
    pub instance: Option<Key>,
    /// What to do, as JSON text.
    pub body: String,
    /// Hidden before this time: a pause, or the end of a claim.
    pub available_at: Timestamp,
    /// Counts the claims; tells who has the last one. 0 on writes of new rows.
    pub token: i64,
    /// How often it was claimed since it was last written with 0.
    pub attempts: u32,
}
