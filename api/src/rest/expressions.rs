//! `POST /v2/expression/evaluation`: tries an expression.

use crate::access::ANY;
use crate::access::words::{EVALUATE, EXPRESSION, READ_PROCESS_INSTANCE};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity, rights};
use crate::rest::instances::subject;
use crate::rest::search::equal_key;
use crate::rest::variables::variables;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use bpmn::{Key, Status};
use feel::{Context, Evaluation, Expression};
use runtime::{Act, Request};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    expression: String,
    variables: Option<Value>,
    /// An instance or a visit in it, whose variables the expression sees; those that are given come before.
    scope_key: Option<Value>,
}

pub(super) async fn evaluate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    caller.rights().need(EXPRESSION, EVALUATE, ANY)?;
    let mut seen = match equal_key(&asked.scope_key, "scopeKey")? {
        None => Context::default(),
        Some(scope) => seen_by(&state, &caller, scope).await?,
    };
    for (name, value) in variables(asked.variables)?.iter() {
        seen.insert(name, value.clone());
    }
    let evaluation = tried(&state, &asked.expression, &seen)?;
    let warnings: Vec<Value> = evaluation
        .warnings
        .iter()
        .map(|warning| json!({ "message": warning.to_string() }))
        .collect();
    Ok(Json(json!({
        "expression": asked.expression, "result": evaluation.value.into_json_like(), "warnings": warnings,
        "referencedSecrets": [],
    })))
}

/// What an expression, with or without the `=` of models, comes to now.
pub(crate) fn tried(state: &AppState, text: &str, seen: &Context) -> Result<Evaluation, Error> {
    let text = text.trim();
    let text = text.strip_prefix('=').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Error::Invalid("Write an expression.".into()));
    }
    let expression = Expression::compile(text)
        .map_err(|problem| Error::Invalid(format!("The expression cannot be read: {problem}.")))?;
    let environment = state.runtime.catalog().environment(state.runtime.now());
    Ok(expression.evaluate(seen, &environment))
}

/// The variables that a visit of a running instance sees. That they were looked at is in the audit trail.
async fn seen_by(state: &AppState, caller: &Identity, scope: Key) -> Result<Context, Error> {
    let what = format!("the running scope {scope}");
    rights::check(state, caller, &[READ_PROCESS_INSTANCE], scope, &what).await?;
    let missing = || Error::NotFound(format!("the running scope {scope}"));
    let instance = state.runtime.instance(scope.instance()).await?;
    let instance = instance
        .filter(|instance| instance.status == Status::Active)
        .filter(|instance| scope == instance.key || instance.state.elements().contains_key(&scope))
        .ok_or_else(missing)?;
    let act = Act::audit(
        "read",
        subject(&instance),
        Some("an expression was tried on its data".into()),
    );
    state.runtime.submit(Request::by(caller).act(act)).await?;
    Ok(instance.state.visible_variables(scope))
}
