//! What an evaluation may know of the world, and how much of the machine it may use.

use crate::{MondayToFriday, WorkingDays};
use jiff::{Timestamp, tz::TimeZone};
use std::sync::Arc;

/// The world of an evaluation. Two evaluations with equal variables and environments have equal results.
#[derive(Debug, Clone)]
pub struct Environment {
    /// What `now()` says.
    pub now: Timestamp,
    /// The zone of `now()` and `today()`, and of date-times that have none when they are compared with one that has.
    pub zone: TimeZone,
    /// The working days of `add working days()` and its kin.
    pub calendar: Arc<dyn WorkingDays>,
    /// What an evaluation may use up.
    pub limits: Limits,
}

impl Environment {
    /// Monday to Friday in UTC with the usual limits, at the given time.
    pub fn at(now: Timestamp) -> Environment {
        Environment {
            now,
            zone: TimeZone::UTC,
            calendar: Arc::new(MondayToFriday),
            limits: Limits::default(),
        }
    }

    /// The same world in another zone.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> Environment {
        Environment { zone, ..self }
    }

    /// The same world with other working days.
    #[must_use]
    pub fn with_calendar(self, calendar: Arc<dyn WorkingDays>) -> Environment {
        Environment { calendar, ..self }
    }
}

/// What one evaluation may use up. Past a limit its value is null, with a warning that names the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of the expression visited, plus a share of what is copied.
    pub steps: u64,
    /// Nesting of calls while running.
    pub depth: u32,
    /// Items of a list.
    pub list_items: usize,
    /// Bytes of a string.
    pub string_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            steps: 1_000_000,
            depth: 200,
            list_items: 100_000,
            string_bytes: 1_000_000,
        }
    }
}
