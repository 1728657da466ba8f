//! The chip that says how near a deadline is. Colour and icon repeat the words, never replace them.

use super::dates::{World, day};
use jiff::Timestamp;
use processes::Urgency;
use serde::Serialize;

/// So many working days before the deadline the chip turns amber.
const NEAR: i32 = 2;

/// A deadline in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Due {
    /// The colour: `red`, `amber`, `grey`.
    pub(crate) kind: &'static str,
    pub(crate) icon: &'static str,
    /// `3 working days overdue`.
    pub(crate) text: String,
    /// `Mon 16 Nov`; empty where nothing says when.
    pub(crate) date: String,
    /// The same for programs.
    pub(crate) datetime: String,
}

impl Due {
    /// How a due time looks now.
    pub(crate) fn of(due: Option<Timestamp>, world: &World) -> Due {
        let urgency = Urgency::of(due, world.now, &world.calendar);
        let (kind, icon) = match urgency {
            Urgency::Overdue(_) => ("red", "alert"),
            Urgency::Today | Urgency::Soon(..=NEAR) => ("amber", "clock"),
            Urgency::Soon(_) | Urgency::Later(_) | Urgency::Undated => ("grey", ""),
        };
        let clock = due
            .map(|due| world.local(due).strftime("%H:%M").to_string())
            .unwrap_or_default();
        let is_today = due.is_some_and(|due| world.local(due).date() == world.today());
        Due {
            kind,
            icon,
            text: match urgency {
                Urgency::Today => format!("Due today {clock}"),
                Urgency::Overdue(0) if is_today => format!("Overdue since {clock}"),
                Urgency::Overdue(_) | Urgency::Soon(_) | Urgency::Later(_) | Urgency::Undated => {
                    urgency.words()
                }
            },
            date: due.map(|due| day(due, world)).unwrap_or_default(),
            datetime: due
                .map(|due| world.local(due).strftime("%Y-%m-%d").to_string())
                .unwrap_or_default(),
        }
    }

    /// The class of a list's row.
    pub(crate) fn row_class(&self) -> &'static str {
        match (self.kind, self.text.starts_with("Due today")) {
            ("red", _) => "is-over",
            (_, true) => "is-today",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dates::tests::world;
    use super::*;

    #[track_caller]
    fn check(due: Option<&str>, expected: &str) {
        let due = due.map(|due| due.parse().unwrap());
        let chip = Due::of(due, &world("2026-11-19T11:00+03:00"));
        assert_eq!(
            format!(
                "{} {}: {} [{}]",
                chip.kind,
                chip.text,
                chip.date,
                chip.row_class()
            ),
            expected
        );
    }

    #[test]
    fn a_chip_says_how_near_the_deadline_is() {
        check(
            Some("2026-11-16T17:00+03:00"),
            "red 3 working days overdue: Mon 16 Nov [is-over]",
        );
        check(
            Some("2026-11-19T10:00+03:00"),
            "red Overdue since 10:00: Thu 19 Nov [is-over]",
        );
        // On Sunday, what was due on Friday is not yet a working day late.
        assert_eq!(
            Due::of(
                Some("2026-11-20T10:00+03:00".parse().unwrap()),
                &world("2026-11-22T11:00+03:00")
            )
            .text,
            "Overdue"
        );
        check(
            Some("2026-11-19T17:00+03:00"),
            "amber Due today 17:00: Thu 19 Nov [is-today]",
        );
        check(
            Some("2026-11-23T17:00+03:00"),
            "amber Due in 2 working days: Mon 23 Nov []",
        );
        check(
            Some("2026-11-24T17:00+03:00"),
            "grey Due in 3 working days: Tue 24 Nov []",
        );
        check(None, "grey No due date:  []");
    }
}
