//! How near a due date is, in working days and in words.

use crate::Calendar;
use feel::WorkingDays;
use jiff::{Timestamp, civil::Date};

/// The groups of an inbox, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The due time has passed; so many working days ago (0: earlier today, or since the last working day).
    Overdue(i32),
    /// Due later today.
    Today,
    /// Due within the next five working days; so many from now.
    Soon(i32),
    /// Due after that; so many working days from now.
    Later(i32),
    /// Nothing says when.
    Undated,
}

/// How many working days ahead count as soon.
pub const SOON: i32 = 5;

impl Urgency {
    /// Where a due time stands now, in the working days of the calendar.
    pub fn of(due: Option<Timestamp>, now: Timestamp, calendar: &Calendar) -> Urgency {
        let Some(due) = due else {
            return Urgency::Undated;
        };
        let day = |at: Timestamp| -> Date { at.to_zoned(calendar.zone().clone()).date() };
        let working_days = calendar.between(day(now), day(due));
        if due < now {
            Urgency::Overdue(-working_days)
        } else if day(due) == day(now) {
            Urgency::Today
        } else if working_days <= SOON {
            Urgency::Soon(working_days)
        } else {
            Urgency::Later(working_days)
        }
    }

    /// The heading of its group.
    pub fn group(&self) -> &'static str {
        match self {
            Urgency::Overdue(_) => "Overdue",
            Urgency::Today => "Today",
            Urgency::Soon(_) => "Next 5 working days",
            Urgency::Later(_) => "Later",
            Urgency::Undated => "No date",
        }
    }

    /// One phrase: `3 working days overdue`, `Due today`, `Due in 1 working day`.
    pub fn words(&self) -> String {
        let days = |n: i32| format!("{n} working day{}", if n == 1 { "" } else { "s" });
        match self {
            Urgency::Overdue(0) => "Overdue".into(),
            Urgency::Overdue(n) => format!("{} overdue", days(*n)),
            Urgency::Today => "Due today".into(),
            Urgency::Soon(0) => "Due before the next working day".into(),
            Urgency::Soon(n) | Urgency::Later(n) => format!("Due in {}", days(*n)),
            Urgency::Undated => "No due date".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(due: &str, now: &str, expected: &str) {
        let calendar = Calendar::read(crate::calendars::UGANDA).unwrap();
        let urgency = Urgency::of(Some(due.parse().unwrap()), now.parse().unwrap(), &calendar);
        assert_eq!(
            format!("{}: {}", urgency.group(), urgency.words()),
            expected
        );
    }

    #[test]
    fn urgency_counts_working_days() {
        check(
            "2026-03-02T17:00+03:00",
            "2026-03-02T09:00+03:00",
            "Today: Due today",
        );
        check(
            "2026-03-02T09:00+03:00",
            "2026-03-02T09:01+03:00",
            "Overdue: Overdue",
        );
        check(
            "2026-03-05T17:00+03:00",
            "2026-03-10T09:00+03:00",
            "Overdue: 3 working days overdue",
        );
        check(
            "2026-03-06T17:00+03:00",
            "2026-03-09T09:00+03:00",
            "Overdue: 1 working day overdue",
        );
        check(
            "2026-03-07T12:00+03:00",
            "2026-03-06T09:00+03:00",
            "Next 5 working days: Due before the next working day",
        );
        check(
            "2026-03-09T17:00+03:00",
            "2026-03-06T09:00+03:00",
            "Next 5 working days: Due in 1 working day",
        );
        check(
            "2026-03-16T17:00+03:00",
            "2026-03-06T09:00+03:00",
            "Later: Due in 6 working days",
        );
    }

    #[test]
    fn groups_come_most_urgent_first() {
        let mut all = [
            Urgency::Undated,
            Urgency::Later(9),
            Urgency::Today,
            Urgency::Soon(2),
            Urgency::Overdue(1),
        ];
        all.sort();
        assert_eq!(
            all.map(|urgency| urgency.group()),
            [
                "Overdue",
                "Today",
                "Next 5 working days",
                "Later",
                "No date"
            ]
        );
    }

    #[test]
    fn a_day_ends_in_the_zone_of_the_calendar() {
        // 22:30 UTC is half past one of the next day in Kampala.
        check(
            "2026-03-02T22:30Z",
            "2026-03-02T09:00Z",
            "Next 5 working days: Due in 1 working day",
        );
    }
}
