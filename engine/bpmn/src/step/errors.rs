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
    /// it, the innermost first, and of several on one activity by the one that names the code before
    /// one that names none. What nothing in this process catches goes to the call activity that
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
                if let Some(caught) = self.happen(event, host) {
                    self.set_all(caught, &error.variables);
                }
            }
            None => self.fail_caller(error),
        }
        Ok(())
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

    /// The active visit and the boundary event on it that catch an error thrown at a visit.
    fn catcher(&self, from: Key, code: &str) -> Option<(Key, NodeIndex)> {
        let mut host = from;
        while let Some(index) = self.node_of(host) {
            let boundaries = &self.definition.at(index).boundaries;
            let fits = |wanted: Option<&str>| {
                boundaries.iter().copied().find(|boundary| {
                    matches!(&self.definition.at(*boundary).element,
                        Element::BoundaryEvent(event) if matches!(&event.trigger,
                            Trigger::Error(error) if error.catches() == wanted))
                })
            };
            if let Some(event) = fits(Some(code)).or_else(|| fits(None)) {
                return Some((host, event));
            }
            host = self.instance.parent_scope(host)?;
        }
        None
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
