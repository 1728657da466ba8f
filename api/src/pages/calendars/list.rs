//! All calendars, those that come with the program, and what is being counted anew.

use super::words::used;
use super::{HREF, preview::date};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::processes::keep;
use crate::pages::view::calendar::week;
use crate::pages::world;
use crate::report::{File, number_of};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Redirect;
use bpmn::{Catalog, DeployedCalendar};
use processes::Calendar;
use runtime::Recomputing;
use serde::Serialize;

/// How many of the next holidays the list names.
const NEXT: usize = 3;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    calendars: Vec<Line>,
    /// By what the program counts where no calendar is for the organisation.
    fallback: Option<String>,
    shipped: Vec<Shipped>,
    progress: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: String,
    id: String,
    href: String,
    version: u32,
    week: String,
    years: String,
    used: Vec<String>,
    next: Vec<String>,
}

/// One that comes with the program, and is not deployed as it comes.
#[derive(Serialize)]
struct Shipped {
    file: &'static str,
    name: String,
    week: String,
    years: String,
}

/// `GET /admin/calendars`
pub(super) async fn show(State(state): State<AppState>) -> Result<Page, Error> {
    let catalog = state.runtime.newest_catalog().await?;
    let today = world(&state).today();
    let line = |deployed: &DeployedCalendar| {
        let calendar = &deployed.calendar;
        let next = calendar.holidays().filter(|(date, ..)| *date >= today);
        Line {
            name: calendar.name().to_owned(),
            id: calendar.id().to_owned(),
            href: format!("{HREF}/{}", calendar.id()),
            version: deployed.version,
            week: week(calendar),
            years: years(calendar),
            used: used(calendar.used(), &catalog),
            next: next
                .take(NEXT)
                .map(|(day, name, _)| format!("{}: {name}", date(day)))
                .collect(),
        }
    };
    let shipped = processes::calendars::ALL.iter().filter_map(|(file, text)| {
        let calendar = Calendar::read(text).ok()?;
        let is_deployed = catalog.latest_calendar(calendar.id()).is_some();
        (!is_deployed).then(|| Shipped {
            file,
            name: calendar.name().to_owned(),
            week: week(&calendar),
            years: years(&calendar),
        })
    });
    let progress = state.runtime.recomputing().await?;
    let of_program = &state.settings.calendar;
    let view = View {
        calendars: catalog.calendars().map(line).collect(),
        fallback: catalog
            .organisation_calendar()
            .is_none()
            .then(|| format!("{} ({})", of_program.name(), week(of_program))),
        shipped: shipped.collect(),
        progress: progress.iter().map(|now| told(now, &catalog)).collect(),
    };
    Ok(Page::new("calendars/list", "Calendars")
        .section(Section::Calendars)
        .model(&view))
}

/// `POST /admin/calendars`: keeps a calendar that comes with the program as an upload.
pub(super) async fn take(
    State(state): State<AppState>,
    user: SignedIn,
    posted: Posted,
) -> Result<Redirect, Error> {
    let asked = posted.get("shipped").unwrap_or_default();
    let mut all = processes::calendars::ALL.iter();
    let found = all.find(|(file, _)| *file == asked);
    let (file, text) = found.ok_or_else(|| Error::NotFound("this calendar".into()))?;
    let file = File::new(file, text.as_bytes().to_vec());
    let upload = keep(&state, &user, vec![file]).await?;
    Ok(Redirect::to(&format!("/processes/uploads/{upload}")))
}

/// `Holidays known for 2026 to 2028`.
pub(super) fn years(calendar: &Calendar) -> String {
    match feel::WorkingDays::years(calendar) {
        Some((first, last)) if first == last => format!("Holidays known for {first}"),
        Some((first, last)) => format!("Holidays known for {first} to {last}"),
        None => "No holidays".into(),
    }
}

/// How far counting anew is.
fn told(now: &Recomputing, catalog: &Catalog) -> String {
    let which = now.calendar.as_deref().map_or_else(
        || "All calendars".to_owned(),
        |id| match catalog.latest_calendar(id) {
            Some(deployed) => deployed.calendar.name().to_owned(),
            None => id.to_owned(),
        },
    );
    format!(
        "{which}: {} looked at, of which {} changed; {} to go",
        number_of(now.looked_at, "instance"),
        now.changed,
        number_of(now.left, "clock"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_numbers() {
        let now = Recomputing {
            calendar: Some("uganda".into()),
            since: None,
            looked_at: 1_200,
            changed: 1,
            left: 40,
        };
        let expected = "uganda: 1200 instances looked at, of which 1 changed; 40 clocks to go";
        let days = std::sync::Arc::new(feel::MondayToFriday);
        let catalog = Catalog::new(jiff::tz::TimeZone::UTC, days);
        assert_eq!(told(&now, &catalog), expected);
    }

    #[test]
    fn years_are_told() {
        let uganda = Calendar::read(processes::calendars::UGANDA).unwrap();
        assert_eq!(years(&uganda), "Holidays known for 2026 to 2027");
    }
}
