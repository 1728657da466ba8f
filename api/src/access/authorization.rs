//! Authorizations: somebody is permitted something with one thing, or all of a kind; or denied it, which outweighs every
//! permission. The roles that this program knows by itself come with some.

use super::words::*;
use crate::roles::Role;
use runtime::{Act, Expect, Put};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The collection of documents.
pub(crate) const AUTHORIZATIONS: &str = "authorizations";

/// Every thing of a kind.
pub(crate) const ANY: &str = "*";

/// What an authorization does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Effect {
    #[default]
    Allow,
    Deny,
}

/// Somebody is permitted, or denied, something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Authorization {
    pub(crate) key: i64,
    pub(crate) owner_type: String,
    pub(crate) owner_id: String,
    pub(crate) resource_type: String,
    /// An id, or `*`.
    pub(crate) resource_id: String,
    pub(crate) permissions: Vec<String>,
    #[serde(default)]
    pub(crate) effect: Effect,
    /// Only in the cases of whoever is permitted; of built-in roles only.
    #[serde(default, skip)]
    pub(crate) own_cases: bool,
}

impl Authorization {
    /// The act that writes it.
    pub(crate) fn put(&self, expect: Expect) -> Act {
        Act::Put(Put {
            collection: AUTHORIZATIONS,
            id: self.key.to_string(),
            expect,
            body: serde_json::to_value(self).expect("an authorization is plain data"),
            fields: Vec::new(),
        })
    }

    /// The act that takes it away.
    pub(crate) fn gone(&self) -> Act {
        Act::Delete {
            collection: AUTHORIZATIONS,
            id: self.key.to_string(),
            expect: Expect::Any,
        }
    }

    /// Whether it is about one of these permissions, with a thing of this kind.
    pub(crate) fn is_about(&self, resource: &str, permissions: &[&str]) -> bool {
        let about = |own: &String| permissions.contains(&own.as_str()) || own == ANY;
        self.resource_type == resource && self.permissions.iter().any(about)
    }

    /// In words, for the audit trail.
    pub(crate) fn in_words(&self) -> String {
        let effect = match self.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        format!(
            "{effect} {} {} {} on {} {}",
            self.owner_type,
            self.owner_id,
            self.permissions.join(" "),
            self.resource_type,
            self.resource_id
        )
    }
}

/// What everybody with a role may read and do of pathways.
const RUNNING: &[&str] = &[
    READ_PROCESS_INSTANCE,
    READ_USER_TASK,
    CLAIM_USER_TASK,
    UPDATE_USER_TASK,
    COMPLETE_USER_TASK,
];
const STARTING: &[&str] = &[
    READ_PROCESS_DEFINITION,
    CREATE_PROCESS_INSTANCE,
    WORK_ON_JOBS,
];
const DECIDING: &[&str] = &[READ_DECISION_DEFINITION, CREATE_DECISION_INSTANCE];
/// What those may do who put right what runs.
const OPERATING: &[&str] = &[
    UPDATE_PROCESS_INSTANCE,
    CANCEL_PROCESS_INSTANCE,
    MODIFY_PROCESS_INSTANCE,
    SUSPEND_PROCESS_INSTANCE,
    DELETE_PROCESS_INSTANCE,
];

/// Role, what, permissions, and whether only in the cases of whoever has the role.
type Line = (Role, &'static str, &'static [&'static str], bool);

const LINES: &[Line] = &[
    (Role::Caseworker, PROCESS_DEFINITION, STARTING, false),
    (Role::Caseworker, PROCESS_DEFINITION, RUNNING, true),
    (Role::Caseworker, DECISION_DEFINITION, DECIDING, false),
    (
        Role::Caseworker,
        DECISION_DEFINITION,
        &[READ_DECISION_INSTANCE],
        true,
    ),
    (Role::Caseworker, MESSAGE, &[CREATE, READ], false),
    (Role::Caseworker, EXPRESSION, &[ANY], false),
    (Role::Caseworker, DOCUMENT, &[CREATE, READ], false),
    (Role::Supervisor, PROCESS_DEFINITION, STARTING, false),
    (Role::Supervisor, PROCESS_DEFINITION, RUNNING, false),
    (Role::Supervisor, PROCESS_DEFINITION, OPERATING, false),
    (Role::Supervisor, DECISION_DEFINITION, &[ANY], false),
    (Role::Supervisor, MESSAGE, &[ANY], false),
    (Role::Supervisor, EXPRESSION, &[ANY], false),
    (Role::Supervisor, DOCUMENT, &[ANY], false),
    (Role::Supervisor, BATCH, &[ANY], false),
    (Role::Supervisor, AUDIT_LOG, &[READ], false),
    (Role::Designer, PROCESS_DEFINITION, STARTING, false),
    (Role::Designer, PROCESS_DEFINITION, RUNNING, false),
    (Role::Designer, PROCESS_DEFINITION, OPERATING, false),
    (Role::Designer, DECISION_DEFINITION, &[ANY], false),
    (Role::Designer, MESSAGE, &[ANY], false),
    (Role::Designer, EXPRESSION, &[ANY], false),
    (Role::Designer, DOCUMENT, &[ANY], false),
    (Role::Designer, BATCH, &[ANY], false),
    (Role::Designer, RESOURCE, &[ANY], false),
];

/// What comes with the roles that this program knows by itself. Their keys are small numbers, which no other has.
pub(crate) static BUILT_IN: LazyLock<Vec<Authorization>> = LazyLock::new(|| {
    let administration = RESOURCES.iter().map(|resource| {
        let all: &[&str] = &[ANY];
        (Role::Administrator, *resource, all, false)
    });
    let lines = LINES.iter().copied().chain(administration);
    lines
        .zip(1..)
        .map(
            |((role, resource, permissions, own_cases), key)| Authorization {
                key,
                owner_type: "ROLE".into(),
                owner_id: role.word().into(),
                resource_type: resource.into(),
                resource_id: ANY.into(),
                permissions: permissions.iter().map(|word| word.to_string()).collect(),
                effect: Effect::Allow,
                own_cases,
            },
        )
        .collect()
});
