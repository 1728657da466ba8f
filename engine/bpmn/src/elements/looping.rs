//! Activities that are done several times (BPMN 2.0.2, 10.3.8): what the model says. `step/looping.rs` does it.
//!
//! Such an activity has two kinds of visits: the *body*, on which boundary events stand, and inside it the
//! *items*, which do what the activity does.

use super::multi_instance::{self, MultiInstance};
use super::standard_loop::{self, StandardLoop};
use crate::read::NodeReader;

/// How often an activity is done.
#[derive(Debug)]
pub enum Loop {
    /// Again and again, while a condition holds.
    Standard(StandardLoop),
    /// Once for each item.
    MultiInstance(MultiInstance),
}

impl Loop {
    /// Whether one item is done after another.
    pub fn is_sequential(&self) -> bool {
        match self {
            Loop::Standard(_) => true,
            Loop::MultiInstance(multi) => multi.sequential,
        }
    }
}

/// Reads the loop of an activity; `None` where it has none, or a wrong one, which the report then says.
pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Loop> {
    let standard = node.child("standardLoopCharacteristics");
    let multi = node.child("multiInstanceLoopCharacteristics");
    if let (Some(_), Some(second)) = (standard, multi) {
        let message = format!("{} is a loop and multi-instance at once", node.label());
        node.error_in(second, message, "remove one of the two markers");
        return None;
    }
    if let Some(xml) = standard {
        return standard_loop::read(node, xml).map(Loop::Standard);
    }
    multi_instance::read(node, multi?).map(Loop::MultiInstance)
}
