//! Makes a graph smaller without changing whether it is sound: what a person sees as one block (a sequence, a
//! choice that comes together again, parallel paths that are joined, a loop) becomes one edge.
//!
//! Each rule keeps: whether a join can wait for ever, whether a second token can come to a node, whether the
//! end can always be reached, and which elements are executed. `random` plays both graphs against each other.

use super::graph::{EdgeId, Graph, Join, Kind, NodeId, Role, Split, Step};
use crate::definition::NodeIndex;

/// Edges in times edges out, up to which a choice is copied to where its tokens come from.
const COPIES_MAX: usize = 24;

/// Applies all rules until none fits any more, or the steps are used up.
pub(super) fn reduce(graph: &mut Graph, steps: &mut usize) {
    let mut changed = true;
    while changed {
        changed = false;
        let repeated = repeated(graph);
        for node in 0..graph.nodes.len() {
            // Pairs of flows are compared.
            let width = graph.nodes[node].outgoing.len();
            *steps = steps.saturating_sub(1 + width * width / 16);
            if *steps == 0 {
                return;
            }
            if graph.nodes[node].gone || graph.nodes[node].incoming.is_empty() {
                continue;
            }
            if graph.is_plain(node) {
                graph.nodes[node].join = Join::Any;
            }
            changed |= lead_on(graph, node)
                || merge_split(graph, node)
                || merge_edges(graph, node)
                || drop_round(graph, node)
                || drop_ends(graph, node, &repeated)
                || copy_choice(graph, node);
        }
    }
}

/// A node with one way out becomes part of the edges that lead to it.
fn lead_on(graph: &mut Graph, node: NodeId) -> bool {
    let one = &graph.nodes[node];
    if !graph.is_plain(node) || one.outgoing.len() != 1 || !one.beside.is_empty() {
        return false;
    }
    let out = one.outgoing[0];
    let target = graph.edges[out].target;
    let fits = graph.nodes[target].join == Join::Any || one.incoming.len() == 1;
    if target == node || graph.ends_tokens(target) || !fits {
        return false;
    }
    for edge in one.incoming.clone().into_iter().rev() {
        graph.prolong(edge, out);
    }
    graph.drop_node(node);
    true
}

/// A choice behind a choice, or a parallel split behind a parallel split, is one with it.
fn merge_split(graph: &mut Graph, node: NodeId) -> bool {
    let one = &graph.nodes[node];
    let [into] = one.incoming[..] else {
        return false;
    };
    let Some(before) = graph.edges[into].source.filter(|before| *before != node) else {
        return false;
    };
    let in_turn = graph.nodes[before].outgoing.contains(&into);
    if !in_turn || !one.beside.is_empty() || !leads_somewhere(graph, node) {
        return false;
    }
    let fits = match (graph.nodes[before].split, one.split) {
        (Split::One, Split::One) => true,
        (Split::Roles, Split::Roles) => {
            let always = |edge: &EdgeId| graph.edges[*edge].role == Role::Always;
            let clears = |edge: &EdgeId| graph.ends_all(graph.edges[*edge].target);
            always(&into) && one.outgoing.iter().all(always) && !one.outgoing.iter().any(clears)
        }
        (Split::One, Split::Roles) | (Split::Roles, Split::One) => false,
    };
    if fits {
        copy_to(graph, into, node);
    }
    fits
}

/// A choice behind choices moves to each of them.
fn copy_choice(graph: &mut Graph, node: NodeId) -> bool {
    let one = &graph.nodes[node];
    let fits = one.split == Split::One
        && graph.is_plain(node)
        && one.beside.is_empty()
        && one.incoming.len() * one.outgoing.len() <= COPIES_MAX
        && leads_somewhere(graph, node)
        && one.incoming.iter().all(|edge| {
            graph.edges[*edge].source.is_some_and(|before| {
                let before_node = &graph.nodes[before];
                before != node
                    && before_node.split == Split::One
                    && before_node.outgoing.contains(edge)
            })
        })
        && one.outgoing.iter().all(|edge| {
            let target = graph.edges[*edge].target;
            // Two edges into a join would be two to wait for.
            one.incoming.len() == 1 || graph.nodes[target].join == Join::Any
        });
    if fits {
        for into in one.incoming.clone() {
            copy_to(graph, into, node);
        }
    }
    fits
}

