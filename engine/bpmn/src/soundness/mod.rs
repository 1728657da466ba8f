//! Soundness: whether a process can always end as it should, looked at before anything runs.
//!
//! A process is sound if from every marking (which places have a token) that it can come to it can still end, no
//! element is reached a second time while it is at work, and every element can be executed. Each subprocess is a
//! net of its own, because no flow crosses its border. `model` turns the elements of a scope into a `graph`;
//! `reduce` makes it small; `net` and `explore` play the token game on it; `findings` says what that found.
//! Where the reduced graph is not sound, the whole one is played, for a path that says each step.
//!
//! The answer is exact where no data is involved: conditions may be true or false at any time.

#[cfg(test)]
mod against_core;
mod explore;
mod findings;
mod graph;
mod model;
mod net;
#[cfg(test)]
mod random;
mod reduce;
mod story;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use xml::Problem;

use crate::ProcessDefinition;
use crate::definition::NodeIndex;
use crate::elements::Quantities;
use crate::limits::{SOUNDNESS_ELEMENTS_MAX, SOUNDNESS_FINDINGS_MAX};
use crate::report::{Soundness, SoundnessResult};
use explore::{Exploration, explore};
use findings::Findings;
use graph::{Graph, Join, Step};
use net::Net;

/// What became of one scope.
struct Checked {
    problems: Vec<Problem>,
    /// Whether it can end as it should, as far as can be said.
    completes: bool,
    limit: Option<&'static str>,
}

/// Whether the process is sound, and what is wrong with it.
///
/// It takes what it needs of `steps`, which belong to the whole document.
pub(crate) fn check(
    definition: &ProcessDefinition,
    steps: &mut usize,
) -> (Soundness, Vec<Problem>) {
    let mut scopes: BTreeMap<Option<NodeIndex>, Vec<NodeIndex>> = BTreeMap::new();
    for (at, node) in definition.nodes.iter().enumerate() {
        let index = NodeIndex(at as u32);
        scopes.entry(node.scope).or_default().push(index);
        if model::is_scope(node) {
            scopes.entry(Some(index)).or_default();
        }
    }
    let mut hosts = BTreeMap::new();
    for (at, node) in definition.nodes.iter().enumerate() {
        let boundaries = node.boundaries.iter();
        hosts.extend(boundaries.map(|event| (*event, NodeIndex(at as u32))));
    }
    let mut stays: BTreeSet<NodeIndex> = BTreeSet::new();
    let mut problems = Vec::new();
    let mut limit = None;
    // What lies inside has higher numbers than what is around it.
    for (scope, nodes) in scopes.iter().rev() {
        let size: usize = nodes
            .iter()
            .map(|index| 1 + definition.at(*index).outgoing.len())
            .sum();
        if size > SOUNDNESS_ELEMENTS_MAX {
            limit = limit.or(Some("SOUNDNESS_ELEMENTS_MAX"));
            continue;
        }
        // Places hold one token here; who counts tokens is beyond what this game can say.
        let counts = |index: &NodeIndex| definition.at(*index).quantities != Quantities::default();
        if nodes.iter().any(counts) {
            limit = limit.or(Some("startQuantity, completionQuantity"));
            continue;
        }
        let graph = model::graph(definition, *scope, nodes, &|index| stays.contains(&index));
        let connected = match nodes.iter().any(|index| stays.contains(index)) {
            true => executable(&model::graph(definition, *scope, nodes, &|_| false), |_| {
                Join::Any
            }),
            false => executable(&graph, |_| Join::Any),
        };
        let of = Of {
            definition,
            hosts: &hosts,
            scope: *scope,
        };
        let mut checked = of.check(&graph, &connected, steps);
        let over =
            |index: &&NodeIndex| model::takes_over(definition, **index) && !stays.contains(index);
        checked.completes |= nodes.iter().any(|index| over(&index));
        // Whoever chooses what is done inside says when it is over.
        checked.completes |= scope.is_some_and(|scope| model::is_ad_hoc(definition.at(scope)));
        if let Some(scope) = scope
            && !checked.completes
        {
            stays.insert(*scope);
        }
        problems.extend(checked.problems);
        limit = limit.or(checked.limit);
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.truncate(SOUNDNESS_FINDINGS_MAX);
    let result = match limit {
        _ if !problems.is_empty() => SoundnessResult::NotSound,
        Some(limit) => SoundnessResult::NotDecided {
            limit: limit.to_owned(),
        },
        None => SoundnessResult::Sound,
    };
    let soundness = Soundness {
        process_id: definition.id().to_owned(),
        process_name: definition.name.as_deref().map(str::to_owned),
        result,
        findings: problems.clone(),
    };
    (soundness, problems)
}

/// A scope of a process.
struct Of<'d> {
    definition: &'d ProcessDefinition,
    hosts: &'d BTreeMap<NodeIndex, NodeIndex>,
    scope: Option<NodeIndex>,
}

