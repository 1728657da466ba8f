//! Users: the same people who sign in to the pages.

use crate::access::words::{CREATE, DELETE, READ, UPDATE, USER};
use crate::access::{self, Authorization, Member, MemberKind};
use crate::error::{Error, sentence};
use crate::passwords;
use crate::rest::Body;
use crate::rest::auth::Caller;
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::Search;
use crate::roles::Role;
use crate::session;
use crate::state::AppState;
use crate::users::{self, User};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use runtime::{Act, Expect, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

/// How many users are listed.
pub(super) const USERS_MAX: u32 = store::MAX_LIMIT;

pub(super) const USERS: Listing = Listing {
    things: "Users",
    fields: &[
        ("username", Kind::Text),
        ("name", Kind::Text),
        ("email", Kind::Text),
    ],
    key: "username",
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    username: String,
    password: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

/// `POST /v2/users`: somebody who can sign in, and has no role yet.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<(StatusCode, Json<Value>), Error> {
    caller.rights().need(USER, CREATE, &asked.username)?;
    users::check_name(&asked.username).map_err(invalid)?;
    let password = hashed(asked.password.unwrap_or_default()).await?;
    let user = User {
        display_name: filled(asked.name).unwrap_or_else(|| asked.username.clone()),
        name: asked.username,
        email: filled(asked.email),
        roles: Vec::new(),
        teams: Vec::new(),
        password,
    };
    let note = note("user-created", &user.name, None);
    let request = Request::by(&caller).act(user.added()).act(note);
    match state.runtime.submit(request).await {
        Err(runtime::Error::Conflict { .. }) => Err(Error::Conflict {
            message: format!("There is a user {} already.", user.name),
            way_out: "Choose another name.".into(),
        }),
        other => {
            other?;
            Ok((StatusCode::CREATED, Json(item(&user))))
        }
    }
}

/// `POST /v2/users/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let all = users::all(&state.runtime, USERS_MAX).await?;
    let seen = |user: &&User| caller.rights().may(USER, READ, &user.name);
    let items = all.iter().filter(seen).map(item).collect();
    Ok(USERS.select(items, &asked)?.answer(|item| item))
}

/// `GET /v2/users/{username}`: everybody may look at themselves.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, Error> {
    if !caller.is_user(&name) {
        caller.rights().need(USER, READ, &name)?;
    }
    let user = users::find(&state.runtime, &name).await?;
    Ok(Json(item(&user.ok_or_else(|| missing(&name))?)))
}

/// `PUT /v2/users/{username}`: what is absent is taken away, but the password. With a new password all sessions end.
pub(super) async fn update(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Error> {
    caller.rights().need(USER, UPDATE, &name)?;
    let (mut user, expect) = to_change(&state, &name).await?;
    user.display_name = filled(asked.name).unwrap_or_else(|| name.clone());
    user.email = filled(asked.email);
    let mut request = Request::by(&caller);
    let mut detail = None;
    if let Some(password) = filled(asked.password) {
        user.password = hashed(password).await?;
        request.acts = session::ended(&state.runtime, &name).await?;
        detail = Some("password".to_owned());
    }
    let request = request
        .act(user.put(expect))
        .act(note("user-changed", &name, detail));
    state.runtime.submit(request).await?;
    Ok(Json(item(&user)))
}

/// `DELETE /v2/users/{username}`: with tokens, sessions, memberships and authorizations.
pub(super) async fn remove(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Error> {
    caller.rights().need(USER, DELETE, &name)?;
    let (user, expect) = to_change(&state, &name).await?;
    keeps_an_administrator(&state, &user).await?;
    let mut request = Request::by(&caller);
    request.acts = users::removed(&state.runtime, &name, expect).await?;
    let directory = state.access.now(&state.runtime).await?;
    let is_member = |member: &&Member| member.kind == MemberKind::User && member.member == name;
    let is_owner = |one: &&Authorization| one.owner_type == "USER" && one.owner_id == name;
    let members = directory
        .members
        .iter()
        .filter(is_member)
        .map(Member::ended);
    let given = directory.authorizations.iter().filter(is_owner);
    request.acts.extend(members);
    request.acts.extend(given.map(Authorization::gone));
    request = request
        .act(access::changed())
        .act(note("user-deleted", &name, None));
    state.runtime.submit(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The user, and the revision that a change relies on.
pub(super) async fn to_change(state: &AppState, name: &str) -> Result<(User, Expect), Error> {
    let found = users::find_to_change(&state.runtime, name).await?;
    found.ok_or_else(|| missing(name))
}

/// Refuses to take away the last administrator: nobody could make another one but on the command line.
pub(super) async fn keeps_an_administrator(state: &AppState, leaving: &User) -> Result<(), Error> {
    let administers = |user: &User| user.roles.contains(&Role::Administrator);
    if !administers(leaving) {
        return Ok(());
    }
    let all = users::all(&state.runtime, USERS_MAX).await?;
    if all
        .iter()
        .any(|user| user.name != leaving.name && administers(user))
    {
        return Ok(());
    }
    Err(Error::Conflict {
        message: format!("{} is the last administrator.", leaving.name),
        way_out: "Make somebody else one before.".into(),
    })
}

/// A line in the audit trail about a user.
pub(super) fn note(action: &str, user: &str, detail: Option<String>) -> Act {
    Act::audit(action, format!("users/{user}"), detail)
}

pub(super) fn missing(name: &str) -> Error {
    Error::NotFound(format!("the user {name}"))
}

async fn hashed(password: String) -> Result<String, Error> {
    let hash = spawn_blocking(move || passwords::hash(&password)).await;
    hash.map_err(|_| Error::Bug("the hash of a password was not made".into()))?
        .map_err(invalid)
}

fn invalid(problem: String) -> Error {
    Error::Invalid(sentence(&problem))
}

pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn item(user: &User) -> Value {
    json!({ "username": user.name, "name": user.display_name, "email": user.email })
}
