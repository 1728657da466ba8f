//! Who calls: a user, a program that an issuer vouches for, or everybody where the API is open.

use super::rights::Rights;
use crate::access::{Directory, MemberKind};
use crate::error::Error;
use crate::oidc::Subject;
use crate::roles::Role;
use crate::tokens::{Scope, Token};
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
    /// Roles that were made here, or that an issuer names.
    pub(super) other_roles: Vec<String>,
    pub(super) groups: Vec<String>,
    /// What a token is for; everything where the caller showed no token of ours.
    pub(super) scopes: Option<Vec<Scope>>,
    pub(super) rights: Rights,
    /// Whose requests are counted together: a token, or whoever it is.
    pub(super) client: String,
}

/// What kind of caller it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The API is open to everybody on this machine.
    Everybody,
    /// A person, who may also sign in.
    User,
    /// A program, for which an issuer vouches.
    Client,
}

impl Kind {
    /// The word that tells two of the same name apart.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Everybody => "everybody",
            Kind::User => "user",
            Kind::Client => "client",
        }
    }
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
            other_roles: Vec::new(),
            groups: Vec::new(),
            scopes: None,
            rights: Rights::everything(),
            client: String::new(),
        })
    }

    /// A user, who may have shown a token.
    pub(super) fn user(user: User, token: Option<Token>) -> Identity {
        let client = token.as_ref().map_or_else(
            || format!("user/{}", user.name),
            |token| format!("token/{}", token.id),
        );
        let scopes = token.map(|token| token.scopes);
        Identity::of(Known {
            client,
            name: user.name,
            kind: Kind::User,
            display_name: Some(user.display_name),
            email: user.email,
            roles: user.roles,
            other_roles: Vec::new(),
            groups: user.teams,
            scopes,
            rights: Rights::default(),
        })
    }

    /// Whom an issuer vouches for; `user` is the one of that name who could sign in here, and keeps what is theirs.
    pub(super) fn vouched(subject: Subject, user: Option<User>) -> Identity {
        let (mut roles, mut groups) = (Vec::new(), subject.groups);
        let (mut display_name, mut email) = (subject.display_name, subject.email);
        if let Some(user) = user {
            roles = user.roles;
            groups.extend(user.teams);
            display_name = Some(user.display_name);
            email = user.email.or(email);
        }
        let mut other_roles = Vec::new();
        for word in subject.roles {
            match word.parse() {
                Ok(role) => roles.push(role),
                Err(_) => other_roles.push(word),
            }
        }
        for list in [&mut groups, &mut other_roles] {
            list.sort();
            list.dedup();
        }
        roles.sort();
        roles.dedup();
        let kind = if subject.is_client {
            Kind::Client
        } else {
            Kind::User
        };
        Identity::of(Known {
            client: format!("{}/{}", kind.word(), subject.name),
            name: subject.name,
            kind,
            display_name,
            email,
            roles,
            other_roles,
            groups,
            scopes: None,
            rights: Rights::default(),
        })
    }

    /// The same caller with the groups, roles and rights that the directory gives.
    pub(super) fn with(self, directory: &Directory) -> Identity {
        let (member, owner) = match self.0.kind {
            Kind::Everybody => return self,
            Kind::User => (MemberKind::User, "USER"),
            Kind::Client => (MemberKind::Client, "CLIENT"),
        };
        let mut known = (*self.0).clone();
        let own: Vec<String> = self.role_words().into_iter().map(str::to_owned).collect();
        let (groups, roles) = directory.belongings(member, &known.name, &known.groups, &own);
        known.rights = Rights::of(directory, owner, &known.name, &groups, &roles);
        known.groups = groups.into_iter().collect();
        let is_ours = |word: &&String| word.parse::<Role>().is_ok();
        known.roles = roles.iter().filter_map(|word| word.parse().ok()).collect();
        known.other_roles = roles
            .iter()
            .filter(|word| !is_ours(word))
            .cloned()
            .collect();
        Identity::of(known)
    }

    pub(super) fn of(known: Known) -> Identity {
        Identity(Arc::new(known))
    }

    /// Whose requests are counted together.
    pub(super) fn client(&self) -> &str {
        &self.0.client
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The name of the user who calls; a program is none, even if it has the name of one.
    pub(crate) fn user_name(&self) -> Option<&str> {
        match self.0.kind {
            Kind::Everybody | Kind::User => Some(&self.0.name),
            Kind::Client => None,
        }
    }

    /// Whether the caller is the user of this name.
    pub(crate) fn is_user(&self, name: &str) -> bool {
        self.user_name() == Some(name)
    }

    pub(crate) fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Every role by its word.
    pub(crate) fn role_words(&self) -> Vec<&str> {
        let own = self.0.roles.iter().map(|role| role.word());
        own.chain(self.0.other_roles.iter().map(String::as_str))
            .collect()
    }

    /// The teams: the candidate groups of tasks.
    pub(crate) fn groups(&self) -> &[String] {
        &self.0.groups
    }

    /// What the token is for that was shown; `None` where none of ours was.
    pub(crate) fn scopes(&self) -> Option<&[Scope]> {
        self.0.scopes.as_deref()
    }

    /// What the caller may do.
    pub(crate) fn rights(&self) -> &Rights {
        &self.0.rights
    }

    /// Whether the caller has one of `roles`.
    pub(crate) fn has_any(&self, roles: &[Role]) -> bool {
        self.0.kind == Kind::Everybody || self.0.roles.iter().any(|role| roles.contains(role))
    }

    /// Refuses a caller who has none of `roles`.
    pub(crate) fn need_any(&self, roles: &'static [Role]) -> Result<(), Error> {
        if self.has_any(roles) {
            return Ok(());
        }
        Err(Error::Forbidden { needs: roles })
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
