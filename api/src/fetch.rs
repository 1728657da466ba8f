//! Fetches small JSON documents from servers that the settings name.

use axum::body::Bytes;
use axum::http::uri::Scheme;
use axum::http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a document may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may be.
const BYTES_MAX: usize = 1024 * 1024;

/// Asks other servers.
pub(crate) enum Fetcher {
    Secure(Client<HttpsConnector<HttpConnector>, Empty<Bytes>>),
    /// Only to this machine.
    Plain(Client<HttpConnector, Empty<Bytes>>),
}

impl Fetcher {
    /// One for https, or one for http on this machine.
    ///
    /// # Errors
    /// Says that the system trusts no authorities.
    pub(crate) fn new(secure: bool) -> Result<Fetcher, String> {
        let client = Client::builder(TokioExecutor::new());
        if !secure {
            return Ok(Fetcher::Plain(client.build_http()));
        }
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|problem| {
                format!("no certificates of authorities: {problem}; install ca-certificates")
            })?;
        let connector = connector.https_only().enable_http1().build();
        Ok(Fetcher::Secure(client.build(connector)))
    }

    /// The JSON behind an address. Nobody is followed elsewhere.
    ///
    /// # Errors
    /// Why there is none, in a clause.
    pub(crate) async fn json<T: DeserializeOwned>(&self, address: &Uri) -> Result<T, String> {
        let bytes = tokio::time::timeout(PATIENCE, self.bytes(address));
        let bytes = bytes
            .await
            .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))??;
        serde_json::from_slice(&bytes).map_err(|problem| problem.to_string())
    }

    async fn bytes(&self, address: &Uri) -> Result<Bytes, String> {
        let json = HeaderValue::from_static("application/json");
        let request = Request::get(address)
            .header(header::ACCEPT, json)
            .body(Empty::new())
            .map_err(|problem| problem.to_string())?;
        let answer = match self {
            Fetcher::Secure(client) => client.request(request),
            Fetcher::Plain(client) => client.request(request),
        };
        let answer = answer.await.map_err(|problem| problem.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("the answer is {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), BYTES_MAX).collect().await;
        body.map(|body| body.to_bytes())
            .map_err(|problem| problem.to_string())
    }
}

/// Whether the address is https, or leads nowhere but to this machine.
pub(crate) fn is_safe(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default();
    address.scheme() == Some(&Scheme::HTTPS) || ["localhost", "127.0.0.1", "[::1]"].contains(&host)
}
