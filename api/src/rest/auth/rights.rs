//! What a caller may do. Handlers ask here, and nowhere else:
//!
//! - [`Rights::may`] for one thing of a kind, [`Rights::need`] where a refusal is the answer;
//! - searches, in the query;
//!
//! What is denied stays denied, whatever permits it.

use crate::access::{ANY, Authorization, Directory, Effect, built_in};
use crate::error::Error;
use std::collections::BTreeSet;

/// What a caller is permitted and denied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rights {
    /// The API is open: nobody is asked for anything.
    everything: bool,
    own: Vec<Authorization>,
}

impl Rights {
    pub(super) fn everything() -> Rights {
        Rights {
            everything: true,
            own: Vec::new(),
        }
    }

    /// What belongs to somebody with these groups and roles; `kind` is `USER` or `CLIENT`.
    pub(super) fn of(
        directory: &Directory,
        kind: &str,
        name: &str,
        groups: &BTreeSet<String>,
        roles: &BTreeSet<String>,
    ) -> Rights {
        let is_own = |one: &Authorization| match one.owner_type.as_str() {
            "GROUP" => groups.contains(&one.owner_id),
            "ROLE" => roles.contains(&one.owner_id),
            other => other == kind && one.owner_id == name,
        };
        let given = directory.authorizations.iter().cloned();
        let own = built_in().into_iter().chain(given).filter(is_own).collect();
        Rights {
            everything: false,
            own,
        }
    }

    /// All of them, for who asks what they are.
    pub(crate) fn all(&self) -> &[Authorization] {
        &self.own
    }

    /// Whether something is permitted with this thing, wherever it is.
    pub(crate) fn may(&self, resource: &str, permission: &str, id: &str) -> bool {
        if self.everything {
            return true;
        }
        let about = || {
            let fits = |one: &&Authorization| one.resource_id == ANY || one.resource_id == id;
            let own = self.own.iter().filter(fits);
            own.filter(|one| one.is_about(resource, &[permission]))
        };
        about().all(|one| one.effect == Effect::Allow) && about().any(|one| !one.own_cases)
    }

    /// Refuses what is not permitted with this thing.
    pub(crate) fn need(&self, resource: &str, permission: &str, id: &str) -> Result<(), Error> {
        if self.may(resource, permission, id) {
            return Ok(());
        }
        Err(refused(resource, permission, id))
    }
}

fn refused(resource: &str, permission: &str, id: &str) -> Error {
    Error::NotAllowed(format!(
        "You have no authorization for {permission} with {resource} {id}."
    ))
}
