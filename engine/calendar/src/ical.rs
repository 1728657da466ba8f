//! Calendars as iCalendar files (`.ics`, RFC 5545), as governments publish their holidays.
//!
//! Each all-day `VEVENT` is a holiday, on every day from `DTSTART` to before `DTEND` (or for its `DURATION`), again as its `RRULE`
//! and `RDATE` say, but not on its `EXDATE`s. What such a file does not say stands in lines of the calendar itself:
//!
//! ```text
//! X-CASEWAY-ID:england-and-wales
//! X-CASEWAY-YEARS:2026-2028
//! X-CASEWAY-WEEKEND:SA,SU
//! X-CASEWAY-OFFICE-HOURS:09:00-17:00
//! X-WR-TIMEZONE:Europe/London          (or X-CASEWAY-ZONE)
//! X-WR-CALNAME:England and Wales       (the id where it is absent)
//! X-CASEWAY-SOURCE:https://www.gov.uk/bank-holidays
//! X-CASEWAY-FOR:organisation, team=night team, process=child-protection
//! ```
//! An event with `X-CASEWAY-WORKED:TRUE` is a day that is worked although its weekday says otherwise; one with `STATUS:TENTATIVE` has
//! a date that is only expected, and one with `STATUS:CANCELLED` is passed over.
//!
//! Refused by name: times of day, rules finer than a day, `RSCALE` (RFC 7529), `EXRULE`, changed single recurrences (`RECURRENCE-ID`).

mod lines;

use crate::calendar::{Calendar, Day, Use};
use crate::reading::{DAYS_MAX, Days, Finder, weekday};
use chrono::{Datelike, TimeZone as _};
use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use lines::Line;

/// Most days that one event may last.
const EVENT_DAYS_MAX: i32 = 366;

/// Properties of events that say nothing about which day is off.
const OF_NO_MATTER: &[&str] = &[
    "ATTACH",
    "ATTENDEE",
    "CATEGORIES",
    "CLASS",
    "COLOR",
    "COMMENT",
    "CONTACT",
    "CREATED",
    "DESCRIPTION",
    "DTSTAMP",
    "GEO",
    "IMAGE",
    "LAST-MODIFIED",
    "LOCATION",
    "ORGANIZER",
    "PRIORITY",
    "RELATED-TO",
    "RESOURCES",
    "SEQUENCE",
    "TRANSP",
    "UID",
    "URL",
];

/// Lines of the calendar by name.
struct Header<'l, 't>(Vec<&'l Line<'t>>);

impl<'l, 't> Header<'l, 't> {
    fn get(&self, names: &[&str]) -> Option<&'l Line<'t>> {
        let named = |name: &&str| self.0.iter().find(|line| line.name == *name);
        names.iter().find_map(named).copied()
    }
}

pub(crate) fn read(finder: &mut Finder<'_>) -> Option<Calendar> {
    let text = finder.text;
    let (lines, wrong) = lines::lines(text);
    for offset in wrong {
        let way_out =
            "write it as NAME:value, or begin it with a space if it belongs to the line before";
        finder.error(offset, "This is no line of an iCalendar file", way_out);
    }
    let (header, events) = components(finder, &lines);
    let required = |finder: &mut Finder<'_>, names: &[&str], example: &str| {
        let found = header.get(names);
        if found.is_none() {
            let way_out = format!("add the line {example} after BEGIN:VCALENDAR");
            finder.error(0, format!("The calendar has no {}", names[0]), &way_out);
        }
        found
    };
    let id = required(finder, &["X-CASEWAY-ID"], "X-CASEWAY-ID:england-and-wales");
    let years = required(finder, &["X-CASEWAY-YEARS"], "X-CASEWAY-YEARS:2026-2028")
        .and_then(|line| years(finder, line));
    let weekend = required(finder, &["X-CASEWAY-WEEKEND"], "X-CASEWAY-WEEKEND:SA,SU")
        .map(|line| weekend(finder, line))
        .unwrap_or_default();
    let example = "X-CASEWAY-OFFICE-HOURS:09:00-17:00";
    let hours =
        required(finder, &["X-CASEWAY-OFFICE-HOURS"], example).and_then(|line| hours(finder, line));
    let names = ["X-CASEWAY-ZONE", "X-WR-TIMEZONE"];
    let zone = required(finder, &names, "X-CASEWAY-ZONE:Europe/London")
        .and_then(|line| zone(finder, line));
    let mut days = Days::default();
    if let Some(years) = years {
        for event in &events {
            add_event(finder, &mut days, event, years);
        }
        let place = header.get(&["X-CASEWAY-YEARS"]).map_or(0, |l| l.offset);
        days.check(finder, Some(years), &weekend, place);
    }
    let id = id?.text();
    let (opens, closes) = hours?;
    let said = |names: &[&str]| header.get(names).map(Line::text);
    Some(Calendar {
        name: said(&["X-CASEWAY-NAME", "X-WR-CALNAME"]).unwrap_or_else(|| id.clone()),
        id,
        zone: zone?,
        weekend,
        opens,
        closes,
        source: said(&["X-CASEWAY-SOURCE", "URL", "PRODID"]).unwrap_or_default(),
        years,
        days: days.days,
        used: header
            .get(&["X-CASEWAY-FOR"])
            .map(|line| used(finder, line))
            .unwrap_or_default(),
    })
}

