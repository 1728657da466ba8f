//! Tokens moved by hand: modification of a running instance, and where a new one begins and ends.
//!
//! Beyond what Camunda's clients send, `reason` may say why; it stands in the history.

use crate::access::words::MODIFY_PROCESS_INSTANCE;
use crate::error::Error;
use crate::rest::auth::rights::check;
use crate::rest::auth::{Caller, Identity};
use crate::rest::variables::variables;
use crate::rest::{Body, search};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bpmn::{
    Activation, Ancestor, Command, Key, Modification, Move, ScopeVariables, StartInstructions,
    Which,
};
use runtime::Request;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    activate_instructions: Option<Vec<Activate>>,
    move_instructions: Option<Vec<Shift>>,
    terminate_instructions: Option<Vec<Terminate>>,
    /// Why.
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activate {
    element_id: String,
    ancestor_element_instance_key: Option<String>,
    variable_instructions: Option<Vec<Variables>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variables {
    variables: Option<Value>,
    scope_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shift {
    source_element_instruction: Source,
    target_element_id: String,
    ancestor_scope_instruction: Option<Scope>,
    variable_instructions: Option<Vec<Variables>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    source_type: String,
    source_element_id: Option<String>,
    source_element_instance_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scope {
    ancestor_scope_type: String,
    ancestor_element_instance_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terminate {
    element_id: Option<String>,
    element_instance_key: Option<String>,
}

/// `POST /v2/process-instances/{processInstanceKey}/modification`: all of it, or nothing.
pub(super) async fn modify(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    let instance = allowed(&state, &caller, &key, MODIFY_PROCESS_INSTANCE).await?;
    let reason = asked.reason.clone();
    let modification = asked.read()?;
    let command = Command::Modify { modification };
    give(&state, &caller, instance, command, reason).await
}

/// The instance of a key, where the caller has a permission for it.
pub(super) async fn allowed(
    state: &AppState,
    caller: &Identity,
    key: &str,
    permission: &str,
) -> Result<Key, Error> {
    let what = format!("the process instance {key}");
    let instance = search::key(key)?;
    check(state, caller, &[permission], instance, &what).await?;
    if instance == instance.instance() {
        Ok(instance)
    } else {
        Err(Error::NotFound(what))
    }
}

/// Gives an instance a command.
pub(super) async fn give(
    state: &AppState,
    caller: &str,
    instance: Key,
    command: Command,
    reason: Option<String>,
) -> Result<StatusCode, Error> {
    let mut request = Request::by(caller).command(instance, command);
    request.reason = reason.filter(|reason| !reason.trim().is_empty());
    match state.runtime.submit(request).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(runtime::Error::NoSuchInstance(_)) => {
            Err(Error::NotFound(format!("the process instance {instance}")))
        }
        Err(other) => Err(other.into()),
    }
}

impl Asked {
    fn read(self) -> Result<Modification, Error> {
        let activate = self.activate_instructions.unwrap_or_default();
        let moves = self.move_instructions.unwrap_or_default();
        let terminate = self.terminate_instructions.unwrap_or_default();
        Ok(Modification {
            activate: activate
                .into_iter()
                .map(Activate::read)
                .collect::<Result<_, _>>()?,
            moves: moves
                .into_iter()
                .map(Shift::read)
                .collect::<Result<_, _>>()?,
            terminate: terminate
                .into_iter()
                .map(Terminate::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Activate {
    fn read(self) -> Result<Activation, Error> {
        Ok(Activation {
            element: given(self.element_id, "activateInstructions.elementId")?,
            ancestor: ancestor(self.ancestor_element_instance_key.as_deref())?,
            variables: scoped(self.variable_instructions)?,
        })
    }
}

impl Shift {
    fn read(self) -> Result<Move, Error> {
        let scope = self.ancestor_scope_instruction;
        Ok(Move {
            source: self.source_element_instruction.read()?,
            target: given(self.target_element_id, "moveInstructions.targetElementId")?,
            ancestor: scope.map_or(Ok(Ancestor::Only), Scope::read)?,
            variables: scoped(self.variable_instructions)?,
        })
    }
}

impl Source {
    fn read(self) -> Result<Which, Error> {
        let what = "sourceElementInstruction";
        if self.source_type.eq_ignore_ascii_case("byId") {
            let element = self.source_element_id.unwrap_or_default();
            let element = given(element, &format!("{what}.sourceElementId"))?;
            Ok(Which::Element { element })
        } else if self.source_type.eq_ignore_ascii_case("byKey") {
            let key = self.source_element_instance_key.unwrap_or_default();
            let key = search::key(&key)?;
            Ok(Which::Visit { key })
        } else {
            let message = format!(
                "{what}.sourceType is byId or byKey, not {}.",
                self.source_type
            );
            Err(Error::Invalid(message))
        }
    }
}

impl Scope {
    fn read(self) -> Result<Ancestor, Error> {
        let key = ancestor(self.ancestor_element_instance_key.as_deref())?;
        match self.ancestor_scope_type.to_ascii_lowercase().as_str() {
            "direct" => Ok(key.map_or(Ancestor::Only, |key| Ancestor::Direct { key })),
            "inferred" => Ok(Ancestor::Inferred),
            "sourceparent" => Ok(Ancestor::SourceParent),
            other => Err(Error::Invalid(format!(
                "ancestorScopeInstruction.ancestorScopeType is direct, inferred or sourceParent, not {other}."
            ))),
        }
    }
}

impl Terminate {
    fn read(self) -> Result<Which, Error> {
        match (self.element_id, self.element_instance_key) {
            (Some(element), None) => {
                let element = given(element, "terminateInstructions.elementId")?;
                Ok(Which::Element { element })
            }
            (None, Some(key)) => {
                let key = search::key(&key)?;
                Ok(Which::Visit { key })
            }
            (Some(_), Some(_)) | (None, None) => Err(Error::Invalid(
                "Each of terminateInstructions has either elementId or elementInstanceKey.".into(),
            )),
        }
    }
}

/// -1 stands for none.
fn ancestor(key: Option<&str>) -> Result<Option<Key>, Error> {
    key.filter(|key| *key != "-1").map(search::key).transpose()
}

fn scoped(instructions: Option<Vec<Variables>>) -> Result<Vec<ScopeVariables>, Error> {
    let read = |given: Variables| {
        Ok(ScopeVariables {
            scope: given.scope_id.filter(|scope| !scope.is_empty()),
            variables: variables(given.variables)?,
        })
    };
    instructions
        .unwrap_or_default()
        .into_iter()
        .map(read)
        .collect()
}

fn given(id: String, what: &str) -> Result<String, Error> {
    if id.is_empty() {
        return Err(Error::Invalid(format!("{what} is missing.")));
    }
    Ok(id)
}

/// Where a new instance begins and ends, where that is said.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Instructions {
    start_instructions: Option<Vec<Before>>,
    runtime_instructions: Option<Vec<After>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    element_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct After {
    #[serde(rename = "type")]
    kind: Option<String>,
    after_element_id: String,
}

impl Instructions {
    /// `None` where nothing is said.
    pub(super) fn read(&self) -> Result<Option<StartInstructions>, Error> {
        let before = self.start_instructions.as_deref().unwrap_or_default();
        let after = self.runtime_instructions.as_deref().unwrap_or_default();
        for after in after {
            let kind = after.kind.as_deref().unwrap_or(TERMINATE);
            if !kind.eq_ignore_ascii_case(TERMINATE) {
                let message = format!("runtimeInstructions.type is {TERMINATE}, not {kind}.");
                return Err(Error::Invalid(message));
            }
        }
        if before.is_empty() && after.is_empty() {
            return Ok(None);
        }
        Ok(Some(StartInstructions {
            before: before
                .iter()
                .map(|before| before.element_id.clone())
                .collect(),
            until: after
                .iter()
                .map(|after| after.after_element_id.clone())
                .collect(),
        }))
    }
}

const TERMINATE: &str = "TERMINATE_PROCESS_INSTANCE";
