//! The names that a model declares for its expressions; they may have spaces and signs.

use super::model::Model;
use crate::graph::{Graph, Part};
use feel::Vocabulary;
use xml::Element;

/// Names of elements, of what is imported, and of the components of types.
pub(super) fn declare(models: &mut [Model<'_>], at: usize, graph: &Graph) {
    let mut vocabulary = std::mem::take(&mut models[at].vocabulary);
    elements(&models[at], graph, &mut vocabulary);
    for import in &models[at].imports {
        vocabulary.declare(&import.name);
        if let Some(imported) = import.model.map(|model| &models[model]) {
            elements(imported, graph, &mut vocabulary);
            components(imported.root, &mut vocabulary, 0);
        }
    }
    components(models[at].root, &mut vocabulary, 0);
    models[at].vocabulary = vocabulary;
}

fn elements(model: &Model<'_>, graph: &Graph, vocabulary: &mut Vocabulary) {
    for element in &graph.elements[model.elements.clone()] {
        let names = [Some(&element.name), element.variable.as_ref()];
        for name in names.into_iter().flatten() {
            match element.part {
                Part::Knowledge(_) | Part::Service(_) => vocabulary.declare_function(name),
                Part::Input | Part::Decision(_) => vocabulary.declare(name),
            }
        }
    }
}

/// The names of the components of types.
fn components(element: &Element, vocabulary: &mut Vocabulary, level: usize) {
    for child in &element.children {
        if matches!(&*child.name, "itemDefinition" | "itemComponent") && level < 32 {
            if level > 0 {
                declare_of(child, vocabulary);
            }
            components(child, vocabulary, level + 1);
        }
    }
}

fn declare_of(element: &Element, vocabulary: &mut Vocabulary) {
    if let Some(name) = element.attribute("name").filter(|name| !name.is_empty()) {
        vocabulary.declare(name);
    }
}

/// The names that the logic of one element gives to its parts.
pub(super) fn inside(element: &Element, vocabulary: &mut Vocabulary) {
    // Without recursion: the whole document may be one deep element.
    let mut open = vec![element];
    while let Some(element) = open.pop() {
        match &*element.name {
            "variable" | "formalParameter" | "column" | "output" => {
                declare_of(element, vocabulary);
            }
            "for" | "some" | "every" => {
                if let Some(name) = element.attribute("iteratorVariable") {
                    vocabulary.declare(name);
                }
            }
            _ => {}
        }
        open.extend(&element.children);
    }
}
