//! Working days, by the calendar of the environment.
//!
//! The first working day after the start is day 1. A start outside office hours counts as the next working day. What is asked
//! for a date is answered with a date; what is asked for a date and time is due when the office closes. Beyond the years of which
//! the calendar knows the holidays an answer comes with a warning.

use super::{Builtin, function};
use crate::evaluate::{Call, Outcome};
use crate::{DateTime, Reason, Value};
use jiff::civil::{self, Date};
use jiff::tz::TimeZone;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("add working days", &["start", "days"], add_working_days),
    function(
        "working days between",
        &["from", "to"],
        working_days_between,
    ),
    function("is working day", &["date"], is_working_day),
    function("next working day", &["date"], next_working_day),
];

/// A day, and for a date and time also the clock and the zone of the answer.
struct Start {
    date: Date,
    clock: Option<(civil::Time, Option<TimeZone>)>,
}

/// Reads a date, or a date and time as the office's clock shows it.
fn start(call: &mut Call<'_, '_>, index: usize) -> Outcome<Start> {
    let office = call.evaluator.world.environment.zone.clone();
    match call.argument(index) {
        Value::Date(date) => Ok(Start {
            date: *date,
            clock: None,
        }),
        Value::DateTime(moment) => {
            let local = match moment.zone {
                Some(_) => moment
                    .to_timestamp(&office)
                    .map(|moment| office.to_datetime(moment)),
                None => Some(moment.date_time),
            };
            let zone = moment.zone.is_some().then_some(office);
            match local {
                Some(local) => Ok(Start {
                    date: local.date(),
                    clock: Some((local.time(), zone)),
                }),
                None => call.mismatch(index, "date and time of this calendar"),
            }
        }
        _ => call.mismatch(index, "date or date and time"),
    }
}

impl Start {
    /// The working day as which the start counts.
    fn counts_as(&self, call: &mut Call<'_, '_>) -> Outcome<Date> {
        let (_, closes) = call.evaluator.world.environment.calendar.office_hours();
        let too_late = self.clock.as_ref().is_some_and(|(time, _)| *time > closes);
        if too_late {
            return stepped(call, self.date, 1);
        }
        match working(call, self.date) {
            true => Ok(self.date),
            false => stepped(call, self.date, 1),
        }
    }

    /// The answer on a day: the day itself, or that day at a time.
    fn answer(self, date: Date, time: civil::Time) -> Value {
        match self.clock {
            None => date.into(),
            Some((_, zone)) => DateTime {
                date_time: date.to_datetime(time),
                zone,
            }
            .into(),
        }
    }
}

fn working(call: &Call<'_, '_>, date: Date) -> bool {
    call.evaluator
        .world
        .environment
        .calendar
        .is_working_day(date)
}

/// The nearest working day after a day (`direction` 1) or before it (-1).
fn stepped(call: &mut Call<'_, '_>, date: Date, direction: i64) -> Outcome<Date> {
    let mut date = date;
    loop {
        call.evaluator.charge(call.at, 1)?;
        let next = if direction > 0 {
            date.tomorrow()
        } else {
            date.yesterday()
        };
        match next {
            Ok(next) => date = next,
            Err(_) => {
                return call
                    .invalid(|| "the calendar ends before there are so many working days".into());
            }
        }
        if working(call, date) {
            return Ok(date);
        }
    }
}

/// Warns where the holidays of one of two days are not known to the calendar.
fn known(call: &mut Call<'_, '_>, from: Date, to: Date) {
    let calendar = call.evaluator.world.environment.calendar.clone();
    let beyond = [from, to].into_iter().find(|day| !calendar.covers(*day));
    if let (Some(day), Some((first, last))) = (beyond, calendar.years()) {
        let at = call.at;
        call.evaluator.warn(at, Reason::BeyondCalendar, || {
            format!(
                "{day} is beyond the calendar \"{}\", which knows the holidays of {first} to {last}: only its weekends were counted",
                calendar.name()
            )
        });
    }
}

fn add_working_days(call: &mut Call<'_, '_>) -> Outcome {
    let start = start(call, 0)?;
    let days = call.whole(1)?;
    let mut date = if days < 0 {
        start.date
    } else {
        start.counts_as(call)?
    };
    for _ in 0..days.unsigned_abs() {
        date = stepped(call, date, days.signum())?;
    }
    let (_, closes) = call.evaluator.world.environment.calendar.office_hours();
    known(call, start.date, date);
    Ok(start.answer(date, closes))
}

/// So many that `add working days(from, working days between(from, to))` is the last working day up to `to`.
fn working_days_between(call: &mut Call<'_, '_>) -> Outcome {
    let (from, to) = (start(call, 0)?, start(call, 1)?);
    let backwards = from.date > to.date;
    let (from, to) = if backwards { (to, from) } else { (from, to) };
    known(call, from.date, to.date);
    let mut date = from.counts_as(call)?;
    let mut days = 0_i64;
    while date < to.date {
        call.evaluator.charge(call.at, 1)?;
        date = match date.tomorrow() {
            Ok(next) => next,
            Err(_) => break,
        };
        days += i64::from(working(call, date));
    }
    Ok(if backwards { -days } else { days }.into())
}

fn is_working_day(call: &mut Call<'_, '_>) -> Outcome {
    let start = start(call, 0)?;
    known(call, start.date, start.date);
    Ok(working(call, start.date).into())
}

