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
        let found = if is_transaction(node) {
            let method = xml.attribute("method");
            of_transaction(draft, index, method)
        } else if !cancels(node) {
            Vec::new()
        } else if matches!(node.element, Element::BoundaryEvent(_)) {
            of_boundary_event(draft, index)
        } else {
            of_end_event(draft, node)
        };
        for (severity, what, way_out) in found {
            let message = format!("{} {what}", label(xml));
            let problem = Problem {
                severity,
                ..Problem::error(xml.position, message, way_out)
            };
            reader.push(about(problem, xml));
        }
    }
}

/// How bad it is, what is wrong with the element, and what to do.
type Found = Vec<(Severity, String, &'static str)>;

fn of_transaction(draft: &Draft<'_>, index: NodeIndex, method: Option<&str>) -> Found {
    let mut found = Vec::new();
    if let Some(method) = method.filter(|method| !compensates(method)) {
        found.push((
            Severity::Warning,
            format!("is a transaction by \"{method}\", which has no effect: it is cancelled by compensation"),
            "give what is done inside compensation boundary events",
        ));
    }
    let events = at(draft, index).boundaries.iter();
    let count = events.filter(|event| cancels(at(draft, **event))).count();
    if count > 1 {
        found.push((
            Severity::Error,
            "has two cancel boundary events".to_owned(),
            "delete one of them",
        ));
    } else if count == 1 && !is_cancelled_inside(draft, index) {
        found.push((
            Severity::Warning,
            "is never cancelled: there is no cancel end event inside".to_owned(),
            "add a cancel end event, or delete the boundary event",
        ));
    }
    found
}

fn of_boundary_event(draft: &Draft<'_>, index: NodeIndex) -> Found {
    let mut hosts = draft.nodes.iter();
    let host = hosts.find(|host| host.boundaries.contains(&index));
    if host.is_none_or(is_transaction) {
        return Vec::new();
    }
    vec![(
        Severity::Error,
        "waits for a cancel, but stands on no transaction".to_owned(),
        "attach it to a transaction, or use an error",
    )]
}

fn of_end_event(draft: &Draft<'_>, node: &FlowNode) -> Found {
    let Some(transaction) = transaction_around(draft, node) else {
        return vec![(
            Severity::Error,
            "cancels a transaction, but lies in none".to_owned(),
            "make the subprocess around it a transaction, or use an error",
        )];
    };
    let mut events = transaction.boundaries.iter();
    if events.any(|event| cancels(at(draft, *event))) {
        return Vec::new();
    }
    let what = format!(
        "cancels \"{}\", and no cancel boundary event says where to go then",
        transaction.label()
    );
    let way_out = "attach a cancel boundary event to the transaction";
    vec![(Severity::Error, what, way_out)]
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
