//! Connects what refers to each other: flows to nodes, boundary events to activities, subprocesses to their starts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use xml::{Element as Xml, Problem};

use super::process::Draft;
use super::reader::{Reader, about, label};
use super::{BPMN, local_name};
use crate::definition::{FlowIndex, NodeIndex, Parts, SequenceFlow};
use crate::elements::{Element, is_forbidden_inside};
use crate::triggers::Trigger;

/// Sequence flows, their conditions, and the default flows.
pub(super) fn flows<'d>(reader: &mut Reader<'d>, draft: &mut Draft<'d>) {
    for (xml, scope) in std::mem::take(&mut draft.flow_xml) {
        let id = reader.unique_id(xml, "sequence flow");
        let condition = xml.child(BPMN, "conditionExpression");
        let position = condition.map_or(xml.position, |condition| condition.position);
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
        draft.flow_positions.push(position);
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

/// Links as the flows that they are: from each event that throws one to the event of the scope that catches it.
pub(super) fn links(reader: &mut Reader<'_>, draft: &mut Draft<'_>) {
    let mut catching: BTreeMap<(Option<NodeIndex>, String), NodeIndex> = BTreeMap::new();
    let mut throwing = Vec::new();
    for position in 0..draft.nodes.len() {
        let index = NodeIndex(position as u32);
        let node = &draft.nodes[position];
        let Some(Trigger::Link(link)) = node.element.triggers().iter().next() else {
            continue;
        };
        let place = (node.scope, link.name.clone());
        let xml = draft.node_xml[position];
        let catches = matches!(node.element, Element::IntermediateCatchEvent(_));
        let (drawn, which) = if catches {
            (&node.incoming, "into")
        } else {
            (&node.outgoing, "out of")
        };
        if !drawn.is_empty() {
            let message = format!("A flow leads {which} {}, which is a link", label(xml));
            let way_out = "delete the flow: the link takes its place";
            reader.push(about(Problem::error(xml.position, message, way_out), xml));
        }
        if !catches {
            throwing.push((index, place));
            continue;
        }
        match catching.entry(place) {
            Entry::Vacant(place) => {
                place.insert(index);
            }
            Entry::Occupied(place) => {
                let message = format!("Two events catch the link \"{}\"", place.key().1);
                let way_out = "keep one of them, or give it another name";
                reader.push(about(Problem::error(xml.position, message, way_out), xml));
            }
        }
    }
    for (source, place) in throwing {
        let xml = draft.node_xml[source.0 as usize];
        let Some(target) = catching.get(&place).copied() else {
            let message = format!("Nothing catches the link \"{}\" of {}", place.1, label(xml));
            let way_out =
                "draw a catch event with a link of this name in the same process or subprocess";
            reader.push(about(Problem::error(xml.position, message, way_out), xml));
            continue;
        };
        let index = FlowIndex(draft.flows.len() as u32);
        let ends = [source, target].map(|node| draft.nodes[node.0 as usize].id.clone());
        let id: Arc<str> = format!("{}>{}", ends[0], ends[1]).into();
        draft.nodes[source.0 as usize].outgoing.push(index);
        draft.nodes[target.0 as usize].incoming.push(index);
        draft.flow_index.insert(id.clone(), index);
        draft.flow_positions.push(xml.position);
        draft.flows.push(SequenceFlow {
            id,
            name: None,
            source,
            target,
            condition: None,
        });
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
            host.element.is_activity()
                && !host.element.is_event_subprocess()
                && host.scope == draft.nodes[position].scope
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

/// Where the process and its subprocesses begin; gives that of the process.
pub(super) fn starts(reader: &mut Reader<'_>, draft: &mut Draft<'_>) -> Parts {
    for position in 0..draft.nodes.len() {
        let index = NodeIndex(position as u32);
        if draft.refused.contains(&index) {
            continue;
        }
        if let Element::Subprocess(subprocess) = &draft.nodes[position].element {
            let event = subprocess.event;
            let parts = parts(reader, draft, Some(index), event);
            if let Element::Subprocess(subprocess) = &mut draft.nodes[position].element {
                subprocess.parts = parts;
            }
        }
    }
    parts(reader, draft, None, false)
}

/// Sorts the nodes directly in a scope by how they begin.
fn parts(
    reader: &mut Reader<'_>,
    draft: &Draft<'_>,
    scope: Option<NodeIndex>,
    event_subprocess: bool,
) -> Parts {
    let xml = scope.map_or(draft.xml, |scope| draft.node_xml[scope.0 as usize]);
    let mut parts = Parts::default();
    let mut free = Vec::new();
    let mut has_start = false;
    for (position, node) in draft.nodes.iter().enumerate() {
        let index = NodeIndex(position as u32);
        if node.scope != scope {
            continue;
        }
        if draft.node_xml[position].is(BPMN, "startEvent") {
            has_start = true;
            if node.element.triggers().is_none() {
                parts.begin.push(index);
            } else {
                parts.entries.push(index);
            }
        } else if node.element.is_event_subprocess() {
            let starts = draft.nodes.iter().enumerate().filter(|(_, start)| {
                start.scope == Some(index) && matches!(start.element, Element::StartEvent(_))
            });
            parts
                .event_starts
                .extend(starts.map(|(start, _)| NodeIndex(start as u32)));
        } else if node.incoming.is_empty()
            && !node.for_compensation
            && !matches!(node.element, Element::BoundaryEvent(_))
        {
            if let (Element::EventBasedGateway(gateway), None) = (&node.element, scope)
                && gateway.instantiates
            {
                let events = node.outgoing.iter();
                let events = events.map(|flow| draft.flows[flow.0 as usize].target);
                parts.entries.extend(events);
            } else if let (Element::ReceiveTask(task), None) = (&node.element, scope)
                && task.instantiates
            {
                parts.entries.push(index);
            } else {
                free.push(index);
            }
        }
    }
    let mut problem = |at: &Xml, message: String, way_out: &str| {
        reader.push(about(Problem::error(at.position, message, way_out), at));
    };
    if xml.is(BPMN, "adHocSubProcess") {
        for inner in xml.children.iter().filter(|xml| is_forbidden_inside(xml)) {
            let message = format!("{} lies in an ad-hoc subprocess", label(inner));
            let way_out = "remove it: what begins and ends there is chosen while it runs";
            problem(inner, message, way_out);
        }
        if free.is_empty() {
            let message = format!("{} has nothing that can be started", label(xml));
            problem(xml, message, "draw an activity to which no flow leads");
        }
        parts.begin = free;
        return parts;
    }
    if event_subprocess {
        if parts.begin.len() + parts.entries.len() != 1 {
            let message = format!("{} has not exactly one start event", label(xml));
            problem(xml, message, "give it one start event with a trigger");
        }
    } else if !has_start && free.is_empty() && parts.entries.is_empty() {
        let message = format!("{} has no start event", label(xml));
        let way_out = "add a start event and connect it to the first step";
        problem(xml, message, way_out);
    } else if !has_start && parts.entries.is_empty() {
        // Without start event all that nothing leads to begins (BPMN 2.0.2, 10.5.2).
        parts.begin = free;
    } else if let (true, Some(second)) = (scope.is_some(), parts.begin.get(1)) {
        let second = draft.node_xml[second.0 as usize];
        let message = format!("{} has a second start event, {}", label(xml), label(second));
        let way_out =
            "keep one start event, with a gateway behind it where there are several beginnings";
        problem(second, message, way_out);
    }
    if let (true, Some(start)) = (scope.is_some() && !event_subprocess, parts.entries.first()) {
        let start = draft.node_xml[start.0 as usize];
        let message = format!("{} begins a subprocess and has a trigger", label(start));
        let way_out = "remove the trigger, or make the subprocess an event subprocess";
        problem(start, message, way_out);
    }
    parts
}
