//! Where an element that is activated by hand begins: the scopes around it, those that are there and those that are made.

use super::super::listeners::stage_of;
use super::super::looping::Part;
use super::super::variables::check_size;
use super::super::{At, Failure, Stepper};
use crate::definition::{FlowNode, NodeIndex};
use crate::elements::Element;
use crate::modification::{Immovable, ScopeVariables};
use crate::triggers::Trigger;
use crate::{Key, Rejection, Stage};

/// How the place of an element is found.
#[derive(Clone, Copy)]
pub(super) enum Search {
    /// The innermost scope around it that is active, of which there must be one only.
    Only,
    /// Below a visit, or the instance; the scopes between are made anew.
    New(Key),
    /// Below the innermost of a scope and those around it that lies around the element; the scopes between are those that
    /// are there, if each of them is there once.
    From(Key),
    /// In this scope.
    In(Key),
}

/// Where an element begins.
pub(super) struct Place {
    pub(super) scope: Key,
    /// The scopes that were made for it.
    pub(super) made: Vec<Key>,
}

impl<'a> Stepper<'a> {
    /// Whether an element can be activated at all.
    pub(super) fn check_target(&self, target: NodeIndex) -> Result<(), Immovable> {
        let node = self.definition.at(target);
        let name = node.label().to_string();
        if let Element::BoundaryEvent(_) = node.element {
            return Err(Immovable::Boundary { name });
        }
        if node.for_compensation || self.is_for_compensation(node) {
            return Err(Immovable::Compensates { name });
        }
        if let Element::StartEvent(start) = &node.element {
            let around = node.scope.map(|around| self.definition.at(around));
            if let Some(around) = around.filter(|around| around.element.is_event_subprocess()) {
                let around = around.label().to_string();
                return Err(Immovable::EventStart { name, around });
            }
            if start.triggers.all {
                return Err(Immovable::ParallelStart { name });
            }
        }
        Ok(())
    }

    /// Whether it is an event subprocess that compensation begins.
    fn is_for_compensation(&self, node: &FlowNode) -> bool {
        let starts = node.parts().entries.iter();
        let mut triggers = starts.flat_map(|start| {
            let start = self.definition.at(*start);
            start.element.triggers().iter()
        });
        node.element.is_event_subprocess()
            && triggers.any(|trigger| matches!(trigger, Trigger::Compensation(_)))
    }

    /// The scope in which an element begins. Those that are missing around it are made.
    pub(super) fn place(
        &mut self,
        target: NodeIndex,
        search: Search,
        variables: &[ScopeVariables],
    ) -> Result<Place, Rejection> {
        let around = self.scopes_around(target);
        self.check_scopes(target, &around, variables)?;
        let (mut scope, mut depth) = match search {
            Search::Only => self.nearest(target, &around)?,
            Search::New(key) => (key, self.depth(target, &around, key)?),
            Search::From(key) => self.common(&around, key),
            Search::In(key) => {
                let depth = self.depth(target, &around, key)?;
                if depth < around.len() {
                    let element = self.definition.at(target).label().to_string();
                    return Err(Immovable::NotAround { element, key }.into());
                }
                (key, depth)
            }
        };
        let mut made = Vec::new();
        while depth < around.len() {
            let next = around[depth];
            depth += 1;
            if let Search::From(_) = search
                && let Some(found) = self.only_one(target, next, Some(scope))?
            {
                scope = found;
                continue;
            }
            self.check_goes_on(scope)?;
            scope = self.make(target, next, scope, variables)?;
            made.push(scope);
        }
        self.check_goes_on(scope)?;
        let scope = self.inside_of(scope, &mut made)?;
        Ok(Place { scope, made })
    }

