//! Variables one by one, as they stand in the scopes of instances: search, read by key, those that a task sees, and setting them.

use crate::access::words::{READ_PROCESS_INSTANCE, UPDATE_PROCESS_INSTANCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity, looked_at, rights};
use crate::rest::filters::{Filters, Kind, named_instances, wanted_keys};
use crate::rest::instances::subject;
use crate::rest::listing::{Listing, without};
use crate::rest::roots;
use crate::rest::search::{self, Search};
use crate::rest::variable_keys::{Variable, all, instance_of};
use crate::rest::variables::variables;
use crate::rest::{Body, TENANT, user_tasks};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Key, ProcessInstance};
use runtime::{InstanceQuery, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// From how many instances variables are listed at once.
const INSTANCES_MAX: usize = 1_000;
/// The longest value that a search gives whole, in letters of its JSON.
const VALUE_MAX: usize = 8_191;

pub(super) const VARIABLES: Listing = Listing {
    things: "Variables",
    fields: &[
        ("name", Kind::Text),
        ("value", Kind::Text),
        ("tenantId", Kind::Text),
        ("isTruncated", Kind::Flag),
        ("variableKey", Kind::Key),
        ("scopeKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
    ],
    key: "variableKey",
};

/// How searches give long values.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Form {
    truncate_values: Option<String>,
}

/// `POST /v2/variables/search`: of the instances that `processInstanceKey`, `scopeKey` or `variableKey` name. That they were
/// looked at is in the audit trail.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(form): Query<Form>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let instances = instances(&state, &caller, asked.filter.as_ref()).await?;
    let mut items = Vec::new();
    for instance in &instances {
        items.extend(all(&instance.state).iter().map(|one| one.item(&form)));
    }
    roots::tell(&state, &mut items).await?;
    let answer = page(items, &asked, &form)?;
    looked_at(&state, &caller, instances.iter().map(subject)).await?;
    Ok(answer)
}

/// `GET /v2/variables/{variableKey}`: noted in the audit trail.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let missing = || Error::NotFound(format!("the variable {key}"));
    let wanted = search::key(&key)?;
    let instance = state.runtime.instance(instance_of(wanted)).await?;
    let instance = instance.ok_or_else(missing)?;
    let what = format!("the variable {key}");
    rights::check(
        &state,
        &caller,
        &[READ_PROCESS_INSTANCE],
        instance.key,
        &what,
    )
    .await?;
    let all = all(&instance.state);
    let variable = all.iter().find(|variable| variable.key == wanted);
    let mut item = variable.ok_or_else(missing)?.item(&Form::whole());
    roots::tell(&state, [&mut item]).await?;
    looked_at(&state, &caller, [subject(&instance)]).await?;
    Ok(Json(without(item, &["isTruncated"])))
}

/// `POST /v2/user-tasks/{userTaskKey}/variables/search`: those of its scope and of all scopes around it.
pub(super) async fn of_task(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Query(form): Query<Form>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    seen_by_task(&state, &caller, &key, &form, &asked, |_| true).await
}

