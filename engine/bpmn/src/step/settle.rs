//! Settling: what is decided only when nothing can move any more in a command.
//!
//! An inclusive or complex join may fire when nothing else can still come, so it is asked when the queue is
//! empty, and again after everything that its firing set in motion. Only scopes in which something moved are
//! looked at. A scope in which arrivals still wait and nothing can ever move again is deadlocked.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{At, Failure, Stepper};
use crate::definition::{FlowIndex, NodeIndex};
use crate::elements::Joins;
use crate::{IncidentKind, Key, Record, Stage};

/// Scopes that have to be looked at.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    /// Something moved in them since they were looked at.
    touched: BTreeSet<Key>,
    /// Variables were set that the condition of a join may read.
    variables: bool,
    /// No join in them could fire when they were looked at.
    idle: BTreeSet<Key>,
}

impl Unsettled {
    pub(super) fn touch(&mut self, scope: Option<Key>) {
        self.touched.extend(scope);
    }

    pub(super) fn variables_were_set(&mut self) {
        self.variables = true;
    }
}

impl<'a> Stepper<'a> {
    /// Something moved in a scope: joins that wait in it may have to fire.
    pub(super) fn touch(&mut self, scope: Key) {
        self.unsettled.touch(Some(scope));
    }

    /// The scope in which a record moves something that joins look at. To be asked before the record is applied.
    pub(super) fn moves(&self, record: &Record) -> Option<Key> {
        if let Record::FlowTaken { scope, waits, .. } = record {
            waits.then_some(*scope)
        } else if let Record::ElementActivated { scope, joins, .. } = record {
            (!joins.is_empty()).then_some(*scope)
        } else if let Record::ElementCompleted { key } | Record::ElementTerminated { key } = record
        {
            let scope = self.instance.parent_scope(*key)?;
            let waiting = self.instance.scope(scope)?.arrivals();
            (!waiting.is_empty() || self.definition.has_complex_gateway).then_some(scope)
        } else if let Record::GatewayActivated { element_instance } = record {
            self.instance.parent_scope(*element_instance)
        } else {
            None
        }
    }

    /// Lets joins fire that need not wait any longer. Gives whether something can go on; where nothing
    /// can, scopes in which joins wait in vain have got an incident.
    pub(super) fn settle(&mut self) -> bool {
        if self.instance.suspended_at().is_some() {
            // All is looked at when it goes on.
            return false;
        }
        self.settle_conditions();
        if !self.queue.is_empty() {
            return true;
        }
        let mut touched = std::mem::take(&mut self.unsettled.touched);
        if std::mem::take(&mut self.unsettled.variables) {
            touched.extend(self.scopes_with_arrivals());
        }
        for scope in touched {
            if !self.fire_in(scope) {
                self.unsettled.idle.insert(scope);
            }
        }
        if !self.queue.is_empty() {
            return true;
        }
        for scope in std::mem::take(&mut self.unsettled.idle) {
            self.check_deadlock(scope);
        }
        false
    }

    /// Lets the first join of a scope fire whose rule is fulfilled. Others of the scope are asked again
    /// after what this one sets in motion.
    fn fire_in(&mut self, scope: Key) -> bool {
        self.waiting_joins(scope).into_iter().any(|join| {
            let element = &self.definition.at(join).element;
            element.behaviour().settle(self, join, scope)
        })
    }

    /// The joins of a scope at which something waits and that have a rule of their own, in document order.
    fn waiting_joins(&self, scope: Key) -> BTreeSet<NodeIndex> {
        if self.definition.reachability.is_empty() {
            return BTreeSet::new();
        }
        let inner = self.instance.scope(scope);
        let arrivals = inner.into_iter().flat_map(|inner| inner.arrivals().keys());
        let arrived = arrivals.filter_map(|flow| {
            let target = self
                .definition
                .flow(self.definition.find_flow(flow)?)
                .target;
            let node = self.definition.at(target);
            (node.element.behaviour().joins(node) == Joins::Settled).then_some(target)
        });
        let visits = inner.into_iter().flat_map(|inner| inner.children());
        let activated = visits.filter_map(|key| {
            let visit = self.instance.elements().get(key)?;
            visit
                .waits_for_reset()
                .then(|| self.node_of(*key))
                .flatten()
        });
        if self.definition.has_complex_gateway {
            arrived.chain(activated).collect()
        } else {
            arrived.collect()
        }
    }

    pub(super) fn scopes_with_arrivals(&self) -> impl Iterator<Item = Key> {
        let visits = self.instance.elements().keys().copied();
        let scopes = std::iter::once(self.instance.key()).chain(visits);
        scopes.filter(|key| {
            let scope = self.instance.scope(*key);
            scope.is_some_and(|scope| !scope.arrivals().is_empty())
        })
    }

