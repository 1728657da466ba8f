//! Events that happen: what was waited for has come, or something thrown was caught.

use feel::Context;

use super::{At, Stepper};
use crate::definition::{FlowNode, NodeIndex, instantiating_gateway};
use crate::elements::{Element, EventBasedGateway};
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
        } else if let Some((gateway, at)) = self.gateway_at(waiting) {
            self.occur_behind(gateway, at, event, variables);
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
        let compensating = self.compensating_of(host);
        let interrupts = self.interrupts(boundary);
        if interrupts {
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
        // A handler that is interrupted has done its part; those before it follow.
        if let Some(rest) = compensating.filter(|_| interrupts) {
            self.run_handlers(rest.left, rest.waiting);
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
            self.close_ad_hoc(scope);
        }
        let key = self.activate(subprocess, scope, Vec::new());
        self.set_all(key, variables);
    }

    pub(super) fn interrupts(&self, event: NodeIndex) -> bool {
        self.definition.at(event).element.interrupts()
    }
}

/// Event-based gateways, and the beginnings of instances.
impl<'a> Stepper<'a> {
    /// The event-based gateway that a visit is a visit to.
    fn gateway_at(&self, key: Key) -> Option<(EventBasedGateway, At<'a>)> {
        let at = self.at(key)?;
        let Element::EventBasedGateway(gateway) = &at.node.element else {
            return None;
        };
        Some((*gateway, at))
    }

    /// The events behind a gateway that have not happened yet.
    pub(crate) fn events_behind(&self, at: At<'a>) -> Vec<&'a FlowNode> {
        let scope = self.instance.scope(at.key);
        let happened = scope.and_then(|scope| scope.occurred(&at.node.id));
        let flows = (0..).zip(&at.node.outgoing);
        let left = flows.filter(|(number, _)| !happened.is_some_and(|h| h.contains(number)));
        left.map(|(_, flow)| self.definition.at(self.definition.flow(*flow).target))
            .collect()
    }

    /// An event behind a gateway happens: its way is gone. The gateway is done then, unless it waits for all.
    fn occur_behind(
        &mut self,
        gateway: EventBasedGateway,
        at: At<'a>,
        event: NodeIndex,
        variables: &Context,
    ) {
        let mut flows = (0..).zip(&at.node.outgoing);
        let found = flows.find(|(_, flow)| self.definition.flow(**flow).target == event);
        let Some((number, flow)) = found else {
            return;
        };
        if gateway.all {
            self.stop_listening_to(at.key, &[event]);
            self.emit(Record::EventPartlyOccurred {
                element: at.node.id.clone(),
                element_instance: at.key,
                definition: number,
            });
        }
        if !gateway.all || self.events_behind(at).is_empty() {
            self.stop_listening(at.key);
            self.emit(Record::ElementCompleted { key: at.key });
        }
        self.emit(Record::FlowTaken {
            flow: self.definition.flow(*flow).id.clone(),
            scope: at.scope,
            waits: false,
        });
        self.visit_occurred(event, at.scope, variables);
    }

    /// A visit to an event that has happened already: it only goes on.
    fn visit_occurred(&mut self, event: NodeIndex, scope: Key, variables: &Context) {
        let key = self.visit(event, scope, Vec::new());
        if self.definition.at(event).listeners.is_empty() {
            self.finish(key, variables);
        } else {
            self.finish_at(key, variables, Stage::StartListener(0));
        }
    }

    /// A new instance begins at its nodes.
    pub(super) fn begin(&mut self, nodes: Vec<NodeIndex>, occurred: u32) {
        self.listen_in_instance();
        for node in nodes {
            self.begin_at(node, occurred);
        }
    }

    /// A new instance begins at a node. What has happened there is known: a definition of a multiple event, or
    /// an event that would be waited for elsewhere.
    fn begin_at(&mut self, node: NodeIndex, occurred: u32) {
        let (definition, scope) = (self.definition, self.instance.key());
        let nothing = Context::default();
        let gateway = instantiating_gateway(&definition.nodes, &definition.flows, node);
        if let Some(gateway) = gateway {
            let key = self.visit(gateway, scope, Vec::new());
            if let Some((kind, at)) = self.gateway_at(key) {
                self.occur_behind(kind, at, node, &nothing);
                // A parallel one awaits the others.
                self.proceed(key, Stage::Execute);
            }
        } else if matches!(&definition.at(node).element, Element::ReceiveTask(task) if task.instantiates)
        {
            self.visit_occurred(node, scope, &nothing);
        } else {
            let key = self.activate(node, scope, Vec::new());
            if definition.at(node).element.triggers().all {
                self.is_partial(node, key, occurred);
            }
        }
    }
}

/// Kept here because both commands and events finish visits.
impl<'a> Stepper<'a> {
    /// Results of a visit have come: it goes on.
    pub(super) fn finish(&mut self, visit: Key, results: &Context) {
        self.finish_at(visit, results, Stage::Complete);
    }

    /// The same, going on from a stage.
    fn finish_at(&mut self, visit: Key, results: &Context, next: Stage) {
        let Some(at) = self.at(visit) else {
            return;
        };
        match self.set_results(at, results) {
            Ok(()) => self.proceed(visit, next),
            Err(failure) => self.raise(at, next, failure),
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
