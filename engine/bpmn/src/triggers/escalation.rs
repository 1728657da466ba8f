//! Escalation: something that somebody further out should know of, thrown by an event, a person or a called process
//! (BPMN 2.0.2, 10.5.5.9 and 10.5.7).
//!
//! It is caught by the innermost event that fits, interrupting or not: one that names the code before one that names none. What
//! nothing catches has no effect but a line in the history. Where several fit at one place only the first happens.

use super::Position;
use super::error::{Caught, read_code};
use crate::read::NodeReader;
use crate::text::Text;

/// Which escalation an event throws or catches.
#[derive(Debug)]
pub struct EscalationTrigger {
    /// Its code; `None` catches every escalation.
    pub code: Option<Text>,
    /// Where it is caught: the variable that gets its code.
    pub caught: Caught,
}

impl EscalationTrigger {
    /// The code that an event catches; `None` for every escalation.
    pub fn catches(&self) -> Option<&str> {
        self.code.as_ref().and_then(Text::literal)
    }
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
    position: Position,
) -> Option<EscalationTrigger> {
    let caught = Caught::read(definition);
    let throws = matches!(position, Position::Throw | Position::End);
    if definition.attribute("escalationRef").is_none() && !throws {
        return Some(EscalationTrigger { code: None, caught });
    }
    let escalation = node.referenced(definition, "escalationRef", "escalation")?;
    let code = read_code(node, escalation, "escalation", throws)?;
    Some(EscalationTrigger { code, caught })
}