    /// How much waits on each incoming flow of a join.
    pub(crate) fn arrivals(&self, join: NodeIndex, scope: Key) -> Vec<(Arc<str>, u32)> {
        let incoming = self.definition.at(join).incoming.iter();
        let counts = incoming.map(|flow| {
            let id = &self.definition.flow(*flow).id;
            let inner = self.instance.scope(scope);
            let count = inner.and_then(|inner| inner.arrivals().get(id));
            (id.clone(), count.copied().unwrap_or_default())
        });
        counts.collect()
    }

    /// A visit to a node directly inside a scope.
    pub(crate) fn visit_in(&self, scope: Key, node: NodeIndex) -> Option<Key> {
        let mut visits = self.instance.scope(scope)?.children().iter().copied();
        visits.find(|key| self.node_of(*key) == Some(node))
    }

    /// A join has a problem before there is a visit to it: its scope has the incident. Resolving it asks the join again.
    pub(crate) fn raise_at_join(&mut self, join: NodeIndex, scope: Key, failure: Failure) {
        let node = self.definition.at(join);
        let key = scope;
        self.raise(At { key, node, scope }, Stage::Leave, failure);
    }

    /// Whether the problem of a join is still there.
    pub(crate) fn has_incident(&self, join: NodeIndex, scope: Key) -> bool {
        let id = &self.definition.at(join).id;
        let mut incidents = self.instance.incidents().values();
        incidents.any(|incident| incident.element_instance == scope && incident.element == *id)
    }

    /// The incoming flows of a join on which something waits, where the rule of the inclusive gateway lets it
    /// fire: whatever else is active in the scope and can come to a flow that is empty can also
    /// come to one that is not. `before` are flows that count as not empty without an arrival.
    pub(crate) fn synchronised(
        &self,
        join: NodeIndex,
        scope: Key,
        before: &[Arc<str>],
    ) -> Option<Vec<Arc<str>>> {
        let inner = self.instance.scope(scope)?;
        let (mut arrived, mut full, mut empty) = (Vec::new(), Vec::new(), Vec::new());
        for flow in &self.definition.at(join).incoming {
            let id = &self.definition.flow(*flow).id;
            if before.contains(id) {
                full.push(*flow);
            } else if inner.arrivals().contains_key(id) {
                full.push(*flow);
                arrived.push(id.clone());
            } else {
                empty.push(*flow);
            }
        }
        let paths = &self.definition.reachability;
        let expected = |node: NodeIndex| {
            let leads = |flow: &FlowIndex| paths.leads(node, join, *flow);
            empty.iter().any(leads) && !full.iter().any(leads)
        };
        let still_expected = !empty.is_empty() && self.positions(scope, join).any(expected);
        (!still_expected).then_some(arrived)
    }

    /// Where in a scope something is that can go on: its visits, and what waits at other joins.
    fn positions(&self, scope: Key, join: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let inner = self.instance.scope(scope);
        let visits = inner.into_iter().flat_map(|inner| inner.children());
        let visits = visits.filter_map(|key| {
            let visit = self.instance.elements().get(key)?;
            // What waits for its reset has gone on already, and what is compensated does not go on.
            (!visit.waits_for_reset() && !visit.revived())
                .then(|| self.node_of(*key))
                .flatten()
        });
        let arrivals = inner.into_iter().flat_map(|inner| inner.arrivals().keys());
        let arrivals = arrivals.filter_map(move |flow| {
            let target = self
                .definition
                .flow(self.definition.find_flow(flow)?)
                .target;
            (target != join).then_some(target)
        });
        visits.chain(arrivals)
    }

