//! The small form about the person: what was typed, what is wrong with it, and how it is printed.

use crate::csrf::Posted;
use jiff::civil::Date;
use processes::people::{Born, Details, Sex};
use serde::Serialize;

/// The longest answer, in letters.
const LENGTH_LIMIT: usize = 200;
/// Nobody is older.
const AGE_LIMIT: u8 = 120;

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) name: String,
    day: String,
    month: String,
    year: String,
    age: String,
    called: String,
    sex: String,
    languages: String,
    matters: String,
    /// The id of somebody known, or `new`.
    pub(super) person: String,
    pub(super) pathway: String,
    /// The id of the calendar that the case has for itself; empty where it has none.
    pub(super) calendar: String,
}

/// Something wrong, by the id of its field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FieldError {
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl FieldError {
    pub(super) fn new(field: &'static str, text: impl Into<String>) -> FieldError {
        FieldError {
            field,
            text: text.into(),
        }
    }
}

/// A line of text, as `partials/field` prints it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TextField {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    error: Option<String>,
    width: &'static str,
    described: String,
}

/// Day, month, year, as `partials/date_field` prints them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DateField {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    error: Option<String>,
    described: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Serialize)]
struct Part {
    name: &'static str,
    label: &'static str,
    width: u8,
    value: String,
}

/// What was typed in the first step, carried through the second.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Carried {
    name: &'static str,
    value: String,
}

/// One of several.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Choice {
    value: String,
    text: String,
    selected: bool,
}

impl Choice {
    pub(super) fn new(value: &str, text: &str, selected: bool) -> Choice {
        Choice {
            value: value.into(),
            text: text.into(),
            selected,
        }
    }
}

impl Typed {
    pub(super) fn of(posted: &Posted) -> Typed {
        let text = |name: &str| posted.get(name).unwrap_or_default().trim().to_owned();
        Typed {
            name: text("name"),
            day: text("born-day"),
            month: text("born-month"),
            year: text("born-year"),
            age: text("age"),
            called: text("called"),
            sex: text("sex"),
            languages: text("languages"),
            matters: text("matters"),
            person: text("person"),
            pathway: text("pathway"),
            calendar: text("calendar"),
        }
    }

    /// What is wrong with the first step.
    pub(super) fn search_errors(&self, today: Date) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.name.is_empty() {
            errors.push(FieldError::new(
                "name",
                "Enter the name of the person. Write \"unknown\" if nobody knows it yet",
            ));
        } else if self.name.chars().count() > LENGTH_LIMIT {
            errors.push(FieldError::new(
                "name",
                format!("Shorten the name to {LENGTH_LIMIT} letters"),
            ));
        }
        if let Err(text) = self.date(today) {
            errors.push(FieldError::new("born-day", text));
        }
        if !self.age.is_empty() && self.age().is_none() {
            errors.push(FieldError::new(
                "age",
                format!("Enter the age in years as a number up to {AGE_LIMIT}, or leave it empty"),
            ));
        }
        errors
    }

    /// What is wrong with the second step.
    pub(super) fn person_errors(&self, today: Date) -> Vec<FieldError> {
        let mut errors = self.search_errors(today);
        let long = |text: &str| text.chars().count() > LENGTH_LIMIT;
        let fields = [
            ("called", &self.called),
            ("languages", &self.languages),
            ("matters", &self.matters),
        ];
        for (field, text) in fields {
            if long(text) {
                errors.push(FieldError::new(
                    field,
                    format!("Shorten this to {LENGTH_LIMIT} letters"),
                ));
            }
        }
        errors
    }

    /// When the person was born, as far as it was typed and makes sense.
    pub(super) fn born(&self, today: Date) -> Option<Born> {
        let on = self.date(today).ok().flatten().map(Born::On);
        on.or(self.age().map(|age| Born::About { age, on: today }))
    }

    /// A new person.
    pub(super) fn details(&self, today: Date) -> Details {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let languages = self
            .languages
            .split(',')
            .map(str::trim)
            .filter(|language| !language.is_empty());
        let sexes = [Sex::Female, Sex::Male, Sex::Other];
        Details {
            name: self.name.clone(),
            called: some(&self.called),
            sex: sexes
                .into_iter()
                .find(|sex| sex.as_str() == self.sex)
                .unwrap_or_default(),
            born: self.born(today),
            languages: languages.map(str::to_owned).collect(),
            alerts: Vec::new(),
            matters: some(&self.matters),
        }
    }

    fn age(&self) -> Option<u8> {
        self.age.parse().ok().filter(|age| *age <= AGE_LIMIT)
    }

    /// The date that was typed; nothing where no part was; what is wrong with it in words.
    fn date(&self, today: Date) -> Result<Option<Date>, String> {
        let parts = [&self.day, &self.month, &self.year];
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(None);
        }
        let wrong = "Enter a real date of birth, for example 3 9 2019, or leave it empty";
        let date = || {
            Date::new(
                self.year.parse().ok()?,
                self.month.parse().ok()?,
                self.day.parse().ok()?,
            )
            .ok()
        };
        let date: Date = date().ok_or(wrong)?;
        let youngest = today.year() - i16::from(AGE_LIMIT);
        if date > today || date.year() < youngest {
            return Err(format!(
                "Enter a date of birth between {youngest} and today"
            ));
        }
        Ok(Some(date))
    }

    pub(super) fn name_field(&self, error: Option<String>) -> TextField {
        let hint = "As much as you know. The order of the names does not matter.";
        text("name", "Name", hint, &self.name, error)
    }

    pub(super) fn born_field(&self, error: Option<String>) -> DateField {
        let part = |name, label, width, value: &str| Part {
            name,
            label,
            width,
            value: value.into(),
        };
        let hint = "For example 3 9 2019. If nobody knows it, leave it empty and give the age.";
        DateField {
            name: "born",
            label: "Date of birth (optional)",
            hint,
            described: described("born", hint, error.as_ref()),
            error,
            parts: vec![
                part("born-day", "Day", 2, &self.day),
                part("born-month", "Month", 2, &self.month),
                part("born-year", "Year", 4, &self.year),
                part("age", "or age in years", 3, &self.age),
            ],
        }
    }

    pub(super) fn fields(&self, error: &dyn Fn(&str) -> Option<String>) -> Vec<TextField> {
        vec![
            text(
                "called",
                "What to call the person (optional)",
                "",
                &self.called,
                error("called"),
            ),
            text(
                "languages",
                "Languages (optional)",
                "Best one first, separated by commas",
                &self.languages,
                error("languages"),
            ),
            text(
                "matters",
                "What matters to the person, in their own words (optional)",
                "",
                &self.matters,
                error("matters"),
            ),
        ]
    }

    pub(super) fn sexes(&self) -> Vec<Choice> {
        let known = [
            (Sex::Female, "Female"),
            (Sex::Male, "Male"),
            (Sex::Other, "Other or not known"),
        ];
        let sex = if self.sex.is_empty() {
            Sex::Other.as_str()
        } else {
            self.sex.as_str()
        };
        known
            .iter()
            .map(|(value, words)| Choice::new(value.as_str(), words, value.as_str() == sex))
            .collect()
    }

    pub(super) fn carried(&self) -> Vec<Carried> {
        let all = [
            ("name", &self.name),
            ("born-day", &self.day),
            ("born-month", &self.month),
            ("born-year", &self.year),
            ("age", &self.age),
        ];
        all.into_iter()
            .map(|(name, value)| Carried {
                name,
                value: value.clone(),
            })
            .collect()
    }
}

