//! The writer connection, for one batch.
//!
//! Nobody else writes to the file, so what was loaded stays true until the commit without holding a transaction open.

use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::sync::OwnedMutexGuard;

use super::commit;
use super::open::Fault;
use super::values::{Script, arguments};
use crate::Batch;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::transfer::Cell;

/// The right to write.
#[derive(Debug)]
pub(crate) struct Unit {
    connection: OwnedMutexGuard<Option<SqliteConnection>>,
    fault: Fault,
}

impl Unit {
    pub(super) fn new(connection: OwnedMutexGuard<Option<SqliteConnection>>, fault: Fault) -> Unit {
        Unit { connection, fault }
    }

    pub(crate) async fn fetch(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        let fault = self.fault.clone();
        // The text is made of our own constants.
        let query = sqlx::query_with(AssertSqlSafe(text), arguments(values));
        let rows = query.fetch_all(self.connection()?).await;
        let rows = rows.map_err(|error| fault.of(error))?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    /// Runs statements in one transaction; gives what the first one returns. Nobody else writes.
    pub(crate) async fn exclusively(&mut self, statements: Vec<Sql>) -> Result<Vec<Row>> {
        self.raw("begin immediate").await?;
        let done = async {
            let mut first = None;
            for sql in statements {
                let rows = self.fetch(sql).await?;
                first.get_or_insert(rows);
            }
            self.raw("commit").await?;
            Ok(first.unwrap_or_default())
        }
        .await;
        if done.is_err() {
            // The first error is the one to report.
            let _ = self.raw("rollback").await;
        }
        done
    }

    async fn raw(&mut self, text: &'static str) -> Result<()> {
        let fault = self.fault.clone();
        let done = sqlx::raw_sql(text).execute(self.connection()?).await;
        done.map(|_| ()).map_err(|error| fault.of(error))
    }

    pub(crate) async fn commit(&mut self, batch: &Batch) -> Result<()> {
        self.run(commit::script(batch)).await
    }

    /// Writes rows as they are, in one transaction.
    pub(crate) async fn load(
        &mut self,
        head: &str,
        width: usize,
        rows: &[Vec<Cell>],
    ) -> Result<()> {
        let mut script = Script::for_rows(rows.len());
        script.statement("begin immediate");
        script.insert(head, width, "", rows.iter(), |values, row| {
            for cell in row {
                match cell {
                    Cell::Null => values.add(None::<i64>),
                    Cell::Integer(number) => values.add(*number),
                    Cell::Text(text) => values.add(text.clone()),
                    Cell::Bytes(bytes) => values.add(bytes.clone()),
                    Cell::Bool(yes) => values.add(*yes),
                };
            }
        });
        script.statement("commit");
        self.run(script).await
    }

    async fn run(&mut self, script: Script) -> Result<()> {
        let fault = self.fault.clone();
        let connection = self.connection()?;
        let written = script.run(connection).await;
        if written.is_err() {
            // SQLite may have rolled back already; the first error is the one to report.
            let _ = sqlx::raw_sql("rollback").execute(connection).await;
        }
        written.map_err(|error| fault.of(error))
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        let closed = || Error::Database {
            path: self.fault.path().to_owned(),
            source: sqlx::Error::PoolClosed,
        };
        self.connection.as_mut().ok_or_else(closed)
    }
}
