//! Random models: a graph, and how it is written down for the core.

use std::fmt::Write as _;

use crate::random::Random;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Start,
    End,
    Task,
    Exclusive,
    Parallel,
    Inclusive,
    Subprocess,
    /// A timer on the activity of this number.
    Boundary {
        host: usize,
        interrupting: bool,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// The subprocess that it lies in.
    pub(crate) scope: Option<usize>,
}

/// A model. Nodes have the ids `n0`, `n1` ..., arcs `f0`, `f1` ...
#[derive(Debug, Clone)]
pub(crate) struct Net {
    pub(crate) nodes: Vec<Node>,
    pub(crate) arcs: Vec<(usize, usize)>,
    xml: String,
}

/// Subprocesses inside subprocesses.
const DEPTH_MAX: usize = 2;

impl Net {
    /// Blocks with one way in and one way out, inside one another: sound, but for the events on activities.
    pub(crate) fn blocks(random: &mut Random) -> Net {
        let mut net = Net::empty();
        net.scope_of_blocks(random, None, 0);
        net.finished()
    }

    /// Nodes connected at random: anything may happen, deadlocks too.
    pub(crate) fn tangle(random: &mut Random) -> Net {
        let mut net = Net::empty();
        net.tangled_scope(random, None, 0);
        net.finished()
    }

    pub(crate) fn xml(&self) -> &str {
        &self.xml
    }

    /// The arcs that lead into a node.
    pub(crate) fn into(&self, node: usize) -> Vec<usize> {
        let arcs = self.arcs.iter().enumerate();
        arcs.filter(|(_, arc)| arc.1 == node)
            .map(|(at, _)| at)
            .collect()
    }

    /// The arcs that lead out of a node.
    pub(crate) fn out_of(&self, node: usize) -> Vec<usize> {
        let arcs = self.arcs.iter().enumerate();
        arcs.filter(|(_, arc)| arc.0 == node)
            .map(|(at, _)| at)
            .collect()
    }

    /// The events on an activity.
    pub(crate) fn events_on(&self, activity: usize) -> Vec<usize> {
        let events = (0..self.nodes.len()).filter(|node| {
            matches!(self.nodes[*node].kind, Kind::Boundary { host, .. } if host == activity)
        });
        events.collect()
    }

    fn empty() -> Net {
        Net {
            nodes: Vec::new(),
            arcs: Vec::new(),
            xml: String::new(),
        }
    }

    fn finished(mut self) -> Net {
        self.xml = self.document();
        self
    }

    fn add(&mut self, kind: Kind, scope: Option<usize>) -> usize {
        self.nodes.push(Node { kind, scope });
        self.nodes.len() - 1
    }

    fn connect(&mut self, from: usize, to: usize) {
        if !self.arcs.contains(&(from, to)) {
            self.arcs.push((from, to));
        }
    }

    fn scope_of_blocks(&mut self, random: &mut Random, scope: Option<usize>, depth: usize) {
        let start = self.add(Kind::Start, scope);
        let (first, last) = self.block(random, scope, depth, 0);
        let end = self.add(Kind::End, scope);
        self.connect(start, first);
        self.connect(last, end);
    }

    /// A block; gives its first and its last node.
    fn block(
        &mut self,
        random: &mut Random,
        scope: Option<usize>,
        depth: usize,
        nested: usize,
    ) -> (usize, usize) {
        let what = if nested >= 3 { 0 } else { random.below(8) };
        match what {
            0 | 1 => {
                let task = self.activity(random, scope, depth);
                (task, task)
            }
            2 => {
                let (first, end) = self.block(random, scope, depth, nested + 1);
                let (begin, last) = self.block(random, scope, depth, nested + 1);
                self.connect(end, begin);
                (first, last)
            }
            3 => {
                // Again, perhaps. There is a task in each block, so nothing turns for ever.
                let again = self.add(Kind::Exclusive, scope);
                let (first, last) = self.block(random, scope, depth, nested + 1);
                let enough = self.add(Kind::Exclusive, scope);
                self.connect(again, first);
                self.connect(last, enough);
                self.connect(enough, again);
                (again, enough)
            }
            _ => {
                let kinds = [Kind::Exclusive, Kind::Parallel, Kind::Inclusive];
                let split = kinds[random.below(3)];
                let fork = self.add(split, scope);
                // What meets is what was split; an inclusive join fits everything.
                let meet = if random.chance(30) {
                    Kind::Inclusive
                } else {
                    split
                };
                let join = self.add(meet, scope);
                for _ in 0..2 + random.below(2) {
                    let (first, last) = self.block(random, scope, depth, nested + 1);
                    self.connect(fork, first);
                    self.connect(last, join);
                }
                (fork, join)
            }
        }
    }

    /// A task or a subprocess, perhaps with an event on it that goes to an end, or to a task of its own.
    fn activity(&mut self, random: &mut Random, scope: Option<usize>, depth: usize) -> usize {
        let inside = depth < DEPTH_MAX && random.chance(25);
        let kind = if inside { Kind::Subprocess } else { Kind::Task };
        let activity = self.add(kind, scope);
        if inside {
            self.scope_of_blocks(random, Some(activity), depth + 1);
        }
        if random.chance(30) {
            let event = self.event(random, activity, scope);
            let task = self.add(Kind::Task, scope);
            self.connect(event, task);
        }
        activity
    }

