//! The people who work here and their teams, as data. Accounts and passwords are made elsewhere.

use std::fmt;
use std::str::FromStr;

/// What a user may do. A user has one or more roles.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works on cases.
    Caseworker,
    /// Reviews and approves, sees the work of the team and reassigns it.
    Supervisor,
    /// Uploads pathways and reads their reports.
    Designer,
    /// Manages users and settings.
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

    /// The word on the command line, on pages and in stored users.
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
        let role = Role::ALL.into_iter().find(|role| role.word() == word);
        role.ok_or(format!("no role {word:?}; the roles are {known}"))
    }
}

/// A team: what a task is offered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Team {
    /// The candidate group that models name.
    pub id: &'static str,
    /// As people say it.
    pub name: &'static str,
}

/// Somebody who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The name to sign in with.
    pub id: &'static str,
    /// The full name.
    pub name: &'static str,
    /// What they may do.
    pub roles: &'static [Role],
    /// The teams whose tasks they see.
    pub teams: &'static [&'static str],
}

/// An organisation that is ready to be seeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Organisation {
    /// Its name.
    pub name: &'static str,
    /// The id of its working-day calendar.
    pub calendar: &'static str,
    /// Its teams.
    pub teams: &'static [Team],
    /// Its users.
    pub members: &'static [Member],
}

/// The demonstration organisation. It and everybody in it are invented.
pub const NAKAWA: Organisation = Organisation {
    name: "Nakawa Child and Family Services",
    calendar: "uganda",
    teams: &[
        Team {
            id: "helpline",
            name: "Helpline",
        },
        Team {
            id: "caseworkers",
            name: "Case workers",
        },
        Team {
            id: "supervisors",
            name: "Supervisors",
        },
        Team {
            id: "service-managers",
            name: "Service managers",
        },
        Team {
            id: "heads-of-service",
            name: "Heads of service",
        },
    ],
    members: &[
        Member {
            id: "grace",
            name: "Grace Auma",
            roles: &[Role::Caseworker],
            teams: &["caseworkers"],
        },
        Member {
            id: "joseph",
            name: "Joseph Okello",
            roles: &[Role::Caseworker],
            teams: &["caseworkers"],
        },
        Member {
            id: "helen",
            name: "Helen Adong",
            roles: &[Role::Caseworker],
            teams: &["helpline"],
        },
        Member {
            id: "ruth",
            name: "Ruth Namatovu",
            roles: &[Role::Supervisor],
            teams: &["supervisors", "service-managers", "heads-of-service"],
        },
        Member {
            id: "daniel",
            name: "Daniel Mugisha",
            roles: &[Role::Designer],
            teams: &[],
        },
        Member {
            id: "admin",
            name: "Amina Nansubuga",
            roles: &[Role::Administrator],
            teams: &[],
        },
    ],
};

/// The user of that id in the demonstration organisation.
pub fn member(id: &str) -> Option<&'static Member> {
    NAKAWA.members.iter().find(|member| member.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_belong_to_teams_that_exist() {
        for member in NAKAWA.members {
            for team in member.teams {
                assert!(NAKAWA.teams.iter().any(|known| known.id == *team), "{team}");
            }
        }
    }

    #[test]
    fn a_role_is_read_by_its_word_and_an_unknown_one_names_the_known() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
        }
        let problem = "boss".parse::<Role>().unwrap_err();
        assert_eq!(
            problem,
            r#"no role "boss"; the roles are caseworker, supervisor, designer, administrator"#
        );
    }

    #[test]
    fn every_role_is_held_by_somebody() {
        for role in Role::ALL {
            assert!(
                NAKAWA
                    .members
                    .iter()
                    .any(|member| member.roles.contains(&role)),
                "{role:?}"
            );
        }
    }
}
