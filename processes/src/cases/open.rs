//! Opening a case: the person, the case and the start of its process in one request, all or nothing.

use super::{CASES, Case};
use crate::error::{Error, Result};
use crate::numbers;
use crate::people::{self, Born, Details, PEOPLE, Person, REVIEW_FROM};
use bpmn::Key;
use feel::{Context, Value};
use jiff::ToSpan;
use jiff::civil::Date;
use runtime::{Act, Expect, Request, Runtime};

/// How many months back another case counts as an earlier report.
const EARLIER_REPORT_MONTHS: i64 = 6;

/// What is asked for when a case is opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Who opens it.
    pub actor: String,
    /// Whose case it is.
    pub person: Who,
    /// The id of the process that it follows, `child-protection`.
    pub pathway: String,
    /// Who shall work on it; whoever takes its tasks where absent.
    pub worker: Option<String>,
    /// The id of the calendar that it has for itself; that of its process, team or organisation where absent.
    pub calendar: Option<String>,
}

/// Whose case it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Who {
    /// Somebody known, by id.
    Known(String),
    /// Somebody new, who is registered with the case.
    New(Details),
}

/// A case that was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The case.
    pub case: Case,
    /// Its person.
    pub person: Person,
    /// Its process instance.
    pub instance: Key,
}

/// Opens a case.
///
/// The process starts with the variables `person` (id), `case_reference`, `registered_by`, `case_worker`,
/// `reported_before` (another case within six months), `possible_matches` (how many known people may be the same) and
/// `registration`, the answers of form C1 that are known already.
pub async fn open(runtime: &Runtime, open: Open) -> Result<Opened> {
    let now = runtime.now();
    let today = people::day(now, &runtime.catalog().zone);
    for _ in 0..numbers::ATTEMPTS {
        let (person, is_new) = match &open.person {
            Who::Known(id) => (people::by_id(runtime, id).await?, false),
            Who::New(details) => (details.clone().numbered(runtime).await?, true),
        };
        let series = format!("{}-{}", initials(&open.pathway), today.year());
        let number = numbers::next(runtime, CASES, &series).await?;
        let case = Case {
            reference: format!("{series}-{number:04}"),
            number,
            series,
            person: person.id.clone(),
            pathway: open.pathway.clone(),
            worker: open.worker.clone(),
            opened: now,
            opened_by: open.actor.clone(),
        };
        let variables = variables(runtime, &case, &person, is_new, today).await?;
        let mut request = Request::by(&open.actor);
        if is_new {
            request = request.act(Act::Put(person.put(Expect::Absent)));
        }
        let request = request
            .act(Act::Put(case.put(Expect::Absent)))
            .act(Act::Start {
                process_id: open.pathway.clone(),
                version: None,
                at: None,
                business_id: Some(case.reference.clone()),
                variables,
                calendar: open.calendar.clone(),
            });
        match runtime.submit(request).await {
            Ok(answer) => {
                let instance = answer
                    .started()
                    .expect("a request that was carried out has started its process");
                return Ok(Opened {
                    case,
                    person,
                    instance,
                });
            }
            Err(error) if is_number_taken(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(runtime::Error::Busy.into())
}

/// Somebody else opened a case or registered a person at the same moment.
fn is_number_taken(error: &runtime::Error) -> bool {
    matches!(error, runtime::Error::Conflict { collection, .. } if collection == CASES || collection == PEOPLE)
}

async fn variables(
    runtime: &Runtime,
    case: &Case,
    person: &Person,
    is_new: bool,
    today: Date,
) -> Result<Context> {
    let since = today.saturating_sub(EARLIER_REPORT_MONTHS.months());
    let reported_before = !is_new
        && super::of_person(runtime, &person.id)
            .await?
            .iter()
            .any(|earlier| people::day(earlier.opened, &runtime.catalog().zone) >= since);
    let age = person.age(today);
    let possible = people::possible_matches(runtime, &person.details.name, age, today).await?;
    let possible = possible
        .iter()
        .filter(|other| other.likeness >= REVIEW_FROM && other.person.id != person.id)
        .count();
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let variables =
        [
            ("person", Value::from(person.id.as_str())),
            ("case_reference", Value::from(case.reference.as_str())),
            ("registered_by", Value::from(case.opened_by.as_str())),
            ("case_worker", text(&case.worker)),
            ("reported_before", Value::from(reported_before)),
            (
                "possible_matches",
                Value::from(i64::try_from(possible).map_err(|_| {
                    Error::Invalid("There are too many people of this name.".into())
                })?),
            ),
            ("registration", Value::from(registration(person, today))),
        ];
    Ok(variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

/// What form C1 need not ask again.
fn registration(person: &Person, today: Date) -> Context {
    let details = &person.details;
    let mut known = vec![
        ("child_name", Value::from(details.name.as_str())),
        ("sex", Value::from(details.sex.as_str())),
    ];
    match details.born {
        Some(Born::On(date)) => known.push(("dob", Value::from(date.to_string()))),
        Some(born @ Born::About { .. }) => {
            known.push(("age_years", Value::from(i64::from(born.age(today)))));
            known.push(("age_estimated", Value::from("yes")));
        }
        None => {}
    }
    if !details.languages.is_empty() {
        let languages: Vec<Value> = details
            .languages
            .iter()
            .map(|l| Value::from(l.as_str()))
            .collect();
        known.push(("languages", Value::from(languages)));
    }
    known
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// `CP` for `child-protection`: the first letter of each word, at most four.
fn initials(pathway: &str) -> String {
    let letters: String = people::words(pathway)
        .filter_map(|word| word.chars().next())
        .take(4)
        .collect::<String>()
        .to_uppercase();
    if letters.is_empty() {
        "C".into()
    } else {
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_begins_with_the_initials_of_the_pathway() {
        assert_eq!(initials("child-protection"), "CP");
        assert_eq!(initials("benefit"), "B");
        assert_eq!(initials("a_b_c_d_e"), "ABCD");
        assert_eq!(initials("---"), "C");
    }
}