/// Whether a second token behind the node would still be seen, if the node were not there.
fn leads_somewhere(graph: &Graph, node: NodeId) -> bool {
    let mut targets = graph.nodes[node].outgoing.iter();
    targets.any(|edge| {
        let target = graph.edges[*edge].target;
        target != node && !graph.ends_tokens(target)
    })
}

/// Replaces an edge into a node by edges over it to all its targets; the last one deletes the node.
fn copy_to(graph: &mut Graph, into: EdgeId, node: NodeId) {
    let before = graph.edges[into].source.expect("asked by the callers");
    let outgoing = graph.nodes[node].outgoing.clone();
    for over in outgoing {
        let copy = graph.connect(before, node, graph.edges[into].role, None);
        graph.edges[copy].trail = graph.edges[into].trail.clone();
        graph.edges[copy].covers = graph.edges[into].covers.clone();
        // The order of the incoming edges of a join does not matter.
        graph.prolong(copy, over);
    }
    graph.remove(into);
    if graph.nodes[node].incoming.is_empty() {
        graph.drop_node(node);
    }
}

/// Two edges between the same nodes that always or never have the same tokens, or mean the same.
fn merge_edges(graph: &mut Graph, node: NodeId) -> bool {
    as_choice(graph, node);
    let one = &graph.nodes[node];
    for (at, first) in one.outgoing.iter().enumerate() {
        for second in &one.outgoing[at + 1..] {
            let (a, b) = (&graph.edges[*first], &graph.edges[*second]);
            if a.target != b.target || a.target == node {
                continue;
            }
            let target = &graph.nodes[a.target];
            let join = if graph.is_plain(a.target) {
                Join::Any
            } else {
                target.join
            };
            let same = match (one.split, a.role, b.role) {
                (Split::One, ..) => match join {
                    Join::Any | Join::Inclusive => true,
                    Join::All | Join::Complex => false,
                },
                (Split::Roles, Role::Always, Role::Always) => match join {
                    Join::All | Join::Inclusive => true,
                    Join::Any => graph.ends_tokens(a.target),
                    Join::Complex => false,
                },
                (Split::Roles, Role::If, Role::If) => match join {
                    Join::Inclusive => true,
                    Join::Any => graph.ends_tokens(a.target),
                    Join::All | Join::Complex => false,
                },
                (Split::Roles, ..) => false,
            };
            if same {
                let (first, second) = (*first, *second);
                absorb(graph, first, second);
                return true;
            }
        }
    }
    false
}

/// One condition and a default are a choice; a single edge is taken in any case.
fn as_choice(graph: &mut Graph, node: NodeId) {
    let roles: Vec<Role> = graph.nodes[node]
        .outgoing
        .iter()
        .map(|edge| graph.edges[*edge].role)
        .collect();
    match roles[..] {
        [Role::If, Role::Default] | [Role::Default, Role::If] => {
            graph.nodes[node].split = Split::One;
        }
        [_] => {
            let edge = graph.nodes[node].outgoing[0];
            graph.edges[edge].role = Role::Always;
        }
        _ => {}
    }
}

/// Deletes the second edge; what lies on it belongs to the first.
fn absorb(graph: &mut Graph, first: EdgeId, second: EdgeId) {
    let covers = covered(graph, second);
    graph.edges[first].covers.extend(covers);
    graph.remove(second);
}

/// All elements of an edge.
fn covered(graph: &Graph, edge: EdgeId) -> Vec<NodeIndex> {
    let edge = &graph.edges[edge];
    let passed = edge.trail.iter().filter_map(|step| match step {
        Step::Node(node) => Some(*node),
        Step::Flow(_) => None,
    });
    passed.chain(edge.covers.iter().copied()).collect()
}

/// A choice to come back at once changes nothing.
fn drop_round(graph: &mut Graph, node: NodeId) -> bool {
    let one = &graph.nodes[node];
    if one.split != Split::One || !graph.is_plain(node) || one.outgoing.len() < 2 {
        return false;
    }
    let round = one
        .outgoing
        .iter()
        .find(|edge| graph.edges[**edge].target == node);
    let Some(round) = round.copied() else {
        return false;
    };
    let covers = covered(graph, round);
    graph.nodes[node].covers.extend(covers);
    graph.remove(round);
    true
}

