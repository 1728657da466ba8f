//! The course of a deadline: how a period, its pauses and its extensions lead to the moment when it is due.
//!
//! - A period in working days begins with the day as which its start counts, and the first working day after that is day 1. It is due
//!   when the office closes.
//! - While it is paused no working days pass: what was left at the pause is left when it goes on. An elapsed period (`PT24H`, a date)
//!   moves by the time for which it was paused.
//! - An extension adds working days, or says a new moment; what was paused is not extended.
//! - Months end where the calendar month ends: 31 January and one month is 28 February. A moment can be rolled from a day off to
//!   the next or the previous working day.

use feel::WorkingDays;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Period {
    /// So many working days.
    WorkingDays(i32),
    /// Until a moment that was computed when it began: elapsed hours, calendar days or months, a date.
    Until(Timestamp),
    /// Until the moment, and where that falls on a day off until the same time of the next working day.
    UntilNextWorkingDay(Timestamp),
    /// Until the moment, and where that falls on a day off until the same time of the working day before.
    UntilPreviousWorkingDay(Timestamp),
}

/// What makes a deadline longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Extension {
    /// So many more working days.
    WorkingDays(i32),
    /// A new moment.
    Until(Timestamp),
}

/// When a deadline begins to warn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Warning {
    /// When so many hundredths of its period have passed; of a few working days at least in the morning of the last.
    Percent(u8),
    /// So many working days before it is due.
    WorkingDaysBefore(i32),
}

/// What happened to a deadline, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was paused.
    Paused(Timestamp),
    /// It went on.
    Resumed(Timestamp),
    /// It was extended.
    Extended(Extension),
}

/// When a deadline is due, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The moment; absent while it is paused, or at the end of representable time.
    pub at: Option<Timestamp>,
    /// When it begins to warn; absent as the moment is, and where it never warns.
    pub warns_at: Option<Timestamp>,
    /// Whether the calendar knows the holidays of all years on the way.
    pub is_known: bool,
}

/// By what a deadline is counted.
#[derive(Debug, Clone, Copy)]
pub struct Course<'a> {
    /// The working days.
    pub calendar: &'a dyn WorkingDays,
    /// Where the office is.
    pub zone: &'a TimeZone,
}

/// How far a deadline is in the fold over its changes.
#[derive(Clone, Copy)]
enum State {
    /// So many working days after a day, at that time.
    Counting { from: Date, left: i32, time: Time },
    /// At this moment, which moves by elapsed time.
    Elapsing(Timestamp),
    /// At this moment, which somebody has said; it moves by working days.
    Said(Timestamp),
}

