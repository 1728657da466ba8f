//! Who belongs to a group or role: users, programs and groups.
//!
//! The groups of a user, and those roles of a user that this program knows by itself, stand with the user, where the pages
//! look. Everything else is a membership of its own. A group cannot be given a role that this program knows by itself: the pages
//! would not know of it.

use crate::access::words::{GROUP, READ, UPDATE};
use crate::access::{self, Container, MOST, Member, MemberKind};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::filters::{Filters, Kind};
use crate::rest::groups::{Named, Roles, described};
use crate::rest::listing::Listing;
use crate::rest::search::Search;
use crate::rest::users::{USERS_MAX, keeps_an_administrator, to_change};
use crate::roles::Role;
use crate::state::AppState;
use crate::users::{self, User};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{post, put};
use runtime::{Act, Request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Memberships of one kind in one kind.
#[derive(Clone, Copy)]
struct Of {
    container: Container,
    kind: MemberKind,
    listing: &'static Listing,
}

const USERS: Listing = one_field(&[("username", Kind::Text)], "username");
const CLIENTS: Listing = one_field(&[("clientId", Kind::Text)], "clientId");
const GROUPS: Listing = one_field(&[("groupId", Kind::Text)], "groupId");

const fn one_field(fields: &'static [(&'static str, Kind)], key: &'static str) -> Listing {
    Listing {
        things: "Members",
        fields,
        key,
    }
}

/// `/groups/{id}/users` and the like.
pub(super) fn routes() -> Router<AppState> {
    use {Container as In, MemberKind as Kind};
    of("/groups/{id}/users", In::Group, Kind::User, &USERS)
        .merge(of(
            "/groups/{id}/clients",
            In::Group,
            Kind::Client,
            &CLIENTS,
        ))
        .merge(of("/roles/{id}/users", In::Role, Kind::User, &USERS))
        .merge(of("/roles/{id}/clients", In::Role, Kind::Client, &CLIENTS))
        .merge(of("/roles/{id}/groups", In::Role, Kind::Group, &GROUPS))
        .route("/groups/{id}/roles/search", post(roles_of_group))
}

fn of(
    base: &str,
    container: Container,
    kind: MemberKind,
    listing: &'static Listing,
) -> Router<AppState> {
    let of = Of {
        container,
        kind,
        listing,
    };
    let searched = move |state: State<AppState>, caller: Caller, path: Path<String>, body| {
        search(of, state, caller, path, body)
    };
    let added = move |state: State<AppState>, caller: Caller, path: Path<(String, String)>| {
        change(of, true, state, caller, path)
    };
    let ended = move |state: State<AppState>, caller: Caller, path: Path<(String, String)>| {
        change(of, false, state, caller, path)
    };
    Router::new()
        .route(&format!("{base}/search"), post(searched))
        .route(&format!("{base}/{{member}}"), put(added).delete(ended))
}

async fn search(
    of: Of,
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    caller.rights().need(of.container.resource(), READ, &id)?;
    described(&state, of.container, &id).await?;
    let members = of.members(&state, &id).await?;
    let items = members
        .into_iter()
        .map(|name| json!({ of.listing.key: name }));
    Ok(of
        .listing
        .select(items.collect(), &asked)?
        .answer(|item| item))
}

