//! The rules that need the whole process.

use std::collections::BTreeSet;

use xml::{Problem, Severity};

use super::process::Draft;
use super::reader::{Reader, label};
use crate::definition::{FlowNode, NodeIndex, instantiating_gateway};
use crate::elements::Element;
use crate::triggers::Trigger;

/// Applies all rules to all nodes that are not refused.
pub(super) fn check<'d>(reader: &mut Reader<'d>, draft: &Draft<'d>) {
    let reachable = reachable(draft);
    for (position, node) in draft.nodes.iter().enumerate() {
        let index = NodeIndex(position as u32);
        if draft.refused.contains(&index) {
            continue;
        }
        let mut rules = Rules {
            reader,
            draft,
            node,
            name: label(draft.node_xml[position]),
        };
        rules.ends();
        rules.gateway();
        rules.boundaries();
        rules.assignment();
        if !reachable.contains(&index) {
            rules.warning(
                format!("{} is never reached", rules.name),
                "connect it, or delete it",
            );
        }
    }
}

/// Nodes that a token can reach from the start events, over flows and boundary events.
fn reachable(draft: &Draft<'_>) -> BTreeSet<NodeIndex> {
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
        if let Element::Subprocess(subprocess) = &node.element {
            let parts = &subprocess.parts;
            open.extend(parts.begin.iter().chain(&parts.entries));
            open.extend(parts.event_starts.iter().filter_map(around));
        }
    }
    reached
}

/// The rules for one node.
struct Rules<'r, 'a, 'd> {
    reader: &'r mut Reader<'d>,
    draft: &'a Draft<'d>,
    node: &'a FlowNode,
    name: String,
}

impl Rules<'_, '_, '_> {
    /// Nothing leads into a start or boundary event, nothing out of an end event.
    fn ends(&mut self) {
        let element = &self.node.element;
        let begins = matches!(element, Element::StartEvent(_) | Element::BoundaryEvent(_))
            || element.is_event_subprocess();
        if begins && !self.node.incoming.is_empty() {
            self.error(
                format!("A flow leads into {}", self.name),
                "let it end at the step behind the event",
            );
        }
        if matches!(element, Element::EndEvent(_)) && !self.node.outgoing.is_empty() {
            self.error(
                format!("A flow leads out of {}", self.name),
                "use an intermediate event, or delete the flow",
            );
        }
    }

    fn gateway(&mut self) {
        let (mut conditions, mut open) = (0, 0);
        for flow in &self.node.outgoing {
            let condition = self.draft.flows[flow.0 as usize].condition.is_some();
            match (self.node.default == Some(*flow), condition) {
                (true, true) => self.warning(
                    format!(
                        "The default flow of {} has a condition, which has no effect",
                        self.name
                    ),
                    "remove the condition",
                ),
                (true, false) => {}
                (false, true) => conditions += 1,
                (false, false) => open += 1,
            }
        }
        let several = self.node.outgoing.len() > 1;
        let exclusive = matches!(self.node.element, Element::ExclusiveGateway);
        let inclusive = matches!(self.node.element, Element::InclusiveGateway);
        if exclusive && several && open > 0 {
            self.error(
                format!(
                    "A flow out of {} has no condition and is not the default",
                    self.name
                ),
                "give it a condition, or make it the default flow",
            );
        } else if inclusive && several && open > 0 {
            self.warning(
                format!(
                    "A flow out of {} has no condition, and so is always taken",
                    self.name
                ),
                "give it a condition, or make it the default flow",
            );
        } else if (exclusive || inclusive) && conditions > 0 && self.node.default.is_none() {
            self.warning(
                format!(
                    "{} has no default flow: if no condition is true, it stops with an incident",
                    self.name
                ),
                "make one of its flows the default",
            );
        } else if matches!(self.node.element, Element::ParallelGateway) && conditions > 0 {
            self.warning(
                format!(
                    "{} takes all flows; their conditions have no effect",
                    self.name
                ),
                "remove the conditions, or use an exclusive gateway",
            );
        }
    }

    /// No two boundary events of an activity catch the same error.
    fn boundaries(&mut self) {
        let mut caught = BTreeSet::new();
        for index in &self.node.boundaries {
            let Element::BoundaryEvent(event) = &self.draft.nodes[index.0 as usize].element else {
                continue;
            };
            for trigger in event.triggers.iter() {
                let Trigger::Error(error) = trigger else {
                    continue;
                };
                if caught.insert(error.catches().map(str::to_owned)) {
                    continue;
                }
                let what = error.catches().map_or("every error".to_owned(), |code| {
                    format!("the error \"{code}\"")
                });
                self.error(
                    format!("Two boundary events of {} catch {what}", self.name),
                    "delete one of them",
                );
            }
        }
    }

    fn assignment(&mut self) {
        let Element::UserTask(task) = &self.node.element else {
            return;
        };
        let names_somebody = task.assignee.is_some()
            || task.candidate_groups.is_some()
            || task.candidate_users.is_some();
        if !names_somebody && self.node.lane.is_none() {
            self.warning(
                format!("{} is offered to nobody", self.name),
                "assign it, name candidate groups, or draw it in a lane",
            );
        }
    }

    fn error(&mut self, message: String, way_out: &str) {
        self.push(Severity::Error, message, way_out);
    }

    fn warning(&mut self, message: String, way_out: &str) {
        self.push(Severity::Warning, message, way_out);
    }

    fn push(&mut self, severity: Severity, message: String, way_out: &str) {
        let problem = Problem {
            severity,
            ..Problem::error(self.node.position, message, way_out)
        };
        self.reader.push(problem.about(&*self.node.id));
    }
}
