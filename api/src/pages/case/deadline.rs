//! The deadlines of a case, and the page of one: its record, and for supervisors the clock, which they can pause and extend with a reason.
//!
//! `GET /cases/{reference}/deadlines/{key}` shows, `POST` does what `act` says: `pause`, `resume`, `extend`, `explain`.

use super::{case_of, href};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::view::{Due, Fact, Notice, World, day, moment};
use crate::pages::{Names, world};
use crate::roles::LEADING;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::{ChangeKind, Command, DeadlineChange, Extension, Key, Rejection};
use processes::cases;
use runtime::Request;
use serde::{Deserialize, Serialize};
use store::{Deadline, DeadlineState};

/// The longest reason, in letters.
const REASON_LIMIT: usize = 500;
/// The most working days of one extension.
const DAYS_LIMIT: i32 = 500;

/// A deadline on the page of its case.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    name: String,
    href: String,
    due: Due,
    /// What there is to know: paused since when and why, how often extended, who has set it.
    notes: Vec<String>,
    /// What the link says.
    link: &'static str,
}

/// Whether people are shown it: what the pathway waits for by itself is no deadline.
fn is_judged(deadline: &Deadline) -> bool {
    deadline.of_task || deadline.source.is_some()
}

/// The deadlines that run or are paused, and those that were missed, the first due first.
pub(super) fn lines(
    deadlines: &[Deadline],
    user: &SignedIn,
    reference: &str,
    world: &World,
) -> Vec<Line> {
    let shown = |deadline: &&Deadline| {
        let state = deadline.state;
        is_judged(deadline) && matches!(state, DeadlineState::Open | DeadlineState::Missed)
    };
    let mut shown: Vec<&Deadline> = deadlines.iter().filter(shown).collect();
    shown.sort_by_key(|deadline| {
        let missed = deadline.state == DeadlineState::Missed;
        (missed, deadline.due.is_none(), deadline.due)
    });
    let line = |deadline: &Deadline| Line {
        name: deadline.name.clone(),
        href: address(reference, deadline.key),
        due: due(deadline, world),
        notes: notes(deadline, world),
        link: match deadline.state {
            DeadlineState::Open if user.has_any(LEADING) && deadline.due.is_none() => {
                "Let it go on"
            }
            DeadlineState::Open if user.has_any(LEADING) => "Pause or extend",
            DeadlineState::Missed if deadline.miss_reason.is_none() => "Say why",
            DeadlineState::Open
            | DeadlineState::Met
            | DeadlineState::Missed
            | DeadlineState::Reached
            | DeadlineState::Withdrawn => "Its record",
        },
    };
    shown.into_iter().map(line).collect()
}

fn address(reference: &str, key: Key) -> String {
    format!("{}/deadlines/{key}", href(Some(reference)))
}

/// The chip of a deadline.
fn due(deadline: &Deadline, world: &World) -> Due {
    let plain = |kind, icon, text: &str| Due {
        kind,
        icon,
        text: text.to_owned(),
        date: String::new(),
        datetime: String::new(),
    };
    match (deadline.state, deadline.due) {
        (DeadlineState::Open, None) => plain("blue", "clock", "Clock paused"),
        (DeadlineState::Open, Some(_)) => {
            let mut chip = Due::of(deadline.due, world);
            let warned = deadline.warns_at.is_some_and(|at| at <= world.now);
            if warned && chip.kind == "grey" {
                (chip.kind, chip.icon) = ("amber", "clock");
            }
            chip
        }
        (DeadlineState::Met, _) => plain("green", "check", "Met"),
        (DeadlineState::Missed, _) => Due {
            date: deadline.due.map(|at| day(at, world)).unwrap_or_default(),
            ..plain("red", "alert", "Missed")
        },
        (DeadlineState::Reached, _) => plain("grey", "", "Reached"),
        (DeadlineState::Withdrawn, _) => plain("grey", "", "No longer needed"),
    }
}

fn changes(deadline: &Deadline) -> Vec<DeadlineChange> {
    serde_json::from_str(&deadline.changes).unwrap_or_default()
}

/// `Extended by 3 working days`.
fn did(change: &DeadlineChange, world: &World) -> String {
    match change.kind {
        ChangeKind::Paused => "Clock paused".into(),
        ChangeKind::Resumed => "Clock goes on".into(),
        ChangeKind::Extended(Extension::WorkingDays(1)) => "Extended by 1 working day".into(),
        ChangeKind::Extended(Extension::WorkingDays(days)) => {
            format!("Extended by {days} working days")
        }
        ChangeKind::Extended(Extension::Until(at)) => format!("Extended to {}", moment(at, world)),
    }
}

