//! Plays the token game on a net, breadth first, so that the first path to each finding is a shortest one.
//!
//! A second token on the same place is a finding, and is dropped: what follows is looked at as if that were
//! corrected, but neither deadlocks nor endless loops are reported from there.

use super::graph::{EdgeId, NodeId, Step};
use super::net::{Fired, Landing, Net, places};
use super::story;
use crate::definition::NodeIndex;
use crate::limits::{SOUNDNESS_FINDINGS_MAX, SOUNDNESS_MARKINGS_MAX};

/// What the token game found.
#[derive(Debug, Default)]
pub(super) struct Exploration {
    /// Joins that wait for ever, the edges that nothing comes over, and a path to it.
    pub deadlocks: Vec<(NodeId, Vec<EdgeId>, Vec<Step>)>,
    /// Second tokens that come to a node while the first is there.
    pub collisions: Vec<Collision>,
    /// A path after which the end cannot be reached, but something can always go on.
    pub endless: Option<Vec<Step>>,
    /// By the number of the element: whether it was executed.
    pub executed: Vec<bool>,
    /// Whether the scope can end as it should.
    pub completes: bool,
    /// The limit that was met.
    pub limit: Option<&'static str>,
}

impl Exploration {
    pub(super) fn is_clean(&self) -> bool {
        let found =
            self.deadlocks.is_empty() && self.collisions.is_empty() && self.endless.is_none();
        found && self.limit.is_none()
    }
}

/// A second token that comes to a node while the first is there.
#[derive(Debug)]
pub(super) struct Collision {
    pub node: NodeId,
    /// The edges over which they come.
    pub first: EdgeId,
    pub second: EdgeId,
    pub path: Vec<Step>,
}

/// How a marking came about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Via {
    Start(u32),
    /// From a marking, by a way of a node.
    Way(u32, u32, u32),
    /// From a marking, where a complex join takes the rest.
    Reset(u32, u32),
}

struct Game<'n, 'g> {
    net: &'n Net<'g>,
    markings: Markings,
    via: Vec<Via>,
    /// Markings after a second token was dropped have numbers from here.
    tainted_from: usize,
    /// Ways into tainted markings.
    later: Vec<Via>,
    /// From marking to marking.
    moves: Vec<(u32, u32)>,
    stuck: Vec<u32>,
    found: Exploration,
    steps: &'n mut usize,
}

/// Plays with at most so many steps, of which it takes what it needs.
pub(super) fn explore(net: &Net<'_>, elements: usize, steps: &mut usize) -> Exploration {
    let mut game = Game {
        net,
        markings: Markings::new(net.words),
        via: Vec::new(),
        tainted_from: usize::MAX,
        later: Vec::new(),
        moves: Vec::new(),
        stuck: Vec::new(),
        found: Exploration {
            executed: vec![false; elements],
            ..Exploration::default()
        },
        steps,
    };
    for start in 0..net.graph.starts.len() {
        game.arrive(Via::Start(start as u32));
    }
    let mut next = 0;
    game.play(&mut next);
    game.tainted_from = game.markings.count;
    for via in std::mem::take(&mut game.later) {
        game.arrive(via);
        game.play(&mut next);
    }
    game.conclude();
    game.found
}

impl Game<'_, '_> {
    fn play(&mut self, next: &mut usize) {
        let mut nodes = Vec::new();
        while *next < self.markings.count && self.found.limit.is_none() {
            let from = *next as u32;
            *next += 1;
            nodes.clear();
            let marking = self.markings.get(from);
            nodes.extend(places(marking).map(|place| self.net.waits[place]));
            nodes.sort_unstable();
            nodes.dedup();
            let mut moved = nodes.is_empty();
            for node in &nodes {
                let effort = self.net.effort(*node) * self.net.ways[*node].len().max(1);
                *self.steps = self.steps.saturating_sub(effort);
                if *self.steps == 0 {
                    self.found.limit = Some("SOUNDNESS_STEPS_MAX");
                    return;
                }
                for way in 0..self.net.ways[*node].len() {
                    moved |= self.arrive(Via::Way(from, *node as u32, way as u32));
                }
                moved |= self.arrive_by_reset(from, *node);
            }
            if !moved {
                self.stuck.push(from);
                self.report_stuck(from, &nodes);
            }
        }
    }

    /// Makes the marking of a way, if the way can be gone.
    fn arrive(&mut self, via: Via) -> bool {
        let mut fired = Fired::default();
        let (from, marking) = match via {
            Via::Start(start) => {
                let mut marking = vec![0; self.net.words];
                let edges = &self.net.graph.starts[start as usize];
                self.net.put(edges, &mut marking, &mut fired);
                self.execute(None, start as usize);
                (None, marking)
            }
            Via::Way(from, node, way) => {
                let mut marking = self.markings.get(from).to_vec();
                match self.net.fire(node as usize, way as usize, &mut marking) {
                    None => return false,
                    Some(done) => fired = done,
                }
                self.execute(Some(node as usize), way as usize);
                (Some(from), marking)
            }
            Via::Reset(..) => return false,
        };
        if let Some(edge) = fired.collision {
            self.report_collision(via, edge);
            if self.tainted_from == usize::MAX {
                self.later.push(via);
                return true;
            }
        }
        self.found.completes |= !fired.left && marking.iter().all(|word| *word == 0);
        self.keep(from, marking, via);
        true
    }

    fn arrive_by_reset(&mut self, from: u32, node: NodeId) -> bool {
        let mut marking = self.markings.get(from).to_vec();
        if !self.net.reset(node, &mut marking) {
            return false;
        }
        self.keep(Some(from), marking, Via::Reset(from, node as u32));
        true
    }

