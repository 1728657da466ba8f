//! Puts what was made into the extension elements of an element. What was uploaded in zeebe's own words wins.

use xml::Element;

use super::editing::Editing;
use super::{CASEWAY, ZEEBE};
use crate::read::BPMN;

/// Both lists as one; elements of the same name become one.
pub(super) fn lists(mut list: Vec<Element>, more: Vec<Element>) -> Vec<Element> {
    for element in more {
        let same = |other: &&mut Element| other.is(&element.namespace, &element.name);
        match list.iter_mut().find(same) {
            None => list.push(element),
            Some(present) => {
                for attribute in element.attributes {
                    present.set_made(&attribute.name, attribute.value, attribute.offset);
                }
                present.children.extend(element.children);
            }
        }
    }
    list
}

/// Adds what was made to the extension elements of a copy.
pub(super) fn into(editing: &mut Editing<'_, '_>, copy: &mut Element, made: Vec<Element>) {
    if made.is_empty() {
        return;
    }
    let present = copy
        .children
        .iter()
        .position(|child| child.is(BPMN, "extensionElements"));
    let index = present.unwrap_or_else(|| {
        let extensions = Element::made(BPMN, "extensionElements", editing.xml);
        copy.children.insert(0, extensions);
        0
    });
    let extensions = &mut copy.children[index];
    for element in made {
        let uploaded = extensions
            .children
            .iter_mut()
            .find(|child| child.is(&element.namespace, &element.name));
        match uploaded {
            None => extensions.children.push(element),
            Some(uploaded) => complete(editing, uploaded, element),
        }
    }
}

/// Adds to an uploaded element what it does not say itself.
fn complete(editing: &mut Editing<'_, '_>, uploaded: &mut Element, made: Element) {
    let prefix = if &*made.namespace == CASEWAY {
        "caseway"
    } else {
        "zeebe"
    };
    debug_assert!(prefix == "caseway" || &*made.namespace == ZEEBE);
    let mut twice = Vec::new();
    for attribute in made.attributes {
        if uploaded.attribute(&attribute.name).is_some() {
            twice.push(attribute.name.to_string());
        } else {
            uploaded.set_made(&attribute.name, attribute.value, attribute.offset);
        }
    }
    if !made.children.is_empty() {
        if uploaded.children.is_empty() {
            uploaded.children = made.children;
        } else {
            twice.push("its parts".to_owned());
        }
    }
    if !twice.is_empty() {
        let message = format!(
            "{} says twice what {prefix}:{} says ({}); {prefix} wins",
            editing.label(),
            uploaded.name,
            twice.join(", ")
        );
        editing.hint(uploaded.position, message, "say it once");
    }
}
