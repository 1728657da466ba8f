//! Which days are working days; what they are in a country or an organisation is not known here.

use jiff::civil::{Date, DateTime, Time, Weekday, time};
use jiff::tz::TimeZone;
use std::fmt::Debug;

/// The most working days that [`WorkingDays::add`] counts in one go: about forty years.
pub const WORKING_DAYS_MAX: i32 = 10_000;

/// A calendar of working days and office hours.
pub trait WorkingDays: Send + Sync + Debug {
    /// Whether work is done on that day.
    fn is_working_day(&self, date: Date) -> bool;

    /// When the office opens and closes on a working day.
    fn office_hours(&self) -> (Time, Time);

    /// As people say it.
    fn name(&self) -> &str {
        "Monday to Friday"
    }

    /// The zone in which its days begin and end; `None` where it has none of its own.
    fn zone(&self) -> Option<&TimeZone> {
        None
    }

    /// The first and the last year for which the holidays are known; `None` where it needs none.
    fn years(&self) -> Option<(i16, i16)> {
        None
    }

    /// Whether the holidays of a day's year are known. What is computed beyond counts the weekends alone, and whoever
    /// asked is to be told.
    fn covers(&self, date: Date) -> bool {
        self.years()
            .is_none_or(|(first, last)| (first..=last).contains(&date.year()))
    }

    /// The working day as which something counts that happens at this time on the office's clock: what comes after the
    /// office has closed, or on a day off, counts as the next working day; what comes before it opens counts as that day.
    fn counts_as(&self, local: DateTime) -> Date {
        let (_, closes) = self.office_hours();
        if local.time() > closes || !self.is_working_day(local.date()) {
            self.add(local.date(), 1)
        } else {
            local.date()
        }
    }

    /// The working day that is `days` working days after `start` (before it, when negative); `start` itself for 0. The first
    /// working day after the start is day 1. More than [`WORKING_DAYS_MAX`] are taken as that many.
    fn add(&self, start: Date, days: i32) -> Date {
        let (mut left, mut day) = (days.unsigned_abs().min(WORKING_DAYS_MAX as u32), start);
        let mut found = start;
        while left > 0 {
            let next = if days > 0 {
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

    /// How many working days lie after `start`, up to and including `end`; negative when `end` is before `start`.
    fn between(&self, start: Date, end: Date) -> i32 {
        if end < start {
            return -self.between(end, start);
        }
        let (mut count, mut day) = (0, start);
        while day < end {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            count += i32::from(self.is_working_day(day));
        }
        count
    }
}

/// Monday to Friday from nine to five, without holidays.
#[derive(Debug, Clone, Copy, Default)]
pub struct MondayToFriday;

impl WorkingDays for MondayToFriday {
    fn is_working_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    fn office_hours(&self) -> (Time, Time) {
        (time(9, 0, 0, 0), time(17, 0, 0, 0))
    }
}
