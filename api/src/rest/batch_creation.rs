//! Batch operations begun: the same for all process instances that a filter finds now.
//!
//! Beyond what Camunda's clients send, `reason` may say why; it stands in the history of each instance.

use crate::access::ANY;
use crate::access::words::{
    BATCH, CANCEL_PROCESS_INSTANCE, CREATE, DELETE_PROCESS_INSTANCE, MODIFY_PROCESS_INSTANCE,
    PROCESS_DEFINITION, SUSPEND_PROCESS_INSTANCE, UPDATE_PROCESS_INSTANCE,
};
use crate::error::Error;
use crate::random;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity, rights};
use crate::rest::batch_operations::word;
use crate::rest::definitions::catalog_with;
use crate::rest::filters::Filters;
use crate::rest::instances;
use crate::rest::migration;
use crate::rest::search::{self, Search};
use crate::roles::ADMINISTRATION;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::{Ancestor, Command, Key, Modification, Move, Which};
use runtime::limits::BATCH_ITEMS_MAX;
use runtime::{BatchItem, Each, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Instances that are read at a time.
const READ_AT_ONCE: u32 = 1_000;
/// How many keys are tried until nobody has one.
const KEY_TRIES: u32 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    filter: Option<Filters>,
    move_instructions: Option<Vec<Shift>>,
    migration_plan: Option<migration::Asked>,
    /// Why.
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shift {
    source_element_id: String,
    target_element_id: String,
}

/// `POST /v2/process-instances/cancellation`
pub(super) async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let batch = Batch::of(&caller, Each::Cancel, asked.reason)?;
    let found = running(&state, &caller, CANCEL_PROCESS_INSTANCE, asked.filter).await?;
    batch.begin(&state, found).await
}

/// `POST /v2/process-instances/incident-resolution`: all open incidents of the instances; a job without tries gets one more.
pub(super) async fn resolve(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let batch = Batch::of(&caller, Each::Resolve, asked.reason)?;
    let unless = [("state", json!("ACTIVE")), ("hasIncident", json!(true))];
    let found = meant(
        &state,
        &caller,
        UPDATE_PROCESS_INSTANCE,
        asked.filter,
        &unless,
        |row| Ok(incidents(&InstanceView::try_from(row)?)),
    )
    .await?;
    batch.begin(&state, found).await
}

/// `POST /v2/process-instances/{processInstanceKey}/incident-resolution`
pub(super) async fn resolve_one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let batch = Batch::of(&caller, Each::Resolve, None)?;
    let instance = one(&state, &caller, UPDATE_PROCESS_INSTANCE, &key).await?;
    batch.begin(&state, incidents(&instance)).await
}

/// `POST /v2/process-instances/deletion`: of those that have ended, with their history and all that they called. What is held stays.
pub(super) async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    may_delete_history(&caller)?;
    delete_ended(&state, &caller, asked.filter, asked.reason).await
}

/// Refuses whoever may not delete history for good.
pub(super) fn may_delete_history(caller: &Identity) -> Result<(), Error> {
    caller.need_any(ADMINISTRATION)
}

/// The same for all ended instances of a version of a process.
pub(super) async fn delete_of(
    state: &AppState,
    caller: &Identity,
    definition: Key,
    reason: Option<String>,
) -> Result<Value, Error> {
    let mut filter = Filters::default();
    filter.insert("processDefinitionKey".into(), json!(definition.to_string()));
    let Json(batch) = delete_ended(state, caller, Some(filter), reason).await?;
    Ok(batch)
}

async fn delete_ended(
    state: &AppState,
    caller: &Identity,
    filter: Option<Filters>,
    reason: Option<String>,
) -> Result<Json<Value>, Error> {
    let batch = Batch::of(caller, Each::Delete, reason)?;
    let permission = DELETE_PROCESS_INSTANCE;
    let ended = [("state", json!({ "$in": ["COMPLETED", "TERMINATED"] }))];
    let found = meant(state, caller, permission, filter, &ended, |row| {
        // What was called goes with what called it.
        Ok(row.parent_instance.is_none().then_some(row.key))
    });
    batch.begin(state, found.await?).await
}

