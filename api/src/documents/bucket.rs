//! Documents in a bucket of Amazon S3, or of a server that speaks its protocol: MinIO, Ceph, Garage, R2.
//!
//! A short document is one request; a long one comes in parts, which are there only when it is whole. Its name is its place from then
//! on, so what nobody keeps is deleted again. Names are those of a folder: one can be copied into the other.

use super::place::{Blob, is_name, path_of};
use crate::fetch;
use axum::body::{Body, Bytes};
use axum::http::Uri;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{ClientConfigKey, HttpClient, HttpConnector};
use object_store::path::Path;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, WriteMultipart,
};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Bytes of a part; a document that has no more comes in one request. S3 wants at least 5 MiB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Parts of one document that are on their way; where they are slower than those who send, these wait.
const PARTS_AT_ONCE: usize = 2;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long nothing may come back.
const SILENCE: Duration = Duration::from_secs(30);
/// How often a request that failed is tried again, and for how long.
const ATTEMPTS: usize = 3;
const ATTEMPTS_FOR: Duration = Duration::from_secs(20);

/// What the settings say of a bucket. What they leave out is taken from the environment, by the names that Amazon's own tools have:
/// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_WEB_IDENTITY_TOKEN_FILE` ...
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) bucket: String,
    /// The folder in it, without slashes around it; may be empty.
    pub(crate) prefix: String,
    /// The server, where it is not Amazon's.
    pub(crate) endpoint: Option<String>,
    /// The id of a key, and the key.
    pub(crate) key: Option<(String, String)>,
}

/// A part of a bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Path,
}

/// An object that is being written.
pub(super) struct Writing {
    object: Object,
    /// What came and is not on its way.
    waiting: Vec<Bytes>,
    parts: Parts,
}

/// The upload of an object that has parts; broken off where it is not finished.
struct Parts(Option<WriteMultipart>);

/// An object that is there; it goes again if nobody keeps it.
pub(super) struct Written {
    object: Object,
    is_kept: bool,
}

#[derive(Clone)]
struct Object {
    bucket: Bucket,
    path: Path,
}

/// Makes connections as everything here that leaves the house.
#[derive(Debug)]
struct Connector;

impl Address {
    /// `s3://BUCKET` or `s3://BUCKET/FOLDER`, without what the other options say.
    ///
    /// # Errors
    /// What is wrong with it, and the way out.
    pub(crate) fn read(text: &str) -> Result<Address, String> {
        let wrong = || format!("--documents {text:?}: write for example s3://case-files/caseway");
        let address = text.strip_prefix("s3://").ok_or_else(wrong)?;
        let (bucket, prefix) = address.split_once('/').unwrap_or((address, ""));
        let may = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
        if bucket.is_empty() || !bucket.chars().all(may) {
            return Err(wrong());
        }
        let prefix = prefix.trim_matches('/').to_owned();
        Path::parse(&prefix).map_err(|_| wrong())?;
        Ok(Address {
            bucket: bucket.to_owned(),
            prefix,
            endpoint: None,
            key: None,
        })
    }

