//! Errors: thrown by end events, jobs and called processes, caught by the nearest event that fits.

use std::sync::Arc;

use feel::Context;

use super::{At, Failure, Stepper};
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::triggers::Trigger;
use crate::{Command, FollowUp, IncidentKind, Key, Record};

/// An error on its way to the event that catches it.
pub(crate) struct Thrown {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) variables: Context,
}

impl<'a> Stepper<'a> {
    /// Throws an error at a visit. It is caught by a boundary event of the visit or of a scope around
    /// it, or by an event subprocess there, the innermost first, and of several on one activity by the one that
    /// names the code before one that names none. What nothing in this process catches goes to the call activity that
    /// started it; without one it is a failure of the visit.
    pub(crate) fn throw(&mut self, at: At<'_>, error: Thrown) -> Result<(), Failure> {
        let catcher = self.catcher(at.key, &error.code);
        if catcher.is_none() && self.instance.parent().is_none() {
            return Err(Failure::new(
                IncidentKind::Error,
                format!(
                    "\"{}\" throws the error \"{}\" and nothing catches it{}",
                    at.node.label(),
                    error.code,
                    if error.message.is_empty() {
                        String::new()
                    } else {
                        format!(": {}", error.message)
                    }
                ),
            ));
        }
        let caught_by = catcher.map(|(_, event)| self.definition.at(event).id.clone());
        self.emit_thrown(at, &error, caught_by);
        match catcher {
            Some((host, event)) => {
                let variables = self.with_caught(event, error);
                self.occur(event, host, 0, &variables);
            }
            None => self.fail_caller(error),
        }
        Ok(())
    }

    /// What comes with an error, and what the event that catches it wants to know of it.
    fn with_caught(&self, event: NodeIndex, error: Thrown) -> Context {
        let mut variables = error.variables;
        for trigger in self.definition.at(event).element.triggers().iter() {
            if let Trigger::Error(wanted) = trigger {
                let caught = &wanted.caught;
                caught.add_to(&mut variables, &error.code, &error.message);
            }
        }
        variables
    }

    fn emit_thrown(&mut self, at: At<'_>, error: &Thrown, caught_by: Option<Arc<str>>) {
        self.emit(Record::ErrorThrown {
            element_instance: at.key,
            code: error.code.clone(),
            message: error.message.clone(),
            caught_by,
        });
        // An end event has done its part when it has thrown; what it interrupts is not itself.
        if matches!(at.node.element, Element::EndEvent(_)) {
            self.emit(Record::ElementCompleted { key: at.key });
        }
    }

    /// Who waits (a visit or the instance) and the event that catches an error thrown at a visit: from the visit
    /// outwards, its boundary events, then the event subprocesses beside it. What an event subprocess throws, its
    /// neighbours in the same scope do not catch.
    fn catcher(&self, from: Key, code: &str) -> Option<(Key, NodeIndex)> {
        let mut host = from;
        while let Some(index) = self.node_of(host) {
            let node = self.definition.at(index);
            // Boundary events of a loop stand on its body. A subprocess that has completed catches nothing, also
            // where it is compensated.
            let visit = self.instance.elements().get(&host);
            if visit.is_some_and(|visit| visit.item().is_some() || visit.revived()) {
                host = self.instance.parent_scope(host)?;
                continue;
            }
            if let Some(event) = self.catching(&node.boundaries, code) {
                return Some((host, event));
            }
            let scope = self.instance.parent_scope(host)?;
            let starts = &self.definition.parts(node.scope).event_starts;
            if !node.element.is_event_subprocess()
                && let Some(event) = self.catching(starts, code)
            {
                return Some((scope, event));
            }
            host = scope;
        }
        None
    }

    /// Of several events, the one that names the code, else one that catches every error.
    fn catching(&self, events: &[NodeIndex], code: &str) -> Option<NodeIndex> {
        let fits = |wanted: Option<&str>| {
            events.iter().copied().find(|event| {
                let triggers = self.definition.at(*event).element.triggers();
                triggers.iter().any(
                    |trigger| matches!(trigger, Trigger::Error(error) if error.catches() == wanted),
                )
            })
        };
        fits(Some(code)).or_else(|| fits(None))
    }

    /// Ends the instance; its call activity gets the error.
    fn fail_caller(&mut self, error: Thrown) {
        let Some(parent) = self.instance.parent() else {
            return;
        };
        self.terminate_all();
        self.emit(Record::InstanceTerminated { at: self.now });
        let command = Command::CalledFailed {
            element: parent.element,
            code: error.code,
            message: error.message,
        };
        self.follow_up(FollowUp::Command {
            instance: parent.instance,
            command,
        });
    }
}
