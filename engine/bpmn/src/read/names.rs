//! Names of variables that are written with spaces or signs: expressions of the document may write them so too.

use std::collections::BTreeSet;

use feel::Vocabulary;
use xml::Element;

use super::{BPMN, ZEEBE};

/// Names that one document may make known; beyond, expressions quote them.
const NAMES_MAX: usize = 200;

/// The names of data, of mapped variables and of results that are no plain words.
pub(super) fn of(root: &Element) -> Vocabulary {
    let mut names = BTreeSet::new();
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        let attribute = match (&*element.namespace, &*element.name) {
            (BPMN, "dataObject" | "dataObjectReference" | "property") => Some("name"),
            (BPMN, "dataInput" | "dataOutput" | "inputDataItem" | "outputDataItem") => Some("name"),
            (ZEEBE, "input" | "output") => Some("target"),
            (ZEEBE, "script" | "calledDecision") => Some("resultVariable"),
            _ => None,
        };
        let name = attribute.and_then(|attribute| element.attribute(attribute));
        if let Some(name) = name.map(str::trim).filter(|name| is_phrase(name)) {
            names.insert(name.to_owned());
        }
        open.extend(&element.children);
    }
    let mut vocabulary = Vocabulary::new();
    for name in names.iter().take(NAMES_MAX) {
        vocabulary.declare(name);
    }
    vocabulary
}

/// Words that join expressions: a name with one of them would change what others mean.
const JOINING: [&str; 11] = [
    "and",
    "between",
    "else",
    "for",
    "if",
    "in",
    "instance",
    "or",
    "return",
    "satisfies",
    "then",
];

/// Several words, beginning with a letter.
fn is_phrase(name: &str) -> bool {
    if name.split(' ').any(|word| JOINING.contains(&word)) {
        return false;
    }
    let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == ' ';
    name.contains(' ') && name.starts_with(char::is_alphabetic) && name.chars().all(allowed)
}
