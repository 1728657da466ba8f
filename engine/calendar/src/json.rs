//! Calendars as JSON (`.calendar`).
//!
//! ```json
//! { "id": "uganda", "name": "Uganda, public offices", "zone": "Africa/Kampala",
//!   "weekend": ["saturday", "sunday"], "office_hours": { "from": "08:00", "to": "17:00" },
//!   "source": "Public Holidays Act", "years": { "from": 2026, "to": 2027 },
//!   "holidays": [ { "date": "2026-01-01", "name": "New Year's Day" },
//!                 { "date": "2026-03-20", "name": "Eid al-Fitr", "expected": true } ],
//!   "worked": [ { "date": "2026-10-10", "name": "Saturday worked for the holiday before" } ],
//!   "for": { "organisation": true, "teams": ["night team"], "processes": ["child-protection"] } }
//! ```
//! `years`, `worked` and `for` may be left out; `years` then are those of the holidays.

use crate::calendar::{Calendar, Day, Use};
use crate::reading::{Days, Finder, weekday};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use xml::{Position, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'t> {
    id: String,
    name: String,
    #[serde(borrow)]
    zone: &'t RawValue,
    #[serde(borrow)]
    weekend: Vec<&'t RawValue>,
    #[serde(borrow)]
    office_hours: &'t RawValue,
    source: String,
    #[serde(borrow, default)]
    years: Option<&'t RawValue>,
    #[serde(borrow)]
    holidays: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    worked: Vec<&'t RawValue>,
    #[serde(default, rename = "for")]
    used: Used,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeHours {
    from: Time,
    to: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Years {
    from: i16,
    to: i16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    date: Date,
    name: String,
    #[serde(default)]
    expected: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Used {
    organisation: bool,
    teams: std::collections::BTreeSet<String>,
    processes: std::collections::BTreeSet<String>,
}

/// Reads as much as can be read, so that all problems are found at once.
pub(crate) fn read(finder: &mut Finder<'_>) -> Option<Calendar> {
    let text = finder.text;
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let small = |number: usize| u32::try_from(number.max(1)).unwrap_or(u32::MAX);
            let position = Position {
                line: small(error.line()),
                column: small(error.column()),
            };
            let message = format!("The calendar cannot be read: {}", without_place(&error));
            let way_out = "see processes/calendars for how a calendar is written";
            finder
                .problems
                .push(Problem::error(position, message, way_out));
            return None;
        }
    };
    let zone = zone(finder, document.zone);
    let weekend = weekend(finder, &document.weekend, text);
    let hours: Option<OfficeHours> = part(finder, document.office_hours, "The office hours");
    if hours.as_ref().is_some_and(|hours| hours.from >= hours.to) {
        let at = offset(finder.text, document.office_hours);
        finder.error(
            at,
            "The office closes before it opens",
            "write \"from\" before \"to\"",
        );
    }
    let mut days = Days::default();
    for (worked, lines) in [(false, &document.holidays), (true, &document.worked)] {
        for line in lines {
            let Some(holiday) = part::<Holiday>(finder, line, "This day") else {
                continue;
            };
            let day = Day {
                name: holiday.name,
                worked,
                expected: holiday.expected,
            };
            let at = offset(finder.text, line);
            days.add(finder, at, holiday.date, day);
        }
    }
    let years = match document.years {
        Some(raw) => part::<Years>(finder, raw, "The years").map(|years| (years.from, years.to)),
        None => {
            let first = days.days.keys().next().map(|date| date.year());
            first.zip(days.days.keys().next_back().map(|date| date.year()))
        }
    };
    let place = document.years.map_or(0, |raw| offset(finder.text, raw));
    days.check(finder, years, &weekend, place);
    if document.id.trim().is_empty() {
        finder.error(
            0,
            "The calendar has no id",
            "give it an \"id\"; models name it by that",
        );
    }
    let hours = hours?;
    Some(Calendar {
        id: document.id,
        name: document.name,
        zone: zone?,
        weekend,
        opens: hours.from,
        closes: hours.to,
        source: document.source,
        years,
        days: days.days,
        used: Use {
            organisation: document.used.organisation,
            teams: document.used.teams,
            processes: document.used.processes,
        },
    })
}

impl Calendar {
    /// The calendar as a `.calendar` file, which reads as the same calendar.
    pub fn text(&self) -> String {
        let day = |(date, day): (&Date, &Day)| {
            let mut line = json!({ "date": date, "name": day.name });
            if day.expected {
                line["expected"] = true.into();
            }
            line
        };
        let days = |worked: bool| -> Vec<Value> {
            let days = self.days.iter().filter(|(_, day)| day.worked == worked);
            days.map(day).collect()
        };
        let clock = |time: Time| time.strftime("%H:%M:%S").to_string();
        let weekend: Vec<&str> = self.weekend.iter().map(|day| word(*day)).collect();
        let mut calendar = json!({
            "id": self.id, "name": self.name, "zone": self.zone.iana_name().unwrap_or("UTC"),
            "weekend": weekend,
            "office_hours": { "from": clock(self.opens), "to": clock(self.closes) },
            "source": self.source, "holidays": days(false), "worked": days(true),
            "for": {
                "organisation": self.used.organisation, "teams": self.used.teams,
                "processes": self.used.processes,
            },
        });
        if let Some((from, to)) = self.years {
            calendar["years"] = json!({ "from": from, "to": to });
        }
        format!("{calendar:#}\n")
    }
}

fn word(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

fn zone(finder: &mut Finder<'_>, raw: &RawValue) -> Option<TimeZone> {
    let name: String = part(finder, raw, "The zone")?;
    let zone = TimeZone::get(&name);
    if zone.is_err() {
        let at = offset(finder.text, raw);
        let way_out = "name it as the time zone database does, for example Europe/London";
        finder.error(at, format!("There is no time zone \"{name}\""), way_out);
    }
    zone.ok()
}

fn weekend(finder: &mut Finder<'_>, raws: &[&RawValue], text: &str) -> Vec<Weekday> {
    let mut weekend = Vec::new();
    for raw in raws {
        let Some(word) = part::<String>(finder, raw, "The weekday") else {
            continue;
        };
        match weekday(&word).filter(|_| word.len() > 2) {
            Some(day) => weekend.push(day),
            None => finder.error(
                offset(text, raw),
                format!("\"{word}\" is no weekday"),
                "write monday, tuesday, wednesday, thursday, friday, saturday or sunday",
            ),
        }
    }
    weekend.sort_by_key(|day| day.to_monday_zero_offset());
    weekend.dedup();
    if weekend.len() == 7 {
        let at = raws.first().map_or(0, |raw| offset(text, raw));
        finder.error(
            at,
            "Every day is a day of the weekend",
            "leave a day on which work is done",
        );
    }
    weekend
}

/// Reads a part; an error of it is one of the calendar, at its place.
fn part<T: DeserializeOwned>(finder: &mut Finder<'_>, raw: &RawValue, what: &str) -> Option<T> {
    match serde_json::from_str(raw.get()) {
        Ok(part) => Some(part),
        Err(error) => {
            let at = offset(finder.text, raw);
            let message = format!("{what} cannot be read: {}", without_place(&error));
            finder.error(
                at,
                message,
                "see processes/calendars for how a calendar is written",
            );
            None
        }
    }
}

/// Where a part stands in the text from which it was borrowed.
fn offset(text: &str, raw: &RawValue) -> usize {
    (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The sentence of an error; its place is told apart.
fn without_place(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    whole.split(" at line ").next().unwrap_or(&whole).to_owned()
}
