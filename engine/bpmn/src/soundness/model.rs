//! What the elements of BPMN are to a token: the one file that knows both.
//!
//! Data is left out: each condition may be true or false, and where no default is drawn, some flow is taken.
//! Whatever is waited for may come, and every activity may end; what is on its boundary may happen before.
//! Loops and multi-instance count as one execution. Compensation handlers and event subprocesses are not
//! reached by tokens; the latter are scopes of their own.

use std::collections::BTreeMap;

use super::graph::{Graph, Join, Kind, NodeId, Role, Split};
use crate::ProcessDefinition;
use crate::definition::{FlowNode, NodeIndex, Parts, instantiating_gateway};
use crate::elements::Element;
use crate::triggers::Trigger;

/// What an element is to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Tokens begin here.
    Start,
    /// Something is done or waited for, and then all flows are taken whose conditions hold.
    Step,
    /// The same, by elements inside it.
    Scope,
    Gateway(Join, Routing),
    /// The token ends.
    End,
    /// Everything in the scope ends.
    EndOfAll,
    /// Everything in the scope ends, and what is around it goes on elsewhere.
    Leave,
    /// It happens on an activity.
    Boundary {
        interrupting: bool,
    },
    /// No token comes to it.
    Apart,
}

/// Which flows a gateway takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routing {
    One,
    /// Those whose condition holds.
    Some,
    All,
}

fn part(element: &Element) -> Part {
    match element {
        Element::StartEvent(_) => Part::Start,
        Element::IntermediateCatchEvent(_)
        | Element::IntermediateThrowEvent(_)
        | Element::Task
        | Element::ManualTask
        | Element::UserTask(_)
        | Element::ServiceTask(_)
        | Element::SendTask(_)
        | Element::ReceiveTask(_)
        | Element::ScriptTask(_)
        | Element::BusinessRuleTask(_)
        | Element::CallActivity(_) => Part::Step,
        Element::Subprocess(subprocess) if subprocess.event => Part::Apart,
        Element::Subprocess(_) => Part::Scope,
        Element::EventBasedGateway(gateway) if gateway.all => {
            Part::Gateway(Join::Any, Routing::All)
        }
        Element::EventBasedGateway(_) | Element::ExclusiveGateway => {
            Part::Gateway(Join::Any, Routing::One)
        }
        Element::ParallelGateway => Part::Gateway(Join::All, Routing::All),
        Element::InclusiveGateway => Part::Gateway(Join::Inclusive, Routing::Some),
        Element::ComplexGateway(gateway) if gateway.activation.is_none() => {
            Part::Gateway(Join::Inclusive, Routing::Some)
        }
        Element::ComplexGateway(_) => Part::Gateway(Join::Complex, Routing::Some),
        Element::BoundaryEvent(event) if event.is_for_compensation() => Part::Apart,
        Element::BoundaryEvent(event) => Part::Boundary {
            interrupting: event.interrupting,
        },
        Element::EndEvent(event) => {
            event
                .triggers
                .iter()
                .fold(Part::End, |end, trigger| match trigger {
                    Trigger::Terminate => Part::EndOfAll,
                    Trigger::Error(_) | Trigger::Cancel => Part::Leave,
                    Trigger::Timer(_)
                    | Trigger::Message(_)
                    | Trigger::Signal(_)
                    | Trigger::Conditional(_)
                    | Trigger::Escalation(_)
                    | Trigger::Link(_)
                    | Trigger::Compensation(_) => end,
                })
        }
    }
}

/// Whether the element holds others, which are a scope of their own.
pub(super) fn is_scope(node: &FlowNode) -> bool {
    match part(&node.element) {
        Part::Scope => true,
        Part::Apart => node.element.is_event_subprocess(),
        Part::Start
        | Part::Step
        | Part::Gateway(..)
        | Part::End
        | Part::EndOfAll
        | Part::Leave
        | Part::Boundary { .. } => false,
    }
}

/// Whether what the element holds is done in no fixed order.
pub(super) fn is_ad_hoc(node: &FlowNode) -> bool {
    matches!(&node.element, Element::Subprocess(subprocess) if subprocess.ad_hoc.is_some())
}

/// Whether the element is a scope that takes the place of the one around it when it begins.
pub(super) fn takes_over(definition: &ProcessDefinition, index: NodeIndex) -> bool {
    let mut starts = definition.parts(Some(index)).entries.iter();
    let node = definition.at(index);
    node.element.is_event_subprocess()
        && starts.any(|start| definition.at(*start).element.interrupts())
}

/// A scope on its way to a graph.
struct Builder<'d> {
    definition: &'d ProcessDefinition,
    graph: Graph,
    /// Where tokens come to an element.
    enters: BTreeMap<NodeIndex, NodeId>,
    sink: NodeId,
    leave: NodeId,
    /// Scopes inside that never end as they should.
    stays: &'d dyn Fn(NodeIndex) -> bool,
}

