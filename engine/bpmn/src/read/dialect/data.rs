//! Data in the standard's words (BPMN 2.0.2, 10.4): data objects and properties are variables of the scope that
//! declares them, null when it begins; associations are mappings.
//!
//! A data input is a variable of the activity itself, named as the input; a data output is a result of that name.
//! zeebe and camunda 7 take no notice of data, and their modelers draw it without meaning; so in their documents
//! only what an association with both ends names is a variable. Deviation: a data input without association is not
//! waited for. The states of data objects are in `states.rs`.
//!
//! A data store (10.4.1) is known by its name, in all processes: what its reference names is read when an activity
//! begins and written, as a whole, when it completes. Deviations: capacity is only shown; so is the state of a store.

use std::collections::{BTreeMap, BTreeSet};

use xml::Element;

use super::Speech;
use super::associations;
use super::editing::Editing;
use super::juel::quoted;
use super::states;
use crate::read::{BPMN, local_name};

/// The data of a document.
pub(super) struct Data<'d> {
    things: BTreeMap<&'d str, &'d Element>,
    /// Ids of the data objects and properties that are variables.
    variables: BTreeSet<&'d str>,
    /// Ids of the references to data stores that something is read from or written to.
    stores: BTreeSet<&'d str>,
    /// Ids of the references to data objects in a state that something is written to.
    reached: BTreeSet<&'d str>,
}

/// What an id means where data is named.
pub(super) enum Thing<'d> {
    /// A data object or a property: a variable of a scope.
    Variable(&'d Element),
    /// A data input or output: a variable of an activity or event.
    Parameter(&'d Element),
    /// A data store.
    Store(&'d Element),
}

impl<'d> Data<'d> {
    /// Finds the data of a document.
    pub(super) fn of(root: &'d Element, speech: &Speech) -> Data<'d> {
        const KINDS: [&str; 7] = [
            "dataObject",
            "dataObjectReference",
            "property",
            "dataInput",
            "dataOutput",
            "dataStore",
            "dataStoreReference",
        ];
        let mut data = Data {
            things: BTreeMap::new(),
            variables: BTreeSet::new(),
            stores: BTreeSet::new(),
            reached: BTreeSet::new(),
        };
        let mut owners = Vec::new();
        let mut open = vec![root];
        while let Some(element) = open.pop() {
            if &*element.namespace != BPMN {
                continue;
            }
            if KINDS.contains(&&*element.name)
                && let Some(id) = element.attribute("id")
            {
                data.things.insert(id, element);
            }
            if associations::of(element).next().is_some() {
                owners.push(element);
            }
            open.extend(&element.children);
        }
        let is_plain = !speech.zeebe && !speech.camunda;
        for element in data.things.values() {
            let declares = ["dataObject", "property"].contains(&&*element.name);
            if declares && is_plain && !is_placeholder(element) {
                data.variables.extend(element.attribute("id"));
            }
        }
        for owner in &owners {
            for association in associations::of(owner) {
                let stores = associations::stores(&data, association);
                data.stores.extend(stores);
                let ends = associations::ends(association);
                let things: Option<Vec<Thing<'d>>> =
                    ends.into_iter().map(|id| data.thing(id)).collect();
                let things = things.filter(|things| things.len() > 1).unwrap_or_default();
                for thing in things {
                    if let Thing::Variable(element) = thing {
                        data.variables.extend(element.attribute("id"));
                    }
                }
            }
        }
        for association in owners.into_iter().flat_map(associations::of) {
            if data.state_reached(association).is_some() {
                let target = associations::target(association);
                data.reached.extend(target.map(local_name));
            }
        }
        data
    }

    /// The variable and the state in which it is after an output association, where that says one.
    pub(super) fn state_reached(&self, association: &Element) -> Option<(&'d str, &'d str)> {
        let target = associations::target(association)?;
        if !association.is(BPMN, "dataOutputAssociation") {
            return None;
        }
        let Thing::Variable(object) = self.thing(target)? else {
            return None;
        };
        let reference = self.things.get(local_name(target))?;
        let is_reference = reference.is(BPMN, "dataObjectReference");
        let state = name(
            reference
                .child(BPMN, "dataState")
                .filter(|_| is_reference)?,
        );
        let is_said = !state.is_empty() && self.is_variable(object);
        is_said.then(|| (name(self.named(object)), state))
    }

    /// Whether something is written to a reference, so that its data is in its state.
    pub(super) fn is_state_reached(&self, reference: &Element) -> bool {
        let id = reference.attribute("id");
        id.is_some_and(|id| self.reached.contains(id))
    }

    /// What an id means.
    pub(super) fn thing(&self, id: &str) -> Option<Thing<'d>> {
        let element = *self.things.get(local_name(id))?;
        match &*element.name {
            "dataInput" | "dataOutput" => Some(Thing::Parameter(element)),
            "dataStore" | "dataStoreReference" => Some(Thing::Store(element)),
            "dataObjectReference" => {
                let object = element.attribute("dataObjectRef");
                let object = object.and_then(|object| self.things.get(local_name(object)));
                Some(Thing::Variable(object.copied().unwrap_or(element)))
            }
            _ if is_placeholder(element) => None,
            _ => Some(Thing::Variable(element)),
        }
    }

    /// The variable of an id, where it has one.
    pub(super) fn variable(&self, id: &str) -> Option<&'d str> {
        match self.thing(id)? {
            Thing::Variable(element) => Some(name(self.named(element))),
            Thing::Parameter(element) => Some(name(element)),
            Thing::Store(_) => None,
        }
    }

    /// The name of the store that an id means: that of the store itself where the reference names one.
    pub(super) fn store(&self, id: &str) -> Option<&'d str> {
        let Thing::Store(element) = self.thing(id)? else {
            return None;
        };
        let store = element.attribute("dataStoreRef");
        let store = store.and_then(|store| self.things.get(local_name(store)));
        Some(name(store.copied().unwrap_or(element)))
    }

    /// A data object without name is called as its first reference with a name.
    fn named(&self, object: &'d Element) -> &'d Element {
        let id = object.attribute("id");
        if object.attribute("name").is_some() || id.is_none() {
            return object;
        }
        let mut references = self.things.values().filter(|element| {
            element.attribute("dataObjectRef").map(local_name) == id
                && element.attribute("name").is_some()
        });
        references.next().copied().unwrap_or(object)
    }

    fn is_variable(&self, element: &Element) -> bool {
        element
            .attribute("id")
            .is_some_and(|id| self.variables.contains(id))
    }
}

/// What bpmn.io writes as the end of an association that ends at no data.
fn is_placeholder(element: &Element) -> bool {
    element.attribute("name") == Some("__targetRef_placeholder")
}

/// The name, or the id where there is none.
pub(super) fn name(element: &Element) -> &str {
    let name = element
        .attribute("name")
        .filter(|name| !name.trim().is_empty());
    name.or(element.attribute("id")).unwrap_or_default()
}

/// Makes variables of data, and mappings of associations.
pub(super) fn translate<'d>(editing: &mut Editing<'_, 'd>, data: &Data<'d>, root: &'d Element) {
    let xml = editing.xml;
    mark(editing, data);
    // The variables of the process itself are set when an instance starts.
    if !xml.is(BPMN, "process") {
        for child in &xml.children {
            let declares = child.is(BPMN, "dataObject") || child.is(BPMN, "property");
            if declares && data.is_variable(child) {
                let source = initial(child);
                let target = name(data.named(child)).to_owned();
                editing.add(
                    "ioMapping",
                    "input",
                    child,
                    &[("source", &source), ("target", &target)],
                );
            }
        }
    }
    associations::translate(editing, data, root);
    states::translate(editing, data);
}

