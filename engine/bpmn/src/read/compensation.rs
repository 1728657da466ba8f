//! Compensation in a model: which activity compensates which, and what events may throw it for.

use std::collections::BTreeSet;

use xml::{Element as Xml, Problem, Severity};

use super::process::Draft;
use super::reader::{Reader, about, label};
use super::{BPMN, local_name};
use crate::definition::{FlowNode, NodeIndex};
use crate::elements::Element;
use crate::triggers::{CompensationTrigger, Trigger};

/// Ids of the compensation boundary events of a document, and of the activities that are for compensation.
#[derive(Debug, Default)]
pub(super) struct Ends<'d> {
    events: BTreeSet<&'d str>,
    handlers: BTreeSet<&'d str>,
}

impl<'d> Ends<'d> {
    /// Finds them everywhere below an element.
    pub(super) fn of(root: &'d Xml) -> Ends<'d> {
        let mut ends = Ends::default();
        let mut open = vec![root];
        while let Some(xml) = open.pop() {
            if xml.attribute("isForCompensation") == Some("true") {
                ends.handlers.extend(xml.attribute("id"));
            } else if xml.is(BPMN, "boundaryEvent")
                && xml.child(BPMN, "compensateEventDefinition").is_some()
            {
                ends.events.extend(xml.attribute("id"));
            }
            open.extend(&xml.children);
        }
        ends
    }

    /// The event and the activity that an association connects.
    fn connected<'a>(&self, association: &'a Xml) -> Option<(&'a str, &'a str)> {
        let source = local_name(association.attribute("sourceRef")?);
        let target = local_name(association.attribute("targetRef")?);
        if self.events.contains(source) && self.handlers.contains(target) {
            Some((source, target))
        } else if self.events.contains(target) && self.handlers.contains(source) {
            Some((target, source))
        } else {
            None
        }
    }
}

/// Whether an association says what compensates an activity.
pub(super) fn connects(reader: &Reader<'_>, association: &Xml) -> bool {
    reader.compensation.connected(association).is_some()
}

/// Whether anything throws compensation.
pub(super) fn is_thrown(nodes: &[FlowNode]) -> bool {
    let throws = |node: &FlowNode| {
        let throws = matches!(
            node.element,
            Element::IntermediateThrowEvent(_) | Element::EndEvent(_)
        );
        let mut triggers = node.element.triggers().iter();
        throws
            && triggers.any(|trigger| matches!(trigger, Trigger::Compensation(_) | Trigger::Cancel))
    };
    nodes.iter().any(throws)
}

/// Connects activities with what compensates them, and applies the rules of compensation.
pub(super) fn link<'d>(reader: &mut Reader<'d>, draft: &mut Draft<'d>) {
    for association in std::mem::take(&mut draft.associations) {
        let Some((event, handler)) = reader.compensation.connected(association) else {
            continue;
        };
        let ends = draft.index.get(event).zip(draft.index.get(handler));
        if let Some((event, handler)) = ends.map(|(event, handler)| (*event, *handler)) {
            connect(reader, draft, event, handler);
        }
    }
    for position in 0..draft.nodes.len() {
        let index = NodeIndex(position as u32);
        if !draft.refused.contains(&index) {
            let mut rules = Rules {
                reader,
                draft,
                index,
            };
            rules.handler();
            rules.boundary_event();
            rules.event_subprocess();
            rules.thrown();
        }
    }
}

fn connect(reader: &mut Reader<'_>, draft: &mut Draft<'_>, event: NodeIndex, handler: NodeIndex) {
    let host = draft
        .nodes
        .iter_mut()
        .find(|node| node.boundaries.contains(&event));
    let Some(host) = host else {
        return; // it stands on nothing, which is said already
    };
    let first = host.handler.replace(handler).is_none();
    let same_scope = draft.nodes[event.0 as usize].scope == draft.nodes[handler.0 as usize].scope;
    let (event, handler) = (
        draft.node_xml[event.0 as usize],
        draft.node_xml[handler.0 as usize],
    );
    let problem = if !first {
        Some((
            format!("{} is connected with several activities", label(event)),
            "keep one; it may be a subprocess with several steps",
        ))
    } else if !same_scope {
        Some((
            format!(
                "{} lies in another subprocess than {}",
                label(handler),
                label(event)
            ),
            "move it to where the event is",
        ))
    } else {
        None
    };
    if let Some((message, way_out)) = problem {
        reader.push(about(
            Problem::error(event.position, message, way_out),
            event,
        ));
    }
}

