//! Reads one flow node: what all nodes have in common, then its own file in `elements`.

use std::sync::Arc;

use xml::Element as Xml;

use super::deadline;
use super::dialect::{CASEWAY, caseway};
use super::process::Draft;
use super::reader::{NodeReader, Reader, extension, label, properties};
use super::{BPMN, ZEEBE};
use crate::Verdict;
use crate::definition::{FlowNode, Mapping, NodeIndex};
use crate::elements::{
    Element, Kind, Quantities, Subprocess, read_listeners, read_loop, read_quantities,
};
use crate::triggers::{self, Position};

/// Extension elements of zeebe that are read here or in `elements`.
const KNOWN: &[&str] = &[
    "adHoc",
    "assignmentDefinition",
    "calledDecision",
    "calledElement",
    "executionListeners",
    "formDefinition",
    "ioMapping",
    "priorityDefinition",
    "properties",
    "script",
    "taskDefinition",
    "taskHeaders",
    "taskListeners",
    "taskSchedule",
    "userTask",
    "userTaskForm",
    "versionTag",
];

/// Whether flow nodes lie inside this element.
pub(super) fn holds_others(xml: &Xml) -> bool {
    ["subProcess", "transaction", "adHocSubProcess"].contains(&&*xml.name)
}

/// BPMN's word for an element.
pub(super) fn word(
    reader: &Reader<'_>,
    xml: &Xml,
    kind: &Kind,
    in_event_subprocess: bool,
) -> String {
    if let Some(position) = position(kind, in_event_subprocess) {
        return position.word(triggers::kind_of(xml, &reader.roots).name);
    }
    if xml.attribute("triggeredByEvent") == Some("true") {
        return "event subprocess".to_owned();
    }
    kind.name.to_owned()
}

/// Where an event stands; `None` for everything else.
fn position(kind: &Kind, in_event_subprocess: bool) -> Option<Position> {
    match kind.event {
        Some(Position::Start) if in_event_subprocess => Some(Position::EventSubprocessStart),
        position => position,
    }
}

/// Reads a node and adds it to the draft, also where it is refused: flows refer to it.
pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    draft: &mut Draft<'d>,
    xml: &'d Xml,
    kind: &'static Kind,
    scope: Option<NodeIndex>,
) -> Option<NodeIndex> {
    let in_event_subprocess = scope.is_some_and(|scope| {
        let around = draft.node_xml[scope.0 as usize];
        around.attribute("triggeredByEvent") == Some("true")
    });
    let word = word(reader, xml, kind, in_event_subprocess);
    let id = reader.unique_id(xml, &word);
    let refusal = refusal(reader, xml, kind, in_event_subprocess);
    let (mut element, mut looping) = (None, None);
    let mut quantities = Quantities::default();
    let mut deadline = None;
    let mut listeners = Vec::new();
    match refusal {
        None => {
            let mut node = NodeReader {
                reader,
                xml,
                in_event_subprocess,
            };
            element = (kind.read)(&mut node);
            looping = read_loop(&mut node);
            quantities = read_quantities(&mut node);
            deadline = element
                .as_ref()
                .and_then(|element| deadline::read(&mut node, element));
            if let Some(element) = &element {
                listeners = read_listeners(&mut node, element, looping.as_ref());
            }
            unread_extensions(&mut node);
            if element.is_some() {
                reader.verdict(xml, &word, Verdict::Executed);
            } else {
                reader.unreadable(xml, &word);
            }
        }
        Some(reason) => {
            reader.verdict(xml, &word, Verdict::Refused { reason });
        }
    }
    let id: Arc<str> = id?.into();
    let index = NodeIndex(draft.nodes.len() as u32);
    if element.is_none() {
        draft.refused.insert(index);
    }
    draft.index.insert(id.clone(), index);
    draft.node_xml.push(xml);
    let name = xml.attribute("name").filter(|name| !name.trim().is_empty());
    draft.nodes.push(FlowNode {
        id,
        name: name.map(one_line),
        documentation: documentation(xml),
        kind: word,
        element: element.unwrap_or_else(|| placeholder(xml)),
        scope,
        incoming: Vec::new(),
        outgoing: Vec::new(),
        default: None,
        for_compensation: xml.attribute("isForCompensation") == Some("true"),
        handler: None,
        boundaries: Vec::new(),
        inputs: mappings(reader, xml, "input"),
        outputs: mappings(reader, xml, "output"),
        looping,
        results_rise: caseway(xml, "results").is_some_and(|r| r.attribute("rise") == Some("true")),
        quantities,
        deadline,
        listeners,
        properties: properties(xml),
        lane: None,
        position: xml.position,
    });
    Some(index)
}

