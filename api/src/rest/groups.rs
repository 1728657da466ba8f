//! Groups and roles: two kinds of names that people and programs belong to. A group is what tasks are offered to: the team of a
//! user. A role is what authorizations are given to; the four that this program knows by itself can neither be made nor lost.

use crate::access::words::{CREATE, DELETE, READ, UPDATE};
use crate::access::{self, Authorization, Container, Member, MemberKind};
use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::Search;
use crate::rest::users::{USERS_MAX, filled};
use crate::roles::Role;
use crate::state::AppState;
use crate::users;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use runtime::{Act, Expect, Put, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The longest id, in letters.
const LONGEST_ID: usize = 256;

/// What the two kinds have of their own.
pub(super) trait Named: Send + Sync + 'static {
    /// The collection of documents.
    const COLLECTION: &'static str;
    /// The field with the id.
    const ID: &'static str;
    const CONTAINER: Container;
    const LISTING: Listing;
}

pub(super) struct Groups;
pub(super) struct Roles;

impl Named for Groups {
    const COLLECTION: &'static str = "groups";
    const ID: &'static str = "groupId";
    const CONTAINER: Container = Container::Group;
    const LISTING: Listing = Listing {
        things: "Groups",
        fields: &[("groupId", Kind::Text), ("name", Kind::Text)],
        key: "groupId",
    };
}

impl Named for Roles {
    const COLLECTION: &'static str = "roles";
    const ID: &'static str = "roleId";
    const CONTAINER: Container = Container::Role;
    const LISTING: Listing = Listing {
        things: "Roles",
        fields: &[("roleId", Kind::Text), ("name", Kind::Text)],
        key: "roleId",
    };
}

/// `/groups` and `/roles`.
pub(super) fn routes() -> Router<AppState> {
    of::<Groups>("/groups").merge(of::<Roles>("/roles"))
}

fn of<N: Named>(base: &str) -> Router<AppState> {
    Router::new()
        .route(base, post(create::<N>))
        .route(&format!("{base}/search"), post(search::<N>))
        .route(
            &format!("{base}/{{id}}"),
            get(one::<N>).put(update::<N>).delete(remove::<N>),
        )
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    #[serde(alias = "groupId", alias = "roleId")]
    id: String,
    name: Option<String>,
    description: Option<String>,
}

/// What is kept, by id.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    description: Option<String>,
}

impl Kept {
    /// One that was never described: its name is its id.
    fn plain(id: &str) -> Kept {
        Kept {
            name: id.to_owned(),
            description: None,
        }
    }

    fn item<N: Named>(&self, id: &str) -> Value {
        json!({ N::ID: id, "name": self.name, "description": self.description })
    }

    fn put<N: Named>(&self, id: &str, expect: Expect) -> Act {
        Act::Put(Put {
            collection: N::COLLECTION,
            id: id.to_owned(),
            expect,
            body: serde_json::to_value(self).expect("a name and its description are plain data"),
            fields: Vec::new(),
        })
    }
}

async fn create<N: Named>(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<(StatusCode, Json<Value>), Error> {
    caller
        .rights()
        .need(N::CONTAINER.resource(), CREATE, &asked.id)?;
    let id = asked.id;
    if id.trim().is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        let rule = format!("is a text of at most {LONGEST_ID} bytes");
        return Err(Error::Invalid(format!("{} {rule}.", N::ID)));
    }
    let name = filled(asked.name).ok_or_else(|| Error::Invalid("name is missing.".into()))?;
    let taken = || Error::Conflict {
        message: format!("There is a {} {id} already.", N::CONTAINER.word()),
        way_out: "Choose another id.".into(),
    };
    if is_built_in::<N>(&id) {
        return Err(taken());
    }
    let kept = Kept {
        name,
        description: filled(asked.description),
    };
    let act = kept.put::<N>(&id, Expect::Absent);
    let request = Request::by(&caller).act(act).act(note::<N>("created", &id));
    match state.runtime.submit(request).await {
        Err(runtime::Error::Conflict { .. }) => Err(taken()),
        other => {
            other?;
            Ok((StatusCode::CREATED, Json(kept.item::<N>(&id))))
        }
    }
}

async fn search<N: Named>(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let all = named::<N>(&state).await?;
    let seen = |(id, _): &(&String, &Kept)| caller.rights().may(N::CONTAINER.resource(), READ, id);
    let items = all.iter().filter(seen);
    let items = items.map(|(id, kept)| kept.item::<N>(id)).collect();
    Ok(N::LISTING.select(items, &asked)?.answer(|item| item))
}

async fn one<N: Named>(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    caller.rights().need(N::CONTAINER.resource(), READ, &id)?;
    let kept = existing::<N>(&state, &id).await?;
    Ok(Json(kept.item::<N>(&id)))
}

