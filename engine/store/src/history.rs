//! The hash chain of an instance's history: each row vouches for all rows before it.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::Key;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash before the first row of an instance.
pub const START: Hash = [0; 32];

/// One command and what it did, in the account of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The instance.
    pub instance: Key,
    /// 1 for the first command of the instance, then without gaps.
    pub sequence: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// For whom, when the actor stood in for somebody.
    pub on_behalf_of: Option<String>,
    /// Why, when a reason was given.
    pub reason: Option<String>,
    /// The name of the command, such as `completeTask`.
    pub command: String,
    /// The records as a JSON array.
    pub records: String,
    /// The hash over this row and the hash of the row before it.
    pub hash: Hash,
}

impl HistoryRow {
    /// Computes the hash that this row must have after a row with the hash `previous`.
    pub fn chained(&self, previous: &Hash) -> Hash {
        let mut digest = Sha256::new();
        digest.update(previous);
        digest.update(i64::from(self.instance).to_be_bytes());
        digest.update(self.sequence.to_be_bytes());
        digest.update(self.at.as_microsecond().to_be_bytes());
        for text in [
            Some(&self.actor),
            self.on_behalf_of.as_ref(),
            self.reason.as_ref(),
            Some(&self.command),
            Some(&self.records),
        ] {
            // A length before each text, so that moving a letter from one field to the next changes the hash.
            let length = text.map_or(-1, |text| text.len() as i64);
            digest.update(length.to_be_bytes());
            digest.update(text.map_or(&[][..], |text| text.as_bytes()));
        }
        digest.finalize().into()
    }
}

/// Finds the first row that breaks the chain: a changed, missing or exchanged row. `rows` are all rows of one instance in order.
pub fn first_break(rows: &[HistoryRow]) -> Option<i64> {
    let mut previous = START;
    for (index, row) in rows.iter().enumerate() {
        let expected = index as i64 + 1;
        if row.sequence != expected || row.hash != row.chained(&previous) {
            return Some(expected);
        }
        previous = row.hash;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(texts: &[&str]) -> Vec<HistoryRow> {
        let mut previous = START;
        let mut rows = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let mut row = HistoryRow {
                instance: Key::from(7 << 20),
                sequence: index as i64 + 1,
                at: Timestamp::UNIX_EPOCH,
                actor: "grace".into(),
                on_behalf_of: None,
                reason: None,
                command: "completeTask".into(),
                records: (*text).into(),
                hash: START,
            };
            row.hash = row.chained(&previous);
            previous = row.hash;
            rows.push(row);
        }
        rows
    }

    #[test]
    fn an_untouched_chain_has_no_break() {
        assert_eq!(first_break(&chain(&["[1]", "[2]", "[3]"])), None);
    }

    #[test]
    fn a_changed_row_is_found() {
        let mut rows = chain(&["[1]", "[2]", "[3]"]);
        rows[1].records = "[9]".into();
        assert_eq!(first_break(&rows), Some(2));
    }

    #[test]
    fn a_missing_row_is_found() {
        let mut rows = chain(&["[1]", "[2]", "[3]"]);
        rows.remove(0);
        assert_eq!(first_break(&rows), Some(1));
    }

    #[test]
    fn a_letter_moved_between_fields_is_found() {
        let mut rows = chain(&["[1]"]);
        rows[0].actor = "grac".into();
        rows[0].on_behalf_of = Some("e".into());
        assert_eq!(first_break(&rows), Some(1));
    }
}
