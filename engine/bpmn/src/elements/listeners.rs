//! Listeners: jobs that workers do while a step or the process begins or ends.
//!
//! The standard knows none; they are zeebe's (`zeebe:executionListeners`), and every one of them is a job that holds up the
//! visit until it is done, one after another in document order. `start` comes after the input mappings and before
//! anything is listened to, `end` after the output mappings and before a flow is taken, `beforeAll` before the items of a
//! multi-instance activity are counted. Of a multi-instance activity the items have `start` and `end`.
//!
//! What a `start` or `beforeAll` listener gives becomes variables of the visit, what an `end` listener gives goes where
//! output mappings go. An error that a worker throws from a listener is one of the activity: its boundary events catch it,
//! then the scopes around it; uncaught it is an incident.
//!
//! Refused by name: what zeebe refuses (`start` on start and boundary events, `end` on gateways and on what ends by
//! throwing an error, anything on a compensation boundary event), what begins without being reached (instantiating gateways and receive
//! tasks), complex gateways, and `cancel` listeners of a process: cancelling does not wait here.

use super::{Element, JobDefinition, Loop, job};
use crate::ListenerEvent;
use crate::read::{NodeReader, Reader, ZEEBE};
use crate::triggers::Trigger;

/// A job that is done while a step or the process begins or ends.
#[derive(Debug)]
pub struct Listener {
    /// When.
    pub event: ListenerEvent,
    /// What.
    pub job: JobDefinition,
}

const MOVE: &str = "move what it does to a step of its own, before or after";

/// Reads the listeners of a flow node.
pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    element: &Element,
    looping: Option<&Loop>,
) -> Vec<Listener> {
    let listeners = execution_listeners(node);
    let Some(written) = node.extension("executionListeners") else {
        return listeners;
    };
    for listener in &listeners {
        let Some(reason) = misplaced(listener.event, element, looping) else {
            continue;
        };
        let message = format!(
            "{} has a listener \"{}\", and {reason}",
            node.label(),
            listener.event.as_str()
        );
        node.error_in(written, message, MOVE);
    }
    listeners
}

/// Reads the listeners of a process.
pub(crate) fn read_of_process<'d>(reader: &mut Reader<'d>, xml: &'d xml::Element) -> Vec<Listener> {
    let mut node = NodeReader {
        reader,
        xml,
        in_event_subprocess: false,
    };
    let listeners = execution_listeners(&mut node);
    if listeners
        .iter()
        .any(|l| l.event == ListenerEvent::BeforeAll)
    {
        let message = format!("{} has a listener \"beforeAll\" and no items", node.label());
        node.error(message, "make it a \"start\" listener");
    }
    listeners
}

fn execution_listeners(node: &mut NodeReader<'_, '_>) -> Vec<Listener> {
    let written = node.extension("executionListeners");
    let written = written.into_iter().flat_map(|all| &all.children);
    let mut listeners = Vec::new();
    for one in written.filter(|one| one.is(ZEEBE, "executionListener")) {
        let event = match one.attribute("eventType").unwrap_or_default() {
            "start" => ListenerEvent::Start,
            "end" => ListenerEvent::End,
            "beforeAll" => ListenerEvent::BeforeAll,
            "cancel" => {
                let message = format!(
                    "{} has a listener \"cancel\", and cancelling does not wait for a worker",
                    node.label()
                );
                let way_out = "let the program that cancels do this work, or end the process at a terminate end event";
                node.error_in(one, message, way_out);
                continue;
            }
            other => {
                let message = format!(
                    "{} has a listener with the event type \"{other}\", which does not exist",
                    node.label()
                );
                node.error_in(one, message, "write start or end");
                continue;
            }
        };
        let job = job::read_listener(node, one);
        listeners.extend(job.map(|job| Listener { event, job }));
    }
    listeners
}

/// Why a listener cannot stand here.
fn misplaced(
    event: ListenerEvent,
    element: &Element,
    looping: Option<&Loop>,
) -> Option<&'static str> {
    let triggered_by = |wanted: fn(&Trigger) -> bool| element.triggers().iter().any(wanted);
    if matches!(element, Element::BoundaryEvent(_))
        && triggered_by(|trigger| matches!(trigger, Trigger::Compensation(_)))
    {
        return Some("nothing happens at a compensation boundary event");
    }
    match event {
        ListenerEvent::BeforeAll => (!matches!(looping, Some(Loop::MultiInstance(_))))
            .then_some("only multi-instance activities have items before which it comes"),
        ListenerEvent::Start => no_start(element),
        ListenerEvent::End if element.is_gateway() => Some("a gateway only chooses the way"),
        ListenerEvent::End => {
            let is_over = matches!(element, Element::EndEvent(_))
                && triggered_by(|t| matches!(t, Trigger::Error(_) | Trigger::Cancel));
            is_over.then_some("it is over as soon as it has thrown")
        }
    }
}

/// Why nothing can be done when an element begins.
fn no_start(element: &Element) -> Option<&'static str> {
    let begins_process = matches!(element, Element::EventBasedGateway(gateway) if gateway.instantiates)
        || matches!(element, Element::ReceiveTask(task) if task.instantiates);
    if matches!(element, Element::StartEvent(_) | Element::BoundaryEvent(_)) {
        Some("such an event has happened when it is reached")
    } else if begins_process {
        Some("it is not reached but begins the process")
    } else if matches!(element, Element::ComplexGateway(_)) {
        Some("a complex gateway does not wait for workers")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
