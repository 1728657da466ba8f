//! Extensions of tools whose words are not read: one hint says whose.

use std::collections::BTreeMap;

use xml::{Element, Position, Problem};

use super::{CASEWAY, MODELER, is_dialect};
use crate::read::{BPMN, ZEEBE};

/// Namespaces of how diagrams look, and of XML itself.
const LOOKS: [&str; 8] = [
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    "http://bpmn.io/schema/bpmn/biocolor/1.0",
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/XML/1998/namespace",
];

/// Names that one hint lists.
const LISTED_MAX: usize = 10;

/// Says which other tools have extended the model.
pub(super) fn report(root: &Element) -> Option<Problem> {
    let mut found: BTreeMap<&str, Position> = BTreeMap::new();
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        if &*element.namespace != BPMN {
            note(&mut found, &element.namespace, element.position);
            continue; // what lies inside belongs to it
        }
        for attribute in &element.attributes {
            note(&mut found, &attribute.namespace, element.position);
        }
        open.extend(&element.children);
    }
    let first = found.values().min().copied()?;
    let listed: Vec<&str> = found.keys().copied().take(LISTED_MAX).collect();
    Some(Problem::hint(
        first,
        format!(
            "The model has extensions of other tools, which are kept and have no effect: {}",
            listed.join(", ")
        ),
        "nothing needs to be done, unless steps depend on them",
    ))
}

fn note<'d>(found: &mut BTreeMap<&'d str, Position>, namespace: &'d str, at: Position) {
    let known = namespace.is_empty()
        || [BPMN, ZEEBE, CASEWAY, MODELER].contains(&namespace)
        || is_dialect(namespace)
        || LOOKS.contains(&namespace);
    if !known {
        let first = found.entry(namespace).or_insert(at);
        *first = at.min(*first);
    }
}
