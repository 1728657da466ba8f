//! Saving a draft as one types: `POST /tasks/{key}/draft` with `If-Match: <version>`.
//!
//! The answer is JSON: `{"version": 4, "savedAt": "Draft saved 10:42. Kept if you sign out.", "fragments": {"field-x": "<div ..."}}`.
//! A fragment is the HTML of a field that looks different now; the script puts it in the place of the element of that id.

use super::{Opened, conflict, post};
use crate::csrf::Posted;
use crate::error::Error;
use crate::pages::view::saved_at;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use forms::Mode;
use serde_json::json;

pub(super) async fn save(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    let version = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok());
    let version: Option<i64> = version.and_then(|text| text.trim_matches('"').parse().ok());
    if !opened.is_editable_by(&user) || version != Some(opened.draft.version) {
        return Ok(refused(&user, &opened));
    }
    let answers = opened
        .draft
        .answers
        .clone()
        .merged_with(post::typed(&opened, &posted));
    let Some(version) = post::save(&state, &user, &opened, &answers).await? else {
        let now = Opened::load(&state, &user, &key).await?;
        return Ok(refused(&user, &now));
    };
    let before = opened.view(&opened.draft.answers, &[], Mode::Edit);
    let after = opened.view(&answers, &[], Mode::Edit);
    let fragments = before
        .zip(after)
        .map(|(before, after)| state.forms.fragments(&before, &after));
    let saved = format!(
        "{}. Kept if you sign out.",
        saved_at(opened.world.now, &opened.world)
    );
    let answer =
        json!({ "version": version, "savedAt": saved, "fragments": fragments.unwrap_or_default() });
    Ok(Json(answer).into_response())
}

/// 409: the script tells the person, and stops saving.
fn refused(user: &SignedIn, opened: &Opened) -> Response {
    (
        StatusCode::CONFLICT,
        Json(json!({ "message": conflict::told(user, opened) })),
    )
        .into_response()
}