    /// Nothing begins in a scope that has not begun yet, or in which everything is over, and which its listeners or an incident
    /// hold.
    fn check_goes_on(&self, scope: Key) -> Result<(), Immovable> {
        let Some(node) = self.node_of(scope).map(|node| self.definition.at(node)) else {
            return Ok(());
        };
        let goes_on = |stage| matches!(stage, Stage::Execute | Stage::TaskListener(_));
        let listens = self
            .instance
            .jobs()
            .values()
            .any(|job| job.element_instance == scope && !goes_on(stage_of(&job.kind)));
        // What is stuck inside is told at the scope as well, by another element.
        let stopped = self.instance.incidents().values().any(|incident| {
            incident.element_instance == scope
                && incident.element == node.id
                && !goes_on(incident.stage)
        });
        if listens || stopped {
            let name = node.label().to_string();
            return Err(Immovable::Closed { name });
        }
        Ok(())
    }

    /// The subprocesses around a node, the outermost first.
    fn scopes_around(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut around = Vec::new();
        let mut at = self.definition.at(node).scope;
        while let Some(scope) = at {
            around.push(scope);
            at = self.definition.at(scope).scope;
        }
        around.reverse();
        around
    }

    /// Variables can be given to what begins, to the scopes around it, and to the instance.
    fn check_scopes(
        &self,
        target: NodeIndex,
        around: &[NodeIndex],
        variables: &[ScopeVariables],
    ) -> Result<(), Rejection> {
        for given in variables {
            let Some(scope) = &given.scope else { continue };
            let node = self.node_to_move(scope)?;
            if node != target && !around.contains(&node) {
                let element = self.definition.at(target).id().to_owned();
                let scope = scope.clone();
                return Err(Immovable::NotItsScope { element, scope }.into());
            }
        }
        Ok(())
    }

    /// The innermost scope around a node that is active, and how many of the scopes around it that makes.
    fn nearest(&self, target: NodeIndex, around: &[NodeIndex]) -> Result<(Key, usize), Immovable> {
        for (index, scope) in around.iter().enumerate().rev() {
            if let Some(found) = self.only_one(target, *scope, None)? {
                return Ok((found, index + 1));
            }
        }
        Ok((self.instance.key(), 0))
    }

    /// The one visit to a scope in which something can begin, where there is any.
    fn only_one(
        &self,
        target: NodeIndex,
        scope: NodeIndex,
        inside: Option<Key>,
    ) -> Result<Option<Key>, Immovable> {
        let id = &self.definition.at(scope).id;
        let visits = self.instance.elements().iter();
        let visits = visits
            .filter(|(_, visit)| visit.element() == id)
            .map(|(key, _)| *key);
        let keys: Vec<Key> = visits
            .filter(|key| self.holds_elements(*key))
            .filter(|key| inside.is_none_or(|inside| self.lies_in(*key, inside)))
            .collect();
        if keys.len() > 1 {
            return Err(Immovable::Several {
                element: self.definition.at(target).label().to_string(),
                name: self.definition.at(scope).label().to_string(),
                keys,
            });
        }
        Ok(keys.first().copied())
    }

    /// Whether a visit to a subprocess is one in which elements lie: not what holds the items of a loop, nor one start
    /// in an ad-hoc subprocess, nor one that is there to be compensated.
    fn holds_elements(&self, key: Key) -> bool {
        let start = self.at(key).is_some_and(|at| self.is_start(at));
        !start && !self.is_body(key) && !self.is_revived(key)
    }

    fn lies_in(&self, key: Key, outer: Key) -> bool {
        let mut at = Some(key);
        while let Some(scope) = at {
            if scope == outer {
                return true;
            }
            at = self.instance.parent_scope(scope);
        }
        false
    }

    /// How many of the scopes around a node are there, when it begins below a visit.
    fn depth(&self, target: NodeIndex, around: &[NodeIndex], key: Key) -> Result<usize, Immovable> {
        if key == self.instance.key() {
            return Ok(0);
        }
        let node = self.node_of(key).ok_or(Immovable::NotActive { key })?;
        let element = self.definition.at(target).label().to_string();
        let Some(index) = around.iter().position(|scope| *scope == node) else {
            return Err(Immovable::NotAround { element, key });
        };
        if self.is_body(key) {
            let name = self.definition.at(node).label().to_string();
            return Err(Immovable::Body { element, name, key });
        }
        Ok(index + 1)
    }

