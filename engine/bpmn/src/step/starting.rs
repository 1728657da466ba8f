//! How an instance begins: at its start events, at one that is named, or with some of its elements.

use std::sync::Arc;

use jiff::Timestamp;

use super::deadlines::known_calendar;
use super::variables::check_size;
use super::{Step, Stepper};
use crate::definition::NodeIndex;
use crate::limits::MODIFICATION_INSTRUCTIONS_MAX;
use crate::{
    Beginning, Catalog, Immovable, ListenerEvent, ProcessDefinition, ProcessInstance, Record,
    Rejection, Start, StartInstructions, Started,
};

/// Starts an instance and runs it until it waits or ends.
///
/// Rejected where the definition is not deployed, cannot begin as asked, or the variables are too large.
pub fn start(
    catalog: &Catalog,
    start: Start,
    now: Timestamp,
) -> Result<(ProcessInstance, Step), Rejection> {
    start_with(catalog, start, StartInstructions::default(), now)
}

/// The same, where it is said with which elements the instance begins, or after which it is ended.
///
/// Rejected also where one of the elements cannot be activated, or is not there.
pub fn start_with(
    catalog: &Catalog,
    start: Start,
    instructions: StartInstructions,
    now: Timestamp,
) -> Result<(ProcessInstance, Step), Rejection> {
    let StartInstructions { before, until } = instructions;
    if before.len() + until.len() > MODIFICATION_INSTRUCTIONS_MAX {
        return Err(Immovable::TooMany.into());
    }
    let (definition, occurred) = (start.definition, start.definition_of_at);
    let deployed = catalog
        .process(definition)
        .ok_or(Rejection::NoSuchDefinition { definition })?;
    let begin = if before.is_empty() {
        beginnings(&deployed.definition, start.at.as_deref())?
    } else {
        Vec::new()
    };
    let until = known_elements(&deployed.definition, &until)?;
    let listens = !deployed.definition.listeners.is_empty();
    check_size(&start.variables, 0)?;
    if let Some(calendar) = &start.calendar {
        known_calendar(catalog, calendar)?;
    }
    let first = Record::InstanceStarted(Box::new(Started {
        key: start.key,
        definition,
        process_id: deployed.definition.id.clone(),
        version: deployed.version,
        business_id: start.business_id,
        parent: start.parent,
        beginning: (listens && (start.at.is_some() || !before.is_empty())).then(|| {
            Box::new(Beginning {
                at: start.at,
                definition: occurred,
                before: before.clone(),
            })
        }),
        until,
        at: now,
    }));
    let mut instance = ProcessInstance::begin(&first).expect("it is the first record");
    let mut stepper = Stepper::new(catalog, &deployed.definition, &mut instance, now);
    stepper.records.push(first);
    if let Some(calendar) = start.calendar {
        stepper.choose_calendar(Some(calendar));
    }
    stepper.set_data(&start.variables);
    stepper.set_all(start.key, &start.variables);
    if listens {
        if !before.is_empty() {
            stepper.try_before(&before)?;
        }
        stepper.hear_process(ListenerEvent::Start, 0);
    } else if !before.is_empty() {
        stepper.begin_before(&before)?;
    } else {
        stepper.begin(begin, occurred);
    }
    let step = stepper.run();
    Ok((instance, step))
}

/// Ids of elements that the model has.
fn known_elements(
    definition: &ProcessDefinition,
    ids: &[String],
) -> Result<Vec<Arc<str>>, Rejection> {
    let known = ids.iter().map(|id| {
        let node = definition.node(id).map(|node| node.id.clone());
        let element = id.clone();
        node.ok_or(Immovable::NoSuchElement { element })
    });
    Ok(known.collect::<Result<_, _>>()?)
}

/// The nodes at which a new instance begins.
pub(super) fn beginnings(
    definition: &ProcessDefinition,
    at: Option<&str>,
) -> Result<Vec<NodeIndex>, Rejection> {
    let parts = definition.parts(None);
    let Some(id) = at else {
        if parts.begin.is_empty() {
            let process_id = definition.id().to_owned();
            return Err(Rejection::BeginsByEventOnly { process_id });
        }
        // Several none start events are alternatives; the first is the usual one.
        let starts_only = matches!(
            definition.at(parts.begin[0]).element,
            crate::elements::Element::StartEvent(_)
        );
        let count = if starts_only { 1 } else { parts.begin.len() };
        return Ok(parts.begin[..count].to_vec());
    };
    let all = parts.begin.iter().chain(&parts.entries);
    let found = definition
        .find(id)
        .filter(|index| all.clone().any(|begin| begin == index));
    found
        .map(|index| vec![index])
        .ok_or_else(|| Rejection::NoSuchStart {
            process_id: definition.id().to_owned(),
            element: id.to_owned(),
        })
}
