//! Deletes the history of instances that ended long ago: always whole instances, so every chain that is left is whole.
//!
//! A called instance goes with the one that called it. What is held (a document of [`HOLDS`]) stays, and with it its family.
//! Deletion goes in small transactions: history is not cut into partitions by time, because the rows of one instance must go
//! together and instances live for years, so that no partition would ever be free to go.

use jiff::Timestamp;

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::sql::Sql;
use crate::{Key, Store, Unit};

/// The collection of holds: `instance/KEY`, and `case/ID` for all instances with that business id.
pub const HOLDS: &str = "holds";

/// Generations of called instances below the one that nobody called.
const GENERATIONS_MAX: usize = 100;

/// Instances of one family that are looked at; a larger one is left for an operator.
const FAMILY_MAX: usize = 10_000;

/// Whoever deletes takes this lock, and whoever holds takes it after he has held: so he knows what is left to hold.
pub(crate) const LOCK: i64 = 4_848_270_416;

/// An instance that nobody called, and that ended before some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// The instance.
    pub key: Key,
}

/// What is written about a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// When.
    pub at: Timestamp,
    /// In whose name.
    pub actor: String,
    /// By which rule.
    pub reason: String,
}

impl Store {
    /// Instances of a definition that ended before `before`, that nobody called or whose callers are gone, the longest ended
    /// first, from after `after` on.
    pub async fn ended(
        &self,
        definition: Key,
        before: Timestamp,
        after: Option<Ended>,
        limit: u32,
    ) -> Result<Vec<Ended>> {
        let mut sql =
            self.sql("select i.ended_at, i.key from process_instances i where i.definition = ");
        sql.bind(definition)
            .push(" and i.ended_at is not null and i.ended_at < ")
            .bind(before);
        if let Some(after) = after {
            sql.push(" and (i.ended_at, i.key) > (").bind(after.at);
            sql.push(", ").bind(after.key).push(")");
        }
        sql.push(
            " and (i.parent_instance is null or not exists
                (select 1 from process_instances p where p.key = i.parent_instance))
              order by i.ended_at, i.key limit ",
        );
        sql.bind(limit);
        self.rows(sql).await?.iter().map(read_ended).collect()
    }

    /// An instance and all that it and those called, where all of them have ended and none is held; else nothing.
    pub async fn family(&self, root: Key) -> Result<Vec<Key>> {
        let mut family = Vec::new();
        let mut generation = vec![root];
        for _ in 0..GENERATIONS_MAX {
            family.extend(&generation);
            if generation.is_empty() {
                return Ok(family);
            }
            let mut sql = self.sql("select count(*) from process_instances i where ");
            sql.one_of("i.key", &generation[..]).push(" and ");
            deletable(&mut sql);
            let free = self.count("process_instances", sql).await?;
            if free != generation.len() as u64 || family.len() > FAMILY_MAX {
                return Ok(Vec::new());
            }
            let mut sql = self.sql("select key from process_instances where ");
            sql.one_of("parent_instance", &generation[..]);
            let read = |row| Columns::of("process_instances", row).key();
            generation = self
                .rows(sql)
                .await?
                .iter()
                .map(read)
                .collect::<Result<_>>()?;
        }
        Ok(Vec::new())
    }
}

impl Unit {
    /// Deletes instances with everything that was read off their records, and notes each in the audit trail, in one
    /// transaction; gives how many. Those that run, or are held meanwhile, stay.
    pub async fn delete_instances(&mut self, keys: &[Key], told: &Deletion) -> Result<usize> {
        let mut statements = Vec::new();
        let mut note = self.sql("");
        note.either("", "with gone as (delete from process_instances i where ");
        if self.sqlite().is_none() {
            note.one_of("i.key", keys).push(" and ");
            deletable(&mut note);
            note.push(" returning i.key, i.process_id, i.history_length, i.history_hash) ");
        }
        note.push("insert into audit (at, actor, action, subject, detail, reason) select ");
        // The parameters of a list have no type of their own.
        note.push("cast(").bind(told.at).push(" as bigint), cast(");
        note.bind(told.actor.as_str())
            .push(" as text), 'delete', 'process-instances/' || i.key, i.process_id || ', ' || i.history_length ||
                ' commands, the last with hash ' || ")
            .either("lower(hex(i.history_hash))", "encode(i.history_hash, 'hex')")
            .push(", cast(")
            .bind(told.reason.as_str())
            .push(" as text) from ")
            .either("process_instances i where ", "gone i ");
        if self.sqlite().is_some() {
            note.one_of("i.key", keys).push(" and ");
            deletable(&mut note);
        }
        note.push(" returning sequence");
        statements.push(note);
        if self.sqlite().is_some() {
            let mut gone = self.sql("delete from process_instances as i where ");
            gone.one_of("i.key", keys).push(" and ");
            deletable(&mut gone);
            statements.push(gone);
        }
        for table in [
            "history",
            "tasks",
            "deadlines",
            "incidents",
            "decision_instances",
        ] {
            let mut rest = self.sql("delete from ");
            rest.push(table)
                .push(" where ")
                .one_of("instance", keys)
                .push(" and not exists (select 1 from process_instances i where i.key = instance)");
            statements.push(rest);
        }
        Ok(self.exclusively(statements).await?.len())
    }

    /// Those of these instances that exist when every deletion that began before has ended.
    pub async fn left(&mut self, keys: &[Key]) -> Result<Vec<Key>> {
        let mut sql = self.sql("select key from process_instances where ");
        sql.one_of("key", keys);
        let read = |row| Columns::of("process_instances", row).key();
        self.exclusively(vec![sql])
            .await?
            .iter()
            .map(read)
            .collect()
    }
}

/// The condition that the instance `i` has ended and is not held.
fn deletable(sql: &mut Sql) {
    sql.push(
        "i.status <> 'active' and not exists (select 1 from documents d where d.collection = '",
    )
    .push(HOLDS)
    .push("' and d.id in ('instance/' || i.key, 'case/' || i.business_id))");
}

fn read_ended(row: &Row) -> Result<Ended> {
    let mut columns = Columns::of("process_instances", row);
    Ok(Ended {
        at: columns.time()?,
        key: columns.key()?,
    })
}