/// Tokens that only wait for their own end, and nothing for them.
fn drop_ends(graph: &mut Graph, node: NodeId, repeated: &[bool]) -> bool {
    let one = &graph.nodes[node];
    let beside = one.beside.iter().find(|edge| {
        let target = graph.edges[**edge].target;
        let sink = graph.nodes[target].kind == Kind::Sink;
        sink || is_last(graph, target)
    });
    if let Some(edge) = beside.copied() {
        let covers = with_end(graph, edge);
        graph.nodes[node].covers.extend(covers);
        return true;
    }
    if one.split == Split::One {
        return join_ends(graph, node, None);
    }
    let clears = |edge: &EdgeId| graph.ends_all(graph.edges[*edge].target);
    if one.outgoing.iter().any(clears) {
        return false; // what is taken together with the end of everything is never executed
    }
    let always = |edge: &&EdgeId| graph.edges[**edge].role == Role::Always;
    if one.outgoing.iter().filter(always).count() > 1 {
        let useless = one.outgoing.iter().find(|edge| {
            let edge = &graph.edges[**edge];
            let sink = graph.nodes[edge.target].kind == Kind::Sink;
            let once = !repeated[node] && is_last(graph, edge.target);
            edge.role == Role::Always && (sink || once)
        });
        if let Some(edge) = useless.copied() {
            let covers = with_end(graph, edge);
            graph.nodes[node].covers.extend(covers);
            return true;
        }
    }
    join_ends(graph, node, Some(Role::Always)) || join_ends(graph, node, Some(Role::If))
}

/// Two last nodes behind the same split are one.
fn join_ends(graph: &mut Graph, node: NodeId, role: Option<Role>) -> bool {
    let last = graph.nodes[node].outgoing.iter().filter(|edge| {
        let edge = &graph.edges[**edge];
        role.is_none_or(|role| edge.role == role) && is_last(graph, edge.target)
    });
    let last: Vec<EdgeId> = last.copied().take(2).collect();
    let [first, second] = last[..] else {
        return false;
    };
    let covers = with_end(graph, second);
    graph.edges[first].covers.extend(covers);
    true
}

/// Whether a node only leads to an end, and only one edge leads to it.
fn is_last(graph: &Graph, node: NodeId) -> bool {
    let one = &graph.nodes[node];
    let [out] = one.outgoing[..] else {
        return false;
    };
    one.incoming.len() == 1
        && one.beside.is_empty()
        && graph.nodes[graph.edges[out].target].kind == Kind::Sink
}

/// Deletes an edge and the last node or end behind it; gives the elements that went with them.
fn with_end(graph: &mut Graph, edge: EdgeId) -> Vec<NodeIndex> {
    let mut covers = covered(graph, edge);
    let target = graph.edges[edge].target;
    graph.remove(edge);
    covers.extend(graph.nodes[target].element);
    covers.extend(&graph.nodes[target].covers);
    if graph.nodes[target].kind == Kind::Sink {
        return covers;
    }
    let out = graph.nodes[target].outgoing[0];
    let end = graph.edges[out].target;
    covers.extend(covered(graph, out));
    covers.extend(graph.nodes[end].element);
    covers.extend(&graph.nodes[end].covers);
    graph.drop_node(target);
    covers
}

/// For each node, whether a token can come to it again and again.
fn repeated(graph: &Graph) -> Vec<bool> {
    let count = graph.nodes.len();
    let after = |node: NodeId| {
        let one = &graph.nodes[node];
        let edges = one.outgoing.iter().chain(&one.beside);
        edges.map(|edge| graph.edges[*edge].target)
    };
    // What is left when nodes that nothing leads to are taken away again and again lies on a round, or behind one.
    let mut into = vec![0_usize; count];
    for node in 0..count {
        for target in after(node) {
            into[target] += 1;
        }
        // What happens beside an activity may happen several times.
        for edge in &graph.nodes[node].beside {
            into[graph.edges[*edge].target] += 1;
        }
    }
    let mut open: Vec<NodeId> = (0..count).filter(|node| into[*node] == 0).collect();
    while let Some(node) = open.pop() {
        for target in after(node) {
            into[target] -= 1;
            if into[target] == 0 {
                open.push(target);
            }
        }
    }
    into.into_iter().map(|left| left > 0).collect()
}
