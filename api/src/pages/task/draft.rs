//! Saving a draft as one types: `POST /tasks/{key}/draft` with `If-Match: <version>` and `X-Draft-Save: <page> <number>`.
//!
//! The answer is JSON: `{"version": 4, "savedAt": "Draft saved 10:42. Kept if you sign out.", "fragments": {"field-x": "<div ..."}}`.
//! A fragment is the HTML of a field that looks different now; the script puts it in the place of the element of that id.

use super::{Opened, conflict, post};
use crate::csrf::Posted;
use crate::error::Error;
use crate::pages::drafts::{Draft, Save};
use crate::pages::view::saved_at;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use forms::Mode;
use serde_json::json;
use std::collections::BTreeMap;

/// Names which of the saves of which open page this is.
const SAVE: &str = "x-draft-save";
/// HTML of fields by the id of the element that it replaces.
type Fragments = BTreeMap<String, String>;

/// How often a save is tried when another of the same page gets in between.
const TRIES: usize = 3;

pub(super) async fn save(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Error> {
    let asked = Asked::read(&headers);
    for _ in 0..TRIES {
        let opened = Opened::load(&state, &user, &key).await?;
        if !opened.is_editable_by(&user) {
            return Ok(refused(&user, &opened));
        }
        match asked.against(&opened.draft) {
            Standing::Stale => return Ok(refused(&user, &opened)),
            Standing::Overtaken => {
                return Ok(saved(&opened, opened.draft.version, Fragments::new()));
            }
            Standing::Next => {}
        }
        let answers = opened
            .draft
            .answers
            .clone()
            .merged_with(post::typed(&opened, &posted));
        let by_page = asked.save.clone();
        if let Some(version) = post::save(&state, &user, &opened, &answers, by_page).await? {
            let before = opened.view(&opened.draft.answers, &[], Mode::Edit);
            let after = opened.view(&answers, &[], Mode::Edit);
            let changed = before
                .zip(after)
                .map(|(before, after)| state.forms.fragments(&before, &after));
            return Ok(saved(&opened, version, changed.unwrap_or_default()));
        }
    }
    let now = Opened::load(&state, &user, &key).await?;
    Ok(refused(&user, &now))
}

/// What the page knows of the draft.
struct Asked {
    version: Option<i64>,
    save: Option<Save>,
}

/// Where a save stands to the draft as it is.
enum Standing {
    /// It is made from this draft, or follows an earlier save of the same page.
    Next,
    /// A later save of the same page was quicker, and has it all.
    Overtaken,
    /// Somebody else, or another page, has written since.
    Stale,
}

impl Asked {
    fn read(headers: &HeaderMap) -> Asked {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let version = text(header::IF_MATCH.as_str());
        Asked {
            version: version.and_then(|text| text.trim_matches('"').parse().ok()),
            save: text(SAVE).and_then(Save::read),
        }
    }

    fn against(&self, draft: &Draft) -> Standing {
        if self.version == Some(draft.version) {
            return Standing::Next;
        }
        match self.save.as_ref().zip(draft.save.as_ref()) {
            Some((this, last)) if this.follows(last) => Standing::Next,
            Some((this, last)) if last.follows(this) => Standing::Overtaken,
            Some(_) | None => Standing::Stale,
        }
    }
}

fn saved(opened: &Opened, version: i64, fragments: Fragments) -> Response {
    let saved = format!(
        "{}. Kept if you sign out.",
        saved_at(opened.world.now, &opened.world)
    );
    Json(json!({ "version": version, "savedAt": saved, "fragments": fragments })).into_response()
}

/// 409: the script tells the person, and stops saving.
fn refused(user: &SignedIn, opened: &Opened) -> Response {
    (
        StatusCode::CONFLICT,
        Json(json!({ "message": conflict::told(user, opened) })),
    )
        .into_response()
}
