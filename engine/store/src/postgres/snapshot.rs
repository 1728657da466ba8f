//! Reads a database as it was at one moment, whatever servers write meanwhile.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::sync::Mutex;

use super::fault::Fault;
use super::migrations;
use super::open::{in_time, without_password};
use super::values::arguments;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::sql::Sql;

/// How long to wait for a server that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an answer may take: some of these statements read whole tables.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);

/// A transaction that sees one moment only, and writes nothing.
const BEGIN: &str = "begin isolation level repeatable read, read only";

/// A connection with a transaction that sees one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    connection: Arc<Mutex<Option<PgConnection>>>,
    fault: Fault,
}

impl Snapshot {
    pub(crate) async fn open(address: &str) -> Result<Snapshot> {
        let snapshot = Snapshot::connect(address).await?;
        snapshot.run(BEGIN).await?;
        Ok(snapshot)
    }

    /// A statement beside the servers, for what no server remembers.
    pub(crate) async fn beside(address: &str, sql: Sql) -> Result<()> {
        let connection = Snapshot::connect(address).await?;
        let done = connection.fetch(sql).await;
        connection.close().await;
        done.map(|_| ())
    }

    async fn connect(address: &str) -> Result<Snapshot> {
        let shown = without_password(address);
        let connect = PgConnectOptions::from_str(address).map_err(|_| Error::Address {
            address: shown.clone(),
        })?;
        let fault = Fault::at(shown);
        let connect = connect
            .application_name("caseway reader")
            // Whoever reads a snapshot may take his time between statements.
            .options([
                ("idle_in_transaction_session_timeout", "15min"),
                ("jit", "off"),
            ])
            .disable_statement_logging();
        let mut connection = in_time(&fault, CONNECT_TIMEOUT, connect.connect()).await?;
        migrations::inspect(&mut connection, &fault).await?;
        Ok(Snapshot {
            connection: Arc::new(Mutex::new(Some(connection))),
            fault,
        })
    }

    /// Goes on to the present moment.
    pub(crate) async fn renew(&self) -> Result<()> {
        self.run("commit").await?;
        self.run(BEGIN).await
    }

    pub(crate) async fn fetch(&self, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().ok_or_else(|| self.closed())?;
        // The text is made of our own constants.
        let values = arguments(values).ok_or_else(|| self.fault.nul())?;
        let query = sqlx::query_with(AssertSqlSafe(text), values);
        let rows = in_time(&self.fault, ANSWER_TIMEOUT, query.fetch_all(connection)).await?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
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
        let done = sqlx::raw_sql(text).execute(connection);
        in_time(&self.fault, ANSWER_TIMEOUT, done).await.map(|_| ())
    }

    fn closed(&self) -> Error {
        self.fault.unavailable("it was closed")
    }
}
