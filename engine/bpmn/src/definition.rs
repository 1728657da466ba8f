//! A deployed, checked model: flow nodes, sequence flows and lanes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use feel::Expression;
use xml::Position;

use crate::deadline::DeadlineRule;
use crate::elements::{Element, FormReference, Joins, Listener, Loop, Quantities, UserTask};
use crate::reachability::Reachability;
use crate::text::{Text, split_commas};
use crate::triggers::Trigger;

/// One process of a model.
#[derive(Debug)]
pub struct ProcessDefinition {
    pub(crate) id: Arc<str>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) version_tag: Option<String>,
    pub(crate) history_time_to_live: Option<u32>,
    pub(crate) calendar: Option<String>,
    pub(crate) position: xml::Position,
    pub(crate) participant: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) nodes: Vec<FlowNode>,
    pub(crate) flows: Vec<SequenceFlow>,
    pub(crate) lanes: Vec<Lane>,
    /// What lies directly in the process itself.
    pub(crate) parts: Parts,
    /// The variables that an instance begins with, unless it is given others.
    pub(crate) data: Vec<Mapping>,
    /// For look-ups only; never walked, so its order does not matter.
    pub(crate) index: HashMap<Arc<str>, NodeIndex>,
    /// The same for flows.
    pub(crate) flow_index: HashMap<Arc<str>, FlowIndex>,
    pub(crate) reachability: Reachability,
    /// The events, and which of their definitions, that look at a variable, by its name.
    pub(crate) conditions: BTreeMap<Arc<str>, Vec<(NodeIndex, u32)>>,
    /// Whether anything is ever compensated.
    pub(crate) throws_compensation: bool,
    /// Whether anything ever waits at a node for what comes to it on other flows.
    pub(crate) has_joins: bool,
    /// Whether joins read variables and wait for a reset.
    pub(crate) has_complex_gateway: bool,
    /// Whether it consists of one task beside the processes.
    pub(crate) global_task: bool,
    /// Whether an expression that had to go on with null is an incident.
    pub(crate) strict: bool,
    /// Whether programs listen to what happens to tasks.
    pub(crate) has_task_listeners: bool,
    /// What workers do when an instance begins and ends; most often nothing.
    pub(crate) listeners: Vec<Listener>,
}

/// What a scope (the process, or a subprocess) needs to know of the nodes directly in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Where it begins by itself: its none start event; without any start event the nodes that nothing leads to.
    pub begin: Vec<NodeIndex>,
    /// Of a process: where else an instance can begin, when something happens.
    pub entries: Vec<NodeIndex>,
    /// The start events of its event subprocesses.
    pub event_starts: Vec<NodeIndex>,
}

/// A node of the diagram: an activity, a gateway or an event.
#[derive(Debug)]
pub struct FlowNode {
    pub(crate) id: Arc<str>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) documentation: Option<String>,
    pub(crate) kind: String,
    pub(crate) element: Element,
    /// The subprocess that it lies in.
    pub(crate) scope: Option<NodeIndex>,
    pub(crate) incoming: Vec<FlowIndex>,
    pub(crate) outgoing: Vec<FlowIndex>,
    pub(crate) default: Option<FlowIndex>,
    /// Whether it is done only to compensate another activity.
    pub(crate) for_compensation: bool,
    /// The activity that compensates it: the other end of the association of its compensation boundary event.
    pub(crate) handler: Option<NodeIndex>,
    /// The boundary events on it.
    pub(crate) boundaries: Vec<NodeIndex>,
    pub(crate) inputs: Vec<Mapping>,
    pub(crate) outputs: Vec<Mapping>,
    /// How often it is done, where that is not once.
    pub(crate) looping: Option<Loop>,
    /// Whether results go to where their variables are although there are output mappings.
    pub(crate) results_rise: bool,
    /// How many tokens it takes and gives.
    pub(crate) quantities: Quantities,
    pub(crate) deadline: Option<Box<DeadlineRule>>,
    /// What workers do when it begins and ends; most often nothing.
    pub(crate) listeners: Vec<Listener>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) lane: Option<Arc<str>>,
    pub(crate) position: Position,
}

/// An arrow of the diagram.
#[derive(Debug)]
pub struct SequenceFlow {
    pub(crate) id: Arc<str>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) source: NodeIndex,
    pub(crate) target: NodeIndex,
    pub(crate) condition: Option<Expression>,
}

/// A lane: who is responsible for the nodes in it.
#[derive(Debug, Clone, Default)]
pub struct Lane {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Ids of the nodes directly in it.
    pub nodes: Vec<String>,
    /// The lanes inside it.
    pub lanes: Vec<Lane>,
    /// What the modeller noted on it: `zeebe:property`.
    pub properties: BTreeMap<String, String>,
}