/// `POST /v2/process-instances/{processInstanceKey}/deletion`: 409 where it runs, was called, or is held.
pub(super) async fn delete_one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    may_delete_history(&caller)?;
    let instance = one(&state, &caller, DELETE_PROCESS_INSTANCE, &key).await?;
    let mut request = Request::by(&caller);
    request.reason = asked.reason;
    let deleted = match instance.parent {
        None => state.runtime.delete_instance(request, instance.key).await?,
        Some(_) => false,
    };
    if deleted {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::Conflict {
            message: format!(
                "The process instance {key} runs, or something that it called runs, or it was called by another, or is held."
            ),
            way_out: "Nothing was deleted.".into(),
        })
    }
}

/// `POST /v2/process-instances/modification`: moves tokens in each instance, all of them or none.
pub(super) async fn modify(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let moves = asked.move_instructions.unwrap_or_default();
    if moves.is_empty() {
        return Err(Error::Invalid("moveInstructions is missing.".into()));
    }
    let moves = moves.into_iter().map(|shift| Move {
        source: Which::Element {
            element: shift.source_element_id,
        },
        target: shift.target_element_id,
        ancestor: Ancestor::Inferred,
        variables: Vec::new(),
    });
    let modification = Modification {
        moves: moves.collect(),
        activate: Vec::new(),
        terminate: Vec::new(),
    };
    let batch = Batch::of(
        &caller,
        give(Command::Modify { modification }),
        asked.reason,
    )?;
    let found = running(&state, &caller, MODIFY_PROCESS_INSTANCE, asked.filter).await?;
    batch.begin(&state, found).await
}

/// `POST /v2/process-instances/migration`: by the same plan in each instance.
pub(super) async fn migrate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let plan = asked.migration_plan;
    let plan = plan.ok_or_else(|| Error::Invalid("migrationPlan is missing.".into()))?;
    let migration = plan.read()?;
    let target = migration.target;
    let batch = Batch::of(&caller, give(Command::Migrate { migration }), asked.reason)?;
    let catalog = catalog_with(&state, &[target]).await?;
    if catalog.process(target).is_none() || catalog.is_withdrawn(target) {
        return Err(Error::NotFound(format!("the process definition {target}")));
    }
    let found = running(&state, &caller, UPDATE_PROCESS_INSTANCE, asked.filter).await?;
    batch.begin(&state, found).await
}

/// `POST /v2/process-instances/suspension`
pub(super) async fn suspend(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    stand_still(&state, &caller, asked, true).await
}

/// `POST /v2/process-instances/resumption`
pub(super) async fn resume(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    stand_still(&state, &caller, asked, false).await
}

/// Suspends what goes on, or resumes what stands still, of the instances that are meant.
async fn stand_still(
    state: &AppState,
    caller: &Identity,
    mut asked: Asked,
    suspend: bool,
) -> Result<Json<Value>, Error> {
    let command = if suspend {
        Command::Suspend
    } else {
        Command::Resume
    };
    let batch = Batch::of(caller, give(command), asked.reason)?;
    let permission = SUSPEND_PROCESS_INSTANCE;
    // What stands still counts as running in searches.
    if let Some(filter) = &mut asked.filter
        && filter.get("state").is_some_and(|word| *word == "SUSPENDED")
    {
        filter.insert("state".into(), json!("ACTIVE"));
    }
    let unless = [("state", json!("ACTIVE"))];
    let found = meant(state, caller, permission, asked.filter, &unless, |row| {
        let view = InstanceView::try_from(row)?;
        let stands_still = view.state.suspended_at().is_some();
        Ok((stands_still != suspend).then_some(view.key))
    });
    batch.begin(state, found.await?).await
}

/// The instances that are meant and run.
async fn running(
    state: &AppState,
    caller: &Identity,
    permission: &'static str,
    filter: Option<Filters>,
) -> Result<Vec<Key>, Error> {
    let unless = [("state", json!("ACTIVE"))];
    meant(state, caller, permission, filter, &unless, |row| {
        Ok([row.key])
    })
    .await
}

fn give(command: Command) -> Each {
    Each::Give {
        command: Box::new(command),
    }
}

/// One instance with which the caller has a permission.
async fn one(
    state: &AppState,
    caller: &Identity,
    permission: &'static str,
    key: &str,
) -> Result<InstanceView, Error> {
    let found = state.runtime.instance(search::key(key)?).await?;
    let instance = found.ok_or_else(|| missing(key))?;
    let what = format!("the process instance {key}");
    rights::check(state, caller, &[permission], instance.key, &what).await?;
    Ok(instance)
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the process instance {key}"))
}

