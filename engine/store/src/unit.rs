//! The writer's side: loads what a batch touches, then commits the batch.
//!
//! What a unit has loaded stays true until its commit. On SQLite nobody else writes. On PostgreSQL others may: the unit
//! remembers what it has seen, and a commit that relies on something that has changed answers [`Error::Conflict`](crate::Error::Conflict)
//! and writes nothing; whoever asked repeats the batch with a new unit.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::faults::{self, Faults};
use crate::reads::{self, INSTANCE_COLUMNS, JOB_COLUMNS, TIMER_COLUMNS, read_instance};
use crate::seen::Seen;
use crate::sql::prefixed;
use crate::sql::{Dialect, Sql};
use crate::{Batch, DocumentId, Instance, Job, Key, SavedAnswer, Timer, postgres, sqlite};

/// The right to write, from loading what a batch touches to its commit. Dropping it writes nothing.
#[derive(Debug)]
pub struct Unit {
    backend: UnitBackend,
    pub(crate) seen: Seen,
    faults: Option<Faults>,
}

#[derive(Debug)]
pub(crate) enum UnitBackend {
    Sqlite(sqlite::Unit),
    Postgres(postgres::Unit),
}

impl Unit {
    pub(crate) fn new(backend: UnitBackend, faults: Option<Faults>) -> Unit {
        Unit {
            backend,
            seen: Seen::default(),
            faults,
        }
    }

    /// Numbers of a sequence that nobody else gets, now or later: the next `count` of them, from 1. They are taken at
    /// once, whatever becomes of the unit.
    pub async fn numbers(&mut self, name: &str, count: u32) -> Result<RangeInclusive<i64>> {
        let mut sql = self.sql("insert into sequences (name, value) values (");
        sql.bind(name).push(", ").bind(count);
        sql.push(") on conflict (name) do update set value = sequences.value + excluded.value returning value");
        let rows = self.rows(sql).await?;
        let last = match rows.first() {
            Some(row) => Columns::of("sequences", row).get::<i64>()?,
            None => i64::from(count),
        };
        Ok(last - i64::from(count) + 1..=last)
    }

    /// Loads instances for writing, those that exist.
    pub async fn instances(&mut self, keys: &[Key]) -> Result<Vec<Instance>> {
        let mut sql = self.sql("select ");
        sql.push(INSTANCE_COLUMNS)
            .push(" from process_instances where ")
            .one_of("key", keys);
        self.rows(sql).await?.iter().map(read_instance).collect()
    }

    /// Loads those of these instances that have another revision than the one named here: a cache is true for the others.
    /// With revision 0, loads in any case.
    pub async fn newer_instances(&mut self, known: &[(Key, i64)]) -> Result<Vec<Instance>> {
        let mut sql = self.sql("select ");
        sql.push(&prefixed("i", INSTANCE_COLUMNS)).push(" from ");
        let rows = known
            .iter()
            .map(|(key, revision)| [Some(key.0.to_string()), Some(revision.to_string())]);
        sql.wanted(["key", "revision"], rows).push(
            " join process_instances i on i.key = cast(wanted.key as bigint)
              and i.revision <> cast(wanted.revision as bigint)",
        );
        self.rows(sql).await?.iter().map(read_instance).collect()
    }