/// A variable that is set from an expression on the way in or out.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub source: Text,
    /// `a.b` sets the entry `b` of the variable `a`. Where `writes_store`, the name of the store.
    pub target: Vec<Arc<str>>,
    /// The data stores that the source sees under their names.
    pub stores: Vec<Arc<str>>,
    /// Whether a data store is set, and not a variable.
    pub writes_store: bool,
}

/// Place of a node in its definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeIndex(pub u32);

/// Place of a flow in its definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FlowIndex(pub u32);

impl ProcessDefinition {
    /// Whether an expression or a decision that warns is an incident (`caseway:strict`).
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Its id in the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, or its id where it has none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The tag that the modeller gave this version.
    pub fn version_tag(&self) -> Option<&str> {
        self.version_tag.as_deref()
    }

    /// For how many days after its end the history of an instance is to be kept; `None` where the model does not say.
    ///
    /// A duration in years or months is so many days at the least: it is never shorter than was asked for.
    pub fn history_time_to_live(&self) -> Option<u32> {
        self.history_time_to_live
    }

    /// Id of the calendar that the model names (`caseway:calendar`).
    pub fn calendar(&self) -> Option<&str> {
        self.calendar.as_deref()
    }

    /// What workers do when an instance begins and ends, in document order.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Where it stands in the model.
    pub fn position(&self) -> xml::Position {
        self.position
    }

    /// Name of the pool that the process lies in.
    pub fn participant(&self) -> Option<&str> {
        self.participant.as_deref()
    }

    /// What the modeller noted on the process: `zeebe:property`.
    pub fn properties(&self) -> &BTreeMap<String, String> {
        &self.properties
    }

    /// All flow nodes, those of subprocesses too, in document order.
    pub fn nodes(&self) -> &[FlowNode] {
        &self.nodes
    }

    /// The names of the data stores that its nodes read or write, as often as they do.
    pub(crate) fn data_store_names(&self) -> impl Iterator<Item = String> {
        let mappings = self.nodes.iter();
        let mappings = mappings.flat_map(|node| node.inputs.iter().chain(&node.outputs));
        mappings.flat_map(|mapping| {
            let written = mapping.target.first().filter(|_| mapping.writes_store);
            let names = mapping.stores.iter().chain(written);
            names.map(ToString::to_string).collect::<Vec<_>>()
        })
    }

    /// The flow node of an id.
    pub fn node(&self, id: &str) -> Option<&FlowNode> {
        self.index.get(id).map(|index| self.at(*index))
    }

    /// All sequence flows, in document order.
    pub fn flows(&self) -> &[SequenceFlow] {
        &self.flows
    }

    /// The outermost lanes.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The boundary events on the activity of an id, in document order.
    pub fn boundary_events(&self, id: &str) -> impl Iterator<Item = &FlowNode> {
        let node = self.node(id);
        node.into_iter()
            .flat_map(|node| &node.boundaries)
            .map(|index| self.at(*index))
    }

    /// The user tasks, in document order.
    pub fn user_tasks(&self) -> impl Iterator<Item = (&FlowNode, &UserTask)> {
        self.nodes.iter().filter_map(|node| {
            if let Element::UserTask(task) = &node.element {
                Some((node, task))
            } else {
                None
            }
        })
    }

    /// The form that is filled in to start the process, where it has one.
    pub fn start_form(&self) -> Option<&FormReference> {
        let mut starts = self.parts.begin.iter().chain(&self.parts.entries);
        starts.find_map(|index| self.at(*index).element.form())
    }

    /// The variable that gets the name of who starts an instance: at this start event, else where it begins by itself.
    pub fn initiator(&self, at: Option<&str>) -> Option<&str> {
        let begin = || Some(self.at(*self.parts.begin.first()?));
        let start = at.map_or_else(begin, |at| self.node(at))?;
        if let Element::StartEvent(start) = &start.element {
            start.initiator.as_deref()
        } else {
            None
        }
    }

    /// Where an instance can begin when something happens: start events with a trigger, in document order.
    pub fn entries(&self) -> impl Iterator<Item = &FlowNode> {
        self.parts.entries.iter().map(|index| self.at(*index))
    }

