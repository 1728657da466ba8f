//! Calendars as iCalendar files (RFC 5545): what is understood, and what is refused by name.

use calendar::{Calendar, read};
use feel::WorkingDays;

const HEAD: &str = "X-CASEWAY-ID:x\r\nX-CASEWAY-YEARS:2026-2028\r\nX-CASEWAY-WEEKEND:SA,SU\r\n\
    X-CASEWAY-OFFICE-HOURS:09:00-17:00\r\nX-WR-TIMEZONE:Europe/London\r\nX-WR-CALNAME:Our\\, days\r\n";

fn file(events: &str) -> String {
    let events = events.replace('\n', "\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{HEAD}{events}END:VCALENDAR\r\n")
}

/// The holidays of a file with one event, in short.
#[track_caller]
fn check(event: &str, expected: &str) {
    let text = file(&format!(
        "BEGIN:VEVENT\nSUMMARY:Feast\n{event}\nEND:VEVENT\n"
    ));
    let calendar = Calendar::read(&text).unwrap_or_else(|problem| panic!("{problem}"));
    let days: Vec<String> = calendar
        .holidays()
        .map(|(day, ..)| day.to_string())
        .collect();
    assert_eq!(days.join(" "), expected);
}

#[track_caller]
fn check_refused(event: &str, place: (u32, u32), expected: &str) {
    let text = file(&format!(
        "BEGIN:VEVENT\nSUMMARY:Feast\n{event}\nEND:VEVENT\n"
    ));
    let problem = Calendar::read(&text).expect_err("a refusal");
    assert_eq!((problem.line, problem.column), place, "{problem}");
    assert!(problem.message.contains(expected), "{problem}");
}

#[test]
fn a_holiday_is_a_day_or_several() {
    check("DTSTART;VALUE=DATE:20260101", "2026-01-01");
    check(
        "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260102",
        "2026-01-01",
    );
    check(
        "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227",
        "2026-12-24 2026-12-25 2026-12-26",
    );
    check(
        "DTSTART;VALUE=DATE:20261224\nDURATION:P2D",
        "2026-12-24 2026-12-25",
    );
    check(
        "DTSTART;TZID=\"Europe/London\":20260101T000000",
        "2026-01-01",
    );
    check(
        "DTSTART;VALUE=DATE:20260101\nRDATE;VALUE=DATE:20260601,20260701",
        "2026-01-01 2026-06-01 2026-07-01",
    );
}

#[test]
fn a_holiday_comes_again_as_its_rule_says() {
    check(
        "DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY",
        "2026-05-01 2027-05-01 2028-05-01",
    );
    // Last Monday of August; the first one is in the years.
    check(
        "DTSTART;VALUE=DATE:20200831\nRRULE:FREQ=YEARLY;BYMONTH=8;BYDAY=-1MO",
        "2026-08-31 2027-08-30 2028-08-28",
    );
    check(
        "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;UNTIL=20270501\nEXDATE;VALUE=DATE:20260501",
        "2027-05-01",
    );
    check(
        "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;INTERVAL=2;COUNT=5",
        "2026-05-01 2028-05-01",
    );
    check(
        "DTSTART;VALUE=DATE:20281229\nRRULE:FREQ=DAILY;COUNT=9",
        "2028-12-29 2028-12-30 2028-12-31",
    );
    // Folded in the middle of a word (3.1).
    check(
        "DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEA\n RLY;COUNT=7",
        "2026-05-01",
    );
}

#[test]
fn what_cannot_be_followed_is_refused_by_name() {
    check_refused(
        "DTSTART:20260101T090000Z",
        (11, 1),
        "DTSTART has a time of day",
    );
    check_refused(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=HOURLY",
        (12, 1),
        "it recurs hourly",
    );
    check_refused(
        "DTSTART;VALUE=DATE:20260101\nRRULE:RSCALE=HEBREW;FREQ=YEARLY",
        (12, 1),
        "RSCALE is another calendar than the Gregorian",
    );
    check_refused(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=SOMETIMES",
        (12, 1),
        "cannot be followed",
    );
    check_refused(
        "DTSTART;VALUE=DATE:20260101\nEXRULE:FREQ=YEARLY",
        (12, 1),
        "EXRULE",
    );
    check_refused(
        "DTSTART;VALUE=DATE:20260101\nRECURRENCE-ID:20260101",
        (12, 1),
        "RECURRENCE-ID",
    );
    check_refused(
        "DTSTART;VALUE=DATE:20261301",
        (11, 1),
        "\"20261301\" is no day",
    );
    check_refused("LOCATION:here", (9, 1), "has no DTSTART");
    check_refused("DTSTART;VALUE=DATE:20250101", (9, 1), "outside the years");
    check_refused(
        "DTSTART;VALUE=DATE:20260102\nDTEND;VALUE=DATE:20260102",
        (9, 1),
        "lasts 0 days",
    );
}

#[test]
fn the_calendar_says_what_the_events_do_not() {
    let text = file(
        "BEGIN:VTIMEZONE\nTZID:Europe/London\nBEGIN:STANDARD\nDTSTART:19961027T020000\nEND:STANDARD\nEND:VTIMEZONE\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260102\nSUMMARY:Gone\nSTATUS:CANCELLED\nEND:VEVENT\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260110\nSUMMARY:Saturday worked\nX-CASEWAY-WORKED:TRUE\nEND:VEVENT\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260105\nSUMMARY:Moon\\; feast\nSTATUS:TENTATIVE\nTRANSP:TRANSPARENT\nEND:VEVENT\n\
         BEGIN:VTODO\nSUMMARY:x\nEND:VTODO\n",
    );
    let reading = read(&text);
    let words: Vec<&str> = reading
        .problems
        .iter()
        .map(|p| p.message.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "The calendar covers 2027, and has no holiday in it",
            "The calendar covers 2028, and has no holiday in it",
            "\"Gone\" was cancelled, and is passed over",
            "A VTODO is no holiday, and is passed over",
        ]
    );
    let calendar = reading.calendar.expect("a calendar");
    assert_eq!(calendar.name(), "Our, days");
    assert!(calendar.is_working_day("2026-01-10".parse().expect("a day")));
    let days: Vec<_> = calendar
        .holidays()
        .map(|(_, name, expected)| (name, expected))
        .collect();
    assert_eq!(days, [("Moon; feast", true)]);
}

#[test]
fn what_a_published_file_lacks_is_named_with_the_line_to_add() {
    let reading = read("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n");
    let words: Vec<&str> = reading
        .problems
        .iter()
        .map(|p| p.way_out.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "add the line X-CASEWAY-ID:england-and-wales after BEGIN:VCALENDAR",
            "add the line X-CASEWAY-YEARS:2026-2028 after BEGIN:VCALENDAR",
            "add the line X-CASEWAY-WEEKEND:SA,SU after BEGIN:VCALENDAR",
            "add the line X-CASEWAY-OFFICE-HOURS:09:00-17:00 after BEGIN:VCALENDAR",
            "add the line X-CASEWAY-ZONE:Europe/London after BEGIN:VCALENDAR",
        ]
    );
    let half = file("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260102\n").replace("END:VCALENDAR\r\n", "");
    let problem = Calendar::read(&half).expect_err("a refusal");
    assert!(problem.message.contains("VEVENT does not end"), "{problem}");
}
