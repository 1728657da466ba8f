//! The cases and people behind a list or a page, loaded with one query each.

use crate::error::Error;
use crate::pages::view::{Flag, World, age_short};
use crate::state::AppState;
use processes::cases::{self, Case};
use processes::people::{self, Person};
use std::collections::{BTreeMap, BTreeSet};

/// The most alerts that a row of a list shows.
const ALERTS_IN_LIST: usize = 2;

/// Cases by reference, and people by id.
#[derive(Debug, Default)]
pub(crate) struct Records {
    cases: BTreeMap<String, Case>,
    people: BTreeMap<String, Person>,
}

/// Whose case it is, in the words of a list.
#[derive(Debug, Default)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) age: String,
    pub(crate) case_href: String,
    pub(crate) flags: Vec<Flag>,
}

impl Records {
    /// The cases of these references, and their people.
    pub(crate) async fn of_cases(
        state: &AppState,
        references: impl IntoIterator<Item = String>,
    ) -> Result<Records, Error> {
        let references: BTreeSet<String> = references.into_iter().collect();
        let references: Vec<String> = references.into_iter().collect();
        let cases = cases::by_references(&state.runtime, &references).await?;
        Records::of(state, cases).await
    }

    /// These cases with their people.
    pub(crate) async fn of(state: &AppState, cases: Vec<Case>) -> Result<Records, Error> {
        let ids: BTreeSet<String> = cases.iter().map(|case| case.person.clone()).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let people = people::by_ids(&state.runtime, &ids).await?;
        Ok(Records {
            cases: cases
                .into_iter()
                .map(|case| (case.reference.clone(), case))
                .collect(),
            people: people
                .into_iter()
                .map(|person| (person.id.clone(), person))
                .collect(),
        })
    }

    /// The case of a reference.
    pub(crate) fn case(&self, reference: &str) -> Option<&Case> {
        self.cases.get(reference)
    }

    /// The person of a case.
    pub(crate) fn person(&self, reference: &str) -> Option<&Person> {
        self.people.get(&self.case(reference)?.person)
    }

    /// Whose case it is. An instance that belongs to no case is called by its reference.
    pub(crate) fn who(&self, reference: Option<&str>, world: &World) -> Who {
        let reference = reference.unwrap_or_default();
        let case_href = self
            .case(reference)
            .map(|case| format!("/cases/{}", case.reference))
            .unwrap_or_default();
        let Some(person) = self.person(reference) else {
            let name = if reference.is_empty() {
                "No case"
            } else {
                reference
            };
            return Who {
                name: name.into(),
                case_href,
                ..Who::default()
            };
        };
        Who {
            name: person.details.name.clone(),
            age: person
                .details
                .born
                .map(|born| age_short(born, world.today()))
                .unwrap_or_default(),
            case_href,
            flags: alerts(person).take(ALERTS_IN_LIST).collect(),
        }
    }
}

/// What everybody who meets the person must know.
pub(crate) fn alerts(person: &Person) -> impl Iterator<Item = Flag> + '_ {
    let flag = |text: &String| Flag {
        kind: "amber",
        icon: "alert",
        text: text.clone(),
    };
    person.details.alerts.iter().map(flag)
}
