//! All processes: the live version of each, and how many instances run.

use super::day;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::roles::DESIGN;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::State;
use bpmn::Status;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{DefinitionKind, DefinitionQuery};

/// `GET /processes`
pub(super) async fn show(State(state): State<AppState>, user: SignedIn) -> Result<Page, Error> {
    let query = DefinitionQuery {
        kind: Some(DefinitionKind::Process),
        id: None,
        ..DefinitionQuery::default()
    };
    let definitions = state.runtime.definitions(&query).await?;
    let counts = state.runtime.instance_counts().await?;
    // The newest version of each id comes first, behind those that are withdrawn.
    let (valid, withdrawn): (Vec<_>, Vec<_>) = definitions
        .iter()
        .partition(|definition| definition.withdrawn_at.is_none());
    let mut processes: BTreeMap<&str, Value> = BTreeMap::new();
    for definition in valid.into_iter().chain(withdrawn) {
        let count = |ended: bool| -> u64 {
            let of_it = counts
                .iter()
                .filter(|count| count.process_id == definition.id);
            of_it
                .filter(|count| (count.status != Status::Active) == ended)
                .map(|count| count.number)
                .sum()
        };
        processes.entry(&definition.id).or_insert_with(|| {
            json!({
                "id": definition.id, "name": definition.name.as_ref().unwrap_or(&definition.id),
                "version": definition.version, "since": day(&state, definition.deployed_at),
                "running": count(false), "ended": count(true), "withdrawn": definition.withdrawn_at.map(|at| day(&state, at)),
            })
        });
    }
    let processes: Vec<Value> = processes.into_values().collect();
    let page = Page::new("processes/list", "Processes").section(Section::Processes);
    Ok(page.model(&json!({ "processes": processes, "decisions": super::decision::all(&state), "mayDeploy": user.has_any(DESIGN) })))
}
