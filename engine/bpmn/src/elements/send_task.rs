//! Send task (BPMN 2.0.2, 10.3.3.3): a job of the worker that sends the message.

use super::{Element, job};
use crate::read::NodeReader;

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    job::read(node).map(Element::SendTask)
}
