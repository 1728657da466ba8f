//! Walks a document and makes the translated tree.

use xml::{Document, Element};

use super::data::{self, Data};
use super::editing::{Editing, Shared, Written};
use super::table::{Dialect, ElementRule, Rule};
use super::{
    DIALECTS, Speech, Translation, calls, expressions, mappings, merge, messages, plain, scripts,
};
use crate::read::BPMN;

/// Where an element stands.
#[derive(Clone, Copy)]
struct Around<'w, 'd> {
    root: &'d Element,
    owner: &'d Element,
    in_loop: bool,
    speech: &'w Speech,
    data: &'w Data<'d>,
}

/// Translates all elements of a document.
pub(super) fn walk(document: &Document, speech: &Speech) -> Translation {
    let mut shared = Shared {
        document,
        problems: Vec::new(),
        has_juel: speech.has_juel(),
        is_dialect: speech.camunda || speech.flowable,
        prefix: "",
    };
    let root = document.root();
    let around = Around {
        root,
        owner: root,
        in_loop: false,
        speech,
        data: &Data::of(root, speech),
    };
    let (root, _) = translated(&mut shared, root, around);
    Translation {
        root: Some(root),
        problems: shared.problems,
    }
}

/// The translated element, and what the element around it gets.
fn translated<'d>(
    shared: &mut Shared<'d>,
    xml: &'d Element,
    around: Around<'_, 'd>,
) -> (Element, Vec<Element>) {
    if &*xml.namespace != BPMN || &*xml.name == "extensionElements" {
        return (xml.clone(), Vec::new());
    }
    if xml.is(BPMN, "process") && xml.attribute("isExecutable") == Some("false") {
        return (xml.clone(), Vec::new()); // nothing in it is executed
    }
    let inside = Around {
        owner: if is_part(xml) { around.owner } else { xml },
        in_loop: around.in_loop || is_loop(xml),
        ..around
    };
    let mut copy = xml.without_children();
    let mut editing = Editing::new(shared, xml, inside.owner, inside.in_loop);
    for dialect in DIALECTS {
        apply(dialect, &mut editing);
    }
    if around.speech.camunda || around.speech.flowable {
        calls::complete(&mut editing);
        messages::complete(&mut editing);
        scripts::complete(&mut editing);
    }
    plain::roles(&mut editing, around.root);
    plain::operation(&mut editing, around.root);
    data::translate(&mut editing, around.data, around.root);
    expressions::translate(&mut editing, &mut copy, around.root);
    let mut made = std::mem::take(&mut editing.made);
    let above = std::mem::take(&mut editing.made_above);
    editing.report_inert();
    ignored_there(&mut editing, around.speech);
    for child in &xml.children {
        let (child, additions) = translated(shared, child, inside);
        copy.children.push(child);
        made = merge::lists(made, additions);
    }
    let mut editing = Editing::new(shared, xml, inside.owner, inside.in_loop);
    mappings::order_inputs(&mut editing, &mut made);
    merge::into(&mut editing, &mut copy, made);
    (copy, above)
}

/// Whether something only says more about the element around it.
fn is_part(xml: &Element) -> bool {
    const PARTS: [&str; 17] = [
        "assignment",
        "condition",
        "conditionExpression",
        "completionCondition",
        "formalExpression",
        "from",
        "humanPerformer",
        "ioSpecification",
        "loopCardinality",
        "loopCondition",
        "performer",
        "potentialOwner",
        "resourceAssignmentExpression",
        "script",
        "to",
        "transformation",
        "activationCondition",
    ];
    let name = &*xml.name;
    PARTS.contains(&name)
        || name.ends_with("EventDefinition")
        || name.ends_with("LoopCharacteristics")
        || name.ends_with("Association") && name.starts_with("data")
        || name.starts_with("time")
        || xml.attribute("id").is_none()
}

fn is_loop(xml: &Element) -> bool {
    let name = "multiInstanceLoopCharacteristics";
    xml.is(BPMN, name) || xml.child(BPMN, name).is_some()
}

/// Reads everything that a dialect says on one element, by its tables.
fn apply<'d>(dialect: &'static Dialect, editing: &mut Editing<'_, 'd>) {
    let xml = editing.xml;
    for attribute in &xml.attributes {
        if !dialect.owns(&attribute.namespace) {
            continue;
        }
        editing.shared.prefix = dialect.prefix(&attribute.namespace);
        let what = format!("{}:{}", editing.shared.prefix, attribute.name);
        let lines = || {
            dialect
                .attributes
                .iter()
                .filter(|line| line.name == &*attribute.name)
        };
        let Some(line) = lines().find(|line| fits(line.on, xml)) else {
            let known = lines().next().is_some();
            editing.inert(what, unread(known));
            continue;
        };
        match line.rule {
            Rule::Becomes(element, name) => {
                let text = editing.text(Written::Attribute(attribute));
                if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
                    let made = editing.zeebe(element);
                    made.set_made(name, text, attribute.offset);
                }
            }
            Rule::Read(read) => read(editing, attribute),
            Rule::With(other) => {
                if editing.extension_attribute(other).is_none() {
                    editing.inert(what, "what it belongs to is not said");
                }
            }
            Rule::Inert(why) => editing.inert(what, why),
            Rule::Refused(why, way_out) => {
                let message = format!("{} has {what}, which {why}", editing.label());
                editing.error(editing.at(attribute), message, way_out);
            }
        }
    }
    for child in editing.extensions() {
        if !dialect.owns(&child.namespace) {
            continue;
        }
        editing.shared.prefix = dialect.prefix(&child.namespace);
        let what = format!("<{}:{}>", editing.shared.prefix, child.name);
        let lines = || {
            dialect
                .elements
                .iter()
                .filter(|line| line.name == &*child.name)
        };
        let Some(line) = lines().find(|line| fits(line.on, xml)) else {
            let known = lines().next().is_some();
            editing.inert(what, unread(known));
            continue;
        };
        match line.rule {
            ElementRule::Read(read) => read(editing, child),
            ElementRule::Inert(why) => editing.inert(what, why),
            ElementRule::Refused(why, way_out) => {
                let message = format!("{} has {what}, which {why}", editing.label());
                editing.error(child.position, message, way_out);
            }
        }
    }
}

fn fits(on: &[&str], xml: &Element) -> bool {
    on.is_empty() || on.contains(&&*xml.name)
}

fn unread(known: bool) -> &'static str {
    if known {
        "it means nothing on this element"
    } else {
        "it is not known here"
    }
}

/// Says where the model behaves otherwise than in its own engine, because that engine left an element out.
fn ignored_there(editing: &mut Editing<'_, '_>, speech: &Speech) {
    let spoken = [speech.camunda, speech.flowable];
    for (dialect, _) in DIALECTS.iter().zip(spoken).filter(|(_, spoken)| *spoken) {
        let lines = dialect.ignored_there.iter();
        for (_, instead) in lines.filter(|(name, _)| editing.xml.is(BPMN, name)) {
            let named = editing.xml.attribute("name").is_some();
            let subject = if named {
                editing.label()
            } else {
                format!("<{}>", editing.xml.name)
            };
            let message = format!(
                "{subject} behaves otherwise than in {}, which {instead}",
                dialect.name
            );
            let way_out = "check that what is drawn is what is meant";
            editing.hint(editing.xml.position, message, way_out);
        }
    }
}
