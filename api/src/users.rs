//! People who sign in. Kept as documents in the collection `users`, by sign-in name.

use crate::roles::Role;
use serde::{Deserialize, Serialize};

/// Somebody who can sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The sign-in name: lower case, also the assignee of tasks and the actor in histories.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// What the user may do; at least one.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_initials(display_name: &str, expected: &str) {
        let user = User {
            name: String::new(),
            display_name: display_name.into(),
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
}
