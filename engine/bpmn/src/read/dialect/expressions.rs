//! Expressions in the standard's own places: which language they are written in, and JUEL in them.
//!
//! A language is said by the expression (`language`), else by the document (`expressionLanguage`). FEEL and JUEL
//! are read. XPath is what the standard presumes and what tools write without meaning it, so that as the language
//! of a document it says nothing; as the language of an expression it is refused like all others.

use xml::Element;

use super::editing::{Editing, Written, in_zeebe};
use super::{juel, quartz};
use crate::read::BPMN;

/// Elements whose text is an expression or a literal.
const TEXTS: [&str; 10] = [
    "conditionExpression",
    "condition",
    "completionCondition",
    "loopCardinality",
    "loopCondition",
    "activationCondition",
    "timeDate",
    "timeDuration",
    "timeCycle",
    "formalExpression",
];

/// Attributes that are a literal or an expression.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("message", "name"),
    ("signal", "name"),
    ("error", "errorCode"),
    ("escalation", "escalationCode"),
    ("callActivity", "calledElement"),
];

enum Language {
    Feel,
    Juel,
    Other(String),
    Unsaid,
}

/// Translates the text and the attributes of an element where they are expressions.
pub(super) fn translate(editing: &mut Editing<'_, '_>, copy: &mut Element, root: &Element) {
    let xml = editing.xml;
    if editing.shared.has_juel {
        for attribute in &xml.attributes {
            let place = (&*xml.name, &*attribute.name);
            let is_place = attribute.namespace.is_empty() && ATTRIBUTES.contains(&place);
            if is_place
                && juel::is_in(&attribute.value)
                && let Some(text) = editing.text(Written::Attribute(attribute))
            {
                copy.set_made(&attribute.name, text, attribute.offset);
            }
        }
    }
    if TEXTS.contains(&&*xml.name) && !xml.text().trim().is_empty() {
        text(editing, copy, root);
    }
}

fn text(editing: &mut Editing<'_, '_>, copy: &mut Element, root: &Element) {
    let xml = editing.xml;
    let written = Written::Text(xml);
    let has_braces = juel::is_in(xml.text());
    match language(xml, root) {
        Language::Feel => {}
        Language::Other(name) => other_language(editing, xml, &name),
        Language::Juel | Language::Unsaid if has_braces && editing.shared.has_juel => {
            if let Some(meaning) = editing.read(written) {
                copy.set_made_text(in_zeebe(meaning));
            }
        }
        Language::Juel | Language::Unsaid => {
            if xml.is(BPMN, "timeCycle") && editing.shared.is_dialect {
                cycle(editing, copy);
            }
        }
    }
}

/// The content of an element that must be an expression, as FEEL without `=`; else that is reported.
pub(super) fn feel<'d>(
    editing: &mut Editing<'_, 'd>,
    xml: &'d Element,
    root: &Element,
) -> Option<String> {
    let text = xml.text().trim();
    match language(xml, root) {
        Language::Other(name) => {
            other_language(editing, xml, &name);
            None
        }
        Language::Juel | Language::Unsaid if editing.shared.has_juel && juel::is_in(text) => {
            editing.feel(Written::Text(xml))
        }
        Language::Feel | Language::Juel | Language::Unsaid => {
            Some(text.strip_prefix('=').unwrap_or(text).trim().to_owned())
        }
    }
}

fn other_language(editing: &mut Editing<'_, '_>, xml: &Element, language: &str) {
    let message = format!(
        "An expression of {} is written in {language}, which is not executed",
        editing.label()
    );
    let at = Written::Text(xml).position(editing.shared.document, 0);
    editing.error(at, message, "write it in FEEL, beginning with \"=\"");
}

fn language(xml: &Element, root: &Element) -> Language {
    let own = xml.attribute("language");
    let Some(said) = own.or_else(|| root.attribute("expressionLanguage")) else {
        return Language::Unsaid;
    };
    let name = said.to_ascii_lowercase();
    if name.trim().is_empty() || (own.is_none() && name.contains("xpath")) {
        Language::Unsaid
    } else if name.contains("feel") {
        Language::Feel
    } else if name.contains("juel")
        || name.ends_with("uel")
        || name.contains("sun.com/products/jsp")
    {
        Language::Juel
    } else {
        Language::Other(said.trim().to_owned())
    }
}

/// The repetitions of camunda 7 and flowable, where they are not ISO 8601.
fn cycle(editing: &mut Editing<'_, '_>, copy: &mut Element) {
    let xml = editing.xml;
    let written = xml.text();
    match quartz::translate(written) {
        None => {}
        Some(Ok(cron)) => {
            if cron.note.is_some() || cron.text != written.trim() {
                let message = format!(
                    "The timer of {} is read as \"{}\"{}",
                    editing.label(),
                    cron.text,
                    cron.note.map_or(String::new(), |note| format!("; {note}"))
                );
                editing.hint(xml.position, message, "check that this is meant");
            }
            copy.set_made_text(cron.text);
        }
        Some(Err(problem)) => {
            let at = Written::Text(xml).position(editing.shared.document, 0);
            let message = format!("The timer of {}: {problem}", editing.label());
            let way_out = "write a repetition such as R/P1D, or cron without this sign";
            editing.error(at, message, way_out);
        }
    }
}
