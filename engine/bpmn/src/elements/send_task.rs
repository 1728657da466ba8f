//! Send task (BPMN 2.0.2, 10.3.3.3): sends a message. With a task definition it is the job of a worker that does so;
//! otherwise the engine publishes the message itself, for whoever waits for it.
//!
//! Deviation: `implementation` and `operationRef` have no effect.

use super::{Behaviour, Element, JobDefinition, Next, job};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Trigger, Triggers, message};

/// A message that is sent.
#[derive(Debug)]
pub enum SendTask {
    /// By a program.
    Job(JobDefinition),
    /// By the engine.
    Message(Triggers),
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    if node.extension("taskDefinition").is_some() {
        return job::read(node).map(|job| Element::SendTask(SendTask::Job(job)));
    }
    if node.xml.attribute("messageRef").is_none() {
        let message = format!("{} does not say what it sends", node.label());
        let way_out = "choose a message, or give it a task definition with the type of the worker that sends it";
        node.error(message, way_out);
        return None;
    }
    let message = message::read(node, node.xml)?;
    let triggers = Triggers::one(Trigger::Message(message));
    Some(Element::SendTask(SendTask::Message(triggers)))
}

impl Behaviour for SendTask {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        match self {
            SendTask::Job(job) => job.execute(step, at),
            SendTask::Message(triggers) => triggers::throw(triggers, None, step, at),
        }
    }
}
