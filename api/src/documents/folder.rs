//! Documents in a folder: written under `unfinished`, then renamed into their place.

use super::place::{Blob, is_name, path_of};
use axum::body::Body;
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::{self, DirEntry, File, ReadDir};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio_util::io::ReaderStream;

/// Where uploads lie until they are whole.
const UNFINISHED: &str = "unfinished";

/// A folder of this machine, or one that all servers see.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// A file that is being written.
pub(super) struct Writing {
    written: Written,
    file: BufWriter<File>,
}

/// A file that is whole and on the disk, and not in its place.
pub(super) struct Written {
    folder: Folder,
    place: PathBuf,
    unfinished: Unfinished,
}

/// A file that goes with this value.
struct Unfinished(PathBuf);

impl Folder {
    /// The folder is made when the first document comes.
    pub(super) fn new(path: impl Into<PathBuf>) -> Folder {
        Folder(path.into())
    }

    pub(super) async fn begin(&self, blob: &str) -> io::Result<Writing> {
        let unfinished = self.0.join(UNFINISHED);
        fs::create_dir_all(&unfinished).await?;
        let path = unfinished.join(blob);
        let file = File::create_new(&path).await?;
        let written = Written {
            folder: self.clone(),
            place: self.place(blob),
            unfinished: Unfinished(path),
        };
        Ok(Writing {
            written,
            file: BufWriter::new(file),
        })
    }

    /// How many bytes there are, and they.
    pub(super) async fn stream(&self, blob: &str) -> io::Result<(u64, Body)> {
        let file = File::open(self.place(blob)).await?;
        let there = file.metadata().await?.len();
        Ok((there, Body::from_stream(ReaderStream::new(file))))
    }

    pub(super) async fn remove(&self, blob: &str) -> io::Result<()> {
        fs::remove_file(self.place(blob)).await
    }

    pub(super) async fn blobs(&self) -> io::Result<Vec<Blob>> {
        let mut blobs = Vec::new();
        let Some(mut folders) = listed(&self.0).await? else {
            return Ok(blobs);
        };
        while let Some(folder) = folders.next_entry().await? {
            if !folder.file_type().await?.is_dir() {
                continue;
            }
            let Some(mut files) = listed(&folder.path()).await? else {
                continue;
            };
            while let Some(file) = files.next_entry().await? {
                let name = file.file_name().to_string_lossy().into_owned();
                // In its place: what is unfinished is not.
                if is_name(&name) && file.path() == self.place(&name) {
                    let size = file.metadata().await?.len();
                    let written_at = modified(&file).await.unwrap_or(Timestamp::MIN);
                    blobs.push(Blob {
                        name,
                        size,
                        written_at,
                    });
                }
            }
        }
        Ok(blobs)
    }

    pub(super) async fn tidy(&self, before: SignedDuration) {
        let Ok(mut left) = fs::read_dir(self.0.join(UNFINISHED)).await else {
            return;
        };
        let now = Clock::system().now();
        while let Ok(Some(file)) = left.next_entry().await {
            let modified = modified(&file).await;
            if modified.is_some_and(|at| now.duration_since(at) > before) {
                let _ = fs::remove_file(file.path()).await;
            }
        }
    }

    fn place(&self, blob: &str) -> PathBuf {
        let (folder, file) = path_of(blob);
        self.0.join(folder).join(file)
    }
}

/// What is in a folder; none where there is no such folder.
async fn listed(folder: &Path) -> io::Result<Option<ReadDir>> {
    match fs::read_dir(folder).await {
        Ok(entries) => Ok(Some(entries)),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn modified(file: &DirEntry) -> Option<Timestamp> {
    let modified = file.metadata().await.and_then(|known| known.modified());
    modified.ok().and_then(|at| Timestamp::try_from(at).ok())
}

impl Writing {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await
    }

    pub(super) async fn end(mut self) -> io::Result<Written> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        Ok(self.written)
    }
}

impl Written {
    /// Puts the bytes in their place, for good: also a loss of power leaves them there.
    pub(super) async fn keep(self) -> io::Result<()> {
        let folder = self.place.parent().unwrap_or(&self.folder.0);
        fs::create_dir_all(folder).await?;
        fs::rename(&self.unfinished.0, &self.place).await?;
        sync(folder).await?;
        sync(&self.folder.0).await
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What was kept is not there any more.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A new name in a folder is on the disk when the folder is.
#[cfg(unix)]
async fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

#[cfg(not(unix))]
async fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
