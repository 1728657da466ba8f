//! What the calendars of an upload change: days, hours, who works by them, and which running clocks move.

use super::words::used;
use crate::error::Error;
use crate::pages::view::calendar::{hours, off, zone};
use crate::pages::view::moment;
use crate::pages::world;
use crate::report::{Kind, Report};
use crate::state::AppState;
use bpmn::Catalog;
use jiff::civil::Date;
use processes::Calendar;
use runtime::{CalendarPreview, Resource};
use serde::Serialize;
use std::sync::Arc;

/// The most days that are named.
const DAYS: usize = 40;

/// What the upload changes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changes {
    calendars: Vec<Change>,
    clocks: String,
    examples: Vec<Example>,
}

#[derive(Serialize)]
struct Change {
    name: String,
    lines: Vec<Line>,
}

/// One thing that becomes other.
#[derive(Debug, PartialEq, Serialize)]
struct Line {
    what: String,
    how: Vec<String>,
}

/// A clock that moves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Example {
    name: String,
    reference: String,
    before: String,
    after: String,
}

/// What the calendars of a report change; none where there are none, or something is wrong.
pub(crate) async fn changes(state: &AppState, report: &Report) -> Result<Option<Changes>, Error> {
    let is_calendar = |file: &&Resource| Kind::of(&file.name) == Some(Kind::Calendar);
    let files: Vec<Resource> = report
        .resources
        .iter()
        .filter(is_calendar)
        .cloned()
        .collect();
    if files.is_empty() || !report.is_deployable() {
        return Ok(None);
    }
    let preview = state.runtime.preview_calendars(files).await?;
    let (catalog, world) = (state.runtime.catalog(), world(state));
    let change = |(before, after): &(Option<Arc<Calendar>>, Arc<Calendar>)| Change {
        name: after.name().to_owned(),
        lines: match before {
            Some(before) => lines(before, after, &catalog),
            None => new(after, &catalog),
        },
    };
    Ok(Some(Changes {
        calendars: preview.calendars.iter().map(change).collect(),
        clocks: clocks(&preview),
        examples: preview
            .examples
            .iter()
            .map(|moved| Example {
                name: moved.name.clone(),
                reference: moved.business_id.clone().unwrap_or_default(),
                before: moment(moved.before, &world),
                after: moment(moved.after, &world),
            })
            .collect(),
    }))
}

/// `Fri 25 December 2026`.
pub(super) fn date(day: Date) -> String {
    day.strftime("%a %-d %B %Y").to_string()
}

fn clocks(preview: &CalendarPreview) -> String {
    let (moved, of) = (preview.moved, preview.clocks);
    if preview.calendars.is_empty() {
        "The calendar is as it is deployed: nothing changes.".into()
    } else if preview.clocks == 0 {
        "No running clock is concerned.".into()
    } else if preview.is_whole {
        format!("Running clocks that move: {moved} of {of} that are looked at.")
    } else {
        let limit = runtime::limits::PREVIEWED_INSTANCES_MAX;
        format!(
            "Running clocks that are counted anew: {of}. In the first {limit} instances {moved} of them move."
        )
    }
}

fn new(calendar: &Calendar, catalog: &Catalog) -> Vec<Line> {
    let line = |what: &str, how: Vec<String>| Line {
        what: what.into(),
        how,
    };
    let who = used(calendar.used(), catalog);
    let nobody = "Nobody, until it is given to somebody. A case may choose it.";
    vec![
        line("New", vec![crate::pages::view::calendar::week(calendar)]),
        line(
            "Is for",
            if who.is_empty() {
                vec![nobody.into()]
            } else {
                who
            },
        ),
    ]
}

fn lines(before: &Calendar, after: &Calendar, catalog: &Catalog) -> Vec<Line> {
    let difference = after.difference(before);
    let days = |what: &str, days: &[(Date, String)]| {
        let mut how: Vec<String> = days
            .iter()
            .take(DAYS)
            .map(|(day, name)| format!("{}: {name}", date(*day)))
            .collect();
        if days.len() > DAYS {
            how.push(format!("and {} more", days.len() - DAYS));
        }
        (!how.is_empty()).then(|| Line {
            what: what.into(),
            how,
        })
    };
    let other = |is: bool, what: &str, words: &dyn Fn(&Calendar) -> String| {
        is.then(|| Line {
            what: what.into(),
            how: vec![format!("{}, instead of {}", words(after), words(before))],
        })
    };
    let who = |calendar: &Calendar| match used(calendar.used(), catalog).as_slice() {
        [] => "nobody".to_owned(),
        some => some.join("; "),
    };
    let all = [
        days("Becomes a day off", &difference.off),
        days("Becomes a working day", &difference.worked),
        other(difference.weekend, "Weekend", &off),
        other(difference.hours, "Office hours", &hours),
        other(difference.zone, "Time zone", &zone),
        other(difference.years, "Holidays", &super::list::years),
        other(difference.used, "Is for", &who),
    ];
    let lines: Vec<Line> = all.into_iter().flatten().collect();
    if lines.is_empty() {
        vec![Line {
            what: "Nothing that counts".into(),
            how: vec!["Only names or the source are other".into()],
        }]
    } else {
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_other_is_named() {
        let before = Calendar::read(processes::calendars::UGANDA).unwrap();
        let used = processes::calendars::Use {
            organisation: true,
            ..processes::calendars::Use::default()
        };
        let jubilee = "2026-03-04".parse().unwrap();
        let after = before
            .clone()
            .with_holiday(jubilee, "Jubilee")
            .with_use(used);
        let catalog = Catalog::new(
            jiff::tz::TimeZone::UTC,
            Arc::new(feel::MondayToFriday) as Arc<dyn feel::WorkingDays>,
        );
        let told: Vec<String> = lines(&before, &after, &catalog)
            .into_iter()
            .map(|line| format!("{}: {}", line.what, line.how.join(", ")))
            .collect();
        let expected = [
            "Becomes a day off: Wed 4 March 2026: Jubilee",
            "Is for: The whole organisation, instead of nobody",
        ];
        assert_eq!(told, expected);
    }
}
