//! Condition: an expression that becomes true (BPMN 2.0.2, 10.5.5.5).
//!
//! It is looked at when it begins to be awaited, and again when a command has changed a variable that it reads. It happens
//! when it *becomes* true: what was true before and still is does not happen again. `zeebe:conditionalFilter` says
//! which variables are looked at in place of those that are read, and whether only new ones or only changed ones count.
//!
//! At the beginning of a process a condition has no instance whose variables could change: it is asked with
//! the variables that somebody gives.

use feel::Expression;

use crate::read::{NodeReader, extension};
use crate::text::split_commas;

/// Which condition an event waits for.
#[derive(Debug)]
pub struct ConditionalTrigger {
    /// What has to become true.
    pub condition: Expression,
    /// Names of the variables whose change makes it be looked at; those that it reads where absent.
    pub variables: Option<Vec<String>>,
    /// Whether a variable that is new makes it be looked at.
    pub on_create: bool,
    /// Whether a variable that has another value makes it be looked at.
    pub on_update: bool,
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
) -> Option<ConditionalTrigger> {
    let condition = definition.child(crate::read::BPMN, "condition");
    let Some(condition) = condition.filter(|condition| !condition.text().trim().is_empty()) else {
        let message = format!("{} has no condition", node.label());
        node.error_in(
            definition,
            message,
            "write one, for example \"=risk = \"high\"\"",
        );
        return None;
    };
    let expression = node.reader.content_expression(node.xml, condition)?;
    let filter = extension(definition, "conditionalFilter");
    let names = filter
        .and_then(|filter| filter.attribute("variableNames"))
        .map(split_commas);
    let events = filter
        .and_then(|filter| filter.attribute("variableEvents"))
        .map(split_commas)
        .filter(|events| !events.is_empty());
    for event in events.iter().flatten() {
        if event != "create" && event != "update" {
            let message = format!("{} looks at variables when they \"{event}\"", node.label());
            node.error_in(definition, message, "write create, update, or both");
        }
    }
    let counts = |event: &str| {
        events
            .as_ref()
            .is_none_or(|events| events.iter().any(|name| name == event))
    };
    Some(ConditionalTrigger {
        condition: expression,
        variables: names.filter(|names| !names.is_empty()),
        on_create: counts("create"),
        on_update: counts("update"),
    })
}

impl ConditionalTrigger {
    /// The variables whose change makes the condition be looked at.
    pub fn looks_at(&self) -> &[String] {
        self.variables.as_deref().unwrap_or(self.condition.reads())
    }
}
