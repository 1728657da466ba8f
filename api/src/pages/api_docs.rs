//! `/docs/api`: what programs can ask, to read.

use crate::openapi;
use crate::page::Page;
use crate::roles::{ANYONE, only};
use crate::state::AppState;
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

pub(crate) fn routes() -> Router<AppState> {
    only(ANYONE, Router::new().route("/docs/api", get(show)))
}

async fn show() -> Page {
    let groups: Vec<Value> = openapi::groups().iter().map(group).collect();
    Page::new("api_docs", "The API").model(&json!({ "groups": groups }))
}

fn group(group: &openapi::Group) -> Value {
    let operations = group.operations.iter().map(|one| {
        let named = one.answer.as_deref().unwrap_or("nothing");
        json!({
            "method": one.method, "path": format!("/v2{}", one.path), "summary": one.summary,
            "body": one.body, "statuses": one.statuses, "answer": named,
        })
    });
    let shapes = group.shapes.iter().map(|shape| {
        let fields = shape.fields.iter().map(|field| {
            json!({ "name": field.name, "kind": field.kind.replace('?', " or null"), "optional": !field.is_required })
        });
        json!({ "name": shape.name, "fields": fields.collect::<Vec<_>>() })
    });
    json!({
        "title": group.title, "id": group.title.to_lowercase().replace([' ', ','], "-"),
        "operations": operations.collect::<Vec<_>>(), "shapes": shapes.collect::<Vec<_>>(),
    })
}
