//! One file that holds a whole installation as it was at one moment, and the way back.
//!
//! A backup is a SQLite file, whatever the database: so it can be looked into, verified, and restored into either. Of a
//! SQLite file SQLite itself makes the copy; of PostgreSQL all tables are read in one transaction that sees one moment.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::store::Backend;
use crate::{Moved, Options, Store, Synchronous};

/// Writes all that a database holds at this moment into a file; gives its size in bytes. Servers go on meanwhile. The file
/// appears under its name when it is whole and on the disk.
///
/// # Errors
/// [`Error::Exists`] where there is such a file and it shall not be replaced.
pub async fn back_up(address: &str, file: &Path, replace: bool) -> Result<u64> {
    if file.exists() && !replace {
        return Err(Error::Exists {
            path: file.to_owned(),
        });
    }
    let source = Store::snapshot(address).await?;
    let partial = Private::beside(file, ".partial")?;
    match &source.backend {
        Backend::SqliteSnapshot(snapshot) => snapshot.vacuum_into(partial.path()).await?,
        Backend::PostgresSnapshot(_) | Backend::Sqlite(_) | Backend::Postgres(_) => {
            let target = partial.open().await?;
            let copied = source.copy_to(&target).await;
            target.close().await;
            copied?;
        }
    }
    source.close().await;
    partial.become_file(file, replace)
}

/// Fills an empty database with what a backup holds. Backups of older versions of this program are brought up to date.
///
/// # Errors
/// [`Error::NotEmpty`] where there is something already. After other errors the database is to be thrown away.
pub async fn restore(file: &Path, address: &str) -> Result<Vec<Moved>> {
    if !file.exists() {
        return Err(Error::NoFile {
            path: file.to_owned(),
        });
    }
    let target = Store::open(address).await?;
    // The backup itself stays as it is.
    let copy = Private::beside(file, ".restoring")?;
    fs::copy(file, copy.path()).map_err(unwritten(copy.path()))?;
    let source = copy.open().await?;
    let moved = source.copy_to(&target).await;
    source.close().await;
    target.close().await;
    moved
}

/// A file that only this user may read, gone when it is dropped.
struct Private(PathBuf);

impl Private {
    fn beside(file: &Path, ending: &str) -> Result<Private> {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        let private = Private(PathBuf::from(name));
        // What is left of an attempt that was killed is of no use.
        private.clear();
        let mut options = File::options();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let made = options.open(private.path());
        made.map_err(unwritten(private.path()))?;
        Ok(private)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    async fn open(&self) -> Result<Store> {
        let options = Options {
            // The whole file is brought to the disk in the end, or not needed any more.
            synchronous: Synchronous::Normal,
            ..Options::default()
        };
        Store::open_with(&format!("sqlite:{}", self.0.display()), options).await
    }

    /// Takes the name that it was made for.
    fn become_file(self, file: &Path, replace: bool) -> Result<u64> {
        let failed = unwritten(file);
        let whole = File::open(self.path()).map_err(&failed)?;
        whole.sync_all().map_err(&failed)?;
        let bytes = whole.metadata().map_err(&failed)?.len();
        if replace {
            fs::rename(self.path(), file).map_err(&failed)?;
        } else {
            // Unlike a renaming, a link never takes the place of a file that somebody has made meanwhile.
            match fs::hard_link(self.path(), file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let path = file.to_owned();
                    return Err(Error::Exists { path });
                }
                Err(_) => fs::rename(self.path(), file).map_err(&failed)?,
                Ok(()) => {}
            }
        }
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        // The name is on the disk when the folder is.
        let folder = File::open(folder).map_err(&failed)?;
        folder.sync_all().map_err(&failed)?;
        Ok(bytes)
    }

    fn clear(&self) {
        for ending in ["", "-wal", "-shm", "-journal", ".lock"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(ending);
            // Most of them do not exist.
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.clear();
    }
}

fn unwritten(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |error| {
        let path = path.clone();
        if error.kind() == io::ErrorKind::StorageFull {
            return Error::Full { path };
        }
        Error::Unwritten {
            path,
            cause: error.to_string(),
        }
    }
}
