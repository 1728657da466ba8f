//! Reads a row column by column, in the order of its `select`.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::error::{Error, Result};
use crate::packed::unpack;
use crate::{Hash, Key};

/// Stands for "no due date" in columns that must sort, because nulls would come first.
pub(crate) const NEVER: i64 = i64::MAX;

/// A row of either database.
pub enum Row {
    /// Of a SQLite file.
    Sqlite(SqliteRow),
    /// Of a PostgreSQL server.
    Postgres(PgRow),
}

/// What both databases can hold in a column.
pub(crate) trait Column<'a>:
    Decode<'a, Sqlite> + Type<Sqlite> + Decode<'a, Postgres> + Type<Postgres>
{
}

impl<'a, T> Column<'a> for T where
    T: Decode<'a, Sqlite> + Type<Sqlite> + Decode<'a, Postgres> + Type<Postgres>
{
}

/// A row that is being read from left to right.
pub(crate) struct Columns<'a> {
    table: &'static str,
    row: &'a Row,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(table: &'static str, row: &'a Row) -> Columns<'a> {
        Columns {
            table,
            row,
            next: 0,
        }
    }

    pub(crate) fn get<T: Column<'a>>(&mut self) -> Result<T> {
        let column = self.next;
        self.next += 1;
        let value = match self.row {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        };
        value.map_err(|error| self.bad(error.to_string()))
    }

    /// Goes on behind so many columns.
    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    pub(crate) fn bad(&self, message: String) -> Error {
        Error::BadRow {
            table: self.table,
            message,
        }
    }

    pub(crate) fn key(&mut self) -> Result<Key> {
        Ok(Key::from(self.get::<i64>()?))
    }

    pub(crate) fn optional_key(&mut self) -> Result<Option<Key>> {
        Ok(self.get::<Option<i64>>()?.map(Key::from))
    }

    pub(crate) fn count(&mut self) -> Result<u32> {
        let number: i64 = self.get()?;
        u32::try_from(number).map_err(|_| self.bad(format!("{number} is not a count")))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        let micros = self.get()?;
        self.timestamp(micros)
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        let micros: Option<i64> = self.get()?;
        micros.map(|micros| self.timestamp(micros)).transpose()
    }

    pub(crate) fn due(&mut self) -> Result<Option<Timestamp>> {
        let micros = self.get()?;
        if micros == NEVER {
            Ok(None)
        } else {
            self.timestamp(micros).map(Some)
        }
    }

    pub(crate) fn hash(&mut self) -> Result<Hash> {
        let bytes: Vec<u8> = self.get()?;
        bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| self.bad(format!("a hash of {} bytes", bytes.len())))
    }

    /// A text that is stored packed.
    pub(crate) fn packed(&mut self) -> Result<String> {
        let bytes: Vec<u8> = self.get()?;
        unpack(bytes).map_err(|problem| self.bad(problem))
    }

    /// The same, and nothing where it cannot be read: for those who look at everything, and tell of the row.
    pub(crate) fn packed_or_empty(&mut self) -> Result<String> {
        let bytes: Vec<u8> = self.get()?;
        Ok(unpack(bytes).unwrap_or_default())
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        let text: &str = self.get()?;
        serde_json::from_str(text).map_err(|error| self.bad(error.to_string()))
    }

    /// A word that stands for one of `values`.
    pub(crate) fn word<T: Copy>(
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
pub(crate) fn due_column(due: Option<Timestamp>) -> i64 {
    due.map_or(NEVER, Timestamp::as_microsecond)
}
