//! Moving the tokens of a running instance by hand: what can be asked for, and why it may be refused.

use feel::Context;
use serde::{Deserialize, Serialize};

use crate::Key;
use crate::limits::MODIFICATION_INSTRUCTIONS_MAX;

/// What shall begin and what shall end. All of it happens, or nothing. What shall begin comes first, so that a scope in
/// which one thing ends and another begins stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Modification {
    /// What shall begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub activate: Vec<Activation>,
    /// What shall end while something else begins, once for each that ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// What shall end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub terminate: Vec<Which>,
}

/// An element that shall begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activation {
    /// Its id.
    pub element: String,
    /// The visit, or the instance, in which it shall begin; scopes between them are made anew. Where absent, the innermost
    /// scope around it that is active, which must be one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestor: Option<Key>,
    /// Variables that it begins with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<ScopeVariables>,
}

/// Variables of the instance, or of a scope around what begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeVariables {
    /// Id of what begins, or of a subprocess around it; the instance where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The variables.
    pub variables: Context,
}

/// Something that shall end while something else begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// What ends.
    pub source: Which,
    /// Id of what begins.
    pub target: String,
    /// Where it begins.
    #[serde(default)]
    pub ancestor: Ancestor,
    /// Variables that it begins with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<ScopeVariables>,
}

/// Which visits are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Which {
    /// All active visits to an element, and what waits at it where it is a join.
    Element {
        /// Its id.
        element: String,
    },
    /// One visit.
    Visit {
        /// Its key.
        key: Key,
    },
}

/// Where the target of a [`Move`] begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Ancestor {
    /// In the innermost scope around it that is active, which must be one only.
    #[default]
    Only,
    /// In this visit, or in the instance.
    Direct {
        /// Its key.
        key: Key,
    },
    /// In the innermost scope around the source that is around the target too.
    Inferred,
    /// In the scope of the source.
    SourceParent,
}

/// How an instance begins and ends that is started for a reason of its own, for example to try one part of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartInstructions {
    /// Ids of the elements with which it begins, instead of its start event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// Ids of elements after which it is ended, also where they are cut short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<String>,
}

/// Why tokens cannot be moved as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Immovable {
    /// Nothing is asked for.
    #[error("nothing is to begin or to end; give at least one instruction")]
    Nothing,
    /// Too much is asked for.
    #[error(
        "there are more than {MODIFICATION_INSTRUCTIONS_MAX} instructions (MODIFICATION_INSTRUCTIONS_MAX); split them"
    )]
    TooMany,
    /// The model has no such element.
    #[error("the process has no element \"{element}\"")]
    NoSuchElement {
        /// What was asked for.
        element: String,
    },
    /// The visit is not there.
    #[error("element instance {key} is not active")]
    NotActive {
        /// What was asked for.
        key: Key,
    },
    /// The instance itself is meant.
    #[error("{key} is the instance itself; cancel it")]
    Whole {
        /// Its key.
        key: Key,
    },
    /// Nothing is active at the element.
    #[error("nothing is active at \"{name}\"")]
    NothingAt {
        /// Name of the element.
        name: String,
    },
    /// A boundary event.
    #[error(
        "\"{name}\" is a boundary event, which only happens to its activity; activate what comes after it"
    )]
    Boundary {
        /// Its name.
        name: String,
    },
    /// The start of an event subprocess.
    #[error(
        "\"{name}\" starts the event subprocess \"{around}\"; activate that, or what comes after it"
    )]
    EventStart {
        /// Its name.
        name: String,
        /// Name of the event subprocess.
        around: String,
    },
    /// A start event that waits for several things at once.
    #[error("\"{name}\" waits for several events; activate what comes after it")]
    ParallelStart {
        /// Its name.
        name: String,
    },
    /// Something that only compensation begins.
    #[error("\"{name}\" is begun by compensation alone")]
    Compensates {
        /// Its name.
        name: String,
    },
    /// A multi-instance body would have to be made around the element.
    #[error(
        "\"{element}\" lies in \"{name}\", which is done several times and is not active; activate \"{name}\" instead"
    )]
    NoItem {
        /// Name of what was asked for.
        element: String,
        /// Name of the activity with the loop.
        name: String,
    },
    /// The visit named holds the items of a loop.
    #[error(
        "element instance {key} holds the items of \"{name}\"; name the item in which \"{element}\" shall begin"
    )]
    Body {
        /// Name of what was asked for.
        element: String,
        /// Name of the activity with the loop.
        name: String,
        /// The visit.
        key: Key,
    },
    /// Several scopes are active in which the element could begin.
    #[error(
        "\"{name}\" is active several times ({}); name the element instance in which \"{element}\" shall begin",
        listed(keys)
    )]
    Several {
        /// Name of what was asked for.
        element: String,
        /// Name of the scope.
        name: String,
        /// The visits.
        keys: Vec<Key>,
    },
    /// The visit named is not around the element.
    #[error("\"{element}\" does not lie in element instance {key}")]
    NotAround {
        /// Name of what was asked for.
        element: String,
        /// The visit.
        key: Key,
    },
    /// A scope of variables is not around the element.
    #[error(
        "\"{scope}\" is neither \"{element}\" nor a scope around it, so it can have no variables for it"
    )]
    NotItsScope {
        /// Name of what was asked for.
        element: String,
        /// The id that was given.
        scope: String,
    },
    /// Nothing can be started in the subprocess any more, or not now.
    #[error("in \"{name}\" nothing more can be started now")]
    Closed {
        /// Its name.
        name: String,
    },
    /// A scope around the element cannot be made.
    #[error("\"{name}\" cannot begin around \"{element}\": {why}")]
    NoScope {
        /// Name of what was asked for.
        element: String,
        /// Name of the scope.
        name: String,
        /// Why not.
        why: String,
    },
    /// Listeners of the process are at work.
    #[error("listeners of the process are at work; wait until they are done")]
    Listeners,
    /// Nothing would be left in an instance that another one has called.
    #[error(
        "nothing would be left in this instance, which another one has called; end the call activity there"
    )]
    EndsCalled,
}

/// `1048577, 1048580`
fn listed(keys: &[Key]) -> String {
    let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
    keys.join(", ")
}
