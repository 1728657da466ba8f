//! Memberships: of users, programs and groups in groups and roles. The teams of a user, and the roles that this program
//! knows by itself, stand with the user instead, where the pages look.

use super::words::{GROUP, ROLE};
use runtime::{Act, Expect, Put};
use serde::{Deserialize, Serialize};

/// The collection of documents.
pub(crate) const MEMBERS: &str = "memberships";

/// What somebody can belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Container {
    Group,
    Role,
}

impl Container {
    /// The word in addresses and messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Container::Group => "group",
            Container::Role => "role",
        }
    }

    /// What authorizations call it.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Container::Group => GROUP,
            Container::Role => ROLE,
        }
    }
}

/// Who can belong to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MemberKind {
    User,
    Client,
    Group,
}

impl MemberKind {
    /// The word in addresses and messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            MemberKind::User => "user",
            MemberKind::Client => "client",
            MemberKind::Group => "group",
        }
    }
}

/// Somebody belongs to something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    pub(crate) of: Container,
    pub(crate) container: String,
    pub(crate) kind: MemberKind,
    pub(crate) member: String,
}

impl Member {
    /// The act that adds it, and is refused where it is there.
    pub(crate) fn added(&self) -> Act {
        Act::Put(Put {
            collection: MEMBERS,
            id: self.id(),
            expect: Expect::Absent,
            body: serde_json::to_value(self).expect("a membership is plain data"),
            fields: Vec::new(),
        })
    }

    /// The act that ends it.
    pub(crate) fn ended(&self) -> Act {
        Act::Delete {
            collection: MEMBERS,
            id: self.id(),
            expect: Expect::Any,
        }
    }

    /// No two memberships have the same: lengths tell where a name ends.
    fn id(&self) -> String {
        let (of, kind) = (self.of.word(), self.kind.word());
        let (container, member) = (&self.container, &self.member);
        format!("{of}/{}/{container}/{kind}/{member}", container.len())
    }
}