    /// With a server that is not Amazon's.
    ///
    /// # Errors
    /// Where documents and keys would go over the network without encryption.
    pub(crate) fn at(self, endpoint: Option<String>) -> Result<Address, String> {
        if let Some(endpoint) = &endpoint {
            let address: Option<Uri> = endpoint.parse().ok();
            if !address.is_some_and(|address| fetch::is_safe(&address)) {
                return Err(format!(
                    "--documents-endpoint {endpoint:?} is not safe: write https://..., or an http address of this machine"
                ));
            }
        }
        Ok(Address { endpoint, ..self })
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the key.
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl Bucket {
    pub(super) fn open(address: &Address) -> Result<Bucket, String> {
        let retry = RetryConfig {
            max_retries: ATTEMPTS,
            retry_timeout: ATTEMPTS_FOR,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&address.bucket)
            .with_retry(retry)
            .with_http_connector(Connector);
        if let Some(endpoint) = &address.endpoint {
            let is_plain = endpoint.starts_with("http://");
            builder = builder.with_endpoint(endpoint).with_allow_http(is_plain);
        }
        if let Some((id, key)) = &address.key {
            builder = builder.with_access_key_id(id).with_secret_access_key(key);
        }
        let store = builder
            .build()
            .map_err(|problem| format!("--documents {address:?}: {problem}"))?;
        Ok(Bucket {
            store: Arc::new(store),
            prefix: Path::from(address.prefix.as_str()),
        })
    }

    /// Looks whether the bucket answers, and lets us list what is in it.
    pub(super) async fn look(&self) -> io::Result<()> {
        let mut listed = self.store.list(Some(&self.prefix));
        Ok(listed.try_next().await.map(drop)?)
    }

    pub(super) fn begin(&self, blob: &str) -> Writing {
        Writing {
            object: self.object(blob),
            waiting: Vec::new(),
            parts: Parts(None),
        }
    }

    /// How many bytes there are, and they.
    pub(super) async fn stream(&self, blob: &str) -> io::Result<(u64, Body)> {
        let found = self.store.get(&self.object(blob).path).await?;
        Ok((found.meta.size, Body::from_stream(found.into_stream())))
    }

    pub(super) async fn remove(&self, blob: &str) -> io::Result<()> {
        Ok(self.store.delete(&self.object(blob).path).await?)
    }

    pub(super) async fn blobs(&self) -> io::Result<Vec<Blob>> {
        let mut listed = self.store.list(Some(&self.prefix));
        let mut blobs = Vec::new();
        while let Some(found) = listed.try_next().await? {
            let name = found.location.filename().unwrap_or_default();
            if is_name(name) && found.location == self.object(name).path {
                let written_at = Timestamp::from_second(found.last_modified.timestamp());
                blobs.push(Blob {
                    name: name.to_owned(),
                    size: found.size,
                    written_at: written_at.unwrap_or(Timestamp::MIN),
                });
            }
        }
        Ok(blobs)
    }

    fn object(&self, blob: &str) -> Object {
        let (folder, file) = path_of(blob);
        Object {
            bucket: self.clone(),
            path: self.prefix.clone().join(folder).join(file),
        }
    }
}

impl Writing {
    pub(super) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        let waiting: usize = self.waiting.iter().map(Bytes::len).sum();
        if self.parts.0.is_none() && waiting + bytes.len() > PART_BYTES {
            let Object { bucket, path } = &self.object;
            let upload = bucket.store.put_multipart(path).await?;
            let upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
            let upload = self.parts.0.insert(upload);
            for bytes in self.waiting.drain(..) {
                upload.put(bytes);
            }
        }
        match &mut self.parts.0 {
            Some(upload) => {
                upload.wait_for_capacity(PARTS_AT_ONCE).await?;
                upload.put(bytes);
            }
            None => self.waiting.push(bytes),
        }
        Ok(())
    }

    pub(super) async fn end(mut self) -> io::Result<Written> {
        let written = Written {
            object: self.object.clone(),
            is_kept: false,
        };
        match self.parts.0.take() {
            Some(upload) => upload.finish().await?,
            None => {
                let payload = PutPayload::from_iter(std::mem::take(&mut self.waiting));
                let Object { bucket, path } = &self.object;
                bucket.store.put(path, payload).await?
            }
        };
        Ok(written)
    }
}

impl Written {
    /// It lies where it should.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let Some(upload) = self.0.take() else {
            return;
        };
        in_background(async move {
            if let Err(problem) = upload.abort().await {
                tracing::warn!(%problem, "parts of a document that was broken off stay in the bucket");
            }
        });
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let Object { bucket, path } = self.object.clone();
        in_background(async move {
            match bucket.store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(problem) => {
                    tracing::warn!(%problem, "a document that nobody kept stays in the bucket");
                }
            }
        });
    }
}

fn in_background(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(handle) = Handle::try_current() {
        handle.spawn(task);
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let is_plain = options.get_config_value(&ClientConfigKey::AllowHttp);
        let client = fetch::client()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .https_only(is_plain.as_deref() != Some("true"))
            .build();
        let client = client.map_err(|problem| object_store::Error::Generic {
            store: "S3",
            source: Box::new(problem),
        })?;
        Ok(HttpClient::new(client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_bucket_and_perhaps_a_folder() {
        let check = |text: &str, bucket: &str, prefix: &str| {
            let address = Address::read(text).unwrap();
            let read = (address.bucket.as_str(), address.prefix.as_str());
            assert_eq!(read, (bucket, prefix), "{text}");
        };
        check("s3://case-files", "case-files", "");
        check("s3://case-files/", "case-files", "");
        check(
            "s3://case-files/caseway/live/",
            "case-files",
            "caseway/live",
        );
        for wrong in [
            "s3://",
            "s3:///a",
            "s3://a b",
            "s3://a/../b",
            "s3://a/b//c",
            "folder",
        ] {
            assert!(Address::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_server_is_reached_with_encryption_or_on_this_machine() {
        let at = |endpoint: &str| Address::read("s3://a").unwrap().at(Some(endpoint.into()));
        for safe in [
            "https://s3.example.org",
            "http://127.0.0.1:9000",
            "http://localhost:9000",
        ] {
            assert!(at(safe).is_ok(), "{safe}");
        }
        for unsafe_one in ["http://s3.example.org", "s3.example.org", ""] {
            let refused = at(unsafe_one).unwrap_err();
            assert!(refused.contains("write https://"), "{refused}");
        }
    }

    #[test]
    fn a_key_is_not_told() {
        let mut address = Address::read("s3://a/b").unwrap();
        address.key = Some(("id".into(), "hidden".into()));
        assert_eq!(format!("{address:?}"), "s3://a/b");
    }
}
