//! The game: tokens on arcs and at nodes, what may be done with them, and what must be.

use std::collections::{BTreeMap, BTreeSet};

use bpmn::{IncidentKind, Key, Record};

use crate::net::{Kind, Net};

/// What the core was asked.
pub(crate) enum Asked {
    Start,
    Task(Key),
    Timer { event: String, host: Key },
}

/// The tokens of one scope.
#[derive(Default)]
struct Scope {
    /// How many lie on each arc.
    arcs: BTreeMap<usize, u32>,
    /// At which node each visit is.
    visits: BTreeMap<Key, usize>,
}

pub(crate) struct Game<'n> {
    net: &'n Net,
    root: Key,
    /// By the key of the subprocess visit, or of the instance.
    scopes: BTreeMap<Key, Scope>,
    /// Nodes that must begin without a token on an arc: start events, and events that have just happened.
    due: Vec<(Key, usize)>,
    /// Arcs on which a token must be put.
    owed: Vec<(Key, usize)>,
    /// Visits that must be cut short.
    doomed: BTreeSet<Key>,
    /// The task that may complete.
    done: Option<Key>,
    choice: usize,
    over: bool,
    deadlocked: BTreeSet<Key>,
}

impl<'n> Game<'n> {
    pub(crate) fn new(net: &'n Net, root: Key) -> Game<'n> {
        Game {
            net,
            root,
            scopes: BTreeMap::from([(root, Scope::default())]),
            due: Vec::new(),
            owed: Vec::new(),
            doomed: BTreeSet::new(),
            done: None,
            choice: 0,
            over: false,
            deadlocked: BTreeSet::new(),
        }
    }

    /// Plays the records of one command; the first that is no legal move is an error.
    pub(crate) fn play(
        &mut self,
        asked: &Asked,
        choice: usize,
        records: &[Record],
    ) -> Result<(), String> {
        match asked {
            Asked::Start => {
                self.choice = choice;
                self.begin(self.root, None);
            }
            Asked::Task(visit) => {
                self.choice = choice;
                self.done = Some(*visit);
            }
            Asked::Timer { event, host } => self.happen(node_of(event)?, *host)?,
        }
        for record in records {
            self.record(record)
                .map_err(|wrong| format!("{wrong} ({record:?})"))?;
        }
        Ok(())
    }

    /// A scope begins with its start event.
    fn begin(&mut self, scope: Key, subprocess: Option<usize>) {
        let nodes = self.net.nodes.iter().enumerate();
        let starts = nodes.filter(|(_, node)| node.scope == subprocess && node.kind == Kind::Start);
        self.due.extend(starts.map(|(at, _)| (scope, at)));
    }

    fn happen(&mut self, event: usize, host: Key) -> Result<(), String> {
        let Kind::Boundary {
            host: activity,
            interrupting,
        } = self.net.nodes[event].kind
        else {
            return Err(format!("n{event} is no event on an activity"));
        };
        let scope = self.scope_of(host)?;
        if self.scopes[&scope].visits[&host] != activity {
            return Err(format!("n{event} does not stand on what {host} visits"));
        }
        self.due.push((scope, event));
        if interrupting {
            self.doom(host);
        }
        Ok(())
    }

    /// A visit and everything inside it.
    fn doom(&mut self, visit: Key) {
        self.doomed.insert(visit);
        let inside = self.scopes.get(&visit);
        let inside: Vec<Key> = inside.map_or(Vec::new(), |s| s.visits.keys().copied().collect());
        for visit in inside {
            self.doom(visit);
        }
    }

    fn scope_of(&self, visit: Key) -> Result<Key, String> {
        let mut scopes = self.scopes.iter();
        let found = scopes.find(|(_, scope)| scope.visits.contains_key(&visit));
        found
            .map(|(key, _)| *key)
            .ok_or_else(|| format!("{visit} is not there"))
    }

    fn record(&mut self, record: &Record) -> Result<(), String> {
        if let Record::ElementActivated {
            key,
            element,
            scope,
            joins,
            ..
        } = record
        {
            let joins: Result<Vec<usize>, String> = joins.iter().map(|id| arc_of(id)).collect();
            self.enter(*key, node_of(element)?, *scope, &joins?)
        } else if let Record::ElementCompleted { key } = record {
            self.complete(*key)
        } else if let Record::ElementTerminated { key } = record {
            self.terminate(*key)
        } else if let Record::FlowTaken { flow, scope, .. } = record {
            self.put(*scope, arc_of(flow)?)
        } else if let Record::InstanceCompleted { .. } = record {
            let root = &self.scopes[&self.root];
            self.over = root.visits.is_empty() && root.arcs.is_empty();
            self.over
                .then_some(())
                .ok_or("there are tokens left".to_owned())
        } else if let Record::IncidentRaised { incident } = record {
            self.stuck(incident.kind, incident.element_instance)
        } else {
            Ok(()) // tasks, timers and variables are no tokens
        }
    }

    /// A token comes to a node.
    fn enter(&mut self, key: Key, node: usize, scope: Key, joins: &[usize]) -> Result<(), String> {
        let due = self.due.iter().position(|due| *due == (scope, node));
        let into = self.net.into(node);
        let used: Vec<usize> = if let Some(due) = due {
            self.due.remove(due);
            Vec::new()
        } else if self.is_join(node) {
            let ready = self.ready(scope, node);
            if ready.as_deref() != Some(joins) {
                return Err(format!("n{node} may join {ready:?}, not {joins:?}"));
            }
            joins.to_vec()
        } else {
            let arcs = &self.scope(scope)?.arcs;
            let full = into.iter().copied().find(|arc| arcs.contains_key(arc));
            vec![full.ok_or_else(|| format!("no token comes to n{node}"))?]
        };
        let tokens = self.scopes.get_mut(&scope).ok_or("no such scope")?;
        for arc in used {
            let left = tokens.arcs.remove(&arc).unwrap_or_default() - 1;
            if left > 0 {
                tokens.arcs.insert(arc, left);
            }
        }
        tokens.visits.insert(key, node);
        if self.net.nodes[node].kind == Kind::Subprocess {
            self.scopes.insert(key, Scope::default());
            self.begin(key, Some(node));
        }
        Ok(())
    }

    /// A node is done with its token, and owes one to some of its arcs.
    fn complete(&mut self, visit: Key) -> Result<(), String> {
        let scope = self.scope_of(visit)?;
        let node = self.scopes[&scope].visits[&visit];
        if self.doomed.contains(&visit) {
            return Err(format!("n{node} was interrupted"));
        }
        match self.net.nodes[node].kind {
            Kind::Task if self.done != Some(visit) => {
                return Err(format!("nobody has done n{node}"));
            }
            Kind::Task => self.done = None,
            Kind::Subprocess => {
                let inside = self.scopes.remove(&visit).unwrap_or_default();
                let begins = self.due.iter().any(|due| due.0 == visit);
                if begins || !inside.visits.is_empty() || !inside.arcs.is_empty() {
                    return Err(format!("something is left in n{node}"));
                }
            }
            Kind::Start
            | Kind::End
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::Boundary { .. } => {}
        }
        self.scopes.entry(scope).or_default().visits.remove(&visit);
        let chosen = self.chosen(node);
        self.owed.extend(chosen.into_iter().map(|arc| (scope, arc)));
        Ok(())
    }

    /// The arcs that get a token.
    fn chosen(&self, node: usize) -> Vec<usize> {
        let out = self.net.out_of(node);
        let Some((last, others)) = out.split_last() else {
            return out;
        };
        match self.net.nodes[node].kind {
            Kind::Exclusive => vec![out[self.choice % out.len()]],
            Kind::Inclusive => {
                let bits = others.iter().enumerate();
                let taken = bits.filter(|(bit, _)| self.choice >> bit & 1 == 1);
                let taken: Vec<usize> = taken.map(|(_, arc)| *arc).collect();
                if taken.is_empty() { vec![*last] } else { taken }
            }
            Kind::Start
            | Kind::End
            | Kind::Task
            | Kind::Parallel
            | Kind::Subprocess
            | Kind::Boundary { .. } => out,
        }
    }

    fn put(&mut self, scope: Key, arc: usize) -> Result<(), String> {
        let owed = self.owed.iter().position(|owed| *owed == (scope, arc));
        let owed = owed.ok_or_else(|| format!("nobody puts a token on f{arc}"))?;
        self.owed.remove(owed);
        let tokens = self.scopes.get_mut(&scope).ok_or("no such scope")?;
        *tokens.arcs.entry(arc).or_default() += 1;
        Ok(())
    }

    fn terminate(&mut self, visit: Key) -> Result<(), String> {
        if !self.doomed.remove(&visit) {
            return Err(format!("{visit} was not interrupted"));
        }
        let scope = self.scope_of(visit)?;
        self.scopes.entry(scope).or_default().visits.remove(&visit);
        self.scopes.remove(&visit);
        self.deadlocked.remove(&visit);
        Ok(())
    }

    fn stuck(&mut self, kind: IncidentKind, scope: Key) -> Result<(), String> {
        if kind != IncidentKind::Deadlock {
            return Err("only deadlocks are expected".to_owned());
        }
        let tokens = self.scope(scope)?;
        if tokens.arcs.is_empty() || !tokens.visits.is_empty() || self.any_ready(scope).is_some() {
            return Err("it is not stuck".to_owned());
        }
        self.deadlocked.insert(scope);
        Ok(())
    }

    fn scope(&self, scope: Key) -> Result<&Scope, String> {
        self.scopes
            .get(&scope)
            .ok_or_else(|| format!("no scope {scope}"))
    }

    fn is_join(&self, node: usize) -> bool {
        let joins = matches!(self.net.nodes[node].kind, Kind::Parallel | Kind::Inclusive);
        joins && self.net.into(node).len() > 1
    }

    /// The arcs from which a join may take a token now, where it may.
    fn ready(&self, scope: Key, join: usize) -> Option<Vec<usize>> {
        let tokens = self.scopes.get(&scope)?;
        let into = self.net.into(join);
        let has = |arc: &usize| tokens.arcs.contains_key(arc);
        let full: Vec<usize> = into.iter().copied().filter(has).collect();
        let empty: Vec<usize> = into.iter().copied().filter(|arc| !has(arc)).collect();
        if self.net.nodes[join].kind == Kind::Parallel {
            return empty.is_empty().then_some(full);
        }
        // Every token that can come to an empty arc can also come to one that is not.
        let blocks = |from: &[usize]| {
            let reached = self.reached(from, join);
            empty.iter().any(|arc| reached.contains(arc))
                && !full.iter().any(|arc| reached.contains(arc))
        };
        let on_arcs = tokens.arcs.keys().any(|arc| blocks(&[*arc]));
        let at_nodes = tokens.visits.values().any(|node| {
            let mut from = self.net.out_of(*node);
            for event in self.net.events_on(*node) {
                from.extend(self.net.out_of(event));
            }
            blocks(&from)
        });
        (!full.is_empty() && !on_arcs && !at_nodes).then_some(full)
    }

    /// The arcs of all paths that begin with some arcs and do not pass a join.
    fn reached(&self, from: &[usize], join: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open = from.to_vec();
        while let Some(arc) = open.pop() {
            let target = self.net.arcs[arc].1;
            if reached.insert(arc) && target != join {
                open.extend(self.net.out_of(target));
                for event in self.net.events_on(target) {
                    open.extend(self.net.out_of(event));
                }
            }
        }
        reached
    }

    fn any_ready(&self, scope: Key) -> Option<usize> {
        let nodes = 0..self.net.nodes.len();
        let mut joins = nodes.filter(|node| self.is_join(*node));
        joins.find(|join| self.ready(scope, *join).is_some())
    }

    /// After a command: nothing more can be done but what somebody has to do.
    pub(crate) fn settled(&self, open_tasks: &[Key]) -> Result<(), String> {
        if !self.due.is_empty() || !self.owed.is_empty() || !self.doomed.is_empty() {
            let (due, owed, doomed) = (&self.due, &self.owed, &self.doomed);
            return Err(format!(
                "still due: {due:?}, owed: {owed:?}, doomed: {doomed:?}"
            ));
        }
        if self.done.is_some() {
            return Err("the task was not completed".to_owned());
        }
        let mut tasks = BTreeSet::new();
        for (key, scope) in &self.scopes {
            let empty = scope.visits.is_empty() && scope.arcs.is_empty();
            if empty && !(*key == self.root && self.over) {
                return Err(format!("{key} is empty, and not completed"));
            }
            let stuck = scope.visits.is_empty() && !scope.arcs.is_empty();
            if stuck != self.deadlocked.contains(key) {
                return Err(format!("{key} is stuck: {stuck}, and nobody is told"));
            }
            for arc in scope.arcs.keys() {
                let target = self.net.arcs[*arc].1;
                if !self.is_join(target) {
                    return Err(format!("a token waits on f{arc}, and n{target} is no join"));
                }
            }
            for (visit, node) in &scope.visits {
                match self.net.nodes[*node].kind {
                    Kind::Task => {
                        tasks.insert(*visit);
                    }
                    Kind::Subprocess => {}
                    kind @ (Kind::Start
                    | Kind::End
                    | Kind::Exclusive
                    | Kind::Parallel
                    | Kind::Inclusive
                    | Kind::Boundary { .. }) => {
                        return Err(format!("n{node} waits, and is {kind:?}"));
                    }
                }
            }
            if let Some(join) = self.any_ready(*key) {
                return Err(format!("n{join} could join in {key}"));
            }
        }
        let open: BTreeSet<Key> = open_tasks.iter().copied().collect();
        if tasks != open {
            return Err(format!(
                "tokens wait at the tasks {tasks:?}, open are {open:?}"
            ));
        }
        Ok(())
    }
}

fn node_of(id: &str) -> Result<usize, String> {
    number(id, 'n')
}

fn arc_of(id: &str) -> Result<usize, String> {
    number(id, 'f')
}

fn number(id: &str, letter: char) -> Result<usize, String> {
    let number = id
        .strip_prefix(letter)
        .and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("{id} is not of the model"))
}
