//! The rules for what is waited for that need the whole process: event-based gateways, and who a message is for.

use xml::{Element as Xml, Problem, Severity};

use super::process::Draft;
use super::reader::{Reader, about, label};
use crate::definition::{FlowNode, NodeIndex, instantiating_gateway};
use crate::elements::{Element, EventBasedGateway};
use crate::triggers::Trigger;

/// Applies the rules to all nodes that are not refused.
pub(super) fn check<'d>(reader: &mut Reader<'d>, draft: &Draft<'d>) {
    for (position, node) in draft.nodes.iter().enumerate() {
        let index = NodeIndex(position as u32);
        if draft.refused.contains(&index) {
            continue;
        }
        let xml = draft.node_xml[position];
        if let Element::EventBasedGateway(gateway) = &node.element {
            check_gateway(reader, draft, node, gateway, xml);
        }
        check_receive_task(reader, node, xml);
        check_messages(reader, draft, index, xml);
    }
}

fn error(reader: &mut Reader<'_>, xml: &Xml, message: String, way_out: &str) {
    reader.push(about(Problem::error(xml.position, message, way_out), xml));
}

fn warning(reader: &mut Reader<'_>, xml: &Xml, message: String, way_out: &str) {
    let problem = Problem::error(xml.position, message, way_out);
    let problem = Problem {
        severity: Severity::Warning,
        ..problem
    };
    reader.push(about(problem, xml));
}

fn check_gateway(
    reader: &mut Reader<'_>,
    draft: &Draft<'_>,
    node: &FlowNode,
    gateway: &EventBasedGateway,
    xml: &Xml,
) {
    let name = label(xml);
    if gateway.instantiates && node.scope.is_some() {
        let message = format!("{name} starts a process, but lies in a subprocess");
        let way_out = "draw it in the process itself, or remove instantiate=\"true\"";
        error(reader, xml, message, way_out);
    } else if gateway.instantiates && !node.incoming.is_empty() {
        let message = format!("{name} starts the process, but a flow leads to it");
        let way_out = "delete the flow, or remove instantiate=\"true\"";
        error(reader, xml, message, way_out);
    }
    if node.outgoing.len() < 2 {
        let message = format!("{name} has fewer than two events behind it");
        warning(reader, xml, message, "draw the events that it waits for");
    }
    for flow in &node.outgoing {
        let flow = &draft.flows[flow.0 as usize];
        if flow.condition.is_some() {
            let message = format!(
                "The flow \"{}\" leads to an event that decides the way; its condition has no effect",
                flow.name.as_ref().unwrap_or(&flow.id)
            );
            warning(reader, xml, message, "remove the condition");
        }
        if !draft.refused.contains(&flow.target) {
            check_event_behind(reader, draft, flow.target, &name);
        }
    }
}

fn check_event_behind(reader: &mut Reader<'_>, draft: &Draft<'_>, event: NodeIndex, gateway: &str) {
    let node = &draft.nodes[event.0 as usize];
    let xml = draft.node_xml[event.0 as usize];
    let name = label(xml);
    let begins = format!("{name} stands behind the event-based gateway {gateway}, and");
    let waits = matches!(
        node.element,
        Element::IntermediateCatchEvent(_) | Element::ReceiveTask(_)
    );
    if !waits {
        let way_out = "draw a catch event or a receive task directly behind the gateway";
        return error(reader, xml, format!("{begins} waits for nothing"), way_out);
    }
    if node.incoming.len() > 1 {
        let message =
            format!("Another flow than that of the event-based gateway {gateway} leads to {name}");
        let way_out = "let the other flow lead to the step behind it, or to an event of its own";
        error(reader, xml, message, way_out);
    }
    if !node.boundaries.is_empty() {
        let way_out = "draw what they wait for behind the gateway too";
        error(
            reader,
            xml,
            format!("{begins} has boundary events"),
            way_out,
        );
    }
    if node.looping.is_some() {
        let way_out = "draw the loop behind it";
        error(reader, xml, format!("{begins} is a loop"), way_out);
    }
}

fn check_receive_task(reader: &mut Reader<'_>, node: &FlowNode, xml: &Xml) {
    let Element::ReceiveTask(task) = &node.element else {
        return;
    };
    if !task.instantiates {
        return;
    }
    let name = label(xml);
    if !node.incoming.is_empty() {
        let message = format!("{name} is marked to start the process, but a flow leads to it");
        let way_out = "delete the flow, or remove instantiate=\"true\"";
        warning(reader, xml, message, way_out);
    } else if node.looping.is_some() {
        let message = format!("{name} starts the process, and is a loop");
        error(reader, xml, message, "draw the loop behind it");
    }
}

/// Who waits inside an instance must say which message is for this instance.
fn check_messages(reader: &mut Reader<'_>, draft: &Draft<'_>, index: NodeIndex, xml: &Xml) {
    let node = &draft.nodes[index.0 as usize];
    let starts_only = draft.parts.entries.contains(&index) && !is_also_awaited(draft, index);
    let throws = matches!(
        node.element,
        Element::EndEvent(_) | Element::IntermediateThrowEvent(_) | Element::SendTask(_)
    );
    if starts_only || throws {
        return;
    }
    for trigger in node.element.triggers().iter() {
        if let Trigger::Message(message) = trigger
            && message.correlation.is_none()
        {
            let message = format!("{} waits for a message without correlation key", label(xml));
            let way_out = "say with a zeebe:subscription on the message for which case it is, for example correlationKey=\"=caseId\"";
            error(reader, xml, message, way_out);
            return;
        }
    }
}

/// Whether what starts an instance is awaited by instances that something else started.
fn is_also_awaited(draft: &Draft<'_>, entry: NodeIndex) -> bool {
    let node = &draft.nodes[entry.0 as usize];
    let gateway = instantiating_gateway(&draft.nodes, &draft.flows, entry);
    let gateway = gateway.map(|gateway| &draft.nodes[gateway.0 as usize].element);
    node.element.triggers().all
        || matches!(gateway, Some(Element::EventBasedGateway(gateway)) if gateway.all)
}
