//! Decisions that are deployed, and asking them without a process.

use crate::access::words::{
    CREATE_DECISION_INSTANCE, DECISION_DEFINITION, READ_DECISION_DEFINITION,
};
use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::search::{self, Search, equal, equal_key, found};
use crate::rest::variables::variables;
use crate::rest::{Body, TENANT, decision_instances};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bpmn::{Catalog, DeployedDecision, Key};
use runtime::{
    Act, DecidedFor, DecisionQuery, Definition, DefinitionKind, DefinitionQuery, Outcome, Request,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    decision_definition_id: Option<Value>,
    decision_definition_key: Option<Value>,
    decision_requirements_id: Option<Value>,
    decision_requirements_key: Option<Value>,
    name: Option<Value>,
    version: Option<u32>,
    is_latest_version: Option<bool>,
    tenant_id: Option<Value>,
}

/// `POST /v2/decision-definitions/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filter>>,
) -> Result<Response, Error> {
    let (limit, offset) = asked.window()?;
    let filter = asked.filter.unwrap_or_default();
    let name = equal(&filter.name, "name")?;
    let key = equal_key(&filter.decision_definition_key, "decisionDefinitionKey")?;
    let file = equal_key(&filter.decision_requirements_key, "decisionRequirementsKey")?;
    let model = equal(&filter.decision_requirements_id, "decisionRequirementsId")?;
    let id = equal(&filter.decision_definition_id, "decisionDefinitionId")?;
    let definitions = definitions(&state, id).await?;
    let catalog = state.runtime.catalog();
    let mut seen = String::new();
    let mut items = Vec::new();
    for definition in &definitions {
        // The newest version of each id comes first.
        let is_latest = seen != definition.id;
        seen.clone_from(&definition.id);
        let fits = name
            .as_ref()
            .is_none_or(|name| definition.name.as_ref() == Some(name))
            && key.is_none_or(|key| definition.key == key)
            && file.is_none_or(|file| definition.resource == file)
            && filter
                .version
                .is_none_or(|version| definition.version == version)
            && filter
                .is_latest_version
                .is_none_or(|wanted| wanted == is_latest);
        let item = item(definition, &catalog);
        let seen = caller.rights().may(
            DECISION_DEFINITION,
            READ_DECISION_DEFINITION,
            &definition.id,
        );
        if fits
            && seen
            && model
                .as_ref()
                .is_none_or(|model| item["decisionRequirementsId"] == **model)
        {
            items.push(item);
        }
    }
    if let Some(sort) = asked.sort.first() {
        let field = sort.field.clone();
        if !items.iter().all(|item| item.get(&field).is_some()) {
            return Err(Error::Invalid(format!(
                "Decisions cannot be sorted by {field}."
            )));
        }
        let by = |item: &Value| (item[&field].as_u64(), item[&field].to_string());
        items.sort_by_key(by);
        if sort.descending() {
            items.reverse();
        }
    }
    let total = items.len() as u64;
    let page = items.into_iter().skip(offset as usize).take(limit as usize);
    Ok(found(page, total))
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
    Ok(Json(item(&definition, &state.runtime.catalog())))
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
    let text = resource.ok_or_else(|| missing(key))?.text;
    let mut response = text.into_response();
    let kind = HeaderValue::from_static("text/xml; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
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

/// All versions of decisions, by id, the newest first.
async fn definitions(state: &AppState, id: Option<String>) -> Result<Vec<Definition>, Error> {
    let query = DefinitionQuery {
        kind: Some(DefinitionKind::Decision),
        id,
        ..DefinitionQuery::default()
    };
    Ok(state.runtime.definitions(&query).await?)
}

async fn definition(state: &AppState, key: Key) -> Result<Definition, Error> {
    let all = definitions(state, None).await?;
    all.into_iter()
        .find(|definition| definition.key == key)
        .ok_or_else(|| missing(key))
}

fn missing(key: Key) -> Error {
    Error::NotFound(format!("the decision {key}"))
}

/// The requirements of a decision are its file: named by the namespace of the model, keyed by the upload.
fn item(definition: &Definition, catalog: &Catalog) -> Value {
    let deployed: Option<&DeployedDecision> = catalog.decision_version(definition.key);
    let namespace = deployed.map_or("", |deployed| deployed.decision.namespace());
    json!({
        "decisionDefinitionId": definition.id, "decisionDefinitionKey": definition.key.to_string(),
        "name": definition.name.as_ref().unwrap_or(&definition.id), "version": definition.version,
        "decisionRequirementsId": namespace, "decisionRequirementsName": namespace,
        "decisionRequirementsKey": definition.resource.to_string(),
        "decisionRequirementsVersion": definition.version, "tenantId": TENANT,
    })
}
