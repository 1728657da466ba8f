//! One process: its diagram with live counts, the same numbers as a table, and its versions.

use super::day;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use store::{Definition, DefinitionKind, DefinitionQuery};

/// `GET /processes/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, Error> {
    let definitions = versions(&state, &id).await?;
    // Where all are withdrawn, the last one is shown.
    let valid = |definition: &&Definition| definition.withdrawn_at.is_none();
    let live = definitions
        .iter()
        .find(valid)
        .or(definitions.first())
        .ok_or_else(|| Error::NotFound(format!("the process {id}")))?;
    let counts = state
        .runtime
        .running_counts(Some(std::slice::from_ref(&id)))
        .await?;
    let running = |version: Option<u32>| -> u64 {
        let of_it = counts.iter();
        of_it
            .filter(|count| version.is_none_or(|version| count.version == version))
            .map(|count| count.number)
            .sum()
    };
    let versions: Vec<Value> = definitions
        .iter()
        .map(|definition| {
            json!({
                "version": definition.version,
                "live": definition.version == live.version && valid(&definition),
                "withdrawn": definition.withdrawn_at.map(|at| day(&state, at)),
                "since": day(&state, definition.deployed_at), "tag": definition.version_tag,
                "running": running(Some(definition.version)),
            })
        })
        .collect();
    let steps = steps(&state, live).await?;
    let name = live.name.as_ref().unwrap_or(&live.id);
    Ok(Page::new("processes/detail", name).section(Section::Processes).diagram().model(&json!({
        "id": live.id, "name": name, "version": live.version, "since": day(&state, live.deployed_at),
        "running": running(None), "withdrawn": !valid(&live), "versions": versions, "counts": marks(&steps), "steps": steps,
    })))
}

/// The user tasks of the live version, with the open and the overdue tasks of all versions.
async fn steps(state: &AppState, live: &Definition) -> Result<Vec<Value>, Error> {
    let counts = state.runtime.step_counts(&live.id).await?;
    let catalog = state.runtime.catalog();
    let Some(process) = catalog.process(live.key) else {
        return Ok(vec![]);
    };
    let step = |node: &bpmn::FlowNode| {
        let count = counts.iter().find(|count| count.element == node.id());
        json!({
            "element": node.id(), "name": node.name().unwrap_or(node.id()),
            "open": count.map_or(0, |count| count.open), "overdue": count.map_or(0, |count| count.overdue),
        })
    };
    Ok(process
        .definition
        .user_tasks()
        .map(|(node, _)| step(node))
        .collect())
}

/// What stands on the diagram: the open tasks, and the overdue ones where there are some.
fn marks(steps: &[Value]) -> String {
    let open = steps.iter().filter(|step| step["open"] != 0);
    let marks: Vec<Value> = open.map(|step| {
        let late = step["overdue"] != 0;
        let title = format!("{} open, {} overdue", step["open"], step["overdue"]);
        json!({ "element": step["element"], "number": step["open"], "kind": if late { "late" } else { "run" }, "title": title })
    }).collect();
    serde_json::to_string(&marks).expect("marks are plain data")
}

/// `GET /processes/{id}/versions/{version}/model.bpmn`: the file as it was uploaded.
pub(super) async fn download(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, u32)>,
) -> Result<Response, Error> {
    let missing = || Error::NotFound(format!("version {version} of the process {id}"));
    let definitions = versions(&state, &id).await?;
    let definition = definitions
        .iter()
        .find(|definition| definition.version == version)
        .ok_or_else(missing)?;
    let text = state
        .runtime
        .resource(definition.resource)
        .await?
        .ok_or_else(missing)?
        .text;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml; charset=utf-8"),
    );
    // Never shown as a page of ours, whatever the model holds.
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment"),
    );
    Ok(response)
}

async fn versions(state: &AppState, id: &str) -> Result<Vec<Definition>, Error> {
    let query = DefinitionQuery {
        kind: Some(DefinitionKind::Process),
        id: Some(id.to_owned()),
        ..DefinitionQuery::default()
    };
    Ok(state.runtime.definitions(&query).await?)
}
