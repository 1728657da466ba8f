//! Who the caller is; and what clients ask before they say so: whether the server can work, and under which licence.

use crate::error::Error;
use crate::health;
use crate::rest::TENANT;
use crate::rest::auth::{Caller, Identity, Kind};
use crate::roles::{ADMINISTRATION, CASE_WORK, OPERATING, Role};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// `GET /v2/authentication/me`
pub(super) async fn me(Caller(caller): Caller) -> Result<Json<Value>, Error> {
    let roles = match caller.kind() {
        Kind::Everybody => Vec::new(),
        Kind::User | Kind::Client => caller.role_words(),
    };
    Ok(Json(json!({
        "username": *caller, "displayName": caller.display_name(), "email": caller.email(),
        "authorizedComponents": components(&caller),
        "tenants": [{ "tenantId": TENANT, "name": "Default", "description": null }],
        "groups": caller.groups(), "roles": roles, "salesPlanType": null, "c8Links": {}, "canLogout": false,
    })))
}

/// Which of the pages that others know are for the caller, in their words.
fn components(caller: &Identity) -> Vec<&'static str> {
    if caller.kind() == Kind::Everybody {
        return vec!["*"];
    }
    let pages: [(&[Role], &str); 3] = [
        (CASE_WORK, "tasklist"),
        (OPERATING, "operate"),
        (ADMINISTRATION, "admin"),
    ];
    let own = pages.into_iter().filter(|(roles, _)| caller.has_any(roles));
    own.map(|(_, page)| page).collect()
}

/// `GET /v2/license`, for everybody: this program needs none.
pub(super) async fn license() -> Json<Value> {
    Json(json!({
        "validLicense": true, "licenseType": "open-source", "isCommercial": false, "expiresAt": null,
    }))
}

/// `GET /v2/status`, for everybody: 204 where a write goes through, else 503, as `/health/ready` says it.
pub(super) async fn status(State(state): State<AppState>) -> StatusCode {
    match health::looked(&state).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
