//! Giving tasks to somebody else, or back to the queue, with a reason that the history keeps.

use super::{Shown, page, workers};
use crate::csrf::Posted;
use crate::error::Error;
use crate::pages::task_of;
use crate::pages::view::Problem;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{Assignment, Command, Rejection};
use runtime::{Request, Task};

/// The choice that gives a task back to the queue of its team.
pub(super) const TO_QUEUE: &str = "-";
/// The longest reason, in letters.
const REASON_LIMIT: usize = 500;
/// The most tasks that one post moves.
const TASKS_LIMIT: usize = 100;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Keys of tasks.
    pub(super) tasks: Vec<String>,
    /// A user, or [`TO_QUEUE`].
    pub(super) to: String,
    pub(super) reason: String,
}

impl Asked {
    fn of(posted: &Posted) -> Asked {
        let tasks = posted
            .0
            .iter()
            .filter(|(name, _)| name == "task")
            .map(|(_, value)| value.clone());
        let text = |name: &str| posted.get(name).unwrap_or_default().trim().to_owned();
        Asked {
            tasks: tasks.take(TASKS_LIMIT).collect(),
            to: text("to"),
            reason: text("reason"),
        }
    }

    fn problems(&self, is_worker: impl Fn(&str) -> bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.tasks.is_empty() {
            problems.push(Problem {
                field: "tasks-h",
                text: "Select the tasks to reassign",
            });
        }
        if self.to != TO_QUEUE && !is_worker(&self.to) {
            problems.push(Problem {
                field: "to",
                text: "Choose who takes the tasks over",
            });
        }
        if self.reason.is_empty() {
            problems.push(Problem {
                field: "reason",
                text: "Enter a reason. It is kept in the history of the case",
            });
        } else if self.reason.chars().count() > REASON_LIMIT {
            problems.push(Problem {
                field: "reason",
                text: "Shorten the reason to 500 letters",
            });
        }
        problems
    }
}

/// `POST /team`
pub(super) async fn reassign(
    State(state): State<AppState>,
    user: SignedIn,
    posted: Posted,
) -> Result<Response, Error> {
    let asked = Asked::of(&posted);
    let back = posted
        .get("back")
        .filter(|back| back.starts_with("/team"))
        .unwrap_or("/team")
        .to_owned();
    let workers = workers(&state).await?;
    let problems = asked.problems(|name| workers.iter().any(|worker| worker.name == name));
    if !problems.is_empty() {
        let shown = shown(&back);
        let page = page(&state, &user, &shown, &asked, problems).await?;
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let (mut moved, mut missed) = (0, 0);
    for key in &asked.tasks {
        let task = task_of(&state, &user, key).await?;
        match give(&state, &user, &task, &asked).await {
            Ok(()) => moved += 1,
            Err(Error::Runtime(runtime::Error::Rejected(
                Rejection::NoSuchTask { .. }
                | Rejection::TaskWaits { .. }
                | Rejection::InstanceEnded { .. },
            ))) => {
                missed += 1;
            }
            Err(other) => return Err(other),
        }
    }
    let join = if back.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{back}{join}moved={moved}&missed={missed}")).into_response())
}

async fn give(state: &AppState, user: &SignedIn, task: &Task, asked: &Asked) -> Result<(), Error> {
    let command = if asked.to == TO_QUEUE {
        Command::UnassignTask { task: task.key }
    } else {
        Command::AssignTask {
            task: task.key,
            assignee: asked.to.clone(),
            expect: Assignment::Anyone,
        }
    };
    let request = Request::by(&user.name)
        .because(&asked.reason)
        .command(task.instance, command);
    state.runtime.submit(request).await?;
    Ok(())
}

/// The view that an address shows.
fn shown(address: &str) -> Shown {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut shown = Shown::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "show" => shown.show = value.into_owned(),
            "worker" => shown.worker = value.into_owned(),
            "team" => shown.team = value.into_owned(),
            _ => {}
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tasks: &[&str], to: &str, reason: &str, expected: &[&str]) {
        let asked = Asked {
            tasks: tasks.iter().map(|key| (*key).to_owned()).collect(),
            to: to.into(),
            reason: reason.into(),
        };
        let problems = asked.problems(|name| name == "grace");
        assert_eq!(
            problems
                .iter()
                .map(|problem| problem.field)
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_reassignment_needs_tasks_a_worker_and_a_reason() {
        check(&["1"], "grace", "on leave", &[]);
        check(&["1"], TO_QUEUE, "on leave", &[]);
        check(&[], "", "", &["tasks-h", "to", "reason"]);
        check(&["1"], "mallory", "on leave", &["to"]);
        check(&["1"], "grace", &"x".repeat(501), &["reason"]);
    }
}
