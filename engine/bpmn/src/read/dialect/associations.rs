//! Data associations (BPMN 2.0.2, 10.4.2): what moves data into an activity or event and out of it.

use xml::Element;

use super::data::{Data, Thing};
use super::editing::Editing;
use super::{expressions, juel};
use crate::read::{BPMN, local_name};

/// The associations of an activity or event.
pub(super) fn of(element: &Element) -> impl Iterator<Item = &Element> {
    element.children.iter().filter(|child| {
        child.is(BPMN, "dataInputAssociation") || child.is(BPMN, "dataOutputAssociation")
    })
}

/// The ids that an association names, the sources first.
pub(super) fn ends(association: &Element) -> Vec<&str> {
    let sources = association.children_named(BPMN, "sourceRef");
    let targets = association.children_named(BPMN, "targetRef");
    let ids = sources.chain(targets).map(|end| end.text().trim());
    ids.filter(|id| !id.is_empty()).collect()
}

/// Every association becomes one or more mappings.
///
/// Where zeebe's mappings were uploaded, they say what moves, and associations only show it.
pub(super) fn translate<'d>(editing: &mut Editing<'_, 'd>, data: &Data<'d>, root: &'d Element) {
    if editing.says_in_zeebe("ioMapping") {
        if of(editing.xml).any(|association| ends(association).len() > 1) {
            let message = format!("The data associations of {} move nothing", editing.label());
            let way_out = "nothing needs to be done: its zeebe:ioMapping says what moves";
            editing.hint(editing.xml.position, message, way_out);
        }
        return;
    }
    for association in of(editing.xml) {
        if !belongs_to_loop(editing.xml, association) {
            one(editing, data, association, root);
        }
    }
}

/// The collection of a loop and the list of its results are read by the loop itself.
fn belongs_to_loop(activity: &Element, association: &Element) -> bool {
    let Some(loops) = activity.child(BPMN, "multiInstanceLoopCharacteristics") else {
        return false;
    };
    let (of_loop, of_association) = if &*association.name == "dataInputAssociation" {
        ("loopDataInputRef", "targetRef")
    } else {
        ("loopDataOutputRef", "sourceRef")
    };
    let named = |element: &Element, child: &str| {
        let child = element.child(BPMN, child)?;
        Some(local_name(child.text().trim()).to_owned())
    };
    let reference = named(loops, of_loop);
    reference.is_some() && reference == named(association, of_association)
}

fn one<'d>(
    editing: &mut Editing<'_, 'd>,
    data: &Data<'d>,
    association: &'d Element,
    root: &'d Element,
) {
    let direction = if &*association.name == "dataInputAssociation" {
        "input"
    } else {
        "output"
    };
    for id in ends(association) {
        if let Some(Thing::Store(store)) = data.thing(id) {
            let message = format!(
                "{} exchanges data with the store \"{}\", which is not executed yet",
                editing.label(),
                super::data::name(store)
            );
            let way_out = "keep the data in variables, or let a worker read and write the store";
            editing.warning(association.position, message, way_out);
            return;
        }
    }
    let mut assigned = false;
    for assignment in association.children_named(BPMN, "assignment") {
        assign(editing, data, assignment, direction, root);
        assigned = true;
    }
    let target = association.child(BPMN, "targetRef");
    let target = target.and_then(|target| data.variable(target.text().trim()));
    let Some(target) = target else {
        return; // drawn, without meaning; the data object itself is reported
    };
    let sources: Vec<&str> = association
        .children_named(BPMN, "sourceRef")
        .filter_map(|source| data.variable(source.text().trim()))
        .collect();
    let transformation = association
        .child(BPMN, "transformation")
        .filter(|transformation| !transformation.text().trim().is_empty());
    let source = match (transformation, &sources[..]) {
        (Some(transformation), _) => match expressions::feel(editing, transformation, root) {
            Some(feel) => feel,
            None => return,
        },
        (None, [one]) if !assigned => juel::name(one),
        (None, [] | [_]) => return,
        (None, _) => {
            let message = format!(
                "A data association of {} joins several sources and does not say how",
                editing.label()
            );
            let way_out = "give it a transformation in FEEL, or one association for each source";
            editing.error(association.position, message, way_out);
            return;
        }
    };
    let source = format!("={source}");
    editing.add(
        "ioMapping",
        direction,
        association,
        &[("source", &source), ("target", target)],
    );
}

/// `from` an expression `to` a variable or a part of it.
fn assign<'d>(
    editing: &mut Editing<'_, 'd>,
    data: &Data<'d>,
    assignment: &'d Element,
    direction: &str,
    root: &'d Element,
) {
    let part = |name: &str| {
        let part = assignment.child(BPMN, name);
        part.filter(|part| !part.text().trim().is_empty())
    };
    let (Some(from), Some(to)) = (part("from"), part("to")) else {
        let message = format!(
            "An assignment of {} lacks \"from\" or \"to\"",
            editing.label()
        );
        editing.error(assignment.position, message, "fill in both");
        return;
    };
    let to = to.text().trim();
    let to = to.strip_prefix('=').unwrap_or(to).trim();
    let target = data.variable(to).unwrap_or(to).to_owned();
    if let Some(source) = expressions::feel(editing, from, root) {
        let source = format!("={source}");
        editing.add(
            "ioMapping",
            direction,
            assignment,
            &[("source", &source), ("target", &target)],
        );
    }
}
