//! Endings: visits that are cut short, scopes with nothing left to do, the end of the instance.

use std::collections::BTreeSet;

use super::Stepper;
use crate::elements::Element;
use crate::{Command, FollowUp, Key, ListenerEvent, Record, Stage};

impl<'a> Stepper<'a> {
    /// Cuts a visit short, and everything inside it, innermost first.
    pub(crate) fn terminate(&mut self, key: Key) {
        let mut inside = self.inside(key);
        inside.insert(key);
        for key in inside.into_iter().rev() {
            self.terminate_one(key);
        }
    }

    /// Cuts everything short that is inside a scope, but not one visit.
    pub(crate) fn terminate_inside(&mut self, scope: Key, but: Key) {
        for key in self.inside(scope).into_iter().rev() {
            if key != but {
                self.terminate_one(key);
            }
        }
        let waiting = self.instance.scope(scope).map(|scope| scope.arrivals());
        if waiting.is_some_and(|arrivals| !arrivals.is_empty()) {
            self.emit(Record::ArrivalsDropped { scope });
        }
    }

    /// Cuts all visits of the instance short.
    pub(super) fn terminate_all(&mut self) {
        let all: Vec<Key> = self.instance.elements().keys().copied().collect();
        for key in all.into_iter().rev() {
            self.terminate_one(key);
        }
        self.withdraw_deadlines(self.instance.key());
        self.stop_listening(self.instance.key());
    }

    /// The visits inside a scope, at any depth.
    pub(super) fn inside(&self, scope: Key) -> BTreeSet<Key> {
        let mut found = BTreeSet::new();
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            let inner = self.instance.scope(scope);
            for key in inner.into_iter().flat_map(|scope| scope.children()) {
                found.insert(*key);
                open.push(*key);
            }
        }
        found
    }

    pub(super) fn terminate_one(&mut self, key: Key) {
        let calls = !self.is_body(key)
            && self.node_of(key).is_some_and(|index| {
                matches!(self.definition.at(index).element, Element::CallActivity(_))
            });
        self.withdraw_deadlines(key);
        self.stop_listening(key);
        self.emit(Record::ElementTerminated { key });
        if calls {
            self.follow_up(FollowUp::TerminateCalled {
                parent_element: key,
            });
        }
    }

    /// Completes a scope in which nothing is left to do. Where joins still wait, `settle` decides.
    pub(crate) fn check_scope(&mut self, scope: Key) {
        let Some(inner) = self.instance.scope(scope) else {
            return;
        };
        if !inner.children().is_empty() || !inner.arrivals().is_empty() {
            return;
        }
        if scope == self.instance.key() {
            self.complete_instance();
        } else if self.is_revived(scope) {
            self.end_revived(scope);
        } else if self.is_body(scope) {
            // One that begins more items is on its way already.
            let state = self.looping(scope);
            if !state.is_some_and(|state| state.is_beginning()) {
                self.proceed(scope, Stage::Execute);
            }
        } else if !self.stays_open(scope) {
            self.proceed(scope, Stage::Complete);
        }
    }

    fn complete_instance(&mut self) {
        self.stop_listening(self.instance.key());
        if self.definition.listeners.is_empty() {
            self.finish_instance();
        } else {
            self.hear_process(ListenerEvent::End, 0);
        }
    }

    /// Everything is done, also what listeners do.
    pub(super) fn finish_instance(&mut self) {
        self.emit(Record::InstanceCompleted { at: self.now });
        if let Some(parent) = self.instance.parent() {
            let command = Command::CalledCompleted {
                element: parent.element,
                variables: self.instance.variables(),
            };
            self.follow_up(FollowUp::Command {
                instance: parent.instance,
                command,
            });
        }
    }

    /// Ends the instance because somebody wants it.
    pub(super) fn cancel(&mut self) {
        self.terminate_all();
        self.emit(Record::InstanceTerminated { at: self.now });
        if let Some(parent) = self.instance.parent() {
            let command = Command::CalledCancelled {
                element: parent.element,
            };
            self.follow_up(FollowUp::Command {
                instance: parent.instance,
                command,
            });
        }
    }
}
