//! Dialects: what camunda 7, flowable, activiti and the standard itself say is translated to zeebe's words before
//! the elements are read, so that the readers of elements know one vocabulary only.
//!
//! A translated document is a copy of the tree; each part that is made stands where that stood of which it is
//! made, so that problems point to the uploaded text. To see or change how an attribute is mapped, go to the table
//! of its dialect: [`camunda`], [`flowable`]; what the standard says of people is in [`plain`], of data in [`data`];
//! expressions are in `juel`.
//! For what zeebe has no words, elements of our own namespace ([`CASEWAY`]) are made.
//!
//! Which dialects a document speaks is told by the namespaces that are used in it, not by those that are declared.

mod associations;
mod calls;
mod camunda;
mod data;
mod decisions;
mod editing;
mod expressions;
mod flowable;
mod foreign;
mod forms;
mod juel;
mod loops;
mod mappings;
mod merge;
mod messages;
mod people;
mod plain;
mod process;
mod quartz;
mod scripts;
mod states;
mod table;
mod triggers;
mod walk;
mod work;

use xml::{Document, Element, Problem};

use super::{BPMN, ZEEBE};
pub(super) use process::history_time_to_live;
use table::Dialect;

/// Namespace of what is made where zeebe has no words.
pub(crate) const CASEWAY: &str = "https://caseway.org/schema/1.0";

const MODELER: &str = "http://camunda.org/schema/modeler/1.0";

/// The dialects that are translated.
static DIALECTS: [&Dialect; 2] = [&camunda::DIALECT, &flowable::DIALECT];

/// A document in zeebe's words.
#[derive(Default)]
pub(super) struct Translation {
    /// The new tree; `None` where the document needs no translation.
    pub(super) root: Option<Element>,
    /// What was noticed on the way.
    pub(super) problems: Vec<Problem>,
}

/// Translates a document.
pub(super) fn translate(document: &Document) -> Translation {
    let speech = Speech::of(document.root());
    let mut translation = if speech.needs_translation() {
        walk::walk(document, &speech)
    } else {
        Translation::default()
    };
    translation
        .problems
        .extend(foreign::report(document.root()));
    translation
}

/// What is spoken in a document.
#[derive(Debug, Default, Clone, Copy)]
struct Speech {
    zeebe: bool,
    camunda: bool,
    flowable: bool,
    /// A text has `${` or `#{` in it.
    braces: bool,
    /// An expression says in which language it is written.
    language: bool,
    /// The standard's own words for people, data and operations are used.
    plain: bool,
}

/// Elements in which the standard says what zeebe says in its own words.
const PLAIN: [&str; 9] = [
    "dataInputAssociation",
    "dataObject",
    "dataObjectReference",
    "dataOutputAssociation",
    "humanPerformer",
    "performer",
    "potentialOwner",
    "property",
    "resourceRole",
];

impl Speech {
    fn of(root: &Element) -> Speech {
        let mut speech = Speech::default();
        let platform = root.attribute_named(MODELER, "executionPlatform");
        speech.camunda = platform.is_some_and(|platform| platform.value == "Camunda Platform");
        speech.language = root.attribute("expressionLanguage").is_some();
        let mut open = vec![root];
        while let Some(element) = open.pop() {
            speech.hear(&element.namespace);
            let in_model = &*element.namespace == BPMN;
            speech.plain |= in_model && PLAIN.contains(&&*element.name);
            for attribute in &element.attributes {
                speech.hear(&attribute.namespace);
                speech.braces |= in_model && juel::is_in(&attribute.value);
                speech.language |= in_model && &*attribute.name == "language";
                speech.plain |= in_model && &*attribute.name == "operationRef";
            }
            speech.braces |= in_model && juel::is_in(element.text());
            open.extend(&element.children);
        }
        speech
    }

    fn hear(&mut self, namespace: &str) {
        self.zeebe |= namespace == ZEEBE;
        self.camunda |= camunda::DIALECT.owns(namespace);
        self.flowable |= flowable::DIALECT.owns(namespace);
    }

    fn needs_translation(self) -> bool {
        self.camunda || self.flowable || self.language || self.plain || self.has_juel()
    }

    /// Whether `${ }` means an expression: never where only zeebe is spoken.
    fn has_juel(self) -> bool {
        self.camunda || self.flowable || (self.braces && !self.zeebe)
    }
}

/// An extension element of our own namespace on any element.
pub(crate) fn caseway<'d>(element: &'d Element, name: &str) -> Option<&'d Element> {
    element
        .child(BPMN, "extensionElements")?
        .child(CASEWAY, name)
}

/// Whether a process says `caseway:strict="true"`.
pub(super) fn is_strict(process: &Element) -> bool {
    let strict = process.attribute_named(CASEWAY, "strict");
    strict.is_some_and(|strict| strict.value.trim() == "true")
}

/// Whether a namespace is one of a dialect.
fn is_dialect(namespace: &str) -> bool {
    DIALECTS.iter().any(|dialect| dialect.owns(namespace))
}

#[cfg(test)]
mod tests;
