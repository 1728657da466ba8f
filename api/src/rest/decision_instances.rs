//! What decisions have answered: to business rule tasks, and to people and programs that asked themselves.

use crate::access::words::{DECISION_DEFINITION, READ_DECISION_INSTANCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity, rights};
use crate::rest::filters::{Filters, Kind};
use crate::rest::roots;
use crate::rest::search::{self, Search, equal};
use crate::rest::table::{
    ELEMENT_ID, ELEMENT_KEY, Held, INSTANCE_KEY, PROCESS_ID, TENANT_ID, Table, Words, field, worded,
};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use bpmn::{Catalog, Key};
use runtime::{DecisionAccount, DecisionInstance, DecisionQuery};
use serde_json::{Value, json};
use store::Sight;
use store::search::{By, Condition, Operand, Test};

const STATES: Words = &[
    ("EVALUATED", &["evaluated"]),
    ("FAILED", &["failed"]),
    ("UNKNOWN", &[]),
    ("UNSPECIFIED", &[]),
];

/// An evaluation and which of its decisions, in one text.
const WHOLE_KEY: &str = "decisionEvaluationInstanceKey";

pub(super) const DECISIONS: Table = Table {
    things: "Decision instances",
    fields: &[
        field("decisionEvaluationKey", Kind::Key, Held::Column("key")),
        field("evaluationDate", Kind::Time, Held::Column("at")),
        field("evaluationFailure", Kind::Text, Held::Column("failure")),
        field(
            "decisionDefinitionId",
            Kind::Text,
            Held::Column("decision_id"),
        ),
        field(
            "decisionDefinitionKey",
            Kind::Key,
            Held::Column("definition"),
        ),
        field("decisionDefinitionName", Kind::Text, Held::Column("name")),
        field(
            "decisionDefinitionVersion",
            Kind::Number,
            Held::Column("version"),
        ),
        field("rootDecisionDefinitionKey", Kind::Key, Held::Column("root")),
        INSTANCE_KEY,
        field("processDefinitionKey", Kind::Key, Held::Column("process")),
        PROCESS_ID,
        // Ours: the task in the model that asked.
        ELEMENT_ID,
        ELEMENT_KEY,
        worded("state", "state", STATES),
        TENANT_ID,
    ],
    order: &[By {
        column: "at",
        descending: true,
    }],
    ties: &["part"],
};

/// `POST /v2/decision-instances/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(mut asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let whole = asked
        .filter
        .as_mut()
        .and_then(|filter| filter.remove(WHOLE_KEY));
    let whole = equal(&whole, WHOLE_KEY)?
        .map(|text| instance_key(&text))
        .transpose()?;
    let is = |column, number| Condition {
        column,
        test: Test::In(vec![Operand::Number(number)]),
    };
    let parts = whole.map(|(key, part)| [is("key", key.0), is("part", part.into())]);
    let parts = parts.into_iter().flatten();
    let sight = sight(&state, &caller).await?;
    let page = DECISIONS
        .page_where::<DecisionInstance>(&state, sight, &asked, parts)
        .await?;
    let catalog = state.runtime.catalog();
    let items = page.rows.iter().map(|row| item(row, &catalog));
    let mut items: Vec<Value> = items.collect::<Result<_, _>>()?;
    roots::tell(&state, &mut items).await?;
    Ok(page.answer(items))
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
    roots::tell(&state, [&mut whole]).await?;
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
        "processInstanceKey": instance, "rootProcessInstanceKey": null,
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
