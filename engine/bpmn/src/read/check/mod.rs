//! The rules that need the whole process, by groups: `reach` (what nothing leads to), `flows` (what leads in and out,
//! gateways), `events`, `tasks` (for people), `variables` (what conditions read).

mod events;
mod flows;
mod reach;
mod tasks;
mod variables;

use std::collections::BTreeSet;

use xml::{Problem, Severity};

use super::process::Draft;
use super::reader::{Reader, label};
use crate::definition::{FlowNode, NodeIndex};

/// Applies all rules to all nodes that are not refused.
pub(super) fn check<'d>(reader: &mut Reader<'d>, draft: &Draft<'d>) {
    let reachable = reach::reachable(draft);
    let watched = tasks::watched(draft);
    for (position, node) in draft.nodes.iter().enumerate() {
        let index = NodeIndex(position as u32);
        if draft.refused.contains(&index) {
            continue;
        }
        let mut rules = Rules {
            reader,
            draft,
            node,
            watched: &watched,
            name: label(draft.node_xml[position]),
        };
        rules.ends();
        rules.gateway();
        rules.boundaries();
        rules.event_subprocesses();
        rules.conditions();
        rules.assignment();
        rules.form();
        rules.deadline();
        if !reachable.contains(&index) {
            rules.warning(
                format!("{} is never reached", rules.name),
                "connect it, or delete it",
            );
        }
    }
    events::check_process(reader, draft);
    variables::check(reader, draft);
}

/// The rules for one node.
struct Rules<'r, 'a, 'd> {
    reader: &'r mut Reader<'d>,
    draft: &'a Draft<'d>,
    node: &'a FlowNode,
    watched: &'a BTreeSet<Option<NodeIndex>>,
    name: String,
}

impl Rules<'_, '_, '_> {
    fn error(&mut self, message: String, way_out: &str) {
        self.push(Severity::Error, message, way_out);
    }

    fn warning(&mut self, message: String, way_out: &str) {
        self.push(Severity::Warning, message, way_out);
    }

    fn hint(&mut self, message: String, way_out: &str) {
        self.push(Severity::Hint, message, way_out);
    }

    fn push(&mut self, severity: Severity, message: String, way_out: &str) {
        let problem = Problem {
            severity,
            ..Problem::error(self.node.position, message, way_out)
        };
        self.reader.push(problem.about(&*self.node.id));
    }
}
