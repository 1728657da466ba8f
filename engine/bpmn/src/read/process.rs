//! Walks the elements of one process and of its subprocesses.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use xml::{Element, Position, Problem};

use super::reader::{extension, label, properties, said};
use super::{
    BPMN, Reader, check, compensation, data, dialect, events, lanes, link, node, transaction,
};
use crate::definition::{
    FlowIndex, FlowNode, Lane, Mapping, NodeIndex, Parts, SequenceFlow, conditions,
};
use crate::elements::{self, ELEMENTS, Kind};
use crate::limits::SUBPROCESS_DEPTH_MAX;
use crate::reachability::Reachability;
use crate::{ProcessDefinition, Verdict};

/// A process while it is read.
pub(super) struct Draft<'d> {
    pub(super) xml: &'d Element,
    pub(super) nodes: Vec<FlowNode>,
    /// The XML of each node.
    pub(super) node_xml: Vec<&'d Element>,
    /// Nodes that are refused, for which no rules are checked.
    pub(super) refused: BTreeSet<NodeIndex>,
    /// Associations that begin or end at a compensation boundary event.
    pub(super) associations: Vec<&'d Element>,
    pub(super) flow_xml: Vec<(&'d Element, Option<NodeIndex>)>,
    pub(super) flows: Vec<SequenceFlow>,
    /// Where the condition of each flow stands, else the flow.
    pub(super) flow_positions: Vec<Position>,
    pub(super) flow_index: HashMap<Arc<str>, FlowIndex>,
    pub(super) lanes: Vec<Lane>,
    pub(super) index: HashMap<Arc<str>, NodeIndex>,
    /// What lies directly in the process.
    pub(super) parts: Parts,
    /// The variables of the process.
    pub(super) data: Vec<Mapping>,
}

impl<'d> Draft<'d> {
    fn new(xml: &'d Element) -> Draft<'d> {
        Draft {
            xml,
            nodes: Vec::new(),
            node_xml: Vec::new(),
            refused: BTreeSet::new(),
            associations: Vec::new(),
            flow_xml: Vec::new(),
            flows: Vec::new(),
            flow_positions: Vec::new(),
            flow_index: HashMap::new(),
            lanes: Vec::new(),
            index: HashMap::new(),
            parts: Parts::default(),
            data: Vec::new(),
        }
    }
}

/// Reads a `process`; `None` where it is not executable, or so wrong that nothing can be made of it.
pub(super) fn read<'d>(reader: &mut Reader<'d>, xml: &'d Element) -> Option<ProcessDefinition> {
    let id = reader.unique_id(xml, "process");
    if xml.attribute("isExecutable") == Some("false") {
        reader.ignored(xml, "process", "it is marked as not executable");
        ignore_inside(reader, xml);
        return None;
    }
    reader.verdict(xml, "process", Verdict::Executed);
    let mut draft = Draft::new(xml);
    container(reader, &mut draft, xml, None, 0);
    link::flows(reader, &mut draft);
    link::links(reader, &mut draft);
    link::boundaries(reader, &mut draft);
    compensation::link(reader, &mut draft);
    transaction::check(reader, &draft);
    draft.parts = link::starts(reader, &mut draft);
    lanes::assign(&mut draft);
    check::check(reader, &draft);
    events::check(reader, &draft);
    Some(definition(reader, draft, id?, false))
}

/// Reads a global task as a process that consists of this task.
pub(super) fn read_global_task<'d>(
    reader: &mut Reader<'d>,
    xml: &'d Element,
    kind: &'static Kind,
) -> Option<ProcessDefinition> {
    let mut draft = Draft::new(xml);
    draft.parts.begin = vec![node::read(reader, &mut draft, xml, kind, None)?];
    check::check(reader, &draft);
    events::check(reader, &draft);
    let id = xml.attribute("id")?;
    Some(definition(reader, draft, id, true))
}

fn definition<'d>(
    reader: &mut Reader<'d>,
    draft: Draft<'d>,
    id: &'d str,
    global_task: bool,
) -> ProcessDefinition {
    let xml = draft.xml;
    let listeners = if global_task {
        Vec::new()
    } else {
        elements::read_process_listeners(reader, xml)
    };
    let version_tag = extension(xml, "versionTag").and_then(|tag| tag.attribute("value"));
    ProcessDefinition {
        global_task,
        listeners,
        has_task_listeners: draft.nodes.iter().any(
            |node| matches!(&node.element, elements::Element::UserTask(task) if !task.listeners.is_empty()),
        ),
        strict: dialect::is_strict(xml),
        throws_compensation: compensation::is_thrown(&draft.nodes),
        has_joins: draft.nodes.iter().any(FlowNode::waits_for_more),
        has_complex_gateway: draft
            .nodes
            .iter()
            .any(|node| matches!(node.element, elements::Element::ComplexGateway(_))),
        conditions: conditions(&draft.nodes),
        reachability: Reachability::of(&draft.nodes, &draft.flows),
        id: id.into(),
        name: xml.attribute("name").map(Arc::from),
        version_tag: version_tag.map(str::to_owned),
        history_time_to_live: dialect::history_time_to_live(xml),
        calendar: said(xml, "calendar").filter(|id| !id.is_empty()),
        position: xml.position,
        participant: reader.participants.get(id).map(|name| (*name).to_owned()),
        properties: properties(xml),
        nodes: draft.nodes,
        flows: draft.flows,
        lanes: draft.lanes,
        parts: draft.parts,
        data: draft.data,
        index: draft.index,
        flow_index: draft.flow_index,
    }
}

