//! A deadline in words: its line on the page of its case, its chip, its facts, and what was done to its clock.

use super::href;
use crate::pages::Names;
use crate::pages::pauses::Pause;
use crate::pages::view::{Due, Fact, World, day, moment};
use crate::roles::LEADING;
use crate::session::SignedIn;
use crate::state::AppState;
use bpmn::{ChangeKind, DeadlineChange, Extension, Key};
use runtime::Task;
use serde::Serialize;
use store::{Deadline, DeadlineState};

/// A deadline on the page of its case.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    #[serde(skip)]
    key: Key,
    name: String,
    href: String,
    pub(super) due: Due,
    /// What there is to know: why it is paused, how often extended, what is uncertain.
    notes: Vec<String>,
    /// What the link says.
    link: &'static str,
}

impl Line {
    /// The lines of open tasks, which stand with them, and all others.
    pub(super) fn parted(lines: Vec<Line>, tasks: &[Task]) -> (Vec<Line>, Vec<Line>) {
        let of_task = |line: &Line| tasks.iter().any(|task| line.is_of(task));
        lines.into_iter().partition(of_task)
    }

    /// Whether it is the deadline of this task.
    pub(super) fn is_of(&self, task: &Task) -> bool {
        self.key == task.key
    }

    /// Takes the line of a task out of those of all open tasks.
    pub(super) fn take(lines: &mut Vec<Line>, task: Key) -> Option<Line> {
        let at = lines.iter().position(|line| line.key == task)?;
        Some(lines.swap_remove(at))
    }
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
        key: deadline.key,
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

/// The address of its page.
pub(super) fn address(reference: &str, key: Key) -> String {
    format!("{}/deadlines/{key}", href(Some(reference)))
}

/// The chip of a deadline.
pub(super) fn due(deadline: &Deadline, world: &World) -> Due {
    let plain = |kind, icon, text: &str| Due {
        kind,
        icon,
        text: text.to_owned(),
        date: String::new(),
        datetime: String::new(),
    };
    match (deadline.state, deadline.due) {
        (DeadlineState::Open, None) => Pause::of(deadline).map_or_else(
            || plain("blue", "clock", "Paused"),
            |pause| pause.due(world),
        ),
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
    notes.extend(Pause::of(deadline).map(|pause| pause.note()));
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

/// Something that was done to a clock.
#[derive(Serialize)]
pub(super) struct Told {
    what: String,
    when: String,
    by: String,
    reason: String,
}

/// What there is to know of a deadline.
pub(super) fn facts(state: &AppState, deadline: &Deadline, world: &World) -> Vec<Fact> {
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

/// What was done to its clock, the last first.
pub(super) fn history(deadline: &Deadline, names: &Names, world: &World) -> Vec<Told> {
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

/// A deadline that runs, for tests.
#[cfg(test)]
pub(super) fn open_deadline() -> Deadline {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_is_amber_from_the_warning_on() {
        let world = crate::pages::view::tests_world("2026-11-19T11:00+03:00");
        let mut deadline = open_deadline();
        assert_eq!(due(&deadline, &world).kind, "grey");
        deadline.warns_at = Some("2026-11-19T07:00:00Z".parse().unwrap());
        assert_eq!(due(&deadline, &world).kind, "amber");
        deadline.due = None;
        assert_eq!(due(&deadline, &world).text, "Paused");
        deadline.state = DeadlineState::Missed;
        assert_eq!(due(&deadline, &world).text, "Missed");
    }
}
