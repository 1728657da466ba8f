//! Service task (BPMN 2.0.2, 10.3.3.2): a job that a worker outside does.

use super::{Element, job};
use crate::read::NodeReader;

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    job::read(node).map(Element::ServiceTask)
}