/// The elements directly inside a process or subprocess, and, through `node`, those further inside.
fn container<'d>(
    reader: &mut Reader<'d>,
    draft: &mut Draft<'d>,
    xml: &'d Element,
    scope: Option<NodeIndex>,
    depth: usize,
) {
    if depth > SUBPROCESS_DEPTH_MAX {
        let message = format!(
            "{} lies more than {SUBPROCESS_DEPTH_MAX} subprocesses deep (SUBPROCESS_DEPTH_MAX)",
            label(xml)
        );
        let way_out = "move the inner steps to a process of their own and call it";
        reader.push(Problem::error(xml.position, message, way_out));
        return;
    }
    for child in &xml.children {
        if &*child.namespace != BPMN {
            continue;
        }
        if let Some(kind) = ELEMENTS.iter().find(|kind| kind.xml_name == &*child.name) {
            let index = node::read(reader, draft, child, kind, scope);
            if node::holds_others(child) {
                container(reader, draft, child, index.or(scope), depth + 1);
            }
        } else {
            other(reader, draft, child, scope);
        }
    }
}

/// What is neither activity nor gateway nor event.
fn other<'d>(
    reader: &mut Reader<'d>,
    draft: &mut Draft<'d>,
    element: &'d Element,
    scope: Option<NodeIndex>,
) {
    if let Some(kind) = data::read(reader, draft, element, scope) {
        reader.verdict(element, kind, Verdict::Executed);
        return;
    }
    match &*element.name {
        "sequenceFlow" => {
            reader.verdict(element, "sequence flow", Verdict::Executed);
            draft.flow_xml.push((element, scope));
        }
        "association" if compensation::connects(reader, element) => {
            reader.verdict(element, "association", Verdict::Executed);
            draft.associations.push(element);
        }
        "laneSet" => draft.lanes.extend(lanes::read(reader, element)),
        // Parts of the element around them; the flows say the same as incoming and outgoing.
        "documentation"
        | "extensionElements"
        | "incoming"
        | "outgoing"
        | "ioSpecification"
        | "multiInstanceLoopCharacteristics"
        | "standardLoopCharacteristics"
        | "completionCondition" => {}
        "correlationSubscription" => {
            reader.verdict(element, "correlation subscription", Verdict::Executed);
        }
        name => match ignored_because(name) {
            Some((kind, reason)) => reader.ignored(element, kind, reason),
            None => {
                let reason = "is not executed".to_owned();
                reader.verdict(element, name, Verdict::Refused { reason });
            }
        },
    }
}

/// Elements without effect on execution: BPMN's word, and why.
fn ignored_because(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "dataObject" => ("data object", "what is in it is held in a variable"),
        "dataObjectReference" => (
            "data object reference",
            "what is in it is held in a variable",
        ),
        "dataStoreReference" => (
            "data store reference",
            "activities read and write it by their data associations",
        ),
        "property" => ("property", "what is in it is held in a variable"),
        "textAnnotation" => ("text annotation", "it explains the diagram"),
        "association" => ("association", "it explains the diagram"),
        "group" => ("group", "it explains the diagram"),
        "category" => ("category", "it explains the diagram"),
        "monitoring" | "auditing" => ("auditing", "the history records everything"),
        "resourceRole" | "performer" | "humanPerformer" | "potentialOwner" => (
            "resource role",
            "only the roles of user tasks assign anybody",
        ),
        "ioBinding" | "supportedInterfaceRef" | "supports" => {
            ("interface", "it has no effect on execution")
        }
        _ => return None,
    })
}

/// Everything inside a process that is not executable.
fn ignore_inside(reader: &mut Reader<'_>, xml: &Element) {
    for child in xml
        .children
        .iter()
        .filter(|child| &*child.namespace == BPMN)
    {
        let kind = ELEMENTS.iter().find(|kind| kind.xml_name == &*child.name);
        if let Some(kind) = kind {
            let word = node::word(reader, child, kind, false);
            reader.ignored(child, &word, "its process is marked as not executable");
        }
        if node::holds_others(child) {
            ignore_inside(reader, child);
        }
    }
}
