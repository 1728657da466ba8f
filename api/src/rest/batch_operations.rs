//! Batch operations that are there: found, read, suspended, resumed, ended, tried again.

use crate::access::ANY;
use crate::access::words::{BATCH, READ, UPDATE};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity};
use crate::rest::filters::{Filters, Kind, wanted_keys};
use crate::rest::listing::{Listing, without};
use crate::rest::roots;
use crate::rest::search::{Search, Time};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Key};
use runtime::{BatchItem, BatchOperation, BatchState, Each, ItemState, Request, Steer};
use serde_json::{Value, json};

/// Items among which is searched where no batch operation is named.
const ITEMS_LISTED: usize = 10_000;

const BATCHES: Listing = Listing {
    things: "Batch operations",
    fields: &[
        ("batchOperationKey", Kind::Text),
        ("operationType", Kind::Word(TYPES)),
        ("state", Kind::Word(STATES)),
        (
            "actorType",
            Kind::Word(&["ANONYMOUS", "CLIENT", "UNKNOWN", "USER"]),
        ),
        ("actorId", Kind::Text),
        ("startDate", Kind::Time),
        ("endDate", Kind::Time),
    ],
    key: "batchOperationKey",
};

const ITEMS: Listing = Listing {
    things: "Items of batch operations",
    fields: &[
        ("batchOperationKey", Kind::Text),
        ("itemKey", Kind::Text),
        ("processInstanceKey", Kind::Key),
        ("processedDate", Kind::Time),
        ("state", Kind::Word(ITEM_STATES)),
        ("operationType", Kind::Word(TYPES)),
        (PLACE, Kind::Text),
    ],
    key: PLACE,
};

/// Tells two items apart; not answered.
const PLACE: &str = "place";

const STATES: &[&str] = &[
    "ACTIVE",
    "CANCELED",
    "COMPLETED",
    "CREATED",
    "FAILED",
    "PARTIALLY_COMPLETED",
    "SUSPENDED",
];
const ITEM_STATES: &[&str] = &["ACTIVE", "COMPLETED", "SKIPPED", "CANCELED", "FAILED"];
const TYPES: &[&str] = &[
    "ADD_VARIABLE",
    "CANCEL_PROCESS_INSTANCE",
    "DELETE_DECISION_DEFINITION",
    "DELETE_DECISION_INSTANCE",
    "DELETE_PROCESS_DEFINITION",
    "DELETE_PROCESS_INSTANCE",
    "MIGRATE_PROCESS_INSTANCE",
    "MODIFY_PROCESS_INSTANCE",
    "RESOLVE_INCIDENT",
    "RESUME_PROCESS_INSTANCE",
    "SUSPEND_PROCESS_INSTANCE",
    "UPDATE_JOB",
    "UPDATE_VARIABLE",
];

/// What clients call what is done to each item.
pub(super) fn word(each: &Each) -> &'static str {
    match each {
        Each::Cancel => "CANCEL_PROCESS_INSTANCE",
        Each::Resolve => "RESOLVE_INCIDENT",
        Each::Delete => "DELETE_PROCESS_INSTANCE",
        Each::Give { command } => given(command),
    }
}

fn given(command: &Command) -> &'static str {
    if matches!(command, Command::Modify { .. }) {
        "MODIFY_PROCESS_INSTANCE"
    } else if matches!(command, Command::Migrate { .. }) {
        "MIGRATE_PROCESS_INSTANCE"
    } else if matches!(command, Command::Suspend) {
        "SUSPEND_PROCESS_INSTANCE"
    } else if matches!(command, Command::Resume) {
        "RESUME_PROCESS_INSTANCE"
    } else {
        // Nobody can begin any other.
        "UPDATE_VARIABLE"
    }
}

/// `POST /v2/batch-operations/search`: among those that are kept.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(mut asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    caller.rights().need(BATCH, READ, ANY)?;
    if let Some(kind) = asked
        .filter
        .as_mut()
        .and_then(|filter| filter.remove("batchOperationType"))
    {
        asked
            .filter
            .get_or_insert_default()
            .insert("operationType".into(), kind);
    }
    let batches = state.runtime.batch_operations(runtime::MAX_LIMIT).await?;
    let listed = batches.iter().map(|batch| {
        let mut item = shown(batch);
        item["operationType"] = item["batchOperationType"].clone();
        item
    });
    let page = BATCHES.select(listed.collect(), &asked)?;
    Ok(page.answer(|item| without(item, &["operationType"])))
}

/// `GET /v2/batch-operations/{batchOperationKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    caller.rights().need(BATCH, READ, ANY)?;
    let found = state.runtime.batch_operation(&key).await?;
    found
        .map(|batch| Json(shown(&batch)))
        .ok_or_else(|| missing(&key))
}

