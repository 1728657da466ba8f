//! Where the bytes of documents lie: in a folder, or in a bucket that speaks S3. Of a place four things are wanted: take bytes as
//! they come, give them back as a stream, forget them, and name what it has.

use super::bucket::{self, Bucket};
use super::folder::{self, Folder};
use super::{DOCUMENT_BYTES_MAX, random_name};
use crate::random::hex;
use axum::body::{Body, Bytes};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::io;
use std::path::PathBuf;

/// How the settings name a place.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// A folder of this machine, or one that all servers see.
    Folder(PathBuf),
    /// A part of a bucket.
    Bucket(Box<bucket::Address>),
}

/// Where bytes lie.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Folder(Folder),
    Bucket(Bucket),
}

/// Bytes that come; they go again if nobody keeps them.
pub(crate) struct Incoming {
    blob: String,
    digest: Sha256,
    size: u64,
    writing: Writing,
}

enum Writing {
    Folder(folder::Writing),
    Bucket(bucket::Writing),
}

/// Bytes that are whole; they go again if nobody keeps them.
pub(crate) struct Whole {
    pub(crate) blob: String,
    pub(crate) sha256: String,
    pub(crate) size: u64,
    written: Written,
}

enum Written {
    Folder(folder::Written),
    Bucket(bucket::Written),
}

/// What a place has under a name of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) written_at: Timestamp,
}

impl Place {
    /// Nothing is asked yet; a folder is made when the first document comes.
    ///
    /// # Errors
    /// Says what of the address of a bucket is wrong.
    pub(crate) fn open(address: &Address) -> Result<Place, String> {
        Ok(match address {
            Address::Folder(path) => Place::Folder(Folder::new(path)),
            Address::Bucket(address) => Place::Bucket(Bucket::open(address)?),
        })
    }

    /// What the store is called in references to documents.
    pub(crate) fn store_id(&self) -> &'static str {
        match self {
            Place::Folder(_) => "disk",
            Place::Bucket(_) => "s3",
        }
    }

    /// Whether documents can be kept and read here now, as far as looking tells.
    pub(crate) async fn look(&self) -> io::Result<()> {
        match self {
            Place::Folder(_) => Ok(()),
            Place::Bucket(bucket) => bucket.look().await,
        }
    }

    /// Begins to take bytes.
    pub(crate) async fn begin(&self) -> io::Result<Incoming> {
        let blob = random_name();
        let writing = match self {
            Place::Folder(folder) => Writing::Folder(folder.begin(&blob).await?),
            Place::Bucket(bucket) => Writing::Bucket(bucket.begin(&blob)),
        };
        Ok(Incoming {
            blob,
            digest: Sha256::new(),
            size: 0,
            writing,
        })
    }

    /// The bytes as a stream; an error where they are not there, or not as many as they were.
    pub(crate) async fn stream(&self, blob: &str, size: u64) -> io::Result<Body> {
        let (there, body) = match self {
            Place::Folder(folder) => folder.stream(blob).await?,
            Place::Bucket(bucket) => bucket.stream(blob).await?,
        };
        if there == size {
            return Ok(body);
        }
        let told = format!("{there} bytes where {size} were written");
        Err(io::Error::new(io::ErrorKind::InvalidData, told))
    }

    /// Forgets bytes. What cannot be deleted is logged, and lies there.
    pub(crate) async fn remove(&self, blob: &str) {
        if let Err(problem) = self.delete(blob).await {
            tracing::error!(%problem, blob, "the bytes of a document cannot be deleted");
        }
    }

    /// Forgets bytes; those that are not there are forgotten.
    pub(crate) async fn delete(&self, blob: &str) -> io::Result<()> {
        let deleted = match self {
            Place::Folder(folder) => folder.remove(blob).await,
            Place::Bucket(bucket) => bucket.remove(blob).await,
        };
        deleted.or_else(|problem| {
            if problem.kind() == io::ErrorKind::NotFound {
                return Ok(());
            }
            Err(problem)
        })
    }

    /// What it has under names of ours; unfinished uploads are not among it.
    pub(crate) async fn blobs(&self) -> io::Result<Vec<Blob>> {
        match self {
            Place::Folder(folder) => folder.blobs().await,
            Place::Bucket(bucket) => bucket.blobs().await,
        }
    }

    /// Deletes what uploads left behind that were broken off so long ago. A bucket does that by a rule of its own.
    pub(crate) async fn tidy(&self, before: SignedDuration) {
        match self {
            Place::Folder(folder) => folder.tidy(before).await,
            Place::Bucket(_) => {}
        }
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
        match &mut self.writing {
            Writing::Folder(writing) => writing.write(&bytes).await?,
            Writing::Bucket(writing) => writing.write(bytes).await?,
        }
        Ok(true)
    }

    /// Nothing more comes.
    pub(crate) async fn end(self) -> io::Result<Whole> {
        let written = match self.writing {
            Writing::Folder(writing) => Written::Folder(writing.end().await?),
            Writing::Bucket(writing) => Written::Bucket(writing.end().await?),
        };
        Ok(Whole {
            blob: self.blob,
            sha256: hex(&self.digest.finalize()),
            size: self.size,
            written,
        })
    }
}

impl Whole {
    /// Keeps the bytes, for good: also a loss of power leaves them there.
    pub(crate) async fn keep(self) -> io::Result<()> {
        match self.written {
            Written::Folder(written) => written.keep().await,
            Written::Bucket(written) => {
                written.keep();
                Ok(())
            }
        }
    }
}

/// The two parts of the path to bytes. Names are made here, of the digits of hexadecimal numbers; whatever else is asked for is not
/// there.
pub(super) fn path_of(blob: &str) -> (&str, &str) {
    let blob = if is_name(blob) { blob } else { "unknown" };
    (&blob[..2], blob)
}

/// Whether a name is one of ours.
pub(super) fn is_name(blob: &str) -> bool {
    blob.len() == 32 && blob.bytes().all(|byte| byte.is_ascii_hexdigit())
}
