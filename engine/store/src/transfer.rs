//! Carries a whole installation from one database into another, and proves that it has arrived.
//!
//! Rows go table by table in the order of their keys, and are read again from where they went: count and hash of each table
//! must be the same on both sides.

use sha2::{Digest, Sha256};

use crate::columns::{Columns, Row};
use crate::error::{Error, Result};
use crate::sql::Value;
use crate::{Hash, Store, Unit};

/// Rows that are read and written at once.
const ROWS_AT_ONCE: u32 = 500;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Integer,
    MaybeInteger,
    Text,
    MaybeText,
    Bytes,
    Bool,
}

use Kind::{Bool, Bytes, Integer, MaybeInteger, MaybeText, Text};

/// A table and its columns, those of its key first.
struct Table {
    name: &'static str,
    key: usize,
    columns: &'static [(&'static str, Kind)],
}

/// All tables, each after those that it refers to. A new table gets its line here: the test of this module misses it.
#[rustfmt::skip]
const TABLES: &[Table] = &[
    Table { name: "sequences", key: 1, columns: &[("name", Text), ("value", Integer)] },
    Table { name: "documents", key: 2, columns: &[("collection", Text), ("id", Text), ("revision", Integer),
        ("created_at", Integer), ("updated_at", Integer), ("body", Text)] },
    Table { name: "document_fields", key: 4, columns: &[("collection", Text), ("field", Text), ("value", Text), ("id", Text)] },
    Table { name: "audit", key: 1, columns: &[("sequence", Integer), ("at", Integer), ("actor", Text),
        ("on_behalf_of", MaybeText), ("action", Text), ("subject", Text), ("detail", MaybeText), ("reason", MaybeText)] },
    Table { name: "answers", key: 2, columns: &[("actor", Text), ("idempotency_key", Text), ("at", Integer),
        ("fingerprint", Bytes), ("answer", Text)] },
    Table { name: "deployments", key: 1, columns: &[("key", Integer), ("at", Integer), ("actor", Text)] },
    Table { name: "resources", key: 1, columns: &[("key", Integer), ("deployment", Integer), ("name", Text),
        ("sha256", Bytes), ("text", Text)] },
    Table { name: "definitions", key: 1, columns: &[("key", Integer), ("kind", Text), ("id", Text), ("version", Integer),
        ("name", MaybeText), ("version_tag", MaybeText), ("resource", Integer), ("deployed_at", Integer),
        ("withdrawn_at", MaybeInteger)] },
    Table { name: "process_instances", key: 1, columns: &[("key", Integer), ("process_id", Text), ("definition", Integer),
        ("version", Integer), ("business_id", MaybeText), ("parent_instance", MaybeInteger), ("parent_element", MaybeInteger),
        ("root", MaybeInteger), ("status", Text), ("revision", Integer), ("format", Integer), ("started_at", Integer), ("ended_at", MaybeInteger),
        ("suspended_at", MaybeInteger),
        ("history_length", Integer), ("history_hash", Bytes), ("state", Bytes)] },
    Table { name: "tasks", key: 1, columns: &[("key", Integer), ("instance", Integer), ("element", Text),
        ("element_instance", Integer), ("name", Text), ("form", MaybeText), ("assignee", MaybeText),
        ("candidate_groups", Text), ("candidate_users", Text), ("due", Integer), ("follow_up", MaybeInteger),
        ("priority", Integer), ("state", Text), ("created_at", Integer), ("closed_at", MaybeInteger),
        ("closed_by", MaybeText)] },
    Table { name: "task_candidates", key: 5, columns: &[("kind", Text), ("candidate", Text), ("assigned", Bool),
        ("due", Integer), ("task", Integer)] },
    Table { name: "timers", key: 1, columns: &[("key", Integer), ("instance", Integer), ("element", Text), ("due", Integer),
        ("repeat", MaybeText)] },
    Table { name: "deadlines", key: 1, columns: &[("key", Integer), ("instance", Integer), ("element", Text),
        ("element_instance", Integer), ("name", Text), ("of_task", Integer), ("started_at", Integer),
        ("start_event", MaybeText), ("due", Integer), ("warns_at", MaybeInteger), ("source", MaybeText),
        ("reference", MaybeText), ("calendar", Text), ("beyond_calendar", Integer), ("counted_at", Integer),
        ("changes", Text), ("state", Text), ("stopped_at", MaybeInteger), ("miss_reason", MaybeText)] },
    Table { name: "jobs", key: 1, columns: &[("key", Integer), ("instance", Integer), ("element", Text),
        ("element_instance", Integer), ("type", Text), ("retries", Integer), ("available_at", Integer), ("token", Integer),
        ("worker", MaybeText), ("created_at", Integer), ("hidden", Bool)] },
    Table { name: "incidents", key: 1, columns: &[("key", Integer), ("instance", Integer), ("element", Text),
        ("element_instance", Integer), ("kind", Text), ("message", Text), ("raised_at", Integer),
        ("resolved_at", MaybeInteger)] },
    Table { name: "history", key: 2, columns: &[("instance", Integer), ("sequence", Integer), ("at", Integer), ("actor", Text),
        ("on_behalf_of", MaybeText), ("reason", MaybeText), ("command", Text), ("records", Bytes), ("hash", Bytes)] },
    Table { name: "subscriptions", key: 1, columns: &[("key", Integer), ("instance", Integer), ("process_id", Text),
        ("element", Text), ("element_instance", Integer), ("kind", Text), ("name", Text), ("correlation", MaybeText),
        ("created_at", Integer)] },
    Table { name: "messages", key: 1, columns: &[("key", Integer), ("name", Text), ("correlation", Text),
        ("message_id", MaybeText), ("variables", Text), ("published_at", Integer), ("expires_at", Integer)] },
    Table { name: "message_uses", key: 2, columns: &[("message", Integer), ("process_id", Text)] },
    Table { name: "start_locks", key: 2, columns: &[("process_id", Text), ("correlation", Text), ("instance", Integer)] },
    Table { name: "outbox", key: 1, columns: &[("key", Integer), ("kind", Text), ("instance", MaybeInteger), ("body", Text),
        ("available_at", Integer), ("token", Integer), ("attempts", Integer)] },
    Table { name: "deliveries", key: 3, columns: &[("webhook", Text), ("instance", Integer), ("position", Integer),
        ("type", Text), ("event", Text), ("created_at", Integer), ("died_at", MaybeInteger), ("attempts", Integer),
        ("failure", MaybeText)] },
    Table { name: "lanes", key: 2, columns: &[("webhook", Text), ("instance", Integer), ("added", Integer),
        ("available_at", Integer), ("token", Integer), ("attempts", Integer), ("failure", MaybeText)] },
    Table { name: "decision_instances", key: 2, columns: &[("key", Integer), ("part", Integer), ("decision_id", Text),
        ("name", Text), ("definition", Integer), ("version", Integer), ("root", Integer), ("instance", MaybeInteger),
        ("process_id", MaybeText), ("process", MaybeInteger), ("element", MaybeText), ("element_instance", MaybeInteger),
        ("actor", Text), ("at", Integer), ("failure", MaybeText), ("warnings", Integer), ("account", Text)] },
];

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
}