/// `POST /v2/batch-operation-items/search`: of the batch operations or instances that are named; else of the newest ones, ten thousand
/// items at most.
pub(super) async fn items(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    caller.rights().need(BATCH, READ, ANY)?;
    let runtime = &state.runtime;
    let filter = asked.filter.as_ref();
    let mut batches = Vec::new();
    if let Some(keys) = wanted_keys(filter, "batchOperationKey")? {
        for key in keys {
            batches.extend(runtime.batch_operation(&text(key)).await?);
        }
    } else if let Some(instances) = of_instances(filter)? {
        for instance in instances {
            for key in runtime.batches_of(instance).await? {
                batches.extend(runtime.batch_operation(&key).await?);
            }
        }
    } else {
        batches = runtime.batch_operations(runtime::MAX_LIMIT).await?;
    }
    let mut listed = Vec::new();
    for batch in &batches {
        let items = runtime.batch_items(batch).await?;
        for (place, item) in items.iter().enumerate() {
            let mut told = told(batch, item);
            told[PLACE] = format!("{}/{place:06}", batch.key).into();
            listed.push(told);
        }
        if listed.len() > ITEMS_LISTED && filter.is_none_or(Filters::is_empty) {
            break;
        }
    }
    roots::tell(&state, &mut listed).await?;
    Ok(ITEMS
        .select(listed, &asked)?
        .answer(|item| without(item, &[PLACE])))
}

/// Keys of batch operations have nineteen digits, those of their first years with zeros before.
fn text(key: Key) -> String {
    format!("{:019}", key.0)
}

/// The instances that a filter names, by their keys or by those of incidents in them.
fn of_instances(filter: Option<&Filters>) -> Result<Option<Vec<Key>>, Error> {
    for field in ["processInstanceKey", "itemKey"] {
        if let Some(keys) = wanted_keys(filter, field)? {
            return Ok(Some(keys.into_iter().map(Key::instance).collect()));
        }
    }
    Ok(None)
}

/// `POST /v2/batch-operations/{batchOperationKey}/suspension`
pub(super) async fn suspend(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    steer(&state, &caller, &key, Steer::Suspend).await
}

/// `POST /v2/batch-operations/{batchOperationKey}/resumption`
pub(super) async fn resume(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    steer(&state, &caller, &key, Steer::Resume).await
}

/// `POST /v2/batch-operations/{batchOperationKey}/cancellation`: what was not done is not done.
pub(super) async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    steer(&state, &caller, &key, Steer::Cancel).await
}

/// `POST /v2/batch-operations/{batchOperationKey}/retry`: what failed is tried again. Ours.
pub(super) async fn retry(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    let there = state.runtime.batch_operation(&key).await?.is_some();
    match steer(&state, &caller, &key, Steer::Retry).await {
        Err(Error::NotFound(_)) if there => Err(Error::Conflict {
            message: format!("The batch operation {key} is not over, or nothing of it failed."),
            way_out: "Nothing was changed.".into(),
        }),
        steered => steered,
    }
}

async fn steer(
    state: &AppState,
    caller: &Identity,
    key: &str,
    steer: Steer,
) -> Result<StatusCode, Error> {
    caller.rights().need(BATCH, UPDATE, ANY)?;
    let request = Request::by(caller);
    if state.runtime.steer_batch(request, key, steer).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing(key))
    }
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the batch operation {key}"))
}

fn shown(batch: &BatchOperation) -> Value {
    let state = match batch.state {
        BatchState::Active => "ACTIVE",
        BatchState::Suspended => "SUSPENDED",
        BatchState::Completed => "COMPLETED",
        BatchState::Cancelled => "CANCELED",
    };
    json!({
        "batchOperationKey": batch.key, "state": state, "batchOperationType": word(&batch.each),
        "startDate": Time(batch.started_at), "endDate": batch.ended_at.map(Time), "actorType": "USER",
        "actorId": batch.actor, "operationsTotalCount": batch.total, "operationsFailedCount": batch.failed,
        "operationsCompletedCount": batch.completed, "errors": [],
    })
}

fn told(batch: &BatchOperation, item: &BatchItem) -> Value {
    let state = match item.state {
        ItemState::Active if batch.state == BatchState::Cancelled => "CANCELED",
        ItemState::Active => "ACTIVE",
        ItemState::Completed => "COMPLETED",
        ItemState::Skipped => "SKIPPED",
        ItemState::Failed => "FAILED",
    };
    json!({
        "operationType": word(&batch.each), "batchOperationKey": batch.key, "itemKey": item.key.to_string(),
        "processInstanceKey": item.instance.to_string(), "rootProcessInstanceKey": null, "state": state,
        "processedDate": item.at.map(Time), "errorMessage": item.error,
    })
}
