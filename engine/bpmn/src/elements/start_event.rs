//! Start event (BPMN 2.0.2, 10.5.2): where a process or subprocess begins.
//!
//! Without trigger, a process begins here when it is asked to and a subprocess when it is reached. With a trigger, a
//! process begins here when it happens (the runtime keeps who waits for what), and an event subprocess when it happens
//! while the scope around it runs: `isInterrupting` (the default) ends everything else in that scope.

use super::{Behaviour, Element, FormReference, Next, binding};
use crate::read::{NodeReader, caseway};
use crate::step::{At, Failure, Stepper};
use crate::triggers::{self, Position, Trigger, Triggers};

/// Where a process or subprocess begins.
#[derive(Debug)]
pub struct StartEvent {
    /// The form that is filled in to start the process.
    pub form: Option<FormReference>,
    /// The variable that gets the name of who starts the process: an extension of other engines.
    pub initiator: Option<String>,
    /// What makes it happen; nothing for a none start event.
    pub triggers: Triggers,
    /// Of an event subprocess: whether it ends everything else in the scope around it.
    pub interrupting: bool,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let form = binding::read_form(node);
    let initiator = caseway(node.xml, "initiator").and_then(|made| made.attribute("variable"));
    let initiator = initiator.map(str::to_owned);
    let position = if node.in_event_subprocess {
        Position::EventSubprocessStart
    } else {
        Position::Start
    };
    let triggers = triggers::read(node, position)?;
    if node.in_event_subprocess && triggers.is_none() {
        let message = format!("{} does not say what makes it happen", node.label());
        let way_out = "give it a trigger: an event subprocess begins when something happens";
        node.error(message, way_out);
        return None;
    }
    let interrupting = node.xml.attribute("isInterrupting") != Some("false");
    let error = |trigger: &Trigger| matches!(trigger, Trigger::Error(_));
    if node.in_event_subprocess && triggers.iter().any(error) && !interrupting {
        let message = format!("{} catches an error without ending its scope", node.label());
        node.error(
            message,
            "an error always ends it: remove isInterrupting=\"false\"",
        );
        return None;
    }
    Some(Element::StartEvent(StartEvent {
        form,
        initiator,
        triggers,
        interrupting,
    }))
}

impl Behaviour for StartEvent {
    /// A parallel multiple event that has started the process awaits the rest of its definitions in the instance.
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let waiting = step.left_to_occur(at)?;
        if waiting.is_empty() {
            return Ok(Next::Complete);
        }
        step.wait_for(waiting, at.key);
        Ok(Next::Wait)
    }
}