async fn update<N: Named>(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    caller.rights().need(N::CONTAINER.resource(), UPDATE, &id)?;
    existing::<N>(&state, &id).await?;
    let name = filled(asked.name).ok_or_else(|| Error::Invalid("name is missing.".into()))?;
    let kept = Kept {
        name,
        description: filled(asked.description),
    };
    let act = kept.put::<N>(&id, Expect::Any);
    let request = Request::by(&caller).act(act).act(note::<N>("changed", &id));
    state.runtime.submit(request).await?;
    Ok(Json(kept.item::<N>(&id)))
}

/// With all memberships, and what was given to it.
async fn remove<N: Named>(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    caller.rights().need(N::CONTAINER.resource(), DELETE, &id)?;
    existing::<N>(&state, &id).await?;
    if is_built_in::<N>(&id) {
        return Err(Error::Conflict {
            message: format!("The role {id} comes with the program."),
            way_out: "Take it away from those who have it.".into(),
        });
    }
    let mut request = Request::by(&caller).act(Act::Delete {
        collection: N::COLLECTION,
        id: id.clone(),
        expect: Expect::Any,
    });
    if N::CONTAINER == Container::Group {
        for user in users::of_team(&state.runtime, &id).await? {
            if let Some((mut user, expect)) =
                users::find_to_change(&state.runtime, &user.name).await?
            {
                user.teams.retain(|team| *team != id);
                request = request.act(user.put(expect));
            }
        }
    }
    let directory = state.access.now(&state.runtime).await?;
    let owner = N::CONTAINER.word().to_ascii_uppercase();
    let is_of = |member: &&Member| {
        let inside = member.of == N::CONTAINER && member.container == id;
        let of_group = N::CONTAINER == Container::Group && member.kind == MemberKind::Group;
        inside || (of_group && member.member == id)
    };
    let is_owner = |one: &&Authorization| one.owner_type == owner && one.owner_id == id;
    let members = directory.members.iter().filter(is_of).map(Member::ended);
    let given = directory.authorizations.iter().filter(is_owner);
    request.acts.extend(members);
    request.acts.extend(given.map(Authorization::gone));
    request = request
        .act(access::changed())
        .act(note::<N>("deleted", &id));
    state.runtime.submit(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All of a kind by id: those that were described, and those that somebody belongs to.
async fn named<N: Named>(state: &AppState) -> Result<BTreeMap<String, Kept>, Error> {
    let mut all = BTreeMap::new();
    match N::CONTAINER {
        Container::Group => {
            let users = users::all(&state.runtime, USERS_MAX).await?;
            let teams = users.into_iter().flat_map(|user| user.teams);
            let teams = teams.filter(|team| !team.is_empty());
            all.extend(teams.map(|team| (team.clone(), Kept::plain(&team))));
        }
        Container::Role => {
            let words = Role::ALL.map(Role::word);
            all.extend(words.map(|word| (word.to_owned(), Kept::plain(word))));
        }
    }
    let query = store::Query {
        limit: store::MAX_LIMIT,
        ..store::Query::all(N::COLLECTION)
    };
    for document in state.runtime.documents(&query).await? {
        if let Ok(kept) = serde_json::from_value(document.body) {
            all.insert(document.id, kept);
        }
    }
    Ok(all)
}

/// The one with this id.
async fn existing<N: Named>(state: &AppState, id: &str) -> Result<Kept, Error> {
    let found = state.runtime.document(N::COLLECTION, id).await?;
    if let Some(kept) = found.and_then(|found| serde_json::from_value(found.body).ok()) {
        return Ok(kept);
    }
    let is_there = match N::CONTAINER {
        Container::Group => !id.is_empty() && !users::of_team(&state.runtime, id).await?.is_empty(),
        Container::Role => is_built_in::<N>(id),
    };
    if is_there {
        return Ok(Kept::plain(id));
    }
    Err(Error::NotFound(format!("the {} {id}", N::CONTAINER.word())))
}

/// Whether there is a group or role with this id; its answer as the API gives it.
pub(super) async fn described(
    state: &AppState,
    container: Container,
    id: &str,
) -> Result<Value, Error> {
    Ok(match container {
        Container::Group => existing::<Groups>(state, id).await?.item::<Groups>(id),
        Container::Role => existing::<Roles>(state, id).await?.item::<Roles>(id),
    })
}

fn is_built_in<N: Named>(id: &str) -> bool {
    N::CONTAINER == Container::Role && id.parse::<Role>().is_ok()
}

fn note<N: Named>(action: &str, id: &str) -> Act {
    let word = N::CONTAINER.word();
    Act::audit(format!("{word}-{action}"), format!("{word}s/{id}"), None)
}
