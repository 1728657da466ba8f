//! What stands beside the form: the deadline and who is told when it passes, guidance, who else can be told, the last entries of
//! the chronology.

use super::escalate::Escalation;
use super::{Opened, who_has};
use crate::pages::view::{Due, Entry, Fact, World, day, day_long};
use crate::pages::{case, escalation};
use crate::session::SignedIn;
use processes::Urgency;
use runtime::Task;
use serde::Serialize;

/// How many entries of the chronology stand beside a form.
const ENTRIES: usize = 4;
/// The length of the ring's line: 2 pi times its radius of 29.
const RING: f64 = 182.2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Side {
    deadline: Deadline,
    guidance: Option<Guidance>,
    entries: Vec<Entry>,
    chronology_href: String,
    chronology_count: usize,
    escalations: Vec<Escalation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deadline {
    #[serde(flatten)]
    chip: Due,
    title: String,
    due_text: String,
    ring: Option<Ring>,
    facts: Vec<Fact>,
}

/// How much of the time is used up, drawn; the number is in the middle and in words beside it.
#[derive(Debug, PartialEq, Serialize)]
struct Ring {
    label: String,
    number: i32,
    /// The length of the line that is drawn.
    used: String,
    colour: &'static str,
}

#[derive(Serialize)]
struct Guidance {
    lines: Vec<String>,
    several: bool,
}

/// `escalations` can be raised on this page.
pub(super) fn side(user: &SignedIn, opened: &Opened, escalations: Vec<Escalation>) -> Side {
    let task = &opened.task;
    let mut entries = opened.story.chronology(&opened.names, &opened.world);
    let chronology_count = entries.len();
    entries.truncate(ENTRIES);
    Side {
        deadline: deadline(user, opened),
        guidance: opened.property("guidance").map(guidance),
        entries,
        chronology_href: format!("{}#chronology", case::href(task.business_id.as_deref())),
        chronology_count,
        escalations,
    }
}

fn deadline(user: &SignedIn, opened: &Opened) -> Deadline {
    let (task, world) = (&opened.task, &opened.world);
    let chip = match &opened.pause {
        Some(pause) => pause.due(world),
        None => Due::of(task.due, world),
    };
    let late = opened
        .deployed
        .as_ref()
        .and_then(|deployed| escalation::if_late(&deployed.definition, &task.element));
    let facts = [
        Fact::some("Opened", day(task.created_at, world)),
        late.and_then(|teams| Fact::some("If late", teams)),
        Fact::some("With", who_has(task, user, &opened.names)),
    ];
    Deadline {
        title: chip.text.clone(),
        due_text: match (&opened.pause, task.due) {
            (Some(pause), _) => pause.note(),
            (None, Some(due)) => format!("Due {}", day_long(due, world)),
            (None, None) => String::new(),
        },
        ring: ring(task, world),
        facts: facts.into_iter().flatten().collect(),
        chip,
    }
}

/// The ring counts working days; in the last day it is full.
fn ring(task: &Task, world: &World) -> Option<Ring> {
    let due = task.due?;
    let total = due.duration_since(task.created_at).as_secs_f64().max(1.0);
    let used = (world.now.duration_since(task.created_at).as_secs_f64() / total).clamp(0.02, 1.0);
    let (number, words, colour) = match Urgency::of(task.due, world.now, &world.calendar) {
        Urgency::Overdue(days) => (days, "working days overdue", "#a8231c"),
        Urgency::Today => (0, "working days left", "#d98b06"),
        Urgency::Soon(days @ ..=2) => (days, "working days left", "#d98b06"),
        Urgency::Soon(days) | Urgency::Later(days) => (days, "working days left", "#0a635c"),
        Urgency::Undated => return None,
    };
    Some(Ring {
        label: format!("{number} {words}"),
        number,
        used: format!("{:.1}", used * RING),
        colour,
    })
}

/// Guidance is a text of sentences; several lines become a list.
fn guidance(text: &str) -> Guidance {
    let lines: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    Guidance {
        several: lines.len() > 1,
        lines,
    }
}
