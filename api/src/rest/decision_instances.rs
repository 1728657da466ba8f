//! What decisions have answered: to business rule tasks, and to people and programs that asked themselves.

use crate::access::words::{DECISION_DEFINITION, READ_DECISION_INSTANCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity, rights};
use crate::rest::search::{self, Search, between, equal, equal_key, found, told_by_page};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::{Catalog, Key};
use store::Sight;

use runtime::{DecisionAccount, DecisionInstance, DecisionQuery};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Filter {
    decision_evaluation_instance_key: Option<Value>,
    decision_evaluation_key: Option<Value>,
    decision_definition_id: Option<Value>,
    decision_definition_key: Option<Value>,
    decision_definition_name: Option<Value>,
    decision_definition_version: Option<u32>,
    root_decision_definition_key: Option<Value>,
    process_definition_key: Option<Value>,
    process_instance_key: Option<Value>,
    element_instance_key: Option<Value>,
    /// Ours: the task in the model that asked.
    element_id: Option<Value>,
    state: Option<Value>,
    evaluation_date: Option<Value>,
    tenant_id: Option<Value>,
}

/// `POST /v2/decision-instances/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filter>>,
) -> Result<Response, Error> {
    let query = DecisionQuery {
        sight: sight(&state, &caller).await?,
        ..query(&asked)?
    };
    let rows = state.runtime.decision_instances(&query).await?;
    let total = match told_by_page(rows.len(), asked.window()?) {
        Some(total) => total,
        None => state.runtime.decision_instance_count(&query).await?,
    };
    let catalog = state.runtime.catalog();
    let items: Result<Vec<Value>, Error> = rows.iter().map(|row| item(row, &catalog)).collect();
    Ok(found(items?, total))
}

/// `GET /v2/decision-instances/{decisionEvaluationInstanceKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let (evaluation, part) = instance_key(&key)?;
    let query = DecisionQuery {
        key: Some(evaluation),
        part: Some(part),
        sight: sight(&state, &caller).await?,
        ..DecisionQuery::default()
    };
    let rows = state.runtime.decision_instances(&query).await?;
    let row = rows
        .first()
        .ok_or_else(|| Error::NotFound(format!("the decision instance {key}")))?;
    let catalog = state.runtime.catalog();
    let mut whole = item(row, &catalog)?;
    let parts = evaluated(row, &catalog)?;
    for name in ["evaluatedInputs", "matchedRules"] {
        whole[name] = parts[name].clone();
    }
    // Ours: why something became null on the way.
    whole["warnings"] = json!(DecisionAccount::of(row)?.warnings);
    Ok(Json(whole))
}

async fn sight(state: &AppState, caller: &Identity) -> Result<Option<Sight>, Error> {
    rights::sight(
        state,
        caller,
        DECISION_DEFINITION,
        &[READ_DECISION_INSTANCE],
    )
    .await
}

fn query(asked: &Search<Filter>) -> Result<DecisionQuery, Error> {
    let (limit, offset) = asked.window()?;
    let none = Filter::default();
    let filter = asked.filter.as_ref().unwrap_or(&none);
    let failed = match equal(&filter.state, "state")?
        .map(|word| word.to_ascii_uppercase())
        .as_deref()
    {
        None => None,
        Some("EVALUATED") => Some(false),
        Some("FAILED") => Some(true),
        Some(other) => {
            return Err(Error::Invalid(format!(
                "filter.state is EVALUATED or FAILED, not {other}."
            )));
        }
    };
    let oldest_first = match asked.sort.first() {
        None => false,
        Some(sort)
            if ["evaluationDate", "decisionEvaluationKey"].contains(&sort.field.as_str()) =>
        {
            !sort.descending()
        }
        Some(sort) => {
            return Err(Error::Invalid(format!(
                "Decision instances cannot be sorted by {}; use evaluationDate.",
                sort.field
            )));
        }
    };
    let (from, before) = between(&filter.evaluation_date, "evaluationDate")?;
    let key = |value, name| equal_key(value, name);
    let whole = equal(
        &filter.decision_evaluation_instance_key,
        "decisionEvaluationInstanceKey",
    )?;
    let whole = whole.map(|text| instance_key(&text)).transpose()?;
    let evaluation = key(&filter.decision_evaluation_key, "decisionEvaluationKey")?;
    Ok(DecisionQuery {
        key: whole.map(|(key, _)| key).or(evaluation),
        part: whole.map(|(_, part)| part),
        decision_id: equal(&filter.decision_definition_id, "decisionDefinitionId")?,
        name: equal(&filter.decision_definition_name, "decisionDefinitionName")?,
        definition: key(&filter.decision_definition_key, "decisionDefinitionKey")?,
        version: filter.decision_definition_version,
        root: key(
            &filter.root_decision_definition_key,
            "rootDecisionDefinitionKey",
        )?,
        process: key(&filter.process_definition_key, "processDefinitionKey")?,
        instances: key(&filter.process_instance_key, "processInstanceKey")?
            .into_iter()
            .collect(),
        element: equal(&filter.element_id, "elementId")?,
        element_instance: key(&filter.element_instance_key, "elementInstanceKey")?,
        failed,
        from,
        before,
        oldest_first,
        limit,
        offset,
        ..DecisionQuery::default()
    })
}

