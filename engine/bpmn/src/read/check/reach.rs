//! What can be reached at all.

use std::collections::BTreeSet;

use crate::definition::{NodeIndex, instantiating_gateway};
use crate::elements::Element;
use crate::read::process::Draft;

/// Nodes that a token can reach from the start events, over flows and boundary events.
pub(super) fn reachable(draft: &Draft<'_>) -> BTreeSet<NodeIndex> {
    let mut reached = BTreeSet::new();
    let all = &draft.parts;
    let mut open: Vec<NodeIndex> = all.begin.iter().chain(&all.entries).copied().collect();
    let gateway = |entry: &NodeIndex| instantiating_gateway(&draft.nodes, &draft.flows, *entry);
    open.extend(all.entries.iter().filter_map(gateway));
    let around = |start: &NodeIndex| draft.nodes[start.0 as usize].scope;
    open.extend(all.event_starts.iter().filter_map(around));
    while let Some(index) = open.pop() {
        if !reached.insert(index) {
            continue;
        }
        let node = &draft.nodes[index.0 as usize];
        open.extend(
            node.outgoing
                .iter()
                .map(|flow| draft.flows[flow.0 as usize].target),
        );
        open.extend(&node.boundaries);
        open.extend(node.handler);
        if let Element::Subprocess(subprocess) = &node.element {
            let parts = &subprocess.parts;
            open.extend(parts.begin.iter().chain(&parts.entries));
            open.extend(parts.event_starts.iter().filter_map(around));
        }
    }
    reached
}
