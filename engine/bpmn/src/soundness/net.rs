//! The graph made ready for the token game: places in a bit set, and the ways in which each node can go on.
//!
//! A token waits at a node, or, where the node joins, on the edge that leads into it. A marking says which
//! places have a token.

use super::graph::{EdgeId, Graph, Join, Kind, NodeId, Role, Split};
use crate::limits::SOUNDNESS_WAYS_MAX;

/// Places, one bit each.
pub(super) type Bits = Vec<u64>;

/// Where a token is when it has taken an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Landing {
    Place(usize),
    /// It has ended.
    Sink,
    /// Everything has ended; `left`: by another way than the end.
    Clear {
        left: bool,
    },
}

/// One way in which a node can go on.
#[derive(Debug)]
pub(super) struct Way {
    pub edges: Vec<EdgeId>,
    /// It happens beside the node, which keeps its token, while none of these places has one:
    /// what does not interrupt is taken as happening again when it is over.
    pub beside: Option<Bits>,
}

pub(super) struct Net<'g> {
    pub graph: &'g Graph,
    /// 64-bit words of a marking.
    pub words: usize,
    /// The node that waits at a place.
    pub waits: Vec<NodeId>,
    pub landings: Vec<Landing>,
    pub ways: Vec<Vec<Way>>,
    joins: Vec<Joining>,
}

/// What a join needs to know.
#[derive(Debug, Default)]
struct Joining {
    /// The place of a node that does not join.
    own: usize,
    /// Places of the incoming edges, and for each the places from which a token can still come to it.
    incoming: Vec<(usize, Bits)>,
    /// Complex: it has gone on already and waits for the rest.
    resets: usize,
}

/// What became of a way that was tried.
#[derive(Debug, Default)]
pub(super) struct Fired {
    /// The edge over which a second token came to the same place.
    pub collision: Option<EdgeId>,
    /// Everything has ended, but not as it should.
    pub left: bool,
}

