//! What each thing of an instance becomes in another definition, and all that is in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::Stepper;
use super::super::listeners::has_listener;
use crate::definition::{FlowIndex, FlowNode, NodeIndex};
use crate::elements::{Element, Loop};
use crate::migration::{Blocker, Migration};
use crate::{Key, ProcessDefinition};

/// What becomes what.
pub(super) struct Plan<'a> {
    target: &'a ProcessDefinition,
    nodes: BTreeMap<NodeIndex, NodeIndex>,
    flows: BTreeMap<FlowIndex, FlowIndex>,
    /// Timers and subscriptions of events that become nothing.
    pub(super) closing: Vec<Key>,
}

impl<'a> Plan<'a> {
    /// Whether an event of the target was there before.
    pub(super) fn is_known(&self, event: NodeIndex) -> bool {
        self.nodes.values().any(|known| *known == event)
    }

    /// Ids of elements that are others in the target.
    pub(super) fn new_elements(&self, source: &ProcessDefinition) -> BTreeMap<Arc<str>, Arc<str>> {
        let pairs = self.nodes.iter();
        let pairs = pairs.map(|(from, to)| (&source.at(*from).id, &self.target.at(*to).id));
        others(pairs)
    }

    /// Ids of flows that are others in the target.
    pub(super) fn new_flows(&self, source: &ProcessDefinition) -> BTreeMap<Arc<str>, Arc<str>> {
        let pairs = self.flows.iter();
        let pairs = pairs.map(|(from, to)| (&source.flow(*from).id, &self.target.flow(*to).id));
        others(pairs)
    }
}

fn others<'i>(
    pairs: impl Iterator<Item = (&'i Arc<str>, &'i Arc<str>)>,
) -> BTreeMap<Arc<str>, Arc<str>> {
    let pairs = pairs.filter(|(from, to)| from != to);
    pairs.map(|(from, to)| (from.clone(), to.clone())).collect()
}

/// A plan that is being made.
struct Planner<'p, 'a> {
    step: &'p Stepper<'a>,
    source: &'a ProcessDefinition,
    plan: Plan<'a>,
    blockers: Vec<Blocker>,
}

impl<'a> Stepper<'a> {
    /// What becomes of everything that is active; or all that is in the way.
    pub(super) fn plan(
        &self,
        target: &'a ProcessDefinition,
        asked: &Migration,
    ) -> Result<Plan<'a>, Vec<Blocker>> {
        let mut planner = Planner {
            step: self,
            source: self.definition,
            plan: Plan {
                target,
                nodes: BTreeMap::new(),
                flows: BTreeMap::new(),
                closing: Vec::new(),
            },
            blockers: Vec::new(),
        };
        if asked.target == self.instance.definition() {
            planner.block(Blocker::SameDefinition);
        }
        planner.map(asked);
        planner.visits();
        planner.events();
        planner.joins();
        planner.listeners();
        planner.compensations();
        planner.incidents();
        planner.partly_occurred();
        if planner.blockers.is_empty() {
            Ok(planner.plan)
        } else {
            Err(planner.blockers)
        }
    }
}

