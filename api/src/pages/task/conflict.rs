//! The answer 409: the page was stale. Nothing that was typed is lost, and each case has a way out.

use super::Opened;
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::view::{Action, moment};
use crate::pages::{case, inbox};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bpmn::TaskState;
use forms::{Answers, Mode};
use serde::Serialize;

/// The longest note that is offered to keep what was typed.
const NOTE_LIMIT: usize = 20_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    heading: String,
    text: String,
    way_out: String,
    keep: Option<Keep>,
    actions: Vec<Action>,
    yours: String,
    now: String,
    now_title: &'static str,
}

/// A button that keeps what was typed.
#[derive(Serialize)]
struct Keep {
    action: String,
    text: &'static str,
    fields: Vec<Hidden>,
}

#[derive(Serialize)]
struct Hidden {
    name: String,
    value: String,
}

/// What stands in the way, in words.
struct Reason {
    heading: String,
    text: String,
}

/// The page for what was `typed` into a form that is no longer as it was.
pub(super) fn page(
    state: &AppState,
    user: &SignedIn,
    opened: &Opened,
    typed: &Answers,
    posted: &Posted,
) -> Result<Response, Error> {
    let Reason { heading, text } = reason(user, opened);
    let editable = opened.is_editable_by(user);
    let shown = |answers: &Answers| {
        opened
            .view(answers, &[], Mode::Read)
            .filter(|_| !answers.is_empty())
    };
    let yours = shown(typed);
    let keep = yours.as_ref().map(|view| {
        if editable {
            again(opened, posted)
        } else {
            let note = as_note(&opened.task.name, view);
            let fields = vec![Hidden {
                name: "note".into(),
                value: note,
            }];
            Keep {
                action: case::href(opened.task.business_id.as_deref()),
                text: "Keep it as a note of the case",
                fields,
            }
        }
    });
    let way_out = match (&keep, editable) {
        (None, _) => "Nothing of yours was lost.",
        (Some(_), true) => {
            "Save what you typed over it, or go back to the form with what is saved now."
        }
        (Some(_), false) => "Copy what you need, or keep it as a note of the case.",
    };
    let now = opened
        .view(&opened.draft.answers, &[], Mode::Read)
        .filter(|_| editable);
    let view = View {
        heading,
        text,
        way_out: way_out.into(),
        keep,
        actions: vec![Action::new("Open the task", opened.href()), inbox::back()],
        yours: yours
            .map(|view| state.forms.fields(&view))
            .unwrap_or_default(),
        now: now
            .map(|view| state.forms.fields(&view))
            .unwrap_or_default(),
        now_title: "What is saved now",
    };
    let page = Page::new("task_conflict", view.heading.clone())
        .section(Section::Inbox)
        .status(StatusCode::CONFLICT);
    Ok(page
        .model(&view)
        .banner(opened.banner(state)?)
        .into_response())
}

/// The same post with the version of now: saves what was typed over what somebody else saved.
fn again(opened: &Opened, posted: &Posted) -> Keep {
    let kept = posted
        .0
        .iter()
        .filter(|(name, _)| name != "version" && name != "action");
    let fields = kept.map(|(name, value)| Hidden {
        name: name.clone(),
        value: value.clone(),
    });
    let version = Hidden {
        name: "version".into(),
        value: opened.draft.version.to_string(),
    };
    let action = Hidden {
        name: "action".into(),
        value: "save".into(),
    };
    Keep {
        action: opened.href(),
        text: "Save what I typed",
        fields: fields.chain([version, action]).collect(),
    }
}

fn reason(user: &SignedIn, opened: &Opened) -> Reason {
    let task = &opened.task;
    let when = task
        .closed_at
        .map(|at| moment(at, &opened.world))
        .unwrap_or_default();
    if task.state == TaskState::Completed {
        let by = match task.closed_by.as_deref() {
            Some(name) if name == user.name => "You".into(),
            Some(name) => opened.names.of(name),
            None => "The system".into(),
        };
        let text = format!("{by} completed it on {when}. Nothing was sent a second time.");
        return Reason {
            heading: "This step is complete already".into(),
            text,
        };
    }
    if matches!(task.state, TaskState::Waiting(_)) {
        return Reason {
            heading: "A program looks at this step".into(),
            text: "It was sent already. What you typed here since then was not.".into(),
        };
    }
    if task.state == TaskState::Withdrawn {
        let text =
            format!("The pathway went on without it on {when}. What you typed was not sent.");
        return Reason {
            heading: "This step is no longer needed".into(),
            text,
        };
    }
    if opened.is_editable_by(user) {
        let who = if opened.draft.by == user.name {
            "You"
        } else {
            "Somebody"
        };
        let text = format!(
            "{who} saved this form in another window after this page was opened. What you typed here was not saved over it."
        );
        return Reason {
            heading: "There is a newer draft".into(),
            text,
        };
    }
    let heading = match task.assignee.as_deref() {
        Some(name) => format!("{} has this task now", opened.names.of(name)),
        None => "This task is back in the queue".into(),
    };
    Reason {
        heading,
        text: "It was given away while you were writing. What you typed was not sent.".into(),
    }
}

/// The answers as plain text, a line each.
fn as_note(step: &str, view: &forms::View) -> String {
    let mut lines = vec![format!("Typed for the step \"{step}\", not completed:")];
    collect(&view.fields, &mut lines);
    let mut note = lines.join("\n");
    if let Some((end, _)) = note.char_indices().nth(NOTE_LIMIT) {
        note.truncate(end);
    }
    note
}

fn collect(fields: &[forms::FieldView], lines: &mut Vec<String>) {
    for field in fields {
        if let forms::Control::Group { fields, .. } = &field.control {
            collect(fields, lines);
        } else if let forms::Control::List(list) = &field.control {
            list.rows.iter().for_each(|row| collect(&row.fields, lines));
        } else if !field.answer.is_empty() {
            lines.push(format!("{}: {}", field.label, field.answer.join("; ")));
        }
    }
}

/// The same for script: what to tell, and where to go to see it.
pub(super) fn told(user: &SignedIn, opened: &Opened) -> String {
    let Reason { heading, text } = reason(user, opened);
    format!("{heading}. {text}")
}
