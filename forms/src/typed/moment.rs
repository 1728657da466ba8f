//! Dates and times as people write them, in three fields or pasted into the first one.

use super::{Fault, Texts};
use crate::schema::Moment;
use feel::{DateTime, Environment, Value};
use jiff::civil::{Date, Time};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The value of day, month, year and time: an ISO text (`2026-11-12`, `16:10:00`, `2026-11-12T16:10:00+03:00`).
pub(super) fn read(
    parts: Moment,
    texts: [&str; 4],
    environment: &Environment,
) -> Result<Value, Fault> {
    let [day, month, year, clock] = texts;
    let this_year = environment.zone.to_datetime(environment.now).year();
    match parts {
        Moment::Time if day.is_empty() => Ok(Value::Null),
        Moment::Time => Ok(Value::from(iso_time(time(day)?))),
        Moment::Date => match date(day, month, year, this_year)? {
            Some(date) => Ok(Value::from(date.to_string())),
            None => Ok(Value::Null),
        },
        Moment::Both => match (date(day, month, year, this_year)?, clock.is_empty()) {
            (None, true) => Ok(Value::Null),
            (Some(_), true) => Err(Fault::TimeMissing),
            (None, false) => Err(Fault::DateLacks(vec!["day", "month", "year"])),
            (Some(date), false) => Ok(Value::from(iso(
                date.to_datetime(time(clock)?),
                environment,
            ))),
        },
    }
}

/// Day, month, year and time that show a stored text; empty where it is none.
pub(super) fn write(parts: Moment, value: &Value, environment: &Environment) -> Texts {
    let text = |text: String| vec![text];
    if parts == Moment::Time {
        return vec![stored_time(value).map(clock).into_iter().collect()];
    }
    let shown = stored(value, environment);
    let day =
        |read: fn(jiff::civil::DateTime) -> String| shown.map(read).map_or_else(Vec::new, text);
    let mut texts = vec![
        day(|moment| moment.day().to_string()),
        day(|moment| moment.month().to_string()),
        day(|moment| moment.year().to_string()),
    ];
    if parts == Moment::Both {
        texts.push(day(|moment| clock(moment.time())));
    }
    texts
}

/// The local date and time of a stored ISO text; a date alone is its midnight.
pub(crate) fn stored(value: &Value, environment: &Environment) -> Option<jiff::civil::DateTime> {
    let text = value.clone().into_json_like();
    let moment: DateTime = text.as_str()?.parse().ok()?;
    match moment.zone {
        None => Some(moment.date_time),
        Some(_) => Some(
            environment
                .zone
                .to_datetime(moment.to_timestamp(&environment.zone)?),
        ),
    }
}

/// The time of day of a stored ISO text.
pub(crate) fn stored_time(value: &Value) -> Option<Time> {
    let text = value.clone().into_json_like();
    text.as_str()?
        .parse::<feel::Time>()
        .ok()
        .map(|time| time.time)
}

/// ISO 8601 with the offset of the environment's zone.
pub(crate) fn iso(local: jiff::civil::DateTime, environment: &Environment) -> String {
    DateTime {
        date_time: local,
        zone: Some(environment.zone.clone()),
    }
    .to_iso()
}

fn iso_time(time: Time) -> String {
    format!("{:02}:{:02}:00", time.hour(), time.minute())
}

fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A date from three texts, or from a whole date in the first one. Nothing typed is none.
fn date(day: &str, month: &str, year: &str, this_year: i16) -> Result<Option<Date>, Fault> {
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Ok(None);
    }
    if month.is_empty() && year.is_empty() && day.len() > 2 {
        return pasted(day, this_year).map(Some);
    }
    let missing = [("day", day), ("month", month), ("year", year)];
    let missing: Vec<_> = missing
        .into_iter()
        .filter(|(_, text)| text.is_empty())
        .map(|(part, _)| part)
        .collect();
    if !missing.is_empty() {
        return Err(Fault::DateLacks(missing));
    }
    real(day, month, year, this_year)
        .map(Some)
        .ok_or(Fault::NotADate)
}

/// `12 Nov 2026`, `12/11/26`, `12.11.2026`, `2026-11-12`, `12th November`: the day stands first unless the year does.
fn pasted(text: &str, this_year: i16) -> Result<Date, Fault> {
    let split = |letter: char| letter.is_whitespace() || matches!(letter, '/' | '.' | '-' | ',');
    let parts: Vec<&str> = text.split(split).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [year, month, day]
            if year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            real(day, month, year, this_year).ok_or(Fault::NotADate)
        }
        [day, month, year] => real(day, month, year, this_year).ok_or(Fault::NotADate),
        [_, _] => Err(Fault::DateLacks(vec!["year"])),
        _ => Err(Fault::NotADate),
    }
}

