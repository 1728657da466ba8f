//! Instances that were touched lately, so that their next command does not read and parse them again.
//!
//! Only one writer steps them, so what is here is what is in the database.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bpmn::{Key, ProcessInstance};
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
    pub(super) revision: i64,
    /// The revision in the database; 0 before the first commit.
    pub(super) stored: i64,
    pub(super) history_length: i64,
    pub(super) history_hash: Hash,
}

impl Hot {
    pub(super) fn read(row: &store::Instance) -> Result<Hot> {
        Ok(Hot {
            instance: state(row)?,
            revision: row.revision,
            stored: row.revision,
            history_length: row.history_length,
            history_hash: row.history_hash,
        })
    }
}

#[derive(Default)]
pub(super) struct Cache {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    uses: u64,
}

struct Entry {
    hot: Arc<Hot>,
    bytes: usize,
    used: u64,
}

impl Cache {
    pub(super) fn get(&mut self, key: Key) -> Option<Arc<Hot>> {
        self.uses += 1;
        let entry = self.entries.get_mut(&key)?;
        entry.used = self.uses;
        Some(entry.hot.clone())
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.entries.contains_key(&key)
    }

    /// Reads instances from the database. A state that cannot be read is an error of who needs it, later.
    pub(super) async fn load(&mut self, unit: &mut Unit, keys: &[Key]) -> Result<()> {
        for row in unit.instances(keys).await? {
            if let Ok(hot) = Hot::read(&row) {
                self.insert(row.key, Arc::new(hot), row.state.len());
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
            },
        ) {
            self.bytes -= old.bytes;
        }
    }

    /// Takes over what a batch has changed, then makes room. Instances that have ended are not needed again.
    pub(super) fn keep(&mut self, changed: BTreeMap<Key, (Arc<Hot>, usize)>) {
        for (key, (hot, bytes)) in changed {
            if hot.instance.status() == bpmn::Status::Active {
                self.insert(key, hot, bytes);
            } else if let Some(old) = self.entries.remove(&key) {
                self.bytes -= old.bytes;
            }
        }
        if self.bytes > CACHE_BYTES_MAX {
            self.drop_older_half();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Cache::default();
    }

    fn drop_older_half(&mut self) {
        let mut uses: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let middle = uses.len() / 2;
        let median = *uses.select_nth_unstable(middle).1;
        self.entries.retain(|_, entry| entry.used > median);
        self.bytes = self.entries.values().map(|entry| entry.bytes).sum();
    }
}
