//! Holds every answer of the JSON API against the OpenAPI document.

use super::Answer;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

/// Schemas that were made ready, by the place in the document.
static READY: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// Fails the test where an answer is not as it is described. What has no description is refused, and asks for one.
#[track_caller]
pub(super) fn check(method: &str, path: &str, answer: &Answer) {
    let is_ours = path.starts_with("/v2/") && path != "/v2/openapi.json";
    // What a browser asks before it lets a page of another site ask.
    if !is_ours || method == "OPTIONS" {
        return;
    }
    let Some(operation) = operation(method, path) else {
        let is_refused = answer.status.is_client_error();
        assert!(
            is_refused,
            "{method} {path} is not described, and answers {}",
            answer.status
        );
        return;
    };
    let status = answer.status.as_u16().to_string();
    let is_told = operation["responses"].get(&status).is_some();
    let is_failure = answer.status.is_client_error() || answer.status.is_server_error();
    let responses = &operation["responses"];
    let described = if is_told {
        &responses[&status]
    } else {
        &responses["default"]
    };
    assert!(
        is_told || is_failure || status == "204",
        "{method} {path} answers {status}"
    );
    let kind = answer.headers.get("content-type");
    let kind = kind.map_or("", |kind| kind.to_str().unwrap());
    let kind = kind.split(';').next().unwrap();
    let schema = &described["content"][kind]["schema"];
    if !kind.ends_with("json") {
        return;
    }
    assert!(
        !schema.is_null(),
        "{method} {path} answers {status} as {kind}, which is not described"
    );
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let mut ready = READY
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = ready.entry(schema.to_string()).or_insert_with(|| {
        let mut whole = schema.clone();
        if !whole.is_object() {
            whole = json!({});
        }
        whole["components"] = api::openapi::document()["components"].clone();
        jsonschema::validator_for(&whole).unwrap()
    });
    let problems: Vec<String> = validator
        .iter_errors(&body)
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    drop(ready);
    assert!(
        problems.is_empty(),
        "{method} {path} {status}:\n{}\n{}",
        problems.join("\n"),
        answer.body
    );
}

/// The description of the operation at an address.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = api::openapi::document()["paths"].as_object().unwrap();
    let asked: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        let same = |(part, asked): (&&str, &&str)| part.starts_with('{') || part == asked;
        parts.len() == asked.len() && parts.iter().zip(&asked).all(same)
    };
    // An address without parameters comes before one with them.
    let mut fitting: Vec<&String> = paths.keys().filter(|template| fits(template)).collect();
    fitting.sort_by_key(|template| template.matches('{').count());
    fitting
        .iter()
        .find_map(|template| paths[*template].get(method.to_lowercase()))
}
