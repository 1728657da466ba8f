//! What all parts of the reader share: the document, the report that grows, and texts with FEEL in them.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use feel::{Expression, Vocabulary};
use xml::{Attribute, Document, Element, Position, Problem, Severity};

use super::compensation::Ends;
use super::dialect::CASEWAY;
use crate::limits::{HINTS_MAX, PROBLEMS_MAX};
use crate::text::Text;
use crate::{ElementReport, Report, Verdict};

/// Namespace of BPMN 2.0 models.
pub(crate) const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
/// Namespace of zeebe's extension elements.
pub(crate) const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";

/// A document on its way to process definitions.
pub(crate) struct Reader<'d> {
    pub(crate) document: &'d Document,
    pub(crate) report: Report,
    /// Errors, warnings and hints that were found.
    counts: [usize; 3],
    /// What events refer to: `error`, `message`, `signal`, `escalation` elements by id.
    pub(crate) roots: BTreeMap<&'d str, &'d Element>,
    /// What associations may connect.
    pub(super) compensation: Ends<'d>,
    /// Names of pools by the id of their process.
    pub(crate) participants: BTreeMap<&'d str, &'d str>,
    /// Names of variables that expressions may write with their spaces.
    pub(crate) names: Vocabulary,
    /// Where each id was first used.
    ids: BTreeMap<&'d str, Position>,
    /// All elements by id; made when the first is looked up.
    by_id: OnceCell<BTreeMap<&'d str, &'d Element>>,
}

