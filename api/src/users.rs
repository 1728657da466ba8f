//! People who sign in. Kept as documents in the collection `users`, by sign-in name.

use crate::cli::NewUser;
use crate::config::Settings;
use crate::passwords;
use crate::roles::Role;
use crate::server;
use crate::terminal::say;
use crate::{session, tokens};
use runtime::{Act, Expect, Put, Request, Runtime};
use serde::{Deserialize, Serialize};
use std::io::BufRead;
use store::{Match, Query};

const COLLECTION: &str = "users";
/// The most letters in a sign-in name.
const LONGEST_NAME: usize = 64;

/// Somebody who can sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The sign-in name: lower case, also the assignee of tasks and the actor in histories.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// Where mail reaches the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the user may do; nothing, while there is none.
    pub roles: Vec<Role>,
    /// The teams of the user: the candidate groups of tasks.
    pub teams: Vec<String>,
    /// The password as an argon2 hash with its parameters and salt (PHC string).
    pub password: String,
}

impl User {
    /// Whether the user has at least one of `roles`.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// The first letters of the first and the last name: `GA` for Grace Auma.
    pub fn initials(&self) -> String {
        let mut words = self
            .display_name
            .split_whitespace()
            .filter_map(|word| word.chars().next());
        let first = words.next();
        first
            .into_iter()
            .chain(words.next_back())
            .flat_map(char::to_uppercase)
            .collect()
    }

    /// The role that decides where the user lands after sign-in, and that the header shows.
    pub fn main_role(&self) -> Role {
        let order = [
            Role::Supervisor,
            Role::Caseworker,
            Role::Designer,
            Role::Administrator,
        ];
        order
            .into_iter()
            .find(|role| self.roles.contains(role))
            .unwrap_or(Role::Caseworker)
    }

    /// The act that adds this user and is refused if the name is taken.
    pub fn added(&self) -> Act {
        self.put(Expect::Absent)
    }

    /// The act that writes this user.
    pub(crate) fn put(&self, expect: Expect) -> Act {
        Act::Put(Put {
            collection: COLLECTION,
            id: self.name.clone(),
            expect,
            body: serde_json::to_value(self).expect("a user is plain data"),
            fields: self
                .teams
                .iter()
                .map(|team| ("team", team.clone()))
                .collect(),
        })
    }
}

/// The user with this sign-in name.
pub async fn find(runtime: &Runtime, name: &str) -> Result<Option<User>, runtime::Error> {
    Ok(runtime
        .document(COLLECTION, name)
        .await?
        .and_then(|found| serde_json::from_value(found.body).ok()))
}

/// The same with the revision that a change relies on.
pub(crate) async fn find_to_change(
    runtime: &Runtime,
    name: &str,
) -> Result<Option<(User, Expect)>, runtime::Error> {
    let found = runtime.document(COLLECTION, name).await?;
    Ok(found.and_then(|found| {
        let user = serde_json::from_value(found.body).ok()?;
        Some((user, Expect::Revision(found.revision)))
    }))
}

/// The acts that remove a user with everything that would be the next one's of that name: tokens and sessions.
pub(crate) async fn removed(
    runtime: &Runtime,
    name: &str,
    expect: Expect,
) -> Result<Vec<Act>, runtime::Error> {
    let mut acts = vec![Act::Delete {
        collection: COLLECTION,
        id: name.to_owned(),
        expect,
    }];
    for token in tokens::of(runtime, Some(name)).await? {
        acts.extend(token.revoked());
    }
    acts.extend(session::ended(runtime, name).await?);
    Ok(acts)
}

/// The users of a team, by name.
pub(crate) async fn of_team(runtime: &Runtime, team: &str) -> Result<Vec<User>, runtime::Error> {
    let query = Query {
        limit: store::MAX_LIMIT,
        ..Query::by(COLLECTION, "team", Match::Equals(team.to_owned()))
    };
    let found = runtime.documents(&query).await?.into_iter();
    Ok(found
        .filter_map(|one| serde_json::from_value(one.body).ok())
        .collect())
}

/// All users, by name, up to `limit`.
pub async fn all(runtime: &Runtime, limit: u32) -> Result<Vec<User>, runtime::Error> {
    let found = runtime
        .documents(&Query {
            limit,
            ..Query::all(COLLECTION)
        })
        .await?;
    Ok(found
        .into_iter()
        .filter_map(|document| serde_json::from_value(document.body).ok())
        .collect())
}

/// Whether nobody can sign in yet.
pub async fn none_yet(runtime: &Runtime) -> Result<bool, runtime::Error> {
    Ok(all(runtime, 1).await?.is_empty())
}

/// `caseway user add`.
pub(crate) async fn add_from_terminal(settings: &Settings, new: NewUser) -> Result<(), String> {
    check_name(&new.name)?;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|problem| format!("standard input: {problem}"))?;
    let password = passwords::hash(line.trim_end_matches(['\r', '\n']))?;
    let user = User {
        display_name: new.display_name.unwrap_or_else(|| new.name.clone()),
        name: new.name,
        email: None,
        roles: new.role,
        teams: new.team,
        password,
    };
    let runtime = server::open(settings).await?;
    let done = runtime
        .submit(Request::by("system").act(user.added()))
        .await;
    runtime.stop().await;
    match done {
        Err(runtime::Error::Conflict { .. }) => Err(format!(
            "there is a user {:?} already; choose another name",
            user.name
        )),
        Err(problem) => Err(problem.to_string()),
        Ok(_) => {
            let roles: Vec<&str> = user.roles.iter().map(|role| role.word()).collect();
            say(format!("{} can sign in as {}", user.name, roles.join(", ")));
            Ok(())
        }
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let fits = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-_".contains(letter)
    };
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(format!(
            "{name:?} is no sign-in name; use lower-case letters, digits, dots and hyphens, at most {LONGEST_NAME}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_initials(display_name: &str, expected: &str) {
        let user = User {
            name: String::new(),
            display_name: display_name.into(),
            email: None,
            roles: vec![Role::Caseworker],
            teams: vec![],
            password: String::new(),
        };
        assert_eq!(user.initials(), expected);
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        check_initials("Grace Auma", "GA");
        check_initials("Ana Maria de Souza", "AS");
        check_initials("admin", "A");
        check_initials("", "");
    }

    #[test]
    fn a_sign_in_name_is_plain() {
        assert_eq!(check_name("grace.auma-2"), Ok(()));
        for wrong in ["", "Grace", "a b", "../x", "ü"] {
            assert!(
                check_name(wrong)
                    .unwrap_err()
                    .contains("is no sign-in name"),
                "{wrong}"
            );
        }
    }
}