    /// A scope in which nothing is active and arrivals wait gets an incident, once.
    fn check_deadlock(&mut self, scope: Key) {
        let Some(inner) = self.instance.scope(scope) else {
            return;
        };
        let Some(arrived) = inner.arrivals().keys().next() else {
            return;
        };
        let Some(flow) = self.definition.find_flow(arrived) else {
            return;
        };
        let join = self.definition.flow(flow).target;
        let mut incidents = self.instance.incidents().values();
        let known = incidents.any(|incident| incident.element_instance == scope);
        if known || !inner.children().is_empty() {
            return;
        }
        let failure = Failure::new(
            IncidentKind::Deadlock,
            format!(
                "\"{}\" waits for a flow that cannot come any more, and nothing else is active",
                self.definition.at(join).label()
            ),
        );
        self.raise_at_join(join, scope, failure);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::process;
    use crate::{Catalog, ProcessInstance, Started, read};

    /// A graph: node 0 is the gateway, the others are tasks; a boundary event on task 1 has the last number.
    #[derive(Debug, Clone)]
    struct Case {
        nodes: usize,
        flows: Vec<(usize, usize)>,
        /// Flows on which something waits at a join, and nodes that are visited.
        tokens: BTreeSet<usize>,
        visits: BTreeSet<usize>,
    }

    /// Whether a path that begins with flow `from` ends with a flow of the gateway that `fits`, walked one by one.
    fn path(
        case: &Case,
        from: usize,
        fits: &dyn Fn(usize) -> bool,
        walked: &mut Vec<usize>,
    ) -> bool {
        let (_, target) = case.flows[from];
        if target == 0 {
            return fits(from);
        }
        walked.push(from);
        let boundary = case.nodes - 1;
        let found = (0..case.flows.len()).any(|next| {
            let (source, _) = case.flows[next];
            let follows = source == target || (target == 1 && source == boundary);
            follows && !walked.contains(&next) && path(case, next, fits, walked)
        });
        walked.pop();
        found
    }

    /// The rule as the standard words it, for tokens on flows and for visits.
    fn fires(case: &Case) -> bool {
        let full = |flow: usize| case.tokens.contains(&flow);
        let empty = |flow: usize| !case.tokens.contains(&flow);
        if !case.tokens.iter().any(|flow| case.flows[*flow].1 == 0) {
            return false;
        }
        let boundary = case.nodes - 1;
        let token = |from: &[usize]| {
            let leads = |fits: &dyn Fn(usize) -> bool| {
                from.iter()
                    .any(|flow| path(case, *flow, fits, &mut Vec::new()))
            };
            !leads(&empty) || leads(&full)
        };
        let on_flows = case.tokens.iter().all(|flow| token(&[*flow]));
        let at_nodes = case.visits.iter().all(|node| {
            let out = (0..case.flows.len()).filter(|flow| {
                let (source, _) = case.flows[*flow];
                source == *node || (*node == 1 && source == boundary)
            });
            token(&out.collect::<Vec<_>>())
        });
        on_flows && at_nodes
    }

    fn model(case: &Case) -> String {
        let boundary = case.nodes - 1;
        let mut body = r#"<startEvent id="s"/><inclusiveGateway id="n0"/>"#.to_owned();
        for node in 1..boundary {
            body += &format!(r#"<task id="n{node}"/>"#);
        }
        body += &format!(
            r#"<boundaryEvent id="n{boundary}" attachedToRef="n1"><errorEventDefinition/></boundaryEvent>
            <sequenceFlow id="sn" sourceRef="s" targetRef="n1"/>"#
        );
        for (index, (source, target)) in case.flows.iter().enumerate() {
            body += &format!(
                r#"<sequenceFlow id="f{index}" sourceRef="n{source}" targetRef="n{target}"/>"#
            );
        }
        process(&body)
    }

    /// The same, asked of the core.
    fn core_fires(case: &Case) -> bool {
        let reading = read(&model(case));
        assert!(reading.report.is_deployable(), "{:#?}", reading.report);
        let definition = &reading.processes[0];
        let catalog = Catalog::default();
        let key = Key::of_instance(1);
        let now = "2026-03-02T06:00:00Z".parse().expect("a moment");
        let mut instance = ProcessInstance::begin(&Record::InstanceStarted(Box::new(Started {
            key,
            definition: Key(1),
            process_id: "p".into(),
            version: 1,
            business_id: None,
            parent: None,
            beginning: None,
            until: Vec::new(),
            at: now,
        })))
        .expect("the first record");
        for node in &case.visits {
            instance.apply(&Record::ElementActivated {
                key: Key(key.0 + 1 + *node as i64),
                element: format!("n{node}").into(),
                scope: key,
                joins: Vec::new(),
                item: None,
            });
        }
        for flow in &case.tokens {
            instance.apply(&Record::FlowTaken {
                flow: format!("f{flow}").into(),
                scope: key,
                waits: true,
            });
        }
        let gateway = definition.find("n0").expect("the gateway");
        let stepper = Stepper::new(&catalog, definition, &mut instance, now);
        stepper.waiting_joins(key).contains(&gateway)
            && stepper.synchronised(gateway, key, &[]).is_some()
    }

    fn cases() -> impl Strategy<Value = Case> {
        (4..8_usize).prop_flat_map(|nodes| {
            let boundary = nodes - 1;
            // The first two make sure that it is a join; nothing leads to a boundary event.
            let first = (1..boundary, Just(0_usize));
            let second = (1..nodes, Just(0_usize));
            let rest = prop::collection::vec((0..nodes, 0..boundary), 0..9);
            (first, second, rest).prop_flat_map(move |(first, second, rest)| {
                let mut flows = vec![first, second];
                flows.extend(rest);
                let count = flows.len();
                (
                    prop::collection::btree_set(0..count, 0..4),
                    prop::collection::btree_set(1..boundary, 0..3),
                )
                    .prop_map(move |(tokens, visits)| Case {
                        nodes,
                        flows: flows.clone(),
                        tokens,
                        visits,
                    })
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn an_inclusive_join_fires_exactly_when_the_paths_of_the_standard_say_so(case in cases()) {
            prop_assert_eq!(core_fires(&case), fires(&case));
        }
    }
}
