//! Programs that use the API in somebody's name.

use crate::support::{Answer, PASSWORD, Site, part};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Somebody who shows the same with every request.
pub(crate) struct Program<'a> {
    site: &'a Site,
    shown: String,
}

impl<'a> Program<'a> {
    /// With the name and password of a user.
    pub(crate) fn of(site: &'a Site, user: &str) -> Program<'a> {
        let claim = BASE64_STANDARD.encode(format!("{user}:{PASSWORD}"));
        let shown = format!("Basic {claim}");
        Program { site, shown }
    }

    /// With a bearer token.
    pub(crate) fn with(site: &'a Site, token: &str) -> Program<'a> {
        let shown = format!("Bearer {token}");
        Program { site, shown }
    }

    /// Asks; `null` is no body.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, &self.shown)
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.site.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, body).await
    }

    /// Posts what is done once, however often it comes.
    pub(crate) async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, &self.shown)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        let body = Body::from(body.to_string());
        self.site.send(request.body(body).unwrap()).await
    }

    /// Deploys a file.
    pub(crate) async fn deploy(&self, name: &str, text: &str) -> Answer {
        let file = part("resources", Some(name), text.as_bytes());
        self.upload("/v2/deployments", &[file]).await
    }

    /// Sends a form with files.
    pub(crate) async fn upload(&self, path: &str, parts: &[Vec<u8>]) -> Answer {
        let mut body = parts.concat();
        body.extend(b"--edge--\r\n");
        let request = Request::post(path)
            .header(header::AUTHORIZATION, &self.shown)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.site
            .send(request.body(Body::from(body)).unwrap())
            .await
    }

    /// Asks for what must be answered with this status; gives the JSON of the answer, `null` where it has no body.
    #[track_caller]
    pub(crate) fn told(answer: &Answer, status: StatusCode) -> Value {
        assert_eq!(answer.status, status, "{}", answer.body);
        if answer.body.is_empty() {
            return Value::Null;
        }
        answer.json()
    }
}
