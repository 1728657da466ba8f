//! Working days of a place: weekend, office hours and public holidays, read from JSON.
//!
//! A duration in working days counts the first working day *after* the start as day 1.

use feel::{MondayToFriday, WorkingDays};
use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most working days that [`Calendar::add`] counts in one go: about forty years.
pub const MAX_WORKING_DAYS: i32 = 10_000;

/// The working days, office hours and holidays of one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    id: String,
    name: String,
    zone: TimeZone,
    weekend: Vec<Weekday>,
    opens: Time,
    closes: Time,
    holidays: BTreeMap<Date, String>,
}

/// What is wrong with the JSON of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the calendar cannot be read: {0}")]
pub struct Unreadable(String);

/// The JSON: `{"id", "name", "zone", "weekend": ["saturday"], "office_hours": {"from": "08:00", "to": "17:00"},
/// "source", "holidays": [{"date": "2026-01-01", "name": "New Year's Day", "expected": true}]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    id: String,
    name: String,
    zone: String,
    weekend: Vec<Day>,
    office_hours: OfficeHours,
    #[serde(rename = "source")]
    _source: String,
    holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeHours {
    from: Time,
    to: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    date: Date,
    name: String,
    #[serde(default, rename = "expected")]
    _expected: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Calendar {
    /// Reads a calendar. It must leave at least one working day a week, and the office must open before it closes.
    pub fn read(json: &str) -> Result<Calendar, Unreadable> {
        let document: Document =
            serde_json::from_str(json).map_err(|error| Unreadable(error.to_string()))?;
        let zone = TimeZone::get(&document.zone)
            .map_err(|_| Unreadable(format!("there is no time zone \"{}\"", document.zone)))?;
        let mut weekend: Vec<Weekday> = document.weekend.into_iter().map(weekday).collect();
        weekend.sort_by_key(|day| day.to_monday_zero_offset());
        weekend.dedup();
        if weekend.len() == 7 {
            return Err(Unreadable("every day is a day of the weekend".into()));
        }
        if document.office_hours.from >= document.office_hours.to {
            return Err(Unreadable(
                "the office closes before it opens; write \"from\" before \"to\"".into(),
            ));
        }
        Ok(Calendar {
            id: document.id,
            name: document.name,
            zone,
            weekend,
            opens: document.office_hours.from,
            closes: document.office_hours.to,
            holidays: document
                .holidays
                .into_iter()
                .map(|holiday| (holiday.date, holiday.name))
                .collect(),
        })
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
            holidays: BTreeMap::new(),
        }
    }

    /// The calendar's id, `uganda`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The calendar's name, as people say it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone in which its days begin and end.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The public holiday on that day, if it is one.
    pub fn holiday(&self, date: Date) -> Option<&str> {
        self.holidays.get(&date).map(String::as_str)
    }

    /// The working day that is `days` working days after `start` (before it, when negative); `start` itself for 0.
    /// More than [`MAX_WORKING_DAYS`] are taken as that many.
    pub fn add(&self, start: Date, days: i32) -> Date {
        let mut left = days.abs().min(MAX_WORKING_DAYS);
        let forward = days > 0;
        let week = 7 - i32::try_from(self.weekend.len()).expect("a week has seven days");
        let mut day = start;
        while left > 0 {
            // Holidays can only make it take longer, so whole weeks can be jumped over.
            let weeks = if forward { left / week } else { 0 };
            let next = day.saturating_add(match (weeks, forward) {
                (0, true) => 1.day(),
                (0, false) => (-1).day(),
                (weeks, _) => (7 * weeks).days(),
            });
            if next == day {
                return day; // the end of representable time
            }
            left -= match (weeks, forward) {
                (0, _) => i32::from(self.is_working_day(next)),
                _ => self.between(day, next),
            };
            day = next;
        }
        // A jump may end on a weekend; the last day that was counted lies before it.
        while days != 0 && !self.is_working_day(day) {
            day = day.saturating_add(if forward { (-1).day() } else { 1.day() });
        }
        day
    }

    /// How many working days lie after `start`, up to and including `end`; negative when `end` is before `start`.
    pub fn between(&self, start: Date, end: Date) -> i32 {
        if end < start {
            return -self.between(end, start);
        }
        let days = days_from(start, end);
        let week = 7 - i32::try_from(self.weekend.len()).expect("a week has seven days");
        let mut count = days / 7 * week;
        let mut day = start.saturating_add((days / 7 * 7).days());
        while day < end {
            day = day.saturating_add(1.day());
            count += i32::from(!self.is_weekend(day));
        }
        let Some(after_start) = start.tomorrow().ok().filter(|first| *first <= end) else {
            return count;
        };
        let holidays = self
            .holidays
            .range(after_start..=end)
            .filter(|(date, _)| !self.is_weekend(**date))
            .count();
        count - i32::try_from(holidays).expect("fewer holidays than days")
    }

    fn is_weekend(&self, date: Date) -> bool {
        self.weekend.contains(&date.weekday())
    }
}