fn text(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: &str,
    error: Option<String>,
) -> TextField {
    TextField {
        name,
        label,
        hint,
        value: value.into(),
        described: described(name, hint, error.as_ref()),
        error,
        width: "",
    }
}

/// The ids of hint and error, in the order in which they are read.
fn described(name: &str, hint: &str, error: Option<&String>) -> String {
    let hint = (!hint.is_empty()).then(|| format!("{name}-h"));
    hint.into_iter()
        .chain(error.map(|_| format!("{name}-e")))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed::of(&Posted(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        ))
    }

    fn today() -> Date {
        "2026-11-19".parse().unwrap()
    }

    #[track_caller]
    fn check(pairs: &[(&str, &str)], expected: &[&str]) {
        let errors = typed(pairs).search_errors(today());
        assert_eq!(
            errors.iter().map(|error| error.field).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_name_is_needed_and_a_date_must_be_real_if_it_is_given() {
        check(&[("name", "Amina Nakato")], &[]);
        check(&[("name", "  ")], &["name"]);
        check(
            &[
                ("name", "A"),
                ("born-day", "31"),
                ("born-month", "2"),
                ("born-year", "2020"),
            ],
            &["born-day"],
        );
        check(&[("name", "A"), ("born-day", "3")], &["born-day"]);
        check(
            &[
                ("name", "A"),
                ("born-day", "3"),
                ("born-month", "9"),
                ("born-year", "2030"),
            ],
            &["born-day"],
        );
        check(
            &[
                ("name", "A"),
                ("born-day", "3"),
                ("born-month", "9"),
                ("born-year", "2022"),
            ],
            &[],
        );
        check(&[("name", "A"), ("age", "four")], &["age"]);
        check(&[("name", "A"), ("age", "4")], &[]);
    }

    #[test]
    fn an_age_stands_in_for_a_date_that_nobody_knows() {
        let about = typed(&[("name", "A"), ("age", "4")]).born(today());
        assert_eq!(
            about,
            Some(Born::About {
                age: 4,
                on: today()
            })
        );
        let exact = typed(&[
            ("name", "A"),
            ("age", "4"),
            ("born-day", "3"),
            ("born-month", "9"),
            ("born-year", "2022"),
        ]);
        assert_eq!(
            exact.born(today()),
            Some(Born::On("2022-09-03".parse().unwrap()))
        );
    }

    #[test]
    fn languages_are_separated_by_commas() {
        let details = typed(&[("name", "A"), ("languages", "Luganda, , English")]).details(today());
        assert_eq!(details.languages, ["Luganda", "English"]);
    }
}
