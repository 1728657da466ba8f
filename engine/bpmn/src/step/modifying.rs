//! Tokens moved by hand: what begins, what ends, and what becomes of scopes in which nothing is left.
//!
//! All that begins comes before all that ends, so that a scope in which both happen stays. A scope in which a
//! modification leaves nothing is ended too, and with the last one the instance (as in Camunda). What ends is
//! terminated: its called processes are cancelled, and what it was to compensate counts as done.

mod places;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Stepper;
use crate::definition::NodeIndex;
use crate::elements::Joins;
use crate::limits::MODIFICATION_INSTRUCTIONS_MAX;
use crate::modification::{Activation, Ancestor, Immovable, Modification, ScopeVariables, Which};
use crate::{Compensating, Key, Record, Rejection};

use places::Search;

/// Something active that is to end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// A visit.
    Visit(Key),
    /// What waits at a join in a scope.
    Arrivals(Key, NodeIndex),
}

impl<'a> Stepper<'a> {
    /// Carries out a modification. What is refused here has perhaps changed something: `step` puts it back.
    pub(super) fn modify(&mut self, asked: &Modification) -> Result<(), Rejection> {
        let moves = asked.moves.len();
        let number = asked.activate.len() + moves + asked.terminate.len();
        if number == 0 {
            return Err(Immovable::Nothing.into());
        }
        if number > MODIFICATION_INSTRUCTIONS_MAX {
            return Err(Immovable::TooMany.into());
        }
        if self.process_listens() {
            return Err(Immovable::Listeners.into());
        }
        // What is meant is what is active before anything begins.
        let mut sources = Vec::with_capacity(moves);
        for one in &asked.moves {
            sources.push(self.sources(&one.source)?);
        }
        let mut ending = BTreeSet::new();
        for which in &asked.terminate {
            ending.extend(self.sources(which)?);
        }
        for (one, sources) in asked.moves.iter().zip(sources) {
            for source in sources {
                let search = self.search(&one.ancestor, source);
                self.put(&one.target, search, &one.variables)?;
                ending.insert(source);
            }
        }
        for one in &asked.activate {
            self.activate_by_hand(one)?;
        }
        self.end_by_hand(&ending)
    }

    fn activate_by_hand(&mut self, asked: &Activation) -> Result<(), Rejection> {
        let search = match asked.ancestor {
            None => Search::Only,
            Some(key) => Search::New(key),
        };
        self.put(&asked.element, search, &asked.variables)
    }

    /// A new instance begins with some of its elements.
    pub(super) fn begin_before(&mut self, elements: &[String]) -> Result<(), Rejection> {
        self.listen_in_instance();
        for element in elements {
            self.put(element, Search::Only, &[])?;
        }
        Ok(())
    }

    /// Whether an instance could begin with these elements now.
    pub(super) fn try_before(&self, elements: &[String]) -> Result<(), Rejection> {
        let mut copy = self.instance.clone();
        let mut stepper = Stepper::new(self.catalog, self.definition, &mut copy, self.now);
        stepper.begin_before(elements)
    }

    /// Notes that an element has ended after which the instance is to be ended.
    pub(super) fn note_end(&mut self, record: &Record) {
        let (Record::ElementCompleted { key } | Record::ElementTerminated { key }) = record else {
            return;
        };
        let visit = self.instance.elements().get(key);
        let whole = visit.filter(|visit| visit.item().is_none());
        self.is_over |= whole.is_some_and(|visit| self.instance.until().contains(visit.element()));
    }

    fn search(&self, ancestor: &Ancestor, source: Source) -> Search {
        let around = match source {
            Source::Visit(key) => self.instance.parent_scope(key),
            Source::Arrivals(scope, _) => Some(scope),
        };
        let around = around.unwrap_or_else(|| self.instance.key());
        match ancestor {
            Ancestor::Only => Search::Only,
            Ancestor::Direct { key } => Search::New(*key),
            Ancestor::Inferred => Search::From(around),
            Ancestor::SourceParent => Search::In(around),
        }
    }

    /// An element begins in its place.
    fn put(
        &mut self,
        element: &str,
        search: Search,
        variables: &[ScopeVariables],
    ) -> Result<(), Rejection> {
        let target = self.node_to_move(element)?;
        self.check_target(target)?;
        let place = self.place(target, search, variables)?;
        let joins = self.used_up(target, place.scope);
        let key = self.activate(target, place.scope, joins);
        self.set_around(key, &place.made, variables)
    }

    /// A join goes on with what has arrived at it: one on each flow.
    fn used_up(&self, target: NodeIndex, scope: Key) -> Vec<Arc<str>> {
        let node = self.definition.at(target);
        if node.element.behaviour().joins(node) == Joins::Never {
            return Vec::new();
        }
        let arrived = self.arrivals(target, scope).into_iter();
        arrived
            .filter(|(_, count)| *count > 0)
            .map(|(flow, _)| flow)
            .collect()
    }