impl Of<'_> {
    fn check(&self, graph: &Graph, connected: &[bool], steps: &mut usize) -> Checked {
        let mut reduced = graph.clone();
        reduce::reduce(&mut reduced, steps);
        let count = self.definition.nodes.len();
        let short = play(&reduced, count, steps);
        let whole = (!short.is_clean()).then(|| play(graph, count, steps));
        // The whole graph says more; the reduced one says it sooner.
        let (graph, found) = match whole {
            Some(whole) if whole.limit.is_none() || short.limit.is_some() => (graph, whole),
            Some(_) | None => (&reduced, short),
        };
        let mut findings = Findings {
            definition: self.definition,
            graph,
            scope: self.scope,
            hosts: self.hosts,
            problems: Vec::new(),
        };
        findings.add(&found, &dead(graph, connected, &found));
        let broken = !found.is_clean();
        Checked {
            problems: findings.problems,
            completes: found.completes || broken,
            limit: found.limit,
        }
    }
}

fn play(graph: &Graph, elements: usize, steps: &mut usize) -> Exploration {
    match Net::of(graph) {
        Some(net) => explore(&net, elements, steps),
        None => Exploration {
            executed: vec![true; elements],
            completes: true,
            limit: Some("SOUNDNESS_WAYS_MAX"),
            ..Exploration::default()
        },
    }
}

/// The elements that are connected to a start and can never be executed.
fn dead(graph: &Graph, connected: &[bool], found: &Exploration) -> Vec<NodeIndex> {
    let exact = found.limit.is_none() && found.collisions.is_empty();
    // Where the game is not exact, only what a join without one of its tokens forbids is certain.
    let possible = if exact {
        found.executed.clone()
    } else {
        let mut possible = executable(graph, |join| join);
        possible.resize(found.executed.len(), false);
        possible
    };
    let elements = connected.iter().enumerate();
    elements
        .filter(|(at, connected)| **connected && !possible[*at])
        .map(|(at, _)| NodeIndex(at as u32))
        .collect()
}

/// By the number of the element: whether it can be executed if tokens were never used up.
fn executable(graph: &Graph, join: impl Fn(Join) -> Join) -> Vec<bool> {
    let mut elements = Vec::new();
    let mut mark = |index: NodeIndex| {
        let at = index.0 as usize;
        if elements.len() <= at {
            elements.resize(at + 1, false);
        }
        elements[at] = true;
    };
    let mut taken = vec![false; graph.edges.len()];
    let mut entered = vec![false; graph.nodes.len()];
    let mut open: Vec<usize> = graph.starts.iter().flatten().copied().collect();
    while let Some(edge) = open.pop() {
        if std::mem::replace(&mut taken[edge], true) {
            continue;
        }
        for step in &graph.edges[edge].trail {
            if let Step::Node(index) = step {
                mark(*index);
            }
        }
        graph.edges[edge].covers.iter().copied().for_each(&mut mark);
        let target = graph.edges[edge].target;
        let node = &graph.nodes[target];
        let waits = join(node.join) == Join::All && !node.incoming.iter().all(|e| taken[*e]);
        if !waits && !std::mem::replace(&mut entered[target], true) {
            node.element
                .iter()
                .chain(&node.covers)
                .copied()
                .for_each(&mut mark);
            open.extend(node.outgoing.iter().chain(&node.beside));
        }
    }
    elements
}
