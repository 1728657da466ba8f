//! Compensation (BPMN 2.0.2, 10.7 and 13.5.5): completed activities are registered, and when compensation is thrown
//! their handlers run, what completed last first, one after another.
//!
//! A subprocess is compensated by the handler of its boundary event, else by its compensation event subprocess, else
//! by the handlers of what completed in it. For the latter two it is visited once more, with the variables that it had;
//! this visit is *revived*: it neither listens nor takes flows nor sets outputs. Activities in a loop are compensated
//! once per completed item, with the variables of the item, and only when the whole loop has completed.

use std::sync::Arc;

use super::{At, Stepper};
use crate::compensation::{Compensating, Compensation};
use crate::definition::{FlowNode, NodeIndex};
use crate::triggers::{Trigger, cancel};
use crate::{Key, Record, Stage, Variables};

impl<'a> Stepper<'a> {
    /// A visit is about to complete: what can be compensated is registered.
    pub(super) fn register_compensation(&mut self, at: At<'_>) {
        if !self.definition.throws_compensation || at.node.for_compensation {
            return;
        }
        let Some(visit) = self.instance.elements().get(&at.key) else {
            return;
        };
        if visit.undoes().is_some() || starts_with_compensation(self, at.node) {
            return;
        }
        if self.is_body(at.key) {
            self.move_to_outer_scope(at);
            return;
        }
        let is_item = visit.item().is_some();
        let handled = at.node.handler.is_some();
        let holds = !self.instance.compensations(at.key).is_empty()
            || self.compensation_event_subprocess(at.node).is_some();
        if !handled && !holds {
            return;
        }
        let inside = (!handled).then_some(at.key);
        let variables = if inside.is_some() || is_item {
            visit.variables().clone()
        } else {
            Variables::default()
        };
        self.register(at, inside, variables);
    }

    fn register(&mut self, at: At<'_>, inside: Option<Key>, variables: Variables) {
        let compensation = Box::new(Compensation {
            key: self.next_key(),
            element: at.node.id.clone(),
            scope: at.scope,
            inside,
            variables,
        });
        self.emit(Record::CompensationRegistered { compensation });
    }

    /// A loop has completed: its items can be compensated from the scope around it.
    pub(super) fn move_to_outer_scope(&mut self, at: At<'_>) {
        if !self.instance.compensations(at.key).is_empty() {
            let (from, to) = (at.key, at.scope);
            self.emit(Record::CompensationsMoved { from, to });
        }
    }

    /// Compensation is thrown in a scope: for one activity, or for all. Gives whether there is something to compensate.
    pub(crate) fn compensate(
        &mut self,
        scope: Key,
        activity: Option<&Arc<str>>,
        waiting: Option<Key>,
    ) -> bool {
        let left = self.compensable(scope, activity);
        if left.is_empty() {
            return false;
        }
        self.run_handlers(left, waiting);
        true
    }

    /// What has completed in a scope, oldest first; seen from an event subprocess, in the scope around it too.
    fn compensable(&self, scope: Key, activity: Option<&Arc<str>>) -> Vec<(Key, Key)> {
        let mut found = Vec::new();
        let mut at = scope;
        loop {
            let kept = self.instance.compensations(at).iter();
            let kept = kept.filter(|kept| activity.is_none_or(|wanted| kept.element == *wanted));
            found.extend(kept.map(|kept| (at, kept.key)));
            let index = self.node_of(at).filter(|index| {
                let node = self.definition.at(*index);
                node.element.is_event_subprocess()
            });
            match index.and_then(|_| self.instance.parent_scope(at)) {
                Some(around) => at = around,
                None => break,
            }
        }
        found.sort_by_key(|(_, key)| *key);
        found
    }

    /// Begins a compensation with what is left of it.
    pub(super) fn run_handlers(&mut self, left: Vec<(Key, Key)>, waiting: Option<Key>) {
        let key = self.next_key();
        let compensating = Box::new(Compensating { key, waiting, left });
        self.emit(Record::CompensationThrown { compensating });
        self.next_handler(key);
    }

    /// Goes on with a compensation: the next handler, or the end.
    pub(super) fn next_handler(&mut self, run: Key) {
        let Some(compensating) = self.instance.compensating(run) else {
            return;
        };
        let mut left = compensating.left.iter().rev();
        // Another compensation may have been quicker.
        let next = left.find_map(|(scope, key)| {
            let list = self.instance.compensations(*scope);
            let at = list.binary_search_by_key(key, |kept| kept.key).ok()?;
            Some(list[at].clone())
        });
        let waiting = compensating.waiting;
        if let Some(next) = next {
            return self.start_handler(run, &next);
        }
        self.emit(Record::CompensationEnded { compensating: run });
        if let Some(waiting) = waiting {
            self.compensated(waiting);
        }
    }