    /// What is meant, now.
    fn sources(&self, which: &Which) -> Result<Vec<Source>, Immovable> {
        match which {
            Which::Visit { key } if *key == self.instance.key() => {
                Err(Immovable::Whole { key: *key })
            }
            Which::Visit { key } => {
                let known = self.node_of(*key).map(|_| vec![Source::Visit(*key)]);
                known.ok_or(Immovable::NotActive { key: *key })
            }
            Which::Element { element } => {
                let node = self.node_to_move(element)?;
                let id = &self.definition.at(node).id;
                // The items of a loop, and what was started in an ad-hoc subprocess, go with what holds them.
                let visits = self.instance.elements().iter();
                let visits = visits.filter(|(_, e)| e.element() == id && e.item().is_none());
                let mut found: Vec<Source> = visits.map(|(key, _)| Source::Visit(*key)).collect();
                let waiting = |scope: &Key| self.arrivals(node, *scope).iter().any(|a| a.1 > 0);
                let scopes = self.scopes_with_arrivals().filter(waiting);
                found.extend(scopes.map(|scope| Source::Arrivals(scope, node)));
                if found.is_empty() {
                    let name = self.definition.at(node).label().to_string();
                    return Err(Immovable::NothingAt { name });
                }
                Ok(found)
            }
        }
    }

    pub(super) fn node_to_move(&self, element: &str) -> Result<NodeIndex, Immovable> {
        let found = self.definition.find(element);
        found.ok_or_else(|| Immovable::NoSuchElement {
            element: element.to_owned(),
        })
    }

    /// Ends what was chosen, and every scope in which nothing is left then.
    fn end_by_hand(&mut self, ending: &BTreeSet<Source>) -> Result<(), Rejection> {
        let mut left = BTreeSet::new();
        for source in ending {
            match source {
                Source::Visit(key) => {
                    // One that lay in another that has ended is gone with it.
                    let Some(scope) = self.instance.parent_scope(*key) else {
                        continue;
                    };
                    self.terminate_compensating(*key);
                    left.insert(scope);
                }
                Source::Arrivals(scope, join) => {
                    self.drop_arrivals(*scope, *join);
                    left.insert(*scope);
                }
            }
        }
        for scope in left.into_iter().rev() {
            self.end_if_empty(scope)?;
        }
        Ok(())
    }

    /// Ends a visit. Compensations that ran in it for somebody outside go on with what is left of them.
    fn terminate_compensating(&mut self, key: Key) {
        let mut inside = self.inside(key);
        inside.insert(key);
        let runs = inside.iter().filter_map(|key| self.compensating_of(*key));
        let runs: Vec<Compensating> = runs
            .filter(|run| run.waiting.is_none_or(|waiting| !inside.contains(&waiting)))
            .collect();
        self.terminate(key);
        for run in runs {
            self.run_handlers(run.left, run.waiting);
        }
    }

    /// What waits at a join is gone: a visit uses it up and is cut short.
    fn drop_arrivals(&mut self, scope: Key, join: NodeIndex) {
        let waiting = self.arrivals(join, scope).into_iter();
        let joins: Vec<Arc<str>> = waiting
            .flat_map(|(flow, count)| std::iter::repeat_n(flow, count as usize))
            .collect();
        if joins.is_empty() {
            return;
        }
        let key = self.visit(join, scope, joins);
        self.emit(Record::ElementTerminated { key });
        // Where nothing moves any more, that arrivals waited in vain is no longer so.
        self.forget_deadlock(scope, join);
    }

    /// The incident of a join at which nothing waits any more is moot.
    fn forget_deadlock(&mut self, scope: Key, join: NodeIndex) {
        let id = &self.definition.at(join).id;
        let incidents = self.instance.incidents().values();
        let moot = incidents.filter(|i| i.element_instance == scope && i.element == *id);
        for incident in moot.map(|incident| incident.key).collect::<Vec<Key>>() {
            self.emit(Record::IncidentResolved { incident });
        }
    }

    /// Ends a scope in which nothing is active and nothing waits, and those around it in turn.
    fn end_if_empty(&mut self, mut scope: Key) -> Result<(), Rejection> {
        loop {
            let Some(inner) = self.instance.scope(scope) else {
                return Ok(());
            };
            if !inner.children().is_empty() || !inner.arrivals().is_empty() {
                return Ok(());
            }
            if scope == self.instance.key() {
                if self.instance.parent().is_some() {
                    return Err(Immovable::EndsCalled.into());
                }
                self.cancel();
                return Ok(());
            }
            if self.is_revived(scope) {
                self.check_scope(scope);
                return Ok(());
            }
            if self.stays_open(scope) {
                return Ok(());
            }
            let Some(around) = self.instance.parent_scope(scope) else {
                return Ok(());
            };
            self.terminate_compensating(scope);
            scope = around;
        }
    }

    /// Whether workers are at work because the instance begins or ends.
    fn process_listens(&self) -> bool {
        let key = self.instance.key();
        let mut jobs = self.instance.jobs().values();
        let mut incidents = self.instance.incidents().values();
        jobs.any(|job| job.element_instance == key)
            || incidents.any(|incident| self.is_of_process(incident))
    }
}

#[cfg(test)]
mod tests;
