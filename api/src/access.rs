//! Who belongs to which group and role, and what they are given: what the JSON API calls groups, roles, memberships and
//! authorizations. Kept as documents, and remembered as a whole until one of them changes.

mod authorization;
mod member;
pub(crate) mod words;

use crate::error::Error;
use runtime::{Act, Expect, Put, Runtime};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{MAX_LIMIT, Query};
use tokio::sync::Mutex;

pub(crate) use authorization::{ANY, AUTHORIZATIONS, Authorization, BUILT_IN, Effect};
pub(crate) use member::{Container, MEMBERS, Member, MemberKind};

/// How many authorizations, and how many memberships, there may be: all of them are kept in memory.
pub(crate) const MOST: usize = 50_000;

/// The document whose revision rises with every change.
const CHANGES: (&str, &str) = ("access", "changes");

/// Everything that is given to anybody.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) members: BTreeSet<Member>,
}

/// The directory as it was read last, and the revision that it had.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<(i64, Arc<Directory>)>);

impl Remembered {
    /// The directory as it is now, also where another server has changed it a moment ago.
    pub(crate) async fn now(&self, runtime: &Runtime) -> Result<Arc<Directory>, Error> {
        let found = runtime.document(CHANGES.0, CHANGES.1).await?;
        let revision = found.map_or(0, |found| found.revision);
        let mut last = self.0.lock().await;
        // Whoever reads later than it looked sees more, never less.
        if last.0 < revision {
            *last = (revision, Arc::new(Directory::read(runtime).await?));
        }
        Ok(last.1.clone())
    }
}

impl Directory {
    async fn read(runtime: &Runtime) -> Result<Directory, Error> {
        Ok(Directory {
            authorizations: all(runtime, AUTHORIZATIONS).await?,
            members: all(runtime, MEMBERS).await?.into_iter().collect(),
        })
    }

    /// The groups and roles of somebody, together with those that they have already.
    pub(crate) fn belongings(
        &self,
        kind: MemberKind,
        name: &str,
        groups: &[String],
        roles: &[String],
    ) -> (BTreeSet<String>, BTreeSet<String>) {
        let direct = |container: Container| {
            let fits = move |member: &&Member| {
                member.of == container && member.kind == kind && member.member == name
            };
            self.members
                .iter()
                .filter(fits)
                .map(|member| member.container.clone())
        };
        let mut all_groups: BTreeSet<String> = groups.iter().cloned().collect();
        all_groups.extend(direct(Container::Group));
        let mut all_roles: BTreeSet<String> = roles.iter().cloned().collect();
        all_roles.extend(direct(Container::Role));
        let by_group = self.members.iter().filter(|member| {
            member.of == Container::Role
                && member.kind == MemberKind::Group
                && all_groups.contains(&member.member)
        });
        all_roles.extend(by_group.map(|member| member.container.clone()));
        (all_groups, all_roles)
    }
}

/// The act that makes everybody read the directory again; goes with every change of it.
pub(crate) fn changed() -> Act {
    Act::Put(Put {
        collection: CHANGES.0,
        id: CHANGES.1.into(),
        expect: Expect::Any,
        body: json!({}),
        fields: Vec::new(),
    })
}

/// All documents of a collection, page by page.
pub(crate) async fn all<T: DeserializeOwned>(
    runtime: &Runtime,
    collection: &str,
) -> Result<Vec<T>, Error> {
    let mut query = Query {
        limit: MAX_LIMIT,
        ..Query::all(collection)
    };
    let mut read = Vec::new();
    loop {
        let page = runtime.documents(&query).await?;
        let is_last = page.len() < MAX_LIMIT as usize;
        for document in page {
            let id = document.id;
            // What is not understood must not be taken for absent: it might forbid something.
            let one = serde_json::from_value(document.body).map_err(|problem| {
                Error::Bug(format!("{collection}/{id} cannot be read: {problem}"))
            })?;
            query.after = Some((id.clone(), id));
            read.push(one);
        }
        if is_last {
            return Ok(read);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_come_with_groups() {
        let member = |of, container: &str, kind, name: &str| Member {
            of,
            container: container.into(),
            kind,
            member: name.into(),
        };
        let directory = Directory {
            members: [
                member(Container::Group, "night", MemberKind::User, "grace"),
                member(Container::Group, "day", MemberKind::Client, "grace"),
                member(Container::Role, "auditor", MemberKind::Group, "night"),
                member(Container::Role, "clerk", MemberKind::Group, "day"),
                member(Container::Role, "reader", MemberKind::Group, "helpline"),
            ]
            .into(),
            ..Directory::default()
        };
        let own = ["helpline".to_owned()];
        let (groups, roles) = directory.belongings(MemberKind::User, "grace", &own, &[]);
        assert_eq!(groups, ["helpline".to_owned(), "night".to_owned()].into());
        assert_eq!(roles, ["auditor".to_owned(), "reader".to_owned()].into());
    }
}
