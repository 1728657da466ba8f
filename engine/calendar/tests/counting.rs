//! Counting over random calendars against a finger on the wall calendar: day after day, with nothing clever.
//! `cargo run -p calendar --example numpy` does the same against numpy.

use calendar::Calendar;
use feel::WorkingDays;
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

fn start() -> Date {
    "2026-01-01".parse().expect("a day")
}

/// A calendar of some years with a random weekend, holidays anywhere and worked days on the weekend.
fn calendars() -> impl Strategy<Value = (Calendar, Vec<bool>)> {
    let weekend = prop::collection::btree_set(0..7usize, 0..6);
    let holidays = prop::collection::btree_set(0..1500i32, 0..120);
    let worked = prop::collection::btree_set(0..1500i32, 0..40);
    (weekend, holidays, worked).prop_map(|(weekend, holidays, worked)| {
        let line = |number: &i32| {
            let date = start().saturating_add(number.days());
            serde_json::json!({"date": date, "name": "x"})
        };
        let worked: Vec<i32> = worked.difference(&holidays).copied().collect();
        let json = serde_json::json!({
            "id": "random", "name": "Random", "zone": "UTC", "source": "",
            "weekend": weekend.iter().map(|day| DAYS[*day]).collect::<Vec<_>>(),
            "office_hours": {"from": "09:00", "to": "17:00"},
            "years": {"from": 2020, "to": 2040},
            "holidays": holidays.iter().map(line).collect::<Vec<_>>(),
            "worked": worked.iter().map(line).collect::<Vec<_>>(),
        });
        // Two years before the start and eight after it, told from the lists and not by the calendar.
        let table = (-730..3000)
            .map(|number: i32| {
                let date = start().saturating_add(number.days());
                let weekday =
                    usize::try_from(date.weekday().to_monday_zero_offset()).expect("0 to 6");
                worked.contains(&number)
                    || !(holidays.contains(&number) || weekend.contains(&weekday))
            })
            .collect();
        (
            Calendar::read(&json.to_string()).expect("a calendar"),
            table,
        )
    })
}

fn works(table: &[bool], number: i32) -> bool {
    table[usize::try_from(number + 730).expect("within the table")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn counting_agrees_with_a_finger_on_the_wall((calendar, table) in calendars(), from in 0..1500i32, length in 0..700i32) {
        let (first, last) = (start().saturating_add(from.days()), start().saturating_add((from + length).days()));
        let expected = (from + 1..=from + length).filter(|day| works(&table, *day)).count();
        let expected = i32::try_from(expected).expect("a count");
        prop_assert_eq!(calendar.between(first, last), expected);
        prop_assert_eq!(calendar.between(last, first), -expected);
    }

    #[test]
    fn adding_lands_where_the_finger_does((calendar, table) in calendars(), from in 0..1500i32, days in -80..200i32) {
        let (mut at, mut left) = (from, days);
        while left != 0 {
            at += days.signum();
            left -= days.signum() * i32::from(works(&table, at));
        }
        let found = calendar.add(start().saturating_add(from.days()), days);
        prop_assert_eq!(found, start().saturating_add(at.days()));
    }

    /// What the trait counts for calendars that know no shortcut.
    #[test]
    fn the_shortcut_and_the_walk_are_one((calendar, _) in calendars(), from in 0..1500i32, days in -80..200i32) {
        #[derive(Debug)]
        struct Slow(Calendar);
        impl WorkingDays for Slow {
            fn is_working_day(&self, date: Date) -> bool {
                self.0.is_working_day(date)
            }
            fn office_hours(&self) -> (jiff::civil::Time, jiff::civil::Time) {
                self.0.office_hours()
            }
        }
        let (day, slow) = (start().saturating_add(from.days()), Slow(calendar.clone()));
        let end = slow.add(day, days);
        prop_assert_eq!(calendar.add(day, days), end);
        prop_assert_eq!(calendar.between(day, end), slow.between(day, end));
    }
}

#[test]
fn the_end_of_representable_time_is_no_hang() {
    let calendar = Calendar::weekdays(jiff::tz::TimeZone::UTC);
    let late = Date::MAX.saturating_sub(3.days());
    assert!(calendar.add(late, 10_000) <= Date::MAX);
    assert!(calendar.add(Date::MIN, -1) >= Date::MIN);
    assert_eq!(calendar.between(Date::MAX, Date::MAX), 0);
}
