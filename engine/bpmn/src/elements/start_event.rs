//! Start event (BPMN 2.0.2, 10.5.2): where a process or subprocess begins. Only without trigger yet.

use super::{Behaviour, Element};
use crate::read::NodeReader;

/// Where a process or subprocess begins.
#[derive(Debug)]
pub struct StartEvent {
    /// The form that is filled in to start the process.
    pub form: Option<String>,
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let form = node
        .extension("formDefinition")
        .and_then(|form| form.attribute("formId"))
        .map(str::to_owned);
    Some(Element::StartEvent(StartEvent { form }))
}

impl Behaviour for StartEvent {}
