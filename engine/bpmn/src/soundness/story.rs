//! A way through the token game as a path that can be drawn.

use std::collections::BTreeSet;

use super::explore::Via;
use super::graph::{EdgeId, NodeId, Step};
use super::net::{Landing, Net};

/// All elements and flows on the way.
pub(super) fn of(net: &Net<'_>, ways: &[Via]) -> Vec<Step> {
    told(net, ways, |_, _| true)
}

/// Only what leads to the two tokens that meet in the last step; and the edge of the first of them.
pub(super) fn of_collision(net: &Net<'_>, ways: &[Via], second: EdgeId) -> (Vec<Step>, EdgeId) {
    // Which step and edge brought the token that is at each place now.
    let mut brought: Vec<Option<(usize, EdgeId)>> = vec![None; net.waits.len()];
    // For each step, where the tokens that it took came from.
    let mut took: Vec<Vec<(usize, EdgeId)>> = Vec::new();
    let place_of = |edge: EdgeId| match net.landings[edge] {
        Landing::Place(place) => Some(place),
        Landing::Sink | Landing::Clear { .. } => None,
    };
    let mut first = second;
    for (at, via) in ways.iter().enumerate() {
        let (node, edges) = step(net, *via);
        let places = (0..net.waits.len()).filter(|place| Some(net.waits[*place]) == node);
        took.push(places.filter_map(|place| brought[place].take()).collect());
        for edge in edges {
            if let Some(place) = place_of(*edge) {
                // Where there is a token already, that one stays.
                brought[place].get_or_insert((at, *edge));
            }
        }
    }
    let last = ways.len() - 1;
    let mut open = vec![(last, second)];
    if let Some(there) = place_of(second).and_then(|place| brought[place]) {
        first = there.1;
        open.push(there);
    }
    let mut needed: BTreeSet<(usize, EdgeId)> = BTreeSet::new();
    while let Some(one) = open.pop() {
        if needed.insert(one) {
            open.extend(&took[one.0]);
        }
    }
    let path = told(net, ways, |at, edge| needed.contains(&(at, edge)));
    (path, first)
}

/// What a step does: the node that goes on, and the edges that it takes.
fn step<'n>(net: &'n Net<'_>, via: Via) -> (Option<NodeId>, &'n [EdgeId]) {
    match via {
        Via::Start(start) => (None, &net.graph.starts[start as usize]),
        Via::Way(_, node, way) => {
            let way = &net.ways[node as usize][way as usize];
            // What happens beside a node takes no token from it.
            let node = Some(node as usize);
            (node, &way.edges)
        }
        Via::Reset(_, node) => (Some(node as usize), &[]),
    }
}

/// The path over those edges that are wanted.
fn told(net: &Net<'_>, ways: &[Via], wanted: impl Fn(usize, EdgeId) -> bool) -> Vec<Step> {
    let graph = net.graph;
    let mut path = Vec::new();
    for (at, via) in ways.iter().enumerate() {
        let (node, edges) = step(net, *via);
        let edges: Vec<EdgeId> = edges.iter().copied().filter(|e| wanted(at, *e)).collect();
        if let Some(node) = node
            && !edges.is_empty()
        {
            path.extend(graph.nodes[node].element.map(Step::Node));
        }
        for edge in edges {
            let edge = &graph.edges[edge];
            path.extend(&edge.trail);
            if graph.ends_tokens(edge.target) {
                path.extend(graph.nodes[edge.target].element.map(Step::Node));
            }
        }
    }
    path
}
