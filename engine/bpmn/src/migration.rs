//! Moving a running instance to another definition: what can be asked for, and what can be in the way.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Key, Rejection};

/// To which definition an instance goes, and what becomes of its elements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Migration {
    /// Key of the deployed process definition.
    pub target: Key,
    /// Which element of the target each active element becomes. Events that are awaited at it or in it stay awaited as they
    /// were where they are mapped too, and flows on which something waits at a join may be.
    pub mapping: Vec<ElementMapping>,
    /// Whether elements of the same id and kind are mapped of which `mapping` says nothing.
    pub same_ids: bool,
    /// What becomes of timers.
    pub timers: TimerPolicy,
}

/// What an element becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementMapping {
    /// Its id in the definition of now.
    pub source: String,
    /// Its id in the target.
    pub target: String,
}

/// What becomes of timers whose events are mapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimerPolicy {
    /// They are due when they were due.
    #[default]
    Keep,
    /// They begin anew, as the target says.
    Recompute,
}

/// The definition that an instance goes on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Migrated {
    /// Its key.
    pub definition: Key,
    /// Id of its process.
    pub process_id: Arc<str>,
    /// Its version.
    pub version: u32,
    /// Ids of elements and what they become, where that is another id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<Arc<str>, Arc<str>>,
    /// The same of flows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flows: BTreeMap<Arc<str>, Arc<str>>,
}

/// All that is in the way of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockers(pub Vec<Blocker>);

impl fmt::Display for Blockers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, blocker) in self.0.iter().enumerate() {
            let before = if number == 0 { "" } else { "; " };
            write!(f, "{before}{blocker}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Blockers {}

impl From<Vec<Blocker>> for Rejection {
    fn from(blockers: Vec<Blocker>) -> Rejection {
        Rejection::CannotMigrate(Blockers(blockers))
    }
}

/// One thing that is in the way of a migration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocker {
    /// It has this definition already.
    #[error("the instance has this definition already")]
    SameDefinition,
    /// A mapping is of something that is not there.
    #[error("the definition of now has no element or flow \"{element}\"")]
    NoSuchSource {
        /// Its id.
        element: String,
    },
    /// A mapping is to something that is not there.
    #[error("the target has no element or flow \"{element}\"")]
    NoSuchTarget {
        /// Its id.
        element: String,
    },
    /// An element is mapped more than once.
    #[error("\"{element}\" is mapped more than once")]
    Twice {
        /// Its id.
        element: String,
    },
    /// Something is active that is mapped to nothing.
    #[error("\"{element}\" is active and not mapped")]
    Unmapped {
        /// Its id.
        element: String,
    },
    /// An element would become something else.
    #[error("\"{source_id}\" ({from}) cannot become \"{target_id}\" ({to})")]
    OtherKind {
        /// Its id.
        source_id: String,
        /// Its kind.
        from: String,
        /// Id of what it is mapped to.
        target_id: String,
        /// The kind of that.
        to: String,
    },
    /// What is active would lie somewhere else.
    #[error(
        "\"{element}\" lies in \"{scope}\", and \"{target_id}\" does not lie in what that is mapped to"
    )]
    OtherScope {
        /// Its id.
        element: String,
        /// Id of the scope around it; of the process where it lies in no subprocess.
        scope: String,
        /// Id of what it is mapped to.
        target_id: String,
    },
    /// An event would belong to something else.
    #[error(
        "\"{element}\" belongs to \"{owner}\", and \"{target_id}\" does not belong to what that is mapped to"
    )]
    OtherOwner {
        /// Id of the event.
        element: String,
        /// Id of the activity, the gateway or the scope that it belongs to.
        owner: String,
        /// Id of what it is mapped to.
        target_id: String,
    },
    /// Something waits at a join, on a flow that the target does not have.
    #[error(
        "something waits at \"{join}\" that came along \"{flow}\", which leads to nothing that fits in the target; map the flow"
    )]
    Arrival {
        /// Id of the flow.
        flow: String,
        /// Id of the join.
        join: String,
    },
    /// Something has completed that could not be compensated any more.
    #[error(
        "\"{element}\" has completed and can be compensated, which needs it in the target; map it"
    )]
    Compensation {
        /// Its id.
        element: String,
    },
    /// The listener whose job is open is not there in the target.
    #[error(
        "a listener of \"{element}\" is at work that the target does not have; wait until it is done"
    )]
    Listener {
        /// Id of the element.
        element: String,
    },
    /// Listeners of the process are at work.
    #[error("listeners of the process are at work; wait until they are done")]
    ProcessListener,
    /// An incident would belong to nothing.
    #[error(
        "the incident {incident} at \"{element}\" has no place in the target; resolve it first"
    )]
    Incident {
        /// Its key.
        incident: Key,
        /// Id of its element.
        element: String,
    },
    /// Some of what an event or gateway waits for has happened, and its counterpart is otherwise.
    #[error("\"{element}\" has partly happened, and what it is mapped to waits for something else")]
    PartlyOccurred {
        /// Its id.
        element: String,
    },
    /// What the target waits for cannot be computed.
    #[error("the target cannot wait for \"{element}\": {why}")]
    CannotWait {
        /// Id of the event.
        element: String,
        /// Why not.
        why: String,
    },
}

impl Blocker {
    /// Id of the element or flow that it is about, where it is about one.
    pub fn element(&self) -> Option<&str> {
        match self {
            Blocker::SameDefinition | Blocker::ProcessListener => None,
            Blocker::NoSuchSource { element }
            | Blocker::NoSuchTarget { element }
            | Blocker::Twice { element }
            | Blocker::Unmapped { element }
            | Blocker::OtherKind {
                source_id: element, ..
            }
            | Blocker::OtherScope { element, .. }
            | Blocker::OtherOwner { element, .. }
            | Blocker::Arrival { flow: element, .. }
            | Blocker::Compensation { element }
            | Blocker::Listener { element }
            | Blocker::Incident { element, .. }
            | Blocker::PartlyOccurred { element }
            | Blocker::CannotWait { element, .. } => Some(element),
        }
    }

    /// A word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Blocker::SameDefinition => "SAME_DEFINITION",
            Blocker::NoSuchSource { .. } => "NO_SUCH_SOURCE",
            Blocker::NoSuchTarget { .. } => "NO_SUCH_TARGET",
            Blocker::Twice { .. } => "MAPPED_TWICE",
            Blocker::Unmapped { .. } => "UNMAPPED",
            Blocker::OtherKind { .. } => "OTHER_KIND",
            Blocker::OtherScope { .. } => "OTHER_SCOPE",
            Blocker::OtherOwner { .. } => "OTHER_OWNER",
            Blocker::Arrival { .. } => "ARRIVAL",
            Blocker::Compensation { .. } => "COMPENSATION",
            Blocker::Listener { .. } => "LISTENER",
            Blocker::ProcessListener => "PROCESS_LISTENER",
            Blocker::Incident { .. } => "INCIDENT",
            Blocker::PartlyOccurred { .. } => "PARTLY_OCCURRED",
            Blocker::CannotWait { .. } => "CANNOT_WAIT",
        }
    }

    /// Whether the plan itself is wrong, whatever the instance is doing.
    pub fn is_of_the_plan(&self) -> bool {
        matches!(
            self,
            Blocker::SameDefinition
                | Blocker::NoSuchSource { .. }
                | Blocker::NoSuchTarget { .. }
                | Blocker::Twice { .. }
        )
    }
}
