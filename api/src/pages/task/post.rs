//! What the buttons of a task's page do: claim, save, rows, go on to checking.

use super::{Opened, conflict, show};
use crate::csrf::Posted;
use crate::error::Error;
use crate::pages::access::may_claim;
use crate::pages::{drafts, inbox};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::Rejection;
use forms::{Action, Answers};
use runtime::Outcome;

/// What the buttons send that lead to an escalation, before the id of its event.
const ESCALATE: &str = "escalate:";

/// `POST /tasks/{key}`
pub(super) async fn post(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    let action = Action::of(&posted.0);
    if action == Action::Other("claim".into()) {
        return claim(&state, &user, &opened).await;
    }
    let typed = typed(&opened, &posted);
    let stale = posted
        .get("version")
        .and_then(|version| version.parse().ok())
        != Some(opened.draft.version);
    if !opened.is_editable_by(&user) || stale {
        return conflict::page(&state, &user, &opened, &typed, &posted);
    }
    let mut answers = opened.draft.answers.clone().merged_with(typed.clone());
    let row = opened.form.as_ref().is_some_and(|form| {
        form.act(
            &action,
            &mut answers,
            &opened.variables,
            &opened.environment,
        )
    });
    if save(&state, &user, &opened, &answers, None)
        .await?
        .is_none()
    {
        let now = Opened::load(&state, &user, &key).await?;
        return conflict::page(&state, &user, &now, &typed, &posted);
    }
    let href = opened.href();
    let errors = match &action {
        Action::AddRow { list } | Action::RemoveRow { list, .. } if row => {
            return Ok(Redirect::to(&format!("{href}#field-{list}")).into_response());
        }
        Action::Other(name) if name == "check" => show::errors(&opened, &answers),
        Action::Other(name) if name.starts_with(ESCALATE) => {
            let event = name.trim_start_matches(ESCALATE);
            return Ok(Redirect::to(&format!("{href}/escalations/{event}")).into_response());
        }
        Action::Other(name) if name == "update" => return Ok(Redirect::to(&href).into_response()),
        Action::AddRow { .. } | Action::RemoveRow { .. } | Action::Other(_) => {
            return Ok(Redirect::to(&format!("{href}?saved=yes")).into_response());
        }
    };
    let next = if errors.is_empty() {
        format!("{href}/check")
    } else {
        format!("{href}?check=yes")
    };
    Ok(Redirect::to(&next).into_response())
}

/// What the page sent, as it was typed.
pub(super) fn typed(opened: &Opened, posted: &Posted) -> Answers {
    opened
        .form
        .as_ref()
        .map(|form| form.parse_post(&posted.0))
        .unwrap_or_default()
}

/// Saves the draft and answers its new version; nothing, where somebody else has saved it meanwhile.
pub(super) async fn save(
    state: &AppState,
    user: &SignedIn,
    opened: &Opened,
    answers: &Answers,
    by_page: Option<drafts::Save>,
) -> Result<Option<i64>, Error> {
    let version = opened.draft.version;
    let act = drafts::save(opened.task.key, answers, &user.name, version, by_page);
    match state.submit(user, vec![act]).await {
        Ok(answer) => Ok(answer.outcomes.iter().find_map(|outcome| {
            if let Outcome::Put { revision } = outcome {
                Some(*revision)
            } else {
                None
            }
        })),
        Err(Error::Runtime(runtime::Error::Conflict { .. })) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn claim(state: &AppState, user: &SignedIn, opened: &Opened) -> Result<Response, Error> {
    let href = opened.href();
    if !may_claim(user, &opened.task) {
        // The page says who has it, or that it is done.
        return Ok(Redirect::to(&href).into_response());
    }
    match inbox::take(state, user, &opened.task).await {
        Ok(()) => Ok(Redirect::to(&format!("{href}?claimed=yes")).into_response()),
        Err(Error::Runtime(runtime::Error::Rejected(
            Rejection::TaskAlreadyAssigned { .. }
            | Rejection::TaskWaits { .. }
            | Rejection::NoSuchTask { .. },
        ))) => Ok(Redirect::to(&href).into_response()),
        Err(other) => Err(other),
    }
}
