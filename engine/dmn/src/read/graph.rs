//! What is checked when everything has been read: ids are unique, and nothing requires itself.

use super::model::Model;
use crate::graph::{Graph, Index, Part};
use std::collections::BTreeSet;

/// Checks the elements of a model, and takes what they require out of what they read.
pub(super) fn check(model: &mut Model<'_>, graph: &mut Graph) {
    let mut ids = BTreeSet::new();
    for (index, source) in model.elements.clone().zip(model.sources.clone()) {
        let element = &graph.elements[index];
        if !element.id.is_empty() && !ids.insert(element.id.clone()) {
            let what = match element.part {
                Part::Decision(_) => "decisions",
                Part::Input | Part::Knowledge(_) | Part::Service(_) => "elements",
            };
            let message = format!("there are two {what} with the id \"{}\"", element.id);
            model.error(source, message, "give one of them another id");
        }
        if matches!(element.part, Part::Decision(_)) && requires_itself(graph, index) {
            let name = &element.name;
            let message = format!("\"{name}\" requires itself through its requirements");
            let way_out = "take one requirement of the circle away";
            model.error(source, message, way_out);
        }
        let reads = reads(graph, index);
        graph.elements[index].reads = reads;
    }
}

/// Whether the requirements of a decision lead back to it. Knowledge may well call itself.
fn requires_itself(graph: &Graph, index: Index) -> bool {
    let required = |index: Index| graph.elements[index].required.iter().map(|to| to.element);
    let mut open: Vec<Index> = required(index).collect();
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == index {
            return true;
        }
        if seen.insert(next) {
            open.extend(required(next));
        }
    }
    false
}

/// What an element reads from outside: without what it requires, but with the inputs that it has through imports.
fn reads(graph: &Graph, index: Index) -> Vec<String> {
    let element = &graph.elements[index];
    if let Part::Service(service) = &element.part {
        let given = service.given.iter().map(|given| &graph.elements[*given]);
        return given.map(|given| given.name.clone()).collect();
    }
    let mut reads: BTreeSet<String> = element.reads.iter().cloned().collect();
    for requirement in &element.required {
        let required = &graph.elements[requirement.element];
        match (&required.part, &requirement.import) {
            (Part::Input, None) => {}
            (Part::Input, Some(import)) => {
                reads.remove(&**import);
                reads.insert(required.name.clone());
            }
            (_, Some(import)) => {
                reads.remove(&**import);
            }
            (Part::Decision(_) | Part::Knowledge(_) | Part::Service(_), None) => {
                for name in required.names() {
                    reads.remove(name);
                }
            }
        }
    }
    reads.into_iter().collect()
}