/// Tells the reader that a data object or property is a variable, and which data stores are in use.
fn mark<'d>(editing: &mut Editing<'_, 'd>, data: &Data<'d>) {
    let xml = editing.xml;
    if xml.is(BPMN, "dataStoreReference") {
        let id = xml.attribute("id").filter(|id| data.stores.contains(id));
        if let Some(store) = id.and_then(|id| data.store(id)) {
            let made = editing.caseway("store");
            made.set_made("name", store, xml.span.start);
        }
        return;
    }
    let declares = xml.is(BPMN, "dataObject") || xml.is(BPMN, "property");
    let object = if declares {
        Some(xml)
    } else if xml.is(BPMN, "dataObjectReference") {
        match xml.attribute("id").and_then(|id| data.thing(id)) {
            Some(Thing::Variable(object)) => Some(object),
            Some(Thing::Parameter(_) | Thing::Store(_)) | None => None,
        }
    } else {
        None
    };
    let Some(object) = object.filter(|object| data.is_variable(object)) else {
        return;
    };
    let variable = name(data.named(object)).to_owned();
    let value = initial(object);
    let offset = xml.span.start;
    let made = editing.caseway("variable");
    made.set_made("name", variable, offset);
    if declares {
        made.set_made("value", value, offset);
    }
    states::report(editing, data);
}

/// `flowable:value` of a data object: read with the object itself.
pub(super) fn value<'d>(_: &mut Editing<'_, 'd>, _: &'d Element) {}

/// The value that a variable begins with: null, or what flowable says.
fn initial(object: &Element) -> String {
    let extensions = object.child(BPMN, "extensionElements");
    let value = extensions
        .into_iter()
        .flat_map(|extensions| &extensions.children)
        .find(|child| &*child.name == "value" && super::is_dialect(&child.namespace));
    let Some(value) = value else {
        return "=null".to_owned();
    };
    let text = value.text().trim();
    let kind = object.attribute("itemSubjectRef").map_or("", local_name);
    match kind {
        "int" | "integer" | "long" | "short" | "double" | "float" | "decimal"
            if text.parse::<f64>().is_ok_and(f64::is_finite) =>
        {
            format!("={text}")
        }
        "boolean" if ["true", "false"].contains(&text) => format!("={text}"),
        _ => format!("={}", quoted(text)),
    }
}