impl<'d> Reader<'d> {
    pub(crate) fn new(document: &'d Document) -> Reader<'d> {
        Reader {
            document,
            report: Report::default(),
            counts: [0; 3],
            roots: BTreeMap::new(),
            compensation: Ends::of(document.root()),
            participants: BTreeMap::new(),
            names: Vocabulary::new(),
            ids: BTreeMap::new(),
            by_id: OnceCell::new(),
        }
    }

    /// Adds a problem, unless the report has enough of its severity: hints never hide an error.
    pub(crate) fn push(&mut self, problem: Problem) {
        let (count, max, word) = match problem.severity {
            Severity::Error => (&mut self.counts[0], PROBLEMS_MAX, "problems"),
            Severity::Warning => (&mut self.counts[1], PROBLEMS_MAX, "warnings"),
            Severity::Hint => (&mut self.counts[2], HINTS_MAX, "hints"),
        };
        *count += 1;
        if *count <= max {
            self.report.problems.push(problem);
        } else if *count == max + 1 {
            let name = if word == "hints" {
                "HINTS_MAX"
            } else {
                "PROBLEMS_MAX"
            };
            let message =
                format!("There are more than {max} {word}; only these are listed ({name})");
            self.report.problems.push(Problem {
                message,
                way_out: "correct these and check again".to_owned(),
                element_id: None,
                ..problem
            });
        }
    }

    /// Says what becomes of an element.
    pub(crate) fn verdict(&mut self, element: &Element, kind: &str, verdict: Verdict) {
        if let Verdict::Refused { reason } = &verdict {
            let message = format!("{} ({kind}) {reason}", label(element));
            let way_out = "remove it, or model this step with elements that are executed";
            self.push(about(
                Problem::error(element.position, message, way_out),
                element,
            ));
        }
        self.list(element, kind, verdict);
    }

    fn list(&mut self, element: &Element, kind: &str, verdict: Verdict) {
        self.report.elements.push(ElementReport {
            id: element.attribute("id").unwrap_or_default().to_owned(),
            name: element.attribute("name").map(str::to_owned),
            kind: kind.to_owned(),
            line: element.position.line,
            column: element.position.column,
            verdict,
        });
    }

    /// Says that an element cannot be executed as it is written; its problems say why.
    pub(crate) fn unreadable(&mut self, element: &Element, kind: &str) {
        let reason = "it has a problem".to_owned();
        self.list(element, kind, Verdict::Refused { reason });
    }

    /// Says that an element has no effect.
    pub(crate) fn ignored(&mut self, element: &Element, kind: &str, reason: &str) {
        let reason = reason.to_owned();
        self.verdict(element, kind, Verdict::Ignored { reason });
    }

    /// The id of an element, which must exist and be the only one of its kind in the document.
    pub(crate) fn unique_id(&mut self, element: &'d Element, kind: &str) -> Option<&'d str> {
        let Some(id) = element.attribute("id").filter(|id| !id.is_empty()) else {
            self.push(Problem::error(
                element.position,
                format!("{} ({kind}) has no id", label(element)),
                "give it an id; every modeler does",
            ));
            return None;
        };
        if let Some(first) = self.ids.get(id).copied() {
            let message = format!("The id \"{id}\" is used twice; first at {first}");
            let way_out = "give one of them another id";
            self.push(Problem::error(element.position, message, way_out).about(id));
            return None;
        }
        self.ids.insert(id, element.position);
        Some(id)
    }

    /// An attribute that is literal or FEEL; `None` where it is absent, blank or wrong.
    pub(crate) fn attribute_text(
        &mut self,
        owner: &Element,
        attribute: &Attribute,
    ) -> Option<Text> {
        let written = Written {
            value: &attribute.value,
            place: Place::Attribute(attribute),
        };
        self.text_of(owner, written)
    }

    /// The content of an element that is literal or FEEL; `None` where it is blank or wrong.
    pub(crate) fn content_text(&mut self, owner: &Element, element: &Element) -> Option<Text> {
        let written = Written {
            value: element.text(),
            place: Place::Text(element),
        };
        self.text_of(owner, written)
    }

    /// The content of an element as FEEL, with or without `=`.
    pub(crate) fn content_expression(
        &mut self,
        owner: &Element,
        element: &Element,
    ) -> Option<Expression> {
        let value = element.text();
        let trimmed = value.trim();
        let body = trimmed.strip_prefix('=').unwrap_or(trimmed);
        let written = Written {
            value,
            place: Place::Text(element),
        };
        self.compile(owner, &written, body)
    }

    /// An attribute as FEEL, with or without `=`.
    pub(crate) fn attribute_expression(
        &mut self,
        owner: &Element,
        attribute: &Attribute,
    ) -> Option<Expression> {
        let value = &*attribute.value;
        let trimmed = value.trim();
        let body = trimmed.strip_prefix('=').unwrap_or(trimmed);
        let place = Place::Attribute(attribute);
        self.compile(owner, &Written { value, place }, body)
    }

    /// The name of the variable that a reference to data means: the name of a data object, a property, or of the
    /// source of the association that fills a data input; the id of what has no name.
    pub(crate) fn name_of_data(&self, activity: &Element, reference: &str) -> String {
        let sources = activity.children.iter().filter(|association| {
            let other = if association.is(BPMN, "dataInputAssociation") {
                association.child(BPMN, "targetRef")
            } else if association.is(BPMN, "dataOutputAssociation") {
                association.child(BPMN, "sourceRef")
            } else {
                None
            };
            other.is_some_and(|other| other.text().trim() == reference)
        });
        let mut outside = sources.filter_map(|association| {
            let end = if association.is(BPMN, "dataInputAssociation") {
                "sourceRef"
            } else {
                "targetRef"
            };
            Some(association.child(BPMN, end)?.text().trim())
        });
        let id = outside.next_back().unwrap_or(reference);
        let named = self.with_id(id).and_then(|data| data.attribute("name"));
        let name = named.map(str::trim).filter(|name| !name.is_empty());
        name.unwrap_or(id).to_owned()
    }

    /// The element of an id, anywhere in the document.
    pub(crate) fn with_id(&self, id: &str) -> Option<&'d Element> {
        let all = self.by_id.get_or_init(|| {
            let mut found = BTreeMap::new();
            let mut open = vec![self.document.root()];
            while let Some(element) = open.pop() {
                found.extend(element.attribute("id").map(|id| (id, element)));
                open.extend(&element.children);
            }
            found
        });
        all.get(id).copied()
    }

    fn text_of(&mut self, owner: &Element, written: Written<'_>) -> Option<Text> {
        let trimmed = written.value.trim();
        if trimmed.is_empty() {
            return None;
        }
        match trimmed.strip_prefix('=') {
            None => Some(Text::Literal(trimmed.into())),
            Some(body) => self.compile(owner, &written, body).map(Text::Feel),
        }
    }

    fn compile(
        &mut self,
        owner: &Element,
        written: &Written<'_>,
        body: &str,
    ) -> Option<Expression> {
        let body = body.trim();
        match Expression::compile_knowing(body, &self.names) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                // `body` is a part of the written text, so the addresses give its place in it.
                let start = body.as_ptr() as usize - written.value.as_ptr() as usize;
                let byte = start + problem.position.offset as usize;
                let position = match written.place {
                    Place::Attribute(attribute) => {
                        self.document.position_in_attribute(attribute, byte)
                    }
                    Place::Text(element) => self.document.position_in_text(element, byte),
                };
                let message = format!(
                    "An expression of {} is not FEEL: {}",
                    label(owner),
                    problem.message
                );
                let way_out = "correct the expression at this place";
                self.push(about(Problem::error(position, message, way_out), owner));
                None
            }
        }
    }
}

