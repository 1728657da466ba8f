//! Variables on the way in and out: `inputOutput`, fields, properties.
//!
//! In camunda 7 inputs see only what is around the task, not one another, and results of a task go up also where
//! it has output parameters; zeebe does otherwise in both. So inputs are put in an order in which they do not see
//! one another, and `caseway:results` says that results rise.

use std::collections::BTreeSet;

use xml::Element;

use super::editing::{Editing, Written, in_zeebe};
use super::juel::{self, Meaning};
use super::{ZEEBE, calls};

/// `inputOutput` with its parameters.
pub(super) fn input_output<'d>(editing: &mut Editing<'_, 'd>, io: &'d Element) {
    for parameter in &io.children {
        let (part, is_output) = match &*parameter.name {
            "inputParameter" => ("input", false),
            "outputParameter" => ("output", true),
            other => {
                let what = format!("<{}:{other}>", editing.shared.prefix);
                editing.inert(what, "it is not known here");
                continue;
            }
        };
        editing.only(parameter, &["name"]);
        let name = parameter.attribute("name").unwrap_or_default().trim();
        if name.is_empty() {
            let message = format!("{} has a parameter without name", editing.label());
            editing.error(
                parameter.position,
                message,
                "name the variable that it sets",
            );
            continue;
        }
        if let Some(source) = parameter_value(editing, parameter) {
            editing.add(
                "ioMapping",
                part,
                parameter,
                &[("source", &source), ("target", name)],
            );
        }
        if is_output {
            results_rise(editing);
        }
    }
}

/// Results go where their variables are, although there are output mappings.
pub(super) fn results_rise(editing: &mut Editing<'_, '_>) {
    editing.caseway("results").set_made("rise", "true", 0);
}

/// The value of a parameter as zeebe writes it.
fn parameter_value<'d>(editing: &mut Editing<'_, 'd>, parameter: &'d Element) -> Option<String> {
    if parameter.children.is_empty() {
        let meaning = editing.read(Written::Text(parameter))?;
        return Some(match meaning {
            Meaning::Literal(text) if text.trim().is_empty() => "=null".to_owned(),
            Meaning::Literal(text) => in_zeebe(Meaning::Literal(text.trim().to_owned())),
            feel @ Meaning::Feel(_) => in_zeebe(feel),
        });
    }
    Some(format!("={}", value(editing, parameter)?))
}

/// The value of a parameter, an item or an entry as FEEL.
fn value<'d>(editing: &mut Editing<'_, 'd>, holder: &'d Element) -> Option<String> {
    let Some(inner) = holder.children.first() else {
        if holder.text().trim().is_empty() {
            return Some("null".to_owned());
        }
        return editing.feel(Written::Text(holder));
    };
    match &*inner.name {
        "list" => {
            let items: Vec<Option<String>> = inner
                .children
                .iter()
                .map(|item| match &*item.name {
                    "script" => script(editing, item),
                    _ => value(editing, item),
                })
                .collect();
            let items: Option<Vec<String>> = items.into_iter().collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        "map" => {
            let mut entries = Vec::new();
            for entry in &inner.children {
                let key = juel::quoted(entry.attribute("key").unwrap_or_default());
                entries.push(format!("{key}: {}", value(editing, entry)?));
            }
            Some(format!("{{{}}}", entries.join(", ")))
        }
        "script" => script(editing, inner),
        other => {
            let message = format!("{} has a value of the kind {other}", editing.label());
            editing.error(
                inner.position,
                message,
                "use a text, a list, a map or a FEEL script",
            );
            None
        }
    }
}

/// A script as value: FEEL or JUEL.
fn script<'d>(editing: &mut Editing<'_, 'd>, script: &'d Element) -> Option<String> {
    let format = script
        .attribute("scriptFormat")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let text = script.text().trim();
    if format.contains("feel") && !text.is_empty() {
        return Some(format!("({})", text.strip_prefix('=').unwrap_or(text)));
    }
    if format == "juel" && !text.is_empty() {
        return editing.feel(Written::Text(script));
    }
    let language = if text.is_empty() {
        "another file"
    } else {
        &*format
    };
    let message = format!(
        "{} computes a value with a script in {language}, which is not executed",
        editing.label()
    );
    let way_out = "write it in FEEL, or let a worker compute it in a step before";
    editing.error(script.position, message, way_out);
    None
}

