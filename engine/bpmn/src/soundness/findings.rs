//! What the token game found, in the words of the model.

use std::collections::{BTreeMap, BTreeSet};

use xml::Problem;

use super::explore::{Collision, Exploration};
use super::graph::{EdgeId, Graph, Join, NodeId, Step};
use crate::ProcessDefinition;
use crate::definition::{FlowNode, NodeIndex};

/// Findings of one scope as problems.
pub(super) struct Findings<'d> {
    pub definition: &'d ProcessDefinition,
    pub graph: &'d Graph,
    /// The subprocess, where it is one.
    pub scope: Option<NodeIndex>,
    /// The activities that boundary events stand on.
    pub hosts: &'d BTreeMap<NodeIndex, NodeIndex>,
    pub problems: Vec<Problem>,
}

impl Findings<'_> {
    /// Everything that was found, but not what only follows from it.
    pub(super) fn add(&mut self, found: &Exploration, dead: &[NodeIndex]) {
        for (node, missing, path) in &found.deadlocks {
            self.deadlock(*node, missing, path);
        }
        for collision in &found.collisions {
            self.collision(collision);
        }
        if let Some(path) = &found.endless {
            self.endless(path);
        }
        let waiting = found.deadlocks.iter();
        let waiting: BTreeSet<NodeIndex> = waiting
            .filter_map(|(node, ..)| self.graph.nodes[*node].element)
            .collect();
        let known: BTreeSet<NodeIndex> = dead.iter().copied().collect();
        for index in dead {
            let before = self.before(*index);
            let follows = before.iter().any(|node| known.contains(node));
            if !follows && !waiting.contains(index) {
                self.dead(*index, before);
            }
        }
    }

    fn deadlock(&mut self, node: NodeId, missing: &[EdgeId], path: &[Step]) {
        let Some(index) = self.graph.nodes[node].element else {
            return;
        };
        let sources: Vec<String> = missing.iter().map(|edge| self.source_of(*edge)).collect();
        let message = format!(
            "\"{}\" can wait for ever: nothing comes from {} any more",
            self.definition.at(index).label(),
            listed(&sources)
        );
        let way_out = match self.graph.nodes[node].join {
            Join::Any | Join::All => {
                "join the paths with the kind of gateway that splits them: a parallel gateway waits for all of them"
            }
            Join::Inclusive | Join::Complex => {
                "let what it waits for not depend on what comes behind it"
            }
        };
        self.push(index, message, way_out, path);
    }

    fn collision(&mut self, collision: &Collision) {
        let Some(index) = self.meeting(collision) else {
            return;
        };
        let message = format!(
            "\"{}\" can be reached a second time, from {}, while it is still at work: the paths are not joined",
            self.definition.at(index).label(),
            self.before_meeting(collision, index),
        );
        let way_out = "join parallel paths before it, with the kind of gateway that splits them";
        let mut path = collision.path.clone();
        if !self.common(collision).is_empty() {
            path.retain(|step| !self.common(collision).contains(step));
        }
        path.extend((path.last() != Some(&Step::Node(index))).then_some(Step::Node(index)));
        self.push(index, message, way_out, &path);
    }

    /// Where two tokens come together: in a reduced graph their edges may have an end in common.
    fn meeting(&self, collision: &Collision) -> Option<NodeIndex> {
        let met = self.common(collision).iter().find_map(|step| match step {
            Step::Node(node) => Some(*node),
            Step::Flow(_) => None,
        });
        met.or(self.graph.nodes[collision.node].element)
    }

    fn common(&self, collision: &Collision) -> &[Step] {
        let trail = |edge: EdgeId| &self.graph.edges[edge].trail;
        let (first, second) = (trail(collision.first), trail(collision.second));
        if collision.first == collision.second {
            return &[];
        }
        let pairs = first.iter().rev().zip(second.iter().rev());
        let count = pairs.take_while(|(a, b)| a == b).count();
        &second[second.len() - count..]
    }

    /// The element from which the second token comes to where they meet.
    fn before_meeting(&self, collision: &Collision, met: NodeIndex) -> String {
        let trail = &self.graph.edges[collision.second].trail;
        let on_trail = trail.iter().position(|step| *step == Step::Node(met));
        let before = &trail[..on_trail.unwrap_or(trail.len())];
        let flow = before.iter().rev().find_map(|step| match step {
            Step::Flow(flow) => Some(self.definition.flow(*flow).source),
            Step::Node(_) => None,
        });
        match flow {
            Some(source) => format!("\"{}\"", self.definition.at(source).label()),
            None => self.source_of(collision.second),
        }
    }

    fn endless(&mut self, path: &[Step]) {
        let last = path.iter().rev().find_map(|step| match step {
            Step::Node(node) => Some(*node),
            Step::Flow(_) => None,
        });
        let Some(index) = last.or(self.scope) else {
            return;
        };
        let message = format!(
            "After \"{}\" the end cannot be reached any more: what follows goes round for ever",
            self.definition.at(index).label()
        );
        self.push(index, message, "add a way out of the loop", path);
    }

    fn dead(&mut self, index: NodeIndex, before: Vec<NodeIndex>) {
        let message = format!(
            "\"{}\" is connected, but can never be executed",
            self.definition.at(index).label()
        );
        let way_out = "look at the gateways and events before it, or delete it";
        let path: Vec<Step> = before.into_iter().chain([index]).map(Step::Node).collect();
        self.push(index, message, way_out, &path);
    }

    /// The elements that lead to an element.
    fn before(&self, index: NodeIndex) -> Vec<NodeIndex> {
        let node = self.definition.at(index);
        let flows = node.incoming.iter();
        let mut before: Vec<NodeIndex> = flows
            .map(|flow| self.definition.flow(*flow).source)
            .collect();
        before.extend(self.hosts.get(&index));
        before
    }

    /// The name of the element that an edge comes from.
    fn source_of(&self, edge: EdgeId) -> String {
        let edge = &self.graph.edges[edge];
        let flow = edge.trail.iter().rev().find_map(|step| match step {
            Step::Flow(flow) => Some(self.definition.flow(*flow).source),
            Step::Node(_) => None,
        });
        let source = edge.source.and_then(|node| self.graph.nodes[node].element);
        let source = flow.or(source).map(|source| self.definition.at(source));
        source.map_or("the start".to_owned(), |node: &FlowNode| {
            format!("\"{}\"", node.label())
        })
    }

    fn push(&mut self, index: NodeIndex, message: String, way_out: &str, path: &[Step]) {
        let node = self.definition.at(index);
        let scope = self.scope.map(Step::Node);
        let mut ids: Vec<String> = Vec::with_capacity(path.len() + 1);
        for step in scope.iter().chain(path) {
            let id = match step {
                Step::Node(node) => self.definition.at(*node).id.to_string(),
                Step::Flow(flow) => self.definition.flow(*flow).id.to_string(),
            };
            if ids.last() != Some(&id) {
                ids.push(id);
            }
        }
        let mut problem = Problem::warning(node.position, message, way_out).about(&*node.id);
        problem.path = ids;
        self.problems.push(problem);
    }
}

/// `"A"`, `"A" and "B"`, `"A", "B" and "C"`.
fn listed(names: &[String]) -> String {
    match names {
        [] => "anywhere".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
