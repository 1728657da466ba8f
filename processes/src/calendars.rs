//! The calendars that come with the program, each with its source and the years for which its holidays are known.

use calendar::Calendar;
pub use calendar::Use;

/// The working days of public offices in Uganda.
pub const UGANDA: &str = include_str!("../calendars/uganda.calendar");

/// All of them: file name and text, as they can be deployed.
pub const ALL: &[(&str, &str)] = &[
    (
        "england-and-wales.calendar",
        include_str!("../calendars/england-and-wales.calendar"),
    ),
    (
        "israel.calendar",
        include_str!("../calendars/israel.calendar"),
    ),
    ("uganda.calendar", UGANDA),
];

/// The one of this id.
pub fn find(id: &str) -> Option<Calendar> {
    ALL.iter()
        .filter_map(|(_, text)| Calendar::read(text).ok())
        .find(|calendar| calendar.id() == id)
}

/// What is wrong with the text of a calendar, JSON or iCalendar.
pub fn problems(text: &str) -> Vec<xml::Problem> {
    calendar::read(text).problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use feel::WorkingDays;

    #[test]
    fn all_calendars_are_without_fault_and_name_their_source_and_years() {
        for (name, text) in ALL {
            let reading = calendar::read(text);
            assert_eq!(reading.problems, [], "{name}");
            let calendar = reading.calendar.unwrap();
            assert_eq!(format!("{}.calendar", calendar.id()), *name);
            assert!(calendar.source().len() > 40 && calendar.years().is_some());
            assert!(find(calendar.id()).is_some());
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/calendars");
        let files = std::fs::read_dir(folder).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".calendar")
        });
        assert_eq!(files.count(), ALL.len());
    }

    #[track_caller]
    fn check_add(id: &str, start: &str, days: i32, expected: &str) {
        let calendar = find(id).unwrap();
        let found = calendar.add(start.parse().unwrap(), days);
        assert_eq!(found.to_string(), expected);
    }

    #[test]
    fn the_holidays_of_each_place_are_counted() {
        check_add("uganda", "2026-04-02", 1, "2026-04-07"); // over Easter
        check_add("uganda", "2026-10-08", 1, "2026-10-12"); // Independence Day is a Friday
        check_add("england-and-wales", "2026-12-24", 1, "2026-12-29"); // a substitute Boxing Day
        check_add("england-and-wales", "2022-05-31", 2, "2022-06-06"); // the jubilee
        check_add("israel", "2026-11-19", 1, "2026-11-22"); // Thursday, then Sunday
        check_add("israel", "2026-09-20", 1, "2026-09-22"); // over Yom Kippur
        check_add("israel", "2026-04-07", 1, "2026-04-09"); // seventh day of Passover
    }
}