async fn change(
    of: Of,
    comes: bool,
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path((id, name)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    caller.rights().need(of.container.resource(), UPDATE, &id)?;
    described(&state, of.container, &id).await?;
    let member = Member {
        of: of.container,
        container: id,
        kind: of.kind,
        member: name,
    };
    let act = of.act(&state, &member, comes).await?;
    let (of_word, kind, word) = (of.container.word(), of.kind.word(), &member.member);
    let action = if comes {
        "member-added"
    } else {
        "member-removed"
    };
    let note = Act::audit(
        action,
        format!("{of_word}s/{}", member.container),
        Some(format!("{kind} {word}")),
    );
    let request = Request::by(&caller)
        .act(act)
        .act(access::changed())
        .act(note);
    state.runtime.submit(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v2/groups/{groupId}/roles/search`
async fn roles_of_group(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    caller.rights().need(GROUP, READ, &id)?;
    described(&state, Container::Group, &id).await?;
    let directory = state.access.now(&state.runtime).await?;
    let mut items: Vec<Value> = Vec::new();
    for member in &directory.members {
        let is_role = member.of == Container::Role && member.kind == MemberKind::Group;
        if is_role && member.member == id {
            items.push(described(&state, Container::Role, &member.container).await?);
        }
    }
    Ok(Roles::LISTING.select(items, &asked)?.answer(|item| item))
}

impl Of {
    /// Whether memberships of this kind stand with the user.
    fn is_of_user(self, id: &str) -> bool {
        match (self.kind, self.container) {
            (MemberKind::User, Container::Group) => true,
            (MemberKind::User, Container::Role) => id.parse::<Role>().is_ok(),
            (MemberKind::Client | MemberKind::Group, _) => false,
        }
    }

    fn has(self, user: &User, id: &str) -> bool {
        match self.container {
            Container::Group => user.teams.iter().any(|team| team == id),
            Container::Role => id.parse().is_ok_and(|role| user.roles.contains(&role)),
        }
    }

    async fn members(self, state: &AppState, id: &str) -> Result<BTreeSet<String>, Error> {
        let directory = state.access.now(&state.runtime).await?;
        let is_member = |member: &&Member| {
            member.of == self.container && member.kind == self.kind && member.container == id
        };
        let members = directory.members.iter().filter(is_member);
        let mut names: BTreeSet<String> = members.map(|member| member.member.clone()).collect();
        if self.is_of_user(id) {
            let users = users::all(&state.runtime, USERS_MAX).await?.into_iter();
            let has = users.filter(|user| self.has(user, id));
            names.extend(has.map(|user| user.name));
        }
        Ok(names)
    }

    /// What makes, or ends, the membership.
    async fn act(self, state: &AppState, member: &Member, comes: bool) -> Result<Act, Error> {
        let id = &member.container;
        if self.is_of_user(id) {
            return self.act_of_user(state, member, comes).await;
        }
        let directory = state.access.now(&state.runtime).await?;
        self.stands(member, directory.members.contains(member), comes)?;
        if !comes {
            return Ok(member.ended());
        }
        match self.kind {
            MemberKind::User => drop(to_change(state, &member.member).await?),
            MemberKind::Group => drop(described(state, Container::Group, &member.member).await?),
            MemberKind::Client => {}
        }
        if self.kind == MemberKind::Group && id.parse::<Role>().is_ok() {
            let rule =
                "is given to users and programs one by one, because the pages know users only";
            return Err(Error::Invalid(format!("The role {id} {rule}.")));
        }
        if directory.members.len() >= MOST {
            return Err(Error::Invalid(format!("There may be {MOST} memberships.")));
        }
        Ok(member.added())
    }

    async fn act_of_user(
        self,
        state: &AppState,
        member: &Member,
        comes: bool,
    ) -> Result<Act, Error> {
        let id = &member.container;
        let (mut user, expect) = to_change(state, &member.member).await?;
        self.stands(member, self.has(&user, id), comes)?;
        match (self.container, id.parse::<Role>()) {
            (Container::Role, Ok(Role::Administrator)) if !comes => {
                keeps_an_administrator(state, &user).await?;
                user.roles.retain(|role| *role != Role::Administrator);
            }
            (Container::Role, Ok(role)) if comes => user.roles.push(role),
            (Container::Role, Ok(role)) => user.roles.retain(|own| *own != role),
            (Container::Role, Err(_)) => {}
            (Container::Group, _) if comes => user.teams.push(id.clone()),
            (Container::Group, _) => user.teams.retain(|team| team != id),
        }
        Ok(user.put(expect))
    }

    /// Refuses to add who is there, and to take away who is not.
    fn stands(self, member: &Member, is_there: bool, comes: bool) -> Result<(), Error> {
        let (kind, name) = (self.kind.word(), &member.member);
        let (of, id) = (self.container.word(), &member.container);
        match (comes, is_there) {
            (true, true) => Err(Error::Conflict {
                message: format!("The {kind} {name} has the {of} {id} already."),
                way_out: "Nothing was changed.".into(),
            }),
            (false, false) => Err(Error::NotFound(format!(
                "the {kind} {name} in the {of} {id}"
            ))),
            (true, false) | (false, true) => Ok(()),
        }
    }
}
