//! A calendar and how it counts.

use feel::{MondayToFriday, WORKING_DAYS_MAX, WorkingDays};
use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// The working days, office hours and holidays of one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) zone: TimeZone,
    pub(crate) weekend: Vec<Weekday>,
    pub(crate) opens: Time,
    pub(crate) closes: Time,
    /// From where the days are known.
    pub(crate) source: String,
    /// First and last year of which all holidays are known; absent where there are none to know.
    pub(crate) years: Option<(i16, i16)>,
    /// Days that are not as their weekday says, and holidays that fall on a weekend.
    pub(crate) days: BTreeMap<Date, Day>,
    pub(crate) used: Use,
}

/// A day that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) name: String,
    /// Whether work is done on it all the same: an exception.
    pub(crate) worked: bool,
    /// Whether its date is only expected, such as that of a feast that depends on the moon.
    pub(crate) expected: bool,
}

/// Who works by a calendar unless something more specific says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// The whole organisation.
    pub organisation: bool,
    /// Teams: lanes or candidate groups.
    pub teams: BTreeSet<String>,
    /// Ids of processes.
    pub processes: BTreeSet<String>,
}

impl Calendar {
    /// Reads a calendar that must be without errors, JSON or iCalendar; the first error is told.
    pub fn read(text: &str) -> Result<Calendar, xml::Problem> {
        let reading = crate::read(text);
        let error = reading
            .problems
            .into_iter()
            .find(|problem| problem.severity == xml::Severity::Error);
        match (reading.calendar, error) {
            (Some(calendar), None) => Ok(calendar),
            (_, Some(error)) => Err(error),
            (None, None) => Err(xml::Problem::error(
                xml::Position::START,
                "The calendar cannot be read",
                "",
            )),
        }
    }

    /// Monday to Friday from nine to five, without holidays: where nobody has given another calendar.
    pub fn weekdays(zone: TimeZone) -> Calendar {
        let (opens, closes) = MondayToFriday.office_hours();
        Calendar {
            id: "weekdays".into(),
            name: "Monday to Friday".into(),
            zone,
            weekend: vec![Weekday::Saturday, Weekday::Sunday],
            opens,
            closes,
            source: String::new(),
            years: None,
            days: BTreeMap::new(),
            used: Use::default(),
        }
    }

    /// Its id, `uganda`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, as people say it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone in which its days begin and end.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// From where its days are known.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The days of the week that are off.
    pub fn weekend(&self) -> &[Weekday] {
        &self.weekend
    }

    /// When the office opens and closes.
    pub fn hours(&self) -> (Time, Time) {
        (self.opens, self.closes)
    }

    /// Who works by it.
    pub fn used(&self) -> &Use {
        &self.used
    }

    /// The public holiday on that day, if it is one.
    pub fn holiday(&self, date: Date) -> Option<&str> {
        let day = self.days.get(&date).filter(|day| !day.worked);
        day.map(|day| day.name.as_str())
    }

    /// Its holidays in order: the day, its name, and whether its date is only expected.
    pub fn holidays(&self) -> impl Iterator<Item = (Date, &str, bool)> {
        let off = self.days.iter().filter(|(_, day)| !day.worked);
        off.map(|(date, day)| (*date, day.name.as_str(), day.expected))
    }

    /// The same calendar with one more day off, as it is when a holiday is declared late.
    #[must_use]
    pub fn with_holiday(mut self, date: Date, name: &str) -> Calendar {
        let day = Day {
            name: name.to_owned(),
            worked: false,
            expected: false,
        };
        self.days.insert(date, day);
        self
    }