fn incidents(instance: &InstanceView) -> Vec<Key> {
    instance.state.incidents().keys().copied().collect()
}

/// What `pick` takes of the instances that are meant and with which the caller has a permission; each of those once, the newest
/// first. What the filter does not say is as `unless`.
async fn meant<I: IntoIterator<Item = Key>>(
    state: &AppState,
    caller: &Identity,
    permission: &'static str,
    filter: Option<Filters>,
    unless: &[(&str, Value)],
    pick: impl Fn(store::Instance) -> Result<I, Error>,
) -> Result<Vec<Key>, Error> {
    let mut filter = filter.unwrap_or_default();
    if filter.is_empty() {
        return Err(Error::Invalid(
            "filter is missing, or says nothing: name the instances that are meant, for example by processDefinitionId.".into(),
        ));
    }
    for (field, value) in unless {
        filter.entry(*field).or_insert_with(|| value.clone());
    }
    let sight = rights::sight(state, caller, PROCESS_DEFINITION, &[permission]).await?;
    let (mut picked, mut seen) = (Vec::new(), BTreeSet::new());
    let mut after = None::<String>;
    loop {
        let part = match &after {
            None => json!({ "limit": READ_AT_ONCE }),
            Some(cursor) => json!({ "limit": READ_AT_ONCE, "after": cursor }),
        };
        let asked = json!({ "filter": filter, "page": part });
        let asked: Search<Filters> =
            serde_json::from_value(asked).map_err(|problem| Error::Bug(problem.to_string()))?;
        let page = instances::page(state, sight.clone(), asked).await?;
        after = page.end().map(str::to_owned);
        let is_last = page.rows.len() < READ_AT_ONCE as usize;
        // A row holds a whole instance: none is kept.
        for row in page.rows {
            if seen.insert(row.key) {
                picked.extend(pick(row)?);
            }
        }
        if seen.len() > BATCH_ITEMS_MAX {
            return Err(too_many());
        }
        if is_last {
            return Ok(picked);
        }
    }
}

fn too_many() -> Error {
    Error::Runtime(runtime::Error::Limit {
        what: "what the filter finds".into(),
        name: "BATCH_ITEMS_MAX",
        limit: BATCH_ITEMS_MAX,
    })
}

/// What is done to each item, by whom, and why. Nobody has one who may not begin it, so that nothing is looked for before that is known.
struct Batch {
    request: Request,
    each: Each,
}

impl Batch {
    fn of(caller: &Identity, each: Each, reason: Option<String>) -> Result<Batch, Error> {
        let rights = caller.rights();
        // There is one permission for standing still and going on again.
        let permission = word(&each).replace("RESUME_", "SUSPEND_");
        if !rights.may(BATCH, &format!("CREATE_BATCH_OPERATION_{permission}"), ANY) {
            rights.need(BATCH, CREATE, ANY)?;
        }
        let mut request = Request::by(caller);
        request.reason = reason.filter(|reason| !reason.trim().is_empty());
        Ok(Batch { request, each })
    }

    async fn begin(self, state: &AppState, items: Vec<Key>) -> Result<Json<Value>, Error> {
        let kind = word(&self.each);
        let mut tries = KEY_TRIES;
        loop {
            let (request, each) = (self.request.clone(), self.each.clone());
            let items = items.iter().copied().map(BatchItem::new).collect();
            let key = new_key(state);
            match state.runtime.begin_batch(request, key, each, items).await {
                Ok(key) => {
                    return Ok(Json(
                        json!({ "batchOperationKey": key, "batchOperationType": kind }),
                    ));
                }
                // Somebody had the same key in the same microsecond.
                Err(runtime::Error::Conflict { .. }) if tries > 1 => tries -= 1,
                Err(problem) => return Err(problem.into()),
            }
        }
    }
}

/// A number that grows with time, and that hardly anybody else has.
fn new_key(state: &AppState) -> String {
    let tail = u16::from_le_bytes(random::bytes()) % 1_000;
    format!("{:016}{tail:03}", state.runtime.now().as_microsecond())
}
