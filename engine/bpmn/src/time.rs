//! Moments, durations and repetitions as models write them: ISO 8601 texts or FEEL's temporal values.

use feel::{DateTime, Value};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::Repeat;

/// A repeating interval: `R3/PT1H`, `R/P1D`, `R5/2026-01-01T00:00Z/P1D`.
#[derive(Debug, Clone)]
pub(crate) struct Cycle {
    /// How often; without end where absent.
    pub(crate) times: Option<u32>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) every: Span,
    pub(crate) every_text: String,
}

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
                date_time.and_then(|date_time| date_time.to_timestamp(zone))
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

/// A repeating interval.
pub(crate) fn cycle(text: &str, zone: &TimeZone) -> Result<Cycle, String> {
    let fail = || {
        format!(
            "\"{text}\" is not a repetition such as R3/PT1H, R/P1D or R5/2026-01-01T00:00:00Z/P1D"
        )
    };
    let mut parts = text.trim().split('/');
    let times = parts
        .next()
        .and_then(|part| part.strip_prefix('R'))
        .ok_or_else(fail)?;
    let times = match times {
        "" | "-1" => None,
        number => Some(number.parse::<u32>().map_err(|_| fail())?),
    };
    let (start, every) = match (parts.next(), parts.next(), parts.next()) {
        (Some(every), None, None) => (None, every),
        (Some(start), Some(every), None) => {
            let start = moment(&Value::from(start), zone, Time::midnight()).map_err(|_| fail())?;
            (Some(start), every)
        }
        _ => return Err(fail()),
    };
    let span = span(every).ok_or_else(fail)?;
    if times == Some(0) {
        return Err(format!("\"{text}\" repeats never"));
    }
    let epoch = Timestamp::UNIX_EPOCH;
    let length = add(epoch, span, zone).map_or(0, |end| end.as_second() - epoch.as_second());
    if length < 1 {
        return Err(format!("\"{text}\" repeats more often than once a second"));
    }
    Ok(Cycle {
        times,
        start,
        every: span,
        every_text: every.to_owned(),
    })
}

/// When a repeating timer fires again after a time, and what then remains of it.
pub(crate) fn next(
    due: Timestamp,
    repeat: &Repeat,
    zone: &TimeZone,
) -> Option<(Timestamp, Repeat)> {
    if repeat.remaining == Some(0) {
        return None;
    }
    let due = add(due, span(&repeat.every)?, zone)?;
    let repeat = Repeat {
        remaining: repeat.remaining.map(|times| times - 1),
        every: repeat.every.clone(),
    };
    Some((due, repeat))
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

    #[test]
    fn repetitions_count_down() {
        let read = cycle("R3/PT1H", &kampala()).expect("a cycle");
        assert_eq!((read.times, read.start), (Some(3), None));
        assert!(cycle("R/P1D", &kampala()).is_ok_and(|cycle| cycle.times.is_none()));
        assert!(cycle("R2/2026-01-01T00:00:00Z/P1D", &kampala()).is_ok_and(|c| c.start.is_some()));
        for wrong in [
            "", "PT1H", "R3", "R0/PT1H", "R/PT0S", "R/-PT1H", "Rx/PT1H", "R/1/2/3",
        ] {
            assert!(cycle(wrong, &kampala()).is_err(), "{wrong}");
        }
        let repeat = Repeat {
            remaining: Some(1),
            every: "PT1H".into(),
        };
        let (due, rest) = next(Timestamp::UNIX_EPOCH, &repeat, &kampala()).expect("once more");
        assert_eq!(due.as_second(), 3600);
        assert!(next(due, &rest, &kampala()).is_none());
    }
}
