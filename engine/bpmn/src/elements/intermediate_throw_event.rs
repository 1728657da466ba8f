//! Intermediate throw event (BPMN 2.0.2, 10.5.4): without trigger a milestone that is passed at once; with one, it
//! makes something happen and goes on, at once or when that is done.

use super::{Behaviour, Element, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Position, Triggers};

/// Something that happens between two steps.
#[derive(Debug)]
pub struct IntermediateThrowEvent {
    /// What it makes happen.
    pub triggers: Triggers,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let triggers = triggers::read(node, Position::Throw)?;
    Some(Element::IntermediateThrowEvent(IntermediateThrowEvent {
        triggers,
    }))
}

impl Behaviour for IntermediateThrowEvent {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        triggers::throw(&self.triggers, step, at)
    }
}
