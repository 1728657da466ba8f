//! Decisions that are deployed, and asking them without a process.

use crate::access::words::{
    CREATE_DECISION_INSTANCE, DECISION_DEFINITION, READ_DECISION_DEFINITION,
};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::definitions::{as_xml, catalog_where, without_latest};
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::{self, Search, equal_key};
use crate::rest::variables::variables;
use crate::rest::{Body, TENANT, decision_instances};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::{Catalog, DeployedDecision, Key};
use runtime::{
    Act, DecidedFor, DecisionQuery, Definition, DefinitionKind, DefinitionQuery, Outcome, Request,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const DECISIONS: Listing = Listing {
    things: "Decisions",
    fields: &[
        ("decisionDefinitionKey", Kind::Key),
        ("decisionDefinitionId", Kind::Text),
        ("name", Kind::Text),
        ("version", Kind::Number),
        ("isLatestVersion", Kind::Flag),
        ("decisionRequirementsId", Kind::Text),
        ("decisionRequirementsKey", Kind::Key),
        ("decisionRequirementsName", Kind::Text),
        ("decisionRequirementsVersion", Kind::Number),
        ("tenantId", Kind::Text),
    ],
    key: "decisionDefinitionKey",
};

/// `POST /v2/decision-definitions/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let (definitions, catalog) = readable(&state, &caller).await?;
    let items = definitions.iter().map(|definition| {
        let mut item = item(definition, &catalog);
        let latest = catalog.latest_decision(&definition.id);
        let is_latest = latest.is_some_and(|latest| latest.key == definition.key);
        item["isLatestVersion"] = json!(is_latest);
        item
    });
    let page = DECISIONS.select(items.collect(), &asked)?;
    Ok(page.answer(without_latest))
}

/// The decisions that are not deleted and that the caller may read, by id, the newest version first.
pub(super) async fn readable(
    state: &AppState,
    caller: &Identity,
) -> Result<(Vec<Definition>, Arc<Catalog>), Error> {
    let mut definitions = definitions(state, None).await?;
    let rights = caller.rights();
    definitions.retain(|one| {
        one.withdrawn_at.is_none()
            && rights.may(DECISION_DEFINITION, READ_DECISION_DEFINITION, &one.id)
    });
    let keys: Vec<Key> = definitions.iter().map(|one| one.key).collect();
    let catalog = catalog_with(state, &keys).await?;
    Ok((definitions, catalog))
}

/// A catalog that has these decisions.
async fn catalog_with(state: &AppState, decisions: &[Key]) -> Result<Arc<Catalog>, Error> {
    let has = |catalog: &Catalog, key: &Key| catalog.decision_version(*key).is_some();
    let has_all = |catalog: &Catalog| decisions.iter().all(|key| has(catalog, key));
    catalog_where(state, has_all).await
}

/// What is told of decisions, by their keys.
pub(super) async fn told(
    state: &AppState,
    decisions: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, Value>, Error> {
    if decisions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut definitions = definitions(state, None).await?;
    definitions.retain(|one| decisions.contains(&one.key));
    let keys: Vec<Key> = decisions.iter().copied().collect();
    let catalog = catalog_with(state, &keys).await?;
    let items = definitions.iter().map(|one| (one.key, item(one, &catalog)));
    Ok(items.collect())
}

/// `GET /v2/decision-definitions/{key}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let definition = definition(&state, search::key(&key)?).await?;
    let rights = caller.rights();
    rights.need(
        DECISION_DEFINITION,
        READ_DECISION_DEFINITION,
        &definition.id,
    )?;
    let catalog = catalog_with(&state, &[definition.key]).await?;
    Ok(Json(item(&definition, &catalog)))
}

/// `GET /v2/decision-definitions/{key}/xml`: the file as it was uploaded.
pub(super) async fn xml(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let key = search::key(&key)?;
    let definition = definition(&state, key).await?;
    let rights = caller.rights();
    rights.need(
        DECISION_DEFINITION,
        READ_DECISION_DEFINITION,
        &definition.id,
    )?;
    let resource = state.runtime.resource(definition.resource).await?;
    Ok(as_xml(resource.ok_or_else(|| missing(key))?.text))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    decision_definition_id: Option<String>,
    decision_definition_key: Option<Value>,
    variables: Option<Value>,
}

