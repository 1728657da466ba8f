//! One scope as a graph of tokens: where they wait, where they can go, and which of the model's elements that is.
//!
//! It knows four ways to join, two ways to split and four kinds of nodes; `model` says which element is what.
//! An activity with boundary events is a choice between its end and theirs; what does not interrupt goes
//! *beside*.

use crate::definition::{FlowIndex, NodeIndex};

/// Place of a node in its graph.
pub(super) type NodeId = usize;
/// Place of an edge in its graph.
pub(super) type EdgeId = usize;

/// A step of a path that can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Node(NodeIndex),
    Flow(FlowIndex),
}

/// What a node waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// Each token goes through by itself.
    Any,
    /// A token on each incoming edge.
    All,
    /// Those tokens that can still come (BPMN 2.0.2, 13.4.3).
    Inclusive,
    /// At some time after the first token, once; later ones are taken in silence (13.4.5).
    Complex,
}

/// Which outgoing edges a token takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// Any one of them.
    One,
    /// By the role of each edge.
    Roles,
}

/// When an edge out of a node that splits by roles is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Always,
    /// Perhaps.
    If,
    /// When no other that is taken perhaps is taken.
    Default,
}

/// What a node is to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something is done.
    Work,
    /// Tokens are only led on.
    Silent,
    /// The token ends.
    Sink,
    /// All tokens of the scope end.
    Clear,
    /// All tokens of the scope end, and it is left by another way than its end.
    Leave,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The element; `None` for what only the graph knows.
    pub element: Option<NodeIndex>,
    pub kind: Kind,
    pub join: Join,
    pub split: Split,
    pub incoming: Vec<EdgeId>,
    pub outgoing: Vec<EdgeId>,
    /// Edges to events that do not interrupt: a token goes there while the node keeps its own.
    pub beside: Vec<EdgeId>,
    /// Elements that were reduced into the node.
    pub covers: Vec<NodeIndex>,
    pub gone: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// `None` where tokens begin.
    pub source: Option<NodeId>,
    pub target: NodeId,
    pub role: Role,
    /// What a token passes on the way.
    pub trail: Vec<Step>,
    /// Elements that were reduced into the edge and do not lie on the trail.
    pub covers: Vec<NodeIndex>,
    pub gone: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Each is one way to begin: the edges that get a token together.
    pub starts: Vec<Vec<EdgeId>>,
}

impl Graph {
    pub(super) fn add(
        &mut self,
        element: Option<NodeIndex>,
        kind: Kind,
        join: Join,
        split: Split,
    ) -> NodeId {
        self.nodes.push(Node {
            element,
            kind,
            join,
            split,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            beside: Vec::new(),
            covers: Vec::new(),
            gone: false,
        });
        self.nodes.len() - 1
    }

    pub(super) fn connect(
        &mut self,
        source: NodeId,
        target: NodeId,
        role: Role,
        flow: Option<FlowIndex>,
    ) -> EdgeId {
        let edge = self.edge(Some(source), target, role, flow);
        self.nodes[source].outgoing.push(edge);
        edge
    }

    pub(super) fn connect_beside(&mut self, source: NodeId, target: NodeId) -> EdgeId {
        let edge = self.edge(Some(source), target, Role::Always, None);
        self.nodes[source].beside.push(edge);
        edge
    }

    /// One way to begin: a token on each of these nodes.
    pub(super) fn begin(&mut self, nodes: &[NodeId]) {
        let edges = nodes
            .iter()
            .map(|node| self.edge(None, *node, Role::Always, None))
            .collect();
        self.starts.push(edges);
    }

    fn edge(
        &mut self,
        source: Option<NodeId>,
        target: NodeId,
        role: Role,
        flow: Option<FlowIndex>,
    ) -> EdgeId {
        let edge = self.edges.len();
        self.edges.push(Edge {
            source,
            target,
            role,
            trail: flow.map(Step::Flow).into_iter().collect(),
            covers: Vec::new(),
            gone: false,
        });
        self.nodes[target].incoming.push(edge);
        edge
    }

    /// Whether tokens come to a node one by one.
    pub(super) fn is_plain(&self, node: NodeId) -> bool {
        let node = &self.nodes[node];
        node.join == Join::Any || node.incoming.len() <= 1
    }

    /// Whether a token that comes to a node leaves no trace in the marking.
    pub(super) fn ends_tokens(&self, node: NodeId) -> bool {
        self.nodes[node].kind == Kind::Sink || self.ends_all(node)
    }

    /// Whether a token that comes to a node ends all others.
    pub(super) fn ends_all(&self, node: NodeId) -> bool {
        matches!(self.nodes[node].kind, Kind::Clear | Kind::Leave)
    }

    /// Deletes an edge.
    pub(super) fn remove(&mut self, edge: EdgeId) {
        let Edge { source, target, .. } = self.edges[edge];
        self.edges[edge].gone = true;
        self.nodes[target].incoming.retain(|other| *other != edge);
        if let Some(source) = source {
            let source = &mut self.nodes[source];
            source.outgoing.retain(|other| *other != edge);
            source.beside.retain(|other| *other != edge);
        } else {
            for start in &mut self.starts {
                start.retain(|other| *other != edge);
            }
        }
    }

    /// Lets an edge go on along another: over the node between them, to where the other ends.
    pub(super) fn prolong(&mut self, edge: EdgeId, over: EdgeId) {
        let next = self.edges[over].clone();
        let between = &self.nodes[self.edges[edge].target];
        let (element, covers) = (between.element, between.covers.clone());
        let old = &mut self.nodes[self.edges[edge].target].incoming;
        // Whoever moves all of them begins with the last.
        if let Some(at) = old.iter().rposition(|other| *other == edge) {
            old.remove(at);
        }
        let edge_data = &mut self.edges[edge];
        edge_data.trail.extend(element.map(Step::Node));
        edge_data.covers.extend(covers);
        edge_data.trail.extend(next.trail);
        edge_data.covers.extend(next.covers);
        edge_data.target = next.target;
        self.nodes[next.target].incoming.push(edge);
    }

    /// Brings the graph into the form that everything else expects: every node that is not an end leads
    /// somewhere, and gateways that only lead to an end are that end.
    pub(super) fn settle(&mut self) {
        let mut open: Vec<NodeId> = (0..self.nodes.len()).collect();
        while let Some(node) = open.pop() {
            if !self.is_empty_way_to_an_end(node) {
                continue;
            }
            let over = self.nodes[node].outgoing[0];
            for edge in self.nodes[node].incoming.clone().into_iter().rev() {
                open.extend(self.edges[edge].source);
                self.prolong(edge, over);
            }
            self.drop_node(node);
        }
    }

    fn is_empty_way_to_an_end(&self, node: NodeId) -> bool {
        let one = &self.nodes[node];
        !one.gone
            && one.kind == Kind::Silent
            && self.is_plain(node)
            && one.beside.is_empty()
            && one.outgoing.len() == 1
            && !one.incoming.is_empty()
            && self.ends_tokens(self.edges[one.outgoing[0]].target)
    }

    /// Deletes a node that nothing leads to any more.
    pub(super) fn drop_node(&mut self, node: NodeId) {
        debug_assert!(self.nodes[node].incoming.is_empty());
        let one = &self.nodes[node];
        let edges: Vec<EdgeId> = one.outgoing.iter().chain(&one.beside).copied().collect();
        for edge in edges {
            self.remove(edge);
        }
        self.nodes[node].gone = true;
    }
}