/// A field of a Java class: a fixed text is a header of the job, an expression a variable of the task.
pub(super) fn field<'d>(editing: &mut Editing<'_, 'd>, field: &'d Element) {
    editing.only(field, &["name", "stringValue", "expression"]);
    let name = field.attribute("name").unwrap_or_default().trim();
    let attribute = ["stringValue", "expression"]
        .iter()
        .find_map(|name| field.attribute_named("", name));
    let child = field
        .children
        .iter()
        .find(|child| ["string", "expression"].contains(&&*child.name));
    let written = attribute
        .map(Written::Attribute)
        .or(child.map(Written::Text));
    let Some(written) = written.filter(|_| !name.is_empty()) else {
        editing.inert("field without name or value", "it says nothing");
        return;
    };
    match editing.read(written) {
        None => {}
        Some(Meaning::Literal(text)) => {
            let set = [("key", name), ("value", &*text)];
            editing.add("taskHeaders", "header", field, &set);
        }
        Some(Meaning::Feel(feel)) => {
            let source = format!("={feel}");
            editing.add(
                "ioMapping",
                "input",
                field,
                &[("source", &source), ("target", name)],
            );
        }
    }
}

/// What an external worker of flowable is given.
pub(super) fn worker_in<'d>(editing: &mut Editing<'_, 'd>, part: &'d Element) {
    worker(editing, part, "input");
}

/// What is kept of the results of an external worker of flowable.
pub(super) fn worker_out<'d>(editing: &mut Editing<'_, 'd>, part: &'d Element) {
    worker(editing, part, "output");
}

fn worker<'d>(editing: &mut Editing<'_, 'd>, part: &'d Element, direction: &str) {
    editing.only(part, &["source", "sourceExpression", "target"]);
    calls::mapping(editing, part, direction);
}

/// Notes of the modeller.
pub(super) fn properties<'d>(editing: &mut Editing<'_, 'd>, properties: &'d Element) {
    for property in &properties.children {
        editing.only(property, &["id", "name", "value"]);
        let name = property
            .attribute("name")
            .or_else(|| property.attribute("id"));
        if let Some(name) = name {
            let value = property.attribute("value").unwrap_or_default();
            editing.add(
                "properties",
                "property",
                property,
                &[("name", name), ("value", value)],
            );
        }
    }
}

/// Puts the inputs of camunda 7 in an order in which none sees what another has set.
pub(super) fn order_inputs(editing: &mut Editing<'_, '_>, made: &mut [Element]) {
    let Some(io) = made.iter_mut().find(|made| made.is(ZEEBE, "ioMapping")) else {
        return;
    };
    let (mut inputs, others): (Vec<Element>, Vec<Element>) = std::mem::take(&mut io.children)
        .into_iter()
        .partition(|part| &*part.name == "input");
    while !inputs.is_empty() {
        let free = (0..inputs.len()).find(|index| {
            let target = inputs[*index].attribute("target").unwrap_or_default();
            let others = inputs
                .iter()
                .enumerate()
                .filter(|(other, _)| other != index);
            !others
                .into_iter()
                .any(|(_, other)| reads(other).contains(target))
        });
        let next = inputs.remove(free.unwrap_or(0));
        if free.is_none() {
            let target = next.attribute("target").unwrap_or_default();
            let message = format!(
                "Another input of {} reads \"{target}\", which this input sets; here it reads the new value",
                editing.label()
            );
            let way_out = "give the input another name";
            editing.warning(next.position, message, way_out);
        }
        io.children.push(next);
    }
    io.children.extend(others);
}

/// The variables that a mapping reads.
fn reads(mapping: &Element) -> BTreeSet<String> {
    let source = mapping.attribute("source").unwrap_or_default();
    let expression = source.strip_prefix('=').map(feel::Expression::compile);
    match expression {
        Some(Ok(expression)) => expression.reads().iter().cloned().collect(),
        Some(Err(_)) | None => BTreeSet::new(),
    }
}
