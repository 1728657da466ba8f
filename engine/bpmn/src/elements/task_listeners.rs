//! Task listeners: jobs that workers do while something happens to a task.
//!
//! The standard knows none; they are zeebe's (`zeebe:taskListeners`). Opening, assigning, changing and completing a task waits
//! until the jobs of its listeners to that are done, one after another in document order. Each may correct who
//! has the task, its dates, candidates and priority, and all but those to the opening may deny: then the task is as it was, and what was
//! to happen has not. While it waits nothing else can be done to the task. A task that the model gives to somebody is
//! opened first, and then assigned. As in zeebe they give no variables and throw no errors.
//!
//! Deviations: `canceling` is refused, as what interrupts a task does not wait here. Who has asked for a change is
//! answered at once, and not when the listeners are done. Setting variables is no `updating`.

use super::{JobDefinition, job};
use crate::TaskEvent;
use crate::read::{NodeReader, ZEEBE};

/// A job that is done while something happens to a task.
#[derive(Debug)]
pub struct TaskListener {
    /// When.
    pub event: TaskEvent,
    /// What.
    pub job: JobDefinition,
}

/// Reads `zeebe:taskListeners` of a user task.
pub(super) fn read(node: &mut NodeReader<'_, '_>) -> Vec<TaskListener> {
    let written = node.extension("taskListeners");
    let written = written.into_iter().flat_map(|all| &all.children);
    let mut listeners = Vec::new();
    for one in written.filter(|one| one.is(ZEEBE, "taskListener")) {
        let event = match one.attribute("eventType").unwrap_or_default() {
            "creating" | "create" => TaskEvent::Creating,
            "assigning" | "assignment" => TaskEvent::Assigning,
            "updating" | "update" => TaskEvent::Updating,
            "completing" | "complete" => TaskEvent::Completing,
            written @ ("canceling" | "cancel") => {
                let message = format!(
                    "{} has a task listener \"{written}\", and what interrupts a task does not wait for a worker",
                    node.label()
                );
                let way_out = "let a step behind the event that interrupts do this work";
                node.error_in(one, message, way_out);
                continue;
            }
            other => {
                let message = format!(
                    "{} has a task listener with the event type \"{other}\", which does not exist",
                    node.label()
                );
                let way_out = "write creating, assigning, updating or completing";
                node.error_in(one, message, way_out);
                continue;
            }
        };
        let job = job::read_listener(node, one);
        listeners.extend(job.map(|job| TaskListener { event, job }));
    }
    listeners
}

#[cfg(test)]
mod tests;