/// `POST /v2/decision-definitions/evaluation`: the answer, and the account of it, which is kept.
pub(super) async fn evaluate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let key = equal_key(&asked.decision_definition_key, "decisionDefinitionKey")?;
    let (decision, definition) = match (asked.decision_definition_id, key) {
        (Some(id), None) => (id, None),
        (None, Some(key)) => (String::new(), Some(key)),
        (None, None) | (Some(_), Some(_)) => {
            let rule = "Give either decisionDefinitionId or decisionDefinitionKey.";
            return Err(Error::Invalid(rule.into()));
        }
    };
    let rights = caller.rights();
    let id = match definition {
        None => decision.clone(),
        Some(key) => self::definition(&state, key).await?.id,
    };
    rights.need(DECISION_DEFINITION, CREATE_DECISION_INSTANCE, &id)?;
    let act = Act::EvaluateDecision {
        decision,
        definition,
        variables: variables(asked.variables)?,
    };
    let answer = state.runtime.submit(Request::by(&caller).act(act)).await?;
    let decided = answer.outcomes.into_iter().find_map(|outcome| {
        if let Outcome::Decided(decided) = outcome {
            Some(decided)
        } else {
            None
        }
    });
    let decided = decided.ok_or_else(|| Error::Bug("an evaluation without outcome".into()))?;
    answered(&state, &decided).await.map(Json)
}

async fn answered(state: &AppState, decided: &DecidedFor) -> Result<Value, Error> {
    let query = DecisionQuery {
        key: Some(decided.key),
        oldest_first: true,
        limit: runtime::MAX_LIMIT,
        ..DecisionQuery::default()
    };
    let rows = state.runtime.decision_instances(&query).await?;
    let catalog = state.runtime.catalog();
    let mut evaluated = Vec::new();
    for row in rows.iter().filter(|row| row.failure.is_none()) {
        evaluated.push(decision_instances::evaluated(row, &catalog)?);
    }
    let definition = definition(state, decided.definition).await?;
    let asked = item(&definition, &catalog);
    let key = decided.key.to_string();
    Ok(json!({
        "decisionDefinitionId": asked["decisionDefinitionId"],
        "decisionDefinitionKey": asked["decisionDefinitionKey"],
        "decisionDefinitionName": asked["name"],
        "decisionDefinitionVersion": asked["version"],
        "decisionEvaluationKey": key, "decisionInstanceKey": key,
        "decisionRequirementsId": asked["decisionRequirementsId"],
        "decisionRequirementsKey": asked["decisionRequirementsKey"],
        "evaluatedDecisions": evaluated,
        "failedDecisionDefinitionId": decided.failure.as_ref().map(|_| &asked["decisionDefinitionId"]),
        "failureMessage": decided.failure,
        "output": json!(decided.value).to_string(), "tenantId": TENANT,
    }))
}

/// One of the decisions, or all, by id, the newest version first.
async fn definitions(state: &AppState, key: Option<Key>) -> Result<Vec<Definition>, Error> {
    let query = DefinitionQuery {
        key,
        kind: Some(DefinitionKind::Decision),
        id: None,
    };
    Ok(state.runtime.definitions(&query).await?)
}

async fn definition(state: &AppState, key: Key) -> Result<Definition, Error> {
    let found = definitions(state, Some(key)).await?.pop();
    found.ok_or_else(|| missing(key))
}

fn missing(key: Key) -> Error {
    Error::NotFound(format!("the decision {key}"))
}

/// The requirements of a decision are its file: named by the id of the model, keyed by the upload.
pub(super) fn item(definition: &Definition, catalog: &Catalog) -> Value {
    let deployed: Option<&DeployedDecision> = catalog.decision_version(definition.key);
    let (id, name) = deployed.map_or(("", ""), |deployed| {
        (deployed.decision.model_id(), deployed.decision.model_name())
    });
    json!({
        "decisionDefinitionId": definition.id, "decisionDefinitionKey": definition.key.to_string(),
        "name": definition.name.as_ref().unwrap_or(&definition.id), "version": definition.version,
        "decisionRequirementsId": id, "decisionRequirementsName": name,
        "decisionRequirementsKey": definition.resource.to_string(),
        "decisionRequirementsVersion": definition.version, "tenantId": TENANT,
    })
}