/// The graph of the nodes that lie directly in one scope. `stays` says of a scope inside that it can only
/// be left by an error or by what happens on its boundary.
pub(super) fn graph(
    definition: &ProcessDefinition,
    scope: Option<NodeIndex>,
    nodes: &[NodeIndex],
    stays: &dyn Fn(NodeIndex) -> bool,
) -> Graph {
    let mut graph = Graph::default();
    let sink = graph.add(None, Kind::Sink, Join::Any, Split::One);
    let leave = graph.add(None, Kind::Leave, Join::Any, Split::One);
    let mut builder = Builder {
        definition,
        graph,
        enters: BTreeMap::new(),
        sink,
        leave,
        stays,
    };
    for index in nodes {
        builder.add(*index);
    }
    for index in nodes {
        builder.connect(*index);
    }
    let chosen = scope.is_some_and(|scope| is_ad_hoc(definition.at(scope)));
    builder.begin(definition.parts(scope), chosen);
    builder.graph.settle();
    builder.graph
}

impl Builder<'_> {
    fn add(&mut self, index: NodeIndex) {
        let node = self.definition.at(index);
        if node.for_compensation {
            return;
        }
        let (kind, join, split) = match part(&node.element) {
            Part::Start => (Kind::Silent, Join::Any, Split::Roles),
            Part::Step | Part::Scope | Part::Boundary { .. } => {
                (Kind::Work, Join::Any, Split::Roles)
            }
            Part::Gateway(join, Routing::One) => (Kind::Silent, join, Split::One),
            Part::Gateway(join, Routing::Some | Routing::All) => (Kind::Silent, join, Split::Roles),
            Part::Apart => return,
            Part::End => (Kind::Sink, Join::Any, Split::One),
            Part::EndOfAll => (Kind::Clear, Join::Any, Split::One),
            Part::Leave => (Kind::Leave, Join::Any, Split::One),
        };
        let node = self.graph.add(Some(index), kind, join, split);
        self.enters.insert(index, node);
    }

    fn connect(&mut self, index: NodeIndex) {
        let node = self.definition.at(index);
        let Some(enter) = self.enters.get(&index).copied() else {
            return;
        };
        if self.graph.ends_tokens(enter) {
            return;
        }
        if node.boundaries.is_empty() && !(self.stays)(index) {
            self.flows(node, enter);
            return;
        }
        // The end of the activity and what interrupts it exclude each other.
        self.graph.nodes[enter].split = Split::One;
        if !(self.stays)(index) {
            if node.outgoing.len() > 1 {
                let split = self.graph.add(None, Kind::Silent, Join::Any, Split::Roles);
                self.graph.connect(enter, split, Role::Always, None);
                self.flows(node, split);
            } else {
                self.flows(node, enter);
            }
        }
        for boundary in &node.boundaries {
            let Some(event) = self.enters.get(boundary).copied() else {
                continue;
            };
            match part(&self.definition.at(*boundary).element) {
                Part::Boundary {
                    interrupting: false,
                } => {
                    self.graph.connect_beside(enter, event);
                }
                Part::Boundary { interrupting: true }
                | Part::Start
                | Part::Step
                | Part::Scope
                | Part::Gateway(..)
                | Part::End
                | Part::EndOfAll
                | Part::Leave
                | Part::Apart => {
                    self.graph.connect(enter, event, Role::Always, None);
                }
            }
        }
        if self.graph.nodes[enter].outgoing.is_empty() {
            self.graph.connect(enter, self.leave, Role::Always, None);
        }
    }

    /// The flows out of a node, from where its tokens leave.
    fn flows(&mut self, node: &FlowNode, from: NodeId) {
        let all = matches!(part(&node.element), Part::Gateway(_, Routing::All));
        for index in &node.outgoing {
            let flow = self.definition.flow(*index);
            let Some(target) = self.enters.get(&flow.target).copied() else {
                continue;
            };
            let role = match (all, node.default == Some(*index), &flow.condition) {
                (true, ..) | (false, false, None) => Role::Always,
                (false, true, _) => Role::Default,
                (false, false, Some(_)) => Role::If,
            };
            self.graph.connect(from, target, role, Some(*index));
        }
        if self.graph.nodes[from].outgoing.is_empty() {
            self.graph.connect(from, self.sink, Role::Always, None);
        }
    }

    /// What begins by itself begins together; each event that starts the scope is a beginning of its own, and so is what is
    /// chosen in an ad-hoc subprocess.
    fn begin(&mut self, parts: &Parts, chosen: bool) {
        let node = |index: &NodeIndex| self.enters.get(index).copied();
        let together: Vec<NodeId> = parts.begin.iter().filter_map(node).collect();
        let definition = self.definition;
        // The events behind a gateway begin with it.
        let entry = |index: &NodeIndex| {
            instantiating_gateway(&definition.nodes, &definition.flows, *index).unwrap_or(*index)
        };
        let mut entries: Vec<NodeIndex> = parts.entries.iter().map(entry).collect();
        entries.dedup();
        let entries: Vec<NodeId> = entries.iter().filter_map(node).collect();
        if chosen {
            for begin in together {
                self.graph.begin(&[begin]);
            }
        } else if !together.is_empty() {
            self.graph.begin(&together);
        }
        for entry in entries {
            self.graph.begin(&[entry]);
        }
    }
}