/// What stands in for an element that is refused, so that the rest can be checked.
fn placeholder(xml: &Xml) -> Element {
    if holds_others(xml) {
        Element::Subprocess(Subprocess::default())
    } else {
        Element::Task
    }
}

/// Why an element cannot be executed; `None` where it can.
fn refusal(
    reader: &Reader<'_>,
    xml: &Xml,
    kind: &Kind,
    in_event_subprocess: bool,
) -> Option<String> {
    if let Some(position) = position(kind, in_event_subprocess) {
        let trigger = triggers::kind_of(xml, &reader.roots);
        let parts = triggers::definitions(xml, &reader.roots);
        let mut kinds = parts.iter().map(|(kind, _)| *kind).chain([trigger]);
        let is_misplaced =
            kinds.any(|kind| !kind.allowed.contains(&position) && kind.name != "none");
        if is_misplaced {
            return Some("is not allowed by BPMN in this place".to_owned());
        }
    }
    let listens = extension(xml, "taskListeners").is_some() && kind.xml_name != "userTask";
    listens.then(|| "has task listeners, and only user tasks can have them".to_owned())
}

/// Says which extensions have no effect, so that nothing is dropped in silence.
fn unread_extensions(node: &mut NodeReader<'_, '_>) {
    let xml = node.xml;
    let inside = xml.child(BPMN, "extensionElements");
    let children = || inside.iter().flat_map(|inside| &inside.children);
    for child in children() {
        if &*child.namespace == ZEEBE && !KNOWN.contains(&&*child.name) {
            let message = format!("<zeebe:{}> of {} has no effect", child.name, label(xml));
            node.warning(message, "remove it, or do without what it does");
        }
    }
}

fn mappings<'d>(reader: &mut Reader<'d>, xml: &'d Xml, direction: &'d str) -> Vec<Mapping> {
    let Some(io) = extension(xml, "ioMapping") else {
        return Vec::new();
    };
    let mut mappings = Vec::new();
    for part in io.children_named(ZEEBE, direction) {
        let mut node = NodeReader {
            reader,
            xml,
            in_event_subprocess: false,
        };
        let source = node.required_text(part, "source");
        let stores: Vec<Arc<str>> = part
            .children_named(CASEWAY, "store")
            .filter_map(|store| store.attribute("name").map(Arc::from))
            .collect();
        let target = part.attribute("target").unwrap_or_default();
        let writes_store = direction == "output" && !stores.is_empty();
        let target: Vec<Arc<str>> = if writes_store {
            vec![target.into()]
        } else {
            target.split('.').map(|name| name.trim().into()).collect()
        };
        if target.iter().any(|name| name.is_empty()) {
            let message = format!("{} has an {direction} mapping without target", label(xml));
            node.error_in(part, message, "name the variable that it sets");
            continue;
        }
        if let Some(source) = source {
            mappings.push(Mapping {
                source,
                target,
                stores: if writes_store { Vec::new() } else { stores },
                writes_store,
            });
        }
    }
    mappings
}

fn documentation(xml: &Xml) -> Option<String> {
    let text = xml.child(BPMN, "documentation")?.text().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Names are drawn in several lines; as text they are one.
fn one_line(name: &str) -> Arc<str> {
    name.split_whitespace().collect::<Vec<_>>().join(" ").into()
}