/// What is mapped.
impl<'a> Planner<'_, 'a> {
    fn block(&mut self, blocker: Blocker) {
        if !self.blockers.contains(&blocker) {
            self.blockers.push(blocker);
        }
    }

    fn map(&mut self, asked: &Migration) {
        for pair in &asked.mapping {
            let (source, target) = (&*pair.source, &*pair.target);
            if let Some(from) = self.source.find(source) {
                match self.plan.target.find(target) {
                    Some(to) => self.map_node(from, to),
                    None => self.no_such_target(target),
                }
            } else if let Some(from) = self.source.find_flow(source) {
                match self.plan.target.find_flow(target) {
                    Some(to) => {
                        self.plan.flows.insert(from, to);
                    }
                    None => self.no_such_target(target),
                }
            } else {
                let element = source.to_owned();
                self.block(Blocker::NoSuchSource { element });
            }
        }
        if asked.same_ids {
            let taken: BTreeSet<NodeIndex> = self.plan.nodes.values().copied().collect();
            for index in (0..self.source.nodes.len() as u32).map(NodeIndex) {
                let same = self.same_id(index).filter(|same| !taken.contains(same));
                if let Some(same) = same {
                    self.plan.nodes.entry(index).or_insert(same);
                }
            }
        }
    }

    fn no_such_target(&mut self, element: &str) {
        let element = element.to_owned();
        self.block(Blocker::NoSuchTarget { element });
    }

    fn map_node(&mut self, from: NodeIndex, to: NodeIndex) {
        let (source, target) = (self.source.at(from), self.plan.target.at(to));
        if !fits(source, target) {
            self.block(Blocker::OtherKind {
                source_id: source.id().to_owned(),
                from: described(source),
                target_id: target.id().to_owned(),
                to: described(target),
            });
        }
        let is_event = !source.element.triggers().is_none();
        if is_event && self.plan.nodes.values().any(|known| *known == to) {
            let element = target.id().to_owned();
            self.block(Blocker::Twice { element });
        }
        if self.plan.nodes.insert(from, to).is_some() {
            let element = source.id().to_owned();
            self.block(Blocker::Twice { element });
        }
    }

    /// The element of the target with the same id, where it is of the same kind.
    fn same_id(&self, index: NodeIndex) -> Option<NodeIndex> {
        let source = self.source.at(index);
        let same = self.plan.target.find(&source.id)?;
        fits(source, self.plan.target.at(same)).then_some(same)
    }

    /// What an element becomes that is not active itself: it need not be mapped where its id stays.
    /// For what is awaited it stays unmapped.
    fn passive(&self, index: NodeIndex) -> Option<NodeIndex> {
        let known = self.plan.nodes.get(&index).copied();
        known.or_else(|| self.same_id(index))
    }

    fn node_of(&self, key: Key) -> Option<NodeIndex> {
        self.step.node_of(key)
    }

    /// What the scope of something becomes: `Some(None)` for the process itself.
    fn scope(&self, scope: Key) -> Option<Option<NodeIndex>> {
        if scope == self.step.instance.key() {
            return Some(None);
        }
        let node = self.node_of(scope)?;
        self.plan.nodes.get(&node).map(|target| Some(*target))
    }
}

/// What is active.
impl Planner<'_, '_> {
    fn visits(&mut self) {
        for (key, visit) in self.step.instance.elements() {
            let Some(from) = self.node_of(*key) else {
                continue;
            };
            let element = self.source.at(from).id().to_owned();
            let Some(to) = self.plan.nodes.get(&from).copied() else {
                self.block(Blocker::Unmapped { element });
                continue;
            };
            // The items of a loop, and what is started in an ad-hoc subprocess, lie in a visit to the same element.
            let around = self.node_of(visit.scope());
            if around == Some(from) {
                continue;
            }
            let expected = self.scope(visit.scope());
            if expected.is_some_and(|expected| self.plan.target.at(to).scope != expected) {
                let scope = around.map(|around| self.source.at(around).id());
                self.block(Blocker::OtherScope {
                    element,
                    scope: scope.unwrap_or(self.source.id()).to_owned(),
                    target_id: self.plan.target.at(to).id().to_owned(),
                });
            }
        }
    }

    /// Events that are mapped stay awaited where they belong to the same; others are no longer awaited.
    fn events(&mut self) {
        let timers = self.step.instance.timers().values();
        let timers = timers.map(|timer| (timer.key, &timer.element, timer.element_instance));
        let open = self.step.instance.subscriptions().values();
        let open = open.map(|open| (open.key, &open.element, open.element_instance));
        for (key, element, owner) in timers.chain(open) {
            let Some(event) = self.source.find(element) else {
                continue;
            };
            if self.node_of(owner) == Some(event) {
                continue;
            }
            let Some(to) = self.plan.nodes.get(&event).copied() else {
                self.plan.closing.push(key);
                continue;
            };
            let expected = self.scope(owner);
            if expected.is_some_and(|expected| owner_of(self.plan.target, to) != Some(expected)) {
                let owner = self.node_of(owner).map(|node| self.source.at(node).id());
                self.block(Blocker::OtherOwner {
                    element: element.to_string(),
                    owner: owner.unwrap_or(self.source.id()).to_owned(),
                    target_id: self.plan.target.at(to).id().to_owned(),
                });
            }
        }
    }

