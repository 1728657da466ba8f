//! Events that happen: what was waited for has come, or something thrown was caught.

use feel::Context;

use super::{At, Stepper};
use crate::definition::NodeIndex;
use crate::elements::Element;
use crate::{Key, Record, Stage};

impl<'a> Stepper<'a> {
    /// One definition of an event has happened to who waits for it: the catch event goes on, the boundary event or
    /// the event subprocess begins. A parallel multiple event waits until all of them have happened.
    ///
    /// What the event carries becomes variables as a result does; in an event subprocess, variables of its own.
    pub(crate) fn occur(
        &mut self,
        event: NodeIndex,
        waiting: Key,
        definition: u32,
        variables: &Context,
    ) {
        let waits_itself = self.node_of(waiting) == Some(event);
        if self.is_partial(event, waiting, definition) {
            self.set_upward(waiting, variables);
            return;
        }
        let node = self.definition.at(event);
        if waits_itself {
            self.stop_listening_to(waiting, &[event]);
            self.finish(waiting, variables);
        } else if matches!(node.element, Element::BoundaryEvent(_)) {
            self.occur_at_boundary(event, waiting, variables);
        } else if let Some(subprocess) = node.scope {
            self.begin_event_subprocess(subprocess, event, waiting, variables);
        }
    }

    /// Notes that one definition of a parallel multiple event has happened; whether others are still awaited.
    fn is_partial(&mut self, event: NodeIndex, waiting: Key, definition: u32) -> bool {
        let node = self.definition.at(event);
        let triggers = node.element.triggers();
        if !triggers.all {
            return false;
        }
        let (element, element_instance) = (node.id.clone(), waiting);
        self.emit(Record::EventPartlyOccurred {
            element: element.clone(),
            element_instance,
            definition,
        });
        let scope = self.instance.scope(waiting);
        let count = scope
            .and_then(|scope| scope.occurred(&element))
            .map_or(0, |definitions| definitions.len());
        if count < triggers.iter().count() {
            return true;
        }
        self.emit(Record::EventOccurred {
            element,
            element_instance,
        });
        false
    }

    /// A boundary event of an active visit happens.
    fn occur_at_boundary(&mut self, boundary: NodeIndex, host: Key, variables: &Context) {
        let Some(scope) = self.instance.parent_scope(host) else {
            return;
        };
        if self.interrupts(boundary) {
            self.terminate(host);
        }
        let key = self.activate(boundary, scope, Vec::new());
        let at = At {
            key,
            node: self.definition.at(boundary),
            scope,
        };
        if let Err(failure) = self.set_results(at, variables) {
            self.raise(at, Stage::Enter, failure);
        }
    }

    /// An event subprocess begins in the scope in which it lies.
    fn begin_event_subprocess(
        &mut self,
        subprocess: NodeIndex,
        start: NodeIndex,
        scope: Key,
        variables: &Context,
    ) {
        if self.interrupts(start) {
            let definition = self.definition;
            let around = self.node_of(scope);
            let starts = &definition.parts(around).event_starts;
            self.terminate_inside(scope, scope);
            self.stop_listening_to(scope, starts);
        }
        let key = self.activate(subprocess, scope, Vec::new());
        self.set_all(key, variables);
    }

    fn interrupts(&self, event: NodeIndex) -> bool {
        self.definition.at(event).element.interrupts()
    }
}

/// Kept here because both commands and events finish visits.
impl<'a> Stepper<'a> {
    /// Results of a visit have come: it goes on.
    pub(super) fn finish(&mut self, visit: Key, results: &Context) {
        let Some(at) = self.at(visit) else {
            return;
        };
        match self.set_results(at, results) {
            Ok(()) => self.proceed(visit, Stage::Complete),
            Err(failure) => self.raise(at, Stage::Complete, failure),
        }
    }

    /// An active visit.
    pub(crate) fn at(&self, key: Key) -> Option<At<'a>> {
        let index = self.node_of(key)?;
        Some(At {
            key,
            node: self.definition.at(index),
            scope: self.instance.parent_scope(key)?,
        })
    }
}