fn notes(deadline: &Deadline, world: &World) -> Vec<String> {
    let mut notes = Vec::new();
    let changes = changes(deadline);
    if deadline.state == DeadlineState::Open && deadline.due.is_none() {
        let pause = changes.iter().rev().find(|c| c.kind == ChangeKind::Paused);
        notes.extend(pause.map(|pause| told("Paused since", pause, world)));
    }
    let extended = |change: &&DeadlineChange| matches!(change.kind, ChangeKind::Extended(_));
    for extension in changes.iter().filter(extended) {
        let reason = extension.reason.as_deref().unwrap_or_default();
        notes.push(format!("{}: {reason}", did(extension, world)));
    }
    if deadline.beyond_calendar {
        notes.push(BEYOND.into());
    }
    if let Some(reason) = &deadline.miss_reason {
        notes.push(format!("Late because: {reason}"));
    }
    notes
}

/// What is said of a deadline whose calendar does not know all holidays on the way.
const BEYOND: &str =
    "The calendar does not know the holidays of that year yet: only weekends were counted";

/// `Paused since 4 Mar: The family is abroad`.
fn told(what: &str, change: &DeadlineChange, world: &World) -> String {
    let reason = change.reason.as_deref().unwrap_or_default();
    format!("{what} {}: {reason}", day(change.at, world))
}

/// What was typed.
#[derive(Debug, Clone, Default, Serialize)]
struct Typed {
    act: String,
    reason: String,
    authority: String,
    days: String,
}

/// Something wrong with it, by the id of its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    field: &'static str,
    text: &'static str,
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

#[derive(Serialize)]
struct Told {
    what: String,
    when: String,
    by: String,
    reason: String,
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

fn facts(state: &AppState, deadline: &Deadline, world: &World) -> Vec<Fact> {
    let started = moment(deadline.started_at, world);
    let started = match &deadline.start_event {
        Some(event) => format!("{started}: {event}"),
        None => started,
    };
    let source = deadline.source.as_deref().map(|source| match source {
        "statute" => "Law",
        "guidance" => "Statutory guidance",
        "programme" => "The programme",
        _ => "This organisation",
    });
    let calendar = deadline.calendar.as_deref().map(|id| {
        let catalog = state.runtime.catalog();
        let found = catalog.latest_calendar(id);
        found.map_or_else(|| id.to_owned(), |found| found.calendar.name().to_owned())
    });
    let facts = [
        deadline
            .due
            .and_then(|due| Fact::some("Due", moment(due, world))),
        Fact::some("Began", started),
        source.and_then(|source| {
            let reference = deadline.reference.as_deref();
            let set = reference.map_or_else(|| source.to_owned(), |r| format!("{source}: {r}"));
            Fact::some("Set by", set)
        }),
        deadline
            .warns_at
            .and_then(|at| Fact::some("Warns from", moment(at, world))),
        calendar.and_then(|name| Fact::some("Working days", name)),
        deadline
            .beyond_calendar
            .then(|| Fact::some("Uncertain", BEYOND))
            .flatten(),
        deadline
            .stopped_at
            .and_then(|at| Fact::some("Ended", moment(at, world))),
        deadline
            .miss_reason
            .clone()
            .and_then(|reason| Fact::some("Late because", reason)),
    ];
    facts.into_iter().flatten().collect()
}

fn history(deadline: &Deadline, names: &Names, world: &World) -> Vec<Told> {
    let told = |change: DeadlineChange| Told {
        what: did(&change, world),
        when: moment(change.at, world),
        by: [
            change.by.as_deref().map(|by| names.of(by)),
            change
                .authority
                .map(|authority| format!("authority: {authority}")),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · "),
        reason: change.reason.unwrap_or_default(),
    };
    changes(deadline).into_iter().rev().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline() -> Deadline {
        Deadline {
            key: Key(7),
            instance: Key(1),
            element: "see".into(),
            element_instance: Key(2),
            name: "See the child".into(),
            of_task: true,
            started_at: "2026-11-16T09:00:00Z".parse().unwrap(),
            start_event: None,
            due: Some("2026-11-30T14:00:00Z".parse().unwrap()),
            warns_at: None,
            source: None,
            reference: None,
            calendar: None,
            beyond_calendar: false,
            counted_at: "2026-11-16T09:00:00Z".parse().unwrap(),
            changes: "[]".into(),
            state: DeadlineState::Open,
            stopped_at: None,
            miss_reason: None,
        }
    }

    #[track_caller]
    fn check(act: &str, days: &str, reason: &str, expected: &[&str]) {
        let typed = Typed {
            act: act.into(),
            reason: reason.into(),
            authority: String::new(),
            days: days.into(),
        };
        let fields = match command(&deadline(), &typed, "ruth") {
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

    #[test]
    fn a_chip_is_amber_from_the_warning_on() {
        let world = super::super::super::view::tests_world("2026-11-19T11:00+03:00");
        let mut deadline = deadline();
        assert_eq!(due(&deadline, &world).kind, "grey");
        deadline.warns_at = Some("2026-11-19T07:00:00Z".parse().unwrap());
        assert_eq!(due(&deadline, &world).kind, "amber");
        deadline.due = None;
        assert_eq!(due(&deadline, &world).text, "Clock paused");
        deadline.state = DeadlineState::Missed;
        assert_eq!(due(&deadline, &world).text, "Missed");
    }
}
