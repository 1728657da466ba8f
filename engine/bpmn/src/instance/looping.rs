//! How far a loop is: kept on its body.

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::Value;
use serde::{Deserialize, Serialize};

use super::ProcessInstance;
use crate::Key;
use crate::size::bytes;

/// How far a loop is. Everything here costs the same for each item, however many there are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    /// `c`: the items, until the last one has begun; null where they have no values.
    #[serde(rename = "c", default, skip_serializing_if = "Value::is_null")]
    pub(super) collection: Value,
    /// `n`: how many items there are, where that is known.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u32>,
    /// `p`: whether all are done at once.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) parallel: bool,
    /// `b`: how many have begun.
    #[serde(rename = "b", default, skip_serializing_if = "is_zero")]
    pub(super) begun: u32,
    /// `d`: how many have completed.
    #[serde(rename = "d", default, skip_serializing_if = "is_zero")]
    pub(super) completed: u32,
    /// `t`: how many were cut short.
    #[serde(rename = "t", default, skip_serializing_if = "is_zero")]
    pub(super) terminated: u32,
    /// `o`: what the items gave, by their number.
    #[serde(rename = "o", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) results: BTreeMap<u32, Value>,
    /// `z`: of an ad-hoc subprocess: whether nothing more can be started.
    #[serde(rename = "z", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) closed: bool,
}

impl LoopState {
    /// How many items there are, where that is known.
    pub fn total(&self) -> Option<u32> {
        self.total
    }

    /// How many have begun.
    pub fn begun(&self) -> u32 {
        self.begun
    }

    /// Whether items that are done at once have yet to begin, in the step that the loop has started in.
    pub(crate) fn is_beginning(&self) -> bool {
        self.parallel && self.total.is_some_and(|total| self.begun < total)
    }

    /// How many are active: those that begin in the same step count.
    pub(crate) fn active(&self) -> u32 {
        let begun = self.total.filter(|_| self.parallel).unwrap_or(self.begun);
        begun - self.completed - self.terminated
    }

    /// How many have completed.
    pub fn completed(&self) -> u32 {
        self.completed
    }

    /// How many were cut short.
    pub fn terminated(&self) -> u32 {
        self.terminated
    }

    /// The item of a number, from 1; null where items have no values.
    pub(crate) fn item(&self, number: u32) -> Value {
        let items = self.collection.as_list().unwrap_or_default();
        let item = items.get(number.saturating_sub(1) as usize);
        item.cloned().unwrap_or_default()
    }

    /// What the items gave, in their order; null for those that gave nothing.
    pub(crate) fn collected(&self) -> Value {
        let numbers = 1..=self.total.unwrap_or(self.begun);
        let values: Vec<Value> = numbers
            .map(|number| self.results.get(&number).cloned().unwrap_or_default())
            .collect();
        Value::List(Arc::new(values))
    }

    /// Whether nothing more can be started, where it counts the starts of an ad-hoc subprocess.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What was given, in the order of the numbers; nothing for those that did not complete.
    pub(crate) fn results(&self) -> Value {
        Value::List(Arc::new(self.results.values().cloned().collect()))
    }

    /// The counts as they are when one more item has completed.
    pub(crate) fn counts_with_one_more(&self) -> BTreeMap<Arc<str>, Value> {
        let count = |name: &str, change: i64| {
            let count = i64::from(self.count(name).unwrap_or_default());
            (Arc::from(name), Value::from(count + change))
        };
        BTreeMap::from([
            count("numberOfInstances", 0),
            count("numberOfActiveInstances", -1),
            count("numberOfCompletedInstances", 1),
            count("numberOfTerminatedInstances", 0),
        ])
    }

    /// The counts that expressions see, by the standard's names.
    pub(crate) fn count(&self, name: &str) -> Option<u32> {
        Some(match name {
            "numberOfInstances" => self.total.unwrap_or(self.begun),
            "numberOfActiveInstances" => self.active(),
            "numberOfCompletedInstances" => self.completed,
            "numberOfTerminatedInstances" => self.terminated,
            _ => return None,
        })
    }

    /// Approximate bytes of what it holds.
    pub(super) fn bytes(&self) -> usize {
        held(&self.collection) + self.results.values().map(bytes).sum::<usize>()
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a collection counts for; none where there is none.
fn held(collection: &Value) -> usize {
    if collection.is_null() {
        0
    } else {
        bytes(collection)
    }
}

/// Changing the state.
impl ProcessInstance {
    pub(super) fn start_loop(
        &mut self,
        body: Key,
        collection: &Value,
        total: Option<u32>,
        parallel: bool,
    ) {
        let Some(element) = self.elements.get_mut(&body) else {
            return;
        };
        let state = LoopState {
            collection: collection.clone(),
            total,
            parallel,
            ..LoopState::default()
        };
        self.bytes += state.bytes();
        element.looping = Some(Box::new(state));
    }

    /// One more item has begun. After the last one the collection is not needed any more.
    pub(super) fn begin_item(&mut self, body: Key) {
        let Some(state) = self.loop_mut(body) else {
            return;
        };
        state.begun += 1;
        if state.total == Some(state.begun) {
            let gone = held(&std::mem::take(&mut state.collection));
            self.bytes -= gone;
        }
    }

    pub(super) fn end_item(&mut self, body: Key, completed: bool) {
        if let Some(state) = self.loop_mut(body) {
            if completed {
                state.completed += 1;
            } else {
                state.terminated += 1;
            }
        }
    }

    pub(super) fn keep_result(&mut self, body: Key, item: u32, result: &Value) {
        let Some(state) = self.loop_mut(body) else {
            return;
        };
        let before = state.results.insert(item, result.clone());
        self.bytes += bytes(result);
        self.bytes -= before.map_or(0, |before| bytes(&before));
    }

    pub(super) fn close_ad_hoc(&mut self, ad_hoc: Key) {
        if let Some(state) = self.loop_mut(ad_hoc) {
            state.closed = true;
        }
    }

    fn loop_mut(&mut self, body: Key) -> Option<&mut LoopState> {
        self.elements.get_mut(&body)?.looping.as_deref_mut()
    }
}
