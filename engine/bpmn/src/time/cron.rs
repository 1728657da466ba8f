//! Cron texts: `0 9 * * MON-FRI` (minute, hour, day, month, weekday), the same with seconds in front, `@daily`.
//!
//! They speak of the clock on the wall of the zone. Where clocks change: a time that does not exist comes as much later
//! as the clock went forward (02:30 at 03:30), and a time that exists twice comes the first time only. Weekdays are
//! 0 to 7, where 0 and 7 are Sunday, or `SUN` to `SAT`. A time must fit the day of the month and the weekday both.

use ::cron::Schedule;
use chrono::DateTime;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 0 1 1 *"),
    ("@annually", "0 0 0 1 1 *"),
    ("@monthly", "0 0 0 1 * *"),
    ("@weekly", "0 0 0 * * SUN"),
    ("@daily", "0 0 0 * * *"),
    ("@midnight", "0 0 0 * * *"),
    ("@hourly", "0 0 * * * *"),
];

/// When a cron text comes next after a time; `None` where that is never. An error where it is not a cron text.
pub(super) fn next(
    text: &str,
    after: Timestamp,
    zone: &TimeZone,
) -> Result<Option<Timestamp>, String> {
    let schedule = schedule(text)?;
    // The library counts on a clock without changes: the one on the wall, taken for that of UTC.
    let wall = after.to_zoned(zone.clone()).datetime();
    let wall = TimeZone::UTC.to_timestamp(wall).ok();
    let wall = wall.and_then(|wall| DateTime::from_timestamp(wall.as_second(), 0));
    let Some(wall) = wall else {
        return Ok(None);
    };
    let moments = schedule.after(&wall).map_while(|next| {
        let wall = Timestamp::from_second(next.timestamp()).ok()?;
        let civil = wall.to_zoned(TimeZone::UTC).datetime();
        zone.to_ambiguous_timestamp(civil).compatible().ok()
    });
    // In the hour that comes twice, the wall shows times that have been.
    let mut later = moments.filter(|moment| *moment > after);
    Ok(later.next())
}

fn schedule(text: &str) -> Result<Schedule, String> {
    let fail = || {
        format!(
            "\"{text}\" is neither a repetition such as R3/PT1H, R/P1D or R5/2026-01-01T00:00:00Z/P1D \
             nor a cron text such as \"0 9 * * MON-FRI\" or \"@daily\""
        )
    };
    let text = text.trim();
    let named = MACROS
        .iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name));
    let mut fields: Vec<&str> = named
        .map_or(text, |(_, fields)| fields)
        .split_whitespace()
        .collect();
    if fields.len() == 5 {
        fields.insert(0, "0");
    }
    let [second, minute, hour, day, month, weekday] = fields[..] else {
        return Err(fail());
    };
    let weekday = weekdays(weekday).ok_or_else(fail)?;
    let day = if day == "?" { "*" } else { day };
    let whole = [second, minute, hour, day, month, &weekday].join(" ");
    whole.parse().map_err(|_| fail())
}

/// The weekdays of a field by name, since libraries do not agree on their numbers.
fn weekdays(field: &str) -> Option<String> {
    if field == "*" || field == "?" {
        return Some("*".to_owned());
    }
    let mut days = [false; 7];
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (0, 6),
            Some((from, to)) => (weekday(from)?, weekday(to)?),
            None => (weekday(range)?, weekday(range)?),
        };
        // From Friday to Sunday, or to Tuesday: over the end of the week.
        let to = if to < from { to + 7 } else { to };
        for day in (from..=to).step_by(step) {
            days[day % 7] = true;
        }
    }
    let names = DAYS.iter().zip(days).filter(|(_, chosen)| *chosen);
    let names: Vec<&str> = names.map(|(name, _)| *name).collect();
    Some(names.join(","))
}

fn weekday(text: &str) -> Option<usize> {
    if let Ok(number) = text.parse::<usize>() {
        return (number <= 7).then_some(number);
    }
    DAYS.iter().position(|name| text.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next times after a moment in Vienna, as its clocks show them.
    #[track_caller]
    fn check(text: &str, after: &str, expected: &[&str]) {
        let zone = TimeZone::get("Europe/Vienna").expect("a zone");
        let mut now: Timestamp = after.parse().expect("a moment");
        let mut found = Vec::new();
        for _ in expected {
            match next(text, now, &zone) {
                Ok(Some(next)) => now = next,
                other => panic!("{text}: {other:?}"),
            }
            found.push(
                now.to_zoned(zone.clone())
                    .strftime("%a %F %H:%M%:z")
                    .to_string(),
            );
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_are_five_or_six_or_a_word() {
        let after = "2026-03-06T12:00:00Z";
        check(
            "0 9 * * MON-FRI",
            after,
            &["Mon 2026-03-09 09:00+01:00", "Tue 2026-03-10 09:00+01:00"],
        );
        check("0 0 9 * * 1-5", after, &["Mon 2026-03-09 09:00+01:00"]);
        check(
            "0 9 * * 5-7",
            after,
            &["Sat 2026-03-07 09:00+01:00", "Sun 2026-03-08 09:00+01:00"],
        );
        check("0 9 * * 0", after, &["Sun 2026-03-08 09:00+01:00"]);
        check(
            "0 9 * * sat,2",
            after,
            &["Sat 2026-03-07 09:00+01:00", "Tue 2026-03-10 09:00+01:00"],
        );
        check(
            "30 8 1 */6 ?",
            after,
            &["Wed 2026-07-01 08:30+02:00", "Fri 2027-01-01 08:30+01:00"],
        );
        check("@daily", after, &["Sat 2026-03-07 00:00+01:00"]);
        check("@monthly", after, &["Wed 2026-04-01 00:00+02:00"]);
        check("@hourly", after, &["Fri 2026-03-06 14:00+01:00"]);
    }

    #[test]
    fn a_time_that_does_not_exist_comes_after_the_gap() {
        check(
            "30 2 * * *",
            "2026-03-28T00:00:00Z",
            &[
                "Sat 2026-03-28 02:30+01:00",
                "Sun 2026-03-29 03:30+02:00",
                "Mon 2026-03-30 02:30+02:00",
            ],
        );
    }

    #[test]
    fn a_time_that_exists_twice_comes_once() {
        check(
            "30 2 * * *",
            "2026-10-24T12:00:00Z",
            &["Sun 2026-10-25 02:30+02:00", "Mon 2026-10-26 02:30+01:00"],
        );
        check(
            "*/30 * * * *",
            "2026-10-25T00:00:00Z",
            &["Sun 2026-10-25 02:30+02:00", "Sun 2026-10-25 03:00+01:00"],
        );
        // Asked in the second of the two hours.
        check(
            "*/30 * * * *",
            "2026-10-25T01:10:00Z",
            &["Sun 2026-10-25 03:00+01:00"],
        );
    }

    #[test]
    fn other_texts_are_not_cron() {
        for wrong in [
            "",
            "* * * *",
            "0 25 * * *",
            "0 9 * * 8",
            "0 9 * * L",
            "@reboot",
            "0 9 * * MON#1",
            "0 9 * * 1/0",
            "a b c d e",
        ] {
            assert!(
                next(wrong, Timestamp::UNIX_EPOCH, &TimeZone::UTC).is_err(),
                "{wrong}"
            );
        }
        let never = next("0 0 30 2 *", Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        assert_eq!(never, Ok(None));
    }
}
