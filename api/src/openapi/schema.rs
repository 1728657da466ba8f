//! Types of our texts as JSON Schema.

use super::text::Shape;
use serde_json::{Map, Value, json};

/// The schema of an object.
pub(super) fn of_shape(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .fields
        .iter()
        .map(|field| (field.name.clone(), of(&field.kind)))
        .collect();
    let required: Vec<&str> = shape
        .fields
        .iter()
        .filter(|field| field.is_required)
        .map(|field| field.name.as_str())
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// The schema of a type.
pub(super) fn of(kind: &str) -> Value {
    if let Some(kind) = kind.strip_suffix('?') {
        return match of(kind) {
            Value::Bool(_) => json!(true),
            schema @ (Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_)) => {
                json!({ "anyOf": [schema, { "type": "null" }] })
            }
        };
    }
    let inside = |open: char, close: char| kind.strip_prefix(open)?.strip_suffix(close);
    if let Some(item) = inside('[', ']') {
        return json!({ "type": "array", "items": of(item) });
    }
    if let Some(value) = inside('<', '>') {
        return json!({ "type": "object", "additionalProperties": of(value) });
    }
    if let Some(words) = inside('"', '"') {
        let words: Vec<&str> = words.split('|').collect();
        return json!({ "type": "string", "enum": words });
    }
    if let Some(item) = kind
        .strip_prefix("Page<")
        .and_then(|kind| kind.strip_suffix('>'))
    {
        let page = json!({ "$ref": "#/components/schemas/Page" });
        let items = json!({ "type": "array", "items": of(item) });
        return json!({ "type": "object", "properties": { "items": items, "page": page }, "required": ["items", "page"] });
    }
    match kind {
        "text" => json!({ "type": "string" }),
        "key" => json!({ "type": "string", "pattern": "^-?[0-9]{1,25}$" }),
        "time" => json!({ "type": "string", "format": "date-time" }),
        "whole" => json!({ "type": "integer" }),
        "number" => json!({ "type": "number" }),
        "flag" => json!({ "type": "boolean" }),
        "object" => json!({ "type": "object" }),
        "any" => json!(true),
        name => json!({ "$ref": format!("#/components/schemas/{name}") }),
    }
}

/// The content of a body or an answer.
pub(super) fn content(kind: &str) -> Value {
    match kind {
        "xml" => json!({ "text/xml": { "schema": { "type": "string" } } }),
        "binary" => json!({ "application/octet-stream": {} }),
        kind => json!({ "application/json": { "schema": of(kind) } }),
    }
}

/// A problem document.
pub(super) fn problem() -> Value {
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": { "type": text(), "title": text(), "status": { "type": "integer" }, "detail": text(), "instance": text(), "reference": text() },
        "required": ["type", "title", "status", "detail", "instance"],
    })
}

/// What a search tells of its pages.
pub(super) fn page() -> Value {
    let cursor = || json!({ "type": ["string", "null"] });
    json!({
        "type": "object",
        "properties": {
            "totalItems": { "type": "integer" }, "hasMoreTotalItems": { "type": "boolean" },
            "startCursor": cursor(), "endCursor": cursor(),
        },
        "required": ["totalItems", "hasMoreTotalItems", "startCursor", "endCursor"],
    })
}

/// A filter: the value itself, or an object of operators.
pub(super) fn filter(value: &Value) -> Value {
    let list = json!({ "type": "array", "items": value });
    let operators = json!({
        "$eq": value, "$neq": value, "$in": list, "$notIn": list, "$exists": { "type": "boolean" },
        "$like": { "type": "string" }, "$gt": value, "$gte": value, "$lt": value, "$lte": value,
    });
    json!({ "anyOf": [value, { "type": "object", "properties": operators, "additionalProperties": false }] })
}

/// The body of a search with these filters, which can be sorted by these fields.
pub(super) fn search(filters: Map<String, Value>, names: &[&str]) -> Value {
    let order = json!({ "type": "string", "enum": ["ASC", "DESC", "asc", "desc"] });
    let by = json!({ "type": "object", "properties": { "field": { "type": "string", "enum": names }, "order": order }, "required": ["field"] });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 10_000 });
    let page = json!({ "type": "object", "properties": {
        "limit": limit, "from": { "type": "integer", "minimum": 0 }, "after": { "type": "string" }, "before": { "type": "string" },
    } });
    json!({ "type": "object", "properties": {
        "filter": { "type": "object", "properties": filters },
        "sort": { "type": "array", "items": by },
        "page": page,
    } })
}

/// Lets references to shapes that are written nowhere be anything.
pub(super) fn forget_unknown(document: &mut Value) {
    let known: Vec<String> = document["components"]["schemas"]
        .as_object()
        .map(|schemas| {
            schemas
                .keys()
                .map(|name| format!("#/components/schemas/{name}"))
                .collect()
        })
        .unwrap_or_default();
    forget(document, &known);
}

fn forget(value: &mut Value, known: &[String]) {
    if value
        .get("$ref")
        .and_then(Value::as_str)
        .is_some_and(|name| !known.iter().any(|known| known == name))
    {
        *value = json!(true);
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, known)),
        Value::Object(fields) => fields.values_mut().for_each(|field| forget(field, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