    /// The innermost of a scope and those around it that lies around a node.
    fn common(&self, around: &[NodeIndex], from: Key) -> (Key, usize) {
        let mut at = Some(from);
        while let Some(key) = at {
            let node = self.node_of(key).filter(|_| !self.is_body(key));
            let index = node.and_then(|node| around.iter().position(|scope| *scope == node));
            if let Some(index) = index {
                return (key, index + 1);
            }
            at = self.instance.parent_scope(key);
        }
        (self.instance.key(), 0)
    }

    /// Makes a scope: its input mappings and the variables given to it, then what it waits for. Its listeners are not asked.
    fn make(
        &mut self,
        target: NodeIndex,
        scope: NodeIndex,
        outer: Key,
        variables: &[ScopeVariables],
    ) -> Result<Key, Rejection> {
        let node = self.definition.at(scope);
        let (element, name) = (
            self.definition.at(target).label().to_string(),
            node.label().to_string(),
        );
        if node.looping.is_some() {
            return Err(Immovable::NoItem { element, name }.into());
        }
        if node.for_compensation || self.is_for_compensation(node) {
            return Err(Immovable::Compensates { name }.into());
        }
        let outer = self.inside_of(outer, &mut Vec::new())?;
        let key = self.visit(scope, outer, Vec::new());
        let at = At {
            key,
            node,
            scope: outer,
        };
        let cannot = |failure: Failure| Immovable::NoScope {
            element: element.clone(),
            name: name.clone(),
            why: failure.message,
        };
        self.set_inputs(at).map_err(&cannot)?;
        self.set_given(key, node.id(), variables)?;
        self.listen(at, Part::Alone).map_err(&cannot)?;
        self.open_for_starts(at);
        Ok(key)
    }

    /// In an ad-hoc subprocess everything that begins has a scope of its own.
    fn inside_of(&mut self, scope: Key, made: &mut Vec<Key>) -> Result<Key, Immovable> {
        let Some(begun) = self.start_by_hand(scope) else {
            return Ok(scope);
        };
        let begun = begun.ok_or_else(|| Immovable::Closed {
            name: self.label_of(scope).to_string(),
        })?;
        made.push(begun);
        Ok(begun)
    }

    /// Gives variables to what has begun and to the scopes around it that were there before.
    pub(super) fn set_around(
        &mut self,
        target: Key,
        made: &[Key],
        variables: &[ScopeVariables],
    ) -> Result<(), Rejection> {
        let root = self.instance.key();
        for given in variables.iter().filter(|given| given.scope.is_none()) {
            check_size(&given.variables, self.instance.bytes())?;
            self.set_all(root, &given.variables);
        }
        let mut last = None;
        let mut at = Some(target);
        while let Some(key) = at.filter(|key| *key != root) {
            let id = self
                .node_of(key)
                .map(|node| self.definition.at(node).id.clone());
            // Of an item and its body, or a start and its ad-hoc subprocess, the inner one has them.
            if let Some(id) = id.filter(|id| !made.contains(&key) && last.as_ref() != Some(id)) {
                self.set_given(key, &id, variables)?;
                last = Some(id);
            }
            at = self.instance.parent_scope(key);
        }
        Ok(())
    }

    fn set_given(
        &mut self,
        key: Key,
        id: &str,
        variables: &[ScopeVariables],
    ) -> Result<(), Rejection> {
        let theirs = variables
            .iter()
            .filter(|given| given.scope.as_deref() == Some(id));
        for given in theirs {
            check_size(&given.variables, self.instance.bytes())?;
            self.set_all(key, &given.variables);
        }
        Ok(())
    }
}