    /// What waits at joins waits on flows that lead to their counterparts.
    fn joins(&mut self) {
        let mut waiting = Vec::new();
        for scope in self.step.scopes_with_arrivals() {
            let arrivals = self
                .step
                .instance
                .scope(scope)
                .map(|inner| inner.arrivals());
            waiting.extend(
                arrivals
                    .into_iter()
                    .flat_map(|a| a.keys())
                    .map(|flow| (scope, flow)),
            );
        }
        for visit in self.step.instance.elements().values() {
            if visit.waits_for_reset() {
                waiting.extend(visit.joined().iter().map(|flow| (visit.scope(), flow)));
            }
        }
        for (scope, flow) in waiting {
            let Some(from) = self.source.find_flow(flow) else {
                continue;
            };
            let join = self.source.flow(from).target;
            match self.arrival(from, scope) {
                Some(to) => {
                    self.plan.flows.insert(from, to);
                }
                None => self.block(Blocker::Arrival {
                    flow: flow.to_string(),
                    join: self.source.at(join).id().to_owned(),
                }),
            }
        }
    }

    /// The flow of the target on which something waits that came along a flow: the one that it is mapped to, that of the same
    /// id, or the only one from the same element.
    fn arrival(&self, from: FlowIndex, scope: Key) -> Option<FlowIndex> {
        let source = self.source.flow(from);
        let join = self.passive(source.target)?;
        let before = self.passive(source.source);
        let target = self.plan.target;
        if self
            .scope(scope)
            .is_some_and(|scope| target.at(join).scope != scope)
        {
            return None;
        }
        let leads = |flow: &FlowIndex| target.flow(*flow).target == join;
        let mapped = self.plan.flows.get(&from).copied();
        let same = || target.find_flow(&source.id);
        if let Some(found) = mapped.or_else(same).filter(leads) {
            return Some(found);
        }
        let incoming = target.at(join).incoming.iter();
        let mut fitting = incoming.filter(|flow| Some(target.flow(**flow).source) == before);
        let only = fitting.next().copied();
        only.filter(|_| fitting.next().is_none())
    }

    fn listeners(&mut self) {
        let instance = self.step.instance.key();
        for job in self.step.instance.jobs().values() {
            if job.element_instance == instance {
                self.block(Blocker::ProcessListener);
                continue;
            }
            let from = self.source.find(&job.element);
            let to = from.and_then(|from| self.plan.nodes.get(&from));
            if to.is_some_and(|to| !has_listener(self.plan.target.at(*to), &job.kind)) {
                let element = job.element.to_string();
                self.block(Blocker::Listener { element });
            }
        }
    }
}

/// What is kept of what was.
impl Planner<'_, '_> {
    fn compensations(&mut self) {
        let kept: Vec<_> = self.step.instance.all_compensations().cloned().collect();
        let mut insides = BTreeMap::new();
        for one in &kept {
            let node = self.source.find(&one.element);
            insides.extend(one.inside.zip(node));
        }
        for one in &kept {
            let Some(from) = self.source.find(&one.element) else {
                continue;
            };
            let around = self.node_of(one.scope).or(insides.get(&one.scope).copied());
            let expected = match around {
                Some(node) => self.passive(node).map(Some),
                None => Some(None),
            };
            let handled = self.source.at(from).handler.is_some() && one.inside.is_none();
            let to = self.passive(from).map(|to| self.plan.target.at(to));
            let lies = around == Some(from) || to.map(|to| to.scope) == expected;
            if !lies || to.is_none_or(|to| handled && to.handler.is_none()) {
                let element = one.element.to_string();
                self.block(Blocker::Compensation { element });
            }
        }
    }

