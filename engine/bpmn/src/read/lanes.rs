//! Lanes: who is responsible for which nodes.

use std::collections::HashMap;
use std::sync::Arc;

use xml::Element;

use super::process::Draft;
use super::reader::properties;
use super::{BPMN, Reader, local_name};
use crate::Verdict;
use crate::definition::Lane;

/// The lanes of a lane set, and those inside them. Nesting is bounded by that of the document.
pub(super) fn read<'d>(reader: &mut Reader<'d>, set: &'d Element) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for xml in set.children_named(BPMN, "lane") {
        reader.verdict(xml, "lane", Verdict::Executed);
        let Some(id) = reader.unique_id(xml, "lane") else {
            continue;
        };
        let nodes = xml
            .children_named(BPMN, "flowNodeRef")
            .map(|node| local_name(node.text().trim()).to_owned())
            .collect();
        let inner = xml.child(BPMN, "childLaneSet");
        lanes.push(Lane {
            id: id.to_owned(),
            name: xml.attribute("name").map(str::to_owned),
            nodes,
            lanes: inner.map_or_else(Vec::new, |set| read(reader, set)),
            properties: properties(xml),
        });
    }
    lanes
}

/// Tells each node its innermost lane; nodes of a subprocess lie in the lane of the subprocess.
pub(super) fn assign(draft: &mut Draft<'_>) {
    let mut found: HashMap<&str, Arc<str>> = HashMap::new();
    let mut open: Vec<&Lane> = draft.lanes.iter().collect();
    while let Some(lane) = open.pop() {
        let label: Arc<str> = lane.name.as_deref().unwrap_or(&lane.id).into();
        // Outer lanes come first, so inner ones overwrite what they said.
        for node in &lane.nodes {
            found.insert(node, label.clone());
        }
        open.extend(&lane.lanes);
    }
    for position in 0..draft.nodes.len() {
        let node = &draft.nodes[position];
        let around = node
            .scope
            .map(|scope| draft.nodes[scope.0 as usize].lane.clone());
        let lane = found.get(&*node.id).cloned().or(around.flatten());
        draft.nodes[position].lane = lane;
    }
}
