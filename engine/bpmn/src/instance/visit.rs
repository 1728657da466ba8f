//! One visit to a flow node, and what it or the instance holds for the elements inside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use feel::Value;
use serde::{Deserialize, Serialize};

use super::{LoopState, Variables};
use crate::Key;

/// One visit to a flow node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementInstance {
    /// `e`: id of the flow node.
    #[serde(rename = "e")]
    pub(super) element: Arc<str>,
    /// `s`: the subprocess visit around it, or the instance.
    #[serde(rename = "s")]
    pub(super) scope: Key,
    /// `j`: the flows whose arrivals it used up when it began.
    #[serde(rename = "j", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) joined: Vec<Arc<str>>,
    /// `g`: it is a complex gateway that has been activated.
    #[serde(rename = "g", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) waits_for_reset: bool,
    /// `u`: the compensation under way for which it runs.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(super) undoes: Option<Key>,
    /// `v`: it is a subprocess that had completed, and is there once more to be compensated.
    #[serde(rename = "v", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) revived: bool,
    /// `i`: what is inside it.
    #[serde(rename = "i", default, skip_serializing_if = "Scope::is_empty")]
    pub(super) inner: Scope,
    /// `n`: which time it is, from 1, where its activity is done several times; the scope then is the body.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<u32>,
    /// `l`: how far its loop is, where it is a body.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(super) looping: Option<Box<LoopState>>,
}

impl ElementInstance {
    /// The flows whose arrivals it used up when it began.
    pub(crate) fn joined(&self) -> &[Arc<str>] {
        &self.joined
    }

    /// The compensation under way for which it runs.
    pub(crate) fn undoes(&self) -> Option<Key> {
        self.undoes
    }

    /// Whether it is a subprocess that had completed, and is there once more to be compensated.
    pub(crate) fn revived(&self) -> bool {
        self.revived
    }

    /// Whether it is a complex gateway that has been activated.
    pub(crate) fn waits_for_reset(&self) -> bool {
        self.waits_for_reset
    }

    /// Id of the flow node.
    pub fn element(&self) -> &Arc<str> {
        &self.element
    }

    /// The subprocess visit around it, or the instance.
    pub fn scope(&self) -> Key {
        self.scope
    }

    /// Its tasks, jobs, timers, event subscriptions and incidents, oldest first.
    pub fn waits(&self) -> &[Key] {
        &self.inner.waits
    }

    /// Which time it is, from 1, where its activity is done several times; its scope then is the body.
    pub fn item(&self) -> Option<u32> {
        self.item
    }

    /// How far its loop is, where it is the body of one that has begun.
    pub fn looping(&self) -> Option<&LoopState> {
        self.looping.as_deref()
    }

    /// Its own variables.
    pub fn variables(&self) -> &Variables {
        &self.inner.variables
    }
}

/// What a visit or the instance holds for the elements inside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// `v`: its own variables.
    #[serde(rename = "v", default, skip_serializing_if = "Variables::is_empty")]
    pub(super) variables: Variables,
    /// The visits directly inside it that have not ended. Not stored: each visit names its scope.
    #[serde(skip)]
    pub(super) children: BTreeSet<Key>,
    /// `f`: how many arrivals wait at a join, by flow.
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) arrivals: BTreeMap<Arc<str>, u32>,
    /// `w`: its tasks, jobs, timers, event subscriptions and incidents, oldest first.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) waits: Vec<Key>,
    /// `o`: the definitions of parallel multiple events that have happened while others are awaited, by event.
    #[serde(rename = "o", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) occurred: BTreeMap<Arc<str>, BTreeSet<u32>>,
}

impl Scope {
    pub(super) fn is_empty(&self) -> bool {
        self.variables.is_empty()
            && self.arrivals.is_empty()
            && self.waits.is_empty()
            && self.occurred.is_empty()
    }

    /// The visits directly inside it that have not ended, oldest first.
    pub(crate) fn children(&self) -> &BTreeSet<Key> {
        &self.children
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    pub(crate) fn arrivals(&self) -> &BTreeMap<Arc<str>, u32> {
        &self.arrivals
    }

    pub(crate) fn waits(&self) -> &[Key] {
        &self.waits
    }

    /// The events of which a part has happened.
    pub(crate) fn all_occurred(&self) -> impl Iterator<Item = &Arc<str>> {
        self.occurred.keys()
    }

    /// The definitions of a parallel multiple event that have happened.
    pub(crate) fn occurred(&self, event: &str) -> Option<&BTreeSet<u32>> {
        self.occurred.get(event)
    }
}
