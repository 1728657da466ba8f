//! The page of a task: the form to fill in, or the answers to read.

use super::escalate::escalations;
use super::{Opened, side};
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::access::may_claim;
use crate::pages::view::{Notice, Stage, moment, saved_at};
use crate::pages::{case, team_name};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use bpmn::TaskState;
use forms::{Answers, FieldError, Mode};
use serde::{Deserialize, Serialize};

/// What was just done, in the address after a redirect.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    /// `yes`: the draft was saved.
    saved: Option<String>,
    /// `yes`: the task was claimed.
    claimed: Option<String>,
    /// `yes`: somebody further out was told.
    escalated: Option<String>,
    /// `yes`: say what is missing before the step can be completed.
    check: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    heading: String,
    href: String,
    description: Option<String>,
    stages: Vec<Stage>,
    notice: Option<Notice>,
    /// Whether the form can be filled in.
    editable: bool,
    /// Why the task can be claimed; absent where it cannot.
    claim: Option<String>,
    /// Whether completing goes without a form.
    formless: bool,
    version: i64,
    saved_text: String,
    error_summary: String,
    sections: String,
    form: String,
    #[serde(flatten)]
    side: side::Side,
}

/// `GET /tasks/{key}`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path(key): Path<String>,
    Query(told): Query<Told>,
) -> Result<Page, Error> {
    let opened = Opened::load(&state, &user, &key).await?;
    let notice = notice(&user, &opened, &told);
    let answers = opened.draft.answers.clone();
    let errors = if told.check.is_some() {
        errors(&opened, &answers)
    } else {
        Vec::new()
    };
    page(&state, &user, &opened, &answers, &errors, notice)
}

/// What is missing or wrong before the step can be completed.
pub(super) fn errors(opened: &Opened, answers: &Answers) -> Vec<FieldError> {
    opened
        .form
        .as_ref()
        .map(|form| form.check(answers, &opened.variables, &opened.environment))
        .unwrap_or_default()
}

/// The page with these answers; with errors it is answered 422.
pub(super) fn page(
    state: &AppState,
    user: &SignedIn,
    opened: &Opened,
    answers: &Answers,
    errors: &[FieldError],
    notice: Option<Notice>,
) -> Result<Page, Error> {
    let editable = opened.is_editable_by(user);
    let mode = if editable { Mode::Edit } else { Mode::Read };
    let form = opened.view(answers, errors, mode);
    let print = |part: fn(&forms::Renderer, &forms::View) -> String| {
        form.as_ref()
            .map(|view| part(&state.forms, view))
            .unwrap_or_default()
    };
    let claim = may_claim(user, &opened.task).then(|| {
        let teams: Vec<String> = opened
            .task
            .candidate_groups
            .iter()
            .map(|team| team_name(team))
            .collect();
        format!(
            "Nobody has claimed it yet. It waits for: {}.",
            teams.join(", ")
        )
    });
    let view = View {
        heading: opened.task.name.clone(),
        href: opened.href(),
        description: opened
            .node()
            .and_then(|node| node.documentation())
            .map(str::to_owned),
        stages: opened.story.stages.clone(),
        notice,
        editable,
        claim,
        formless: form.is_none(),
        version: opened.draft.version,
        saved_text: saved_text(opened),
        error_summary: print(forms::Renderer::error_summary),
        sections: if editable {
            print(forms::Renderer::sections)
        } else {
            String::new()
        },
        form: print(forms::Renderer::fields),
        side: side::side(user, opened, escalations(user, opened)),
    };
    let prefix = if errors.is_empty() { "" } else { "Error: " };
    let page = Page::new("task", opened.title(prefix))
        .section(Section::Inbox)
        .model(&view);
    let page = if errors.is_empty() {
        page
    } else {
        page.status(StatusCode::UNPROCESSABLE_ENTITY)
    };
    Ok(page.banner(opened.banner(state)?))
}

/// `Draft saved 10:42. Kept if you sign out.`
pub(super) fn saved_text(opened: &Opened) -> String {
    let saved = opened
        .draft
        .saved_at
        .map(|at| format!("{}. Kept if you sign out.", saved_at(at, &opened.world)));
    saved.unwrap_or_default()
}

/// The line above the form.
fn notice(user: &SignedIn, opened: &Opened, told: &Told) -> Option<Notice> {
    let task = &opened.task;
    if matches!(task.state, TaskState::Waiting(_)) {
        let text = "A program looks at this step. Until it has, nothing can be changed here; what was typed is kept.";
        return Some(Notice::told(text));
    }
    if task.state != TaskState::Open {
        let when = task
            .closed_at
            .map(|at| moment(at, &opened.world))
            .unwrap_or_default();
        let text = match (&task.closed_by, task.state) {
            (Some(by), TaskState::Completed) => {
                format!("{} completed this step on {when}.", opened.names.of(by))
            }
            (_, TaskState::Completed) => format!("This step was completed on {when}."),
            (_, TaskState::Open | TaskState::Waiting(_) | TaskState::Withdrawn) => {
                format!("This step was no longer needed from {when} on.")
            }
        };
        return Some(
            Notice::told(text).link(case::href(task.business_id.as_deref()), "Open the case"),
        );
    }
    if !opened.is_editable_by(user) {
        let assignee = task.assignee.as_ref()?;
        let who = opened.names.of(assignee);
        return Some(Notice::told(format!(
            "{who} has this task. You can read it."
        )));
    }
    let by_another = !opened.draft.by.is_empty() && opened.draft.by != user.name;
    match told {
        Told {
            claimed: Some(_), ..
        } => Some(Notice::done("The task is with you now.")),
        Told {
            escalated: Some(_), ..
        } => Some(Notice::done("They are told. This task is still with you.")),
        Told { saved: Some(_), .. } => Some(Notice::done(
            "Your draft is saved. Nothing is complete yet.",
        )),
        Told { .. } if opened.denied().is_some() => {
            let reason = opened.denied().unwrap_or_default();
            let reason = reason.trim().trim_end_matches('.');
            let text = if reason.is_empty() {
                "A program has turned this down without a reason. What was typed is still here."
                    .to_owned()
            } else {
                format!("A program has turned this down: {reason}. What was typed is still here.")
            };
            Some(Notice::told(text))
        }
        Told { .. } if by_another => {
            let who = opened.names.of(&opened.draft.by);
            Some(Notice::told(format!("This draft was begun by {who}.")))
        }
        Told { .. } => None,
    }
}
