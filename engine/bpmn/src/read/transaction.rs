//! The rules of transactions: where they can be cancelled, and where they go on then.

use xml::{Problem, Severity};

use super::process::Draft;
use super::reader::{Reader, about, label};
use crate::definition::{FlowNode, NodeIndex};
use crate::elements::Element;
use crate::triggers::Trigger;

/// Applies the rules to all nodes of a process.
pub(super) fn check(reader: &mut Reader<'_>, draft: &Draft<'_>) {
    for (position, node) in draft.nodes.iter().enumerate() {
        let index = NodeIndex(position as u32);
        if draft.refused.contains(&index) {
            continue;
        }
        let xml = draft.node_xml[position];
        let mut problem = |severity, what: String, way_out: &str| {
            let message = format!("{} {what}", label(xml));
            let problem = Problem {
                severity,
                ..Problem::error(xml.position, message, way_out)
            };
            reader.push(about(problem, xml));
        };
        if is_transaction(node) {
            if let Some(method) = xml
                .attribute("method")
                .filter(|method| !compensates(method))
            {
                problem(
                    Severity::Warning,
                    format!(
                        "is a transaction by \"{method}\", which has no effect: it is cancelled by compensation"
                    ),
                    "give what is done inside compensation boundary events",
                );
            }
            let events = node.boundaries.iter().map(|event| at(draft, *event));
            let count = events.filter(|event| cancels(event)).count();
            if count > 1 {
                problem(
                    Severity::Error,
                    "has two cancel boundary events".to_owned(),
                    "delete one of them",
                );
            } else if count == 1 && !is_cancelled_inside(draft, index) {
                problem(
                    Severity::Warning,
                    "is never cancelled: there is no cancel end event inside".to_owned(),
                    "add a cancel end event, or delete the boundary event",
                );
            }
        }
        if cancels(node) && matches!(node.element, Element::BoundaryEvent(_)) {
            let mut hosts = draft.nodes.iter();
            let host = hosts.find(|host| host.boundaries.contains(&index));
            if host.is_some_and(|host| !is_transaction(host)) {
                problem(
                    Severity::Error,
                    "waits for a cancel, but stands on no transaction".to_owned(),
                    "attach it to a transaction, or use an error",
                );
            }
        } else if cancels(node) {
            match transaction_around(draft, node) {
                None => problem(
                    Severity::Error,
                    "cancels a transaction, but lies in none".to_owned(),
                    "make the subprocess around it a transaction, or use an error",
                ),
                Some(transaction) => {
                    let events = transaction.boundaries.iter();
                    if !events.map(|event| at(draft, *event)).any(cancels) {
                        let what = format!(
                            "cancels \"{}\", and no cancel boundary event says where to go then",
                            transaction.label()
                        );
                        let way_out = "attach a cancel boundary event to the transaction";
                        problem(Severity::Error, what, way_out);
                    }
                }
            }
        }
    }
}

fn at<'a>(draft: &'a Draft<'_>, index: NodeIndex) -> &'a FlowNode {
    &draft.nodes[index.0 as usize]
}

/// The protocols by which the standard lets a transaction be given up; compensation is its default.
fn compensates(method: &str) -> bool {
    method
        .trim_start_matches('#')
        .eq_ignore_ascii_case("compensate")
}

fn is_transaction(node: &FlowNode) -> bool {
    matches!(&node.element, Element::Subprocess(subprocess) if subprocess.transaction)
}

fn cancels(node: &FlowNode) -> bool {
    let mut triggers = node.element.triggers().iter();
    triggers.any(|trigger| matches!(trigger, Trigger::Cancel))
}

/// The innermost transaction around a node.
fn transaction_around<'a>(draft: &'a Draft<'_>, node: &FlowNode) -> Option<&'a FlowNode> {
    let mut scope = node.scope;
    while let Some(index) = scope {
        let around = at(draft, index);
        if is_transaction(around) {
            return Some(around);
        }
        scope = around.scope;
    }
    None
}

fn is_cancelled_inside(draft: &Draft<'_>, transaction: NodeIndex) -> bool {
    let id = &at(draft, transaction).id;
    let mut ends = draft
        .nodes
        .iter()
        .filter(|node| matches!(node.element, Element::EndEvent(_)) && cancels(node));
    ends.any(|end| transaction_around(draft, end).is_some_and(|around| around.id == *id))
}
