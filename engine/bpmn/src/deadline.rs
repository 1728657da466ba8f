//! Deadlines: clocks with a record. A deadline belongs to an open task or a running timer and says how its due time came about, so
//! that it can be paused, extended and counted anew.
//!
//! In the model (`caseway:` attributes of a user task or a timer event, or zeebe properties of these names, which element templates
//! write; an element whose due time an expression computes with working days has a deadline without any of them): `workingDays` (how long; null means as the element itself says), `from` (the moment at which it began; now where absent),
//! `startEvent` (what began it, in words), `source` (`statute`, `guidance`, `local`, `programme`), `reference` (where that is
//! written), `warning` (`75%`, or working days before), `roll` (`next` or `previous` working day, for months and dates).

use std::sync::Arc;

use calendar::{Change, Extension, Period, Warning};
use feel::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Key, Text};

/// When a timer is due that waits for a paused deadline to go on.
/// The last whole second, because databases keep microseconds.
pub const NEVER: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// Who has set a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// A law.
    Statute,
    /// Guidance with the force of one.
    Guidance,
    /// The organisation itself.
    Local,
    /// The programme that the case is part of.
    Programme,
}

impl Source {
    /// All of them.
    pub const ALL: [Source; 4] = [
        Source::Statute,
        Source::Guidance,
        Source::Local,
        Source::Programme,
    ];

    /// The word in models and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Source::Statute => "statute",
            Source::Guidance => "guidance",
            Source::Local => "local",
            Source::Programme => "programme",
        }
    }
}

/// What a model says about the deadline of an element.
#[derive(Debug)]
pub struct DeadlineRule {
    /// How many working days it has.
    pub working_days: Option<Text>,
    /// When it began.
    pub from: Option<Text>,
    /// What began it, in words.
    pub start_event: Option<String>,
    /// Who has set it. A timer without is a time of the pathway, which is reached and not missed.
    pub source: Option<Source>,
    /// Where that is written.
    pub reference: Option<String>,
    /// When it warns.
    pub warning: Warning,
    /// Where it goes from a day off.
    pub roll: Option<Roll>,
}

impl DeadlineRule {
    /// When a deadline warns of which nobody says: when three quarters of it have passed.
    pub(crate) const USUAL: Warning = Warning::Percent(75);
}

/// Nothing is said: as the element itself says.
impl Default for DeadlineRule {
    fn default() -> DeadlineRule {
        DeadlineRule {
            working_days: None,
            from: None,
            start_event: None,
            source: None,
            reference: None,
            warning: DeadlineRule::USUAL,
            roll: None,
        }
    }
}

/// Where a moment on a day off goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll {
    /// To the next working day.
    Next,
    /// To the working day before.
    Previous,
}

impl Roll {
    /// The period until a moment.
    pub(crate) fn until(roll: Option<Roll>, at: Timestamp) -> Period {
        match roll {
            None => Period::Until(at),
            Some(Roll::Next) => Period::UntilNextWorkingDay(at),
            Some(Roll::Previous) => Period::UntilPreviousWorkingDay(at),
        }
    }
}

/// A clock that runs or is paused, with its record. Its key is that of its task or timer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deadline {
    /// The task or timer that is due then.
    pub key: Key,
    /// Id of the user task or timer event in the model.
    pub element: Arc<str>,
    /// The visit that it is about: to the user task, or to the activity of a boundary event.
    pub element_instance: Key,
    /// Name of the element.
    pub name: Arc<str>,
    /// Whether it belongs to a task; else to a timer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_task: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// What began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_event: Option<String>,
    /// How long it is.
    pub period: Period,
    /// What an expression computed that from, with working days; a changed calendar computes it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Box<Computed>>,
    /// Who has set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Where that is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// When it warns, as a rule.
    pub warning: Warning,
    /// What it was counted by, and with which result.
    #[serde(flatten)]
    pub counted: Counted,
    /// Its pauses and extensions, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<DeadlineChange>,
    /// Why it is not met, where somebody has said so while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub miss_reason: Option<String>,
}

/// When an expression computed a due time with working days, and the values that it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Computed {
    /// When: its `now()`.
    pub at: Timestamp,
    /// The variables that it reads, as far as there were any.
    #[serde(default)]
    pub values: Context,
}

/// The result of counting a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// When it is due; absent while it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When it begins to warn; absent as `due` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warns_at: Option<Timestamp>,
    /// Id of the calendar; absent where it is the one with which the program was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Whether a year on the way is one of which the calendar does not know the holidays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beyond_calendar: bool,
}

/// What somebody did to a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadlineChange {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: ChangeKind,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// By whose authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What can be done to a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// It was paused.
    Paused,
    /// It went on.
    Resumed,
    /// It was extended.
    Extended(Extension),
}

/// How a deadline came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeadlineOutcome {
    /// What it was about was done in time, or while it was paused.
    Met,
    /// It passed before that.
    Missed,
    /// A time of the pathway came, as it should.
    Reached,
    /// What it was about is no longer needed.
    Withdrawn,
}

impl Deadline {
    /// Whether it is paused now.
    pub fn is_paused(&self) -> bool {
        self.counted.due.is_none()
    }

    /// Whether it has passed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.counted.due.is_some_and(|due| due < now)
    }

    /// What happened to it, for counting.
    pub(crate) fn course(&self) -> impl Iterator<Item = Change> {
        self.changes.iter().map(|change| match change.kind {
            ChangeKind::Paused => Change::Paused(change.at),
            ChangeKind::Resumed => Change::Resumed(change.at),
            ChangeKind::Extended(by) => Change::Extended(by),
        })
    }
}
