//! Reads a file as it was at one moment, also one that a server writes to: WAL keeps what readers still see.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::sync::Mutex;

use super::migrations;
use super::open::{Fault, inspect};
use super::values::arguments;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::sql::Sql;

/// How long to wait for who has locked the whole file.
const BUSY: Duration = Duration::from_secs(5);

/// A connection with a transaction that sees one moment. Takes no lock and writes nothing.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    connection: Arc<Mutex<Option<SqliteConnection>>>,
    fault: Fault,
}

impl Snapshot {
    pub(crate) async fn open(path: &Path) -> Result<Snapshot> {
        let snapshot = Snapshot::connect(path, true).await?;
        snapshot.run("begin").await?;
        Ok(snapshot)
    }

    /// A statement beside whoever serves the file, for what no server remembers.
    pub(crate) async fn beside(path: &Path, sql: Sql) -> Result<()> {
        let connection = Snapshot::connect(path, false).await?;
        let done = connection.fetch(sql).await;
        connection.close().await;
        done.map(|_| ())
    }

    async fn connect(path: &Path, only_read: bool) -> Result<Snapshot> {
        if !path.exists() {
            return Err(Error::NoFile {
                path: path.to_owned(),
            });
        }
        inspect(path, false)?;
        let fault = Fault::at(path);
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .read_only(only_read)
            .busy_timeout(BUSY)
            .pragma("temp_store", "memory")
            .disable_statement_logging();
        let connecting = connect.connect().await;
        let mut connection = connecting.map_err(|error| fault.of(error))?;
        migrations::inspect(&mut connection, &fault).await?;
        Ok(Snapshot {
            connection: Arc::new(Mutex::new(Some(connection))),
            fault,
        })
    }

    /// Goes on to the present moment.
    pub(crate) async fn renew(&self) -> Result<()> {
        self.run("commit; begin").await
    }

    pub(crate) async fn fetch(&self, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().ok_or_else(|| self.closed())?;
        // The text is made of our own constants.
        let query = sqlx::query_with(AssertSqlSafe(text), arguments(values));
        let rows = query.fetch_all(connection).await;
        let rows = rows.map_err(|error| self.fault.of(error))?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    /// Writes the file as it is now to another, which must be absent or empty, without what was deleted in it.
    pub(crate) async fn vacuum_into(&self, target: &Path) -> Result<()> {
        let path = target.to_str().ok_or_else(|| Error::Unreadable {
            path: target.to_owned(),
            cause: "its name is no text".to_owned(),
        })?;
        // SQLite copies what is there at this moment; it does so outside of transactions only.
        self.run("commit").await?;
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().ok_or_else(|| self.closed())?;
        let done = sqlx::query("vacuum into ?")
            .bind(path)
            .execute(connection)
            .await;
        done.map_err(|error| Fault::at(target).of(error))?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            // Nothing was written.
            let _ = connection.close().await;
        }
    }

    async fn run(&self, text: &'static str) -> Result<()> {
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().ok_or_else(|| self.closed())?;
        let done = sqlx::raw_sql(text).execute(connection).await;
        done.map(|_| ()).map_err(|error| self.fault.of(error))
    }

    fn closed(&self) -> Error {
        Error::Database {
            path: self.fault.path().to_owned(),
            source: sqlx::Error::PoolClosed,
        }
    }
}
