//! What the state counts and indexes for speed: made anew after loading, and checked by the invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ProcessInstance, entry_bytes};
use crate::{Awaited, Key};

impl ProcessInstance {
    /// What is counted while records are applied agrees with what is there.
    pub(crate) fn check_counts(&self) -> Result<(), String> {
        let mut inside: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
        for (key, element) in &self.elements {
            inside.entry(element.scope).or_default().insert(*key);
        }
        let mut bytes = self.kept_bytes();
        for key in std::iter::once(self.key).chain(self.elements.keys().copied()) {
            let Some(scope) = self.scope(key) else {
                continue;
            };
            let visits = inside.remove(&key).unwrap_or_default();
            if visits != scope.children {
                return Err(format!(
                    "{key} knows of the visits {:?}, not of {visits:?}",
                    scope.children
                ));
            }
            let entries = scope.variables.iter();
            bytes += entries
                .map(|(name, value)| entry_bytes(name, value))
                .sum::<usize>();
            let looping = self.elements.get(&key).and_then(|e| e.looping.as_ref());
            bytes += looping.map_or(0, |looping| looping.bytes());
        }
        if self.conditions != self.conditions_by_event() {
            return Err(format!("conditions are {:?}", self.conditions));
        }
        if bytes != self.bytes {
            return Err(format!("variables take {bytes} bytes, not {}", self.bytes));
        }
        Ok(())
    }

    /// The subscriptions to conditions by their event.
    pub(super) fn conditions_by_event(&self) -> BTreeMap<Arc<str>, BTreeSet<Key>> {
        let mut conditions: BTreeMap<Arc<str>, BTreeSet<Key>> = BTreeMap::new();
        for open in self.subscriptions.values() {
            if let Awaited::Condition { .. } = open.awaits {
                let keys = conditions.entry(open.element.clone()).or_default();
                keys.insert(open.key);
            }
        }
        conditions
    }

    /// Notes in each scope which visits are directly inside it.
    pub(super) fn index_children(&mut self) {
        let inside: Vec<(Key, Key)> = self.elements.iter().map(|(k, e)| (e.scope, *k)).collect();
        for (scope, key) in inside {
            if let Some(scope) = self.scope_mut(scope) {
                scope.children.insert(key);
            }
        }
    }
}