/// A text and where it is written.
struct Written<'a> {
    value: &'a str,
    place: Place<'a>,
}

enum Place<'a> {
    Attribute(&'a Attribute),
    Text(&'a Element),
}

/// What a person calls an element: its name in quotes, else its id.
pub(crate) fn label(element: &Element) -> String {
    let name = element
        .attribute("name")
        .filter(|name| !name.trim().is_empty());
    match name.or(element.attribute("id")) {
        Some(name) => format!(
            "\"{}\"",
            name.split_whitespace().collect::<Vec<_>>().join(" ")
        ),
        None => format!("<{}>", element.name),
    }
}

/// The problem, with the id of the element that it is about.
pub(crate) fn about(problem: Problem, element: &Element) -> Problem {
    match element.attribute("id") {
        Some(id) => problem.about(id),
        None => problem,
    }
}

/// One element while it is read.
pub(crate) struct NodeReader<'r, 'd> {
    pub(crate) reader: &'r mut Reader<'d>,
    pub(crate) xml: &'d Element,
    /// Whether it lies directly in an event subprocess.
    pub(crate) in_event_subprocess: bool,
}

impl<'d> NodeReader<'_, 'd> {
    /// What a person calls the element.
    pub(crate) fn label(&self) -> String {
        label(self.xml)
    }

    /// The element cannot be deployed like this.
    pub(crate) fn error(&mut self, message: impl Into<String>, way_out: &str) {
        self.problem(Severity::Error, self.xml.position, message.into(), way_out);
    }

    /// The element probably does not do what was meant.
    pub(crate) fn warning(&mut self, message: impl Into<String>, way_out: &str) {
        self.problem(
            Severity::Warning,
            self.xml.position,
            message.into(),
            way_out,
        );
    }

    /// The element does what it says; perhaps not all that was hoped for.
    pub(crate) fn hint(&mut self, message: impl Into<String>, way_out: &str) {
        self.problem(Severity::Hint, self.xml.position, message.into(), way_out);
    }

    /// A part of the element cannot be deployed like this.
    pub(crate) fn error_in(&mut self, part: &Element, message: impl Into<String>, way_out: &str) {
        self.problem(Severity::Error, part.position, message.into(), way_out);
    }

    fn problem(&mut self, severity: Severity, at: Position, message: String, way_out: &str) {
        let problem = Problem {
            severity,
            ..Problem::error(at, message, way_out)
        };
        self.reader.push(about(problem, self.xml));
    }

    /// A child of the element in the namespace of BPMN.
    pub(crate) fn child(&self, name: &'d str) -> Option<&'d Element> {
        self.xml.child(BPMN, name)
    }

    /// What an event definition refers to, such as a message; a problem where that does not exist.
    pub(crate) fn referenced(
        &mut self,
        definition: &Element,
        attribute: &str,
        kind: &str,
    ) -> Option<&'d Element> {
        let reference = definition.attribute(attribute).unwrap_or_default();
        let reference = super::local_name(reference);
        let found = self.reader.roots.get(reference).copied();
        let found = found.filter(|found| &*found.name == kind);
        if found.is_none() {
            let message = if reference.is_empty() {
                format!("{} does not say which {kind} it means", self.label())
            } else {
                format!(
                    "{} refers to the {kind} \"{reference}\", which does not exist",
                    self.label()
                )
            };
            let way_out = format!("choose one of the {kind}s of the model");
            self.error_in(definition, message, &way_out);
        }
        found
    }

    /// The name of something that an event refers to.
    pub(crate) fn name_of(&mut self, referenced: &'d Element, kind: &str) -> Option<Text> {
        let name = referenced.attribute_named("", "name");
        let Some(name) = name.filter(|name| !name.value.trim().is_empty()) else {
            let message = format!("The {kind} of {} has no name", self.label());
            self.error_in(referenced, message, "give it a name");
            return None;
        };
        self.reader.attribute_text(referenced, name)
    }

    /// An extension element of zeebe.
    pub(crate) fn extension(&self, name: &str) -> Option<&'d Element> {
        extension(self.xml, name)
    }

    /// An attribute of a part that is literal or FEEL.
    pub(crate) fn text(&mut self, part: &'d Element, attribute: &str) -> Option<Text> {
        let attribute = part.attribute_named("", attribute)?;
        self.reader.attribute_text(self.xml, attribute)
    }

    /// The same, of an attribute that must be there.
    pub(crate) fn required_text(&mut self, part: &'d Element, attribute: &str) -> Option<Text> {
        let blank = part
            .attribute(attribute)
            .is_none_or(|value| value.trim().is_empty());
        if blank {
            let message = format!("{} has a {} without {attribute}", self.label(), part.name);
            self.error_in(part, message, &format!("fill in {attribute}"));
            return None;
        }
        self.text(part, attribute)
    }
}