    fn keep(&mut self, from: Option<u32>, marking: Vec<u64>, via: Via) {
        let (to, is_new) = self.markings.insert(&marking);
        if is_new {
            self.via.push(via);
            if self.markings.count >= SOUNDNESS_MARKINGS_MAX {
                self.found.limit = Some("SOUNDNESS_MARKINGS_MAX");
            }
        }
        if let Some(from) = from {
            self.moves.push((from, to));
        }
    }

    /// Notes what a way executes; without node, what a start does.
    fn execute(&mut self, node: Option<NodeId>, way: usize) {
        let graph = self.net.graph;
        let edges = match node {
            None => &graph.starts[way],
            Some(node) => {
                let one = &graph.nodes[node];
                mark(
                    &mut self.found.executed,
                    one.element.iter().chain(&one.covers),
                );
                &self.net.ways[node][way].edges
            }
        };
        let clears = |edge: &EdgeId| matches!(self.net.landings[*edge], Landing::Clear { .. });
        let any_clears = edges.iter().any(clears);
        for edge in edges.iter().filter(|edge| !any_clears || clears(edge)) {
            let edge = &graph.edges[*edge];
            let passed = edge.trail.iter().filter_map(|step| match step {
                Step::Node(node) => Some(node),
                Step::Flow(_) => None,
            });
            mark(&mut self.found.executed, passed.chain(&edge.covers));
            if graph.ends_tokens(edge.target) {
                let end = &graph.nodes[edge.target];
                mark(
                    &mut self.found.executed,
                    end.element.iter().chain(&end.covers),
                );
            }
        }
    }

    fn report_collision(&mut self, via: Via, second: EdgeId) {
        let node = self.net.graph.edges[second].target;
        let known = &self.found.collisions;
        if known.len() >= SOUNDNESS_FINDINGS_MAX || known.iter().any(|known| known.node == node) {
            return;
        }
        let (path, first) = story::of_collision(self.net, &self.ways_to(via), second);
        self.found.collisions.push(Collision {
            node,
            first,
            second,
            path,
        });
    }

    /// Each join that waits, unless the marking is one that cannot be.
    fn report_stuck(&mut self, at: u32, nodes: &[NodeId]) {
        if at as usize >= self.tainted_from {
            return;
        }
        for node in nodes {
            let known = self.found.deadlocks.iter().any(|(known, ..)| known == node);
            let full = self.found.deadlocks.len() >= SOUNDNESS_FINDINGS_MAX;
            if known || full || self.net.graph.is_plain(*node) {
                continue;
            }
            let missing = self.net.missing(*node, self.markings.get(at));
            let mut path = self.path(self.via[at as usize]);
            path.extend(self.net.graph.nodes[*node].element.map(Step::Node));
            self.found.deadlocks.push((*node, missing, path));
        }
    }

    /// Looks from which markings the end can be reached.
    fn conclude(&mut self) {
        let empty = vec![0; self.net.words];
        let end = self.markings.find(&empty);
        if self.found.limit.is_some() {
            return;
        }
        let count = self.markings.count;
        let mut into: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (from, to) in &self.moves {
            into[*to as usize].push(*from);
        }
        let mut ends = vec![false; count];
        let mut open: Vec<u32> = end.into_iter().chain(self.stuck.iter().copied()).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut ends[at as usize], true) {
                open.extend(&into[at as usize]);
            }
        }
        let clean = self.tainted_from.min(count);
        let endless = (0..clean).find(|at| !ends[*at]);
        self.found.endless = endless.map(|at| self.path(self.via[at]));
    }

    /// The elements and flows on the way.
    fn path(&self, via: Via) -> Vec<Step> {
        story::of(self.net, &self.ways_to(via))
    }

    /// From the start to here.
    fn ways_to(&self, mut via: Via) -> Vec<Via> {
        let mut ways = vec![via];
        while let Via::Way(from, ..) | Via::Reset(from, _) = via {
            via = self.via[from as usize];
            ways.push(via);
        }
        ways.reverse();
        ways
    }
}

fn mark<'a>(executed: &mut [bool], elements: impl Iterator<Item = &'a NodeIndex>) {
    for element in elements {
        executed[element.0 as usize] = true;
    }
}

/// All markings that were seen, one behind another, with a table to find them.
struct Markings {
    words: usize,
    count: usize,
    bits: Vec<u64>,
    /// Numbers of markings, from 1, at a place that follows from their bits; 0 is free.
    table: Vec<u32>,
}

impl Markings {
    fn new(words: usize) -> Markings {
        Markings {
            words,
            count: 0,
            bits: Vec::new(),
            table: vec![0; 64],
        }
    }

    fn get(&self, number: u32) -> &[u64] {
        let at = number as usize * self.words;
        &self.bits[at..at + self.words]
    }

    fn slot(&self, marking: &[u64]) -> usize {
        let mut hash: u64 = 0;
        for word in marking {
            hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let mask = self.table.len() - 1;
        let mut slot = (hash >> 20) as usize & mask;
        while self.table[slot] != 0 && self.get(self.table[slot] - 1) != marking {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn find(&self, marking: &[u64]) -> Option<u32> {
        self.table[self.slot(marking)].checked_sub(1)
    }

    /// The number of a marking, and whether it is new.
    fn insert(&mut self, marking: &[u64]) -> (u32, bool) {
        if let Some(known) = self.find(marking) {
            return (known, false);
        }
        if self.count * 2 >= self.table.len() {
            self.table = vec![0; self.table.len() * 2];
            for number in 0..self.count as u32 {
                let slot = self.slot(self.get(number));
                self.table[slot] = number + 1;
            }
        }
        let slot = self.slot(marking);
        self.count += 1;
        self.table[slot] = self.count as u32;
        self.bits.extend(marking);
        (self.count as u32 - 1, true)
    }
}
