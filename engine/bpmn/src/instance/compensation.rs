//! What can be compensated, in the state: lists by the visit (or the instance) in which it completed.

use super::{ProcessInstance, entry_bytes};
use crate::compensation::{Compensating, Compensation};
use crate::{Key, Record};

/// Reading the state.
impl ProcessInstance {
    /// What has completed in a scope and can be compensated, oldest first.
    pub fn compensations(&self, scope: Key) -> &[Compensation] {
        self.compensations.get(&scope).map_or(&[], Vec::as_slice)
    }

    /// A compensation that is under way.
    pub(crate) fn compensating(&self, key: Key) -> Option<&Compensating> {
        self.compensating.get(&key)
    }

    /// All that can be compensated.
    pub(crate) fn all_compensations(&self) -> impl Iterator<Item = &Compensation> {
        self.compensations.values().flatten()
    }

    /// Whether a compensation is under way for which this visit waits.
    pub(crate) fn is_compensated_for(&self, visit: Key) -> bool {
        let mut runs = self.compensating.values();
        runs.any(|run| run.waiting == Some(visit))
    }

    /// Bytes of the variables that are kept for compensation.
    pub(super) fn kept_bytes(&self) -> usize {
        self.compensations.values().flatten().map(bytes).sum()
    }

    /// What is kept for compensation belongs to a scope that is there, or to what is kept itself.
    pub(crate) fn check_compensations(&self) -> Result<(), String> {
        let kept = self.compensations.values().flatten();
        let inside: Vec<Key> = kept.filter_map(|kept| kept.inside).collect();
        for (scope, list) in &self.compensations {
            if list.is_empty() || !(self.scope(*scope).is_some() || inside.contains(scope)) {
                return Err(format!("compensations of {scope} belong to nothing"));
            }
            if list.iter().any(|kept| kept.scope != *scope) {
                return Err(format!("{scope} keeps compensations of another scope"));
            }
            if !list.is_sorted_by_key(|kept| kept.key) {
                return Err(format!("the compensations of {scope} are not in order"));
            }
        }
        for run in self.compensating.keys() {
            let mut visits = self.elements.values();
            if !visits.any(|visit| visit.undoes == Some(*run)) {
                return Err(format!("the compensation {run} goes on, but nothing runs"));
            }
        }
        let mut visits = self.elements.values().filter_map(|visit| visit.undoes);
        if let Some(run) = visits.find(|run| !self.compensating.contains_key(run)) {
            return Err(format!(
                "the compensation {run} is over, but something runs"
            ));
        }
        Ok(())
    }
}

/// Changing the state.
impl ProcessInstance {
    pub(super) fn apply_to_compensation(&mut self, record: &Record) {
        if let Record::CompensationRegistered { compensation } = record {
            self.last_key = self.last_key.max(compensation.key);
            self.bytes += bytes(compensation);
            let list = self.compensations.entry(compensation.scope).or_default();
            list.push((**compensation).clone());
        } else if let Record::CompensationsMoved { from, to } = record {
            self.move_compensations(*from, *to);
        } else if let Record::CompensationThrown { compensating } = record {
            self.last_key = self.last_key.max(compensating.key);
            self.compensating
                .insert(compensating.key, (**compensating).clone());
        } else if let Record::CompensationStarted {
            compensating,
            scope,
            compensation,
            element_instance,
        } = record
        {
            self.start_compensation(*compensating, *scope, *compensation, *element_instance);
        } else if let Record::CompensationEnded { compensating } = record {
            self.compensating.remove(compensating);
        }
    }

    /// A visit begins to compensate: the handler, or the subprocess itself once more.
    fn start_compensation(&mut self, run: Key, scope: Key, key: Key, visit: Key) {
        if let Some(compensating) = self.compensating.get_mut(&run) {
            let at = compensating.left.iter().position(|left| left.1 == key);
            compensating.left.truncate(at.unwrap_or_default());
        }
        let Some(list) = self.compensations.get_mut(&scope) else {
            return;
        };
        let Ok(at) = list.binary_search_by_key(&key, |kept| kept.key) else {
            return;
        };
        let kept = list.remove(at);
        if list.is_empty() {
            self.compensations.remove(&scope);
        }
        if let Some(inside) = kept.inside {
            self.move_compensations(inside, visit);
        }
        if let Some(element) = self.elements.get_mut(&visit) {
            element.undoes = Some(run);
            element.revived = kept.inside.is_some();
            element.inner.variables = kept.variables;
        }
    }

    fn move_compensations(&mut self, from: Key, to: Key) {
        let Some(moved) = self.compensations.remove(&from) else {
            return;
        };
        let list = self.compensations.entry(to).or_default();
        list.extend(
            moved
                .into_iter()
                .map(|kept| Compensation { scope: to, ..kept }),
        );
        list.sort_by_key(|kept| kept.key);
    }

    /// A visit has ended. What completed in it is kept only where it was registered itself.
    pub(super) fn forget_inside(&mut self, visit: Key, scope: Key) {
        let last = self.compensations.get(&scope).and_then(|list| list.last());
        if last.is_none_or(|last| last.inside != Some(visit)) {
            self.forget(visit);
        }
    }

    fn forget(&mut self, scope: Key) {
        for kept in self.compensations.remove(&scope).unwrap_or_default() {
            self.bytes -= bytes(&kept);
            if let Some(inside) = kept.inside {
                self.forget(inside);
            }
        }
    }

    pub(super) fn forget_compensations(&mut self) {
        self.bytes -= self.kept_bytes();
        self.compensations.clear();
        self.compensating.clear();
    }
}

fn bytes(kept: &Compensation) -> usize {
    let entries = kept.variables.iter();
    entries.map(|(name, value)| entry_bytes(name, value)).sum()
}