    /// From which day on the calendar counts otherwise than `before`: nothing that ends sooner has to be counted anew.
    /// `None` where it counts as before.
    pub fn differs_from(&self, before: &Calendar) -> Option<Date> {
        let hours = |calendar: &Calendar| (calendar.opens, calendar.closes);
        if self.weekend != before.weekend
            || self.zone != before.zone
            || hours(self) != hours(before)
        {
            return Some(Date::MIN);
        }
        let dates: BTreeSet<&Date> = self.days.keys().chain(before.days.keys()).collect();
        let mut changed = dates
            .into_iter()
            .filter(|date| self.is_working_day(**date) != before.is_working_day(**date));
        let day = changed.next().copied();
        // A year that is known now was perhaps warned of.
        let year = (self.years != before.years).then(|| {
            let last = |calendar: &Calendar| calendar.years.map_or(i16::MAX, |(_, last)| last);
            let known = last(self).min(last(before));
            Date::new(known.saturating_add(1).clamp(-9999, 9999), 1, 1).unwrap_or(Date::MAX)
        });
        day.into_iter().chain(year).min()
    }

    fn is_weekend(&self, date: Date) -> bool {
        self.weekend.contains(&date.weekday())
    }

    fn week(&self) -> i32 {
        7 - i32::try_from(self.weekend.len()).expect("a week has seven days")
    }
}

impl WorkingDays for Calendar {
    fn is_working_day(&self, date: Date) -> bool {
        match self.days.get(&date) {
            Some(day) => day.worked,
            None => !self.is_weekend(date),
        }
    }

    fn office_hours(&self) -> (Time, Time) {
        (self.opens, self.closes)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn zone(&self) -> Option<&TimeZone> {
        Some(&self.zone)
    }

    fn years(&self) -> Option<(i16, i16)> {
        self.years
    }

    /// Jumps over whole weeks.
    fn add(&self, start: Date, days: i32) -> Date {
        let mut left =
            i32::try_from(days.unsigned_abs().min(WORKING_DAYS_MAX as u32)).unwrap_or_default();
        let forward = days > 0;
        let (mut day, mut found) = (start, start);
        while left > 0 {
            let weeks = left / self.week();
            let jump = if forward { 7 * weeks } else { -7 * weeks };
            let far = day.saturating_add(jump.days());
            let counted = if forward {
                self.between(day, far)
            } else {
                self.between(before(far), before(day))
            };
            // Days that are worked on a weekend can make it shorter than the week says.
            if weeks > 0 && counted <= left && far != day {
                left -= counted;
                day = far;
                if left > 0 {
                    continue;
                }
                found = self.last_worked(day, forward);
                break;
            }
            let next = if forward {
                day.tomorrow()
            } else {
                day.yesterday()
            };
            let Ok(next) = next else { return found };
            day = next;
            if self.is_working_day(day) {
                found = day;
                left -= 1;
            }
        }
        found
    }

    /// Counts whole weeks at once.
    fn between(&self, start: Date, end: Date) -> i32 {
        if end < start {
            return -self.between(end, start);
        }
        let days = start
            .until((jiff::Unit::Day, end))
            .map_or(0, |span| span.get_days());
        let mut count = days / 7 * self.week();
        let mut day = start.saturating_add((days / 7 * 7).days());
        while day < end {
            day = day.saturating_add(1.day());
            count += i32::from(!self.is_weekend(day));
        }
        let Some(first) = start.tomorrow().ok().filter(|first| *first <= end) else {
            return count;
        };
        for (date, day) in self.days.range(first..=end) {
            count += match (self.is_weekend(*date), day.worked) {
                (true, true) => 1,
                (false, false) => -1,
                (true, false) | (false, true) => 0,
            };
        }
        count
    }
}

fn before(day: Date) -> Date {
    day.saturating_sub(1.day())
}

impl Calendar {
    /// The day itself if it is worked, else the last one before it that is, seen from where the count came.
    fn last_worked(&self, mut day: Date, forward: bool) -> Date {
        while !self.is_working_day(day) {
            let back = if forward {
                day.yesterday()
            } else {
                day.tomorrow()
            };
            match back {
                Ok(back) => day = back,
                Err(_) => return day,
            }
        }
        day
    }
}
