//! The banner over tasks and cases: name, age, case, worker, language, alerts, and what matters to the person.

use crate::error::Error;
use crate::pages::records::{Records, alerts};
use crate::pages::view::{Action, Banner, Fact, Flag, World, age, born, initials};
use crate::pages::{Names, case};
use crate::state::AppState;
use processes::people::Person;

/// The banner of a case as HTML; empty where the task belongs to no case.
pub(crate) fn banner(
    state: &AppState,
    reference: Option<&str>,
    records: &Records,
    names: &Names,
    world: &World,
    is_heading: bool,
) -> Result<String, Error> {
    let Some((case, person)) =
        reference.and_then(|reference| records.case(reference).zip(records.person(reference)))
    else {
        return Ok(String::new());
    };
    let href = case::href(reference);
    let worker = case
        .worker
        .as_deref()
        .map_or_else(|| "Nobody yet".into(), |worker| names.of(worker));
    let details = &person.details;
    let facts = [
        details
            .born
            .and_then(|born| Fact::some("Age", age(born, world.today()))),
        details
            .born
            .and_then(born)
            .and_then(|born| Fact::some("Born", born)),
        Fact::some("Case", case.reference.clone()),
        Fact::some("Worker", worker),
        Fact::some("Language", details.languages.join(", ")),
    ];
    let actions = if is_heading {
        vec![
            Action::new("Add a note", "#notes"),
            Action::new("Chronology", "#chronology"),
        ]
    } else {
        vec![Action::new("Open the case", href.clone())]
    };
    let view = Banner {
        initials: initials(&details.name),
        name: details.name.clone(),
        called_name: first_name(person),
        case_href: href,
        facts: facts.into_iter().flatten().collect(),
        flags: alerts(person).collect::<Vec<Flag>>(),
        voice: details
            .matters
            .clone()
            .filter(|words| !words.trim().is_empty()),
        actions,
        is_heading,
    };
    state.templates.fragment("partials/person", &view)
}

/// What to call the person: the short name, else the first word of the name.
fn first_name(person: &Person) -> String {
    let called = person
        .details
        .called
        .as_deref()
        .filter(|called| !called.trim().is_empty());
    called
        .or(person.details.name.split_whitespace().next())
        .unwrap_or("this person")
        .to_owned()
}
