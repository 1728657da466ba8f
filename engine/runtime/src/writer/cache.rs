//! Instances that were touched lately, so that their next command does not read and parse them again.
//!
//! On a database of our own only one writer steps them, so what is here is what is in the database. On a shared one others may
//! have stepped them since. What a batch writes its commit compares with the revision that was remembered; of the rest it asks
//! whether the revisions are still the last. After an instance was found to be another one the batch is repeated, and for some
//! time each batch asks first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bpmn::{Key, ProcessInstance, Status};
use jiff::Timestamp;
use store::{Hash, Unit};

use crate::Result;
use crate::limits::CACHE_BYTES_MAX;
use crate::reads::state;

/// A rough number for what an instance takes besides its text.
const ENTRY_BYTES: usize = 512;

/// An instance as the writer works on it.
#[derive(Debug, Clone)]
pub(super) struct Hot {
    pub(super) instance: ProcessInstance,
    /// From which instance calls led to it in the end, where it was called.
    pub(super) root: Option<Key>,
    pub(super) revision: i64,
    /// The revision in the database; 0 before the first commit.
    pub(super) stored: i64,
    /// What it is found by in the database.
    pub(super) found_by: FoundBy,
    pub(super) history_length: i64,
    pub(super) history_hash: Hash,
}

impl Hot {
    pub(super) fn read(row: &store::Instance) -> Result<Hot> {
        Ok(Hot {
            instance: state(row)?,
            root: row.root,
            revision: row.revision,
            stored: row.revision,
            found_by: FoundBy {
                definition: row.definition,
                status: row.status,
                ended_at: row.ended_at,
                suspended_at: row.suspended_at,
            },
            history_length: row.history_length,
            history_hash: row.history_hash,
        })
    }
}

/// What an instance is found by, as far as it may change: each of it is in an index of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundBy {
    definition: Key,
    status: Status,
    ended_at: Option<Timestamp>,
    suspended_at: Option<Timestamp>,
}

impl FoundBy {
    pub(super) fn of(instance: &ProcessInstance) -> FoundBy {
        FoundBy {
            definition: instance.definition(),
            status: instance.status(),
            ended_at: instance.ended_at(),
            suspended_at: instance.suspended_at(),
        }
    }
}

pub(super) struct Cache {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    uses: u64,
    /// Whether other servers step instances as well.
    is_shared: bool,
    /// Counts the units.
    unit: u64,
    /// What this unit was given.
    used: BTreeSet<Key>,
    trust: Trust,
    /// Whether this unit is given what is remembered before anybody has asked.
    is_trusting: bool,
}

struct Entry {
    hot: Arc<Hot>,
    bytes: usize,
    used: u64,
    /// The unit in which it was last known to be true.
    checked: u64,
}

impl Cache {
    pub(super) fn new(is_shared: bool) -> Cache {
        Cache {
            entries: HashMap::new(),
            bytes: 0,
            uses: 0,
            is_shared,
            unit: 0,
            used: BTreeSet::new(),
            trust: Trust::default(),
            is_trusting: false,
        }
    }

    /// A new unit begins: what others may have changed since the last one has to be asked again, before it is used or, where
    /// the unit can be repeated, after.
    pub(super) fn begin(&mut self, is_repeatable: bool) {
        self.unit += 1;
        self.used.clear();
        self.is_trusting = self.is_shared && is_repeatable && self.trust.is_given();
    }

    fn is_given(&self, entry: &Entry) -> bool {
        !self.is_shared || self.is_trusting || entry.checked == self.unit
    }

    /// Whether an instance that this unit was given unasked, and does not write, was changed by another server.
    pub(super) async fn was_wrong(
        &self,
        unit: &mut Unit,
        written: &BTreeMap<Key, Arc<Hot>>,
    ) -> Result<bool> {
        let known: Vec<(Key, i64)> = self
            .used
            .iter()
            .filter(|key| !written.contains_key(key))
            .filter_map(|key| {
                let entry = self.entries.get(key)?;
                (self.is_shared && entry.checked != self.unit).then_some((*key, entry.hot.stored))
            })
            .collect();
        Ok(!known.is_empty() && !unit.newer_instances(&known).await?.is_empty())
    }

