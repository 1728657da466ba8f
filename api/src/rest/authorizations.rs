//! Authorizations: who is permitted what. Ours: with `"effect": "DENY"` one denies, and outweighs all that permit.

use crate::access::words::{
    AUTHORIZATION, CREATE, DELETE, OWNERS, PERMISSIONS, READ, RESOURCES, UPDATE, known,
};
use crate::access::{self, ANY, Authorization, BUILT_IN, Container, Effect, MOST};
use crate::error::Error;
use crate::random;
use crate::rest::Body;
use crate::rest::auth::{Caller, Identity, Kind as CallerKind};
use crate::rest::filters::{Filters, Kind};
use crate::rest::groups::described;
use crate::rest::listing::{Listing, Page};
use crate::rest::search::{self, Found, Search};
use crate::rest::users::to_change;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use runtime::{Act, Expect, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) const LISTING: Listing = Listing {
    things: "Authorizations",
    fields: &[
        ("authorizationKey", Kind::Key),
        ("ownerId", Kind::Text),
        ("ownerType", Kind::Text),
        ("resourceId", Kind::Text),
        ("resourcePropertyName", Kind::Text),
        ("resourceType", Kind::Text),
    ],
    key: "authorizationKey",
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Asked {
    owner_id: String,
    owner_type: String,
    resource_id: Option<String>,
    resource_property_name: Option<String>,
    resource_type: String,
    permission_types: Vec<String>,
    effect: Option<String>,
}

/// `POST /v2/authorizations`
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Asked>,
) -> Result<(StatusCode, Json<Value>), Error> {
    caller.rights().need(AUTHORIZATION, CREATE, ANY)?;
    let directory = state.access.now(&state.runtime).await?;
    if directory.authorizations.len() >= MOST {
        return Err(Error::Invalid(format!(
            "There may be {MOST} authorizations."
        )));
    }
    let one = understood(&state, asked, new_key()).await?;
    write(
        &state,
        &caller,
        one.put(Expect::Absent),
        "authorization-created",
        &one,
    )
    .await?;
    let answer = json!({ "authorizationKey": one.key.to_string() });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `PUT /v2/authorizations/{authorizationKey}`
pub(super) async fn update(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, Error> {
    caller.rights().need(AUTHORIZATION, UPDATE, &key)?;
    let before = changeable(&state, &key).await?;
    let one = understood(&state, asked, before.key).await?;
    write(
        &state,
        &caller,
        one.put(Expect::Any),
        "authorization-changed",
        &one,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v2/authorizations/{authorizationKey}`
pub(super) async fn remove(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<StatusCode, Error> {
    caller.rights().need(AUTHORIZATION, DELETE, &key)?;
    let one = changeable(&state, &key).await?;
    write(&state, &caller, one.gone(), "authorization-deleted", &one).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v2/authorizations/{authorizationKey}`
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    caller.rights().need(AUTHORIZATION, READ, &key)?;
    let number = i64::from(search::key(&key)?);
    let all = everything(&state).await?;
    let one = all.iter().find(|one| one.key == number);
    Ok(Json(item(one.ok_or_else(|| missing(&key))?)))
}

/// `POST /v2/authorizations/search`: also those that come with the roles of this program.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let all = everything(&state).await?;
    let rights = caller.rights();
    let seen = |one: &&Authorization| rights.may(AUTHORIZATION, READ, &one.key.to_string());
    Ok(select(all.iter().filter(seen), asked)?.answer(|item| item))
}

/// What the caller has, and whether that is asked for at all.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Own {
    #[serde(flatten)]
    found: Found<Value>,
    authorizations_enabled: bool,
}

/// `POST /v2/authentication/me/authorizations/search`: those that the caller has, directly, by group or by role.
pub(super) async fn own(
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Json<Own>, Error> {
    let page = select(caller.rights().all().iter(), asked)?;
    Ok(Json(Own {
        found: page.found(|item| item),
        authorizations_enabled: caller.kind() != CallerKind::Everybody,
    }))
}

/// Those that were made, and those that come with the program.
async fn everything(state: &AppState) -> Result<Vec<Authorization>, Error> {
    let directory = state.access.now(&state.runtime).await?;
    let given = directory.authorizations.iter();
    Ok(BUILT_IN.iter().chain(given).cloned().collect())
}

fn select<'a>(
    all: impl Iterator<Item = &'a Authorization>,
    mut asked: Search<Filters>,
) -> Result<Page, Error> {
    // Two filters are lists of values, under names in the plural.
    if let Some(filter) = &mut asked.filter {
        for (many, one) in [
            ("resourceIds", "resourceId"),
            ("resourcePropertyNames", "resourcePropertyName"),
        ] {
            if let Some(values) = filter.remove(many).filter(|values| !values.is_null()) {
                filter.insert(one.into(), json!({ "$in": values }));
            }
        }
    }
    LISTING.select(all.map(item).collect(), &asked)
}

/// The one with this key, if it was made by somebody.
async fn changeable(state: &AppState, key: &str) -> Result<Authorization, Error> {
    let number = i64::from(search::key(key)?);
    if BUILT_IN.iter().any(|one| one.key == number) {
        return Err(Error::NotAllowed(
            "This authorization comes with the program; deny what it permits instead.".into(),
        ));
    }
    let directory = state.access.now(&state.runtime).await?;
    let found = directory
        .authorizations
        .iter()
        .find(|one| one.key == number);
    found.cloned().ok_or_else(|| missing(key))
}

/// What was asked for, if every word of it is known and the owner is there.
async fn understood(state: &AppState, asked: Asked, key: i64) -> Result<Authorization, Error> {
    if asked.resource_property_name.is_some() {
        let rule = "authorizations by property are not known here; give resourceId, or * for all";
        return Err(Error::Invalid(format!("resourcePropertyName: {rule}.")));
    }
    let word = |list: &'static [&'static str], word: &str, field: &str| {
        let unknown =
            || Error::Invalid(format!("{field} {word:?} is none of {}.", list.join(", ")));
        known(list, word).ok_or_else(unknown)
    };
    let owner_type = word(OWNERS, &asked.owner_type, "ownerType")?;
    let resource_type = word(RESOURCES, &asked.resource_type, "resourceType")?;
    let permissions = asked.permission_types.iter();
    let permissions: Vec<String> = permissions
        .map(|one| word(PERMISSIONS, one, "permissionTypes").map(str::to_owned))
        .collect::<Result<_, Error>>()?;
    if permissions.is_empty() {
        return Err(Error::Invalid("permissionTypes is missing.".into()));
    }
    let resource_id = asked.resource_id.filter(|id| !id.is_empty());
    let resource_id = resource_id
        .ok_or_else(|| Error::Invalid("resourceId is missing: an id, or * for all.".into()))?;
    let effect = match asked
        .effect
        .as_deref()
        .map(str::to_ascii_uppercase)
        .as_deref()
    {
        None | Some("ALLOW") => Effect::Allow,
        Some("DENY") => Effect::Deny,
        Some(_) => return Err(Error::Invalid("effect is ALLOW or DENY.".into())),
    };
    match owner_type {
        "USER" => drop(to_change(state, &asked.owner_id).await?),
        "GROUP" => drop(described(state, Container::Group, &asked.owner_id).await?),
        "ROLE" => drop(described(state, Container::Role, &asked.owner_id).await?),
        _ if asked.owner_id.is_empty() => {
            return Err(Error::Invalid("ownerId is missing.".into()));
        }
        _ => {}
    }
    Ok(Authorization {
        key,
        owner_type: owner_type.into(),
        owner_id: asked.owner_id,
        resource_type: resource_type.into(),
        resource_id,
        permissions,
        effect,
        own_cases: false,
    })
}