    /// Whether it means processes, decisions or forms that were deployed together with it.
    pub fn uses_its_deployment(&self) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|node| node.element.uses_its_deployment())
    }

    /// Whether it is a global task, which call activities call, and not a process of its own.
    pub fn is_global_task(&self) -> bool {
        self.global_task
    }

    /// Whether an instance can begin without anything happening.
    pub fn begins_by_itself(&self) -> bool {
        !self.parts.begin.is_empty()
    }

    /// What lies directly in the process (`None`) or in a subprocess.
    pub(crate) fn parts(&self, scope: Option<NodeIndex>) -> &Parts {
        scope.map_or(&self.parts, |index| self.at(index).parts())
    }

    /// Where a flow leads from and to.
    pub fn ends_of(&self, flow: &SequenceFlow) -> (&FlowNode, &FlowNode) {
        (self.at(flow.source), self.at(flow.target))
    }

    pub(crate) fn at(&self, index: NodeIndex) -> &FlowNode {
        &self.nodes[index.0 as usize]
    }

    pub(crate) fn flow(&self, index: FlowIndex) -> &SequenceFlow {
        &self.flows[index.0 as usize]
    }

    pub(crate) fn find(&self, id: &str) -> Option<NodeIndex> {
        self.index.get(id).copied()
    }

    pub(crate) fn find_flow(&self, id: &str) -> Option<FlowIndex> {
        self.flow_index.get(id).copied()
    }
}

/// The gateway whose event starts the process, where the event of an entry stands behind one.
pub(crate) fn instantiating_gateway(
    nodes: &[FlowNode],
    flows: &[SequenceFlow],
    event: NodeIndex,
) -> Option<NodeIndex> {
    let flow = nodes[event.0 as usize].incoming.first()?;
    let source = flows[flow.0 as usize].source;
    let element = &nodes[source.0 as usize].element;
    matches!(element, Element::EventBasedGateway(gateway) if gateway.instantiates).then_some(source)
}

/// The conditions of a process by the variables that they look at.
pub(crate) fn conditions(nodes: &[FlowNode]) -> BTreeMap<Arc<str>, Vec<(NodeIndex, u32)>> {
    let mut conditions: BTreeMap<Arc<str>, Vec<(NodeIndex, u32)>> = BTreeMap::new();
    for (index, node) in (0..).zip(nodes) {
        for (number, trigger) in (0..).zip(node.element.triggers().iter()) {
            let Trigger::Conditional(conditional) = trigger else {
                continue;
            };
            for name in conditional.looks_at() {
                let events = conditions.entry(name.as_str().into()).or_default();
                events.push((NodeIndex(index), number));
            }
        }
    }
    conditions
}

/// Where something at a node can go next: along its flows, or by an event on it.
pub(crate) fn successors(
    node: &FlowNode,
    flows: &[SequenceFlow],
) -> impl Iterator<Item = NodeIndex> {
    let targets = node
        .outgoing
        .iter()
        .map(|flow| flows[flow.0 as usize].target);
    targets.chain(node.boundaries.iter().copied())
}

impl FlowNode {
    /// What lies directly in it, where it is a subprocess.
    pub(crate) fn parts(&self) -> &Parts {
        static NOTHING: Parts = Parts {
            begin: Vec::new(),
            entries: Vec::new(),
            event_starts: Vec::new(),
        };
        if let Element::Subprocess(subprocess) = &self.element {
            &subprocess.parts
        } else {
            &NOTHING
        }
    }

    /// Whether what arrives at it may wait there until more arrives.
    pub(crate) fn waits_for_more(&self) -> bool {
        self.element.behaviour().joins(self) != Joins::Never || self.quantities.start > 1
    }

    /// What workers do when it begins and ends, in document order.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// What the model says about its deadline.
    pub fn deadline(&self) -> Option<&DeadlineRule> {
        self.deadline.as_deref()
    }

    /// Whose it is: the candidate groups of a user task that the model names one by one, then its lane.
    pub fn teams(&self) -> Vec<String> {
        let mut teams = Vec::new();
        if let Element::UserTask(task) = &self.element {
            let groups = task.candidate_groups.as_ref().and_then(Text::literal);
            teams.extend(groups.map(split_commas).into_iter().flatten());
        }
        teams.extend(self.lane.as_deref().map(str::to_owned));
        teams
    }

    /// Its id in the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, where it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What a person calls it: its name, or its id where it has none.
    pub fn label(&self) -> &Arc<str> {
        self.name.as_ref().unwrap_or(&self.id)
    }

    /// What the modeller wrote about it.
    pub fn documentation(&self) -> Option<&str> {
        self.documentation.as_deref()
    }

    /// BPMN's word for it, for example "user task" or "timer boundary event".
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// How often it is done, where that is not once.
    pub fn looping(&self) -> Option<&Loop> {
        self.looping.as_ref()
    }

    /// What the modeller noted on it: `zeebe:property`, by name.
    pub fn properties(&self) -> &BTreeMap<String, String> {
        &self.properties
    }

    /// Name (or id) of the innermost lane that it lies in.
    pub fn lane(&self) -> Option<&str> {
        self.lane.as_deref()
    }

    /// Where it stands in the document.
    pub fn position(&self) -> Position {
        self.position
    }
}

impl SequenceFlow {
    /// Its id in the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name, where it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its condition as written, without the leading `=`.
    pub fn condition(&self) -> Option<&str> {
        self.condition.as_ref().map(Expression::text)
    }
}
