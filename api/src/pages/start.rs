//! Starting a case: first the search for somebody who may be the same person, then the person, then the first step.
//!
//! Both steps are posted to the one address, and what was typed travels along in hidden fields: a name never stands in an
//! address, and nothing is written before the end.

mod form;

use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::access::{is_mine, may_claim};
use crate::pages::records::Records;
use crate::pages::view::{age, born};
use crate::pages::{case, inbox, world};
use crate::roles::{CASE_WORK, only};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bpmn::Catalog;
use form::{FieldError, Typed};
use processes::cases::{self, Open, Who};
use processes::people::{self, Possible};
use runtime::TaskQuery;
use serde::Serialize;

/// The process that is started where several are deployed and none was chosen.
const PATHWAY: &str = "child-protection";
/// The value of the choice "none of these".
const NEW: &str = "new";
/// The most possible matches that are shown.
const MATCHES: usize = 8;

/// `/referrals/new`
pub(crate) fn routes() -> Router<AppState> {
    only(
        CASE_WORK,
        Router::new().route("/referrals/new", get(show).post(post)),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    /// The first of the two steps.
    searching: bool,
    errors: Vec<FieldError>,
    name_field: form::TextField,
    born_field: form::DateField,
    heading: String,
    lede: String,
    matches: Vec<Match>,
    person_error: Option<String>,
    new_chosen: bool,
    new_label: String,
    carried: Vec<form::Carried>,
    fields: Vec<form::TextField>,
    sexes: Vec<form::Choice>,
    pathways: Vec<form::Choice>,
    several_pathways: bool,
    /// By which the case can work; none where no other than the usual one is deployed.
    calendars: Vec<form::Choice>,
}

/// Somebody known who may be the same person.
#[derive(Serialize)]
struct Match {
    id: String,
    name: String,
    age: String,
    /// Why it may be the same, and what is known.
    reason: String,
    chosen: bool,
}

/// `GET /referrals/new`
async fn show(State(state): State<AppState>) -> Page {
    page(&view(
        &state,
        &Typed::default(),
        true,
        Vec::new(),
        Vec::new(),
    ))
}

/// `POST /referrals/new`: searches, then starts.
async fn post(
    State(state): State<AppState>,
    user: SignedIn,
    posted: Posted,
) -> Result<Response, Error> {
    let typed = Typed::of(&posted);
    let today = world(&state).today();
    let errors = typed.search_errors(today);
    if !errors.is_empty() {
        let view = view(&state, &typed, true, errors, Vec::new());
        return Ok(page(&view)
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let age = typed.born(today).map(|born| born.age(today));
    let mut possible = people::possible_matches(&state.runtime, &typed.name, age, today).await?;
    possible.truncate(MATCHES);
    if posted.get("step") != Some("start") {
        let matches = matches(&state, possible, &typed).await?;
        return Ok(page(&view(&state, &typed, false, Vec::new(), matches)).into_response());
    }
    let mut errors = typed.person_errors(today);
    let known = possible
        .iter()
        .any(|possible| possible.person.id == typed.person);
    if typed.person != NEW && !known {
        errors.insert(
            0,
            FieldError::new(
                "person-new",
                "Choose one of these people, or that it is a new person",
            ),
        );
    }
    if !errors.is_empty() {
        let matches = matches(&state, possible, &typed).await?;
        let view = view(&state, &typed, false, errors, matches);
        return Ok(page(&view)
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let person = if known {
        Who::Known(typed.person.clone())
    } else {
        Who::New(typed.details(today))
    };
    start(&state, &user, person, &typed).await
}

/// Opens the case and goes to its first step, which the starter takes.
async fn start(
    state: &AppState,
    user: &SignedIn,
    person: Who,
    typed: &Typed,
) -> Result<Response, Error> {
    let pathway = if typed.pathway.is_empty() {
        default_pathway(state)?
    } else {
        typed.pathway.clone()
    };
    if state.runtime.catalog().latest(&pathway).is_none() {
        return Err(Error::Invalid(format!("There is no pathway {pathway:?}.")));
    }
    let open = Open {
        actor: user.name.clone(),
        person,
        pathway,
        worker: Some(user.name.clone()),
        calendar: Some(typed.calendar.clone()).filter(|id| !id.is_empty()),
    };
    let opened = cases::open(&state.runtime, open).await?;
    let query = TaskQuery {
        instances: vec![opened.instance],
        ..TaskQuery::default()
    };
    let tasks = state.runtime.tasks(&query).await?;
    if let Some(task) = tasks.iter().find(|task| is_mine(user, task)) {
        return Ok(Redirect::to(&format!("/tasks/{}", task.key)).into_response());
    }
    if let Some(task) = tasks.iter().find(|task| may_claim(user, task)) {
        inbox::take(state, user, task).await?;
        return Ok(Redirect::to(&format!("/tasks/{}?claimed=yes", task.key)).into_response());
    }
    Ok(Redirect::to(&case::href(Some(&opened.case.reference))).into_response())
}

fn default_pathway(state: &AppState) -> Result<String, Error> {
    let catalog = state.runtime.catalog();
    let mut ids = catalog
        .startable()
        .map(|deployed| deployed.definition.id().to_owned());
    let none = || Error::Conflict {
        message: "No pathway is deployed, so no case can be started.".into(),
        way_out: "Ask a designer to upload one on the page Processes.".into(),
    };
    match catalog.latest(PATHWAY) {
        Some(_) => Ok(PATHWAY.into()),
        None => ids.next().ok_or_else(none),
    }
}

/// What the search found, with the case that each person has.
async fn matches(
    state: &AppState,
    possible: Vec<Possible>,
    typed: &Typed,
) -> Result<Vec<Match>, Error> {
    let world = world(state);
    let mut matches = Vec::new();
    for Possible { person, likeness } in possible {
        let cases = cases::of_person(&state.runtime, &person.id).await?;
        let records = Records::of(state, cases.clone()).await?;
        let case = cases
            .first()
            .filter(|case| records.case(&case.reference).is_some());
        let alike = if likeness >= people::REVIEW_FROM {
            "Very alike"
        } else {
            "Somewhat alike"
        };
        let born = person
            .details
            .born
            .and_then(born)
            .map(|born| format!("born {born}"));
        let case = case.map(|case| format!("latest case {}", case.reference));
        let language = Some(person.details.languages.join(", ")).filter(|text| !text.is_empty());
        let facts = [
            Some(alike.to_owned()),
            born,
            language.map(|text| format!("speaks {text}")),
            case,
        ];
        matches.push(Match {
            reason: facts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            age: person
                .details
                .born
                .map(|born| age(born, world.today()))
                .unwrap_or_default(),
            chosen: typed.person == person.id,
            name: person.details.name,
            id: person.id,
        });
    }
    Ok(matches)
}

fn view(
    state: &AppState,
    typed: &Typed,
    searching: bool,
    errors: Vec<FieldError>,
    matches: Vec<Match>,
) -> View {
    let catalog = state.runtime.catalog();
    let chosen = if typed.pathway.is_empty() {
        PATHWAY
    } else {
        &typed.pathway
    };
    let pathways = catalog.startable().map(|deployed| {
        let definition = &deployed.definition;
        form::Choice::new(
            definition.id(),
            definition.name(),
            definition.id() == chosen,
        )
    });
    let pathways: Vec<form::Choice> = pathways.collect();
    let error = |field: &str| {
        errors
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.text.clone())
    };
    let (heading, lede) = match matches.len() {
        0 => (
            "Nobody of this name is known",
            "Register the person. You can add more in the first step.",
        ),
        1 => (
            "One person may be the same",
            "Choose the person if it is the same one, so that one child has one record.",
        ),
        _ => (
            "Some people may be the same",
            "Choose the person if it is the same one, so that one child has one record.",
        ),
    };
    View {
        searching,
        name_field: typed.name_field(error("name")),
        born_field: typed.born_field(error("born-day").or(error("age"))),
        heading: heading.into(),
        lede: lede.into(),
        new_chosen: typed.person == NEW || matches.is_empty(),
        new_label: if matches.is_empty() {
            "A new person".into()
        } else {
            "None of these: a new person".into()
        },
        person_error: error("person-new"),
        carried: typed.carried(),
        fields: typed.fields(&error),
        sexes: typed.sexes(),
        several_pathways: pathways.len() > 1,
        calendars: calendars(&catalog, &typed.calendar),
        pathways,
        matches,
        errors,
    }
}

/// The calendars that a case can have for itself, after the usual one; none where there is nothing to choose.
fn calendars(catalog: &Catalog, chosen: &str) -> Vec<form::Choice> {
    let usual = catalog.office().id;
    let others = catalog
        .calendars()
        .map(|deployed| &deployed.calendar)
        .filter(|calendar| Some(calendar.id()) != usual.as_deref());
    let mut choices: Vec<form::Choice> = others
        .map(|calendar| form::Choice::new(calendar.id(), calendar.name(), calendar.id() == chosen))
        .collect();
    if !choices.is_empty() {
        let usual = form::Choice::new("", "As usual on this pathway", chosen.is_empty());
        choices.insert(0, usual);
    }
    choices
}

fn page(view: &View) -> Page {
    let title = if view.errors.is_empty() {
        "Start a referral"
    } else {
        "Error: Start a referral"
    };
    Page::new("start", title)
        .section(Section::Cases)
        .model(view)
}
