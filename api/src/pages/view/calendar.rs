//! A calendar in words: `Off on Saturday and Sunday · 08:00 to 17:00 · Africa/Kampala`.

use jiff::civil::Weekday;
use processes::Calendar;

/// When the office is closed each week, when it is open, and where that is.
pub(crate) fn week(calendar: &Calendar) -> String {
    [off(calendar), hours(calendar), zone(calendar)].join(" · ")
}

/// `Off on Saturday and Sunday`.
pub(crate) fn off(calendar: &Calendar) -> String {
    let off: Vec<&str> = calendar.weekend().iter().copied().map(weekday).collect();
    match off.as_slice() {
        [] => "Open every day".to_owned(),
        [one] => format!("Off on {one}"),
        [first @ .., last] => format!("Off on {} and {last}", first.join(", ")),
    }
}

/// `08:00 to 17:00`.
pub(crate) fn hours(calendar: &Calendar) -> String {
    let (from, to) = calendar.hours();
    format!("{} to {}", from.strftime("%H:%M"), to.strftime("%H:%M"))
}

/// The name of the zone.
pub(crate) fn zone(calendar: &Calendar) -> String {
    calendar.zone().iana_name().unwrap_or("UTC").to_owned()
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_told_in_one_line() {
        let uganda = Calendar::read(processes::calendars::UGANDA).unwrap();
        let told = "Off on Saturday and Sunday · 08:00 to 17:00 · Africa/Kampala";
        assert_eq!(week(&uganda), told);
    }
}
