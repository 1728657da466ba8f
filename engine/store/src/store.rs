//! The front type: opens a database by its address; what it can be asked is in `reads`, what is written goes through a [`Unit`].

use jiff::Timestamp;

use crate::columns::{Columns, Row};
use crate::error::{Error, Result};
use crate::faults::{self, Faults};
use crate::sql::{Dialect, Sql};
use crate::unit::{Unit, UnitBackend};
use crate::wakes::Wakes;
use crate::{AuditRow, postgres, sqlite};

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// When the disk has it: an acknowledged step survives a loss of power. The default, as records are statutory.
    #[default]
    Full,
    /// When the system has it: the last commits may be lost with the power, the file stays whole.
    Normal,
}

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// When a commit counts as done.
    pub synchronous: Synchronous,
    /// How many readers may read at once.
    pub readers: u32,
    /// How long to wait for another program that has locked the file, or for a server that is being restarted.
    pub busy_timeout_ms: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            synchronous: Synchronous::Full,
            readers: 4,
            busy_timeout_ms: 5_000,
        }
    }
}

/// The database of an installation. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) backend: Backend,
    faults: Option<Faults>,
}

#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
    /// One moment of a file.
    SqliteSnapshot(sqlite::Snapshot),
    /// One moment of a database on a server.
    PostgresSnapshot(postgres::Snapshot),
}