/// `POST /v2/user-tasks/{userTaskKey}/effective-variables/search`: the same without those that an inner scope hides.
pub(super) async fn effective_of_task(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Query(form): Query<Form>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let mut seen = BTreeSet::new();
    let first = |variable: &Variable| seen.insert(variable.name.clone());
    seen_by_task(&state, &caller, &key, &form, &asked, first).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Setting {
    variables: Option<Value>,
    local: bool,
}

/// `PUT /v2/element-instances/{elementInstanceKey}/variables`; the key of a process instance does as well.
pub(super) async fn set(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Setting>,
) -> Result<StatusCode, Error> {
    let scope = search::key(&key)?;
    let what = format!("the scope {key}");
    rights::check(&state, &caller, &[UPDATE_PROCESS_INSTANCE], scope, &what).await?;
    if asked.variables.is_none() {
        return Err(Error::Invalid("variables is missing.".into()));
    }
    let command = Command::SetVariables {
        scope,
        variables: variables(asked.variables)?,
        local: asked.local,
    };
    let request = Request::by(&caller).command(scope.instance(), command);
    state.runtime.submit(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The inner scopes come first, so that `choose` sees what hides before what is hidden.
async fn seen_by_task(
    state: &AppState,
    caller: &Identity,
    key: &str,
    form: &Form,
    asked: &Search<Filters>,
    mut choose: impl FnMut(&Variable) -> bool,
) -> Result<Response, Error> {
    let task = user_tasks::task(state, caller, key).await?;
    let instance = state.runtime.instance(task.instance).await?;
    let instance = instance.ok_or_else(|| Error::NotFound(format!("the task {key}")))?;
    let all = all(&instance.state);
    let mut items = Vec::new();
    for scope in scopes_around(&instance.state, task.element_instance) {
        let own = all.iter().filter(|variable| variable.scope == scope);
        items.extend(
            own.filter(|variable| choose(variable))
                .map(|one| one.item(form)),
        );
    }
    roots::tell(state, &mut items).await?;
    let answer = page(items, asked, form)?;
    looked_at(state, caller, [subject(&instance)]).await?;
    Ok(answer)
}

/// A visit and what lies around it, to the instance; the instance alone where the visit has ended.
fn scopes_around(instance: &ProcessInstance, visit: Key) -> Vec<Key> {
    let mut scopes = Vec::new();
    let mut at = visit;
    while let Some(element) = instance.elements().get(&at) {
        scopes.push(at);
        at = element.scope();
    }
    scopes.push(instance.key());
    scopes
}

/// The instances that a filter names.
async fn instances(
    state: &AppState,
    caller: &Identity,
    filter: Option<&Filters>,
) -> Result<Vec<InstanceView>, Error> {
    let named = named_instances(filter, &["processInstanceKey", "scopeKey"])?;
    let by_key = wanted_keys(filter, "variableKey")?;
    let by_key = by_key.map(|keys| keys.into_iter().map(instance_of).collect());
    let both = [named, by_key].into_iter().flatten();
    let keys = both.reduce(|one: BTreeSet<Key>, other| &one & &other);
    let rule = "Variables are found by processInstanceKey, scopeKey or variableKey; give one of them in the filter.";
    let keys = keys.ok_or_else(|| Error::Invalid(rule.into()))?;
    if keys.len() > INSTANCES_MAX {
        return Err(Error::Invalid(format!(
            "The filter names more than {INSTANCES_MAX} process instances."
        )));
    }
    let keys = rights::among(state, caller, keys).await?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = InstanceQuery {
        keys: keys.into_iter().collect(),
        limit: runtime::MAX_LIMIT,
        ..InstanceQuery::default()
    };
    Ok(state.runtime.instances(&query).await?)
}

/// Filters see the whole values; only what is answered is cut.
fn page(items: Vec<Value>, asked: &Search<Filters>, form: &Form) -> Result<Response, Error> {
    let page = VARIABLES.select(items, asked)?;
    Ok(page.answer(|mut item| {
        let cut = item["value"].as_str().and_then(|value| {
            let (at, _) = value.char_indices().nth(VALUE_MAX)?;
            Some(value[..at].to_owned())
        });
        if let Some(cut) = cut.filter(|_| form.cuts()) {
            item["value"] = cut.into();
        }
        item
    }))
}

impl Form {
    fn whole() -> Form {
        Form {
            truncate_values: Some("false".into()),
        }
    }

    fn cuts(&self) -> bool {
        self.truncate_values.as_deref() != Some("false")
    }
}

impl Variable {
    fn item(&self, form: &Form) -> Value {
        let is_long = self.value.chars().nth(VALUE_MAX).is_some();
        json!({
            "name": self.name, "tenantId": TENANT, "variableKey": self.key.to_string(),
            "scopeKey": self.scope.to_string(), "processInstanceKey": self.scope.instance().to_string(),
            "rootProcessInstanceKey": null, "value": self.value, "isTruncated": is_long && form.cuts(),
        })
    }
}
