//! States of data objects (BPMN 2.0.2, 10.4.1): when an activity or event completes that has a data output
//! association to a reference with a state, the data is in this state.
//!
//! The standard leaves to others what a state means. Here it is a text that expressions can read, `dataStates.letter` of
//! the data object "letter", and nothing waits for it. Deviations: the state of a source, and of a data object
//! itself, is only shown; data objects of one name share their state, in whatever subprocesses they lie.

use xml::Element;

use super::associations;
use super::data::Data;
use super::editing::Editing;
use super::juel::quoted;
use super::mappings::results_rise;
use crate::read::{BPMN, ZEEBE};

/// The variable that holds the states of all data objects, by their names.
const STATES: &str = "dataStates";

/// The states that an activity or event leads to become output mappings, after those that move the data.
pub(super) fn translate<'d>(editing: &mut Editing<'_, 'd>, data: &Data<'d>) {
    if editing.says_in_zeebe("ioMapping") {
        return; // that the associations mean nothing has been said
    }
    let reached = associations::of(editing.xml).filter_map(|association| {
        let (variable, state) = data.state_reached(association)?;
        Some((association, variable, state))
    });
    let reached: Vec<(&Element, &str, &str)> = reached.collect();
    if reached.is_empty() {
        return;
    }
    let mut made = editing
        .made
        .iter()
        .filter(|made| made.is(ZEEBE, "ioMapping"));
    let is_mapped = made.any(|mappings| mappings.child(ZEEBE, "output").is_some());
    for (association, variable, state) in reached {
        let (source, target) = (
            format!("={}", quoted(state)),
            format!("{STATES}.{variable}"),
        );
        let set = [("source", &*source), ("target", &*target)];
        editing.add("ioMapping", "output", association, &set);
    }
    // A state takes nothing away from the results.
    if !is_mapped {
        results_rise(editing);
    }
}

/// Says of a data object, or a reference to one, that its state is only shown.
pub(super) fn report<'d>(editing: &mut Editing<'_, 'd>, data: &Data<'d>) {
    let xml = editing.xml;
    let state = xml.child(BPMN, "dataState").map(super::data::name);
    let Some(state) = state.filter(|_| !data.is_state_reached(xml)) else {
        return;
    };
    let message = format!(
        "The state \"{state}\" of the data {} is only shown",
        editing.label()
    );
    let way_out = "let an activity write to a reference with this state, or keep it in a variable, if steps depend on it";
    editing.hint(xml.position, message, way_out);
}
