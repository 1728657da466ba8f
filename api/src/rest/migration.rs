//! Migration of a running instance to another definition, a look before at what is in its way, and the way back.
//!
//! Beyond what Camunda's clients send there are `timers` (`KEEP`, which is the default, or `RECOMPUTE`), `mapSameIds` (elements of the
//! same id and kind are mapped too) and `reason`, which stands in the history.

use crate::access::words::UPDATE_PROCESS_INSTANCE;
use crate::error::Error;
use crate::rest::auth::Caller;
use crate::rest::definitions::catalog_with;
use crate::rest::modification::{allowed, give};
use crate::rest::{Body, search};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::{Blocker, Blockers, Command, ElementMapping, Key, Migration, Rejection, TimerPolicy};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    target_process_definition_key: Option<String>,
    mapping_instructions: Option<Vec<Pair>>,
    map_same_ids: bool,
    timers: Option<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    source_element_id: String,
    target_element_id: String,
}

impl Asked {
    pub(super) fn read(self) -> Result<Migration, Error> {
        let target = self.target_process_definition_key.unwrap_or_default();
        if target.is_empty() {
            let message = "targetProcessDefinitionKey is missing.".into();
            return Err(Error::Invalid(message));
        }
        let timers = self.timers.as_deref().unwrap_or("KEEP");
        let pairs = self.mapping_instructions.unwrap_or_default().into_iter();
        Ok(Migration {
            target: search::key(&target)?,
            mapping: pairs
                .map(|pair| ElementMapping {
                    source: pair.source_element_id,
                    target: pair.target_element_id,
                })
                .collect(),
            same_ids: self.map_same_ids,
            timers: match timers.to_ascii_uppercase().as_str() {
                "KEEP" => TimerPolicy::Keep,
                "RECOMPUTE" => TimerPolicy::Recompute,
                _ => {
                    let message = format!("timers is KEEP or RECOMPUTE, not {timers}.");
                    return Err(Error::Invalid(message));
                }
            },
        })
    }
}

/// `POST /v2/process-instances/{processInstanceKey}/migration`: 409 where something is in the way, with all that is; 400 where
/// the plan itself is wrong.
pub(super) async fn migrate(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    let instance = allowed(&state, &caller, &key, UPDATE_PROCESS_INSTANCE).await?;
    let reason = asked.reason.clone();
    let migration = asked.read()?;
    let target = migration.target;
    let command = Command::Migrate { migration };
    match give(&state, &caller, instance, command, reason).await {
        Err(Error::Runtime(runtime::Error::Rejected(refused))) => Err(refusal(refused, target)),
        done => done,
    }
}

fn refusal(refused: Rejection, target: Key) -> Error {
    if let Rejection::CannotMigrate(blockers) = refused {
        if blockers.0.iter().any(Blocker::is_of_the_plan) {
            return Error::Invalid(format!("This cannot be migrated: {blockers}."));
        }
        return Error::Conflict {
            message: format!("This cannot be migrated as it is now: {blockers}."),
            way_out: "Nothing was changed.".into(),
        };
    }
    let unknown =
        matches!(refused, Rejection::NoSuchDefinition { definition } if definition == target);
    if unknown {
        return Error::NotFound(format!("the process definition {target}"));
    }
    runtime::Error::Rejected(refused).into()
}

/// `POST /v2/process-instances/{processInstanceKey}/migration/check`: what is in the way of the same request, if it came now.
/// `{"migratable": false, "blockers": [{"type": "UNMAPPED", "elementId": "visit", "detail": "..."}]}`
pub(super) async fn check(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    let instance = allowed(&state, &caller, &key, UPDATE_PROCESS_INSTANCE).await?;
    let migration = asked.read()?;
    let instance = state.runtime.instance(instance).await?;
    let instance =
        instance.ok_or_else(|| Error::NotFound(format!("the process instance {key}")))?;
    let catalog = catalog_with(&state, &[migration.target]).await?;
    let now = state.runtime.now();
    let found = bpmn::check_migration(&catalog, &instance.state, &migration, now);
    let blockers = found.map_err(|refused| refusal(refused, migration.target))?;
    let told: Vec<Value> = blockers
        .iter()
        .map(|blocker| {
            json!({
                "type": blocker.word(), "elementId": blocker.element(),
                "detail": format!("{}.", Blockers(vec![blocker.clone()])),
            })
        })
        .collect();
    Ok(Json(
        json!({ "migratable": told.is_empty(), "blockers": told }),
    ))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Undo {
    reason: Option<String>,
}

/// `POST /v2/process-instances/{processInstanceKey}/migration/undo`: back to the definition before the last migration, while
/// nothing has happened since; 409 says what has.
pub(super) async fn undo(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Undo>,
) -> Result<StatusCode, Error> {
    let instance = allowed(&state, &caller, &key, UPDATE_PROCESS_INSTANCE).await?;
    match give(
        &state,
        &caller,
        instance,
        Command::UndoMigration,
        asked.reason,
    )
    .await
    {
        Err(Error::Runtime(runtime::Error::Rejected(Rejection::NothingToUndo))) => {
            Err(Error::Conflict {
                message: since(&state, instance).await?,
                way_out: "Nothing was changed. Migrate it to the other definition instead.".into(),
            })
        }
        done => done,
    }
}

/// Why there is nothing to undo.
async fn since(state: &AppState, instance: Key) -> Result<String, Error> {
    let history = state.runtime.history(instance).await?;
    let last = history.iter().rposition(|row| row.command == "migrate");
    let Some(last) = last else {
        return Ok("The instance was not migrated.".into());
    };
    let later = history[last + 1..]
        .iter()
        .find(|row| !row.records.is_empty());
    Ok(match later {
        Some(row) if row.command == "undoMigration" => "The migration was undone.".into(),
        Some(row) => format!(
            "Something has happened since the migration: {} by {} at {}.",
            row.command, row.actor, row.at
        ),
        None => "The migration has set something in motion.".into(),
    })
}
