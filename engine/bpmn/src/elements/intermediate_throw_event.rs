//! Intermediate throw event (BPMN 2.0.2, 10.5.4): without trigger a milestone that is passed at once; with one, it
//! makes something happen and goes on, at once or when that is done.

use super::{Behaviour, Element, JobDefinition, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Position, Triggers};

/// Something that happens between two steps.
#[derive(Debug)]
pub struct IntermediateThrowEvent {
    /// What it makes happen.
    pub triggers: Triggers,
    /// The worker that sends its message, where not the engine does.
    pub job: Option<JobDefinition>,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let triggers = triggers::read(node, Position::Throw)?;
    let job = triggers::read_job(node, &triggers);
    Some(Element::IntermediateThrowEvent(IntermediateThrowEvent {
        triggers,
        job,
    }))
}

impl Behaviour for IntermediateThrowEvent {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        triggers::throw(&self.triggers, self.job.as_ref(), step, at)
    }
}
