//! A receiver on the network of this machine that does as it is told, and remembers what it got.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What the receiver does with the next event.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    Answers(u16),
    /// Leads somewhere else.
    Redirects(String),
    /// Wants to be left alone for so many seconds.
    Waits(u64),
    /// Says nothing, for ever.
    Hangs,
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Told {
    next: VecDeque<Does>,
    always: Option<Does>,
    got: Vec<Got>,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    told: Arc<Mutex<Told>>,
}

impl Receiver {
    pub(crate) async fn new() -> Receiver {
        let told: Arc<Mutex<Told>> = Arc::default();
        let router = Router::new().fallback(take).with_state(told.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { url, told }
    }

    /// What it does with the next events; after that it answers 204, or what it does always.
    pub(crate) fn will(&self, next: impl IntoIterator<Item = Does>) {
        self.told.lock().unwrap().next.extend(next);
    }

    pub(crate) fn always(&self, does: Option<Does>) {
        self.told.lock().unwrap().always = does;
    }

    /// What came since it was last asked.
    pub(crate) fn got(&self) -> Vec<Got> {
        std::mem::take(&mut self.told.lock().unwrap().got)
    }

    /// The last words of the types of what came.
    pub(crate) fn types(&self) -> Vec<String> {
        let kind = |got: &Got| got.event()["type"].as_str().unwrap().to_owned();
        self.got()
            .iter()
            .map(|got| kind(got).replace("org.caseway.", ""))
            .collect()
    }
}

async fn take(State(told): State<Arc<Mutex<Told>>>, headers: HeaderMap, body: Bytes) -> Response {
    let does = {
        let mut told = told.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        told.got.push(Got { headers, body });
        let next = told.next.pop_front();
        next.or_else(|| told.always.clone())
    };
    match does.unwrap_or(Does::Answers(204)) {
        Does::Answers(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Does::Redirects(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Does::Waits(seconds) => (
            StatusCode::SERVICE_UNAVAILABLE,
            [("retry-after", seconds.to_string())],
        )
            .into_response(),
        Does::Hangs => std::future::pending().await,
    }
}
