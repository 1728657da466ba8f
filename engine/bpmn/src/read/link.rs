//! Connects what refers to each other: flows to nodes, boundary events to activities, subprocesses to their starts.

use std::sync::Arc;

use xml::{Element as Xml, Problem};

use super::process::Draft;
use super::reader::{Reader, about, label};
use super::{BPMN, local_name};
use crate::definition::{FlowIndex, NodeIndex, SequenceFlow};
use crate::elements::Element;

/// Sequence flows, their conditions, and the default flows.
pub(super) fn flows<'d>(reader: &mut Reader<'d>, draft: &mut Draft<'d>) {
    for (xml, scope) in std::mem::take(&mut draft.flow_xml) {
        let id = reader.unique_id(xml, "sequence flow");
        let condition = xml.child(BPMN, "conditionExpression");
        let condition = condition
            .filter(|condition| !condition.text().trim().is_empty())
            .map(|condition| reader.content_expression(xml, condition));
        let source = end(reader, draft, xml, "sourceRef", scope);
        let target = end(reader, draft, xml, "targetRef", scope);
        let (Some(id), Some(source), Some(target)) = (id, source, target) else {
            continue;
        };
        let index = FlowIndex(draft.flows.len() as u32);
        draft.nodes[source.0 as usize].outgoing.push(index);
        draft.nodes[target.0 as usize].incoming.push(index);
        let id: Arc<str> = id.into();
        draft.flow_index.insert(id.clone(), index);
        let name = xml.attribute("name").filter(|name| !name.trim().is_empty());
        draft.flows.push(SequenceFlow {
            id,
            name: name.map(Into::into),
            source,
            target,
            condition: condition.flatten(),
        });
    }
    defaults(reader, draft);
}

/// One end of a flow.
fn end(
    reader: &mut Reader<'_>,
    draft: &Draft<'_>,
    flow: &Xml,
    attribute: &str,
    scope: Option<NodeIndex>,
) -> Option<NodeIndex> {
    let which = if attribute == "sourceRef" {
        "begins"
    } else {
        "ends"
    };
    let way_out = "connect the flow to an element, or delete it";
    let reference = flow.attribute(attribute).unwrap_or_default();
    let Some(index) = draft.index.get(local_name(reference)).copied() else {
        let message = if reference.is_empty() {
            format!("The flow {} {which} nowhere", label(flow))
        } else {
            format!(
                "The flow {} {which} at \"{reference}\", which does not exist",
                label(flow)
            )
        };
        reader.push(about(Problem::error(flow.position, message, way_out), flow));
        return None;
    };
    if draft.nodes[index.0 as usize].scope != scope {
        let message = format!(
            "The flow {} {which} in another subprocess than the one it lies in",
            label(flow)
        );
        let way_out =
            "flows do not cross the border of a subprocess: connect the subprocess itself";
        reader.push(about(Problem::error(flow.position, message, way_out), flow));
        return None;
    }
    Some(index)
}

fn defaults(reader: &mut Reader<'_>, draft: &mut Draft<'_>) {
    for (position, xml) in draft.node_xml.iter().enumerate() {
        let Some(reference) = xml.attribute("default") else {
            continue;
        };
        let index = draft.flow_index.get(local_name(reference)).copied();
        let node = &mut draft.nodes[position];
        node.default = index.filter(|index| node.outgoing.contains(index));
        if node.default.is_none() {
            let message = format!(
                "The default flow \"{reference}\" of {} is not one of its outgoing flows",
                label(xml)
            );
            let way_out = "choose one of its outgoing flows as default";
            reader.push(about(Problem::error(xml.position, message, way_out), xml));
        }
    }
}

/// Boundary events to the activities that they stand on.
pub(super) fn boundaries(reader: &mut Reader<'_>, draft: &mut Draft<'_>) {
    for position in 0..draft.nodes.len() {
        let xml = draft.node_xml[position];
        if !xml.is(BPMN, "boundaryEvent") {
            continue;
        }
        let reference = xml.attribute("attachedToRef").unwrap_or_default();
        let host = draft.index.get(local_name(reference)).copied();
        let fits = host.is_some_and(|host| {
            let host = &draft.nodes[host.0 as usize];
            host.element.is_activity() && host.scope == draft.nodes[position].scope
        });
        if let Some(host) = host.filter(|_| fits) {
            let index = NodeIndex(position as u32);
            draft.nodes[host.0 as usize].boundaries.push(index);
            continue;
        }
        let message = match reference {
            "" => format!("{} stands on no activity", label(xml)),
            other if host.is_none() => {
                format!("{} stands on \"{other}\", which does not exist", label(xml))
            }
            other => format!(
                "{} stands on \"{other}\", which is not an activity beside it",
                label(xml)
            ),
        };
        let way_out = "attach it to a task or subprocess";
        reader.push(about(Problem::error(xml.position, message, way_out), xml));
    }
}

/// The start events of the process and of its subprocesses; gives that of the process.
pub(super) fn starts(reader: &mut Reader<'_>, draft: &mut Draft<'_>) -> Option<NodeIndex> {
    let process = start_of(reader, draft, None, draft.xml);
    for position in 0..draft.nodes.len() {
        let index = NodeIndex(position as u32);
        if draft.refused.contains(&index) {
            continue;
        }
        if matches!(draft.nodes[position].element, Element::Subprocess(_)) {
            let start = start_of(reader, draft, Some(index), draft.node_xml[position]);
            if let Element::Subprocess(subprocess) = &mut draft.nodes[position].element {
                subprocess.start = start;
            }
        }
    }
    process
}

fn start_of(
    reader: &mut Reader<'_>,
    draft: &Draft<'_>,
    scope: Option<NodeIndex>,
    xml: &Xml,
) -> Option<NodeIndex> {
    let mut starts = (0..draft.nodes.len()).filter(|position| {
        draft.nodes[*position].scope == scope && draft.node_xml[*position].is(BPMN, "startEvent")
    });
    let first = starts.next();
    if first.is_none() {
        let message = format!("{} has no start event", label(xml));
        let way_out = "add a start event and connect it to the first step";
        reader.push(about(Problem::error(xml.position, message, way_out), xml));
    }
    if let Some(second) = starts.next() {
        let second = draft.node_xml[second];
        let message = format!("{} has a second start event, {}", label(xml), label(second));
        let way_out =
            "keep one start event, with a gateway behind it where there are several beginnings";
        reader.push(about(
            Problem::error(second.position, message, way_out),
            second,
        ));
    }
    first.map(|position| NodeIndex(position as u32))
}