    /// The instances that these call activities started, as far as they still run.
    pub async fn called(&mut self, parent_elements: &[Key]) -> Result<Vec<Key>> {
        let mut sql = self.sql("select key from process_instances where ");
        sql.one_of("parent_element", parent_elements)
            .push(" and status = 'active' order by key");
        let read = |row| Columns::of("process_instances", row).key();
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// Revision and time of creation of documents, those that exist.
    pub async fn revisions(
        &mut self,
        ids: &[DocumentId],
    ) -> Result<Vec<(DocumentId, i64, Timestamp)>> {
        let mut sql = self.sql("select d.collection, d.id, d.revision, d.created_at from ");
        sql.wanted(["collection", "id"], pairs(ids))
            .push(" join documents d on d.collection = wanted.collection and d.id = wanted.id");
        let found: Vec<(DocumentId, i64, Timestamp)> = self
            .rows(sql)
            .await?
            .iter()
            .map(read_revision)
            .collect::<Result<_>>()?;
        self.seen.documents(ids, &found);
        Ok(found)
    }

    /// The saved answers to these pairs of actor and idempotency key.
    pub async fn answers(&mut self, keys: &[(String, String)]) -> Result<Vec<SavedAnswer>> {
        let mut sql =
            self.sql("select a.actor, a.idempotency_key, a.at, a.fingerprint, a.answer from ");
        sql.wanted(["actor", "idempotency_key"], pairs(keys)).push(
            " join answers a on a.actor = wanted.actor and a.idempotency_key = wanted.idempotency_key",
        );
        self.rows(sql).await?.iter().map(read_answer).collect()
    }

    /// Jobs with their leases, those that exist.
    pub async fn jobs(&mut self, keys: &[Key]) -> Result<Vec<Job>> {
        let mut sql = self.sql("select ");
        sql.push(JOB_COLUMNS)
            .push(" from jobs where ")
            .one_of("key", keys);
        let rows = self.rows(sql).await?;
        let jobs: Vec<Job> = rows.iter().map(reads::read_job).collect::<Result<_>>()?;
        self.seen.jobs(&jobs);
        Ok(jobs)
    }

    /// Timers, those that still wait. One that starts instances fires once: a batch that moves or removes it conflicts with
    /// another that has done so.
    pub async fn timers(&mut self, keys: &[Key]) -> Result<Vec<Timer>> {
        let mut sql = self.sql("select ");
        sql.push(TIMER_COLUMNS)
            .push(" from timers where ")
            .one_of("key", keys);
        let rows = self.rows(sql).await?;
        let timers: Vec<Timer> = rows.iter().map(reads::read_timer).collect::<Result<_>>()?;
        self.seen.timers(&timers);
        Ok(timers)
    }

    /// The timers of these instances, or those that start instances of these definitions.
    pub async fn timers_of(&mut self, instances: &[Key]) -> Result<Vec<Timer>> {
        let mut sql = self.sql("select ");
        sql.push(TIMER_COLUMNS)
            .push(" from timers where ")
            .one_of("instance", instances)
            .push(" order by key");
        self.rows(sql)
            .await?
            .iter()
            .map(reads::read_timer)
            .collect()
    }

    /// Leases available jobs of a kind to a worker until `until`, the longest waiting first; gives them with their new tokens.
    pub async fn lease_jobs(
        &mut self,
        kind: &str,
        worker: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Job>> {
        let mut sql = self.sql("update jobs set token = token + 1, available_at = ");
        sql.bind(until).push(", worker = ").bind(worker);
        sql.push(" where key").either(" in (", " = any(array(");
        sql.push("select key from jobs where type = ").bind(kind);
        sql.push(" and retries > 0 and hidden = ").bind(false);
        sql.push(" and available_at <= ").bind(now);
        sql.push(" order by available_at, key limit ").bind(limit);
        sql.either(")", " for update skip locked))")
            .push(" returning ")
            .push(JOB_COLUMNS);
        let rows = self.rows(sql).await?;
        let mut jobs: Vec<Job> = rows.iter().map(reads::read_job).collect::<Result<_>>()?;
        jobs.sort_by_key(|job| job.key);
        Ok(jobs)
    }

    /// Moves the end of a lease, if it is still that of this token; without a token, of whoever has the job. Gives whether it is.
    pub async fn extend_lease(
        &mut self,
        job: Key,
        token: Option<i64>,
        until: Timestamp,
    ) -> Result<bool> {
        let mut sql = self.sql("update jobs set available_at = ");
        sql.bind(until).push(" where key = ").bind(job);
        if let Some(token) = token {
            sql.push(" and token = ").bind(token);
        }
        sql.push(" and worker is not null returning key");
        Ok(!self.rows(sql).await?.is_empty())
    }

    /// Deletes the oldest answers from before a time, so many at most; gives how many.
    pub async fn prune_answers(&mut self, before: Timestamp, limit: u32) -> Result<usize> {
        let mut sql = self.sql(
            "delete from answers where (actor, idempotency_key) in (select actor, idempotency_key from answers where at < ",
        );
        sql.bind(before).push(" order by at limit ").bind(limit);
        sql.push(") returning at");
        Ok(self.rows(sql).await?.len())
    }

    /// Writes everything in one transaction. After an error nothing of it is there, but after
    /// [`Error::Unavailable`](crate::Error::Unavailable) all of it may be: the connection was lost before the answer came.
    pub async fn commit(&mut self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        if matches!(self.backend, UnitBackend::Postgres(_)) {
            let written = batch.documents.keys();
            let unknown: Vec<DocumentId> = written
                .filter(|id| !self.seen.documents.contains_key(id))
                .cloned()
                .collect();
            if !unknown.is_empty() {
                self.revisions(&unknown).await?;
            }
        }
        let seen = std::mem::take(&mut self.seen);
        let lost = faults::next(self.faults.as_ref()).await?;
        let committed = match &mut self.backend {
            UnitBackend::Sqlite(unit) => unit.commit(&batch).await,
            UnitBackend::Postgres(unit) => unit.commit(&batch, &seen).await,
        };
        faults::ended(committed, lost)
    }

    /// Runs statements in one transaction, alone among all servers that do so; gives what the first one returns.
    pub(crate) async fn exclusively(&mut self, statements: Vec<Sql>) -> Result<Vec<Row>> {
        match &mut self.backend {
            UnitBackend::Sqlite(unit) => unit.exclusively(statements).await,
            UnitBackend::Postgres(unit) => unit.exclusively(statements).await,
        }
    }

    /// Runs statements in one transaction; gives what the first one returns.
    pub(crate) async fn atomically(&mut self, statements: Vec<Sql>) -> Result<Vec<Row>> {
        let lost = faults::next(self.faults.as_ref()).await?;
        let done = match &mut self.backend {
            UnitBackend::Sqlite(unit) => unit.exclusively(statements).await,
            UnitBackend::Postgres(unit) => unit.atomically(statements).await,
        };
        faults::ended(done, lost)
    }

    /// The connection to a SQLite file, where it is one.
    pub(crate) fn sqlite(&mut self) -> Option<&mut sqlite::Unit> {
        match &mut self.backend {
            UnitBackend::Sqlite(unit) => Some(unit),
            UnitBackend::Postgres(_) => None,
        }
    }

    /// A statement in the dialect of the database.
    pub(crate) fn sql(&self, text: &str) -> Sql {
        let dialect = match &self.backend {
            UnitBackend::Sqlite(_) => Dialect::Sqlite,
            UnitBackend::Postgres(_) => Dialect::Postgres,
        };
        Sql::new(dialect, text)
    }

    /// What a statement finds or returns.
    pub(crate) async fn rows(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let lost = faults::next(self.faults.as_ref()).await?;
        let rows = match &mut self.backend {
            UnitBackend::Sqlite(unit) => unit.fetch(sql).await,
            UnitBackend::Postgres(unit) => unit.fetch(sql).await,
        };
        faults::ended(rows, lost)
    }
}

/// Pairs as rows of a wanted table.
pub(crate) fn pairs(pairs: &[(String, String)]) -> impl Iterator<Item = [Option<String>; 2]> + '_ {
    pairs
        .iter()
        .map(|(first, second)| [Some(first.clone()), Some(second.clone())])
}

fn read_revision(row: &Row) -> Result<(DocumentId, i64, Timestamp)> {
    let mut columns = Columns::of("documents", row);
    Ok((
        (columns.get()?, columns.get()?),
        columns.get()?,
        columns.time()?,
    ))
}

fn read_answer(row: &Row) -> Result<SavedAnswer> {
    let mut columns = Columns::of("answers", row);
    Ok(SavedAnswer {
        actor: columns.get()?,
        idempotency_key: columns.get()?,
        at: columns.time()?,
        fingerprint: columns.hash()?,
        answer: columns.get()?,
    })
}
