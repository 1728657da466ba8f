//! The functions that every expression can call: one table a family, one line a function.
//!
//! To add one, write it in the file of its family and name it in the table there; parser, named arguments and messages follow.

mod arguments;
mod booleans;
mod contexts;
mod formats;
mod lists;
mod numbers;
mod patterns;
mod ranges;
mod strings;
mod temporal;
mod working_days;

use crate::evaluate::{Call, Outcome};
pub(crate) use numbers::SERIES;
pub(crate) use patterns::Pattern;
use std::fmt;

/// A built-in function. One that takes its arguments in different ways has an entry for each.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// Names of the parameters; one that ends in `?` may be left out, one that ends in `...` takes any number.
    parameters: &'static [&'static str],
    pub(crate) run: fn(&mut Call<'_, '_>) -> Outcome,
    /// Whether its first argument may be missing without a warning.
    pub(crate) asks_for_presence: bool,
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A line of a table.
const fn function(
    name: &'static str,
    parameters: &'static [&'static str],
    run: fn(&mut Call<'_, '_>) -> Outcome,
) -> Builtin {
    Builtin {
        name,
        parameters,
        run,
        asks_for_presence: false,
    }
}

/// The most words in a name.
pub(crate) const MOST_WORDS: usize = 5;

const FAMILIES: [&[Builtin]; 10] = [
    booleans::FUNCTIONS,
    numbers::FUNCTIONS,
    strings::FUNCTIONS,
    patterns::FUNCTIONS,
    lists::FUNCTIONS,
    contexts::FUNCTIONS,
    formats::FUNCTIONS,
    temporal::FUNCTIONS,
    ranges::FUNCTIONS,
    working_days::FUNCTIONS,
];

fn all() -> impl Iterator<Item = &'static Builtin> {
    FAMILIES.into_iter().flatten()
}

pub(crate) fn named(name: &str) -> impl Iterator<Item = &'static Builtin> {
    all().filter(move |builtin| builtin.name == name)
}

/// The name, if there is a function of that name.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    named(name).next().map(|builtin| builtin.name)
}

/// Whether a function asks the calendar.
pub(crate) fn counts_working_days(name: &str) -> bool {
    let mut all = working_days::FUNCTIONS.iter();
    all.any(|builtin| builtin.name == name)
}

/// Why a function that others have is not executed.
pub(crate) fn refusal(name: &str) -> Option<&'static str> {
    match name {
        "uuid" | "random number" => Some(
            "an expression has the same value whenever it is evaluated; let a worker give what is random",
        ),
        _ => None,
    }
}

/// The function of that name that takes so many arguments.
pub(crate) fn with_arity(name: &str, arguments: usize) -> Option<&'static Builtin> {
    named(name).find(|builtin| builtin.takes(arguments))
}

/// The function of that name that has these parameters.
pub(crate) fn with_names(name: &str, given: &[&str]) -> Option<&'static Builtin> {
    named(name).find(|builtin| {
        let known = given.iter().all(|name| {
            builtin
                .parameter_names()
                .any(|parameter| parameter == *name)
        });
        known
            && builtin
                .required()
                .all(|parameter| given.contains(&parameter))
    })
}

/// What to give to a function, for a message.
pub(crate) fn usage(name: &str) -> String {
    let ways: Vec<String> = named(name)
        .map(|builtin| format!("({})", builtin.parameters.join(", ")))
        .collect();
    ways.join(" or ")
}

/// A function whose name looks much like this one.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let plain = |name: &str| {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    let wanted = plain(name);
    let candidates = all().map(|builtin| (distance(&wanted, &plain(builtin.name)), builtin.name));
    candidates
        .min()
        .filter(|(distance, _)| *distance * 5 <= wanted.len() * 2)
        .map(|(_, name)| name)
}

/// How many characters must be changed, put in or taken out.
fn distance(left: &[char], right: &[char]) -> usize {
    if left.len().abs_diff(right.len()) > 3 {
        return usize::MAX / 8;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

impl Builtin {
    /// The same function; that its first argument is missing is no mishap.
    const fn asking_for_presence(mut self) -> Builtin {
        self.asks_for_presence = true;
        self
    }

    /// The names of the parameters without their marks.
    pub(crate) fn parameter_names(&self) -> impl Iterator<Item = &'static str> {
        self.parameters
            .iter()
            .map(|name| name.trim_end_matches(['?', '.']))
    }

    fn required(&self) -> impl Iterator<Item = &'static str> {
        self.parameters
            .iter()
            .filter(|name| !name.ends_with('?'))
            .map(|name| name.trim_end_matches('.'))
    }

    fn takes(&self, arguments: usize) -> bool {
        let any_number = self.parameters.iter().any(|name| name.ends_with("..."));
        let least = self.required().count();
        arguments >= least && (any_number || arguments <= self.parameters.len())
    }
}

#[cfg(test)]
mod checks {
    use crate::{Environment, Expression};

    /// Evaluates without variables and compares with the value of the expected expression; `null` means null with a warning.
    pub(super) fn check(text: &str, expected: &str) {
        let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap())
            .in_zone(jiff::tz::TimeZone::get("Africa/Kampala").unwrap());
        let run = |text: &str| match Expression::compile(text) {
            Ok(expression) => expression.evaluate(&(), &environment),
            Err(problem) => panic!("{text}: {problem}"),
        };
        let found = run(text);
        let wanted = run(expected);
        assert_eq!(
            found.value, wanted.value,
            "{text}\nwarnings: {:?}",
            found.warnings
        );
        assert_eq!(found.value.to_string(), wanted.value.to_string(), "{text}");
        if expected == "null" {
            assert!(
                !found.warnings.is_empty(),
                "{text} is null without a warning"
            );
        }
    }
}
