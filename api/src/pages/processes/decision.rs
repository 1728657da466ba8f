//! One decision: its table with the marks of its checks, how often each rule matched, and how often people followed it.

use super::day;
use super::sheet::{Hits, SheetView};
use crate::error::Error;
use crate::page::{Page, Section};
use crate::report::number_of;
use crate::state::AppState;
use axum::extract::{Path, State};
use bpmn::DeployedDecision;
use jiff::{SignedDuration, Timestamp};
use processes::suggestions;
use runtime::{DecisionAccount, DecisionQuery, DefinitionKind, DefinitionQuery, MAX_LIMIT};
use serde_json::{Value, json};

/// For how long back rules are counted.
const DAYS: i64 = 90;

/// `GET /decisions/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, Error> {
    let catalog = state.runtime.catalog();
    let live = catalog
        .latest_decision(&id)
        .ok_or_else(|| Error::NotFound(format!("the decision {id}")))?;
    let query = DefinitionQuery {
        kind: Some(DefinitionKind::Decision),
        id: Some(id.clone()),
        ..DefinitionQuery::default()
    };
    let definitions = state.runtime.definitions(&query).await?;
    let since = definitions
        .iter()
        .find(|definition| definition.key == live.key)
        .map(|definition| day(&state, definition.deployed_at));
    let from = state.runtime.now() - SignedDuration::from_hours(24 * DAYS);
    let asked = asked(&state, &id, from).await?;
    let hits = hits(&state, live, from).await?;
    let count = suggestions::count(&state.runtime, &id).await?;
    let required: Vec<Value> = live
        .decision
        .required_decisions()
        .iter()
        .filter_map(|id| catalog.latest_decision(id))
        .map(|required| json!({ "id": required.decision.id(), "name": required.decision.name() }))
        .collect();
    let model = json!({
        "id": id, "name": live.decision.name(), "version": live.version, "since": since,
        "sheets": SheetView::deployed(live, &hits).into_iter().collect::<Vec<_>>(),
        "asked": number_of(asked, "time"), "days": DAYS, "required": required,
        "followed": count.followed, "departed": count.departed,
        "answered": count.followed + count.departed,
    });
    let title = live.decision.name().to_owned();
    Ok(Page::new("processes/decision", title)
        .section(Section::Processes)
        .model(&model))
}

/// How often it was evaluated.
async fn asked(state: &AppState, id: &str, from: Timestamp) -> Result<u64, Error> {
    let query = DecisionQuery {
        decision_id: Some(id.to_owned()),
        from: Some(from),
        ..DecisionQuery::default()
    };
    Ok(state.runtime.decision_instance_count(&query).await?)
}

/// How often each rule of the version matched, in its last evaluations.
async fn hits(state: &AppState, live: &DeployedDecision, from: Timestamp) -> Result<Hits, Error> {
    let query = DecisionQuery {
        definition: Some(live.key),
        from: Some(from),
        limit: MAX_LIMIT,
        ..DecisionQuery::default()
    };
    let mut hits = Hits::new();
    for row in state.runtime.decision_instances(&query).await? {
        for rule in DecisionAccount::of(&row)?.evaluated.matched_rules {
            *hits.entry(rule).or_default() += 1;
        }
    }
    Ok(hits)
}

/// The latest version of every decision, for the list.
pub(super) fn all(state: &AppState) -> Vec<Value> {
    let catalog = state.runtime.catalog();
    catalog
        .latest_decisions()
        .map(|deployed| {
            let findings = deployed
                .decision
                .sheet()
                .map_or(0, |sheet| sheet.findings.len());
            json!({
                "id": deployed.decision.id(), "name": deployed.decision.name(),
                "version": deployed.version, "findings": findings,
            })
        })
        .collect()
}