fn real(day: &str, month: &str, year: &str, this_year: i16) -> Option<Date> {
    let day = day.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    Date::new(
        full_year(year, this_year)?,
        month_number(month)?,
        small(day)?,
    )
    .ok()
}

fn month_number(text: &str) -> Option<i8> {
    let name = text.trim_end_matches('.').to_lowercase();
    if let Some(number) = small(&name) {
        return Some(number);
    }
    let place = MONTHS.iter().position(|month| {
        name.len() >= 3 && month.starts_with(&name) || name == "sept" && *month == "september"
    })?;
    i8::try_from(place + 1).ok()
}

fn small(text: &str) -> Option<i8> {
    let digits =
        !text.is_empty() && text.len() <= 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Two digits are the year nearest to now that is at most ten years ahead: `26` is 2026, `87` is 1987.
fn full_year(text: &str, this_year: i16) -> Option<i16> {
    if !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        4 => text.parse().ok().filter(|year| *year >= 1000),
        2 => {
            let year = this_year - this_year % 100 + text.parse::<i16>().ok()?;
            Some(if year > this_year + 10 {
                year - 100
            } else {
                year
            })
        }
        _ => None,
    }
}

/// `16:10`, `4.10pm`, `4 pm`, `1610`, `9`.
fn time(text: &str) -> Result<Time, Fault> {
    let text = text
        .to_lowercase()
        .replace(' ', "")
        .replace("a.m.", "am")
        .replace("p.m.", "pm");
    let (digits, afternoon) = match (text.strip_suffix("pm"), text.strip_suffix("am")) {
        (Some(digits), _) => (digits, Some(true)),
        (_, Some(digits)) => (digits, Some(false)),
        _ => (text.as_str(), None),
    };
    let mut parts = digits.splitn(2, [':', '.', 'h']);
    let (hour, minute) = match (parts.next().unwrap_or_default(), parts.next()) {
        (hour, Some(minute)) if minute.len() == 2 => (hour, minute),
        (hour, None) if hour.len() == 4 && hour.is_ascii() => hour.split_at(2),
        (hour, None) => (hour, "00"),
        _ => return Err(Fault::NotATime),
    };
    let (hour, minute) = small(hour).zip(small(minute)).ok_or(Fault::NotATime)?;
    let hour = match afternoon {
        Some(_) if !(1..=12).contains(&hour) => return Err(Fault::NotATime),
        Some(true) => hour % 12 + 12,
        Some(false) => hour % 12,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).map_err(|_| Fault::NotATime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_date(parts: [&str; 3], expected: Result<&str, Fault>) {
        let read = date(parts[0], parts[1], parts[2], 2026);
        let read = read.map(|date| date.map(|date| date.to_string()).unwrap_or_default());
        assert_eq!(read, expected.map(str::to_owned), "{parts:?}");
    }

    #[test]
    fn a_date_is_read_from_three_fields() {
        check_date(["12", "11", "2026"], Ok("2026-11-12"));
        check_date(["1", "nov", "26"], Ok("2026-11-01"));
        check_date(["1", "Sept", "87"], Ok("1987-09-01"));
        check_date(["", "", ""], Ok(""));
    }

    #[test]
    fn a_whole_date_may_be_pasted_into_the_day() {
        for pasted in [
            "12 Nov 2026",
            "12/11/26",
            "12.11.2026",
            "2026-11-12",
            "12th November 2026",
            "12-11-2026",
        ] {
            check_date([pasted, "", ""], Ok("2026-11-12"));
        }
        check_date(["12 Nov", "", ""], Err(Fault::DateLacks(vec!["year"])));
        check_date(["tomorrow", "", ""], Err(Fault::NotADate));
    }

    #[test]
    fn a_date_that_is_not_whole_or_not_real_is_a_fault() {
        check_date(["12", "", "2026"], Err(Fault::DateLacks(vec!["month"])));
        check_date(["12", "", ""], Err(Fault::DateLacks(vec!["month", "year"])));
        check_date(["31", "feb", "2026"], Err(Fault::NotADate));
        check_date(["12", "13", "2026"], Err(Fault::NotADate));
        check_date(["12", "11", "20266"], Err(Fault::NotADate));
        check_date(["é", "ü", "ß"], Err(Fault::NotADate));
    }

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let cases = [
            ("16:10", Some("16:10:00")),
            ("4.10pm", Some("16:10:00")),
            ("4 p.m.", Some("16:00:00")),
            ("12am", Some("00:00:00")),
            ("12pm", Some("12:00:00")),
            ("1610", Some("16:10:00")),
            ("9", Some("09:00:00")),
            ("25:00", None),
            ("13pm", None),
            ("9:5", None),
            ("éééé", None),
            ("soon", None),
        ];
        for (text, expected) in cases {
            assert_eq!(time(text).ok().map(iso_time).as_deref(), expected, "{text}");
        }
    }
}
