//! The lock file that keeps a second server off a database.
//!
//! The system lets go of the lock when the process ends, however it ends, so a file that is left behind means nothing.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Takes the lock for the database at `path`; it is held until the file that is returned is dropped.
pub(super) fn take(path: &Path) -> Result<File> {
    let refused = |error: std::io::Error| Error::ReadOnly {
        path: path.to_owned(),
        cause: error.to_string(),
    };
    let mut file = File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(beside(path))
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // The process id is a courtesy: without it the message is still right.
            let holder = file
                .read_to_string(&mut text)
                .ok()
                .and_then(|_| text.trim().parse().ok());
            return Err(Error::InUse {
                path: path.to_owned(),
                holder,
            });
        }
        Err(TryLockError::Error(error)) => return Err(refused(error)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| writeln!(file, "{}", std::process::id()));
    written.map_err(refused)?;
    Ok(file)
}

/// `caseway.db` is guarded by `caseway.db.lock` in the folder of the real file, so that a link to it does not open a second door.
fn beside(path: &Path) -> PathBuf {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = real.into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}
