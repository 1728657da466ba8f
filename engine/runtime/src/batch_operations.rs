//! The same command for many instances: the list is frozen when it is made, each item has its result, and what failed can be
//! tried again.
//!
//! What is known of a batch operation is a document, its items are documents of [`ITEMS_A_STEP`] each. It is worked off from the
//! outbox, one such document in a transaction, by one server at a time; `writer/batch_operations.rs` does it.

mod asking;

use bpmn::{Command, Key};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Document;

pub use asking::Steer;

use crate::{Error, Expect, Put, Result};

/// The collection of batch operations.
pub(crate) const BATCHES: &str = "batch-operations";
/// The collection of their items.
pub(crate) const ITEMS: &str = "batch-operation-items";

const OF_BATCH: &str = "batch";
const OF_INSTANCE: &str = "instance";
const ENDED: &str = "ended";

/// What is done to each item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Each {
    /// Cancel the instance.
    Cancel,
    /// Resolve the incident; its job may be tried once more.
    Resolve,
    /// Delete the instance, which has ended, with its history.
    Delete,
    /// Give the instance a command.
    Give {
        /// The command.
        command: Box<Command>,
    },
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BatchState {
    /// It goes on.
    Active,
    /// It waits until somebody lets it go on.
    Suspended,
    /// Each item has its result.
    Completed,
    /// Somebody has ended it; what was not done is not done.
    Cancelled,
}

/// A batch operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchOperation {
    /// Its key.
    #[serde(skip)]
    pub key: String,
    #[serde(skip)]
    pub(crate) revision: i64,
    /// What is done to each item.
    pub each: Each,
    /// How far it is.
    pub state: BatchState,
    /// Who has asked for it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// How many items it has, and how many of them are done and failed.
    pub total: u64,
    /// Items that are as they should be now.
    pub completed: u64,
    /// Items that could not be done.
    pub failed: u64,
    /// The document of items that comes next.
    pub(crate) next: u32,
    /// How many there are.
    pub(crate) parts: u32,
    /// How often it was let go on. Whatever still asks for an earlier run has nothing to do.
    #[serde(default)]
    pub(crate) run: u32,
}

/// What came of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemState {
    /// Nothing yet.
    Active,
    /// It is done.
    Completed,
    /// There was nothing to do any more.
    Skipped,
    /// It could not be done.
    Failed,
}

/// One thing of a batch operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItem {
    /// The instance or the incident.
    pub key: Key,
    /// The instance.
    pub instance: Key,
    /// What came of it.
    pub state: ItemState,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why it could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl BatchItem {
    /// Something that is still to be done.
    pub fn new(key: Key) -> BatchItem {
        BatchItem {
            key,
            instance: key.instance(),
            state: ItemState::Active,
            at: None,
            error: None,
        }
    }
}

/// Some items, as they are stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    #[serde(skip)]
    pub(crate) revision: i64,
    pub(crate) items: Vec<BatchItem>,
}

impl Part {
    pub(crate) fn id(batch: &str, number: u32) -> String {
        format!("{batch}/{number:06}")
    }

    pub(crate) fn read(document: Document) -> Result<Part> {
        let part: std::result::Result<Part, _> = serde_json::from_value(document.body);
        let part = part.map_err(|error| bad(&error))?;
        Ok(Part {
            revision: document.revision,
            ..part
        })
    }

    /// `expect` is the revision that was read, 0 for a new one.
    pub(crate) fn put(&self, batch: &str, number: u32) -> Put {
        let mut fields = vec![(OF_BATCH, batch.to_owned())];
        let mut instances: Vec<Key> = self.items.iter().map(|item| item.instance).collect();
        instances.sort_unstable();
        instances.dedup();
        fields.extend(instances.iter().map(|key| (OF_INSTANCE, key.to_string())));
        Put {
            collection: ITEMS,
            id: Part::id(batch, number),
            expect: Expect::of(self.revision),
            body: json!({ "items": self.items }),
            fields,
        }
    }
}

impl BatchOperation {
    /// Whether this run of it has something to do.
    pub(crate) fn goes_on(&self, run: u32) -> bool {
        self.state == BatchState::Active && self.run == run
    }

    pub(crate) fn read(document: Document) -> Result<BatchOperation> {
        let batch: std::result::Result<BatchOperation, _> = serde_json::from_value(document.body);
        let batch = batch.map_err(|error| bad(&error))?;
        Ok(BatchOperation {
            key: document.id,
            revision: document.revision,
            ..batch
        })
    }

    pub(crate) fn put(&self) -> Put {
        let ended = self.ended_at.map(|at| (ENDED, format!("{at:.6}")));
        Put {
            collection: BATCHES,
            id: self.key.clone(),
            expect: Expect::of(self.revision),
            body: serde_json::to_value(self).expect("a batch operation is data"),
            fields: ended.into_iter().collect(),
        }
    }
}

fn bad(error: &serde_json::Error) -> Error {
    crate::reads::bad_row("documents", error).into()
}
