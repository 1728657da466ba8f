//! The OpenAPI 3.1 document of the JSON API: `GET /v2/openapi.json`, and a page to read, `/docs/api`.
//!
//! `openapi/*.api` say the operations and the shapes of bodies and answers, a file a subject; what a search can be filtered and sorted by comes from its
//! handler. The tests hold the routes and every answer that they get against the document, so neither can go its own way.

mod schema;
mod text;

use crate::rest;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

pub(crate) use text::{Group, Operation};

const TEXTS: &[&str] = &[
    include_str!("openapi/instances.api"),
    include_str!("openapi/batches.api"),
    include_str!("openapi/tasks.api"),
    include_str!("openapi/jobs.api"),
    include_str!("openapi/incidents.api"),
    include_str!("openapi/elements.api"),
    include_str!("openapi/messages.api"),
    include_str!("openapi/decisions.api"),
    include_str!("openapi/deployments.api"),
    include_str!("openapi/deadlines.api"),
    include_str!("openapi/documents.api"),
    include_str!("openapi/webhooks.api"),
    include_str!("openapi/identity.api"),
    include_str!("openapi/cluster.api"),
    include_str!("openapi/testing.api"),
];

static GROUPS: LazyLock<Vec<Group>> =
    LazyLock::new(|| TEXTS.iter().map(|text| text::read(text)).collect());

static DOCUMENT: LazyLock<Value> = LazyLock::new(write);

/// The subjects, with their operations and shapes.
pub(crate) fn groups() -> &'static [Group] {
    &GROUPS
}

/// The document as JSON.
pub fn document() -> &'static Value {
    &DOCUMENT
}

fn write() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas = Map::new();
    for group in groups() {
        for operation in &group.operations {
            let path = paths
                .entry(format!("/v2{}", operation.path))
                .or_insert_with(|| json!({}));
            path[operation.method.to_lowercase()] = written(group, operation);
        }
        for shape in &group.shapes {
            schemas.insert(shape.name.clone(), schema::of_shape(shape));
        }
    }
    let instances = json!({ "type": "object", "properties": filters("/process-instances/search") });
    schemas.insert("ProcessInstanceFilter".into(), instances);
    schemas.insert("Problem".into(), schema::problem());
    schemas.insert("Page".into(), schema::page());
    let tags: Vec<Value> = groups()
        .iter()
        .map(|group| json!({ "name": group.title }))
        .collect();
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Caseway", "version": env!("CARGO_PKG_VERSION"),
            "description": "Case pathways: start them, do their tasks and jobs, look into them. Keys are decimal texts; failures are problem documents (RFC 9457).",
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "security": [{ "password": [] }, { "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "password": { "type": "http", "scheme": "basic" },
                "token": { "type": "http", "scheme": "bearer" },
            },
            "schemas": schemas,
        },
    });
    schema::forget_unknown(&mut document);
    document
}

fn written(group: &Group, operation: &Operation) -> Value {
    let refused = |sentence: &str| {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        json!({ "description": sentence, "content": { "application/problem+json": { "schema": schema } } })
    };
    let mut answers = json!({
        "default": refused("Refused, or not possible now: the problem says why, and what helps."),
    });
    for status in &operation.statuses {
        answers[status.to_string()] = match &operation.answer {
            None => json!({ "description": "Done; there is nothing to say." }),
            Some(shape) => json!({ "description": "Done.", "content": schema::content(shape) }),
        };
    }
    let mut whole = json!({
        "operationId": operation.id, "summary": operation.summary, "tags": [group.title],
        "responses": answers,
    });
    let parameters: Vec<Value> = operation
        .parameters()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if !parameters.is_empty() {
        whole["parameters"] = parameters.into();
    }
    if let Some(body) = &operation.body {
        let content = match body.as_str() {
            "Search" => json!({ "application/json": { "schema": search(&operation.path) } }),
            "multipart" => json!({ "multipart/form-data": { "schema": { "type": "object" } } }),
            shape => schema::content(shape),
        };
        whole["requestBody"] = json!({ "content": content });
    }
    whole
}

/// The body of a search: what its handler can filter and sort by.
fn search(path: &str) -> Value {
    let searches = rest::searches();
    let fields = searches
        .iter()
        .find(|(searched, _)| *searched == path)
        .map(|(_, fields)| fields);
    let Some(fields) = fields else {
        return json!({ "type": "object" });
    };
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    schema::search(filters(path), &names)
}

/// What a search can be filtered by.
fn filters(path: &str) -> Map<String, Value> {
    let searches = rest::searches();
    let fields = searches.iter().filter(|(searched, _)| *searched == path);
    let fields = fields.flat_map(|(_, fields)| fields);
    let filter = |(name, schema): &(&str, Value)| ((*name).to_owned(), schema::filter(schema));
    fields.map(filter).collect()
}