impl WorkingDays for Calendar {
    fn is_working_day(&self, date: Date) -> bool {
        !self.is_weekend(date) && !self.holidays.contains_key(&date)
    }

    fn office_hours(&self) -> (Time, Time) {
        (self.opens, self.closes)
    }
}

fn days_from(start: Date, end: Date) -> i32 {
    start
        .until((jiff::Unit::Day, end))
        .map_or(0, |span| span.get_days())
}

fn weekday(day: Day) -> Weekday {
    match day {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uganda() -> Calendar {
        Calendar::read(crate::pathways::UGANDA).unwrap()
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_add(start: &str, days: i32, expected: &str) {
        assert_eq!(uganda().add(date(start), days), date(expected));
    }

    #[test]
    fn the_first_working_day_after_the_start_is_day_one() {
        check_add("2026-03-02", 1, "2026-03-03");
        check_add("2026-03-06", 1, "2026-03-09"); // over a weekend
        check_add("2026-03-07", 1, "2026-03-09"); // from a Saturday
        check_add("2026-04-02", 1, "2026-04-07"); // over Easter
        check_add("2026-03-02", 0, "2026-03-02");
        check_add("2026-03-09", -1, "2026-03-06");
    }

    #[test]
    fn holidays_are_not_working_days() {
        let uganda = uganda();
        assert!(!uganda.is_working_day(date("2026-10-09")));
        assert_eq!(uganda.holiday(date("2026-10-09")), Some("Independence Day"));
        assert!(uganda.is_working_day(date("2026-10-08")));
    }

    #[test]
    fn a_calendar_without_working_days_is_refused() {
        let never = r#"{"id": "x", "name": "x", "zone": "UTC", "source": "",
            "weekend": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            "office_hours": {"from": "08:00", "to": "17:00"}, "holidays": []}"#;
        let refused = Calendar::read(never).unwrap_err().to_string();
        assert!(refused.contains("every day"), "{refused}");
        let refused = Calendar::read(&never.replace("UTC", "Africa/Nowhere")).unwrap_err();
        assert!(refused.to_string().contains("Africa/Nowhere"), "{refused}");
    }

    /// Day by day, as one would count with a finger on the wall calendar.
    fn naive_between(calendar: &Calendar, start: Date, end: Date) -> i32 {
        let mut count = 0;
        let mut day = start;
        while day < end {
            day = day.tomorrow().unwrap();
            count += i32::from(calendar.is_working_day(day));
        }
        count
    }

    proptest! {
        #[test]
        fn counting_agrees_with_a_finger_on_the_wall(from in 0..700i32, length in 0..400i32) {
            let calendar = uganda();
            let start = date("2026-01-01").checked_add(from.days()).unwrap();
            let end = start.checked_add(length.days()).unwrap();
            let expected = naive_between(&calendar, start, end);
            prop_assert_eq!(calendar.between(start, end), expected);
            prop_assert_eq!(calendar.between(end, start), -expected);
        }

        #[test]
        fn adding_lands_on_the_working_day_that_completes_the_count(from in 0..700i32, days in 1..200i32) {
            let calendar = uganda();
            let start = date("2026-01-01").checked_add(from.days()).unwrap();
            let end = calendar.add(start, days);
            prop_assert!(calendar.is_working_day(end));
            prop_assert_eq!(naive_between(&calendar, start, end), days);
            let back = calendar.add(start, -days);
            prop_assert!(calendar.is_working_day(back));
        }
    }
}