    fn start_handler(&mut self, run: Key, kept: &Compensation) {
        let Some(index) = self.definition.find(&kept.element) else {
            return;
        };
        let node = self.definition.at(index);
        let visit = match node.handler.filter(|_| kept.inside.is_none()) {
            Some(handler) => self.activate(handler, kept.scope, Vec::new()),
            None => self.revive(node, kept.scope),
        };
        self.emit(Record::CompensationStarted {
            compensating: run,
            scope: kept.scope,
            compensation: kept.key,
            element_instance: visit,
        });
        if kept.inside.is_none() {
            return;
        }
        match self.compensation_event_subprocess(node) {
            Some(event_subprocess) => {
                self.activate(event_subprocess, visit, Vec::new());
            }
            None => {
                let left = self.compensable(visit, None);
                self.run_handlers(left, Some(visit));
            }
        }
    }

    /// A subprocess that has completed is there once more. Nothing is executed by itself.
    fn revive(&mut self, node: &FlowNode, scope: Key) -> Key {
        let key = self.next_key();
        self.emit(Record::ElementActivated {
            key,
            element: node.id.clone(),
            scope,
            joins: Vec::new(),
            item: None,
        });
        key
    }

    /// Nothing is left to do in a revived subprocess.
    pub(super) fn end_revived(&mut self, key: Key) {
        let Some(at) = self.at(key) else {
            return;
        };
        let run = self.instance.elements().get(&key).and_then(|e| e.undoes());
        self.stop_listening(key);
        self.emit(Record::ElementCompleted { key });
        if let Some(run) = run {
            self.next_handler(run);
        }
        self.check_scope(at.scope);
    }

    /// The compensation for which a visit runs.
    pub(super) fn compensating_of(&self, visit: Key) -> Option<Compensating> {
        let run = self.instance.elements().get(&visit)?.undoes()?;
        self.instance.compensating(run).cloned()
    }

    pub(crate) fn is_revived(&self, key: Key) -> bool {
        let visit = self.instance.elements().get(&key);
        visit.is_some_and(|visit| visit.revived())
    }

    /// All is compensated that a visit waited for.
    fn compensated(&mut self, waiting: Key) {
        if cancel::is_running_transaction(self, waiting) {
            cancel::leave(self, waiting);
        } else if !self.is_revived(waiting) {
            self.proceed(waiting, Stage::Complete);
        }
    }

    /// Ends everything inside a transaction, so that what completed there, at any depth, can be compensated.
    pub(crate) fn terminate_for_compensation(&mut self, transaction: Key) {
        for key in self.inside(transaction).into_iter().rev() {
            if let Some(at) = self.at(key) {
                self.register_unfinished(at);
            }
            self.terminate_one(key);
        }
        self.terminate_inside(transaction, transaction);
        let definition = self.definition;
        let parts = definition.parts(self.node_of(transaction));
        self.stop_listening_to(transaction, &parts.event_starts);
    }

    /// A visit is cut short, and what completed in it is to be compensated nevertheless.
    fn register_unfinished(&mut self, at: At<'_>) {
        if self.is_body(at.key) && !self.is_revived(at.key) {
            self.move_to_outer_scope(at);
        } else if !at.node.for_compensation && !self.instance.compensations(at.key).is_empty() {
            let variables = self.instance.elements()[&at.key].variables().clone();
            self.register(at, Some(at.key), variables);
        }
    }

    /// The event subprocess by which a subprocess is compensated.
    fn compensation_event_subprocess(&self, node: &FlowNode) -> Option<NodeIndex> {
        let starts = node.parts().event_starts.iter();
        starts
            .map(|start| self.definition.at(*start))
            .find(|start| is_compensation(start))
            .and_then(|start| start.scope)
    }
}

fn is_compensation(event: &FlowNode) -> bool {
    let mut triggers = event.element.triggers().iter();
    triggers.any(|trigger| matches!(trigger, Trigger::Compensation(_)))
}

/// Whether it is an event subprocess for compensation: what it does is not compensated.
fn starts_with_compensation(step: &Stepper<'_>, node: &FlowNode) -> bool {
    node.element.is_event_subprocess() && {
        let entries = &node.parts().entries;
        entries
            .iter()
            .any(|start| is_compensation(step.definition.at(*start)))
    }
}
