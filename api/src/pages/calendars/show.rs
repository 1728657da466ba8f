//! One calendar: its versions, its days off, and for whom it counts, which can be changed.

use super::HREF;
use super::list::years;
use super::preview::date;
use super::words::{process_name, used};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::processes::keep;
use crate::pages::view::calendar::week;
use crate::pages::view::{Fact, moment};
use crate::pages::{USERS_LIMIT, team_name, world};
use crate::report::File;
use crate::session::SignedIn;
use crate::state::AppState;
use crate::users;
use axum::extract::{Path, State};
use axum::response::Redirect;
use bpmn::Catalog;
use processes::Calendar;
use processes::calendars::Use;
use runtime::{DefinitionKind, DefinitionQuery};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    name: String,
    href: String,
    list_href: &'static str,
    facts: Vec<Fact>,
    days: Vec<Day>,
    versions: Vec<Version>,
    organisation: bool,
    teams: Vec<Choice>,
    processes: Vec<Choice>,
}

/// A day that is off.
#[derive(Serialize)]
struct Day {
    date: String,
    name: String,
    expected: bool,
}

#[derive(Serialize)]
struct Version {
    version: u32,
    since: String,
}

/// Somebody who can work by it.
#[derive(Serialize)]
struct Choice {
    value: String,
    text: String,
    /// Whose calendar is another one now.
    hint: String,
    chosen: bool,
}

/// `GET /admin/calendars/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, Error> {
    let catalog = state.runtime.newest_catalog().await?;
    let calendar = find(&catalog, &id)?;
    let world = world(&state);
    let query = DefinitionQuery {
        kind: Some(DefinitionKind::Calendar),
        id: Some(id.clone()),
        ..DefinitionQuery::default()
    };
    let versions = state.runtime.definitions(&query).await?;
    let who = used(calendar.used(), &catalog);
    let facts = [
        Fact::some("Week", week(&calendar)),
        Fact::some("Years", years(&calendar)),
        Fact::some(
            "Is for",
            if who.is_empty() {
                "Nobody; a case may choose it".into()
            } else {
                who.join("; ")
            },
        ),
        Fact::some("Source", calendar.source().to_owned()),
    ];
    let today = world.today();
    let days = calendar.holidays().filter(|(date, ..)| *date >= today);
    let view = View {
        name: calendar.name().to_owned(),
        href: format!("{HREF}/{id}"),
        list_href: HREF,
        facts: facts.into_iter().flatten().collect(),
        days: days
            .map(|(day, name, expected)| Day {
                date: date(day),
                name: name.to_owned(),
                expected,
            })
            .collect(),
        versions: versions
            .iter()
            .map(|version| Version {
                version: version.version,
                since: moment(version.deployed_at, &world),
            })
            .collect(),
        organisation: calendar.used().organisation,
        teams: teams(&state, &catalog, &calendar).await?,
        processes: processes(&catalog, &calendar),
    };
    Ok(Page::new("calendars/show", calendar.name())
        .section(Section::Calendars)
        .model(&view))
}

/// `POST /admin/calendars/{id}`: keeps versions for others as an upload, whose report says what that changes.
pub(super) async fn assign(
    State(state): State<AppState>,
    user: SignedIn,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Error> {
    let catalog = state.runtime.newest_catalog().await?;
    let calendar = find(&catalog, &id)?;
    let chosen = |name: &str| -> BTreeSet<String> {
        let all = posted.0.iter().filter(|(field, _)| field == name);
        all.map(|(_, value)| value.clone()).collect()
    };
    let used = Use {
        organisation: posted.get("organisation").is_some(),
        teams: chosen("team"),
        processes: chosen("process"),
    };
    let files: Vec<File> = given(&catalog, &calendar, used)
        .into_iter()
        .map(|calendar| {
            let name = format!("{}.calendar", calendar.id());
            File::new(&name, calendar.text().into_bytes())
        })
        .collect();
    if files.is_empty() {
        return Ok(Redirect::to(&format!("{HREF}/{id}")));
    }
    let upload = keep(&state, &user, files).await?;
    Ok(Redirect::to(&format!("/processes/uploads/{upload}")))
}

/// The calendar for these, and the others without them: two calendars are never for the same.
fn given(catalog: &Catalog, calendar: &Calendar, used: Use) -> Vec<Calendar> {
    let others = catalog.calendars().map(|deployed| &deployed.calendar);
    let others = others.filter(|other| other.id() != calendar.id());
    let without = |other: &Arc<Calendar>| {
        let before = other.used();
        let after = Use {
            organisation: before.organisation && !used.organisation,
            teams: &before.teams - &used.teams,
            processes: &before.processes - &used.processes,
        };
        (after != *before).then(|| Calendar::clone(other).with_use(after))
    };
    let mut all: Vec<Calendar> = others.filter_map(without).collect();
    if *calendar.used() != used {
        all.push(calendar.clone().with_use(used.clone()));
    }
    all
}

fn find(catalog: &Catalog, id: &str) -> Result<Arc<Calendar>, Error> {
    let found = catalog.latest_calendar(id);
    let found = found.ok_or_else(|| Error::NotFound(format!("the calendar {id}")))?;
    Ok(found.calendar.clone())
}

/// The teams of users, and those that the calendar names.
async fn teams(
    state: &AppState,
    catalog: &Catalog,
    calendar: &Calendar,
) -> Result<Vec<Choice>, Error> {
    let users = users::all(&state.runtime, USERS_LIMIT).await?;
    let own = &calendar.used().teams;
    let teams: BTreeSet<String> = users
        .into_iter()
        .flat_map(|user| user.teams)
        .filter(|team| !team.is_empty())
        .chain(own.iter().cloned())
        .collect();
    let choice = |team: String| Choice {
        text: team_name(&team),
        hint: now(catalog, calendar, |used| used.teams.contains(&team)),
        chosen: own.contains(&team),
        value: team,
    };
    Ok(teams.into_iter().map(choice).collect())
}

/// The processes that can be started, and those that the calendar names.
fn processes(catalog: &Catalog, calendar: &Calendar) -> Vec<Choice> {
    let own = &calendar.used().processes;
    let ids: BTreeSet<String> = catalog
        .startable()
        .map(|deployed| deployed.definition.id().to_owned())
        .chain(own.iter().cloned())
        .collect();
    let choice = |id: String| Choice {
        text: process_name(catalog, &id),
        hint: now(catalog, calendar, |used| used.processes.contains(&id)),
        chosen: own.contains(&id),
        value: id,
    };
    ids.into_iter().map(choice).collect()
}

/// By which other calendar they work now.
fn now(catalog: &Catalog, calendar: &Calendar, is_for: impl Fn(&Use) -> bool) -> String {
    let mut all = catalog.calendars().map(|deployed| &deployed.calendar);
    let other = all.find(|other| other.id() != calendar.id() && is_for(other.used()));
    other.map_or_else(String::new, |other| format!("Now: {}", other.name()))
}
