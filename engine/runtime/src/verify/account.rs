//! The account of one instance: its chain, and the state to which its records lead.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bpmn::{Key, ProcessInstance, Record, replay};
use store::{Hash, HistoryRow, Instance, Projections};

use super::Verified;
use super::rows::Expected;
use crate::reads::state;

/// What is known of an instance when its history was read so far.
#[derive(Default)]
pub(super) struct Account {
    sequence: i64,
    hash: Hash,
    replayed: Option<ProcessInstance>,
    expected: Expected,
    /// Whether something of it was told already: what follows from it is not told again.
    is_broken: bool,
}

impl Account {
    /// The next row of its history.
    pub(super) fn next(&mut self, instance: Key, row: &HistoryRow, found: &mut Verified) {
        found.commands += 1;
        if self.is_broken {
            return;
        }
        self.sequence += 1;
        if row.sequence != self.sequence {
            let what = format!("is missing; the next one that is there is {}", row.sequence);
            return self.broken(instance, Some(self.sequence), what, found);
        }
        if row.hash != row.chained(&self.hash) {
            let what =
                "was changed after it was written, or belongs elsewhere: its hash does not fit";
            return self.broken(instance, Some(row.sequence), what, found);
        }
        self.hash = row.hash;
        let records: Vec<Record> = match serde_json::from_str(&row.records) {
            Ok(records) => records,
            Err(error) => {
                let what = format!("has records that cannot be read: {error}");
                return self.broken(instance, Some(row.sequence), what, found);
            }
        };
        found.records += records.len() as u64;
        // Records that nobody wrote in this order may lead anywhere.
        let applied = catch_unwind(AssertUnwindSafe(|| self.apply(row, &records)));
        if !matches!(applied, Ok(true)) {
            let what = "has records that do not follow from those before";
            self.broken(instance, Some(row.sequence), what, found);
        }
    }

    fn apply(&mut self, row: &HistoryRow, records: &[Record]) -> bool {
        match &mut self.replayed {
            Some(instance) => records.iter().for_each(|record| instance.apply(record)),
            None => self.replayed = replay(records),
        }
        let Some(instance) = &self.replayed else {
            return false;
        };
        self.expected.next(instance, records, row.at);
        true
    }

    /// Compares with what is stored.
    pub(super) fn finish(mut self, stored: &Instance, rows: Projections, found: &mut Verified) {
        found.rows += (rows.tasks.len()
            + rows.timers.len()
            + rows.subscriptions.len()
            + rows.jobs.len()
            + rows.deadlines.len()
            + rows.incidents.len()) as u64;
        if self.is_broken {
            return;
        }
        if self.sequence < stored.history_length {
            let what = "is missing, and all that followed";
            return self.broken(stored.key, Some(self.sequence + 1), what, found);
        }
        if (self.sequence, self.hash) != (stored.history_length, stored.history_hash) {
            let what = "is the last one, and not the one that the instance names as its last";
            return self.broken(stored.key, Some(self.sequence), what, found);
        }
        let truth = match state(stored) {
            Ok(truth) => truth,
            Err(error) => {
                return self.broken(stored.key, None, format!("its state: {error}"), found);
            }
        };
        if self.replayed.as_ref() != Some(&truth) {
            return self.broken(
                stored.key,
                None,
                "its records lead to another state than the stored one",
                found,
            );
        }
        if !is_row_of(stored, &truth) {
            self.broken(stored.key, None, "its row says other than its state", found);
        }
        for what in self.expected.differences(&truth, rows) {
            found.add(stored.key, None, what);
        }
    }

    fn broken(
        &mut self,
        instance: Key,
        position: Option<i64>,
        what: impl Into<String>,
        found: &mut Verified,
    ) {
        self.is_broken = true;
        found.add(instance, position, what);
    }
}

/// Whether the columns by which an instance is found say what its state says.
fn is_row_of(row: &Instance, state: &ProcessInstance) -> bool {
    let parent = state.parent();
    row.key == state.key()
        && row.process_id == state.process_id()
        && row.definition == state.definition()
        && row.version == state.version()
        && row.business_id.as_deref() == state.business_id()
        && row.parent_instance == parent.map(|parent| parent.instance)
        && row.parent_element == parent.map(|parent| parent.element)
        && row.root.is_some() == parent.is_some()
        && row.status == state.status()
        && row.revision == row.history_length
        && row.started_at == state.started_at()
        && row.ended_at == state.ended_at()
        && row.suspended_at == state.suspended_at()
}
