//! Error: thrown by an end event or a job, caught by a boundary event or an event subprocess (BPMN 2.0.2, 10.5.5.8 and 10.5.7).
//!
//! A catching event without error, or with an error without code, catches every error. Models of other engines may
//! name variables for the code and the message of what was caught (`caseway:caught`).

use std::sync::Arc;

use feel::{Context, Value};

use super::Position;
use crate::read::{NodeReader, caseway};
use crate::text::Text;

/// Which error an event throws or catches.
#[derive(Debug)]
pub struct ErrorTrigger {
    /// Its code; `None` catches every error.
    pub code: Option<Text>,
    /// Where it is caught: the variables that get its code and its message.
    pub caught: Caught,
}

/// The variables that tell what was caught.
#[derive(Debug, Clone, Default)]
pub struct Caught {
    /// Gets the code.
    pub code: Option<Arc<str>>,
    /// Gets the message.
    pub message: Option<Arc<str>>,
}

impl Caught {
    /// What an event definition names.
    pub(crate) fn read(definition: &xml::Element) -> Caught {
        let variable = |name: &str| {
            let written = caseway(definition, "caught")?.attribute(name)?;
            (!written.is_empty()).then(|| written.into())
        };
        Caught {
            code: variable("codeVariable"),
            message: variable("messageVariable"),
        }
    }

    /// Adds the variables to those that come with what was caught.
    pub(crate) fn add_to(&self, variables: &mut Context, code: &str, message: &str) {
        for (name, value) in [(&self.code, code), (&self.message, message)] {
            if let Some(name) = name {
                variables.insert(&**name, Value::from(value));
            }
        }
    }
}

impl ErrorTrigger {
    /// The code that an event catches; `None` for every error.
    pub fn catches(&self) -> Option<&str> {
        self.code.as_ref().and_then(Text::literal)
    }
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
    position: Position,
) -> Option<ErrorTrigger> {
    let caught = Caught::read(definition);
    if definition.attribute("errorRef").is_none() {
        if position == Position::End {
            let message = format!("{} does not say which error it throws", node.label());
            node.error_in(definition, message, "choose an error with a code");
            return None;
        }
        return Some(ErrorTrigger { code: None, caught });
    }
    let error = node.referenced(definition, "errorRef", "error")?;
    let code = read_code(node, error, "error", position == Position::End)?;
    Some(ErrorTrigger { code, caught })
}

/// The code of an error or an escalation. What throws needs one; what catches needs the code itself.
pub(super) fn read_code(
    node: &mut NodeReader<'_, '_>,
    root: &xml::Element,
    what: &str,
    throws: bool,
) -> Option<Option<Text>> {
    let written = root.attribute_named("", &format!("{what}Code"));
    let code = written.and_then(|written| node.reader.attribute_text(root, written));
    if throws && code.is_none() {
        let message = format!("{} throws an {what} without code", node.label());
        node.error_in(root, message, &format!("give the {what} a code"));
        return None;
    }
    if !throws && matches!(code, Some(Text::Feel(_))) {
        let message = format!(
            "{} catches an {what} whose code is an expression",
            node.label()
        );
        node.error_in(root, message, "write the code itself");
        return None;
    }
    Some(code)
}
