//! Ours: API tokens. Everybody makes, sees and revokes their own; administrators those of all.

use crate::error::Error;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity};
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::Listing;
use crate::rest::search::{Search, Time};
use crate::roles::ADMINISTRATION;
use crate::state::AppState;
use crate::tokens::{self, LASTS_DAYS, LASTS_DAYS_MAX, LONGEST_NAME, PER_USER, Scope, Token};
use crate::users;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use runtime::Request;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const TOKENS: Listing = Listing {
    things: "Tokens",
    fields: &[
        ("tokenId", Kind::Text),
        ("name", Kind::Text),
        ("owner", Kind::Text),
        ("createdBy", Kind::Text),
        ("creationDate", Kind::Time),
        ("expiryDate", Kind::Time),
        ("lastUsedDate", Kind::Time),
    ],
    key: "tokenId",
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Asked {
    name: String,
    /// The caller, where absent.
    owner: Option<String>,
    scopes: Vec<String>,
    expiry_date: Option<Timestamp>,
}

/// `POST /v2/tokens`: 201 with the token, this once.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<(StatusCode, Json<Value>), Error> {
    let owner = asked.owner.as_deref().or(caller.user_name());
    let owner = owner.ok_or_else(|| {
        Error::Invalid("owner is missing: a program has no tokens of its own.".into())
    })?;
    if !caller.is_user(owner) && !caller.has_any(ADMINISTRATION) {
        return Err(Error::Forbidden {
            needs: ADMINISTRATION,
        });
    }
    let owner = users::find(&state.runtime, owner)
        .await?
        .ok_or_else(|| Error::NotFound(format!("the user {owner}")))?
        .name;
    let name = asked.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Error::Invalid(format!(
            "name says what the token is for, in at most {LONGEST_NAME} letters."
        )));
    }
    let scopes = scopes(&asked.scopes, &caller)?;
    let now = state.runtime.now();
    let expires_at = end(asked.expiry_date, now)?;
    if !tokens::has_room(&state.runtime, &owner).await? {
        return Err(Error::Conflict {
            message: format!("{owner} has {PER_USER} tokens already."),
            way_out: "Revoke one that nobody needs.".into(),
        });
    }
    let (token, text) = Token::new(name, &owner, &scopes, &caller, now, expires_at);
    submit(&state, &caller, token.added()).await?;
    let mut answer = item(&token);
    answer["token"] = json!(text);
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `POST /v2/tokens/search`: without the tokens themselves.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let owner = (!caller.has_any(ADMINISTRATION)).then_some(&*caller);
    let tokens = tokens::of(&state.runtime, owner).await?;
    let items = tokens.iter().filter(|token| is_seen(token, &caller));
    let items = items.map(item).collect();
    Ok(TOKENS.select(items, &asked)?.answer(|item| item))
}

/// `GET /v2/tokens/{tokenId}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    Ok(Json(item(&visible(&state, &caller, &id).await?)))
}

/// `DELETE /v2/tokens/{tokenId}`: it is worth nothing from now on.
pub(super) async fn revoke(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let token = visible(&state, &caller, &id).await?;
    submit(&state, &caller, token.revoked()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The token; for everybody but its owner and administrators there is none.
async fn visible(state: &AppState, caller: &Identity, id: &str) -> Result<Token, Error> {
    let found = tokens::find(&state.runtime, id).await?;
    found
        .filter(|token| is_seen(token, caller))
        .ok_or_else(|| Error::NotFound(format!("the token {id}")))
}

fn is_seen(token: &Token, caller: &Identity) -> bool {
    caller.is_user(&token.owner) || caller.has_any(ADMINISTRATION)
}

async fn submit(state: &AppState, caller: &Identity, acts: [runtime::Act; 2]) -> Result<(), Error> {
    let request = acts.into_iter().fold(Request::by(caller), Request::act);
    state.runtime.submit(request).await?;
    Ok(())
}

/// The scopes by their words. A token makes no token that may do more than itself.
fn scopes(words: &[String], caller: &Identity) -> Result<Vec<Scope>, Error> {
    let scopes: Vec<Scope> = words
        .iter()
        .map(|word| word.to_ascii_lowercase().parse())
        .collect::<Result<_, String>>()
        .map_err(|problem| Error::Invalid(format!("scopes: {problem}.")))?;
    if scopes.is_empty() {
        let known = Scope::ALL.map(Scope::word).join(", ");
        return Err(Error::Invalid(format!(
            "scopes is missing: some of {known}."
        )));
    }
    if let Some(own) = caller.scopes()
        && let Some(more) = scopes.iter().find(|scope| !own.contains(scope))
    {
        return Err(Error::NotAllowed(format!(
            "This token does not have the scope {more} and makes no token that has."
        )));
    }
    Ok(scopes)
}

fn end(asked: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Error> {
    let in_days = |days: i64| {
        let later = now.saturating_add(SignedDuration::from_hours(24 * days));
        later.unwrap_or(Timestamp::MAX)
    };
    let end = asked.unwrap_or(in_days(LASTS_DAYS));
    if end <= now || end > in_days(LASTS_DAYS_MAX) {
        return Err(Error::Invalid(format!(
            "expiryDate is a time within the next {LASTS_DAYS_MAX} days."
        )));
    }
    Ok(end)
}

fn item(token: &Token) -> Value {
    json!({
        "tokenId": token.id, "name": token.name, "owner": token.owner, "scopes": token.scopes,
        "creationDate": Time(token.created_at), "createdBy": token.created_by,
        "expiryDate": Time(token.expires_at), "lastUsedDate": token.used_at.map(Time),
    })
}
