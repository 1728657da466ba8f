//! The writer connection, for one batch.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OwnedMutexGuard;

use super::commit;
use super::fault::Fault;
use super::open::{Writer, answered};
use super::values::arguments;
use crate::Batch;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::seen::Seen;
use crate::sql::Sql;

/// The right to write on behalf of this server. Others write at the same time.
#[derive(Debug)]
pub(crate) struct Unit {
    writer: OwnedMutexGuard<Writer>,
    fault: Fault,
}

impl Unit {
    pub(super) fn new(writer: OwnedMutexGuard<Writer>, fault: Fault) -> Unit {
        Unit { writer, fault }
    }

    pub(crate) async fn fetch(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        let fault = self.fault.clone();
        // The text is made of our own constants.
        let query = sqlx::query_with(AssertSqlSafe(text), arguments(values));
        let rows = answered(&fault, query.fetch_all(self.connection()?)).await;
        let rows = self.or_lost(rows)?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    /// Writes the batch in one statement, which is a transaction by itself. Only where messages and those who await them
    /// could miss each other, locks go before.
    pub(crate) async fn commit(&mut self, batch: &Batch, seen: &Seen) -> Result<()> {
        let (text, values) = commit::statement(batch, seen).into_parts();
        let locks = commit::meetings(batch, seen);
        let fault = self.fault.clone();
        let connection = self.connection()?;
        // The texts are made of our own constants and numbers.
        let query = sqlx::query_with(AssertSqlSafe(text), arguments(values));
        let written = answered(&fault, async {
            match locks {
                None => query.execute(connection).await.map(|_| ()),
                Some(locks) => {
                    let mut transaction = connection.begin_with(AssertSqlSafe(locks)).await?;
                    query.execute(&mut *transaction).await?;
                    transaction.commit().await
                }
            }
        })
        .await;
        self.or_lost(written)
    }

    /// Lets go of a connection that is of no more use.
    fn or_lost<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(Error::Unavailable { .. }) = &result {
            *self.writer = Writer::Absent;
        }
        result
    }

    fn connection(&mut self) -> Result<&mut PgConnection> {
        match &mut *self.writer {
            Writer::Connected(connection) => Ok(connection),
            Writer::Absent => Err(self.fault.unavailable("the connection was lost")),
            Writer::Closed => Err(self.fault.unavailable("it was closed")),
        }
    }
}