/// What was carried over of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The table.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// The hash over all of them in the order of their keys, the same on both sides.
    pub hash: Hash,
}

impl Store {
    /// Copies everything into an empty database and compares. Nobody may serve either of them meanwhile.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] where there is something already; [`Error::Differs`] where a table arrived otherwise than it was. After
    /// an error the target is to be thrown away.
    pub async fn copy_to(&self, target: &Store) -> Result<Vec<Moved>> {
        for table in TABLES {
            if !target.page(table, None, 1).await?.is_empty() {
                return Err(Error::NotEmpty { table: table.name });
            }
        }
        let mut unit = target.begin().await?;
        let mut moved = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            let mut sum = Sum::default();
            let mut last = None;
            loop {
                let rows = self.page(table, last.take(), ROWS_AT_ONCE).await?;
                let Some(end) = rows.last() else { break };
                last = Some(end[..table.key].to_vec());
                rows.iter().for_each(|row| sum.add(row));
                unit.load(table, rows).await?;
            }
            let (rows, hash) = sum.finish();
            moved.push(Moved {
                table: table.name,
                rows,
                hash,
            });
        }
        unit.continue_audit().await?;
        drop(unit);
        for (table, moved) in TABLES.iter().zip(&moved) {
            if target.sum(table).await? != (moved.rows, moved.hash) {
                return Err(Error::Differs { table: table.name });
            }
        }
        Ok(moved)
    }

    /// Count and hash of a table.
    async fn sum(&self, table: &Table) -> Result<(u64, Hash)> {
        let mut sum = Sum::default();
        let mut last = None;
        loop {
            let rows = self.page(table, last.take(), ROWS_AT_ONCE).await?;
            let Some(end) = rows.last() else {
                return Ok(sum.finish());
            };
            last = Some(end[..table.key].to_vec());
            rows.iter().for_each(|row| sum.add(row));
        }
    }

    /// The rows that follow a key, in the order of keys.
    async fn page(
        &self,
        table: &Table,
        after: Option<Vec<Cell>>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell>>> {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let key = names[..table.key].join(", ");
        let mut sql = self.sql("select ");
        sql.push(&names.join(", ")).push(" from ").push(table.name);
        if let Some(after) = after {
            sql.push(&format!(" where ({key}) > ("));
            for (index, cell) in after.into_iter().enumerate() {
                sql.push(if index == 0 { "" } else { ", " });
                match cell {
                    Cell::Integer(number) => sql.bind(number),
                    Cell::Text(text) => sql.bind(text),
                    Cell::Bool(yes) => sql.bind(yes),
                    // No key has such a column.
                    Cell::Null | Cell::Bytes(_) => sql.push("null"),
                };
            }
            sql.push(")");
        }
        sql.push(&format!(" order by {key} limit ")).bind(limit);
        let rows = self.rows(sql).await?;
        rows.iter().map(|row| read(table, row)).collect()
    }
}