    fn incidents(&mut self) {
        for incident in self.step.instance.incidents().values() {
            if self.step.is_of_process(incident) {
                self.block(Blocker::ProcessListener);
                continue;
            }
            let from = self.source.find(&incident.element);
            let known = from.and_then(|from| self.passive(from)).is_some();
            // Of what is active and not mapped it was said already.
            if !known && from != self.node_of(incident.element_instance) {
                self.block(Blocker::Incident {
                    incident: incident.key,
                    element: incident.element.to_string(),
                });
            }
        }
    }

    /// Events and gateways that wait for several things wait for the same in the same order.
    fn partly_occurred(&mut self) {
        let visits = self.step.instance.elements().keys().copied();
        for key in visits.chain([self.step.instance.key()]) {
            let occurred = self
                .step
                .instance
                .scope(key)
                .map(|scope| scope.all_occurred());
            for event in occurred.into_iter().flatten() {
                let from = self.source.find(event);
                let to = from.and_then(|from| self.plan.nodes.get(&from).copied());
                let same = from
                    .zip(to)
                    .is_some_and(|(from, to)| self.waits_for_same(from, to));
                if !same {
                    let element = event.to_string();
                    self.block(Blocker::PartlyOccurred { element });
                }
            }
        }
    }

    fn waits_for_same(&self, from: NodeIndex, to: NodeIndex) -> bool {
        let (source, target) = (self.source.at(from), self.plan.target.at(to));
        if !matches!(source.element, Element::EventBasedGateway(_)) {
            return true;
        }
        let events = source
            .outgoing
            .iter()
            .map(|flow| self.source.flow(*flow).target);
        let events = events.map(|event| self.plan.nodes.get(&event).copied());
        let others = target
            .outgoing
            .iter()
            .map(|flow| self.plan.target.flow(*flow).target);
        events.eq(others.map(Some))
    }
}

/// What an event belongs to: the activity that it is on, the gateway before it, or the scope of its event subprocess
/// (`Some(None)`: the process).
fn owner_of(definition: &ProcessDefinition, event: NodeIndex) -> Option<Option<NodeIndex>> {
    let node = definition.at(event);
    if let Element::BoundaryEvent(_) = node.element {
        let mut hosts = (0..).zip(&definition.nodes);
        let host = hosts.find(|(_, host)| host.boundaries.contains(&event));
        return host.map(|(index, _)| Some(NodeIndex(index)));
    }
    if let Some(around) = node.scope
        && definition.at(around).element.is_event_subprocess()
        && let Element::StartEvent(_) = node.element
    {
        return Some(definition.at(around).scope);
    }
    let before = node
        .incoming
        .first()
        .map(|flow| definition.flow(*flow).source);
    before.map(Some)
}

/// Whether an element can become another: the same kind of thing, done as often, begun by the same kinds of events.
fn fits(source: &FlowNode, target: &FlowNode) -> bool {
    let kinds = |node: &FlowNode| {
        let triggers = node.element.triggers().iter();
        triggers.map(std::mem::discriminant).collect::<Vec<_>>()
    };
    described(source) == described(target)
        && source.element.triggers().all == target.element.triggers().all
        && kinds(source) == kinds(target)
        && source.for_compensation == target.for_compensation
}

/// What a person calls the kind of an element.
fn described(node: &FlowNode) -> String {
    let often = match &node.looping {
        None => "",
        Some(Loop::Standard(_)) => ", in a loop",
        Some(Loop::MultiInstance(multi)) if multi.sequential => ", for each of several in turn",
        Some(Loop::MultiInstance(_)) => ", for several at once",
    };
    let before = if node.element.is_event_subprocess() {
        "event "
    } else {
        ""
    };
    format!("{before}{}{often}", node.kind())
}
