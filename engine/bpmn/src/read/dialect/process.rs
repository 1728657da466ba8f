//! What is said of a process as a whole.

use xml::{Attribute, Element};

use super::caseway;
use super::editing::Editing;
use crate::time;

/// `historyTimeToLive`: days, or a duration.
pub(super) fn time_to_live(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let written = attribute.value.trim();
    if written.is_empty() || written == "null" {
        return;
    }
    let duration = match written.parse::<u32>() {
        Ok(days) => format!("P{days}D"),
        Err(_) => written.to_owned(),
    };
    let Some(days) = days(&duration) else {
        editing.inert(
            "historyTimeToLive",
            "it is neither a number of days nor a duration",
        );
        return;
    };
    let retention = editing.caseway("retention");
    retention.set_made("duration", duration.as_str(), attribute.offset);
    let message = format!(
        "{} wants its history kept for {days} days after the end",
        editing.label()
    );
    let way_out = "nothing needs to be done; what is deleted, and when, is decided by the settings for retention";
    editing.hint(editing.at(attribute), message, way_out);
}

/// For how many days after its end the history of an instance of a process is to be kept.
pub(in crate::read) fn history_time_to_live(process: &Element) -> Option<u32> {
    days(caseway(process, "retention")?.attribute("duration")?)
}

/// The whole days of a duration, years and months as their longest, so that nothing is kept too short.
fn days(duration: &str) -> Option<u32> {
    const SECONDS: i64 = 24 * 60 * 60;
    let span = time::span(duration)?;
    let years_and_months = i64::from(span.get_years()) * 366 + i64::from(span.get_months()) * 31;
    let days = years_and_months + i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let seconds =
        i64::from(span.get_hours()) * 60 * 60 + span.get_minutes() * 60 + span.get_seconds();
    u32::try_from(days + (seconds + SECONDS - 1).div_euclid(SECONDS)).ok()
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn a_duration_is_never_kept_shorter_than_it_says() {
        let check = |duration, expected| assert_eq!(days(duration), expected, "{duration}");
        check("P180D", Some(180));
        check("P30DT1H", Some(31));
        check("PT24H", Some(1));
        check("P0D", Some(0));
        check("P1Y6M", Some(366 + 186));
        check("P2W", Some(14));
        check("-P1D", None);
        check("soon", None);
        check("P99999999Y", None);
    }
}