impl Unit {
    /// Writes rows as they are.
    async fn load(&mut self, table: &Table, rows: Vec<Vec<Cell>>) -> Result<()> {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let head = format!("insert into {} ({})", table.name, names.join(", "));
        if let Some(unit) = self.sqlite() {
            return unit.load(&head, names.len(), &rows).await;
        }
        let mut columns = vec![Vec::with_capacity(rows.len()); names.len()];
        for row in rows {
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell);
            }
        }
        let mut sql = self.sql(&head);
        // The lines of the audit trail keep their numbers.
        sql.push(" overriding system value select * from unnest(");
        for (index, (cells, (_, kind))) in columns.into_iter().zip(table.columns).enumerate() {
            sql.push(if index == 0 { "" } else { ", " })
                .bind(list(*kind, cells));
        }
        sql.push(")");
        self.rows(sql).await.map(|_| ())
    }

    /// The next line of the audit trail gets the next number. SQLite does so by itself.
    async fn continue_audit(&mut self) -> Result<()> {
        if self.sqlite().is_some() {
            return Ok(());
        }
        let sql = self.sql(
            "select setval(pg_get_serial_sequence('audit', 'sequence'), coalesce(max(sequence), 0) + 1, false) from audit",
        );
        self.rows(sql).await.map(|_| ())
    }
}

fn read(table: &Table, row: &Row) -> Result<Vec<Cell>> {
    let mut columns = Columns::of(table.name, row);
    let cell = |(_, kind): &(&str, Kind)| {
        Ok(match kind {
            Integer => Cell::Integer(columns.get()?),
            MaybeInteger => columns
                .get::<Option<i64>>()?
                .map_or(Cell::Null, Cell::Integer),
            Text => Cell::Text(columns.get()?),
            MaybeText => columns
                .get::<Option<String>>()?
                .map_or(Cell::Null, Cell::Text),
            Bytes => Cell::Bytes(columns.get()?),
            Bool => Cell::Bool(columns.get()?),
        })
    };
    table.columns.iter().map(cell).collect()
}

