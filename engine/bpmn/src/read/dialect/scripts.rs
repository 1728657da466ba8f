//! Script tasks of the dialects: FEEL and JUEL are computed, other languages are work for a worker.

use xml::{Attribute, Element};

use super::editing::{Editing, Written};
use crate::read::BPMN;

/// What a script task computes, where zeebe's words do not say it.
pub(super) fn complete(editing: &mut Editing<'_, '_>) {
    let xml = editing.xml;
    let said = ["script", "taskDefinition"]
        .iter()
        .any(|name| editing.says_in_zeebe(name));
    if !xml.is(BPMN, "scriptTask") || said {
        return;
    }
    let format = xml.attribute("scriptFormat").unwrap_or_default().trim();
    let resource = editing.extension_attribute("resource");
    let script = xml.child(BPMN, "script");
    let script = script.filter(|script| !script.text().trim().is_empty());
    let language = format.to_ascii_lowercase();
    if resource.is_none() && language.contains("feel") {
        if let Some(script) = script {
            let text = script.text().trim();
            let text = text.strip_prefix('=').unwrap_or(text);
            computed(editing, script, format!("={text}"));
        }
    } else if resource.is_none() && language == "juel" {
        if let Some(script) = script
            && let Some(feel) = editing.feel(Written::Text(script))
        {
            computed(editing, script, format!("={feel}"));
        }
    } else if resource.is_some() || script.is_some() {
        job(editing, script, resource, &language);
    }
}

fn computed(editing: &mut Editing<'_, '_>, script: &Element, expression: String) {
    let made = editing.zeebe("script");
    made.set_made("expression", expression, script.text_offset());
    if let Some(result) = editing.extension_attribute("resultVariable") {
        let made = editing.zeebe("script");
        made.set_made("resultVariable", result.value.trim(), result.offset);
    }
}

/// The worker gets the language as type and the script in the headers.
fn job(
    editing: &mut Editing<'_, '_>,
    script: Option<&Element>,
    resource: Option<&Attribute>,
    language: &str,
) {
    let xml = editing.xml;
    let language = if language.is_empty() {
        "script"
    } else {
        language
    };
    let definition = editing.zeebe("taskDefinition");
    definition.set_made("type", language, xml.span.start);
    let script = script.map(|script| ("script", script.text().trim()));
    let resource = resource.map(|resource| ("resource", resource.value.trim()));
    let result = editing.extension_attribute("resultVariable");
    let result = result.map(|result| ("resultVariable", result.value.trim()));
    for (key, value) in script.into_iter().chain(resource).chain(result) {
        editing.add(
            "taskHeaders",
            "header",
            xml,
            &[("key", key), ("value", value)],
        );
    }
    let message = format!(
        "{} is a script in {language}, which is not executed here; it is a job of the type \"{language}\", \
         with the script in its headers",
        editing.label()
    );
    let way_out = "let a worker do the jobs of this type, or write the script in FEEL";
    editing.warning(xml.position, message, way_out);
}