/// An extension element of zeebe on any element.
pub(crate) fn extension<'d>(element: &'d Element, name: &str) -> Option<&'d Element> {
    element.child(BPMN, "extensionElements")?.child(ZEEBE, name)
}

/// What the modeller noted on an element: `zeebe:property`.
pub(crate) fn properties(element: &Element) -> BTreeMap<String, String> {
    let Some(properties) = extension(element, "properties") else {
        return BTreeMap::new();
    };
    properties
        .children_named(ZEEBE, "property")
        .filter_map(|property| {
            let value = property.attribute("value").unwrap_or_default();
            Some((property.attribute("name")?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// What an element says in our own words: an attribute of our namespace, or a zeebe property of the name `caseway:...`, which is what
/// element templates can write.
pub(crate) fn said(element: &Element, name: &str) -> Option<String> {
    said_attribute(element, name).map(|attribute| attribute.value.trim().to_owned())
}

/// Where that stands.
pub(crate) fn said_attribute<'d>(element: &'d Element, name: &str) -> Option<&'d Attribute> {
    if let Some(attribute) = element.attribute_named(CASEWAY, name) {
        return Some(attribute);
    }
    let written = extension(element, "properties")?;
    let property = written.children_named(ZEEBE, "property").find(|property| {
        let own = property
            .attribute("name")
            .and_then(|n| n.strip_prefix("caseway:"));
        own == Some(name)
    })?;
    property.attribute_named("", "value")
}
