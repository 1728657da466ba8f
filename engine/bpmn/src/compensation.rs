//! What an instance remembers so that completed activities can be compensated (BPMN 2.0.2, 10.7 and 13.5.5).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Key, Variables};

/// An activity that has completed and can be compensated while its scope is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// Its key: what completed later has a greater one.
    pub key: Key,
    /// Id of the activity.
    pub element: Arc<str>,
    /// The scope in which it completed: a visit, or the instance.
    pub scope: Key,
    /// Of a subprocess that is compensated by what completed in it: the visit that completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Key>,
    /// The variables that it had: of a subprocess that is compensated from inside, and of each item of a loop.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub variables: Variables,
}

/// A compensation under way: handlers run one after another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compensating {
    /// Its key.
    pub key: Key,
    /// The visit that waits until all are done; absent where nobody waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Key>,
    /// What is still to be compensated, by scope and key of the [`Compensation`]; the last comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<(Key, Key)>,
}
