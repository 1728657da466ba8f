//! Work for programs: Java classes, beans, expressions, external topics, connectors.
//!
//! Each becomes a job; its type is the topic, or the name of the class or bean that did the work before. An
//! expression that needs no bean is computed by the engine itself.

use xml::{Attribute, Element};

use super::editing::{Editing, Written};
use super::juel::Meaning;
use super::mappings;

const WORKER: &str = "let a worker do the jobs of this type";

/// `class="org.agency.SendLetter"`.
pub(super) fn class(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let name = attribute.value.trim().to_owned();
    job(editing, attribute, &name, "the Java class");
}

/// `delegateExpression="${sendLetter}"`.
pub(super) fn delegate(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let name = bean(&attribute.value);
    job(editing, attribute, &name, "the bean");
}

/// `expression="${letters.send(case)}"`, or an expression without beans, which is computed.
pub(super) fn expression(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let computes = &*editing.xml.name == "serviceTask";
    match editing.meaning(&attribute.value) {
        Ok(Meaning::Feel(feel)) if computes => {
            let script = editing.zeebe("script");
            script.set_made("expression", format!("={feel}"), attribute.offset);
            if let Some(result) = result_variable(editing) {
                let script = editing.zeebe("script");
                script.set_made("resultVariable", result.value.trim(), result.offset);
            }
        }
        Ok(_) | Err(_) => {
            let name = bean(&attribute.value);
            job(editing, attribute, &name, "the expression");
            if let Some(result) = result_variable(editing) {
                let variable = result.value.trim().to_owned();
                let origin = editing.xml;
                editing.add(
                    "taskHeaders",
                    "header",
                    origin,
                    &[("key", "resultVariable"), ("value", &variable)],
                );
                let message = format!(
                    "The worker of {} must give its result as the variable \"{variable}\"",
                    editing.label()
                );
                let way_out = "the job has a header resultVariable that says so";
                editing.hint(editing.at(result), message, way_out);
            }
        }
    }
}

/// `resultVariable`, which flowable writes in two ways.
fn result_variable<'d>(editing: &Editing<'_, 'd>) -> Option<&'d Attribute> {
    let result = editing
        .extension_attribute("resultVariable")
        .or_else(|| editing.extension_attribute("resultVariableName"));
    result.filter(|attribute| !attribute.value.trim().is_empty())
}

/// `resultVariable` itself: read by what makes the result.
pub(super) fn result(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let read = ["expression", "decisionRef", "type"]
        .iter()
        .any(|name| editing.extension_attribute(name).is_some());
    if !read {
        editing.inert(&*attribute.name, "a worker names its variables itself");
    }
}

/// The variable of a script.
pub(super) fn script_result(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let script = editing.zeebe("script");
    script.set_made("resultVariable", attribute.value.trim(), attribute.offset);
}

/// `type="external"` with its topic, and the kinds of work that the engines did themselves.
pub(super) fn kind(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let kind = attribute.value.trim();
    if kind == "external" || kind == "external-worker" {
        let Some(topic) = editing.extension_attribute("topic") else {
            let message = format!("{} is external work without topic", editing.label());
            editing.error(editing.at(attribute), message, "give it a topic");
            return;
        };
        if let Some(text) = editing.text(Written::Attribute(topic)) {
            let definition = editing.zeebe_work("taskDefinition");
            definition.set_made("type", text, topic.offset);
        }
        return;
    }
    if kind == "dmn" {
        super::decisions::service(editing, attribute);
        return;
    }
    let name = kind.to_owned();
    job(editing, attribute, &name, "the kind of work");
}

/// A connector: its id is the type of the job, its parameters are those of the task.
pub(super) fn connector<'d>(editing: &mut Editing<'_, 'd>, connector: &'d Element) {
    for child in &connector.children {
        match &*child.name {
            "connectorId" => {
                let name = child.text().trim().to_owned();
                let definition = editing.zeebe_work("taskDefinition");
                definition.set_made("type", name.as_str(), child.text_offset());
                let message = format!(
                    "{} was done by the connector \"{name}\", which is not a part of this engine",
                    editing.label()
                );
                editing.warning(child.position, message, WORKER);
            }
            "inputOutput" => mappings::input_output(editing, child),
            other => editing.inert(
                format!("{other} of connector"),
                "it has no counterpart here",
            ),
        }
    }
}

/// How often a job is tried: `R5/PT5M`, or pauses as in `PT1M,PT10M`.
pub(super) fn retries<'d>(editing: &mut Editing<'_, 'd>, cycle: &'d Element) {
    let text = cycle.text().trim();
    let prefix = editing.shared.prefix;
    let has_job = editing
        .made
        .iter()
        .any(|made| &*made.name == "taskDefinition")
        || editing.says_in_zeebe("taskDefinition");
    if !has_job {
        let what = format!("<{prefix}:failedJobRetryTimeCycle>");
        editing.inert(
            what,
            "only jobs of workers are tried again; other steps stop with an incident",
        );
        return;
    }
    let tries = match text.strip_prefix('R').and_then(|rest| rest.split_once('/')) {
        Some((tries, _)) => tries.parse::<u32>().ok(),
        None if text.starts_with('P') => u32::try_from(text.split(',').count() + 1).ok(),
        None => None,
    };
    let Some(tries) = tries else {
        let what = format!("<{prefix}:failedJobRetryTimeCycle>");
        editing.inert(what, "it is not of the form R5/PT5M or PT1M,PT10M");
        return;
    };
    let definition = editing.zeebe("taskDefinition");
    definition.set_made("retries", tries.to_string(), cycle.text_offset());
    let message = format!(
        "{} is tried {tries} times, as \"{text}\" says; the pause in between is chosen by the worker",
        editing.label()
    );
    editing.hint(
        cycle.position,
        message,
        "let the worker wait as long when it fails",
    );
}

/// Makes the element a job, and says that a worker is needed.
fn job(editing: &mut Editing<'_, '_>, attribute: &Attribute, name: &str, what: &str) {
    if name.is_empty() {
        let message = format!("{} names nothing that does its work", editing.label());
        editing.error(
            editing.at(attribute),
            message,
            "fill it in, or use an external topic",
        );
        return;
    }
    let definition = editing.zeebe_work("taskDefinition");
    definition.set_made("type", name, attribute.offset);
    let message = format!(
        "{} was done by {what} `{}`; here it is a job of the type \"{name}\"",
        editing.label(),
        attribute.value.trim()
    );
    editing.warning(editing.at(attribute), message, WORKER);
}

/// `${letters.send(case)}` as `letters.send`.
fn bean(written: &str) -> String {
    let inside = written.trim().trim_start_matches(['$', '#', '{']);
    let end = inside
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.' || c == '$'))
        .unwrap_or(inside.len());
    inside[..end].trim_matches('.').to_owned()
}
