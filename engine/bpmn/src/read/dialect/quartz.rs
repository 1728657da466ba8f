//! Quartz cron, as camunda 7 and flowable write it, in the form that timers read here.
//!
//! Quartz has seconds first and perhaps years last, `?` for "not said", and days of the week from 1 for Sunday.
//! What is made has six fields and names of days.

/// A translated text, and what has to be said about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cron {
    pub(super) text: String,
    pub(super) note: Option<&'static str>,
}

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The text as cron with six fields; `None` where it is no cron, but for example `R3/PT10M`.
pub(super) fn translate(text: &str) -> Option<Result<Cron, String>> {
    let mut fields: Vec<&str> = text.split_whitespace().collect();
    let zone = fields
        .last()
        .is_some_and(|field| field.starts_with("DSTZONE"));
    if zone {
        fields.pop();
    }
    if !(6..=7).contains(&fields.len()) || fields[0].starts_with(['R', '@']) {
        return None;
    }
    let note = zone.then_some("its own time zone has no effect, the zone of the engine counts");
    Some(six_fields(&fields).map(|text| Cron { text, note }))
}

fn six_fields(fields: &[&str]) -> Result<String, String> {
    if let Some(year) = fields.get(6).filter(|year| !["*", "?"].contains(*year)) {
        return Err(format!(
            "the year \"{year}\" of a cron text is not executed"
        ));
    }
    let mut made = Vec::with_capacity(6);
    for (index, field) in fields[..6].iter().enumerate() {
        // L and W inside names such as JUL or WED are no signs.
        let signs = field.split([',', '-', '/']).any(|part| {
            part.contains('#')
                || part.ends_with('L') && !part.ends_with("JUL")
                || part.ends_with('W')
        });
        if signs {
            return Err(format!(
                "\"{field}\" (last, nearest or n-th day) is not executed"
            ));
        }
        made.push(match (index, *field) {
            (_, "?") => "*".to_owned(),
            (5, days) => days_of_week(days)?,
            (_, field) => field.to_owned(),
        });
    }
    Ok(made.join(" "))
}

/// `2-6` as `MON-FRI`.
fn days_of_week(field: &str) -> Result<String, String> {
    let parts: Result<Vec<String>, String> = field
        .split(',')
        .map(|part| {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, format!("/{step}")),
                None => (part, String::new()),
            };
            let ends: Result<Vec<String>, String> = range.split('-').map(day).collect();
            Ok(format!("{}{step}", ends?.join("-")))
        })
        .collect();
    Ok(parts?.join(","))
}

fn day(written: &str) -> Result<String, String> {
    match written.parse::<usize>() {
        Err(_) => Ok(written.to_ascii_uppercase()),
        Ok(number) => match number.checked_sub(1).and_then(|index| DAYS.get(index)) {
            Some(name) => Ok((*name).to_owned()),
            None => Err(format!("there is no day {number} of the week")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[track_caller]
    fn check(quartz: &str, expected: &str) {
        let found = match translate(quartz) {
            None => "no cron".to_owned(),
            Some(Ok(cron)) => cron.text,
            Some(Err(problem)) => problem,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn quartz_becomes_cron_with_six_fields() {
        check("0 0/5 * * * ?", "0 0/5 * * * *");
        check("0 0 9 ? * 2-6", "0 0 9 * * MON-FRI");
        check("0 0 9 ? * MON,wed,7 *", "0 0 9 * * MON,WED,SAT");
        check("0 15 10 * JUL ? *", "0 15 10 * JUL *");
        check("0 0 12 1/5 * ? DSTZONE:Europe/London", "0 0 12 1/5 * *");
    }

    #[test]
    fn other_repetitions_are_left_alone() {
        check("R3/PT10M", "no cron");
        check("R5/2026-01-01T00:00:00Z/P1D", "no cron");
        check("@daily", "no cron");
        check("*/5 * * * *", "no cron");
        check("", "no cron");
    }

    #[test]
    fn what_has_no_counterpart_is_refused() {
        check(
            "0 0 9 L * ?",
            "\"L\" (last, nearest or n-th day) is not executed",
        );
        check(
            "0 0 9 15W * ?",
            "\"15W\" (last, nearest or n-th day) is not executed",
        );
        check(
            "0 0 9 ? * 6#3",
            "\"6#3\" (last, nearest or n-th day) is not executed",
        );
        check("0 0 9 ? * 8", "there is no day 8 of the week");
        check(
            "0 0 9 1 1 ? 2027",
            "the year \"2027\" of a cron text is not executed",
        );
    }
}
