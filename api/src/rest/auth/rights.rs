//! What a caller may do. Handlers ask here, and nowhere else:
//!
//! - [`Rights::may`] for one thing of a kind, [`Rights::need`] where a refusal is the answer;
//! - [`sight`] for searches: it goes into the query, so that pages are full and totals right;
//! - [`check`] for one process instance, or what was born in it, before it is answered or changed; [`among`] for some.
//!
//! What is denied stays denied, whatever permits it. What is not the caller's case is not there for them: 404.

use super::{Identity, Kind};
use crate::access::words::{
    PROCESS_DEFINITION, READ_PROCESS_DEFINITION, READ_PROCESS_INSTANCE, UPDATE_PROCESS_INSTANCE,
    WORK_ON_JOBS,
};
use crate::access::{ANY, Authorization, BUILT_IN, Directory, Effect};
use crate::error::Error;
use crate::state::AppState;
use bpmn::Key;
use processes::cases;
use serde_json::Value;
use std::collections::BTreeSet;
use store::search::{Condition, Operand, Part, Search, Test};
use store::{Ids, Instance, Sight, Viewer};

/// What workers need.
const JOBS: &[&str] = &[WORK_ON_JOBS, UPDATE_PROCESS_INSTANCE];

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
        let all = BUILT_IN.iter().chain(&directory.authorizations);
        Rights {
            everything: false,
            own: all.filter(|one| is_own(one)).cloned().collect(),
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
        let mut about = self.about(resource, permission, id);
        about.any(|one| !one.own_cases) && !self.denies(resource, permission, id)
    }

    /// Whether something is denied with this thing: then it is not the caller's to do even with their own.
    pub(crate) fn denies(&self, resource: &str, permission: &str, id: &str) -> bool {
        let mut about = self.about(resource, permission, id);
        about.any(|one| one.effect == Effect::Deny)
    }

    fn about(
        &self,
        resource: &str,
        permission: &str,
        id: &str,
    ) -> impl Iterator<Item = &Authorization> {
        self.own.iter().filter(move |one| {
            (one.resource_id == ANY || one.resource_id == id)
                && one.is_about(resource, &[permission])
        })
    }

    /// What may be seen, or done, with things of a kind; `None` where it is everything. One of the permissions is enough.
    fn reach(&self, resource: &str, permissions: &[&str]) -> Option<Sight> {
        if self.everything {
            return None;
        }
        let mut reach = Sight::default();
        let mut is_denied = false;
        for one in self
            .own
            .iter()
            .filter(|one| one.is_about(resource, permissions))
        {
            let is_any = one.resource_id == ANY;
            match (one.effect, one.own_cases) {
                (Effect::Deny, _) if is_any => is_denied = true,
                (Effect::Deny, _) => reach.none.push(one.resource_id.clone()),
                (Effect::Allow, true) => add(&mut reach.own, one),
                (Effect::Allow, false) => add(&mut reach.whole, one),
            }
        }
        if is_denied {
            return Some(Sight::default());
        }
        (reach.whole != Ids::All || !reach.none.is_empty()).then_some(reach)
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

fn add(to: &mut Ids, one: &Authorization) {
    match to {
        Ids::All => {}
        Ids::These(_) if one.resource_id == ANY => *to = Ids::All,
        Ids::These(ids) => ids.push(one.resource_id.clone()),
    }
}

/// What a search may show the caller of things of a kind; everything where it is `None`.
pub(crate) async fn sight(
    state: &AppState,
    caller: &Identity,
    resource: &str,
    permissions: &[&str],
) -> Result<Option<Sight>, Error> {
    let Some(mut sight) = caller.rights().reach(resource, permissions) else {
        return Ok(None);
    };
    if !sight.own.is_empty() {
        sight.viewer = viewer(state, caller).await?;
    }
    Ok(Some(sight))
}

/// What a search may show of process instances and of what belongs to them.
pub(crate) async fn sight_of_instances(
    state: &AppState,
    caller: &Identity,
) -> Result<Option<Sight>, Error> {
    sight(state, caller, PROCESS_DEFINITION, &[READ_PROCESS_INSTANCE]).await
}

/// Whose cases the caller sees. A program has no tasks of its own, even if its name is a user's.
async fn viewer(state: &AppState, caller: &Identity) -> Result<Viewer, Error> {
    let groups = caller.groups().to_vec();
    Ok(match caller.kind() {
        Kind::Everybody | Kind::Client => Viewer {
            groups,
            ..Viewer::default()
        },
        Kind::User => Viewer {
            user: caller.to_string(),
            groups,
            cases: cases::of_worker(&state.runtime, caller)
                .await?
                .into_iter()
                .map(|case| case.reference)
                .collect(),
        },
    })
}

/// Refuses what the caller may not do with an instance, or with what was born in it; `what` names it for who may not see it.
/// That there is no such instance is not said here.
pub(crate) async fn check(
    state: &AppState,
    caller: &Identity,
    permissions: &[&str],
    key: Key,
    what: &str,
) -> Result<(), Error> {
    let Some(reach) = sight(state, caller, PROCESS_DEFINITION, permissions).await? else {
        return Ok(());
    };
    let refused = |id: &str| refused(PROCESS_DEFINITION, &permissions.join(" or "), id);
    if reach.whole.is_empty() && reach.own.is_empty() {
        return Err(refused(ANY));
    }
    let instance = key.instance();
    let Some(found) = state.runtime.instance(instance).await? else {
        return Ok(());
    };
    let id = &*found.process_id;
    let is_whole = reach.whole.has(id);
    if reach.none.iter().any(|one| one == id) || !(is_whole || reach.own.has(id)) {
        return Err(refused(id));
    }
    if is_whole || !those(state, reach, [instance].into()).await?.is_empty() {
        return Ok(());
    }
    Err(Error::NotFound(what.to_owned()))
}

/// Refuses workers who may not have every job: what a queue gives is not chosen by process.
pub(crate) async fn works_on_all_jobs(state: &AppState, caller: &Identity) -> Result<(), Error> {
    match sight(state, caller, PROCESS_DEFINITION, JOBS).await? {
        None => Ok(()),
        Some(_) => Err(refused(PROCESS_DEFINITION, UPDATE_PROCESS_INSTANCE, ANY)),
    }
}

/// Refuses what the caller may not do with a job.
pub(crate) async fn works_on(state: &AppState, caller: &Identity, job: Key) -> Result<(), Error> {
    check(state, caller, JOBS, job, &format!("the job {job}")).await
}

/// Whether something that names its process, in JSON, may be shown.
pub(crate) fn may_read_definition(rights: &Rights, id: &Value) -> bool {
    let id = id.as_str().unwrap_or_default();
    rights.may(PROCESS_DEFINITION, READ_PROCESS_DEFINITION, id)
}

/// Those of these instances that the caller may read.
pub(crate) async fn among(
    state: &AppState,
    caller: &Identity,
    instances: BTreeSet<Key>,
) -> Result<BTreeSet<Key>, Error> {
    match sight_of_instances(state, caller).await? {
        None => Ok(instances),
        Some(sight) => those(state, sight, instances).await,
    }
}

async fn those(
    state: &AppState,
    sight: Sight,
    instances: BTreeSet<Key>,
) -> Result<BTreeSet<Key>, Error> {
    let keys = instances.into_iter().map(|key| Operand::Number(key.into()));
    let search = Search {
        all: vec![Condition {
            column: "key",
            test: Test::In(keys.collect()),
        }],
        any: Vec::new(),
        sight: Some(sight),
        order: Vec::new(),
        part: Part::From(0),
        limit: store::MAX_LIMIT,
    };
    let found = state.runtime.search::<Instance>(&search).await?;
    Ok(found.rows.iter().map(|row| row.key).collect())
}
