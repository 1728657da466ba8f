//! Connects to a database, and says in a sentence why it cannot.

use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::sync::Mutex;

use super::fault::Fault;
use super::listen::Listener;
use super::migrations;
use super::unit::Unit;
use super::values::arguments;
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::readers::Readers;
use crate::sql::Sql;
use crate::wakes::Wakes;
use crate::{Options, Synchronous};

/// Statement texts that a connection keeps prepared.
const PREPARED_STATEMENTS: usize = 512;

/// How long an answer may take before the connection counts as lost: the network may be cut without a word.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait before a server that does not answer is called again.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// What is loaded and written goes by keys, however many: planning the statement of a commit anew takes as long as carrying it out.
/// So it is planned once, perhaps while the tables are empty, and the plan must be one for full ones: through indexes, row by
/// row. (Without this, tables that grow were read as a whole by each commit, until statistics of them were made.)
const BY_KEYS: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A database on a server.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    readers: Arc<Readers<PgConnection>>,
    fault: Fault,
    /// How the connection that writes is made.
    writing: Arc<PgConnectOptions>,
    connect_timeout: Duration,
    writer: Arc<Mutex<Writer>>,
}

/// The connection that writes.
#[derive(Debug)]
pub(super) enum Writer {
    /// Ready.
    Connected(PgConnection),
    /// Lost, or not needed yet: the next unit connects.
    Absent,
    /// The store is closed.
    Closed,
}

impl Database {
    pub(crate) async fn open(address: &str, options: &Options) -> Result<Database> {
        let connect = PgConnectOptions::from_str(address).map_err(|_| Error::Address {
            address: without_password(address),
        })?;
        let fault = Fault::at(without_password(address));
        let connect = connect
            .application_name("caseway")
            .statement_cache_capacity(PREPARED_STATEMENTS)
            .options([
                (
                    "synchronous_commit",
                    match options.synchronous {
                        Synchronous::Full => "on",
                        Synchronous::Normal => "off",
                    },
                ),
                // A server that dies with a lock is found out by the network only after hours.
                ("idle_in_transaction_session_timeout", "30s"),
                ("client_min_messages", "warning"),
                // Statements are prepared once and run often, with arrays of any length.
                ("jit", "off"),
            ])
            .disable_statement_logging();
        let writing = connect.clone().options(BY_KEYS);
        let connect_timeout = Duration::from_millis(options.busy_timeout_ms);
        let mut first = in_time(&fault, connect_timeout, writing.connect()).await?;
        migrations::apply(&mut first, &fault).await?;
        let readers = Readers::new(connect, options.readers, connect_timeout);
        Ok(Database {
            readers: Arc::new(readers),
            fault,
            writing: Arc::new(writing),
            connect_timeout,
            writer: Arc::new(Mutex::new(Writer::Connected(first))),
        })
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let mut writer = self.writer.lock().await;
        if let Writer::Connected(connection) = std::mem::replace(&mut *writer, Writer::Closed) {
            // Nothing is open; an error here loses nothing.
            let _ = connection.close().await;
        }
    }

    pub(crate) async fn begin(&self) -> Result<Unit> {
        let mut writer = self.writer.clone().lock_owned().await;
        self.connected(&mut writer).await?;
        Ok(Unit::new(writer, self.clone()))
    }

    /// The connection that writes; connects again where it was lost, and waits for the server up to the limit.
    pub(super) async fn connected<'a>(
        &self,
        writer: &'a mut Writer,
    ) -> Result<&'a mut PgConnection> {
        if let Writer::Absent = writer {
            let tries = self.connect_timeout.as_millis() / PAUSE.as_millis();
            for left in (0..=tries).rev() {
                let connecting = self.writing.connect();
                match in_time(&self.fault, self.connect_timeout, connecting).await {
                    Ok(connection) => {
                        *writer = Writer::Connected(connection);
                        break;
                    }
                    Err(Error::Unavailable { .. }) if left > 0 => tokio::time::sleep(PAUSE).await,
                    Err(error) => return Err(error),
                }
            }
        }
        match writer {
            Writer::Connected(connection) => Ok(connection),
            Writer::Absent => Err(self.fault.unavailable("it does not answer")),
            Writer::Closed => Err(self.fault.unavailable("it was closed")),
        }
    }

    /// Where it is, as it may be shown.
    pub(crate) fn path(&self) -> PathBuf {
        self.fault.address()
    }

    pub(super) fn fault(&self) -> &Fault {
        &self.fault
    }

    pub(crate) async fn wakes(&self) -> Result<Wakes> {
        let listener = Listener::new((*self.writing).clone(), self.fault.clone());
        Ok(Wakes::of(listener.await?))
    }

    /// What a query finds. Waits for the server up to the limit.
    pub(crate) async fn fetch(&self, sql: Sql) -> Result<Vec<Row>> {
        let waits = self.connect_timeout.as_millis() / PAUSE.as_millis();
        self.fetch_within(sql, waits).await
    }

    /// The same, waiting so many times.
    pub(crate) async fn fetch_within(&self, sql: Sql, waits: u128) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        // The first tries may meet connections that a restart of the server has cut.
        let cut = u128::from(self.readers.number());
        let mut left = cut + waits;
        loop {
            // The text is made of our own constants.
            let values = arguments(values.clone()).ok_or_else(|| self.fault.nul())?;
            let query = sqlx::query_with(AssertSqlSafe(text.clone()), values);
            let reading = async {
                let mut reader = self.readers.take().await?;
                let rows = query.fetch_all(&mut reader.connection).await?;
                self.readers.put(reader);
                Ok(rows)
            };
            match in_time(&self.fault, ANSWER_TIMEOUT, reading).await {
                Ok(rows) => return Ok(rows.into_iter().map(Row::Postgres).collect()),
                Err(Error::Unavailable { .. }) if left > 0 && !self.readers.is_closed() => {
                    if left <= waits {
                        tokio::time::sleep(PAUSE).await;
                    }
                    left -= 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Waits for an answer, but not for ever.
pub(super) async fn in_time<T>(
    fault: &Fault,
    limit: Duration,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answered) => answered.map_err(|error| fault.of(error)),
        Err(_) => Err(fault.unavailable(format!("no answer within {} s", limit.as_secs()))),
    }
}

/// [`in_time`] for a statement of a unit.
pub(super) async fn answered<T>(
    fault: &Fault,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> Result<T> {
    in_time(fault, ANSWER_TIMEOUT, answer).await
}

/// The address of a database as it may be shown: without password and parameters.
pub fn without_password(address: &str) -> String {
    let shown = address.split('?').next().unwrap_or_default();
    let Some((scheme, rest)) = shown.split_once("://") else {
        return shown.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, place)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{place}")
        }
        None => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: &str) {
        assert_eq!(without_password(address), expected);
    }

    #[test]
    fn no_message_shows_a_password() {
        check(
            "postgres://caseway:s3cret@db/caseway",
            "postgres://caseway@db/caseway",
        );
        check(
            "postgres://caseway:s3@cret@db:5433/caseway?sslmode=require&password=x",
            "postgres://caseway@db:5433/caseway",
        );
        check("postgres://db/caseway", "postgres://db/caseway");
        check("postgresql:///x?host=/tmp&password=y", "postgresql:///x");
    }
}
