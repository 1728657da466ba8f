//! From a text to a calendar, with everything that is wrong with it.

use crate::calendar::{Calendar, Day};
use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;
use xml::{Position, Problem};

/// Days with a name that one calendar may hold.
pub const DAYS_MAX: usize = 10_000;

/// What came of reading a text.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The calendar; absent where there is an error.
    pub calendar: Option<Calendar>,
    /// What was found, with its place.
    pub problems: Vec<Problem>,
}

/// Reads a calendar: iCalendar where the text begins with `BEGIN:VCALENDAR`, else JSON.
pub fn read(text: &str) -> Reading {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begin = text
        .trim_start()
        .get(..15)
        .unwrap_or_default()
        .to_uppercase();
    let mut finder = Finder {
        text,
        problems: Vec::new(),
    };
    let calendar = if begin == "BEGIN:VCALENDAR" {
        crate::ical::read(&mut finder)
    } else {
        crate::json::read(&mut finder)
    };
    let mut problems = finder.problems;
    problems.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
    let broken = problems
        .iter()
        .any(|problem| problem.severity == xml::Severity::Error);
    Reading {
        calendar: calendar.filter(|_| !broken),
        problems,
    }
}

/// A text that is read, and what was found in it.
pub(crate) struct Finder<'t> {
    pub(crate) text: &'t str,
    pub(crate) problems: Vec<Problem>,
}

impl Finder<'_> {
    /// The line and column of a byte of the text.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position {
            line: small(line),
            column: small(column),
        }
    }

    pub(crate) fn error(&mut self, offset: usize, message: impl Into<String>, way_out: &str) {
        let position = self.position(offset);
        self.problems
            .push(Problem::error(position, message, way_out));
    }

    pub(crate) fn warning(&mut self, offset: usize, message: impl Into<String>, way_out: &str) {
        let position = self.position(offset);
        self.problems
            .push(Problem::warning(position, message, way_out));
    }

    pub(crate) fn hint(&mut self, offset: usize, message: impl Into<String>, way_out: &str) {
        let position = self.position(offset);
        self.problems
            .push(Problem::hint(position, message, way_out));
    }
}

/// A weekday by its English name or by the two letters of iCalendar.
pub(crate) fn weekday(word: &str) -> Option<Weekday> {
    Some(match word.trim().to_lowercase().as_str() {
        "monday" | "mo" => Weekday::Monday,
        "tuesday" | "tu" => Weekday::Tuesday,
        "wednesday" | "we" => Weekday::Wednesday,
        "thursday" | "th" => Weekday::Thursday,
        "friday" | "fr" => Weekday::Friday,
        "saturday" | "sa" => Weekday::Saturday,
        "sunday" | "su" => Weekday::Sunday,
        _ => return None,
    })
}

/// The days of a calendar while they are read: each has one line.
#[derive(Default)]
pub(crate) struct Days {
    pub(crate) days: BTreeMap<Date, Day>,
    /// Where each stands.
    at: BTreeMap<Date, usize>,
}

impl Days {
    pub(crate) fn add(&mut self, finder: &mut Finder<'_>, offset: usize, date: Date, day: Day) {
        match self.days.get_mut(&date) {
            Some(before) if before.worked != day.worked => {
                let message = format!(
                    "{date} is a day off (\"{}\") and a worked day",
                    if day.worked { &before.name } else { &day.name }
                );
                finder.error(offset, message, "keep one of the two lines");
            }
            // Two holidays on one day are one day off.
            Some(before) => before.name = format!("{}, {}", before.name, day.name),
            None => {
                if self.days.len() == DAYS_MAX {
                    let message = format!("The calendar has more than {DAYS_MAX} days (DAYS_MAX)");
                    finder.error(offset, message, "leave out years that have passed");
                }
                self.days.insert(date, day);
                self.at.insert(date, offset);
            }
        }
    }

    /// What the years that are covered say about the days, and the days about the years.
    pub(crate) fn check(
        &self,
        finder: &mut Finder<'_>,
        years: Option<(i16, i16)>,
        weekend: &[Weekday],
        place: usize,
    ) {
        let Some((first, last)) = years else { return };
        if first > last {
            let message =
                format!("The calendar covers the years {first} to {last}, which are none");
            return finder.error(place, message, "write the earlier year first");
        }
        for (date, day) in &self.days {
            let at = self.at.get(date).copied().unwrap_or(place);
            if !(first..=last).contains(&date.year()) {
                let message = format!(
                    "\"{}\" on {date} lies outside the years that the calendar covers, {first} to {last}",
                    day.name
                );
                finder.error(at, message, "correct the date, or the years");
            } else if day.worked && !weekend.contains(&date.weekday()) {
                let message = format!(
                    "\"{}\" on {date} is said to be worked, and would be anyway: it is no day of the weekend",
                    day.name
                );
                finder.warning(at, message, "leave it out, or correct the date");
            }
        }
        for year in first..=last {
            let holidays = self
                .days
                .iter()
                .any(|(date, day)| date.year() == year && !day.worked);
            if !self.days.is_empty() && !holidays {
                let message = format!("The calendar covers {year}, and has no holiday in it");
                finder.warning(place, message, "add its holidays, or shorten the years");
            }
        }
    }
}
