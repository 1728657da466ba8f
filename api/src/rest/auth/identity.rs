//! Who calls: a user, a program that an issuer vouches for, or everybody where the API is open.

use crate::roles::Role;
use crate::tokens::Scope;
use crate::users::User;
use std::ops::Deref;
use std::sync::Arc;

/// Who calls. Dereferences to the name, which is the actor of what is done.
#[derive(Clone, Debug)]
pub(crate) struct Identity(Arc<Known>);

/// What is known of a caller.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) display_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) roles: Vec<Role>,
    pub(super) groups: Vec<String>,
    /// What a token is for; everything where the caller showed no token of ours.
    pub(super) scopes: Option<Vec<Scope>>,
}

/// What kind of caller it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The API is open to everybody on this machine.
    Everybody,
    /// Somebody who could also sign in.
    User,
}

impl Identity {
    /// Everybody, under one name.
    pub(super) fn everybody() -> Identity {
        Identity::of(Known {
            name: "api".into(),
            kind: Kind::Everybody,
            display_name: None,
            email: None,
            roles: Role::ALL.to_vec(),
            groups: Vec::new(),
            scopes: None,
        })
    }

    /// A user, who may have shown a token of these scopes.
    pub(super) fn user(user: User, scopes: Option<Vec<Scope>>) -> Identity {
        Identity::of(Known {
            name: user.name,
            kind: Kind::User,
            display_name: Some(user.display_name),
            email: user.email,
            roles: user.roles,
            groups: user.teams,
            scopes,
        })
    }

    pub(super) fn of(known: Known) -> Identity {
        Identity(Arc::new(known))
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    pub(crate) fn roles(&self) -> &[Role] {
        &self.0.roles
    }

    /// The teams: the candidate groups of tasks.
    pub(crate) fn groups(&self) -> &[String] {
        &self.0.groups
    }

    /// What the token is for that was shown; `None` where none of ours was.
    pub(crate) fn scopes(&self) -> Option<&[Scope]> {
        self.0.scopes.as_deref()
    }

    /// Whether the caller has one of `roles`.
    pub(crate) fn has_any(&self, roles: &[Role]) -> bool {
        self.0.kind == Kind::Everybody || self.0.roles.iter().any(|role| roles.contains(role))
    }
}

impl Deref for Identity {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.name
    }
}

impl From<&Identity> for String {
    fn from(identity: &Identity) -> String {
        identity.0.name.clone()
    }
}
