//! One element while it is translated: what was written, what is made of it, what there is to report.

use xml::{Attribute, Document, Element, Position, Problem, Severity};

use super::juel::{self, Meaning, Setting, Untranslatable};
use super::{CASEWAY, ZEEBE};
use crate::read::BPMN;
use crate::read::reader::label;

/// What all elements of a document share while they are translated.
pub(super) struct Shared<'d> {
    pub(super) document: &'d Document,
    pub(super) problems: Vec<Problem>,
    /// Whether texts with `${ }` are expressions.
    pub(super) has_juel: bool,
    /// Whether the document speaks the dialect of camunda 7 or flowable.
    pub(super) is_dialect: bool,
    /// Prefix of the extensions that are translated now, for the report.
    pub(super) prefix: &'static str,
}

/// One element while it is translated.
pub(super) struct Editing<'t, 'd> {
    pub(super) shared: &'t mut Shared<'d>,
    /// As it was uploaded.
    pub(super) xml: &'d Element,
    /// The nearest element around it, or itself, that has an id.
    pub(super) owner: &'d Element,
    /// Whether it runs once for each instance of a loop.
    pub(super) in_loop: bool,
    /// Extension elements that it gets.
    pub(super) made: Vec<Element>,
    /// Extension elements that the element around it gets.
    pub(super) made_above: Vec<Element>,
    /// What is kept and has no effect, and why.
    inert: Vec<(String, &'static str)>,
}

/// A text and where it is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written<'a> {
    Attribute(&'a Attribute),
    Text(&'a Element),
}

impl Written<'_> {
    pub(super) fn value(&self) -> &str {
        match self {
            Written::Attribute(attribute) => &attribute.value,
            Written::Text(element) => element.text(),
        }
    }

    pub(super) fn position(&self, document: &Document, byte: usize) -> Position {
        match self {
            Written::Attribute(attribute) => document.position_in_attribute(attribute, byte),
            Written::Text(element) => document.position_in_text(element, byte),
        }
    }
}

impl<'t, 'd> Editing<'t, 'd> {
    pub(super) fn new(
        shared: &'t mut Shared<'d>,
        xml: &'d Element,
        owner: &'d Element,
        in_loop: bool,
    ) -> Editing<'t, 'd> {
        Editing {
            shared,
            xml,
            owner,
            in_loop,
            made: Vec::new(),
            made_above: Vec::new(),
            inert: Vec::new(),
        }
    }

    /// What a person calls the element.
    pub(super) fn label(&self) -> String {
        label(self.owner)
    }

    /// An attribute of the dialect that is translated.
    pub(super) fn extension_attribute(&self, name: &str) -> Option<&'d Attribute> {
        self.xml
            .attributes
            .iter()
            .find(|attribute| &*attribute.name == name && super::is_dialect(&attribute.namespace))
    }

