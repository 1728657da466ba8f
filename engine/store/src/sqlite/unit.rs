//! The writer's side: loads what a batch touches, then commits the batch.
//!
//! Nobody else writes to the file, so what was loaded stays true until the commit without holding a transaction open.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::sync::OwnedMutexGuard;

use super::open::Fault;
use super::values::Values;
use super::{columns::Columns, commit, instances, work};
use crate::error::{Error, Result};
use crate::{Batch, DocumentId, Instance, Job, Key, SavedAnswer};

/// The writer connection, for one batch.
#[derive(Debug)]
pub(crate) struct Unit {
    connection: OwnedMutexGuard<Option<SqliteConnection>>,
    fault: Fault,
}

impl Unit {
    pub(super) fn new(connection: OwnedMutexGuard<Option<SqliteConnection>>, fault: Fault) -> Unit {
        Unit { connection, fault }
    }

    pub(crate) async fn instances(&mut self, keys: &[Key]) -> Result<Vec<Instance>> {
        let text = concat_sql(&[
            "select ",
            instances::COLUMNS,
            " from process_instances where key in (select value from json_each(?))",
        ]);
        let rows = self.rows(text, |values| {
            values.add(keys_json(keys));
        });
        rows.await?.iter().map(instances::read).collect()
    }

    pub(crate) async fn called(&mut self, parent_elements: &[Key]) -> Result<Vec<Key>> {
        let text = "select key from process_instances
            where parent_element in (select value from json_each(?)) and status = 'active' order by key";
        let rows = self.rows(text.to_owned(), |values| {
            values.add(keys_json(parent_elements));
        });
        rows.await?
            .iter()
            .map(|row| Columns::of("process_instances", row).key())
            .collect()
    }

    pub(crate) async fn revisions(
        &mut self,
        ids: &[DocumentId],
    ) -> Result<Vec<(DocumentId, i64, Timestamp)>> {
        let text = "select d.collection, d.id, d.revision, d.created_at
            from json_each(?) as wanted
            join documents d on d.collection = wanted.value ->> 0 and d.id = wanted.value ->> 1";
        let rows = self.rows(text.to_owned(), |values| {
            values.add(json(ids));
        });
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of("documents", row);
            Ok((
                (columns.get()?, columns.get()?),
                columns.get()?,
                columns.time()?,
            ))
        };
        rows.await?.iter().map(read).collect()
    }

    pub(crate) async fn answers(&mut self, keys: &[(String, String)]) -> Result<Vec<SavedAnswer>> {
        let text = "select a.actor, a.idempotency_key, a.at, a.fingerprint, a.answer
            from json_each(?) as wanted
            join answers a on a.actor = wanted.value ->> 0 and a.idempotency_key = wanted.value ->> 1";
        let rows = self.rows(text.to_owned(), |values| {
            values.add(json(keys));
        });
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of("answers", row);
            Ok(SavedAnswer {
                actor: columns.get()?,
                idempotency_key: columns.get()?,
                at: columns.time()?,
                fingerprint: columns.hash()?,
                answer: columns.get()?,
            })
        };
        rows.await?.iter().map(read).collect()
    }

    pub(crate) async fn jobs(&mut self, keys: &[Key]) -> Result<Vec<Job>> {
        let text = concat_sql(&[
            "select ",
            work::JOB_COLUMNS,
            " from jobs where key in (select value from json_each(?))",
        ]);
        let rows = self.rows(text, |values| {
            values.add(keys_json(keys));
        });
        rows.await?.iter().map(work::read_job).collect()
    }

    pub(crate) async fn lease_jobs(
        &mut self,
        kind: &str,
        worker: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Job>> {
        let text = concat_sql(&[
            "update jobs set available_at = ?, token = token + 1, worker = ?
             where key in (select key from jobs where type = ? and retries > 0 and available_at <= ?
                           order by available_at, key limit ?)
             returning ",
            work::JOB_COLUMNS,
        ]);
        let rows = self.rows(text, |values| {
            values
                .add(until.as_microsecond())
                .add(worker.to_owned())
                .add(kind.to_owned())
                .add(now.as_microsecond())
                .add(i64::from(limit));
        });
        let mut jobs: Vec<Job> = rows
            .await?
            .iter()
            .map(work::read_job)
            .collect::<Result<_>>()?;
        jobs.sort_by_key(|job| job.key);
        Ok(jobs)
    }

    pub(crate) async fn commit(&mut self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let script = commit::script(batch);
        let fault = self.fault.clone();
        let connection = self.connection()?;
        let written = script.run(connection).await;
        if written.is_err() {
            // SQLite may have rolled back already; the first error is the one to report.
            let _ = sqlx::raw_sql("rollback").execute(connection).await;
        }
        written.map_err(|error| fault.of(error))
    }

    pub(super) async fn rows(
        &mut self,
        text: String,
        bind: impl FnOnce(&mut Values),
    ) -> Result<Vec<SqliteRow>> {
        let mut values = Values::default();
        bind(&mut values);
        let fault = self.fault.clone();
        let connection = self.connection()?;
        // The text is made of our own constants.
        let query = sqlx::query_with(AssertSqlSafe(text), values.into_arguments());
        query
            .fetch_all(connection)
            .await
            .map_err(|error| fault.of(error))
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        let closed = || Error::Database {
            path: self.fault.path().to_owned(),
            source: sqlx::Error::PoolClosed,
        };
        self.connection.as_mut().ok_or_else(closed)
    }
}

/// Joins the constant parts of a statement.
pub(super) fn concat_sql(parts: &[&str]) -> String {
    parts.concat()
}

/// A list of keys as the one value of `json_each(?)`, so that the text does not depend on their number.
pub(super) fn keys_json(keys: &[Key]) -> String {
    let numbers: Vec<i64> = keys.iter().map(|key| i64::from(*key)).collect();
    json(&numbers)
}

pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("lists of numbers and texts are JSON")
}
