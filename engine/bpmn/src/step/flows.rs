//! How tokens move: leaving a visit, choosing flows, arriving at nodes and joins.

use std::sync::Arc;

use feel::Expression;

use super::{At, Failure, Stepper};
use crate::definition::{FlowIndex, NodeIndex, SequenceFlow};
use crate::elements::Joins;
use crate::{IncidentKind, Key, Record};

impl<'a> Stepper<'a> {
    /// A visit ends as it should, and the flows that its element chooses are taken.
    pub(super) fn leave(&mut self, at: At<'a>) -> Result<(), Failure> {
        let flows = at.node.element.behaviour().leave(self, at)?;
        let undoes = self
            .instance
            .elements()
            .get(&at.key)
            .and_then(|e| e.undoes());
        self.stop_listening(at.key);
        self.register_compensation(at);
        self.emit(Record::ElementCompleted { key: at.key });
        if self.is_over {
            return Ok(());
        }
        for flow in &flows {
            for _ in 0..at.node.quantities.completion {
                self.take(*flow, at.scope);
            }
        }
        if let Some(run) = undoes {
            self.next_handler(run);
        }
        self.check_scope(at.scope);
        Ok(())
    }

    /// What leaves an activity or an event: all flows without condition, those whose condition is
    /// true, and the default flow where no condition is (BPMN 2.0.2, 13.3.1 and 8.4.13).
    pub(crate) fn outgoing(&mut self, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        let mut flows = Vec::with_capacity(at.node.outgoing.len());
        let mut any_condition_true = false;
        let mut any_condition = false;
        for index in &at.node.outgoing {
            if at.node.default == Some(*index) {
                continue;
            }
            let flow = self.definition.flow(*index);
            let Some(condition) = &flow.condition else {
                flows.push(*index);
                continue;
            };
            any_condition = true;
            if self.is_true(condition, flow, at)? {
                any_condition_true = true;
                flows.push(*index);
            }
        }
        if !any_condition_true {
            flows.extend(at.node.default);
        }
        if flows.is_empty() && any_condition {
            return Err(no_flow(at));
        }
        Ok(flows)
    }

    /// The first outgoing flow whose condition is true, else the default flow.
    pub(crate) fn first_true(&mut self, at: At<'_>) -> Result<FlowIndex, Failure> {
        for index in &at.node.outgoing {
            if at.node.default == Some(*index) {
                continue;
            }
            let flow = self.definition.flow(*index);
            let holds = match &flow.condition {
                Some(condition) => self.is_true(condition, flow, at)?,
                None => true,
            };
            if holds {
                return Ok(*index);
            }
        }
        at.node.default.ok_or_else(|| no_flow(at))
    }

    /// Every outgoing flow without condition or whose condition is true, else the default flow.
    pub(crate) fn all_true(&mut self, at: At<'_>) -> Result<Vec<FlowIndex>, Failure> {
        let mut flows = self.choose(at, true)?;
        if flows.is_empty() {
            flows.extend(at.node.default);
        }
        if flows.is_empty() && !at.node.outgoing.is_empty() {
            return Err(no_flow(at));
        }
        Ok(flows)
    }

    /// The outgoing flows whose condition is true, in document order; the default flow is none of them.
    /// `open` says whether a flow without condition is taken.
    pub(crate) fn choose(&self, at: At<'_>, open: bool) -> Result<Vec<FlowIndex>, Failure> {
        let mut flows = Vec::with_capacity(at.node.outgoing.len());
        for index in &at.node.outgoing {
            let flow = self.definition.flow(*index);
            let holds = match &flow.condition {
                _ if at.node.default == Some(*index) => false,
                Some(condition) => self.is_true(condition, flow, at)?,
                None => open,
            };
            if holds {
                flows.push(*index);
            }
        }
        Ok(flows)
    }

    fn is_true(
        &self,
        condition: &Expression,
        flow: &SequenceFlow,
        at: At<'_>,
    ) -> Result<bool, Failure> {
        let name = flow.name.as_deref().unwrap_or(&flow.id);
        self.holds(condition, &self.visible(at.key), || {
            format!("of the flow \"{name}\"")
        })
    }

    /// A token goes along a flow and reaches its target.
    pub(crate) fn take(&mut self, index: FlowIndex, scope: Key) {
        let flow = self.definition.flow(index);
        let target = self.definition.at(flow.target);
        let waits = target.waits_for_more();
        self.emit(Record::FlowTaken {
            flow: flow.id.clone(),
            scope,
            waits,
        });
        if !waits {
            self.activate(flow.target, scope, Vec::new());
        } else if let Some(arrived) = self.complete_at(flow.target, scope) {
            self.activate(flow.target, scope, arrived);
        }
    }

    /// The incoming flows on which came what a node that waits for more has waited for, where all of it has.
    pub(super) fn complete_at(&self, index: NodeIndex, scope: Key) -> Option<Vec<Arc<str>>> {
        let node = self.definition.at(index);
        if node.quantities.start > 1 {
            self.gathered(index, scope, node.quantities.start as usize)
        } else if node.element.behaviour().joins(node) == Joins::Full {
            self.arrived(index, scope)
        } else {
            None
        }
    }

    /// The incoming flows of so many tokens, where so many have arrived.
    pub(super) fn gathered(
        &self,
        node: NodeIndex,
        scope: Key,
        quantity: usize,
    ) -> Option<Vec<Arc<str>>> {
        let arrivals = self.instance.scope(scope)?.arrivals();
        let incoming = self.definition.at(node).incoming.iter();
        let gathered: Vec<Arc<str>> = incoming
            .flat_map(|flow| {
                let id = &self.definition.flow(*flow).id;
                let count = arrivals.get(id).copied().unwrap_or_default();
                std::iter::repeat_n(id.clone(), count as usize)
            })
            .take(quantity)
            .collect();
        (gathered.len() == quantity).then_some(gathered)
    }

    /// The incoming flows of a join, where something has arrived on each of them.
    pub(super) fn arrived(&self, join: NodeIndex, scope: Key) -> Option<Vec<Arc<str>>> {
        let arrivals = self.instance.scope(scope)?.arrivals();
        let incoming = self.definition.at(join).incoming.iter();
        incoming
            .map(|flow| {
                let id = &self.definition.flow(*flow).id;
                arrivals.contains_key(id).then(|| id.clone())
            })
            .collect()
    }
}

fn no_flow(at: At<'_>) -> Failure {
    Failure::new(
        IncidentKind::NoFlow,
        format!(
            "No outgoing flow of \"{}\" is true and it has no default flow",
            at.node.label()
        ),
    )
}
