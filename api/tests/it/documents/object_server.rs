//! A server that speaks S3, over a folder: it checks signatures, puts parts together, and can be taken away.

use crate::support::Folder;
use api::config::Options;
use axum::extract::Request;
use futures_util::FutureExt;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The only bucket.
pub(crate) const BUCKET: &str = "case-files";
/// The id of the only key, and the key.
pub(crate) const KEY: (&str, &str) = ("caseway", "a key for tests");

/// Ends with this value.
pub(crate) struct ObjectServer {
    pub(crate) endpoint: String,
    folder: Folder,
    serving: JoinHandle<()>,
}

impl ObjectServer {
    pub(crate) async fn start() -> ObjectServer {
        let folder = Folder::new();
        std::fs::create_dir(folder.0.join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(&folder.0).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        let service = service.build();
        let answer = move |request: Request| service.clone().oneshot(request).map(Result::unwrap);
        let router = axum::Router::new().fallback(answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        ObjectServer {
            endpoint,
            folder,
            serving,
        }
    }

    /// What a server is started with that keeps its documents here.
    pub(crate) fn options(&self) -> Options {
        Options {
            documents: Some(format!("s3://{BUCKET}/of/caseway")),
            documents_endpoint: Some(self.endpoint.clone()),
            documents_key_id: Some(KEY.0.into()),
            documents_key: Some(KEY.1.into()),
            insecure_no_auth: Some(true),
            ..Options::default()
        }
    }

    /// Where the objects are files.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.0.clone()
    }

    /// Answers nobody any more.
    pub(crate) fn stop(&self) {
        self.serving.abort();
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        self.stop();
    }
}
