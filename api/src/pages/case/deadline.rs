//! The page of a deadline: its record, and for supervisors the clock, which they can pause and extend with a reason.
//!
//! `GET /cases/{reference}/deadlines/{key}` shows, `POST` does what `act` says: `pause`, `resume`, `extend`, `explain`.

use super::deadlines::{Told, address, due, facts, history};
use super::{case_of, href};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::view::{Due, Fact, Notice, Problem};
use crate::pages::{Names, world};
use crate::roles::LEADING;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{Command, Extension, Key, Rejection};
use processes::cases;
use runtime::Request;
use serde::{Deserialize, Serialize};
use store::{Deadline, DeadlineState};

/// The longest reason, in letters.
const REASON_LIMIT: usize = 500;
/// The most working days of one extension.
const DAYS_LIMIT: i32 = 500;

/// What was typed.
#[derive(Debug, Clone, Default, Serialize)]
struct Typed {
    act: String,
    reason: String,
    authority: String,
    days: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    name: String,
    due: Due,
    facts: Vec<Fact>,
    history: Vec<Told>,
    href: String,
    case_href: String,
    notice: Option<Notice>,
    can_pause: bool,
    can_resume: bool,
    can_extend: bool,
    can_explain: bool,
    typed: Typed,
    errors: Vec<Problem>,
    wrong: Wrong,
}

/// Which field has an error.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wrong {
    pause_reason: Option<&'static str>,
    extend_reason: Option<&'static str>,
    days: Option<&'static str>,
    why: Option<&'static str>,
}

/// What the address says after the question mark.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

/// `GET /cases/{reference}/deadlines/{key}`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path((reference, key)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Page, Error> {
    case_of(&state, &user, &reference).await?;
    let deadline = find(&state, &reference, &key).await?;
    let notice = done.done.as_deref().map(|done| match done {
        "pause" => Notice::done("The clock is paused. The reason is part of the history."),
        "resume" => Notice::done("The clock goes on."),
        "extend" => Notice::done("The deadline is extended. The reason is part of the history."),
        "explain" => Notice::done("The reason is part of the record."),
        _ => Notice::told("Nothing was changed: the deadline has changed meanwhile."),
    });
    page(
        &state,
        &user,
        &reference,
        &deadline,
        Typed::default(),
        Vec::new(),
        notice,
    )
    .await
}

