//! Reads a row column by column, in the order of its `select`.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use crate::error::{Error, Result};
use crate::{Hash, Key};

/// Stands for "no due date" in columns that must sort, because nulls would come first.
pub(super) const NEVER: i64 = i64::MAX;

/// A row that is being read from left to right.
pub(super) struct Columns<'a> {
    table: &'static str,
    row: &'a SqliteRow,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn of(table: &'static str, row: &'a SqliteRow) -> Columns<'a> {
        Columns {
            table,
            row,
            next: 0,
        }
    }

    pub(super) fn get<T: Decode<'a, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T> {
        let column = self.next;
        self.next += 1;
        self.row
            .try_get(column)
            .map_err(|error| self.bad(error.to_string()))
    }

    pub(super) fn bad(&self, message: String) -> Error {
        Error::BadRow {
            table: self.table,
            message,
        }
    }

    pub(super) fn key(&mut self) -> Result<Key> {
        Ok(Key::from(self.get::<i64>()?))
    }

    pub(super) fn optional_key(&mut self) -> Result<Option<Key>> {
        Ok(self.get::<Option<i64>>()?.map(Key::from))
    }

    pub(super) fn count(&mut self) -> Result<u32> {
        let number: i64 = self.get()?;
        u32::try_from(number).map_err(|_| self.bad(format!("{number} is not a count")))
    }

    pub(super) fn time(&mut self) -> Result<Timestamp> {
        let micros = self.get()?;
        self.timestamp(micros)
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        let micros: Option<i64> = self.get()?;
        micros.map(|micros| self.timestamp(micros)).transpose()
    }

    pub(super) fn due(&mut self) -> Result<Option<Timestamp>> {
        let micros = self.get()?;
        if micros == NEVER {
            Ok(None)
        } else {
            self.timestamp(micros).map(Some)
        }
    }

    pub(super) fn hash(&mut self) -> Result<Hash> {
        let bytes: Vec<u8> = self.get()?;
        bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| self.bad(format!("a hash of {} bytes", bytes.len())))
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        let text: &str = self.get()?;
        serde_json::from_str(text).map_err(|error| self.bad(error.to_string()))
    }

    /// A word that stands for one of `values`.
    pub(super) fn word<T: Copy>(
        &mut self,
        values: &[T],
        as_str: impl Fn(T) -> &'static str,
    ) -> Result<T> {
        let word: &str = self.get()?;
        let found = values.iter().copied().find(|value| as_str(*value) == word);
        found.ok_or_else(|| self.bad(format!("the unknown word \"{word}\"")))
    }

    fn timestamp(&self, micros: i64) -> Result<Timestamp> {
        Timestamp::from_microsecond(micros).map_err(|error| self.bad(error.to_string()))
    }
}

/// A due date as a column that sorts.
pub(super) fn due_column(due: Option<Timestamp>) -> i64 {
    due.map_or(NEVER, Timestamp::as_microsecond)
}