/// The lines of the calendar itself, and those of each event.
fn components<'l, 't>(
    finder: &mut Finder<'_>,
    lines: &'l [Line<'t>],
) -> (Header<'l, 't>, Vec<Vec<&'l Line<'t>>>) {
    let (mut header, mut events) = (Vec::new(), Vec::new());
    let mut open: Vec<&str> = Vec::new();
    for line in lines {
        match line.name.as_str() {
            "BEGIN" => {
                open.push(&line.value);
                match line.value.to_uppercase().as_str() {
                    "VCALENDAR" | "VTIMEZONE" | "STANDARD" | "DAYLIGHT" | "VALARM" => {}
                    "VEVENT" => events.push(vec![line]),
                    other => {
                        let message = format!("A {other} is no holiday, and is passed over");
                        finder.hint(line.offset, message, "nothing needs to be done");
                    }
                }
            }
            "END" => {
                if open
                    .pop()
                    .is_none_or(|begun| !begun.eq_ignore_ascii_case(&line.value))
                {
                    let message = format!("{} ends what did not begin", line.written);
                    finder.error(line.offset, message, "correct the BEGIN that belongs to it");
                }
            }
            _ => match (open.len(), open.last().map(|name| name.to_uppercase())) {
                (1, _) => header.push(line),
                (_, Some(name)) if name == "VEVENT" => {
                    events.extend_last(line);
                }
                (_, _) => {}
            },
        }
    }
    if let Some(name) = open.last() {
        let message = format!("{name} does not end: the file is not whole");
        finder.error(finder.text.len(), message, "fetch the file again");
    }
    (Header(header), events)
}

trait ExtendLast<T> {
    fn extend_last(&mut self, value: T);
}

impl<T> ExtendLast<T> for Vec<Vec<T>> {
    fn extend_last(&mut self, value: T) {
        if let Some(last) = self.last_mut() {
            last.push(value);
        }
    }
}

fn years(finder: &mut Finder<'_>, line: &Line<'_>) -> Option<(i16, i16)> {
    let (from, to) = line
        .value
        .split_once('-')
        .unwrap_or((&line.value, &line.value));
    let years = from.trim().parse().ok().zip(to.trim().parse().ok());
    if years.is_none() {
        let message = format!("\"{}\" are no years", line.value);
        finder.error(line.offset, message, "write them as 2026-2028");
    }
    years
}

fn weekend(finder: &mut Finder<'_>, line: &Line<'_>) -> Vec<Weekday> {
    let mut weekend = Vec::new();
    for word in line.value.split(',').filter(|word| !word.trim().is_empty()) {
        match weekday(word) {
            Some(day) => weekend.push(day),
            None => {
                let message = format!("\"{word}\" is no weekday");
                finder.error(line.offset, message, "write MO, TU, WE, TH, FR, SA or SU");
            }
        }
    }
    weekend.sort_by_key(|day| day.to_monday_zero_offset());
    weekend.dedup();
    if weekend.len() == 7 {
        let way_out = "leave a day on which work is done";
        finder.error(line.offset, "Every day is a day of the weekend", way_out);
    }
    weekend
}

fn hours(finder: &mut Finder<'_>, line: &Line<'_>) -> Option<(Time, Time)> {
    let time = |text: &str| text.trim().parse::<Time>().ok();
    let hours = line.value.split_once('-');
    let hours = hours.and_then(|(from, to)| time(from).zip(time(to)));
    match hours {
        Some((opens, closes)) if opens < closes => Some((opens, closes)),
        Some(_) | None => {
            let message = format!("\"{}\" are no office hours", line.value);
            finder.error(line.offset, message, "write them as 09:00-17:00");
            None
        }
    }
}