/// `POST /cases/{reference}/deadlines/{key}`
pub(super) async fn act(
    State(state): State<AppState>,
    user: SignedIn,
    Path((reference, key)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    case_of(&state, &user, &reference).await?;
    let deadline = find(&state, &reference, &key).await?;
    let text = |name: &str| posted.get(name).unwrap_or_default().trim().to_owned();
    let typed = Typed {
        act: text("act"),
        reason: text("reason"),
        authority: text("authority"),
        days: text("days"),
    };
    if typed.act != "explain" && !user.has_any(LEADING) {
        return Err(Error::Forbidden { needs: LEADING });
    }
    let command = match command(&deadline, &typed, &user.name) {
        Ok(command) => command,
        Err(problems) => {
            let page = page(&state, &user, &reference, &deadline, typed, problems, None).await?;
            return Ok(page
                .status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response());
        }
    };
    let mut request = Request::by(&user.name).command(deadline.instance, command);
    request.reason = (!typed.reason.is_empty()).then(|| typed.reason.clone());
    let done = match state.runtime.submit(request).await {
        Ok(_) => typed.act.as_str(),
        Err(runtime::Error::Rejected(
            Rejection::NoSuchDeadline { .. }
            | Rejection::DeadlinePaused { .. }
            | Rejection::DeadlineNotPaused { .. }
            | Rejection::DeadlinePassed { .. }
            | Rejection::NotMissed { .. }
            | Rejection::NotLater { .. }
            | Rejection::InstanceEnded { .. },
        )) => "late",
        Err(other) => return Err(other.into()),
    };
    let place = format!("{}?done={done}", address(&reference, deadline.key));
    Ok(Redirect::to(&place).into_response())
}

fn command(deadline: &Deadline, typed: &Typed, by: &str) -> Result<Command, Vec<Problem>> {
    let (reason, by) = (typed.reason.clone(), Some(by.to_owned()));
    let authority = (!typed.authority.is_empty()).then(|| typed.authority.clone());
    let deadline = deadline.key;
    let mut problems = Vec::new();
    let field = match typed.act.as_str() {
        "pause" => "pause-reason",
        "extend" => "extend-reason",
        _ => "why",
    };
    let days = typed
        .days
        .parse::<i32>()
        .ok()
        .filter(|days| (1..=DAYS_LIMIT).contains(days));
    if typed.act == "extend" && days.is_none() {
        problems.push(Problem {
            field: "days",
            text: "Enter how many working days more, from 1 to 500",
        });
    }
    if typed.act != "resume" {
        match reason.chars().count() {
            0 => problems.push(Problem {
                field,
                text: "Enter a reason. It is kept in the history of the case",
            }),
            1..=REASON_LIMIT => {}
            _ => problems.push(Problem {
                field,
                text: "Shorten the reason to 500 letters",
            }),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(match typed.act.as_str() {
        "pause" => Command::PauseDeadline {
            deadline,
            reason,
            authority,
            by,
        },
        "extend" => Command::ExtendDeadline {
            deadline,
            extension: Extension::WorkingDays(days.unwrap_or(1)),
            reason,
            authority,
            by,
        },
        "resume" => Command::ResumeDeadline { deadline, by },
        _ => Command::ExplainMiss {
            deadline,
            reason,
            by,
        },
    })
}

/// The deadline, if it is one of the case.
async fn find(state: &AppState, reference: &str, key: &str) -> Result<Deadline, Error> {
    let missing = || Error::NotFound("this deadline".into());
    let key: Key = key.parse().map_err(|_| missing())?;
    let found = state.runtime.deadline(key).await?.ok_or_else(missing)?;
    let instances = cases::instances(&state.runtime, reference).await?;
    let is_of_case = instances.contains(&found.instance);
    if is_of_case {
        Ok(found)
    } else {
        Err(missing())
    }
}

async fn page(
    state: &AppState,
    user: &SignedIn,
    reference: &str,
    deadline: &Deadline,
    typed: Typed,
    errors: Vec<Problem>,
    notice: Option<Notice>,
) -> Result<Page, Error> {
    let case = cases::by_reference(&state.runtime, reference).await?;
    let records = Records::of(state, vec![case]).await?;
    let (world, names) = (world(state), Names::load(state).await?);
    let banner = super::banner(state, Some(reference), &records, &names, &world, false)?;
    let open = deadline.state == DeadlineState::Open;
    let late = deadline.due.is_some_and(|due| due < world.now);
    let leads = user.has_any(LEADING);
    let wrong = |field| errors.iter().find(|p| p.field == field).map(|p| p.text);
    let title = if errors.is_empty() { "" } else { "Error: " };
    let view = View {
        name: deadline.name.clone(),
        due: due(deadline, &world),
        facts: facts(state, deadline, &world),
        history: history(deadline, &names, &world),
        href: address(reference, deadline.key),
        case_href: href(Some(reference)),
        notice,
        can_pause: leads && open && deadline.due.is_some() && !late,
        can_resume: leads && open && deadline.due.is_none(),
        can_extend: leads && open && deadline.due.is_some(),
        can_explain: deadline.miss_reason.is_none()
            && (deadline.state == DeadlineState::Missed || (open && late)),
        wrong: Wrong {
            pause_reason: wrong("pause-reason"),
            extend_reason: wrong("extend-reason"),
            days: wrong("days"),
            why: wrong("why"),
        },
        typed,
        errors,
    };
    Ok(Page::new(
        "case_deadline",
        format!("{title}Deadline: {}", deadline.name),
    )
    .section(Section::Cases)
    .banner(banner)
    .model(&view))
}

#[cfg(test)]
mod tests {
    use super::super::deadlines::open_deadline;
    use super::*;

    #[track_caller]
    fn check(act: &str, days: &str, reason: &str, expected: &[&str]) {
        let typed = Typed {
            act: act.into(),
            reason: reason.into(),
            authority: String::new(),
            days: days.into(),
        };
        let fields = match command(&open_deadline(), &typed, "ruth") {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.field).collect(),
        };
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_clock_is_changed_with_a_reason() {
        check("pause", "", "The family is abroad", &[]);
        check("pause", "", "", &["pause-reason"]);
        check("resume", "", "", &[]);
        check("extend", "3", "Interpreter", &[]);
        check("extend", "0", "", &["days", "extend-reason"]);
        check("extend", "many", "Interpreter", &["days"]);
        check("explain", "", &"x".repeat(501), &["why"]);
    }
}