impl Course<'_> {
    /// When a deadline is due that began at `start`.
    pub fn due(
        &self,
        start: Timestamp,
        period: Period,
        warning: Option<Warning>,
        changes: impl IntoIterator<Item = Change>,
    ) -> Due {
        let (_, closes) = self.calendar.office_hours();
        let first = self.counts_as(start);
        let mut state = match period {
            Period::WorkingDays(days) => State::Counting {
                from: first,
                left: days,
                time: closes,
            },
            Period::Until(at)
            | Period::UntilNextWorkingDay(at)
            | Period::UntilPreviousWorkingDay(at) => State::Elapsing(at),
        };
        let mut length = match period {
            Period::WorkingDays(days) => days,
            Period::Until(_)
            | Period::UntilNextWorkingDay(_)
            | Period::UntilPreviousWorkingDay(_) => 0,
        };
        let mut paused = None;
        for change in changes {
            match change {
                Change::Paused(at) => {
                    paused = Some(at);
                    state = self.paused(state, at);
                }
                Change::Resumed(at) => {
                    state = self.resumed(state, paused.take().unwrap_or(at), at);
                }
                Change::Extended(by) => {
                    if let Extension::WorkingDays(days) = by {
                        length = length.saturating_add(days);
                    }
                    state = self.extended(state, by);
                }
            }
        }
        if paused.is_some() {
            return Due {
                at: None,
                warns_at: None,
                is_known: true,
            };
        }
        let at = self.moment(state, period);
        let last = at.map(|at| self.local(at).date());
        Due {
            at,
            warns_at: at.zip(warning).and_then(|(at, warning)| {
                let elapsed = matches!(state, State::Elapsing(_)).then(|| at.duration_since(start));
                self.warns_at(at, warning, elapsed, length)
            }),
            is_known: self.calendar.covers(first)
                && last.is_none_or(|last| self.calendar.covers(last)),
        }
    }

    fn local(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.zone.to_datetime(at)
    }

    /// The working day as which a moment counts.
    pub fn counts_as(&self, at: Timestamp) -> Date {
        self.calendar.counts_as(self.local(at))
    }

    fn paused(&self, state: State, at: Timestamp) -> State {
        let day = self.counts_as(at);
        match state {
            State::Counting { from, left, time } => State::Counting {
                from: day,
                left: left - self.calendar.between(from, day.max(from)),
                time,
            },
            State::Elapsing(due) => State::Elapsing(due),
            State::Said(due) => {
                let due = self.local(due);
                State::Counting {
                    from: day,
                    left: self.calendar.between(day, due.date()),
                    time: due.time(),
                }
            }
        }
    }

    fn resumed(&self, state: State, since: Timestamp, at: Timestamp) -> State {
        match state {
            State::Counting { left, time, .. } => State::Counting {
                from: self.counts_as(at),
                left,
                time,
            },
            State::Elapsing(due) => State::Elapsing(moved(due, at.duration_since(since))),
            State::Said(due) => State::Said(due),
        }
    }

    fn extended(&self, state: State, by: Extension) -> State {
        match (state, by) {
            (State::Counting { from, left, time }, Extension::WorkingDays(days)) => {
                State::Counting {
                    from,
                    left: left.saturating_add(days),
                    time,
                }
            }
            (State::Elapsing(due), Extension::WorkingDays(days)) => {
                State::Elapsing(self.later(due, days))
            }
            (State::Said(due), Extension::WorkingDays(days)) => State::Said(self.later(due, days)),
            (State::Elapsing(_), Extension::Until(at)) => State::Elapsing(at),
            (State::Counting { .. } | State::Said(_), Extension::Until(at)) => State::Said(at),
        }
    }

    /// The same time so many working days later, or earlier.
    fn later(&self, at: Timestamp, days: i32) -> Timestamp {
        let local = self.local(at);
        self.at(self.calendar.add(local.date(), days), local.time())
            .unwrap_or(at)
    }

    fn at(&self, date: Date, time: Time) -> Option<Timestamp> {
        self.zone.to_timestamp(date.to_datetime(time)).ok()
    }

    fn moment(&self, state: State, period: Period) -> Option<Timestamp> {
        let at = match state {
            State::Counting { from, left, time } => {
                return self.at(self.calendar.add(from, left), time);
            }
            State::Said(at) => return Some(at),
            State::Elapsing(at) => at,
        };
        let local = self.local(at);
        let off = !self.calendar.is_working_day(local.date());
        match period {
            Period::UntilNextWorkingDay(_) if off => Some(self.later(at, 1)),
            Period::UntilPreviousWorkingDay(_) if off => Some(self.later(at, -1)),
            Period::WorkingDays(_)
            | Period::Until(_)
            | Period::UntilNextWorkingDay(_)
            | Period::UntilPreviousWorkingDay(_) => Some(at),
        }
    }

    fn warns_at(
        &self,
        due: Timestamp,
        warning: Warning,
        elapsed: Option<SignedDuration>,
        length: i32,
    ) -> Option<Timestamp> {
        let before = match (warning, elapsed) {
            (Warning::Percent(percent), Some(elapsed)) => {
                let rest = elapsed / 100 * i32::from(100 - percent.min(100));
                return Some(moved(due, -rest));
            }
            (Warning::Percent(percent), None) => {
                length.saturating_mul(i32::from(100 - percent.min(100))) / 100
            }
            (Warning::WorkingDaysBefore(days), _) => days,
        };
        if before > 0 {
            return Some(self.later(due, -before));
        }
        let (opens, _) = self.calendar.office_hours();
        self.at(self.local(due).date(), opens)
            .map(|opens| opens.min(due))
    }
}

