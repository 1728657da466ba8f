//! The writer connection, for one batch.
//!
//! A unit has no transaction open while its owner computes, so it outlives its connection: when that is lost it connects
//! again, within a limit, and goes on.

use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::OwnedMutexGuard;

use super::commit;
use super::open::{Database, PAUSE, Writer, answered};
use super::values::arguments;
use crate::Batch;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::retention::LOCK;
use crate::seen::Seen;
use crate::sql::Sql;

/// How often a call is made again on a new connection. A server that has been restarted has cut the old ones.
const TRIES: u32 = 3;

/// The right to write on behalf of this server. Others write at the same time.
#[derive(Debug)]
pub(crate) struct Unit {
    writer: OwnedMutexGuard<Writer>,
    database: Database,
}

impl Unit {
    pub(super) fn new(writer: OwnedMutexGuard<Writer>, database: Database) -> Unit {
        Unit { writer, database }
    }

    /// What a statement finds or returns. A claim whose answer is lost runs out; numbers whose answer is lost are skipped.
    pub(crate) async fn fetch(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        let mut tries = 1;
        loop {
            // The text is made of our own constants.
            let values = arguments(values.clone());
            let values = values.ok_or_else(|| self.database.fault().nul())?;
            let query = sqlx::query_with(AssertSqlSafe(text.clone()), values);
            let connection = self.database.connected(&mut self.writer).await?;
            let rows = query.fetch_all(connection);
            match answered(self.database.fault(), rows).await {
                Ok(rows) => return Ok(rows.into_iter().map(Row::Postgres).collect()),
                Err(error @ Error::Unavailable { .. }) => {
                    self.lose();
                    if tries == TRIES {
                        return Err(error);
                    }
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Runs statements in one transaction, under the lock of those who delete; gives what the first one returns. Nothing is
    /// tried again: whoever asked looks what is left.
    pub(crate) async fn exclusively(&mut self, statements: Vec<Sql>) -> Result<Vec<Row>> {
        // The lock is a statement of its own: the next ones see what was committed before it was given.
        let begin = format!("begin; select pg_advisory_xact_lock({LOCK})");
        self.transaction(begin, statements).await
    }

    /// Runs statements in one transaction; gives what the first one returns. Nothing is tried again.
    pub(crate) async fn atomically(&mut self, statements: Vec<Sql>) -> Result<Vec<Row>> {
        self.transaction("begin".to_owned(), statements).await
    }

    async fn transaction(&mut self, begin: String, statements: Vec<Sql>) -> Result<Vec<Row>> {
        let mut bound = Vec::with_capacity(statements.len());
        for sql in statements {
            let (text, values) = sql.into_parts();
            let values = arguments(values).ok_or_else(|| self.database.fault().nul())?;
            bound.push((text, values));
        }
        let connection = self.database.connected(&mut self.writer).await?;
        let working = async {
            let mut transaction = connection.begin_with(AssertSqlSafe(begin)).await?;
            let mut first = None;
            for (text, values) in bound {
                // The text is made of our own constants.
                let query = sqlx::query_with(AssertSqlSafe(text), values);
                let rows = query.fetch_all(&mut *transaction).await?;
                first.get_or_insert(rows);
            }
            transaction.commit().await?;
            Ok(first.unwrap_or_default())
        };
        let done = answered(self.database.fault(), working).await;
        if let Err(Error::Unavailable { .. }) = &done {
            self.lose();
        }
        Ok(done?.into_iter().map(Row::Postgres).collect())
    }

    /// Writes the batch. Where the connection is lost before the answer comes, looks whether it was written and writes it
    /// if not; that cannot happen twice, because a batch relies on the revisions before it.
    pub(crate) async fn commit(&mut self, batch: &Batch, seen: &Seen) -> Result<()> {
        let mut tries = 1;
        loop {
            let (error, lost) = match self.write(batch, seen).await {
                Ok(()) => return Ok(()),
                Err(error @ Error::Unavailable { .. }) => (error, true),
                // Perhaps what has changed is that we have written it.
                Err(error @ Error::Conflict { .. }) if tries > 1 => (error, false),
                Err(error) => return Err(error),
            };
            let Some(proof) = commit::proof(batch) else {
                return Err(error);
            };
            if !self.fetch(proof).await?.is_empty() {
                return Ok(());
            }
            if !lost || tries == TRIES {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes the batch in one statement, which is a transaction by itself. Only where messages and those who await them
    /// could miss each other, locks go before.
    async fn write(&mut self, batch: &Batch, seen: &Seen) -> Result<()> {
        let (text, values) = commit::statement(batch, seen).into_parts();
        let locks = commit::meetings(batch, seen);
        let values = arguments(values).ok_or_else(|| self.database.fault().nul())?;
        let connection = self.database.connected(&mut self.writer).await?;
        // The texts are made of our own constants and numbers.
        let query = sqlx::query_with(AssertSqlSafe(text), values);
        let writing = async {
            match locks {
                None => query.execute(connection).await.map(|_| ()),
                Some(locks) => {
                    let mut transaction = connection.begin_with(AssertSqlSafe(locks)).await?;
                    query.execute(&mut *transaction).await?;
                    transaction.commit().await
                }
            }
        };
        let written = answered(self.database.fault(), writing).await;
        if let Err(Error::Unavailable { .. }) = &written {
            self.lose();
        }
        written
    }

    /// Lets go of a connection that is of no more use.
    fn lose(&mut self) {
        if let Writer::Connected(_) = &*self.writer {
            *self.writer = Writer::Absent;
        }
    }
}
