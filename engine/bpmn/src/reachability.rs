//! From where something can still come to an incoming flow of a join: computed once, when a model is read.
//!
//! The rule of the inclusive gateway (BPMN 2.0.2, 13.4.3; the reset of the complex gateway, 13.4.5, is the same)
//! speaks of directed paths that do not visit the gateway. For each such gateway and each node before an
//! incoming flow of it there is a bit set of the nodes from which a path leads there.

use std::collections::HashMap;
use std::sync::Arc;

use crate::definition::{FlowIndex, FlowNode, NodeIndex, SequenceFlow, successors};
use crate::elements::Joins;

/// Paths to the joins whose rule asks for them.
#[derive(Debug, Default)]
pub(crate) struct Reachability {
    /// By join and incoming flow; for look-ups only.
    paths: HashMap<(NodeIndex, FlowIndex), Arc<NodeSet>>,
}

impl Reachability {
    /// The table of a whole process, or of all its subprocesses: paths never cross their borders.
    pub(crate) fn of(nodes: &[FlowNode], flows: &[SequenceFlow]) -> Reachability {
        let mut table = Reachability::default();
        let joins = (0..nodes.len() as u32).map(NodeIndex).filter(|index| {
            let node = &nodes[index.0 as usize];
            node.element.behaviour().joins(node) == Joins::Settled
        });
        let joins: Vec<NodeIndex> = joins.collect();
        if joins.is_empty() {
            return table;
        }
        let before = predecessors(nodes, flows);
        for join in joins {
            let mut from: HashMap<NodeIndex, Arc<NodeSet>> = HashMap::new();
            for flow in &nodes[join.0 as usize].incoming {
                let source = flows[flow.0 as usize].source;
                let set = from
                    .entry(source)
                    .or_insert_with(|| Arc::new(backwards(&before, source, join)));
                table.paths.insert((join, *flow), Arc::clone(set));
            }
        }
        table
    }

    /// Whether the process has joins that ask.
    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether something at a node can come to an incoming flow of a join, not passing the join itself.
    pub(crate) fn leads(&self, node: NodeIndex, join: NodeIndex, flow: FlowIndex) -> bool {
        let set = self.paths.get(&(join, flow));
        set.is_some_and(|set| set.contains(node))
    }
}

/// The nodes directly before each node.
fn predecessors(nodes: &[FlowNode], flows: &[SequenceFlow]) -> Vec<Vec<NodeIndex>> {
    let mut before = vec![Vec::new(); nodes.len()];
    for (position, node) in nodes.iter().enumerate() {
        for next in successors(node, flows) {
            before[next.0 as usize].push(NodeIndex(position as u32));
        }
    }
    before
}

/// The nodes from which a path leads to `source` and along its flow to the join, not passing the join.
fn backwards(before: &[Vec<NodeIndex>], source: NodeIndex, join: NodeIndex) -> NodeSet {
    let mut found = NodeSet(vec![0; before.len().div_ceil(64)]);
    let mut open = vec![source];
    while let Some(node) = open.pop() {
        // A path may begin at the join, but not pass it.
        if found.insert(node) && node != join {
            open.extend(&before[node.0 as usize]);
        }
    }
    found
}

/// Nodes as bits.
#[derive(Debug)]
struct NodeSet(Vec<u64>);

impl NodeSet {
    /// Whether the node is new.
    fn insert(&mut self, node: NodeIndex) -> bool {
        let (word, bit) = (node.0 as usize / 64, 1 << (node.0 % 64));
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    fn contains(&self, node: NodeIndex) -> bool {
        self.0[node.0 as usize / 64] & (1 << (node.0 % 64)) != 0
    }
}