/// The rules for one node.
struct Rules<'r, 'a, 'd> {
    reader: &'r mut Reader<'d>,
    draft: &'a Draft<'d>,
    index: NodeIndex,
}

impl Rules<'_, '_, '_> {
    fn node(&self) -> &FlowNode {
        &self.draft.nodes[self.index.0 as usize]
    }

    /// What is for compensation is reached by compensation alone.
    fn handler(&mut self) {
        let node = self.node();
        if node.for_compensation && !(node.incoming.is_empty() && node.outgoing.is_empty()) {
            self.problem(
                Severity::Error,
                "is for compensation, and a flow leads into it or out of it",
                "delete the flow: an association with the boundary event says when it is done",
            );
        }
    }

    fn boundary_event(&mut self) {
        let node = self.node();
        if !matches!(node.element, Element::BoundaryEvent(_)) || thrown_by(node).is_none() {
            return;
        }
        let mut nodes = self.draft.nodes.iter();
        let host = nodes.find(|host| host.boundaries.contains(&self.index));
        let flows = !node.outgoing.is_empty();
        if host.is_some_and(|host| host.handler.is_none()) {
            self.problem(
                Severity::Error,
                "is for compensation, but says not what compensates",
                "connect it by an association with an activity that is for compensation (isForCompensation=\"true\")",
            );
        } else if flows {
            self.problem(
                Severity::Error,
                "is for compensation, and a flow leads out of it",
                "delete the flow: the association says what is done",
            );
        }
    }

    /// One event subprocess of a subprocess compensates it; a process is not compensated.
    fn event_subprocess(&mut self) {
        let node = self.node();
        let Some(subprocess) = node.scope else {
            return;
        };
        if !matches!(node.element, Element::StartEvent(_)) || thrown_by(node).is_none() {
            return;
        }
        let around = self.draft.nodes[subprocess.0 as usize].scope;
        let before = self.draft.nodes[..self.index.0 as usize].iter();
        let mut others = before.filter(|start| {
            let scope = start.scope.map(|scope| &self.draft.nodes[scope.0 as usize]);
            scope.is_some_and(|scope| scope.element.is_event_subprocess() && scope.scope == around)
                && matches!(start.element, Element::StartEvent(_))
                && thrown_by(start).is_some()
        });
        let second = others.next().is_some();
        if second {
            self.problem(
                Severity::Error,
                "begins a second event subprocess for compensation in the same place",
                "keep one, with all its steps",
            );
        } else if around.is_none() {
            self.problem(
                Severity::Warning,
                "never happens: a process as a whole is not compensated",
                "move the event subprocess into the subprocess that it compensates",
            );
        }
    }

    /// Compensation is thrown for an activity beside the event; from an event subprocess, also beside that.
    fn thrown(&mut self) {
        let node = self.node();
        let Some(activity) = thrown_by(node).and_then(|trigger| trigger.activity.clone()) else {
            return;
        };
        let index = self.draft.index.get(&activity);
        let found = index.map(|index| &self.draft.nodes[index.0 as usize]);
        let Some(found) = found.filter(|found| found.element.is_activity()) else {
            let what = format!("compensates \"{activity}\", which is no activity of the process");
            return self.problem(
                Severity::Error,
                &what,
                "choose one of the activities beside it",
            );
        };
        let mut scope = node.scope;
        while let Some(index) = scope.filter(|_| scope != found.scope) {
            let around = &self.draft.nodes[index.0 as usize];
            if !around.element.is_event_subprocess() {
                break;
            }
            scope = around.scope;
        }
        let name = found.label().clone();
        if scope != found.scope {
            let what = format!("compensates \"{name}\", which lies in another subprocess");
            self.problem(
                Severity::Error,
                &what,
                "choose one of the activities beside it",
            );
        } else if found.handler.is_none() && !matches!(found.element, Element::Subprocess(_)) {
            let what = format!("compensates \"{name}\", for which nothing is there to do");
            let way_out = "give the activity a compensation boundary event";
            self.problem(Severity::Warning, &what, way_out);
        }
    }

    fn problem(&mut self, severity: Severity, what: &str, way_out: &str) {
        let xml = self.draft.node_xml[self.index.0 as usize];
        let message = format!("{} {what}", label(xml));
        let problem = Problem {
            severity,
            ..Problem::error(xml.position, message, way_out)
        };
        self.reader.push(about(problem, xml));
    }
}

/// The compensation of an event.
fn thrown_by(event: &FlowNode) -> Option<&CompensationTrigger> {
    event.element.triggers().iter().find_map(|trigger| {
        if let Trigger::Compensation(compensation) = trigger {
            Some(compensation)
        } else {
            None
        }
    })
}