fn zone(finder: &mut Finder<'_>, line: &Line<'_>) -> Option<TimeZone> {
    let zone = TimeZone::get(line.value.trim());
    if zone.is_err() {
        let message = format!("There is no time zone \"{}\"", line.value);
        let way_out = "name it as the time zone database does, for example Europe/London";
        finder.error(line.offset, message, way_out);
    }
    zone.ok()
}

fn used(finder: &mut Finder<'_>, line: &Line<'_>) -> Use {
    let mut used = Use::default();
    let text = line.text();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match part.split_once('=') {
            None if part == "organisation" => used.organisation = true,
            Some(("team", name)) => drop(used.teams.insert(name.trim().to_owned())),
            Some(("process", id)) => drop(used.processes.insert(id.trim().to_owned())),
            Some(_) | None => {
                let message = format!("\"{part}\" is nobody who works by a calendar");
                let way_out = "write organisation, team=NAME or process=ID";
                finder.error(line.offset, message, way_out);
            }
        }
    }
    used
}

/// What one event says.
#[derive(Default)]
struct Event {
    name: String,
    start: Option<Date>,
    /// Days that it lasts.
    length: Option<i32>,
    end: Option<Date>,
    rule: Option<(usize, String)>,
    also: Vec<Date>,
    except: Vec<Date>,
    worked: bool,
    expected: bool,
    cancelled: bool,
}

fn add_event(finder: &mut Finder<'_>, days: &mut Days, lines: &[&Line<'_>], years: (i16, i16)) {
    let place = lines.first().map_or(0, |line| line.offset);
    let found = finder.problems.len();
    let mut event = Event::default();
    for line in lines.iter().skip(1) {
        property(finder, &mut event, line);
    }
    if event.cancelled {
        let message = format!("\"{}\" was cancelled, and is passed over", event.name);
        return finder.hint(place, message, "nothing needs to be done");
    }
    if finder.problems.len() > found {
        return;
    }
    let Some(start) = event.start else {
        return finder.error(
            place,
            "This event has no DTSTART",
            "give it the day of the holiday",
        );
    };
    let length = match (event.end, event.length) {
        (Some(end), _) => start
            .until((jiff::Unit::Day, end))
            .map_or(0, |s| s.get_days()),
        (None, length) => length.unwrap_or(1),
    };
    if !(1..=EVENT_DAYS_MAX).contains(&length) {
        let message = format!("\"{}\" lasts {length} days", event.name);
        return finder.error(place, message, "let it end after it begins, within a year");
    }
    let mut starts = vec![start];
    if let Some((offset, rule)) = &event.rule {
        match recurrences(start, rule, years) {
            Ok(more) => starts = more,
            Err(problem) => {
                let message = format!(
                    "The recurrence of \"{}\" cannot be followed: {problem}",
                    event.name
                );
                return finder.error(*offset, message, "list the days one by one");
            }
        }
    }
    starts.extend(&event.also);
    starts.retain(|date| !event.except.contains(date));
    starts.sort_unstable();
    starts.dedup();
    let recurs = event.rule.is_some();
    for first in starts {
        for number in 0..length {
            let date = first.saturating_add(number.days());
            // A rule may have begun long ago, and goes on for ever.
            if (recurs || length > 1) && !(years.0..=years.1).contains(&date.year()) {
                continue;
            }
            let day = Day {
                name: event.name.clone(),
                worked: event.worked,
                expected: event.expected,
            };
            days.add(finder, place, date, day);
        }
    }
}