/// The first working day after a day; for a date and time the hour at which the office opens then.
fn next_working_day(call: &mut Call<'_, '_>) -> Outcome {
    let start = start(call, 0)?;
    let date = stepped(call, start.date, 1)?;
    let (opens, _) = call.evaluator.world.environment.calendar.office_hours();
    known(call, start.date, date);
    Ok(start.answer(date, opens))
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn day_one_is_the_first_working_day_after_the_start() {
        // 2 March 2026 is a Monday.
        check(r#"add working days(@"2026-03-02", 1)"#, r#"@"2026-03-03""#);
        check(r#"add working days(@"2026-03-02", 5)"#, r#"@"2026-03-09""#);
        check(r#"add working days(@"2026-03-06", 1)"#, r#"@"2026-03-09""#);
        check(r#"add working days(@"2026-03-02", 0)"#, r#"@"2026-03-02""#);
        check(r#"add working days(@"2026-03-02", -1)"#, r#"@"2026-02-27""#);
    }

    #[test]
    fn a_start_outside_office_hours_counts_as_the_next_working_day() {
        check(r#"add working days(@"2026-03-07", 1)"#, r#"@"2026-03-10""#);
        check(
            r#"add working days(@"2026-03-02T10:00:00", 1)"#,
            r#"@"2026-03-03T17:00:00""#,
        );
        check(
            r#"add working days(@"2026-03-02T18:00:00", 1)"#,
            r#"@"2026-03-04T17:00:00""#,
        );
        check(
            r#"add working days(@"2026-03-02T07:00:00", 1)"#,
            r#"@"2026-03-03T17:00:00""#,
        );
        check(
            r#"add working days(@"2026-03-06T18:00:00", 1)"#,
            r#"@"2026-03-10T17:00:00""#,
        );
    }

    #[test]
    fn what_is_due_when_the_office_closes_can_be_counted_on() {
        check(
            r#"add working days(add working days(@"2026-03-02T10:00:00", 1), 1)"#,
            r#"@"2026-03-04T17:00:00""#,
        );
    }

    #[test]
    fn a_moment_is_read_on_the_clock_of_the_office() {
        // 15:00 in London is 18:00 in Kampala: the office is closed.
        check(
            r#"add working days(@"2026-03-02T15:00:00Z", 1)"#,
            r#"@"2026-03-04T17:00:00@Africa/Kampala""#,
        );
        check("is working day(now())", "true");
    }

    #[test]
    fn working_days_are_counted_as_they_are_added() {
        check(r#"working days between(@"2026-03-02", @"2026-03-03")"#, "1");
        check(r#"working days between(@"2026-03-02", @"2026-03-09")"#, "5");
        check(r#"working days between(@"2026-03-02", @"2026-03-08")"#, "4");
        check(
            r#"working days between(@"2026-03-09", @"2026-03-02")"#,
            "-5",
        );
        check(r#"working days between(@"2026-03-02", @"2026-03-02")"#, "0");
        check("working days between(1, 2)", "null");
        for days in ["1", "4", "7", "23"] {
            check(
                &format!(
                    r#"working days between(@"2026-03-07", add working days(@"2026-03-07", {days}))"#
                ),
                days,
            );
        }
    }

    #[test]
    fn the_next_working_day_is_never_the_day_itself() {
        check(r#"is working day(@"2026-03-07")"#, "false");
        check(r#"next working day(@"2026-03-06")"#, r#"@"2026-03-09""#);
        check(r#"next working day(@"2026-03-02")"#, r#"@"2026-03-03""#);
        check(
            r#"next working day(@"2026-03-06T18:30:00")"#,
            r#"@"2026-03-09T09:00:00""#,
        );
    }

    /// Fridays are off, and of 2026 and 2027 all is known.
    #[derive(Debug)]
    struct TwoYears;

    impl crate::WorkingDays for TwoYears {
        fn is_working_day(&self, date: jiff::civil::Date) -> bool {
            date.weekday() != jiff::civil::Weekday::Friday
        }

        fn office_hours(&self) -> (jiff::civil::Time, jiff::civil::Time) {
            crate::MondayToFriday.office_hours()
        }

        fn years(&self) -> Option<(i16, i16)> {
            Some((2026, 2027))
        }
    }

    #[test]
    fn beyond_the_years_of_the_calendar_is_a_warning() {
        let warnings = |text: &str| {
            let environment = crate::Environment::at(jiff::Timestamp::UNIX_EPOCH)
                .with_calendar(std::sync::Arc::new(TwoYears));
            let found = crate::Expression::compile(text)
                .expect("an expression")
                .evaluate(&(), &environment);
            assert!(!found.value.is_null(), "{text}");
            let words: Vec<String> = found.warnings.iter().map(|w| w.message.clone()).collect();
            words.join("; ")
        };
        assert_eq!(warnings(r#"add working days(@"2027-12-01", 3)"#), "");
        assert_eq!(
            warnings(r#"add working days(@"2027-12-28", 10)"#),
            "2028-01-09 is beyond the calendar \"Monday to Friday\", which knows the holidays of 2026 to 2027: only its weekends were counted"
        );
        for text in [
            r#"is working day(@"2028-01-03")"#,
            r#"working days between(@"2025-12-30", @"2026-01-02")"#,
            r#"next working day(@"2027-12-31T10:00:00")"#,
        ] {
            assert!(warnings(text).contains("is beyond the calendar"), "{text}");
        }
    }

    #[test]
    fn a_far_future_ends_at_a_limit_and_not_in_a_hang() {
        check(r#"add working days(@"2026-03-02", 99999999)"#, "null");
    }
}
