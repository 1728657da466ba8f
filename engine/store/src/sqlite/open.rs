//! Opens a database file, and says in a sentence why it cannot.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::sync::Mutex;

use super::unit::Unit;
use super::values::arguments;
use super::{lock, migrations};
use crate::columns::Row;
use crate::error::{Error, Result};
use crate::readers::Readers;
use crate::sql::Sql;
use crate::{Options, Synchronous};

/// Statement texts that a connection keeps prepared; a batch uses about twenty, in a few sizes each.
const PREPARED_STATEMENTS: usize = 512;

/// Pages that a connection keeps in memory. SQLite's default of 2 MiB is less than the inboxes of one team.
const CACHE_KIB: u32 = 8 * 1024;

/// The same for the one that writes.
const WRITER_CACHE_KIB: u32 = 16 * 1024;

/// Pages of the log after which it is carried over into the file: 32 MiB. Pages that many commits change, such as those of indexes,
/// are carried over once instead of every few commits, as with SQLite's default of 1,000.
const CHECKPOINT_PAGES: u32 = 8_000;

/// How long to wait for a connection to read from, when all of them are read from.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files up to this size are checked whenever they are opened, which takes a fraction of a second.
const CHECKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The first bytes of every SQLite file.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// An open SQLite file.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    readers: Arc<Readers<SqliteConnection>>,
    fault: Fault,
    writer: Arc<Mutex<Option<SqliteConnection>>>,
    /// Held as long as any clone lives, and let go by `close`.
    lock: Arc<std::sync::Mutex<Option<File>>>,
}

impl Database {
    pub(crate) async fn open(path: &Path, options: &Options) -> Result<Database> {
        inspect(path, true)?;
        let fault = Fault::at(path);
        let lock = lock::take(path)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(options.busy_timeout_ms))
            .statement_cache_capacity(PREPARED_STATEMENTS)
            .pragma("temp_store", "memory")
            // A negative number counts KiB, a positive one pages.
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .disable_statement_logging();
        let writing = connect
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
            .synchronous(match options.synchronous {
                Synchronous::Full => SqliteSynchronous::Full,
                Synchronous::Normal => SqliteSynchronous::Normal,
            });
        let mut writer = writing.connect().await.map_err(|error| fault.of(error))?;
        check(&mut writer, path, &fault).await?;
        migrations::apply(&mut writer, &fault).await?;
        let reading = connect.create_if_missing(false).read_only(true);
        let readers = Readers::new(reading, options.readers, PATIENCE);
        let first = readers.take().await.map_err(|error| fault.of(error))?;
        readers.put(first);
        Ok(Database {
            readers: Arc::new(readers),
            fault,
            writer: Arc::new(Mutex::new(Some(writer))),
            lock: Arc::new(std::sync::Mutex::new(Some(lock))),
        })
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = self.writer.lock().await.take() {
            // Closing checkpoints the log; an error here loses nothing, the log is read at the next start.
            let _ = writer.close().await;
        }
        if let Ok(mut lock) = self.lock.lock()
            && let Some(file) = lock.take()
        {
            // Closing would not be enough: a process that is being started has our files open for a moment.
            let _ = file.unlock();
        }
    }

    pub(crate) async fn begin(&self) -> Unit {
        Unit::new(self.writer.clone().lock_owned().await, self.fault.clone())
    }

    /// What a query finds.
    pub(crate) async fn fetch(&self, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        // The text is made of our own constants.
        let query = sqlx::query_with(AssertSqlSafe(text), arguments(values));
        let reading = async {
            let mut reader = self.readers.take().await?;
            let rows = query.fetch_all(&mut reader.connection).await?;
            self.readers.put(reader);
            Ok(rows)
        };
        let rows = reading.await.map_err(|error| self.fault.of(error))?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }
}

/// Looks whether the pages of a file of moderate size hold together, so that damage is found before somebody builds upon it.
async fn check(writer: &mut SqliteConnection, path: &Path, fault: &Fault) -> Result<()> {
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    if bytes > CHECKED_BYTES_MAX {
        return Ok(());
    }
    let said: String = sqlx::query_scalar("pragma quick_check(1)")
        .fetch_one(writer)
        .await
        .map_err(|error| fault.of(error))?;
    if said == "ok" {
        return Ok(());
    }
    Err(Error::Corrupt {
        path: path.to_owned(),
        cause: said.replace('\n', " "),
    })
}

/// Finds what is wrong with a path before SQLite does, because SQLite's words for it are poor.
pub(super) fn inspect(path: &Path, to_write: bool) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(Error::NoFolder {
            folder: folder.to_owned(),
        });
    }
    if path.is_dir() {
        return Err(Error::IsFolder {
            path: path.to_owned(),
        });
    }
    if !path.exists() {
        return Ok(());
    }
    let unreadable = |error: std::io::Error| Error::Unreadable {
        path: path.to_owned(),
        cause: error.to_string(),
    };
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEADER.len() as u64).read_to_end(&mut start))
        .map_err(unreadable)?;
    // An empty file is an empty database.
    if !start.is_empty() && start != HEADER {
        return Err(Error::NotADatabase {
            path: path.to_owned(),
        });
    }
    if !to_write {
        return Ok(());
    }
    File::options()
        .write(true)
        .open(path)
        .map(|_| ())
        .map_err(|error| Error::ReadOnly {
            path: path.to_owned(),
            cause: error.to_string(),
        })
}

/// Turns what SQLite says about a file into our errors.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    path: Arc<PathBuf>,
}

impl Fault {
    pub(super) fn at(path: &Path) -> Fault {
        Fault {
            path: Arc::new(path.to_owned()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// By SQLite's primary result code: <https://www.sqlite.org/rescode.html>.
    pub(super) fn of(&self, source: sqlx::Error) -> Error {
        let path = self.path.to_path_buf();
        let code = source
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse::<u32>().ok())
            .map(|code| code & 0xff);
        let cause = || {
            source
                .as_database_error()
                .map_or_else(|| source.to_string(), |error| error.message().to_owned())
        };
        match code {
            Some(5 | 6) => Error::Locked { path },
            Some(8) => Error::ReadOnly {
                path,
                cause: cause(),
            },
            Some(10) => Error::Disk {
                path,
                cause: cause(),
            },
            Some(11) => Error::Corrupt {
                path,
                cause: cause(),
            },
            Some(13) => Error::Full { path },
            Some(14) => Error::Unreadable {
                path,
                cause: cause(),
            },
            Some(26) => Error::NotADatabase { path },
            Some(_) | None => Error::Database { path, source },
        }
    }
}