impl<'g> Net<'g> {
    /// `None` where there are too many ways.
    pub(super) fn of(graph: &'g Graph) -> Option<Net<'g>> {
        let mut net = Net {
            graph,
            words: 1,
            waits: Vec::new(),
            landings: vec![Landing::Sink; graph.edges.len()],
            ways: Vec::new(),
            joins: Vec::new(),
        };
        for node in 0..graph.nodes.len() {
            let joining = net.places(node);
            net.joins.push(joining);
        }
        net.words = net.waits.len().div_ceil(64).max(1);
        let mut count = 0;
        for node in 0..graph.nodes.len() {
            let ways = net.ways_of(node)?;
            count += ways.len();
            if count > SOUNDNESS_WAYS_MAX {
                return None;
            }
            net.ways.push(ways);
            if matches!(graph.nodes[node].join, Join::Inclusive | Join::Complex) {
                for at in 0..net.joins[node].incoming.len() {
                    let edge = graph.nodes[node].incoming[at];
                    net.joins[node].incoming[at].1 = net.sources_of(edge, node);
                }
            }
        }
        Some(net)
    }

    fn new_place(&mut self, node: NodeId) -> usize {
        self.waits.push(node);
        self.waits.len() - 1
    }

    fn places(&mut self, node: NodeId) -> Joining {
        let mut joining = Joining::default();
        let one = &self.graph.nodes[node];
        if one.gone {
            return joining;
        }
        let landing = match one.kind {
            Kind::Sink => Landing::Sink,
            Kind::Clear => Landing::Clear { left: false },
            Kind::Leave => Landing::Clear { left: true },
            Kind::Work | Kind::Silent if self.graph.is_plain(node) => {
                joining.own = self.new_place(node);
                Landing::Place(joining.own)
            }
            Kind::Work | Kind::Silent => {
                for edge in &one.incoming {
                    let place = self.new_place(node);
                    self.landings[*edge] = Landing::Place(place);
                    joining.incoming.push((place, Bits::new()));
                }
                if one.join == Join::Complex {
                    joining.resets = self.new_place(node);
                }
                return joining;
            }
        };
        for edge in &one.incoming {
            self.landings[*edge] = landing;
        }
        joining
    }

    fn ways_of(&self, node: NodeId) -> Option<Vec<Way>> {
        let one = &self.graph.nodes[node];
        let mut ways = Vec::new();
        if one.gone || self.graph.ends_tokens(node) {
            return Some(ways);
        }
        let through = |edges| Way {
            edges,
            beside: None,
        };
        match one.split {
            Split::One => ways.extend(one.outgoing.iter().map(|edge| through(vec![*edge]))),
            Split::Roles => {
                let with = |role| {
                    let edges = one.outgoing.iter().copied();
                    edges.filter(move |edge| self.graph.edges[*edge].role == role)
                };
                let perhaps: Vec<EdgeId> = with(Role::If).collect();
                if perhaps.len() > SOUNDNESS_WAYS_MAX.ilog2() as usize {
                    return None;
                }
                for chosen in 0..1_usize << perhaps.len() {
                    let mut edges: Vec<EdgeId> = with(Role::Always).collect();
                    let taken = perhaps.iter().enumerate();
                    edges.extend(
                        taken
                            .filter(|(at, _)| chosen >> at & 1 == 1)
                            .map(|(_, e)| *e),
                    );
                    if chosen == 0 {
                        edges.extend(with(Role::Default));
                    }
                    if !edges.is_empty() {
                        ways.push(through(edges));
                    }
                }
            }
        }
        for edge in &one.beside {
            ways.push(Way {
                edges: vec![*edge],
                beside: Some(self.only_behind(*edge)),
            });
        }
        Some(ways)
    }

    /// The places that only tokens of this edge come to.
    fn only_behind(&self, edge: EdgeId) -> Bits {
        let starts = self.graph.starts.iter().flatten().copied().collect();
        let without = self.reached(starts, Some(edge));
        let mut bits = vec![0; self.words];
        for (at, reached) in self.reached(vec![edge], None).into_iter().enumerate() {
            let Landing::Place(place) = self.landings[at] else {
                continue;
            };
            let plain = self.graph.is_plain(self.graph.edges[at].target);
            let elsewhere = if plain {
                let target = &self.graph.nodes[self.graph.edges[at].target];
                target.incoming.iter().any(|other| without[*other])
            } else {
                without[at]
            };
            if reached && !elsewhere {
                set(&mut bits, place);
            }
        }
        bits
    }

    /// The edges that tokens of these edges can take.
    fn reached(&self, mut open: Vec<EdgeId>, closed: Option<EdgeId>) -> Vec<bool> {
        let mut reached = vec![false; self.graph.edges.len()];
        while let Some(edge) = open.pop() {
            if reached[edge] || closed == Some(edge) {
                continue;
            }
            reached[edge] = true;
            let target = &self.graph.nodes[self.graph.edges[edge].target];
            open.extend(target.outgoing.iter().chain(&target.beside));
        }
        reached
    }

    /// The places from which a token can come to this edge without passing its target.
    fn sources_of(&self, edge: EdgeId, join: NodeId) -> Bits {
        let mut bits = vec![0; self.words];
        let mut seen = vec![false; self.graph.nodes.len()];
        let mut open = vec![edge];
        while let Some(edge) = open.pop() {
            let Some(source) = self.graph.edges[edge].source else {
                continue;
            };
            if source == join || std::mem::replace(&mut seen[source], true) {
                continue;
            }
            for into in &self.graph.nodes[source].incoming {
                if let Landing::Place(place) = self.landings[*into] {
                    set(&mut bits, place);
                }
                open.push(*into);
            }
        }
        bits
    }

    /// Takes what a node waits for out of the marking; false where it cannot go on.
    fn consume(&self, node: NodeId, marking: &mut [u64]) -> bool {
        let joining = &self.joins[node];
        if self.graph.is_plain(node) {
            return take(marking, joining.own);
        }
        let all = joining
            .incoming
            .iter()
            .all(|(place, _)| has(marking, *place));
        match self.graph.nodes[node].join {
            Join::Any => unreachable!("a node that takes tokens one by one is plain"),
            Join::All if !all => return false,
            Join::Inclusive if !self.nothing_more_comes(joining, marking) => return false,
            Join::Complex if has(marking, joining.resets) => return false,
            Join::Complex if !all => {
                // Those that have come stay, so that it is known who is still to come.
                let any = joining
                    .incoming
                    .iter()
                    .any(|(place, _)| has(marking, *place));
                set(marking, joining.resets);
                return any;
            }
            Join::All | Join::Inclusive | Join::Complex => {}
        }
        for (place, _) in &joining.incoming {
            take(marking, *place);
        }
        true
    }

    /// A complex join that has gone on takes the rest, when all came that can come.
    pub(super) fn reset(&self, node: NodeId, marking: &mut [u64]) -> bool {
        let joining = &self.joins[node];
        let complex = self.graph.nodes[node].join == Join::Complex && !self.graph.is_plain(node);
        if !complex || !has(marking, joining.resets) {
            return false;
        }
        take(marking, joining.resets);
        if !self.nothing_more_comes(joining, marking) {
            return false;
        }
        for (place, _) in &joining.incoming {
            take(marking, *place);
        }
        true
    }

    /// Some incoming edge has a token, and no token elsewhere can come to an empty one that could not
    /// also come to one that has a token (BPMN 2.0.2, 13.4.3).
    fn nothing_more_comes(&self, joining: &Joining, marking: &[u64]) -> bool {
        let mut any = false;
        for word in 0..self.words {
            let (mut full, mut empty) = (0, 0);
            for (place, sources) in &joining.incoming {
                if has(marking, *place) {
                    any = true;
                    full |= sources[word];
                } else {
                    empty |= sources[word];
                }
            }
            if marking[word] & empty & !full != 0 {
                return false;
            }
        }
        any
    }

    /// How much work it is to ask whether a node can go on.
    pub(super) fn effort(&self, node: NodeId) -> usize {
        1 + self.joins[node].incoming.len() * self.words / 16
    }

    /// Goes one way; `None` where the node cannot.
    pub(super) fn fire(&self, node: NodeId, way: usize, marking: &mut [u64]) -> Option<Fired> {
        let way = &self.ways[node][way];
        match &way.beside {
            Some(region) => {
                let busy = region.iter().zip(&*marking).any(|(a, b)| a & b != 0);
                if busy || !has(marking, self.joins[node].own) {
                    return None;
                }
            }
            None if !self.consume(node, marking) => return None,
            None => {}
        }
        let mut fired = Fired::default();
        self.put(&way.edges, marking, &mut fired);
        Some(fired)
    }

    /// Lets tokens take edges.
    pub(super) fn put(&self, edges: &[EdgeId], marking: &mut [u64], fired: &mut Fired) {
        let clears = edges.iter().find_map(|edge| match self.landings[*edge] {
            Landing::Clear { left } => Some(left),
            Landing::Place(_) | Landing::Sink => None,
        });
        if let Some(left) = clears {
            marking.fill(0);
            fired.left = left;
            return;
        }
        for edge in edges {
            if let Landing::Place(place) = self.landings[*edge]
                && !set(marking, place)
            {
                fired.collision = fired.collision.or(Some(*edge));
            }
        }
    }

    /// The incoming edges on which a join has no token.
    pub(super) fn missing(&self, node: NodeId, marking: &[u64]) -> Vec<EdgeId> {
        let incoming = self.graph.nodes[node].incoming.iter();
        let missing = incoming.filter(|edge| match self.landings[**edge] {
            Landing::Place(place) => !has(marking, place),
            Landing::Sink | Landing::Clear { .. } => false,
        });
        missing.copied().collect()
    }
}

pub(super) fn has(marking: &[u64], place: usize) -> bool {
    marking[place / 64] >> (place % 64) & 1 == 1
}

/// Whether the place was empty.
fn set(marking: &mut [u64], place: usize) -> bool {
    let empty = !has(marking, place);
    marking[place / 64] |= 1 << (place % 64);
    empty
}

/// Whether the place was full.
fn take(marking: &mut [u64], place: usize) -> bool {
    let full = has(marking, place);
    marking[place / 64] &= !(1 << (place % 64));
    full
}

/// The places that have a token.
pub(super) fn places(marking: &[u64]) -> impl Iterator<Item = usize> + '_ {
    marking.iter().enumerate().flat_map(|(at, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                at * 64 + bit
            })
        })
    })
}
