//! Errors: thrown by end events, jobs and called processes, caught by the nearest event that fits.

use std::sync::Arc;

use feel::Context;

use super::{At, Failure, Stepper};
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::triggers::Trigger;
use crate::{Command, FollowUp, IncidentKind, Key, Record};

/// Which code a trigger catches; nothing for triggers of another kind.
type Catches = fn(&Trigger) -> Option<Option<&str>>;

/// Who waits, and what happens there: which definition of which event catches what was thrown.
pub(super) struct Catcher {
    /// The visit or the instance.
    pub(super) host: Key,
    pub(super) event: NodeIndex,
    pub(super) definition: u32,
}

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
        let catcher = self.catcher(at.key, &error.code, |trigger| {
            if let Trigger::Error(error) = trigger {
                Some(error.catches())
            } else {
                None
            }
        });
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
        let caught_by = catcher
            .as_ref()
            .map(|caught| self.definition.at(caught.event).id.clone());
        self.emit_thrown(at, &error, caught_by);
        match catcher {
            Some(caught) => {
                let variables = self.with_caught(&caught, error);
                self.occur(caught.event, caught.host, caught.definition, &variables);
            }
            None => self.fail_caller(error),
        }
        Ok(())
    }

    /// What comes with an error, and what the event that catches it wants to know of it.
    fn with_caught(&self, caught: &Catcher, error: Thrown) -> Context {
        let mut variables = error.variables;
        let triggers = self.definition.at(caught.event).element.triggers();
        if let Some(Trigger::Error(wanted)) = triggers.iter().nth(caught.definition as usize) {
            let caught = &wanted.caught;
            caught.add_to(&mut variables, &error.code, &error.message);
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

    /// What catches an error or an escalation thrown at a visit: from the visit outwards, its boundary events, then the
    /// event subprocesses beside it. What an event subprocess throws, it does not catch itself; its neighbours may.
    /// `catches` gives the code that a trigger of the kind catches, or `None` for every code.
    pub(super) fn catcher(&self, from: Key, code: &str, catches: Catches) -> Option<Catcher> {
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
            if let Some((event, definition)) = self.catching(&node.boundaries, code, catches) {
                return Some(Catcher {
                    host,
                    event,
                    definition,
                });
            }
            let scope = self.instance.parent_scope(host)?;
            let beside = self.definition.parts(node.scope).event_starts.iter();
            let others = beside.filter(|start| self.definition.at(**start).scope != Some(index));
            let starts: Vec<NodeIndex> = others.copied().collect();
            if let Some((event, definition)) = self.catching(&starts, code, catches) {
                return Some(Catcher {
                    host: scope,
                    event,
                    definition,
                });
            }
            host = scope;
        }
        None
    }

    /// Of several events, the one that names the code, else one that catches every code.
    fn catching(
        &self,
        events: &[NodeIndex],
        code: &str,
        catches: Catches,
    ) -> Option<(NodeIndex, u32)> {
        let fits = |wanted: Option<&str>| {
            events.iter().find_map(|event| {
                let triggers = self.definition.at(*event).element.triggers().iter();
                let mut fits = (0..)
                    .zip(triggers)
                    .filter(|(_, t)| catches(t) == Some(wanted));
                fits.next().map(|(number, _)| (*event, number))
            })
        };
        fits(Some(code)).or_else(|| fits(None))
    }

    /// Ends the instance; its call activity gets the error.
    pub(super) fn fail_caller(&mut self, error: Thrown) {
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