    /// Another server has changed something that this unit relied on: all of it is read again.
    pub(super) fn forget_used(&mut self) {
        for key in std::mem::take(&mut self.used) {
            self.remove(key);
        }
        if self.is_trusting {
            self.trust.was_wrong();
        }
    }

    pub(super) fn get(&mut self, key: Key) -> Option<Arc<Hot>> {
        if !self.contains(key) {
            return None;
        }
        self.uses += 1;
        if self.is_shared {
            self.used.insert(key);
        }
        let entry = self.entries.get_mut(&key)?;
        entry.used = self.uses;
        Some(entry.hot.clone())
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.entries
            .get(&key)
            .is_some_and(|entry| self.is_given(entry))
    }

    /// Reads instances from the database. A state that cannot be read is an error of who needs it, later.
    pub(super) async fn load(&mut self, unit: &mut Unit, keys: &[Key]) -> Result<()> {
        let rows = if self.is_shared {
            let revision = |key: &Key| self.entries.get(key).map_or(0, |entry| entry.hot.stored);
            let known: Vec<(Key, i64)> = keys.iter().map(|key| (*key, revision(key))).collect();
            let newer = unit.newer_instances(&known).await?;
            for key in keys {
                if let Some(entry) = self.entries.get_mut(key) {
                    entry.checked = self.unit;
                }
            }
            newer
        } else {
            unit.instances(keys).await?
        };
        for row in rows {
            match Hot::read(&row) {
                Ok(hot) => self.insert(row.key, Arc::new(hot), row.state.len()),
                Err(_) => self.remove(row.key),
            }
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, key: Key, hot: Arc<Hot>, text_bytes: usize) {
        self.uses += 1;
        let bytes = text_bytes + ENTRY_BYTES;
        self.bytes += bytes;
        if let Some(old) = self.entries.insert(
            key,
            Entry {
                hot,
                bytes,
                used: self.uses,
                checked: self.unit,
            },
        ) {
            self.bytes -= old.bytes;
        }
    }

    /// Takes over what a batch has changed, then makes room. Instances that have ended are not needed again.
    pub(super) fn keep(&mut self, changed: BTreeMap<Key, (Arc<Hot>, usize)>) {
        for (key, (hot, bytes)) in changed {
            if hot.instance.status() == Status::Active {
                self.insert(key, hot, bytes);
            } else {
                self.remove(key);
            }
        }
        if self.bytes > CACHE_BYTES_MAX {
            self.drop_older_half();
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some(old) = self.entries.remove(&key) {
            self.bytes -= old.bytes;
        }
    }

    pub(super) fn clear(&mut self) {
        let trust = std::mem::take(&mut self.trust);
        *self = Cache::new(self.is_shared);
        self.trust = trust;
    }

    fn drop_older_half(&mut self) {
        let mut uses: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let middle = uses.len() / 2;
        let median = *uses.select_nth_unstable(middle).1;
        self.entries.retain(|_, entry| entry.used > median);
        self.bytes = self.entries.values().map(|entry| entry.bytes).sum();
    }
}

/// Whether what is remembered is used unasked: always on the only server, seldom where others step the same instances.
#[derive(Debug, Default)]
struct Trust {
    /// So many units ask first.
    asking: u32,
    /// So many did when it was wrong for the last time.
    asked: u32,
}

/// Units that ask first after the first time that something was wrong; each time twice as many, up to the most.
const ASKING: u32 = 16;
const ASKING_MAX: u32 = 4_096;

impl Trust {
    /// For one more unit.
    fn is_given(&mut self) -> bool {
        match self.asking.checked_sub(1) {
            Some(left) => {
                self.asking = left;
                false
            }
            None => true,
        }
    }

    fn was_wrong(&mut self) {
        self.asked = (self.asked * 2).clamp(ASKING, ASKING_MAX);
        self.asking = self.asked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_that_was_wrong_is_given_again_after_ever_longer_times() {
        let mut trust = Trust::default();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            assert!(trust.is_given());
            trust.was_wrong();
            let mut pause = 0;
            while trust.asking > 0 {
                assert!(!trust.is_given());
                pause += 1;
            }
            pauses.push(pause);
        }
        assert_eq!(pauses[..3], [16, 32, 64]);
        assert_eq!(pauses.last(), Some(&ASKING_MAX));
    }
}
