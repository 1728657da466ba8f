//! What can go wrong between us and the database, in sentences that name the file and the way out.

use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another server has the file.
    #[error(
        "the database file {path} is in use by another Caseway server{}; stop that server or start this one with another file (--database sqlite:OTHER.db)",
        process(.holder)
    )]
    InUse {
        /// The database file.
        path: PathBuf,
        /// The process that holds it, as far as it is known.
        holder: Option<u32>,
    },
    /// Another program holds a lock inside the file.
    #[error(
        "the database file {path} is locked by another program (a backup, or a database tool with an open transaction); close that program and try again"
    )]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The folder of the file does not exist.
    #[error(
        "the folder {folder} for the database file does not exist; create it (mkdir -p {folder}) or name another file with --database sqlite:PATH"
    )]
    NoFolder {
        /// The missing folder.
        folder: PathBuf,
    },
    /// The path names something that cannot be a database file.
    #[error("{path} is a folder; name a file in it, as in --database sqlite:{path}/caseway.db")]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file or its folder may not be written.
    #[error(
        "the database file {path} cannot be written ({cause}); give this user the right to write the file and its folder"
    )]
    ReadOnly {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The file may not be opened.
    #[error(
        "the database file {path} cannot be opened ({cause}); check that this user may read and write the file and its folder"
    )]
    Unreadable {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The file is something else.
    #[error(
        "{path} is not a SQLite database; name the right file, or move this one away to start with an empty installation"
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a SQLite database of another program.
    #[error(
        "{path} is a SQLite database, but not one of Caseway; name the right file with --database sqlite:PATH"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the database file {path} is damaged ({cause}); stop the server, keep a copy of the file, and restore the last backup"
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// The disk is full.
    #[error(
        "no space is left on the disk of {path}; nothing was changed, free some space and try again"
    )]
    Full {
        /// The database file.
        path: PathBuf,
    },
    /// The disk cannot be written or read at present, or at all.
    #[error(
        "the disk of {path} fails ({cause}); nothing was changed. Look after free space, quota and limit of file sizes, then after the disk itself"
    )]
    Disk {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// A text has a character that the database cannot keep.
    #[error("a text has a NUL character, which the database {path} cannot keep; leave it out")]
    NulCharacter {
        /// The database.
        path: PathBuf,
    },
    /// The file was written by a newer program.
    #[error(
        "{path} was written by a newer Caseway (its schema is {found}, this program knows up to {known}); use that version or a newer one"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The number of the file's last migration.
        found: i64,
        /// The number of our last migration.
        known: i64,
    },
    /// The tables were made by an older program, and are only to be read.
    #[error(
        "{path} was written by an older Caseway (its schema is {found}, this program's is {known}); start the server of this version on it once, which brings it up to date"
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// The number of its last migration.
        found: i64,
        /// The number of our last migration.
        known: i64,
    },
    /// The file is there already.
    #[error("{path} exists; name another file, or say --replace")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file that is to be made cannot be made.
    #[error(
        "{path} cannot be written ({cause}); name a file in a folder that this user may write to"
    )]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// There is nothing to read.
    #[error("there is no database file {path}; name the right one")]
    NoFile {
        /// The file that is missing.
        path: PathBuf,
    },
    /// What sees one moment of a database was asked to write.
    #[error("what was opened to be read cannot be written to")]
    OnlyRead,
    /// A migration that was applied has been edited since.
    #[error(
        "migration {number} of {path} is not the one that this program knows; the file belongs to another build of Caseway"
    )]
    Edited {
        /// The database file.
        path: PathBuf,
        /// The number of the migration.
        number: i64,
    },
    /// Others have changed what the batch relied on. Nothing was written.
    #[error("what was loaded from {path} has changed since ({what}); the batch has to be repeated")]
    Conflict {
        /// The database.
        path: PathBuf,
        /// What has changed.
        what: String,
    },
    /// The server does not answer, or does not take writes at present.
    #[error(
        "the database {path} cannot be reached ({cause}); it is tried again, and if this lasts, look after the database server"
    )]
    Unavailable {
        /// The database.
        path: PathBuf,
        /// What the driver or the server said.
        cause: String,
    },
    /// The server does not let this user in, or not far enough.
    #[error(
        "the database {path} refuses this user ({cause}); check user and password of --database, and that the user owns the schema"
    )]
    Denied {
        /// The database.
        path: PathBuf,
        /// What the server said.
        cause: String,
    },
    /// The server has no such database.
    #[error(
        "there is no database {path}; create it (createdb --owner USER NAME) or name another one with --database"
    )]
    NoDatabase {
        /// The database.
        path: PathBuf,
    },
    /// The server is of a version that we do not know to work.
    #[error("the server of {path} is PostgreSQL {found}; Caseway needs PostgreSQL 15 or later")]
    OldServer {
        /// The database.
        path: PathBuf,
        /// The server's version.
        found: String,
    },
    /// The schema has tables of another program.
    #[error(
        "the database {path} has tables, but they are not Caseway's; name an empty database with --database"
    )]
    ForeignTables {
        /// The database.
        path: PathBuf,
    },
    /// The address names no database.
    #[error(
        "\"{address}\" is not the address of a database; write sqlite:PATH, as in sqlite:caseway.db, or postgres://USER@HOST/NAME"
    )]
    Address {
        /// What was given.
        address: String,
    },
    /// What should go into a database would mix with what is there.
    #[error("the target is not empty (it has rows in {table}); name a new database")]
    NotEmpty {
        /// The table.
        table: &'static str,
    },
    /// What arrived is not what was sent.
    #[error(
        "the table {table} arrived otherwise than it was; keep the source, throw the target away, and report this"
    )]
    Differs {
        /// The table.
        table: &'static str,
    },
    /// A row does not hold what our code writes.
    #[error(
        "a row of {table} cannot be read ({message}); the file was changed by another program or is damaged"
    )]
    BadRow {
        /// The table.
        table: &'static str,
        /// What was wrong.
        message: String,
    },
    /// A search that no index answers.
    #[error("{0}")]
    Unsearchable(Box<crate::search::Refusal>),
    /// A search for a column that is not there.
    #[error("{table} have no {column}")]
    NoSuchColumn {
        /// What was searched.
        table: &'static str,
        /// The column.
        column: String,
    },
    /// Anything else that the database said.
    #[error("the database {path} answered: {source}")]
    Database {
        /// The database file.
        path: PathBuf,
        /// The driver's error.
        source: sqlx::Error,
    },
}

