//! Events: what is kept of an error, when a condition is looked at, and flowable's own kinds of ending.

use xml::Attribute;

use super::editing::{Editing, Written};

/// The variable that gets the code of what was caught.
pub(super) fn code_variable(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let caught = editing.caseway("caught");
    caught.set_made("codeVariable", attribute.value.trim(), attribute.offset);
}

/// The variable that gets the message of what was caught.
pub(super) fn message_variable(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let caught = editing.caseway("caught");
    caught.set_made("messageVariable", attribute.value.trim(), attribute.offset);
}

/// The variable whose change makes a condition worth looking at.
pub(super) fn variable_name(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let filter = editing.zeebe("conditionalFilter");
    filter.set_made("variableNames", attribute.value.trim(), attribute.offset);
}

/// The kinds of change; that a variable is deleted never happens here.
pub(super) fn variable_events(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let written = attribute.value.split(',').map(str::trim);
    let (kept, dropped): (Vec<&str>, Vec<&str>) =
        written.partition(|event| ["create", "update"].contains(event));
    if !kept.is_empty() {
        let filter = editing.zeebe("conditionalFilter");
        filter.set_made("variableEvents", kept.join(", "), attribute.offset);
    }
    if !dropped.is_empty() {
        let message = format!(
            "{} waits for variables to be deleted ({}), which never happens here",
            editing.label(),
            dropped.join(", ")
        );
        editing.hint(
            editing.at(attribute),
            message,
            "set the variable to null instead",
        );
    }
}

/// `skipExpression` works in flowable only if a variable switches it on.
pub(super) fn skip(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let is_read = editing.text(Written::Attribute(attribute)).is_some();
    if is_read {
        let message = format!(
            "{} can be skipped in flowable (skipExpression), and is never skipped here",
            editing.label()
        );
        let way_out = "draw an exclusive gateway that leads around the step";
        editing.warning(editing.at(attribute), message, way_out);
    }
}

/// `terminateAll`: ends the whole instance, not only the scope.
pub(super) fn terminate_all(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    if attribute.value.trim() != "true" {
        return;
    }
    let message = format!(
        "{} ends more than its own scope ({}), which is not executed",
        editing.label(),
        attribute.name
    );
    let way_out = "throw an error that the outer scope catches, and terminate there";
    editing.error(editing.at(attribute), message, way_out);
}

/// Signals reach all instances unless their scope is one instance.
pub(super) fn signal_scope(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    if attribute.value.trim() == "processInstance" {
        let made = editing.caseway("signal");
        made.set_made("scope", "instance", attribute.offset);
        let message = format!(
            "The signal {} reaches only its own instance in flowable, and all instances here",
            editing.label()
        );
        let way_out = "use an escalation, or a name with the business id in it";
        editing.warning(editing.at(attribute), message, way_out);
    }
}
