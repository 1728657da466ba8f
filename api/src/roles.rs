//! What a person may do: a user has one or more roles, and each route names the roles that may use it.

use crate::error::Error;
use crate::session::Viewer;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Works on cases.
    Caseworker,
    /// Works on cases, approves, and reassigns the tasks of a team.
    Supervisor,
    /// Deploys processes.
    Designer,
    /// Deploys processes and manages users.
    Administrator,
}

impl Role {
    /// Every role, in the order in which help texts name them.
    pub const ALL: [Role; 4] = [
        Role::Caseworker,
        Role::Supervisor,
        Role::Designer,
        Role::Administrator,
    ];

    /// The word on the command line and in stored users.
    pub fn word(self) -> &'static str {
        match self {
            Role::Caseworker => "caseworker",
            Role::Supervisor => "supervisor",
            Role::Designer => "designer",
            Role::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Role, String> {
        let known = Role::ALL.map(Role::word).join(", ");
        Role::ALL
            .into_iter()
            .find(|role| role.word() == word)
            .ok_or(format!("no role {word:?}; the roles are {known}"))
    }
}

/// Those who work on cases.
pub(crate) const CASE_WORK: &[Role] = &[Role::Caseworker, Role::Supervisor];
/// Those who lead a team.
pub(crate) const LEADING: &[Role] = &[Role::Supervisor];
/// Those who change what runs.
pub(crate) const DESIGN: &[Role] = &[Role::Designer, Role::Administrator];
/// Everybody who is signed in.
pub(crate) const ANYONE: &[Role] = &Role::ALL;

/// Guards every route of `router`: who is not signed in is sent to the sign-in page, who has none of `roles` is refused.
pub(crate) fn only<S: Clone + Send + Sync + 'static>(
    roles: &'static [Role],
    router: Router<S>,
) -> Router<S> {
    router.route_layer(from_fn(move |request: Request, next: Next| {
        guard(roles, request, next)
    }))
}

async fn guard(roles: &'static [Role], request: Request, next: Next) -> Result<Response, Error> {
    match request
        .extensions()
        .get::<Viewer>()
        .and_then(Viewer::signed_in)
    {
        None => Err(Error::sign_in_needed(&request)),
        Some(user) if user.has_any(roles) => Ok(next.run(request).await),
        Some(_) => Err(Error::Forbidden { needs: roles }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_by_its_word_and_an_unknown_one_names_the_known() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
        }
        let problem = "boss".parse::<Role>().expect_err("no such role");
        assert_eq!(
            problem,
            r#"no role "boss"; the roles are caseworker, supervisor, designer, administrator"#
        );
    }
}
