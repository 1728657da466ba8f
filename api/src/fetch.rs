//! Asks other servers: how every request that leaves the house is made, and small JSON documents from servers that the settings name.

use axum::http::uri::Scheme;
use axum::http::{HeaderValue, Uri, header};
use reqwest::{Client, ClientBuilder, redirect};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a document may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may be.
const BYTES_MAX: usize = 1024 * 1024;

/// Installs the encryption that every client of this program uses.
pub(crate) fn encryption() {
    // Whoever was first has installed the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client that is followed nowhere else and uses no proxy; what it trusts is what the system trusts.
pub(crate) fn client() -> ClientBuilder {
    encryption();
    Client::builder()
        .user_agent(concat!("Caseway/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
}

/// What failed, with its causes and without the address, which may hold a secret of whoever is asked.
pub(crate) fn told(problem: &reqwest::Error) -> String {
    if problem.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut told = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(problem);
    while let Some(problem) = cause {
        told = problem.to_string();
        cause = problem.source();
    }
    if told.is_empty() {
        "it cannot be sent".to_owned()
    } else {
        told
    }
}

/// Fetches JSON.
pub(crate) struct Fetcher(Client);

impl Fetcher {
    /// One for https, or one that may ask this machine without encryption.
    ///
    /// # Errors
    /// Says that the system trusts no authorities.
    pub(crate) fn new(secure: bool) -> Result<Fetcher, String> {
        let client = client().timeout(PATIENCE).https_only(secure).build();
        let client = client.map_err(|problem| {
            let problem = told(&problem);
            format!("no certificates of authorities: {problem}; install ca-certificates")
        })?;
        Ok(Fetcher(client))
    }

    /// The JSON behind an address.
    ///
    /// # Errors
    /// Why there is none, in a clause.
    pub(crate) async fn json<T: DeserializeOwned>(&self, address: &Uri) -> Result<T, String> {
        let json = HeaderValue::from_static("application/json");
        let request = self.0.get(address.to_string()).header(header::ACCEPT, json);
        let mut answer = request.send().await.map_err(|problem| told(&problem))?;
        if !answer.status().is_success() {
            return Err(format!("the answer is {}", answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|problem| told(&problem))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > BYTES_MAX {
                return Err(format!("it has more than {BYTES_MAX} bytes"));
            }
        }
        serde_json::from_slice(&bytes).map_err(|problem| problem.to_string())
    }
}

/// Whether the address is https, or leads nowhere but to this machine.
pub(crate) fn is_safe(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default();
    address.scheme() == Some(&Scheme::HTTPS) || ["localhost", "127.0.0.1", "[::1]"].contains(&host)
}
