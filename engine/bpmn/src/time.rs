//! Moments, durations and repetitions as models write them: ISO 8601 texts or FEEL's temporal values.

use feel::{DateTime, Value};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::{CatchUp, Repeat};

mod cron;

/// The moment that a text or value means. What has no zone is read in the given one; a day without time is that
/// time of the day.
pub(crate) fn moment(value: &Value, zone: &TimeZone, of_day: Time) -> Result<Timestamp, String> {
    let read = if let Value::Date(date) = value {
        at_time(*date, of_day, zone)
    } else if let Value::DateTime(date_time) = value {
        date_time.to_timestamp(zone)
    } else {
        let text = value.as_str().unwrap_or_default().trim();
        match text.parse::<Date>() {
            Ok(date) if !text.contains('T') => at_time(date, of_day, zone),
            _ => {
                let date_time = text.parse::<DateTime>().ok();
                let known = date_time.and_then(|date_time| date_time.to_timestamp(zone));
                // Without seconds too.
                known.or_else(|| text.parse().ok())
            }
        }
    };
    read.ok_or_else(|| {
        format!(
            "{} is not a date and time such as 2026-03-02T09:00:00+03:00",
            shown(value)
        )
    })
}

/// The moment that a duration from now leads to. Days and months are those of the calendar in the zone.
pub(crate) fn after(now: Timestamp, value: &Value, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = if let Value::DaysDuration(duration) = value {
        duration.to_string()
    } else if let Value::YearsDuration(duration) = value {
        duration.to_string()
    } else {
        value.as_str().unwrap_or_default().trim().to_owned()
    };
    let span = span(&text).ok_or_else(|| {
        format!(
            "{} is not a duration such as P3D, PT1H30M or P1M",
            shown(value)
        )
    })?;
    add(now, span, zone).ok_or_else(|| format!("{} leads out of the calendar", shown(value)))
}

