//! Dates, times and ages in words, in the zone of the organisation.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit, Zoned};
use processes::Calendar;
use processes::people::Born;
use std::sync::Arc;

/// When and where a page is looked at.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The time of the request.
    pub(crate) now: Timestamp,
    /// The working days of the organisation, and its zone.
    pub(crate) calendar: Arc<Calendar>,
}

impl World {
    fn zone(&self) -> TimeZone {
        self.calendar.zone().clone()
    }

    /// A time on the clocks of the organisation.
    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone())
    }

    /// The day that it is.
    pub(crate) fn today(&self) -> Date {
        self.local(self.now).date()
    }
}

/// `Thursday 19 November`: the day that it is.
pub(crate) fn today(world: &World) -> String {
    world.today().strftime("%A %-d %B").to_string()
}

/// `Mon 16 Nov`; with the year where it is not this one.
pub(crate) fn day(at: Timestamp, world: &World) -> String {
    let date = world.local(at).date();
    let form = if date.year() == world.today().year() {
        "%a %-d %b"
    } else {
        "%a %-d %b %Y"
    };
    date.strftime(form).to_string()
}

/// `Monday 23 November, 17:00`; with the year where it is not this one.
pub(crate) fn day_long(at: Timestamp, world: &World) -> String {
    let local = world.local(at);
    let this_year = local.year() == world.today().year();
    let form = if this_year {
        "%A %-d %B, %H:%M"
    } else {
        "%A %-d %B %Y, %H:%M"
    };
    local.strftime(form).to_string()
}

/// `2 Nov 2026`.
pub(crate) fn day_year(at: Timestamp, world: &World) -> String {
    world.local(at).strftime("%-d %b %Y").to_string()
}

/// `12 November 2026, 16:10`.
pub(crate) fn moment(at: Timestamp, world: &World) -> String {
    world.local(at).strftime("%-d %B %Y, %H:%M").to_string()
}

/// `Draft saved 10:42`, `Draft saved yesterday 17:20`, `Draft saved 12 Nov 17:20`.
pub(crate) fn saved_at(at: Timestamp, world: &World) -> String {
    let local = world.local(at);
    let when = match world
        .today()
        .since((Unit::Day, local.date()))
        .map_or(i32::MAX, |span| span.get_days())
    {
        ..=0 => local.strftime("%H:%M").to_string(),
        1 => local.strftime("yesterday %H:%M").to_string(),
        _ => local.strftime("%-d %b %H:%M").to_string(),
    };
    format!("Draft saved {when}")
}

/// `4 years 2 months`, `14 months`, `3 weeks`, `about 7 years`, `not born yet`: as exact as an age is spoken of.
pub(crate) fn age(born: Born, today: Date) -> String {
    let date = match born {
        Born::About { .. } => {
            return format!("about {}", counted(i32::from(born.age(today)), "year"));
        }
        Born::On(date) if date > today => return "not born yet".into(),
        Born::On(date) => date,
    };
    match years_and_months(date, today) {
        (0, 0) => {
            let days = today
                .since((Unit::Day, date))
                .map_or(0, |span| span.get_days());
            if days < 14 {
                counted(days, "day")
            } else {
                counted(days / 7, "week")
            }
        }
        (years @ (0 | 1), months) => counted(years * 12 + months, "month"),
        (years, 0) => counted(years, "year"),
        (years, months) => format!("{} {}", counted(years, "year"), counted(months, "month")),
    }
}

/// `Aged 4`, `Aged about 7`, and for the youngest `Aged 14 months`.
pub(crate) fn age_short(born: Born, today: Date) -> String {
    match born {
        Born::About { .. } => format!("Aged about {}", born.age(today)),
        Born::On(date) if date > today => "Not born yet".into(),
        Born::On(_) if born.age(today) < 2 => format!("Aged {}", age(born, today)),
        Born::On(_) => format!("Aged {}", born.age(today)),
    }
}

