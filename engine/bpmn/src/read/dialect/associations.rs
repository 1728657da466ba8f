//! Data associations (BPMN 2.0.2, 10.4.2): what moves data into an activity or event and out of it.

use xml::Element;

use super::data::Data;
use super::editing::Editing;
use super::{CASEWAY, ZEEBE, expressions, juel};
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

/// The id of what an association fills.
pub(super) fn target(association: &Element) -> Option<&str> {
    let target = association.child(BPMN, "targetRef")?;
    Some(target.text().trim())
}

fn is_input(association: &Element) -> bool {
    association.is(BPMN, "dataInputAssociation")
}

fn direction(association: &Element) -> &'static str {
    if is_input(association) {
        "input"
    } else {
        "output"
    }
}

/// The name of a variable or, with `true`, of a data store where there may be one.
fn place<'d>(data: &Data<'d>, id: &str, may_be_store: bool) -> Option<(&'d str, bool)> {
    let store = data.store(id).filter(|_| may_be_store);
    let variable = || data.variable(id).map(|variable| (variable, false));
    store.map(|store| (store, true)).or_else(variable)
}

fn touches_store(data: &Data<'_>, association: &Element) -> bool {
    ends(association).iter().any(|id| data.store(id).is_some())
}

/// The end at which stores have a meaning: an input comes from them, an output goes to them.
fn store_ends(association: &Element) -> impl Iterator<Item = &Element> {
    let end = if is_input(association) {
        "sourceRef"
    } else {
        "targetRef"
    };
    association.children_named(BPMN, end)
}

/// The names of the stores that an association reads or writes.
fn stores_of<'d>(data: &Data<'d>, association: &Element) -> Vec<&'d str> {
    let ends = store_ends(association);
    ends.filter_map(|end| data.store(end.text().trim()))
        .collect()
}

/// The ids of the references to stores that an association reads or writes; none where it is only drawn.
pub(super) fn stores<'d>(data: &Data<'d>, association: &'d Element) -> Vec<&'d str> {
    let target = association.child(BPMN, "targetRef");
    let has_target = target
        .is_some_and(|target| place(data, target.text().trim(), !is_input(association)).is_some());
    let says = |name: &str| association.child(BPMN, name).is_some();
    let mut sources = association.children_named(BPMN, "sourceRef");
    let has_source =
        sources.any(|source| place(data, source.text().trim(), is_input(association)).is_some());
    if !has_target || !(has_source || says("transformation") || says("assignment")) {
        return Vec::new();
    }
    let ids = store_ends(association).map(|end| local_name(end.text().trim()));
    ids.filter(|id| data.store(id).is_some()).collect()
}

/// Adds a mapping, and the stores that it reads or the one that it writes.
fn add(
    editing: &mut Editing<'_, '_>,
    direction: &str,
    origin: &Element,
    source: &str,
    target: &str,
    stores: &[&str],
) {
    let mut mapping = Element::made(ZEEBE, direction, origin);
    mapping.set_made("source", source, origin.span.start);
    mapping.set_made("target", target, origin.span.start);
    for store in stores {
        let mut named = Element::made(CASEWAY, "store", origin);
        named.set_made("name", *store, origin.span.start);
        mapping.children.push(named);
    }
    editing.zeebe_work("ioMapping").children.push(mapping);
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
    let direction = direction(association);
    if touches_store(data, association) && stores(data, association).is_empty() {
        let message = format!(
            "{} only shows that it exchanges data with a store: the association moves nothing",
            editing.label()
        );
        let way_out = "name the data input that it fills, or the data output that it stores";
        editing.hint(association.position, message, way_out);
        return;
    }
    let mut assigned = false;
    for assignment in association.children_named(BPMN, "assignment") {
        assign(editing, data, association, assignment, root);
        assigned = true;
    }
    let target = association.child(BPMN, "targetRef");
    let target =
        target.and_then(|target| place(data, target.text().trim(), !is_input(association)));
    let Some((target, _)) = target else {
        return; // drawn, without meaning; the data object itself is reported
    };
    let sources: Vec<&str> = association
        .children_named(BPMN, "sourceRef")
        .filter_map(|source| place(data, source.text().trim(), is_input(association)))
        .map(|(name, _)| name)
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
    let stores = stores_of(data, association);
    add(editing, direction, association, &source, target, &stores);
}

/// `from` an expression `to` a variable or a part of it.
fn assign<'d>(
    editing: &mut Editing<'_, 'd>,
    data: &Data<'d>,
    association: &'d Element,
    assignment: &'d Element,
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
    let (is_input, stores) = (is_input(association), stores_of(data, association));
    let (target, stores) = match place(data, to, !is_input) {
        Some((store, true)) => (store, vec![store]),
        Some((variable, false)) if is_input => (variable, stores),
        None if is_input => (to, stores),
        // What is written to a store replaces all of it.
        None if stores.contains(&to) => (to, stores),
        Some((variable, false)) => (variable, Vec::new()),
        None => (to, Vec::new()),
    };
    if let Some(source) = expressions::feel(editing, from, root) {
        let source = format!("={source}");
        add(
            editing,
            direction(association),
            assignment,
            &source,
            target,
            &stores,
        );
    }
}
