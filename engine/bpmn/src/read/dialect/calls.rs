//! Called processes, and what goes in and comes back.
//!
//! camunda 7 and flowable pass nothing unless the model says so; zeebe passes everything unless it says otherwise.

use xml::{Attribute, Element};

use super::decisions;
use super::editing::{Editing, Written};
use super::juel;
use super::mappings::results_rise;
use crate::read::BPMN;

/// Says of a call activity what its dialect leaves unsaid.
pub(super) fn complete(editing: &mut Editing<'_, '_>) {
    if !editing.xml.is(BPMN, "callActivity") || editing.says_in_zeebe("calledElement") {
        return;
    }
    let Some(attribute) = editing.xml.attribute_named("", "calledElement") else {
        return;
    };
    let Some(process) = editing.text(Written::Attribute(attribute)) else {
        return;
    };
    let offset = attribute.offset;
    let called = editing.zeebe("calledElement");
    called.set_made("processId", process, offset);
    for flag in ["propagateAllParentVariables", "propagateAllChildVariables"] {
        if called.attribute(flag).is_none() {
            called.set_made(flag, "false", offset);
        }
    }
}

/// `calledElementBinding` with its version or tag.
pub(super) fn binding(editing: &mut Editing<'_, '_>, _: &Attribute) {
    decisions::binding(editing, "calledElement", "calledElement");
}

/// `<in .../>`: what goes to the called process, or into a signal.
pub(super) fn input<'d>(editing: &mut Editing<'_, 'd>, input: &'d Element) {
    let known = [
        "source",
        "sourceExpression",
        "target",
        "variables",
        "businessKey",
        "local",
        "transient",
    ];
    editing.only(input, &known);
    if input.attribute("variables") == Some("all") {
        if &*editing.xml.name == "callActivity" {
            let offset = input.span.start;
            let called = editing.zeebe("calledElement");
            called.set_made("propagateAllParentVariables", "true", offset);
        } else {
            editing.inert("variables of in", "a signal takes along what is named");
        }
    }
    if input.attribute("local") == Some("true") {
        let message = format!(
            "{} passes only its own variables there; here those around it too",
            editing.label()
        );
        let way_out = "name the variables one by one if this matters";
        editing.hint(input.position, message, way_out);
    }
    if let Some(attribute) = input.attribute_named("", "businessKey")
        && let Some(key) = editing.text(Written::Attribute(attribute))
        && key != "=caseway.businessId"
    {
        let called = editing.zeebe("calledElement");
        called.set_made("businessId", key, attribute.offset);
    }
    mapping(editing, input, "input");
}

/// `<out .../>`: what comes back.
pub(super) fn output<'d>(editing: &mut Editing<'_, 'd>, output: &'d Element) {
    editing.only(
        output,
        &["source", "sourceExpression", "target", "variables", "local"],
    );
    if output.attribute("variables") == Some("all") {
        let offset = output.span.start;
        let called = editing.zeebe("calledElement");
        called.set_made("propagateAllChildVariables", "true", offset);
        results_rise(editing);
    }
    if output.attribute("local") == Some("true") {
        editing.inert(
            "local of out",
            "what comes back goes to where its variable is",
        );
    }
    mapping(editing, output, "output");
}

/// A mapping from `source` or `sourceExpression` to `target`.
pub(super) fn mapping<'d>(editing: &mut Editing<'_, 'd>, part: &'d Element, direction: &str) {
    let source = if let Some(variable) = part.attribute("source") {
        Some(juel::name(variable.trim()))
    } else if let Some(attribute) = part.attribute_named("", "sourceExpression") {
        match editing.feel(Written::Attribute(attribute)) {
            Some(feel) => Some(feel),
            None => return,
        }
    } else {
        None
    };
    let Some(source) = source else {
        return;
    };
    let target = part.attribute("target").unwrap_or_default().trim();
    if target.is_empty() {
        let message = format!("{} passes a variable without target", editing.label());
        editing.error(part.position, message, "name the target");
        return;
    }
    let source = format!("={source}");
    editing.add(
        "ioMapping",
        direction,
        part,
        &[("source", &source), ("target", target)],
    );
}

/// `inheritVariables` of flowable: everything goes along.
pub(super) fn inherit(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let called = editing.zeebe("calledElement");
    called.set_made(
        "propagateAllParentVariables",
        attribute.value.trim(),
        attribute.offset,
    );
}

/// `businessKey` of flowable.
pub(super) fn business_key(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    if let Some(key) = editing.text(Written::Attribute(attribute))
        && key != "=caseway.businessId"
    {
        let called = editing.zeebe("calledElement");
        called.set_made("businessId", key, attribute.offset);
    }
}

/// `sameDeployment` of flowable.
pub(super) fn same_deployment(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    if attribute.value.trim() == "true" {
        let called = editing.zeebe("calledElement");
        called.set_made("bindingType", "deployment", attribute.offset);
    }
}

/// `calledElementType` of flowable: by key, or by the id of a version in its own database.
pub(super) fn element_type(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    if attribute.value.trim() == "id" {
        let message = format!(
            "{} calls a process by an id of another database",
            editing.label()
        );
        editing.error(editing.at(attribute), message, "call it by its key");
    }
}