async fn write(
    state: &AppState,
    caller: &Identity,
    act: Act,
    action: &str,
    one: &Authorization,
) -> Result<(), Error> {
    let note = Act::audit(
        action,
        format!("authorizations/{}", one.key),
        Some(one.in_words()),
    );
    let request = Request::by(caller)
        .act(act)
        .act(access::changed())
        .act(note);
    state.runtime.submit(request).await?;
    Ok(())
}

/// A number that no other authorization has: those are made seldom, and 62 bits are many.
fn new_key() -> i64 {
    i64::from_be_bytes(random::bytes()) & (i64::MAX >> 1) | (1 << 40)
}

fn missing(key: &str) -> Error {
    Error::NotFound(format!("the authorization {key}"))
}

fn item(one: &Authorization) -> Value {
    let mut item = json!({
        "ownerId": one.owner_id, "ownerType": one.owner_type, "resourceType": one.resource_type,
        "resourceId": one.resource_id, "resourcePropertyName": null,
        "permissionTypes": permissions(one), "authorizationKey": one.key.to_string(),
    });
    if one.effect == Effect::Deny {
        item["effect"] = json!("DENY");
    }
    item
}

/// In the words of the API, which knows no word for all of them and none of ours.
fn permissions(one: &Authorization) -> Vec<&str> {
    let own = |word: &&str| one.permissions.iter().any(|own| own == word || own == ANY);
    PERMISSIONS.iter().copied().filter(own).collect()
}
