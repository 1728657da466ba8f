//! Service task (BPMN 2.0.2, 10.3.3.2): a job that a worker outside does.
//!
//! Models of other engines compute an expression or ask a decision in a service task; the engine does so itself.

use super::{Element, business_rule_task, job, script_task};
use crate::read::NodeReader;

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    if node.extension("script").is_some() {
        return script_task::read(node);
    }
    if node.extension("calledDecision").is_some() {
        return business_rule_task::read(node);
    }
    job::read(node).map(Element::ServiceTask)
}