/// `2251799813685259-1`: an evaluation, and which of its decisions.
fn instance_key(text: &str) -> Result<(Key, u32), Error> {
    let unknown = || {
        Error::Invalid(format!(
            "{text:?} is no key of a decision instance; it is the key of an evaluation, a dash and a number."
        ))
    };
    let (key, part) = text.rsplit_once('-').ok_or_else(unknown)?;
    let part = part.parse().map_err(|_| unknown())?;
    Ok((search::key(key)?, part))
}

fn item(row: &DecisionInstance, catalog: &Catalog) -> Result<Value, Error> {
    let account = DecisionAccount::of(row)?;
    let by = row.asked_by.as_ref();
    let instance = by.map(|by| by.instance.to_string());
    Ok(json!({
        "decisionDefinitionId": row.decision_id, "decisionDefinitionKey": row.definition.to_string(),
        "decisionDefinitionName": row.name, "decisionDefinitionType": kind(row, catalog),
        "decisionDefinitionVersion": row.version,
        "decisionEvaluationInstanceKey": format!("{}-{}", row.key, row.part),
        "decisionEvaluationKey": row.key.to_string(),
        "elementInstanceKey": by.map(|by| by.element_instance.to_string()),
        "elementId": by.map(|by| &by.element),
        "evaluationDate": search::Time(row.at), "evaluationFailure": row.failure,
        "processDefinitionKey": by.map(|by| by.process.to_string()),
        "processInstanceKey": instance, "rootProcessInstanceKey": instance,
        "result": json!(account.evaluated.output).to_string(),
        "rootDecisionDefinitionKey": row.root.to_string(),
        "state": if row.failure.is_some() { "FAILED" } else { "EVALUATED" },
        "tenantId": TENANT, "businessId": null,
    }))
}

/// A decision in the answer of an evaluation.
pub(super) fn evaluated(row: &DecisionInstance, catalog: &Catalog) -> Result<Value, Error> {
    let evaluated = DecisionAccount::of(row)?.evaluated;
    let sheet = catalog
        .decision_version(row.definition)
        .and_then(|deployed| deployed.decision.sheet().cloned())
        .unwrap_or_default();
    let inputs = evaluated
        .inputs
        .iter()
        .enumerate()
        .map(|(at, (label, value))| {
            let id = sheet.inputs.get(at).map_or(label, |column| &column.id);
            json!({ "inputId": id, "inputName": label, "inputValue": json!(value).to_string() })
        });
    let rules = evaluated
        .matched_rules
        .iter()
        .enumerate()
        .map(|(at, number)| {
            let rule = number
                .checked_sub(1)
                .and_then(|index| sheet.rules.get(index));
            let id = rule.map_or("", |rule| &rule.id);
            let values = evaluated.rule_outputs.get(at).into_iter().flatten();
            let outputs = values.enumerate().map(|(at, value)| {
                let column = sheet.outputs.get(at);
                json!({
                    "outputId": column.map_or("", |column| &column.id),
                    "outputName": column.map_or("", |column| &column.label),
                    "outputValue": json!(value).to_string(), "ruleId": id, "ruleIndex": number,
                })
            });
            let outputs: Vec<Value> = outputs.collect();
            json!({ "ruleId": id, "ruleIndex": number, "evaluatedOutputs": outputs })
        });
    Ok(json!({
        "decisionDefinitionId": row.decision_id, "decisionDefinitionName": row.name,
        "decisionDefinitionVersion": row.version, "decisionDefinitionType": kind(row, catalog),
        "decisionDefinitionKey": row.definition.to_string(),
        "decisionEvaluationInstanceKey": format!("{}-{}", row.key, row.part),
        "output": json!(evaluated.output).to_string(), "tenantId": TENANT,
        "matchedRules": rules.collect::<Vec<Value>>(),
        "evaluatedInputs": inputs.collect::<Vec<Value>>(),
    }))
}

fn kind(row: &DecisionInstance, catalog: &Catalog) -> &'static str {
    match catalog.decision_version(row.definition) {
        None => "UNKNOWN",
        Some(deployed) if deployed.decision.sheet().is_some() => "DECISION_TABLE",
        Some(_) => "LITERAL_EXPRESSION",
    }
}