fn moved(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use feel::MondayToFriday;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    /// Monday to Friday from nine to five in London; 2 March 2026 is a Monday.
    #[track_caller]
    fn check(start: &str, period: Period, changes: &[Change], due: &str) {
        let zone = TimeZone::get("Europe/London").expect("a zone");
        let course = Course {
            calendar: &MondayToFriday,
            zone: &zone,
        };
        let found = course.due(at(start), period, None, changes.iter().copied());
        let found = found.at.map_or("paused".to_owned(), |at| at.to_string());
        assert_eq!(found, due);
    }

    const FIVE: Period = Period::WorkingDays(5);

    #[test]
    fn the_first_working_day_after_the_start_is_day_one() {
        check("2026-03-02T10:00:00Z", FIVE, &[], "2026-03-09T17:00:00Z");
        // It closed an hour ago: as on Tuesday.
        check("2026-03-02T18:00:00Z", FIVE, &[], "2026-03-10T17:00:00Z");
        // It is not open yet: as on this Monday.
        check("2026-03-02T06:00:00Z", FIVE, &[], "2026-03-09T17:00:00Z");
        // A Saturday counts as Monday.
        check("2026-03-07T10:00:00Z", FIVE, &[], "2026-03-16T17:00:00Z");
        // Summer time begins on 29 March.
        check("2026-03-27T10:00:00Z", FIVE, &[], "2026-04-03T16:00:00Z");
        check(
            "2026-03-07T10:00:00Z",
            Period::WorkingDays(0),
            &[],
            "2026-03-09T17:00:00Z",
        );
    }

    #[test]
    fn no_working_days_pass_while_it_is_paused() {
        let wednesday = Change::Paused(at("2026-03-04T11:00:00Z"));
        check("2026-03-02T10:00:00Z", FIVE, &[wednesday], "paused");
        let same_day = Change::Resumed(at("2026-03-04T12:00:00Z"));
        check(
            "2026-03-02T10:00:00Z",
            FIVE,
            &[wednesday, same_day],
            "2026-03-09T17:00:00Z",
        );
        let friday = Change::Resumed(at("2026-03-06T10:00:00Z"));
        check(
            "2026-03-02T10:00:00Z",
            FIVE,
            &[wednesday, friday],
            "2026-03-11T17:00:00Z",
        );
        let weekend = Change::Resumed(at("2026-03-07T10:00:00Z"));
        check(
            "2026-03-02T10:00:00Z",
            FIVE,
            &[wednesday, weekend],
            "2026-03-12T17:00:00Z",
        );
        let day = Period::Until(at("2026-03-03T10:00:00Z"));
        let (from, to) = (at("2026-03-02T12:00:00Z"), at("2026-03-02T15:30:00Z"));
        let pause = [Change::Paused(from), Change::Resumed(to)];
        check("2026-03-02T10:00:00Z", day, &pause, "2026-03-03T13:30:00Z");
    }

    #[test]
    fn an_extension_adds_working_days_or_says_a_moment() {
        let two = Change::Extended(Extension::WorkingDays(2));
        check("2026-03-02T10:00:00Z", FIVE, &[two], "2026-03-11T17:00:00Z");
        let until = Change::Extended(Extension::Until(at("2026-03-15T12:00:00Z")));
        check(
            "2026-03-02T10:00:00Z",
            FIVE,
            &[two, until],
            "2026-03-15T12:00:00Z",
        );
        check(
            "2026-03-02T10:00:00Z",
            FIVE,
            &[until, two],
            "2026-03-17T12:00:00Z",
        );
        // What was said moves by working days when it is paused after.
        let pause = Change::Paused(at("2026-03-12T10:00:00Z"));
        let resume = Change::Resumed(at("2026-03-13T10:00:00Z"));
        check(
            "2026-03-02T10:00:00Z",
            FIVE,
            &[until, pause, resume],
            "2026-03-16T12:00:00Z",
        );
        let day = Period::Until(at("2026-03-06T10:00:00Z"));
        check("2026-03-05T10:00:00Z", day, &[two], "2026-03-10T10:00:00Z");
    }

    #[test]
    fn a_moment_on_a_day_off_can_be_rolled() {
        let sunday = at("2026-03-08T10:00:00Z");
        check(
            "2026-03-02T10:00:00Z",
            Period::Until(sunday),
            &[],
            "2026-03-08T10:00:00Z",
        );
        let next = Period::UntilNextWorkingDay(sunday);
        check("2026-03-02T10:00:00Z", next, &[], "2026-03-09T10:00:00Z");
        let previous = Period::UntilPreviousWorkingDay(sunday);
        check(
            "2026-03-02T10:00:00Z",
            previous,
            &[],
            "2026-03-06T10:00:00Z",
        );
    }

    #[track_caller]
    fn check_warning(period: Period, warning: Warning, changes: &[Change], expected: &str) {
        let course = Course {
            calendar: &MondayToFriday,
            zone: &TimeZone::UTC,
        };
        let start = at("2026-03-02T10:00:00Z");
        let due = course.due(start, period, Some(warning), changes.iter().copied());
        assert_eq!(due.warns_at.expect("a warning").to_string(), expected);
    }

    #[test]
    fn it_warns_when_a_part_of_it_has_passed() {
        let percent = Warning::Percent(75);
        check_warning(
            Period::WorkingDays(20),
            percent,
            &[],
            "2026-03-23T17:00:00Z",
        );
        check_warning(Period::WorkingDays(1), percent, &[], "2026-03-03T09:00:00Z");
        let four = Change::Extended(Extension::WorkingDays(4));
        check_warning(
            Period::WorkingDays(20),
            percent,
            &[four],
            "2026-03-26T17:00:00Z",
        );
        let day = Period::Until(at("2026-03-03T10:00:00Z"));
        check_warning(day, percent, &[], "2026-03-03T04:00:00Z");
        let two = Warning::WorkingDaysBefore(2);
        check_warning(Period::WorkingDays(5), two, &[], "2026-03-05T17:00:00Z");
    }
}
