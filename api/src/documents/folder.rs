//! Where the bytes of documents lie. Of a place for them three things are wanted: take bytes as they come, give them back as a
//! stream, forget them; another place would be another type with these.

use super::{DOCUMENT_BYTES_MAX, random_name};
use crate::random::hex;
use axum::body::{Body, Bytes};
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::{self, File};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio_util::io::ReaderStream;

/// Where uploads lie until they are whole.
const UNFINISHED: &str = "unfinished";

/// A folder of this machine, or one that all servers see.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// Bytes that come; they go again if nobody keeps them.
pub(crate) struct Incoming {
    folder: Folder,
    blob: String,
    unfinished: Unfinished,
    file: BufWriter<File>,
    digest: Sha256,
    size: u64,
}

/// Bytes that are whole and on the disk; they go again if nobody keeps them.
pub(crate) struct Whole {
    folder: Folder,
    unfinished: Unfinished,
    pub(crate) blob: String,
    pub(crate) sha256: String,
    pub(crate) size: u64,
}

/// A file that goes with this value.
struct Unfinished(PathBuf);

impl Folder {
    /// The folder is made when the first document comes.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Folder {
        Folder(path.into())
    }

    /// Begins to take bytes.
    pub(crate) async fn begin(&self) -> io::Result<Incoming> {
        let unfinished = self.0.join(UNFINISHED);
        fs::create_dir_all(&unfinished).await?;
        let blob = random_name();
        let path = unfinished.join(&blob);
        let file = File::create_new(&path).await?;
        Ok(Incoming {
            folder: self.clone(),
            blob,
            unfinished: Unfinished(path),
            file: BufWriter::new(file),
            digest: Sha256::new(),
            size: 0,
        })
    }

    /// The bytes as a stream; an error where they are not there, or not as many as they were.
    pub(crate) async fn stream(&self, blob: &str, size: u64) -> io::Result<Body> {
        let file = File::open(self.place(blob)).await?;
        let there = file.metadata().await?.len();
        if there != size {
            let told = format!("{there} bytes where {size} were written");
            return Err(io::Error::new(io::ErrorKind::InvalidData, told));
        }
        Ok(Body::from_stream(ReaderStream::new(file)))
    }

    /// Forgets bytes. What cannot be deleted is logged, and lies there.
    pub(crate) async fn remove(&self, blob: &str) {
        match fs::remove_file(self.place(blob)).await {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => {
                tracing::error!(%problem, blob, "the bytes of a document cannot be deleted");
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Deletes what uploads left behind that were broken off so long ago.
    pub(crate) async fn tidy(&self, before: SignedDuration) {
        let Ok(mut left) = fs::read_dir(self.0.join(UNFINISHED)).await else {
            return;
        };
        let now = Clock::system().now();
        while let Ok(Some(file)) = left.next_entry().await {
            let modified = file.metadata().await.and_then(|known| known.modified());
            let modified = modified.ok().and_then(|at| Timestamp::try_from(at).ok());
            if modified.is_some_and(|at| now.duration_since(at) > before) {
                let _ = fs::remove_file(file.path()).await;
            }
        }
    }

    /// Names are made here, of the digits of hexadecimal numbers; whatever else is asked for is not there.
    fn place(&self, blob: &str) -> PathBuf {
        let is_ours = blob.len() == 32 && blob.bytes().all(|byte| byte.is_ascii_hexdigit());
        let blob = if is_ours { blob } else { "unknown" };
        self.0.join(&blob[..2]).join(blob)
    }
}

impl Incoming {
    /// Takes some bytes; false, and nothing is taken, where they are more than [`DOCUMENT_BYTES_MAX`].
    pub(crate) async fn take(&mut self, bytes: Bytes) -> io::Result<bool> {
        self.size += bytes.len() as u64;
        if self.size > DOCUMENT_BYTES_MAX {
            return Ok(false);
        }
        self.digest.update(&bytes);
        self.file.write_all(&bytes).await?;
        Ok(true)
    }

    /// Nothing more comes.
    pub(crate) async fn end(mut self) -> io::Result<Whole> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        let digest = self.digest.finalize();
        Ok(Whole {
            folder: self.folder,
            unfinished: self.unfinished,
            blob: self.blob,
            sha256: hex(&digest),
            size: self.size,
        })
    }
}

impl Whole {
    /// Puts the bytes in their place, for good: also a loss of power leaves them there.
    pub(crate) async fn keep(self) -> io::Result<()> {
        let place = self.folder.place(&self.blob);
        let folder = place.parent().unwrap_or(&self.folder.0);
        fs::create_dir_all(folder).await?;
        fs::rename(&self.unfinished.0, &place).await?;
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
