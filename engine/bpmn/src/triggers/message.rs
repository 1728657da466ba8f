//! Message: for one receiver, found by the name and the correlation key (BPMN 2.0.2, 10.5.5.13 and 8.4.2).
//!
//! The correlation key is zeebe's: an expression on the message, evaluated by the receiver when it begins to wait.
//! A message that starts a process needs none; that all others have one is checked in `read/events.rs`.

use feel::Expression;

use crate::read::{NodeReader, extension};
use crate::text::Text;

/// Which message an event waits for or throws.
#[derive(Debug)]
pub struct MessageTrigger {
    /// Its name.
    pub name: Text,
    /// For whom it is; evaluated by who waits.
    pub correlation: Option<Expression>,
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
) -> Option<MessageTrigger> {
    let message = node.referenced(definition, "messageRef", "message")?;
    let name = node.name_of(message, "message")?;
    let key = extension(message, "subscription")
        .and_then(|subscription| subscription.attribute_named("", "correlationKey"))
        .filter(|key| !key.value.trim().is_empty());
    let correlation = match key {
        Some(key) => Some(node.reader.attribute_expression(message, key)?),
        None => None,
    };
    Some(MessageTrigger { name, correlation })
}