fn property(finder: &mut Finder<'_>, event: &mut Event, line: &Line<'_>) {
    let refuse = |finder: &mut Finder<'_>, what: &str| {
        let message = format!("{} {what}", line.name);
        finder.error(line.offset, message, "list the days one by one, without it");
    };
    match line.name.as_str() {
        "SUMMARY" => event.name = line.text(),
        "DTSTART" => event.start = dates(finder, line).first().copied(),
        "DTEND" => event.end = dates(finder, line).first().copied(),
        "DURATION" => match line.value.parse::<jiff::Span>() {
            Ok(span)
                if span.get_hours() == 0 && span.get_minutes() == 0 && span.get_seconds() == 0 =>
            {
                event.length = Some(span.get_weeks() * 7 + span.get_days());
            }
            Ok(_) | Err(_) => refuse(finder, "that is no number of days cannot be followed"),
        },
        "RRULE" if event.rule.is_some() => {
            refuse(finder, "that comes a second time cannot be followed")
        }
        "RRULE" => event.rule = Some((line.offset, line.value.clone())),
        "RDATE" => event.also.extend(dates(finder, line)),
        "EXDATE" => event.except.extend(dates(finder, line)),
        "EXRULE" => refuse(finder, "cannot be followed: it has gone from the standard"),
        "RECURRENCE-ID" => refuse(finder, "cannot be followed: it changes a single recurrence"),
        "STATUS" => match line.value.to_uppercase().as_str() {
            "CANCELLED" => event.cancelled = true,
            "TENTATIVE" => event.expected = true,
            _ => {}
        },
        "X-CASEWAY-WORKED" => event.worked = line.value.eq_ignore_ascii_case("TRUE"),
        name if name.starts_with("X-") || OF_NO_MATTER.contains(&name) => {}
        name => {
            let message = format!("{name} is not known, and has no effect");
            finder.hint(
                line.offset,
                message,
                "nothing needs to be done, unless a day depends on it",
            );
        }
    }
}

/// The days of a property. A time of day is no holiday, but midnight is how some programs write a whole day.
fn dates(finder: &mut Finder<'_>, line: &Line<'_>) -> Vec<Date> {
    let mut dates = Vec::new();
    if line.parameter("VALUE") == Some("PERIOD") {
        finder.error(
            line.offset,
            format!("{} holds a period", line.name),
            "write days",
        );
        return dates;
    }
    for text in line.value.split(',').map(str::trim) {
        let (day, time) = text.split_once('T').unwrap_or((text, "000000"));
        let date = (day.len() == 8).then(|| day.parse::<Date>().ok()).flatten();
        match date {
            Some(date) if time.trim_end_matches('Z') == "000000" => dates.push(date),
            Some(_) => {
                let message = format!("{} has a time of day: {text}", line.name);
                finder.error(
                    line.offset,
                    message,
                    "a holiday is a whole day: write VALUE=DATE",
                );
            }
            None => {
                let message = format!("\"{text}\" is no day");
                finder.error(line.offset, message, "write it as 20260101");
            }
        }
    }
    dates
}

/// The days of a rule within the years.
fn recurrences(start: Date, rule: &str, years: (i16, i16)) -> Result<Vec<Date>, String> {
    let mut written = Vec::new();
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or("it is no rule")?;
        match name.to_uppercase().as_str() {
            "RSCALE" | "SKIP" => {
                return Err(format!("{name} is another calendar than the Gregorian"));
            }
            "FREQ"
                if ["HOURLY", "MINUTELY", "SECONDLY"].contains(&value.to_uppercase().as_str()) =>
            {
                return Err(format!("it recurs {}", value.to_lowercase()));
            }
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                return Err(format!("{name} is finer than a day"));
            }
            // Days are computed as midnights in UTC.
            "UNTIL" => {
                let day = value.get(..8).unwrap_or(value);
                written.push(format!("UNTIL={day}T000000Z"));
            }
            _ => written.push(part.to_uppercase()),
        }
    }
    let midnight = |date: Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rrule::Tz::UTC
            .with_ymd_and_hms(date.year().into(), month.into(), day.into(), 0, 0, 0)
            .single()
            .ok_or("its days are out of range")
    };
    let first = Date::new(years.0, 1, 1).map_err(|error| error.to_string())?;
    let last = Date::new(years.1, 12, 31).map_err(|error| error.to_string())?;
    let begin = midnight(start)?;
    let set = written
        .join(";")
        .parse::<rrule::RRule<rrule::Unvalidated>>()
        .and_then(|rule| rule.build(begin))
        .map_err(|error| error.to_string())?;
    let limit = u16::try_from(DAYS_MAX).unwrap_or(u16::MAX);
    let found = set
        .after(midnight(first)?)
        .before(midnight(last)?)
        .all(limit);
    if found.limited {
        return Err(format!("it has more than {DAYS_MAX} days (DAYS_MAX)"));
    }
    let date = |at: chrono::DateTime<rrule::Tz>| {
        let year = i16::try_from(at.year()).ok()?;
        let (month, day) = (i8::try_from(at.month()).ok()?, i8::try_from(at.day()).ok()?);
        Date::new(year, month, day).ok()
    };
    Ok(found.dates.into_iter().filter_map(date).collect())
}
