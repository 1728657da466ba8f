//! The banner above a task or a case: whose it is.

use serde::Serialize;

/// Who the page is about. Alerts stand beside what matters to the person, in the person's own words.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Banner {
    pub(crate) initials: String,
    pub(crate) name: String,
    /// What to call the person.
    pub(crate) called_name: String,
    pub(crate) case_href: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) voice: Option<String>,
    pub(crate) actions: Vec<Action>,
    /// Whether the name is the heading of the page.
    pub(crate) is_heading: bool,
}

/// A label and its value.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: String,
}

impl Fact {
    /// A fact, unless its value is empty.
    pub(crate) fn some(label: &'static str, value: impl Into<String>) -> Option<Fact> {
        let value = value.into();
        (!value.trim().is_empty()).then_some(Fact { label, value })
    }
}

/// A chip with words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Flag {
    /// The colour.
    pub(crate) kind: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) text: String,
}

/// A way to somewhere.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Action {
    pub(crate) text: String,
    pub(crate) href: String,
}

impl Action {
    /// A link.
    pub(crate) fn new(text: impl Into<String>, href: impl Into<String>) -> Action {
        Action {
            text: text.into(),
            href: href.into(),
        }
    }
}

/// The first letters of the first and the last word.
pub(crate) fn initials(name: &str) -> String {
    let mut letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = letters.next();
    first
        .into_iter()
        .chain(letters.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}
