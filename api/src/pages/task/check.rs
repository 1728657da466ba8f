//! The answers in words before the step is completed, and completing it.

use super::{Opened, conflict, show, side, suggested};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::drafts;
use crate::pages::view::Stage;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{Command, Rejection};
use feel::Context;
use forms::{Answers, Mode};
use runtime::Act;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    heading: String,
    href: String,
    stages: Vec<Stage>,
    outcome: Option<String>,
    version: i64,
    saved_text: String,
    form: String,
    #[serde(flatten)]
    side: side::Side,
}

/// `GET /tasks/{key}/check`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    if !opened.is_editable_by(&user) {
        return Ok(Redirect::to(&opened.href()).into_response());
    }
    if !show::errors(&opened, &opened.draft.answers).is_empty() {
        return Ok(Redirect::to(&format!("{}?check=yes", opened.href())).into_response());
    }
    let form = opened
        .view(&opened.draft.answers, &[], Mode::Check)
        .map(|mut view| {
            view.edit_url = opened.href();
            state.forms.fields(&view)
        });
    let view = View {
        heading: opened.task.name.clone(),
        href: opened.href(),
        stages: opened.story.stages.clone(),
        outcome: opened
            .property("outcome")
            .map(|outcome| format!("What this step is for: {outcome}.")),
        version: opened.draft.version,
        saved_text: show::saved_text(&opened),
        form: form.unwrap_or_default(),
        side: side::side(&user, &opened, Vec::new()),
    };
    let page = Page::new("task_check", opened.title("Check your answers: "))
        .section(Section::Inbox)
        .model(&view);
    Ok(page.banner(opened.banner(&state)?).into_response())
}

/// `POST /tasks/{key}/check`: completes the step with the answers of the draft, and drops the draft with it; where
/// programs look at the answers first, the draft stays until they have.
pub(super) async fn complete(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    let stale = posted
        .get("version")
        .and_then(|version| version.parse().ok())
        != Some(opened.draft.version);
    if !opened.is_editable_by(&user) || stale {
        return conflict::page(&state, &user, &opened, &Answers::default(), &posted);
    }
    let variables = match &opened.form {
        None => Ok(Context::default()),
        Some(form) => form.submit(
            &opened.draft.answers,
            &opened.variables,
            &opened.environment,
        ),
    };
    let Ok(variables) = variables else {
        return Ok(Redirect::to(&format!("{}?check=yes", opened.href())).into_response());
    };
    let command = Command::CompleteTask {
        task: opened.task.key,
        by: Some(user.name.clone()),
        variables,
    };
    let mut acts = vec![Act::Command {
        instance: opened.task.instance,
        command,
    }];
    // Where a program may say no, what was typed stays.
    if !opened.is_checked() {
        acts.push(drafts::discard(opened.task.key, opened.draft.version));
    }
    acts.extend(suggested::answered(&opened, &user));
    match state.submit(&user, acts).await {
        Ok(_) => Ok(Redirect::to(&format!("{}/done", opened.href())).into_response()),
        Err(Error::Runtime(
            runtime::Error::Conflict { .. }
            | runtime::Error::Rejected(
                Rejection::NoSuchTask { .. }
                | Rejection::TaskWaits { .. }
                | Rejection::TaskOfAnother { .. }
                | Rejection::TaskUnassigned { .. }
                | Rejection::InstanceEnded { .. },
            ),
        )) => {
            let now = Opened::load(&state, &user, &key).await?;
            conflict::page(&state, &user, &now, &opened.draft.answers, &posted)
        }
        Err(other) => Err(other),
    }
}