/// Where a database is.
enum Address<'a> {
    File(&'a str),
    Server(&'a str),
}

impl Address<'_> {
    fn of(address: &str) -> Result<Address<'_>> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Address::Server(address));
        }
        let path = address
            .strip_prefix("sqlite://")
            .or_else(|| address.strip_prefix("sqlite:"));
        path.filter(|path| !path.is_empty() && !path.starts_with(':'))
            .map(Address::File)
            .ok_or_else(|| Error::Address {
                address: address.to_owned(),
            })
    }
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://USER@HOST/DATABASE`, creates the file if it is absent, and brings the tables up
    /// to date.
    pub async fn open(address: &str) -> Result<Store> {
        Store::open_with(address, Options::default()).await
    }

    /// [`Store::open`] with options.
    pub async fn open_with(address: &str, options: Options) -> Result<Store> {
        let backend = match Address::of(address)? {
            Address::File(path) => {
                Backend::Sqlite(sqlite::Database::open(path.as_ref(), &options).await?)
            }
            Address::Server(address) => {
                Backend::Postgres(postgres::Database::open(address, &options).await?)
            }
        };
        Ok(Store::over(backend))
    }

    /// Opens a database only to read it, as it is at this moment, until [`Store::renew`]: what servers write meanwhile is
    /// not seen, and they are not disturbed.
    ///
    /// # Errors
    /// Among others [`Error::Older`]: nothing is brought up to date here.
    pub async fn snapshot(address: &str) -> Result<Store> {
        let backend = match Address::of(address)? {
            Address::File(path) => {
                Backend::SqliteSnapshot(sqlite::Snapshot::open(path.as_ref()).await?)
            }
            Address::Server(address) => {
                Backend::PostgresSnapshot(postgres::Snapshot::open(address).await?)
            }
        };
        Ok(Store::over(backend))
    }

    /// Adds a line to the audit trail beside the servers that work on a database: nobody remembers these lines, so nobody's
    /// memory becomes wrong. Everything else is written by servers only.
    pub async fn note(address: &str, line: &AuditRow) -> Result<()> {
        let address = Address::of(address)?;
        let dialect = match address {
            Address::File(_) => Dialect::Sqlite,
            Address::Server(_) => Dialect::Postgres,
        };
        let mut sql = Sql::new(
            dialect,
            "insert into audit (at, actor, action, subject, detail, reason) values (",
        );
        sql.bind(line.at).push(", ").bind(line.actor.as_str());
        sql.push(", ").bind(line.action.as_str());
        sql.push(", ").bind(line.subject.as_str());
        for optional in [&line.detail, &line.reason] {
            match optional {
                Some(text) => sql.push(", ").bind(text.as_str()),
                None => sql.push(", null"),
            };
        }
        sql.push(")");
        match address {
            Address::File(path) => sqlite::Snapshot::beside(path.as_ref(), sql).await,
            Address::Server(address) => postgres::Snapshot::beside(address, sql).await,
        }
    }

    /// Lets what was opened with [`Store::snapshot`] see the present moment. Others always do.
    pub async fn renew(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) | Backend::Postgres(_) => Ok(()),
            Backend::SqliteSnapshot(snapshot) => snapshot.renew().await,
            Backend::PostgresSnapshot(snapshot) => snapshot.renew().await,
        }
    }

    fn over(backend: Backend) -> Store {
        Store {
            backend,
            faults: None,
        }
    }

    /// The same database, with faults on purpose.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Store {
        Store {
            faults: Some(faults),
            ..self
        }
    }

    /// Closes the connections and lets go of the file. Later calls fail.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(database) => database.close().await,
            Backend::Postgres(database) => database.close().await,
            Backend::SqliteSnapshot(snapshot) => snapshot.close().await,
            Backend::PostgresSnapshot(snapshot) => snapshot.close().await,
        }
    }

    /// Whether other servers may write to the same database. Then what was read may have changed at the commit, which
    /// answers [`Error::Conflict`]; and what is remembered between units has to be read again if its revision is newer.
    pub fn is_shared(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(_) | Backend::SqliteSnapshot(_) => false,
            Backend::Postgres(_) | Backend::PostgresSnapshot(_) => true,
        }
    }

    /// Begins to write. One unit at a time: a second call waits for the first unit to end.
    pub async fn begin(&self) -> Result<Unit> {
        let backend = match &self.backend {
            Backend::Sqlite(database) => UnitBackend::Sqlite(database.begin().await),
            Backend::Postgres(database) => UnitBackend::Postgres(database.begin().await?),
            Backend::SqliteSnapshot(_) | Backend::PostgresSnapshot(_) => {
                return Err(Error::OnlyRead);
            }
        };
        Ok(Unit::new(backend, self.faults.clone()))
    }

    /// What other servers write that somebody here may wait for. On a database that nobody shares, nothing ever.
    pub async fn wakes(&self) -> Result<Wakes> {
        match &self.backend {
            Backend::Sqlite(_) | Backend::SqliteSnapshot(_) | Backend::PostgresSnapshot(_) => {
                Ok(Wakes::none())
            }
            Backend::Postgres(database) => database.wakes().await,
        }
    }

    /// Whether the tables are still those that this program knows: another server, of a newer version, may have brought them
    /// up to date.
    pub async fn check_schema(&self) -> Result<()> {
        let sql = self.sql("select max(number) from migrations");
        let found = self.count("migrations", sql).await?;
        let (known, path) = match &self.backend {
            Backend::Postgres(database) => (postgres::KNOWN, database.path()),
            // Nobody else serves the file, and a snapshot was checked when it was opened.
            Backend::Sqlite(_) | Backend::SqliteSnapshot(_) | Backend::PostgresSnapshot(_) => {
                return Ok(());
            }
        };
        if found > known {
            let (found, known) = (found as i64, known as i64);
            return Err(Error::Newer { path, found, known });
        }
        Ok(())
    }

    /// A few bytes from the database, to see that it answers now.
    pub async fn ping(&self) -> Result<()> {
        let sql = self.sql("select 1");
        let answer = match &self.backend {
            Backend::Postgres(database) => database.fetch_within(sql, 0).await,
            Backend::Sqlite(_) | Backend::SqliteSnapshot(_) | Backend::PostgresSnapshot(_) => {
                self.rows(sql).await
            }
        };
        answer.map(|_| ())
    }

    /// A query in the dialect of the database.
    pub(crate) fn sql(&self, text: &str) -> Sql {
        let dialect = match &self.backend {
            Backend::Sqlite(_) | Backend::SqliteSnapshot(_) => Dialect::Sqlite,
            Backend::Postgres(_) | Backend::PostgresSnapshot(_) => Dialect::Postgres,
        };
        Sql::new(dialect, text)
    }

    /// What a query finds.
    pub(crate) async fn rows(&self, sql: Sql) -> Result<Vec<Row>> {
        let lost = faults::next(self.faults.as_ref()).await?;
        let rows = match &self.backend {
            Backend::Sqlite(database) => database.fetch(sql).await,
            Backend::Postgres(database) => database.fetch(sql).await,
            Backend::SqliteSnapshot(snapshot) => snapshot.fetch(sql).await,
            Backend::PostgresSnapshot(snapshot) => snapshot.fetch(sql).await,
        };
        faults::ended(rows, lost)
    }

    /// The one row that a query finds, if any.
    pub(crate) async fn row(&self, sql: Sql) -> Result<Option<Row>> {
        Ok(self.rows(sql).await?.pop())
    }

    /// The number that a query counts.
    pub(crate) async fn count(&self, table: &'static str, sql: Sql) -> Result<u64> {
        let row = self.row(sql).await?;
        let count = row.map(|row| Columns::of(table, &row).get::<i64>());
        Ok(count.transpose()?.unwrap_or(0).unsigned_abs())
    }

    /// The one time that a statement gives, if any.
    pub(crate) async fn soonest(
        &self,
        table: &'static str,
        text: &str,
    ) -> Result<Option<Timestamp>> {
        let row = self.row(self.sql(text)).await?;
        let time = row.map(|row| Columns::of(table, &row).optional_time());
        Ok(time.transpose()?.flatten())
    }
}
