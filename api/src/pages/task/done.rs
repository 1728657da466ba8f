//! After a step: what happens next, and who has it.

use super::{Opened, who_has};
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::access::{is_mine, may_see};
use crate::pages::pauses::Pauses;
use crate::pages::view::{Action, Due};
use crate::pages::{case, inbox};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{Status, TaskState};
use runtime::{Task, TaskQuery};
use serde::Serialize;

/// The most open steps that the page names.
const NEXT_LIMIT: u32 = 10;

#[derive(Serialize)]
struct View {
    heading: String,
    text: String,
    next: Vec<Next>,
    /// What is said where no step is open.
    nothing: &'static str,
    primary: Action,
    secondary: Action,
}

/// An open step of the case.
#[derive(Serialize)]
struct Next {
    step: String,
    /// Empty where the user may not see it.
    href: String,
    /// Who has it, or where it waits.
    who: String,
    due: Due,
}

/// `GET /tasks/{key}/done`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    if opened.task.state == TaskState::Open {
        return Ok(Redirect::to(&opened.href()).into_response());
    }
    let open = TaskQuery {
        instances: vec![opened.task.instance],
        limit: NEXT_LIMIT,
        ..TaskQuery::default()
    };
    let open = state.runtime.tasks(&open).await?;
    let mine = open.iter().find(|task| is_mine(&user, task));
    let primary = match mine {
        Some(task) => Action::new(
            format!("Go on: {}", task.name),
            format!("/tasks/{}", task.key),
        ),
        None => inbox::back(),
    };
    let pauses = Pauses::of(&state, open.iter()).await?;
    let next = open.iter().map(|task| step(&user, task, &pauses, &opened));
    let next = next.collect();
    let who = opened
        .records
        .who(opened.task.business_id.as_deref(), &opened.world);
    let nothing = match opened.instance.status {
        Status::Active if matches!(opened.task.state, TaskState::Waiting(_)) => {
            "A program looks at this step before it is complete. If it turns it down, the step comes back to you with everything that you typed."
        }
        Status::Active => {
            "No step waits for a person now. The pathway goes on by itself and tells who is needed."
        }
        Status::Completed => "The pathway has come to its end. The case can still be read.",
        Status::Terminated => "The pathway was ended.",
    };
    let view = View {
        heading: if matches!(opened.task.state, TaskState::Waiting(_)) {
            "Sent, and now being checked".into()
        } else {
            "This step is complete".into()
        },
        text: [
            opened.task.name.clone(),
            who.name,
            opened.task.business_id.clone().unwrap_or_default(),
        ]
        .join(" · "),
        next,
        nothing,
        primary,
        secondary: Action::new(
            "Open the case",
            case::href(opened.task.business_id.as_deref()),
        ),
    };
    let page = Page::new("task_done", opened.title("Complete: "))
        .section(Section::Inbox)
        .model(&view);
    Ok(page.banner(opened.banner(&state)?).into_response())
}

fn step(user: &SignedIn, task: &Task, pauses: &Pauses, opened: &Opened) -> Next {
    Next {
        step: task.name.clone(),
        href: if may_see(user, task) {
            format!("/tasks/{}", task.key)
        } else {
            String::new()
        },
        who: who_has(task, user, &opened.names),
        due: pauses.due(task, &opened.world),
    }
}
