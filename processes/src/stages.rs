//! The stage bar: how far a case has come, in the words of the pathway.
//!
//! A model names the stage of a user task or event with the property `stage`, and their order with the property `stages`
//! of the process (`Registration, Assessment, ...`); without it, stages stand in the order of the document.

use bpmn::{ProcessDefinition, ProcessInstance, Record};
use runtime::HistoryRow;
use serde::Serialize;
use std::collections::BTreeSet;

/// One stage of the bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Where the case stands.
    pub state: StageState,
}

/// Where a case stands with a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StageState {
    /// The case has been there.
    Done,
    /// The case is there.
    Current,
    /// Not yet.
    ToCome,
    /// The case ended without it.
    NotNeeded,
}

/// The stages of a pathway, in order.
pub fn names(definition: &ProcessDefinition) -> Vec<String> {
    let mut names: Vec<String> = definition
        .properties()
        .get("stages")
        .map(|list| list.split(',').map(|name| name.trim().to_owned()).collect())
        .unwrap_or_default();
    for node in definition.nodes() {
        if let Some(stage) = node.properties().get("stage")
            && !names.contains(stage)
        {
            names.push(stage.clone());
        }
    }
    names
}

/// The stage of an element of the model.
pub fn of_element<'d>(definition: &'d ProcessDefinition, element: &str) -> Option<&'d str> {
    definition
        .node(element)?
        .properties()
        .get("stage")
        .map(String::as_str)
}

/// The stage that a running case is in: the furthest one that something active belongs to.
pub fn current(definition: &ProcessDefinition, state: &ProcessInstance) -> Option<String> {
    let names = names(definition);
    let active = state.elements().values();
    let furthest = active
        .filter_map(|visit| of_element(definition, visit.element()))
        .filter_map(|stage| names.iter().position(|name| name == stage))
        .max()?;
    names.get(furthest).cloned()
}

/// The stage bar of a case.
pub fn bar(
    definition: &ProcessDefinition,
    state: &ProcessInstance,
    history: &[HistoryRow],
) -> Vec<Stage> {
    let names = names(definition);
    let been = visited(definition, history);
    let here =
        current(definition, state).and_then(|stage| names.iter().position(|name| *name == stage));
    let ended = state.ended_at().is_some();
    let state_of = |index: usize, name: &String| match (
        Some(index).cmp(&here),
        been.contains(name.as_str()),
    ) {
        (std::cmp::Ordering::Equal, _) => StageState::Current,
        (_, true) if ended => StageState::Done,
        (_, false) if ended => StageState::NotNeeded,
        (std::cmp::Ordering::Less, _) => StageState::Done,
        // A case that was opened again has been further before.
        (std::cmp::Ordering::Greater, true) if here.is_none() => StageState::Done,
        (std::cmp::Ordering::Greater, _) => StageState::ToCome,
    };
    names
        .iter()
        .enumerate()
        .map(|(index, name)| Stage {
            name: name.clone(),
            state: state_of(index, name),
        })
        .collect()
}

fn visited<'d>(definition: &'d ProcessDefinition, history: &[HistoryRow]) -> BTreeSet<&'d str> {
    let records = history.iter().flat_map(|row| &row.records);
    records
        .filter_map(|record| {
            let Record::ElementActivated { element, .. } = record else {
                return None;
            };
            of_element(definition, element)
        })
        .collect()
}
