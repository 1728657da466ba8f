//! Telling somebody further out while a task is open: the escalation events that the path has on the edge of the step.
//!
//! `GET /tasks/{key}/escalations/{event}` asks why, `POST` raises it. The buttons that lead here save the draft first. What
//! happens next is the path's: an event that interrupts ends the task. What was typed into its form stays on its page.

use super::Opened;
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::case;
use crate::pages::view::Problem;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::triggers::Trigger;
use bpmn::{Command, FlowNode, Rejection};
use feel::Context;
use runtime::Request;
use serde::Serialize;

/// The longest reason, in letters.
const REASON_LIMIT: usize = 2_000;

/// An escalation that the path knows of on this step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Escalation {
    id: String,
    name: String,
    guidance: Option<String>,
    /// Whether it ends the task.
    interrupting: bool,
    #[serde(skip)]
    code: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    escalation: Escalation,
    href: String,
    task_href: String,
    task_name: String,
    reason: String,
    errors: Vec<Problem>,
}

/// What can be raised from the task, in the order of the model; nothing for those who cannot work on it.
pub(super) fn escalations(user: &SignedIn, opened: &Opened) -> Vec<Escalation> {
    let definition = opened
        .deployed
        .as_ref()
        .map(|deployed| &deployed.definition);
    let Some(definition) = definition.filter(|_| opened.is_editable_by(user)) else {
        return Vec::new();
    };
    let events = definition.boundary_events(&opened.task.element);
    events.filter_map(escalation).collect()
}

fn escalation(event: &FlowNode) -> Option<Escalation> {
    let element = event.element();
    let mut triggers = element.triggers().iter();
    let code = triggers.find_map(|trigger| {
        if let Trigger::Escalation(escalation) = trigger {
            // One that catches every escalation is raised by its own id.
            Some(escalation.catches().unwrap_or(event.id()))
        } else {
            None
        }
    })?;
    Some(Escalation {
        id: event.id().to_owned(),
        name: event.label().to_string(),
        guidance: event.documentation().map(str::to_owned),
        interrupting: element.interrupts(),
        code: code.to_owned(),
    })
}

/// `GET /tasks/{key}/escalations/{event}`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path((key, event)): Path<(String, String)>,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    Ok(match find(&user, &opened, &event) {
        Some(escalation) => {
            page(&state, &opened, escalation, String::new(), Vec::new())?.into_response()
        }
        // The page of the task says who has it, or that it is done.
        None => Redirect::to(&opened.href()).into_response(),
    })
}

/// `POST /tasks/{key}/escalations/{event}`
pub(super) async fn raise(
    State(state): State<AppState>,
    user: SignedIn,
    Path((key, event)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    let reason = posted.get("reason").unwrap_or_default().trim().to_owned();
    let Some(escalation) = find(&user, &opened, &event) else {
        return over(&state, &opened, reason).await;
    };
    let text = match reason.chars().count() {
        0 => "Write why. Whoever gets it reads this first",
        1..=REASON_LIMIT => "",
        _ => "Shorten it to 2,000 letters",
    };
    if !text.is_empty() {
        let field = "reason";
        let errors = vec![Problem { field, text }];
        let page = page(&state, &opened, escalation, reason, errors)?;
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let command = Command::Escalate {
        task: opened.task.key,
        code: escalation.code,
        variables: Context::default(),
    };
    let request = Request::by(&user.name)
        .because(&reason)
        .command(opened.task.instance, command);
    match state.runtime.submit(request).await {
        Ok(_) if escalation.interrupting => {
            let case = case::href(opened.task.business_id.as_deref());
            Ok(Redirect::to(&case).into_response())
        }
        Ok(_) => Ok(Redirect::to(&format!("{}?escalated=yes", opened.href())).into_response()),
        Err(runtime::Error::Rejected(
            Rejection::NoSuchTask { .. }
            | Rejection::TaskWaits { .. }
            | Rejection::InstanceEnded { .. },
        )) => over(&state, &opened, reason).await,
        Err(other) => Err(other.into()),
    }
}

fn find(user: &SignedIn, opened: &Opened, event: &str) -> Option<Escalation> {
    let mut known = escalations(user, opened).into_iter();
    known.find(|escalation| escalation.id == event)
}

/// The task is over or somebody else's: nobody was told, and what was typed can be kept as a note.
async fn over(state: &AppState, opened: &Opened, reason: String) -> Result<Response, Error> {
    match &opened.task.business_id {
        Some(reference) => case::late(state, reference, reason).await,
        None => Err(Error::Conflict {
            message: "This task is no longer yours, or it is over. Nobody was told.".into(),
            way_out: "Go back to your inbox to see what is open.".into(),
        }),
    }
}

fn page(
    state: &AppState,
    opened: &Opened,
    escalation: Escalation,
    reason: String,
    errors: Vec<Problem>,
) -> Result<Page, Error> {
    let title = if errors.is_empty() {
        escalation.name.clone()
    } else {
        format!("Error: {}", escalation.name)
    };
    let view = View {
        href: format!("{}/escalations/{}", opened.href(), escalation.id),
        task_href: opened.href(),
        task_name: opened.task.name.clone(),
        escalation,
        reason,
        errors,
    };
    Ok(Page::new("task_escalate", title)
        .section(Section::Inbox)
        .model(&view)
        .banner(opened.banner(state)?))
}
