//! Random graphs: a reduced graph is exactly as sound as the one that it was made of.

use proptest::prelude::*;

use super::explore::{Exploration, explore};
use super::graph::{Graph, Join, Kind, Role, Split};
use super::net::Net;
use super::reduce::reduce;
use crate::definition::NodeIndex;

/// What is drawn: kinds of nodes, and flows between them by number.
#[derive(Debug, Clone)]
struct Drawing {
    nodes: Vec<(u8, bool)>,
    flows: Vec<(usize, usize, u8)>,
}

fn drawing() -> impl Strategy<Value = Drawing> {
    (2..9_usize).prop_flat_map(|count| {
        let nodes = prop::collection::vec((0..10_u8, any::<bool>()), count);
        let flows = prop::collection::vec((0..count, 0..count, 0..7_u8), count..count * 2);
        (nodes, flows).prop_map(|(nodes, flows)| Drawing { nodes, flows })
    })
}

/// Flows mostly lead on, and sometimes back.
fn graph(drawing: &Drawing) -> Graph {
    let mut graph = Graph::default();
    for (number, (kind, one)) in drawing.nodes.iter().enumerate() {
        let (join, split) = match kind {
            0..=2 => (Join::Any, Split::One),
            3..=5 => (Join::Any, Split::Roles),
            6 => (Join::All, Split::Roles),
            7 => (Join::All, Split::One),
            8 => (Join::Inclusive, Split::Roles),
            _ => (Join::Any, Split::One),
        };
        let kind = if *one { Kind::Work } else { Kind::Silent };
        graph.add(Some(NodeIndex(number as u32)), kind, join, split);
    }
    let count = drawing.nodes.len();
    let sink = graph.add(
        Some(NodeIndex(count as u32)),
        Kind::Sink,
        Join::Any,
        Split::One,
    );
    let clear = graph.add(
        Some(NodeIndex(count as u32 + 1)),
        Kind::Clear,
        Join::Any,
        Split::One,
    );
    let leave = graph.add(
        Some(NodeIndex(count as u32 + 2)),
        Kind::Leave,
        Join::Any,
        Split::One,
    );
    for (from, to, role) in &drawing.flows {
        let (from, to) = if *role < 5 && from > to {
            (*to, *from)
        } else {
            (*from, *to)
        };
        let to = if from == to {
            [clear, leave, sink, sink, sink, sink, sink][usize::from(*role)]
        } else {
            to
        };
        if *role == 4 && drawing.nodes[from].0 == 9 {
            graph.connect_beside(from, to);
            continue;
        }
        // Exclusive, parallel and inclusive splits are drawn more often than mixed ones.
        let role = match (drawing.nodes[from].0, role) {
            (3 | 6, _) => Role::Always,
            (4 | 8, _) => Role::If,
            (_, 0..=2) => Role::If,
            (_, 3) => Role::Default,
            _ => Role::Always,
        };
        graph.connect(from, to, role, None);
    }
    for node in 0..count {
        if graph.nodes[node].outgoing.is_empty() {
            graph.connect(node, sink, Role::Always, None);
        }
    }
    graph.begin(&[0]);
    graph.settle();
    graph
}

fn play(graph: &Graph) -> Exploration {
    let net = Net::of(graph).expect("few ways");
    explore(&net, 16, &mut 100_000)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn a_reduced_graph_is_as_sound_as_before(drawing in drawing()) {
        let plain = graph(&drawing);
        let mut reduced = plain.clone();
        reduce(&mut reduced, &mut 100_000);
        let (before, after) = (play(&plain), play(&reduced));
        prop_assume!(before.limit.is_none() && after.limit.is_none());
        prop_assert_eq!(before.collisions.is_empty(), after.collisions.is_empty());
        if before.collisions.is_empty() {
            prop_assert_eq!(before.deadlocks.is_empty(), after.deadlocks.is_empty());
            prop_assert_eq!(before.endless.is_none(), after.endless.is_none());
            prop_assert_eq!(before.completes, after.completes);
            prop_assert_eq!(&before.executed, &after.executed);
        }
    }
}

/// A small share in the normal tests; `SOUNDNESS_CASES=1000000` for a long run.
pub(super) fn cases() -> u32 {
    let asked = std::env::var("SOUNDNESS_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(400)
}