impl Error {
    /// Whether the batch should be repeated at once, with a new unit: others wrote at the same time.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict { .. })
    }

    /// Whether the same call may succeed in a while, without anybody changing what was asked.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Conflict { .. }
            | Error::Unavailable { .. }
            | Error::Locked { .. }
            | Error::Full { .. }
            | Error::Disk { .. } => true,
            Error::InUse { .. }
            | Error::NoFolder { .. }
            | Error::NoFile { .. }
            | Error::Older { .. }
            | Error::OnlyRead
            | Error::Exists { .. }
            | Error::Unwritten { .. }
            | Error::IsFolder { .. }
            | Error::ReadOnly { .. }
            | Error::Unreadable { .. }
            | Error::NotADatabase { .. }
            | Error::Foreign { .. }
            | Error::ForeignTables { .. }
            | Error::Corrupt { .. }
            | Error::Newer { .. }
            | Error::Edited { .. }
            | Error::Denied { .. }
            | Error::NoDatabase { .. }
            | Error::OldServer { .. }
            | Error::Address { .. }
            | Error::NotEmpty { .. }
            | Error::Differs { .. }
            | Error::BadRow { .. }
            | Error::Unsearchable(_)
            | Error::NoSuchColumn { .. }
            | Error::NulCharacter { .. }
            | Error::Database { .. } => false,
        }
    }
}

/// The result of a store call.
pub type Result<T> = std::result::Result<T, Error>;

fn process(holder: &Option<u32>) -> String {
    holder
        .map(|id| format!(" (process {id})"))
        .unwrap_or_default()
}