    /// The extension elements that were uploaded.
    pub(super) fn extensions(&self) -> &'d [Element] {
        let extensions = self.xml.child(BPMN, "extensionElements");
        extensions.map_or(&[], |extensions| &extensions.children)
    }

    /// Whether zeebe's extension element of this name was uploaded.
    pub(super) fn says_in_zeebe(&self, name: &str) -> bool {
        self.extensions().iter().any(|child| child.is(ZEEBE, name))
    }

    /// The element of this name that is being made, a new one where there is none yet.
    pub(super) fn zeebe(&mut self, name: &str) -> &mut Element {
        made(&mut self.made, ZEEBE, name, self.xml)
    }

    /// The same, for what zeebe has no words for.
    pub(super) fn caseway(&mut self, name: &str) -> &mut Element {
        made(&mut self.made, CASEWAY, name, self.xml)
    }

    /// The element of this name that is being made for the element around this one.
    pub(super) fn zeebe_above(&mut self, name: &str) -> &mut Element {
        made(&mut self.made_above, ZEEBE, name, self.xml)
    }

    /// Where the work of this element is said: on the event around the definition of a message.
    pub(super) fn zeebe_work(&mut self, name: &str) -> &mut Element {
        if self.xml.is(BPMN, "messageEventDefinition") {
            self.zeebe_above(name)
        } else {
            self.zeebe(name)
        }
    }

    /// Adds `<part .../>` to the element of this name that is being made.
    pub(super) fn add(&mut self, whole: &str, part: &str, origin: &Element, set: &[(&str, &str)]) {
        let mut child = Element::made(ZEEBE, part, origin);
        for (name, value) in set {
            child.set_made(name, *value, origin.span.start);
        }
        self.zeebe_work(whole).children.push(child);
    }

    /// What the name of an expression's place means there.
    fn setting(&self) -> Setting<'d> {
        Setting {
            in_loop: self.in_loop,
            element_id: self.owner.attribute("id").unwrap_or_default(),
            element_name: self.owner.attribute("name"),
        }
    }

    /// What a text means, without a report.
    pub(super) fn meaning(&self, text: &str) -> Result<Meaning, Untranslatable> {
        juel::translate(text, self.setting())
    }

    /// What a text means; `None` where it cannot be translated, which is reported at its place.
    pub(super) fn read(&mut self, written: Written<'_>) -> Option<Meaning> {
        match self.meaning(written.value()) {
            Ok(meaning) => Some(meaning),
            Err(problem) => {
                self.untranslatable(written, &problem);
                None
            }
        }
    }

    /// A text as zeebe writes it: literal, or FEEL behind `=`.
    pub(super) fn text(&mut self, written: Written<'_>) -> Option<String> {
        self.read(written).map(in_zeebe)
    }

    /// A text as FEEL without `=`; a literal is a string.
    pub(super) fn feel(&mut self, written: Written<'_>) -> Option<String> {
        self.read(written).map(|meaning| match meaning {
            Meaning::Literal(text) => juel::quoted(text.trim()),
            Meaning::Feel(feel) => feel,
        })
    }

    /// Reports that a text cannot be translated.
    pub(super) fn untranslatable(&mut self, written: Written<'_>, problem: &Untranslatable) {
        let position = written.position(self.shared.document, problem.at);
        let message = format!("An expression of {} {}", self.label(), problem.message);
        self.report(Severity::Error, position, message, problem.way_out);
    }

    pub(super) fn error(&mut self, at: Position, message: impl Into<String>, way_out: &str) {
        self.report(Severity::Error, at, message.into(), way_out);
    }

    pub(super) fn warning(&mut self, at: Position, message: impl Into<String>, way_out: &str) {
        self.report(Severity::Warning, at, message.into(), way_out);
    }

    pub(super) fn hint(&mut self, at: Position, message: impl Into<String>, way_out: &str) {
        self.report(Severity::Hint, at, message.into(), way_out);
    }

    /// Where an attribute's value stands.
    pub(super) fn at(&self, attribute: &Attribute) -> Position {
        self.shared.document.position_in_attribute(attribute, 0)
    }

    fn report(&mut self, severity: Severity, at: Position, message: String, way_out: &str) {
        let problem = Problem {
            severity,
            ..Problem::error(at, message, way_out)
        };
        self.shared.problems.push(match self.owner.attribute("id") {
            Some(id) => problem.about(id),
            None => problem,
        });
    }

    /// Notes that something is kept and has no effect; all notes of an element are one hint.
    pub(super) fn inert(&mut self, what: impl Into<String>, why: &'static str) {
        let noted = (what.into(), why);
        if !self.inert.contains(&noted) {
            self.inert.push(noted);
        }
    }

    /// Notes the attributes of a part of a dialect that its reader does not know.
    pub(super) fn only(&mut self, part: &Element, known: &[&str]) {
        for attribute in &part.attributes {
            if !known.contains(&&*attribute.name) {
                let what = format!("{} of {}", attribute.name, part.name);
                self.inert(what, "it has no counterpart here");
            }
        }
    }

    /// Reports what is inert.
    pub(super) fn report_inert(&mut self) {
        let notes = std::mem::take(&mut self.inert);
        if notes.is_empty() {
            return;
        }
        let mut reasons: Vec<&str> = Vec::new();
        for (_, reason) in &notes {
            if !reasons.contains(reason) {
                reasons.push(reason);
            }
        }
        let parts: Vec<String> = reasons
            .iter()
            .map(|reason| {
                let names = notes.iter().filter(|(_, why)| why == reason);
                let names: Vec<&str> = names.map(|(what, _)| what.as_str()).collect();
                format!("{} ({reason})", names.join(", "))
            })
            .collect();
        let message = format!(
            "Extensions of {} are kept and have no effect: {}",
            self.label(),
            parts.join("; ")
        );
        self.hint(
            self.xml.position,
            message,
            "nothing needs to be done if this is meant",
        );
    }
}

/// What is already being made with this name, else a new element.
fn made<'v>(
    list: &'v mut Vec<Element>,
    namespace: &str,
    name: &str,
    origin: &Element,
) -> &'v mut Element {
    let index = match list.iter().position(|element| element.is(namespace, name)) {
        Some(index) => index,
        None => {
            list.push(Element::made(namespace, name, origin));
            list.len() - 1
        }
    };
    &mut list[index]
}

/// A meaning as zeebe writes it.
pub(super) fn in_zeebe(meaning: Meaning) -> String {
    match meaning {
        // A literal that begins with "=" would be read as FEEL.
        Meaning::Literal(text) if text.trim_start().starts_with('=') => {
            format!("={}", juel::quoted(text.trim()))
        }
        Meaning::Literal(text) => text,
        Meaning::Feel(feel) => format!("={feel}"),
    }
}
