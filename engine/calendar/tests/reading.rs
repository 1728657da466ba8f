//! What is said of calendars as JSON that are wrong, with the place.

use calendar::{Calendar, read};
use feel::WorkingDays;
use jiff::civil::Date;

const GOOD: &str = r#"{
  "id": "x", "name": "X", "zone": "Europe/London", "weekend": ["saturday", "sunday"],
  "office_hours": { "from": "09:00", "to": "17:00" },
  "source": "invented", "years": { "from": 2026, "to": 2026 },
  "holidays": [
    { "date": "2026-01-01", "name": "New Year's Day" },
    { "date": "2026-05-04", "name": "May" }
  ],
  "worked": [ { "date": "2026-05-09", "name": "For the bridge day" } ],
  "for": { "organisation": true, "teams": ["night team"], "processes": ["p"] }
}"#;

/// The problems of the good calendar with one text replaced.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(GOOD.contains(from), "{from} is not there");
    let reading = read(&GOOD.replacen(from, to, 1));
    let found: Vec<String> = reading
        .problems
        .iter()
        .map(|p| format!("{} {}:{} {}", p.severity, p.line, p.column, p.message))
        .collect();
    assert_eq!(found, expected);
    let refused = found.iter().any(|problem| problem.starts_with("error"));
    assert_eq!(reading.calendar.is_none(), refused);
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

#[test]
fn a_calendar_is_read_whole() {
    let calendar = Calendar::read(GOOD).expect("a calendar");
    assert_eq!((calendar.id(), calendar.name()), ("x", "X"));
    assert_eq!(calendar.years(), Some((2026, 2026)));
    assert!(!calendar.is_working_day(day("2026-05-04")));
    assert!(calendar.is_working_day(day("2026-05-09"))); // a Saturday
    assert!(!calendar.is_working_day(day("2026-05-16")));
    assert_eq!(calendar.holiday(day("2026-01-01")), Some("New Year's Day"));
    assert!(calendar.used().organisation && calendar.used().teams.contains("night team"));
    assert!(calendar.covers(day("2026-12-31")) && !calendar.covers(day("2027-01-01")));
}

#[test]
fn every_problem_has_its_place() {
    check("{\n", "{\n", &[]);
    check(
        "2026-05-04",
        "2026-13-04",
        &[
            "error 7:5 This day cannot be read: failed to parse two digit integer as month: parameter 'month' is not in the required range of 1..=12",
        ],
    );
    check(
        "Europe/London",
        "Europe/Londinium",
        &["error 2:35 There is no time zone \"Europe/Londinium\""],
    );
    check(
        "\"sunday\"",
        "\"sonntag\"",
        &["error 2:76 \"sonntag\" is no weekday"],
    );
    check(
        "09:00",
        "19:00",
        &["error 3:19 The office closes before it opens"],
    );
    check(
        "2026-01-01",
        "2025-01-01",
        &[
            "error 6:5 \"New Year's Day\" on 2025-01-01 lies outside the years that the calendar covers, 2026 to 2026",
        ],
    );
    check(
        "\"to\": 2026",
        "\"to\": 2027",
        &["warning 4:34 The calendar covers 2027, and has no holiday in it"],
    );
    check(
        "2026-05-09",
        "2026-05-08",
        &[
            "warning 9:15 \"For the bridge day\" on 2026-05-08 is said to be worked, and would be anyway: it is no day of the weekend",
        ],
    );
    check(
        "2026-05-09",
        "2026-05-04",
        &["error 9:15 2026-05-04 is a day off (\"May\") and a worked day"],
    );
    check(
        "\"source\"",
        "\"sauce\"",
        &[
            "error 4:9 The calendar cannot be read: unknown field `sauce`, expected one of `id`, `name`, `zone`, `weekend`, `office_hours`, `source`, `years`, `holidays`, `worked`, `for`",
        ],
    );
    check(
        "\"id\": \"x\"",
        "\"id\": \" \"",
        &["error 1:1 The calendar has no id"],
    );
}

#[test]
fn all_problems_are_found_at_once() {
    let text = GOOD
        .replace("Europe/London", "Nowhere")
        .replace("09:00", "18:00");
    assert_eq!(read(&text).problems.len(), 2);
    assert_eq!(read("").problems.len(), 1);
    assert_eq!(read("{").problems.len(), 1);
}

#[test]
fn a_change_says_from_which_day_on_it_counts() {
    let before = Calendar::read(GOOD).expect("a calendar");
    let late = before
        .clone()
        .with_holiday(day("2026-06-19"), "Declared late");
    assert_eq!(late.differs_from(&before), Some(day("2026-06-19")));
    assert_eq!(before.differs_from(&late), Some(day("2026-06-19")));
    assert_eq!(before.differs_from(&before), None);
    // A Sunday is off anyway.
    let sunday = before.clone().with_holiday(day("2026-06-21"), "Feast");
    assert_eq!(sunday.differs_from(&before), None);
    let longer = Calendar::read(&GOOD.replace("\"to\": 2026", "\"to\": 2027")).expect("a calendar");
    assert_eq!(longer.differs_from(&before), Some(day("2027-01-01")));
    let hours = Calendar::read(&GOOD.replace("17:00", "16:00")).expect("a calendar");
    assert_eq!(hours.differs_from(&before), Some(Date::MIN));
}

#[test]
fn a_calendar_that_is_written_reads_as_the_same() {
    let text = r#"{"id": "office", "name": "Office", "zone": "Africa/Kampala", "weekend": ["friday", "saturday"],
        "office_hours": {"from": "08:30", "to": "17:00"}, "source": "invented", "years": {"from": 2026, "to": 2027},
        "holidays": [{"date": "2026-03-04", "name": "A \"day\"", "expected": true}, {"date": "2027-01-04", "name": "Another"}],
        "worked": [{"date": "2026-03-07", "name": "A Saturday"}],
        "for": {"organisation": true, "teams": ["night team"], "processes": ["visit"]}}"#;
    let calendar = calendar::Calendar::read(text).unwrap();
    let again = calendar::Calendar::read(&calendar.text()).unwrap();
    assert_eq!(again, calendar);
}