    fn event(&mut self, random: &mut Random, host: usize, scope: Option<usize>) -> usize {
        let interrupting = random.chance(50);
        self.add(Kind::Boundary { host, interrupting }, scope)
    }

    fn tangled_scope(&mut self, random: &mut Random, scope: Option<usize>, depth: usize) {
        let start = self.add(Kind::Start, scope);
        let mut before = vec![start];
        let mut tasks = Vec::new();
        let mut enterable = Vec::new();
        for _ in 0..3 + random.below(8) {
            let kind = match random.below(10) {
                0..=3 => Kind::Task,
                4 | 5 => Kind::Exclusive,
                6 | 7 => Kind::Inclusive,
                8 => Kind::Parallel,
                _ if depth < DEPTH_MAX => Kind::Subprocess,
                _ => Kind::Task,
            };
            let node = self.add(kind, scope);
            for _ in 0..1 + random.below(2) {
                let from = *random.pick(&before).expect("there is the start");
                self.connect(from, node);
            }
            if kind == Kind::Subprocess {
                self.tangled_scope(random, Some(node), depth + 1);
            }
            before.push(node);
            enterable.push(node);
            if matches!(kind, Kind::Task | Kind::Subprocess) {
                tasks.push(node);
                if random.chance(35) {
                    before.push(self.event(random, node, scope));
                }
            }
        }
        // Only a task leads back, so that each turn waits for somebody.
        let waits = tasks
            .iter()
            .copied()
            .filter(|task| self.nodes[*task].kind == Kind::Task);
        let waits: Vec<usize> = waits.collect();
        for task in waits {
            if random.chance(25) {
                let back = *random.pick(&enterable).expect("there is the task");
                self.connect(task, back);
            }
        }
        for node in before {
            let leads_nowhere = self.out_of(node).is_empty();
            let must = !matches!(self.nodes[node].kind, Kind::Task | Kind::Subprocess);
            if leads_nowhere && (must || random.chance(50)) {
                let end = self.add(Kind::End, scope);
                self.connect(node, end);
            }
        }
    }

    fn document(&self) -> String {
        let mut xml = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" isExecutable="true">"#.to_owned();
        self.write(None, &mut xml);
        xml + "</process></definitions>"
    }

    fn write(&self, scope: Option<usize>, xml: &mut String) {
        for (at, node) in self.nodes.iter().enumerate() {
            if node.scope != scope {
                continue;
            }
            let default = match (node.kind, self.out_of(at)[..].split_last()) {
                (Kind::Exclusive | Kind::Inclusive, Some((last, [_, ..]))) => {
                    format!(r#" default="f{last}""#)
                }
                _ => String::new(),
            };
            match node.kind {
                Kind::Start => write!(xml, r#"<startEvent id="n{at}"/>"#),
                Kind::End => write!(xml, r#"<endEvent id="n{at}"/>"#),
                Kind::Task => write!(xml, r#"<userTask id="n{at}"/>"#),
                Kind::Exclusive => write!(xml, r#"<exclusiveGateway id="n{at}"{default}/>"#),
                Kind::Parallel => write!(xml, r#"<parallelGateway id="n{at}"/>"#),
                Kind::Inclusive => write!(xml, r#"<inclusiveGateway id="n{at}"{default}/>"#),
                Kind::Subprocess => {
                    write!(xml, r#"<subProcess id="n{at}">"#).expect("a String");
                    self.write(Some(at), xml);
                    write!(xml, "</subProcess>")
                }
                Kind::Boundary { host, interrupting } => write!(
                    xml,
                    r#"<boundaryEvent id="n{at}" attachedToRef="n{host}" cancelActivity="{interrupting}"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"#
                ),
            }
            .expect("a String takes everything");
        }
        for (at, (from, to)) in self.arcs.iter().enumerate() {
            if self.nodes[*from].scope == scope {
                let condition = self
                    .condition(at, *from)
                    .map_or(String::new(), |condition| {
                        format!("<conditionExpression>={condition}</conditionExpression>")
                    });
                write!(
                    xml,
                    r#"<sequenceFlow id="f{at}" sourceRef="n{from}" targetRef="n{to}">{condition}</sequenceFlow>"#
                )
                .expect("a String takes everything");
            }
        }
    }

    /// What is written on an arc: exclusive gateways take one by the remainder of the choice, inclusive ones by its bits.
    fn condition(&self, arc: usize, from: usize) -> Option<String> {
        let out = self.out_of(from);
        let place = out.iter().position(|other| *other == arc)?;
        if place + 1 == out.len() {
            return None; // the default, or the only one
        }
        match self.nodes[from].kind {
            Kind::Exclusive => Some(format!("modulo(choice, {}) = {place}", out.len())),
            Kind::Inclusive => Some(format!("modulo(floor(choice / {}), 2) = 1", 1 << place)),
            Kind::Start
            | Kind::End
            | Kind::Task
            | Kind::Parallel
            | Kind::Subprocess
            | Kind::Boundary { .. } => None,
        }
    }
}