/// A column as one value.
fn list(kind: Kind, cells: Vec<Cell>) -> Value {
    let integer = |cell| match cell {
        Cell::Integer(number) => Some(number),
        Cell::Null | Cell::Text(_) | Cell::Bytes(_) | Cell::Bool(_) => None,
    };
    let text = |cell| match cell {
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Integer(_) | Cell::Bytes(_) | Cell::Bool(_) => None,
    };
    let cells = cells.into_iter();
    match kind {
        Integer | MaybeInteger => Value::MaybeIntegers(cells.map(integer).collect()),
        Text | MaybeText => Value::MaybeTexts(cells.map(text).collect()),
        Bytes => Value::Bytes(
            cells
                .filter_map(|cell| match cell {
                    Cell::Bytes(bytes) => Some(bytes),
                    Cell::Null | Cell::Integer(_) | Cell::Text(_) | Cell::Bool(_) => None,
                })
                .collect(),
        ),
        Bool => Value::Bools(cells.map(|cell| cell == Cell::Bool(true)).collect()),
    }
}

/// Count and hash of rows in order.
#[derive(Default)]
struct Sum {
    rows: u64,
    digest: Sha256,
}

impl Sum {
    fn add(&mut self, row: &[Cell]) {
        self.rows += 1;
        for cell in row {
            match cell {
                Cell::Null => self.part(0, &[]),
                Cell::Integer(number) => self.part(1, &number.to_be_bytes()),
                Cell::Text(text) => self.part(2, text.as_bytes()),
                Cell::Bytes(bytes) => self.part(3, bytes),
                Cell::Bool(yes) => self.part(4, &[u8::from(*yes)]),
            }
        }
    }

    /// A kind and a length before each value, so that a letter moved from one column to the next changes the hash.
    fn part(&mut self, kind: u8, bytes: &[u8]) {
        self.digest.update([kind]);
        self.digest.update((bytes.len() as u64).to_be_bytes());
        self.digest.update(bytes);
    }

    fn finish(self) -> (u64, Hash) {
        (self.rows, self.digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table or column that a migration adds and this list misses would stay behind.
    #[test]
    fn every_column_of_every_table_is_carried_over() {
        let migrations = [
            include_str!("../migrations/sqlite/0001_foundation.sql"),
            include_str!("../migrations/sqlite/0002_processes.sql"),
            include_str!("../migrations/sqlite/0003_events.sql"),
            include_str!("../migrations/sqlite/0004_retention.sql"),
            include_str!("../migrations/sqlite/0005_deadlines.sql"),
            include_str!("../migrations/sqlite/0006_decisions.sql"),
            include_str!("../migrations/sqlite/0008_webhooks.sql"),
            include_str!("../migrations/sqlite/0011_hidden_jobs.sql"),
            include_str!("../migrations/sqlite/0012_withdrawn.sql"),
            include_str!("../migrations/sqlite/0015_roots.sql"),
            include_str!("../migrations/sqlite/0016_suspended.sql"),
        ];
        let mut columns = Vec::new();
        for text in migrations {
            let lines = text.lines().filter(|line| !line.starts_with("--"));
            let text = lines.collect::<Vec<_>>().join("\n");
            for statement in text.split(';').map(str::trim) {
                if let Some(rest) = statement.strip_prefix("alter table ") {
                    let (name, column) = rest.split_once(" add column ").unwrap();
                    columns.push((name.to_owned(), column.to_owned()));
                } else if let Some(rest) = statement.strip_prefix("create table ") {
                    let (name, lines) = rest.split_once(" (").unwrap();
                    let lines = lines.lines().map(|line| line.trim().to_owned());
                    columns.extend(lines.map(|line| (name.to_owned(), line)));
                }
            }
        }
        let (mut missing, mut found) = (Vec::new(), 0);
        for (name, line) in columns {
            let word = line.split(' ').next().unwrap_or_default();
            if word.is_empty() || word.starts_with(')') || ["primary", "unique"].contains(&word) {
                continue;
            }
            found += 1;
            let table = TABLES.iter().find(|table| table.name == name);
            let mut known = table.into_iter().flat_map(|table| table.columns);
            if !known.any(|(column, _)| *column == word) {
                missing.push(format!("{name}.{word}"));
            }
        }
        assert_eq!(missing, Vec::<String>::new());
        let listed: usize = TABLES.iter().map(|table| table.columns.len()).sum();
        assert_eq!(found, listed);
    }
}