/// The first time of a repetition (`R3/PT1H`, `R/P1D`, `R5/2026-01-01T00:00Z/P1D`, a cron text) that is reached
/// now, and how it goes on.
///
/// Days and months are those of the calendar in the zone, counted from the beginning: daily at 02:30 stays at 02:30. On a
/// day on which that does not exist it comes as much later as the clock went forward, and where it exists twice it
/// comes the first time. Hours are those of a clock that is never changed.
pub(crate) fn first(
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(Timestamp, Repeat), String> {
    let text = text.trim();
    let Some(repetition) = text.strip_prefix('R') else {
        let due = cron::next(text, now, zone)?;
        let due = due.ok_or_else(|| format!("\"{text}\" never comes"))?;
        let repeat = Repeat {
            remaining: None,
            every: text.to_owned(),
            since: None,
            count: 0,
            catch_up: CatchUp::All,
        };
        return Ok((due, repeat));
    };
    let fail = || {
        format!(
            "\"{text}\" is not a repetition such as R3/PT1H, R/P1D or R5/2026-01-01T00:00:00Z/P1D"
        )
    };
    let parts: Vec<&str> = repetition.split('/').collect();
    let times = match *parts.first().ok_or_else(fail)? {
        "" | "-1" => None,
        number => Some(number.parse::<u32>().map_err(|_| fail())?),
    };
    let start = |text: &str| moment(&Value::from(text), zone, Time::midnight()).map_err(|_| fail());
    let (since, count, every) = match parts[1..] {
        [every] => (now, 1, every.to_owned()),
        [from, to] if span(to).is_none() => {
            let (from, to) = (start(from)?, start(to)?);
            (from, 0, format!("PT{}S", to.as_second() - from.as_second()))
        }
        [from, every] => (start(from)?, 0, every.to_owned()),
        _ => return Err(fail()),
    };
    if times == Some(0) {
        return Err(format!("\"{text}\" repeats never"));
    }
    let length = span(&every).ok_or_else(fail)?;
    let epoch = Timestamp::UNIX_EPOCH;
    let length = add(epoch, length, zone).map_or(0, |end| end.as_second() - epoch.as_second());
    if length < 1 {
        return Err(format!("\"{text}\" repeats more often than once a second"));
    }
    let repeat = Repeat {
        remaining: times.map(|times| times - 1),
        every,
        since: Some(since),
        count,
        catch_up: CatchUp::All,
    };
    let due = nth(&repeat, zone).ok_or_else(|| format!("\"{text}\" leads out of the calendar"))?;
    Ok((due, repeat))
}

/// What a time that has come leads to.
#[derive(Debug, PartialEq)]
pub struct Come {
    /// Whether it counts.
    pub counts: bool,
    /// The time after it, and what then remains.
    pub next: Option<(Timestamp, Repeat)>,
}

/// What becomes of a time that has come, looked at now, and when the next one is due. One that does not repeat counts.
pub fn come(due: Timestamp, repeat: Option<&Repeat>, now: Timestamp, zone: &TimeZone) -> Come {
    let next = repeat.and_then(|repeat| next(due, repeat, zone));
    let is_missed = next.as_ref().is_some_and(|(due, _)| *due <= now);
    match repeat {
        Some(repeat) if is_missed && repeat.catch_up != CatchUp::All => Come {
            counts: repeat.catch_up == CatchUp::Once,
            next: later(due, repeat, now, zone),
        },
        Some(_) | None => Come { counts: true, next },
    }
}

/// The first time of a repetition that is still to come; those before it count as having been.
fn later(
    due: Timestamp,
    repeat: &Repeat,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<(Timestamp, Repeat)> {
    if !repeat.every.starts_with('P') {
        let due = cron::next(&repeat.every, now, zone).ok().flatten()?;
        return Some((due, repeat.clone()));
    }
    let since = repeat.since.or(Some(due));
    let at = |count: u32| {
        let repeat = Repeat {
            since,
            count,
            ..repeat.clone()
        };
        nth(&repeat, zone)
    };
    let is_past = |count: u32| at(count).is_some_and(|due| due <= now);
    // The numbers between `from`, which is past, and `to`, which is not.
    let (mut from, mut step) = (repeat.count, 1_u32);
    while is_past(from.checked_add(step)?) {
        from = from.checked_add(step)?;
        step = step.checked_mul(2)?;
    }
    let mut to = from.checked_add(step)?;
    while to - from > 1 {
        let middle = from + (to - from) / 2;
        if is_past(middle) {
            from = middle;
        } else {
            to = middle;
        }
    }
    let remaining = match repeat.remaining {
        Some(remaining) => Some(remaining.checked_sub(to - repeat.count)?),
        None => None,
    };
    let next = Repeat {
        remaining,
        since,
        count: to,
        ..repeat.clone()
    };
    Some((at(to)?, next))
}

/// When a repeating timer fires again after a time, and what then remains of it.
fn next(due: Timestamp, repeat: &Repeat, zone: &TimeZone) -> Option<(Timestamp, Repeat)> {
    if repeat.remaining == Some(0) {
        return None;
    }
    let mut next = Repeat {
        remaining: repeat.remaining.map(|times| times - 1),
        ..repeat.clone()
    };
    if !repeat.every.starts_with('P') {
        let due = cron::next(&repeat.every, due, zone).ok().flatten()?;
        return Some((due, next));
    }
    if next.since.is_none() {
        next.since = Some(due);
    }
    next.count = next.count.checked_add(1)?;
    Some((nth(&next, zone)?, next))
}

/// The moment at which a repetition stands.
fn nth(repeat: &Repeat, zone: &TimeZone) -> Option<Timestamp> {
    let every = span(&repeat.every)?;
    let whole = every.checked_mul(i64::from(repeat.count)).ok()?;
    add(repeat.since?, whole, zone)
}

/// Adds a span on the calendar of a zone.
pub(crate) fn add(moment: Timestamp, span: Span, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = moment.to_zoned(zone.clone()).checked_add(span).ok()?;
    Some(zoned.timestamp())
}

/// An ISO 8601 duration; other spellings are not taken.
pub(crate) fn span(text: &str) -> Option<Span> {
    let iso = text.strip_prefix('-').unwrap_or(text).starts_with('P');
    iso.then(|| text.parse().ok()).flatten()
}

fn at_time(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(date.to_datetime(time)).ok()
}

fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("\"{text}\""),
        None => format!("a {}", value.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kampala() -> TimeZone {
        TimeZone::get("Africa/Kampala").expect("a zone")
    }

    #[track_caller]
    fn check_moment(text: &str, expected: &str) {
        let read = moment(&Value::from(text), &kampala(), Time::constant(17, 0, 0, 0));
        let shown = read.map_or_else(|problem| problem, |moment| moment.to_string());
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_moment_without_zone_is_local() {
        check_moment("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z");
        check_moment("2026-03-02T09:00:00+03:00", "2026-03-02T06:00:00Z");
        check_moment("2026-03-02T09:00:00", "2026-03-02T06:00:00Z");
        check_moment("2026-03-02", "2026-03-02T14:00:00Z");
        check_moment(
            "soon",
            "\"soon\" is not a date and time such as 2026-03-02T09:00:00+03:00",
        );
    }

    #[track_caller]
    fn check_after(text: &str, expected: &str) {
        let now: Timestamp = "2026-03-28T12:00:00Z".parse().expect("a moment");
        let london = TimeZone::get("Europe/London").expect("a zone");
        let read = after(now, &Value::from(text), &london);
        let shown = read.map_or_else(|problem| problem, |moment| moment.to_string());
        assert_eq!(shown, expected);
    }

    #[test]
    fn days_are_those_of_the_calendar_and_hours_those_of_the_clock() {
        check_after("P1D", "2026-03-29T11:00:00Z"); // the clocks go forward in the night
        check_after("PT24H", "2026-03-29T12:00:00Z");
        check_after("P1M", "2026-04-28T11:00:00Z");
        check_after(
            "1 day",
            "\"1 day\" is not a duration such as P3D, PT1H30M or P1M",
        );
    }

    /// What is made at 12:30 of an hourly repetition whose first time was due at 09:00.
    #[track_caller]
    fn check_missed(text: &str, catch_up: CatchUp, counts: bool, next: Option<&str>) {
        let at = |text: &str| -> Timestamp { text.parse().expect("a moment") };
        let (since, now) = (at("2026-03-02T08:00:00Z"), at("2026-03-02T12:30:00Z"));
        let (due, repeat) = first(text, since, &TimeZone::UTC).expect("a repetition");
        assert_eq!(due, at("2026-03-02T09:00:00Z"));
        let repeat = Repeat { catch_up, ..repeat };
        let come = come(due, Some(&repeat), now, &TimeZone::UTC);
        assert_eq!(come.counts, counts);
        let shown = come.next.map(|(due, _)| due.to_string());
        assert_eq!(shown.as_deref(), next);
    }

    #[test]
    fn times_that_have_passed_count_as_the_model_wants() {
        let (next, later) = (Some("2026-03-02T10:00:00Z"), Some("2026-03-02T13:00:00Z"));
        for text in ["R/PT1H", "0 0 * * * *"] {
            check_missed(text, CatchUp::All, true, next);
            check_missed(text, CatchUp::Once, true, later);
            check_missed(text, CatchUp::Skip, false, later);
        }
        check_missed("R5/PT1H", CatchUp::Skip, false, later);
        check_missed("R4/PT1H", CatchUp::Skip, false, None);
        check_missed("R4/PT1H", CatchUp::Once, true, None);
        // The only time is late, and none has come after it.
        check_missed("R1/PT1H", CatchUp::Skip, true, None);
    }

    /// The times of a repetition that is reached at a moment, as the clocks of London show them.
    #[track_caller]
    fn check_cycle(text: &str, now: &str, expected: &[&str]) {
        let london = TimeZone::get("Europe/London").expect("a zone");
        let now = now.parse().expect("a moment");
        let mut found = Vec::new();
        let mut at = Some(first(text, now, &london).expect("a repetition"));
        while let Some((due, repeat)) = at.filter(|_| found.len() < expected.len().max(4)) {
            let shown = due.to_zoned(london.clone()).strftime("%F %H:%M%:z");
            found.push(shown.to_string());
            at = next(due, &repeat, &london);
        }
        found.truncate(expected.len().max(1));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_repetition_comes_as_often_as_it_says() {
        let now = "2026-01-31T09:00:00Z";
        check_cycle(
            "R2/PT1H",
            now,
            &["2026-01-31 10:00+00:00", "2026-01-31 11:00+00:00"],
        );
        let count = |text: &str| {
            let (mut due, mut repeat) =
                first(text, now.parse().expect("a moment"), &TimeZone::UTC).expect("a repetition");
            let mut count = 1;
            while let Some(more) = next(due, &repeat, &TimeZone::UTC) {
                (due, repeat) = more;
                count += 1;
            }
            count
        };
        assert_eq!((count("R1/PT1H"), count("R3/PT1H")), (1, 3));
        assert_eq!(count("R5/2026-01-01T00:00Z/P1D"), 5);
    }

    #[test]
    fn a_repetition_may_begin_at_a_moment_and_last_until_another() {
        let now = "2026-01-31T09:00:00Z";
        check_cycle(
            "R/2026-02-01T08:00Z/P1D",
            now,
            &["2026-02-01 08:00+00:00", "2026-02-02 08:00+00:00"],
        );
        check_cycle(
            "R/2026-02-01T08:00Z/2026-02-01T20:00Z",
            now,
            &[
                "2026-02-01 08:00+00:00",
                "2026-02-01 20:00+00:00",
                "2026-02-02 08:00+00:00",
            ],
        );
        check_cycle(
            "0 12 * * MON",
            now,
            &["2026-02-02 12:00+00:00", "2026-02-09 12:00+00:00"],
        );
    }

    #[test]
    fn ends_of_months_do_not_add_up() {
        check_cycle(
            "R/P1M",
            "2026-01-31T09:00:00Z",
            &[
                "2026-02-28 09:00+00:00",
                "2026-03-31 09:00+01:00",
                "2026-04-30 09:00+01:00",
            ],
        );
    }

    #[test]
    fn a_day_is_one_of_the_calendar_when_clocks_change_and_an_hour_is_not() {
        check_cycle(
            "R/P1D",
            "2026-03-27T09:00:00Z",
            &[
                "2026-03-28 09:00+00:00",
                "2026-03-29 09:00+01:00",
                "2026-03-30 09:00+01:00",
            ],
        );
        check_cycle(
            "R/PT24H",
            "2026-03-27T09:00:00Z",
            &[
                "2026-03-28 09:00+00:00",
                "2026-03-29 10:00+01:00",
                "2026-03-30 10:00+01:00",
            ],
        );
    }

    #[test]
    fn a_time_that_does_not_exist_is_later_and_the_next_day_is_as_ever() {
        check_cycle(
            "R/P1D",
            "2026-03-27T01:30:00Z",
            &[
                "2026-03-28 01:30+00:00",
                "2026-03-29 02:30+01:00",
                "2026-03-30 01:30+01:00",
            ],
        );
    }

    #[test]
    fn a_time_that_exists_twice_comes_the_first_time() {
        check_cycle(
            "R/P1D",
            "2026-10-23T00:30:00Z",
            &[
                "2026-10-24 01:30+01:00",
                "2026-10-25 01:30+01:00",
                "2026-10-26 01:30+00:00",
            ],
        );
    }

    #[test]
    fn other_texts_are_not_repetitions() {
        for wrong in [
            "",
            "PT1H",
            "R3",
            "R0/PT1H",
            "R/PT0S",
            "R/-PT1H",
            "Rx/PT1H",
            "R/1/2/3",
            "R/PT1H/2026-02-01T08:00Z",
            "R/2026-02-01T08:00Z/2026-01-01T08:00Z",
            "every day",
            "R/P",
            "R99999999999/P1D",
        ] {
            let read = first(wrong, Timestamp::UNIX_EPOCH, &kampala());
            assert!(read.is_err(), "{wrong}");
        }
    }

    /// As they were stored before they counted from the beginning.
    #[test]
    fn a_repetition_without_beginning_counts_from_its_last_time() {
        let repeat: Repeat =
            serde_json::from_str(r#"{"remaining": 1, "every": "PT1H"}"#).expect("a repetition");
        let (due, rest) = next(Timestamp::UNIX_EPOCH, &repeat, &kampala()).expect("once more");
        assert_eq!(due.as_second(), 3600);
        assert!(next(due, &rest, &kampala()).is_none());
    }
}
