//! Decisions that are asked.

use xml::Attribute;

use super::editing::{Editing, Written};

/// `decisionRef` with its binding, result variable and shape of the result.
pub(super) fn reference(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let Some(id) = editing.text(Written::Attribute(attribute)) else {
        return;
    };
    let called = editing.zeebe("calledDecision");
    called.set_made("decisionId", id, attribute.offset);
    let result = editing.extension_attribute("resultVariable");
    let called = editing.zeebe("calledDecision");
    match result.filter(|result| !result.value.trim().is_empty()) {
        Some(result) => called.set_made("resultVariable", result.value.trim(), result.offset),
        None => local_result(editing, attribute),
    }
    binding(editing, "decisionRef", "calledDecision");
    let shape = editing.extension_attribute("mapDecisionResult");
    let shape = shape
        .map_or("resultList", |shape| shape.value.trim())
        .to_owned();
    let made = editing.caseway("decisionResult");
    made.set_made("shape", shape, attribute.offset);
}

/// camunda 7 shows the result to output parameters under this name, and to nobody else.
fn local_result(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    const NAME: &str = "decisionResult";
    let called = editing.zeebe("calledDecision");
    called.set_made("resultVariable", NAME, attribute.offset);
    let origin = editing.xml;
    editing.add(
        "ioMapping",
        "input",
        origin,
        &[("source", "=null"), ("target", NAME)],
    );
}

/// `flowable:type="dmn"`: the fields say which decision.
pub(super) fn service(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let fields = editing
        .extensions()
        .iter()
        .filter(|child| &*child.name == "field");
    let key = fields
        .filter(|field| {
            [
                "decisionTableReferenceKey",
                "decisionServiceReferenceKey",
                "decisionReferenceKey",
            ]
            .contains(&field.attribute("name").unwrap_or_default())
        })
        .find_map(|field| {
            let child = field.children.first().map(|child| child.text().trim());
            field.attribute("stringValue").or(child)
        });
    let Some(key) = key else {
        let message = format!("{} does not say which decision it asks", editing.label());
        let way_out = "name it in a field decisionTableReferenceKey";
        editing.error(editing.at(attribute), message, way_out);
        return;
    };
    let called = editing.zeebe("calledDecision");
    called.set_made("decisionId", key, attribute.offset);
    called.set_made("resultVariable", key, attribute.offset);
    let made = editing.caseway("decisionResult");
    made.set_made("shape", "variables", attribute.offset);
}

/// Which version is meant: the latest, that of the deployment, or one with a tag.
pub(super) fn binding(editing: &mut Editing<'_, '_>, what: &str, element: &str) {
    let Some(binding) = editing.extension_attribute(&format!("{what}Binding")) else {
        return;
    };
    let kind = binding.value.trim();
    match kind {
        "latest" | "" => {}
        "deployment" => {
            editing
                .zeebe(element)
                .set_made("bindingType", "deployment", binding.offset)
        }
        "versionTag" => {
            let tag = editing.extension_attribute(&format!("{what}VersionTag"));
            let tag = tag.map_or("", |tag| tag.value.trim());
            let called = editing.zeebe(element);
            called.set_made("bindingType", "versionTag", binding.offset);
            called.set_made("versionTag", tag, binding.offset);
        }
        _ => {
            let message = format!(
                "{} names a version by its number ({kind}), which means another one here",
                editing.label()
            );
            let way_out = "use a version tag, or the latest version";
            editing.error(editing.at(binding), message, way_out);
        }
    }
}
