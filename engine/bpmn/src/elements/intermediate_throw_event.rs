//! Intermediate throw event (BPMN 2.0.2, 10.5.4): without trigger a milestone that is passed at once.

use super::{Behaviour, Element};
use crate::read::NodeReader;

pub(crate) struct IntermediateThrowEvent;

pub(crate) fn read(_: &mut NodeReader<'_, '_>) -> Option<Element> {
    Some(Element::IntermediateThrowEvent)
}

impl Behaviour for IntermediateThrowEvent {}