/// `3 September 2022`; nothing where only the age is known.
pub(crate) fn born(born: Born) -> Option<String> {
    match born {
        Born::On(date) => Some(date.strftime("%-d %B %Y").to_string()),
        Born::About { .. } => None,
    }
}

fn counted(n: i32, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn years_and_months(born: Date, today: Date) -> (i32, i32) {
    let span = today.since((Unit::Year, born)).unwrap_or_default();
    (i32::from(span.get_years()), span.get_months())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The organisation's clocks at a local time of Kampala.
    pub(crate) fn world(now: &str) -> World {
        let calendar = Calendar::read(processes::calendars::UGANDA).unwrap();
        World {
            now: now.parse().unwrap(),
            calendar: Arc::new(calendar),
        }
    }

    #[track_caller]
    fn check_age(born: &str, today: &str, long: &str, short: &str) {
        let (born, today) = (Born::On(born.parse().unwrap()), today.parse().unwrap());
        assert_eq!(
            (age(born, today).as_str(), age_short(born, today).as_str()),
            (long, short)
        );
    }

    #[test]
    fn an_age_is_as_exact_as_it_is_spoken_of() {
        check_age("2022-09-03", "2026-11-19", "4 years 2 months", "Aged 4");
        check_age("2022-11-19", "2026-11-19", "4 years", "Aged 4");
        check_age("2025-09-10", "2026-11-19", "14 months", "Aged 14 months");
        check_age("2026-10-28", "2026-11-19", "3 weeks", "Aged 3 weeks");
        check_age("2026-11-18", "2026-11-19", "1 day", "Aged 1 day");
        check_age("2027-01-09", "2026-11-19", "not born yet", "Not born yet");
        check_age("2020-02-29", "2026-02-28", "5 years 11 months", "Aged 5");
    }

    #[test]
    fn a_guessed_age_says_so_and_grows() {
        let guessed = Born::About {
            age: 6,
            on: "2025-03-01".parse().unwrap(),
        };
        let today = "2026-11-19".parse().unwrap();
        assert_eq!(
            (
                age(guessed, today).as_str(),
                age_short(guessed, today).as_str()
            ),
            ("about 7 years", "Aged about 7")
        );
        assert_eq!(born(guessed), None);
    }

    #[track_caller]
    fn check_saved(at: &str, now: &str, expected: &str) {
        assert_eq!(saved_at(at.parse().unwrap(), &world(now)), expected);
    }

    #[test]
    fn a_draft_says_when_it_was_saved() {
        check_saved(
            "2026-11-19T10:42+03:00",
            "2026-11-19T11:00+03:00",
            "Draft saved 10:42",
        );
        check_saved(
            "2026-11-18T17:20+03:00",
            "2026-11-19T11:00+03:00",
            "Draft saved yesterday 17:20",
        );
        check_saved(
            "2026-11-12T17:20+03:00",
            "2026-11-19T11:00+03:00",
            "Draft saved 12 Nov 17:20",
        );
        // Half past eleven in the evening of London is the next day in Kampala.
        check_saved(
            "2026-11-18T23:30+00:00",
            "2026-11-19T11:00+03:00",
            "Draft saved 02:30",
        );
    }

    #[test]
    fn days_name_the_year_only_when_it_is_another() {
        let world = world("2026-11-19T11:00+03:00");
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(day(at("2026-11-16T14:00Z"), &world), "Mon 16 Nov");
        assert_eq!(day(at("2027-01-04T14:00Z"), &world), "Mon 4 Jan 2027");
        assert_eq!(
            day_long(at("2026-11-23T14:00Z"), &world),
            "Monday 23 November, 17:00"
        );
        assert_eq!(
            moment(at("2026-11-12T13:10Z"), &world),
            "12 November 2026, 16:10"
        );
        assert_eq!(today(&world), "Thursday 19 November");
    }
}
