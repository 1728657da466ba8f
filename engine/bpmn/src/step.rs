//! The loop that carries out one command: what all elements share while tokens move.
//!
//! A visit to an element goes through the [`Stage`]s in order. Elements say in
//! [`Behaviour`](crate::elements::Behaviour) what they do at *execute* and *leave*; the rest is here and in
//! the modules below: `variables` (mappings), `stores` (data stores), `flows` (tokens), `listening` and `occurring` (events),
//! `errors` (throwing and catching), `compensating`, `settle` (joins that wait until nothing else can come), `ending` (scopes and
//! instances), `listeners` (jobs that hold up a visit), `commands`, `tasks` and `jobs` (what is asked).
//! Every change is a record: [`Stepper::emit`] applies it and remembers it.

mod ad_hoc;
mod commands;
mod compensating;
pub(crate) mod computed;
mod conditions;
mod deadlines;
mod ending;
mod errors;
mod escalation;
mod flows;
mod jobs;
mod listeners;
mod listening;
mod looping;
mod migrating;
mod modifying;
mod occurring;
mod settle;
mod starting;
mod stores;
mod suspending;
mod tasks;
mod variables;
mod warned;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use feel::{Environment, Value};
use jiff::Timestamp;

use crate::definition::{FlowNode, NodeIndex};
use crate::elements::Next;
use crate::limits::{KEYS_PER_INSTANCE_MAX, RECORDS_PER_COMMAND_MAX};
use crate::{
    Catalog, Command, FollowUp, Incident, IncidentKind, Key, ProcessDefinition, ProcessInstance,
    Record, Rejection, Stage, Status,
};

use conditions::Unasked;
pub(crate) use errors::Thrown;
use looping::Part;
pub use migrating::check_migration;
use settle::Unsettled;
pub use starting::{start, start_with};
pub(crate) use variables::ENGINE;
use warned::Warned;

/// What a command led to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// What happened, in order; already applied to the instance.
    pub records: Vec<Record>,
    /// What other instances have to do, in order, in the same transaction.
    pub follow_ups: Vec<FollowUp>,
}

/// Carries out one command and runs the instance until it waits or ends.
///
/// A rejection changes nothing. Commands never panic and never loop for ever: what cannot go on
/// becomes an incident, and [`RECORDS_PER_COMMAND_MAX`] bounds the rest.
pub fn step(
    catalog: &Catalog,
    instance: &mut ProcessInstance,
    command: Command,
    now: Timestamp,
) -> Result<Step, Rejection> {
    let definition = instance.definition();
    let deployed = catalog
        .process(definition)
        .ok_or(Rejection::NoSuchDefinition { definition })?;
    // What is looked for while things begin can be missing: then the instance is put back as it was.
    let may_turn_back = matches!(command, Command::Modify { .. } | Command::Migrate { .. });
    let before = may_turn_back.then(|| instance.clone());
    let mut stepper = Stepper::new(catalog, &deployed.definition, instance, now);
    if let Err(rejection) = stepper.command(command) {
        if let Some(before) = before {
            *instance = before;
        }
        return Err(rejection);
    }
    Ok(stepper.run())
}

/// One command on its way.
pub(crate) struct Stepper<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) definition: &'a ProcessDefinition,
    pub(crate) instance: &'a mut ProcessInstance,
    pub(crate) environment: Environment,
    pub(crate) now: Timestamp,
    records: Vec<Record>,
    follow_ups: Vec<FollowUp>,
    /// Visits that can go on, first come first served, so that parallel branches advance together.
    queue: VecDeque<(Key, NodeIndex, Stage)>,
    unsettled: Unsettled,
    unasked: Unasked,
    warned: Warned,
    /// What this step has written to data stores.
    written: BTreeMap<Arc<str>, Value>,
    /// Whether an element has ended after which the instance is to be ended.
    is_over: bool,
}

/// A visit while its element does something.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) key: Key,
    pub(crate) node: &'a FlowNode,
    pub(crate) scope: Key,
}

/// Why a visit cannot go on; becomes an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: IncidentKind,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(kind: IncidentKind, message: impl Into<String>) -> Failure {
        let message = message.into();
        Failure { kind, message }
    }

    pub(crate) fn expression(message: impl Into<String>) -> Failure {
        Failure::new(IncidentKind::Expression, message)
    }
}

/// What comes after the input mappings.
fn entered(node: &FlowNode) -> Stage {
    if node.listeners.is_empty() {
        Stage::Listen
    } else {
        Stage::StartListener(0)
    }
}

/// What comes after the output mappings.
fn completed(node: &FlowNode, next: Stage) -> Stage {
    if node.listeners.is_empty() {
        next
    } else {
        Stage::EndListener(0)
    }
}

impl<'a> Stepper<'a> {
    fn new(
        catalog: &'a Catalog,
        definition: &'a ProcessDefinition,
        instance: &'a mut ProcessInstance,
        now: Timestamp,
    ) -> Stepper<'a> {
        let office = catalog.office_of(instance.calendar(), definition);
        Stepper {
            catalog,
            definition,
            instance,
            environment: office.environment(now),
            now,
            records: Vec::with_capacity(16),
            follow_ups: Vec::new(),
            queue: VecDeque::new(),
            unsettled: Unsettled::default(),
            unasked: Unasked::default(),
            warned: Warned::default(),
            written: BTreeMap::new(),
            is_over: false,
        }
    }

    fn run(mut self) -> Step {
        loop {
            while !self.is_over
                && let Some((key, index, stage)) = self.queue.pop_front()
            {
                self.advance(key, index, stage);
            }
            if self.is_over || !self.settle() {
                break;
            }
        }
        if self.is_over && self.instance.status() == Status::Active {
            self.cancel();
        }
        if self.instance.before_migration().is_some() {
            self.keep_migration();
        }
        Step {
            records: self.records,
            follow_ups: self.follow_ups,
        }
    }

    /// Takes a visit through its stages from the given one on, until it waits, ends or fails.
    fn advance(&mut self, key: Key, index: NodeIndex, mut stage: Stage) {
        let node = self.definition.at(index);
        // A visit that was terminated while it stood in the queue is gone.
        let Some(scope) = self.instance.parent_scope(key) else {
            return;
        };
        let at = At { key, node, scope };
        self.work_as_team_of(node);
        self.forget_warnings();
        if let Err(failure) = self.within_limits() {
            return self.raise(at, stage, failure);
        }
        let part = self.part(at);
        loop {
            let done = self.stage(at, part, stage);
            self.tell_warnings(at);
            match done {
                Ok(Some(next)) => stage = next,
                Ok(None) => return,
                Err(failure) => return self.raise(at, stage, failure),
            }
        }
    }

    /// Expressions at an element count by the calendar of its team, where teams have calendars.
    pub(crate) fn work_as_team_of(&mut self, node: &FlowNode) {
        if self.catalog.has_team_calendars() {
            let teams = node.teams();
            let teams = teams.iter().map(String::as_str);
            let case = self.instance.calendar();
            let office = self.catalog.office_of_team(case, self.definition, teams);
            self.environment = office.environment(self.now);
        }
    }

    /// Does one stage; gives the next one, or `None` where the visit waits or has ended.
    fn stage(
        &mut self,
        at: At<'a>,
        part: Part<'a>,
        stage: Stage,
    ) -> Result<Option<Stage>, Failure> {
        match (stage, part) {
            // Mappings belong to the items of a loop, boundary events to its body.
            (Stage::Enter, Part::Body(_)) => Ok(Some(entered(at.node))),
            (Stage::Enter, Part::Alone | Part::Item(..)) => {
                self.set_inputs(at).map(|()| Some(entered(at.node)))
            }
            // What was started is a visit of its own inside.
            (
                Stage::Enter
                | Stage::StartListener(_)
                | Stage::Listen
                | Stage::Execute
                | Stage::TaskListener(_),
                Part::Start,
            ) => Ok(None),
            (
                Stage::Complete | Stage::EndListener(_) | Stage::Collect | Stage::Leave,
                Part::Start,
            ) => self.complete_start(at).map(|()| None),
            (Stage::StartListener(number), _) => self.hear_start(at, part, number),
            (Stage::TaskListener(number), _) => self.hear_task(at, number).map(|()| None),
            (Stage::EndListener(number), _) => self.hear_end(at, part, number),
            (Stage::Listen, _) => self.listen(at, part).map(|()| Some(Stage::Execute)),
            (Stage::Execute, _) => {
                let next = match part {
                    Part::Body(looping) => self.execute_body(at, looping)?,
                    Part::Alone | Part::Item(..) | Part::Start => {
                        at.node.element.behaviour().execute(self, at)?
                    }
                };
                Ok(match next {
                    Next::Complete => Some(Stage::Complete),
                    Next::Wait | Next::Gone => None,
                })
            }
            (Stage::Complete, Part::Body(looping)) => {
                self.set_collected(at, looping).map(|()| Some(Stage::Leave))
            }
            (Stage::Complete, Part::Alone) => {
                self.set_ad_hoc_results(at)?;
                self.set_outputs(at)
                    .map(|()| Some(completed(at.node, Stage::Leave)))
            }
            (Stage::Complete, Part::Item(..)) => {
                self.set_ad_hoc_results(at)?;
                self.set_outputs(at)
                    .map(|()| Some(completed(at.node, Stage::Collect)))
            }
            (Stage::Collect | Stage::Leave, Part::Item(looping, item)) => {
                self.complete_item(at, looping, item).map(|()| None)
            }
            (Stage::Collect | Stage::Leave, Part::Alone | Part::Body(_)) => {
                self.leave(at).map(|()| None)
            }
        }
    }

    /// Goes on with a visit at a stage, after everything that is already on its way.
    pub(crate) fn proceed(&mut self, key: Key, stage: Stage) {
        if let Some(index) = self.node_of(key) {
            self.queue.push_back((key, index, stage));
        }
    }

    /// The flow node that an active visit is a visit to.
    pub(crate) fn node_of(&self, key: Key) -> Option<NodeIndex> {
        let element = self.instance.elements().get(&key)?;
        self.definition.find(element.element())
    }

    /// A visit to a node begins.
    pub(crate) fn activate(&mut self, index: NodeIndex, scope: Key, joins: Vec<Arc<str>>) -> Key {
        let key = self.visit(index, scope, joins);
        self.queue.push_back((key, index, Stage::Enter));
        key
    }

    /// A visit that begins, but does not go through its stages by itself.
    fn visit(&mut self, index: NodeIndex, scope: Key, joins: Vec<Arc<str>>) -> Key {
        let key = self.next_key();
        let element = self.definition.at(index).id.clone();
        self.emit(Record::ElementActivated {
            key,
            element,
            scope,
            joins,
            item: None,
        });
        key
    }

    /// A visit cannot go on until somebody helps.
    pub(crate) fn raise(&mut self, at: At<'_>, stage: Stage, failure: Failure) {
        let incident = Box::new(Incident {
            key: self.next_key(),
            element: at.node.id.clone(),
            element_instance: at.key,
            kind: failure.kind,
            message: failure.message,
            job: None,
            stage,
        });
        self.emit(Record::IncidentRaised { incident });
    }

    /// Changes the state, and remembers how.
    pub(crate) fn emit(&mut self, record: Record) {
        if !self.instance.deadlines().is_empty() {
            self.stop_deadline_of(&record);
        }
        if !self.instance.until().is_empty() {
            self.note_end(&record);
        }
        let definition = self.definition;
        let touched = definition.has_joins.then(|| self.moves(&record)).flatten();
        self.note_change(&record);
        self.instance.apply(&record);
        self.unsettled.touch(touched);
        if self.definition.has_complex_gateway && matches!(record, Record::VariableSet { .. }) {
            self.unsettled.variables_were_set();
        }
        self.records.push(record);
    }

    pub(crate) fn follow_up(&mut self, follow_up: FollowUp) {
        self.follow_ups.push(follow_up);
    }

    /// The next number of this instance.
    pub(crate) fn next_key(&self) -> Key {
        self.instance.last_key().next()
    }

    fn within_limits(&self) -> Result<(), Failure> {
        if self.records.len() > RECORDS_PER_COMMAND_MAX {
            return Err(Failure::new(
                IncidentKind::Limit,
                format!(
                    "One command led to more than {RECORDS_PER_COMMAND_MAX} records \
                     (RECORDS_PER_COMMAND_MAX): the model probably loops without waiting"
                ),
            ));
        }
        if self.instance.last_key().ordinal() > KEYS_PER_INSTANCE_MAX {
            return Err(Failure::new(
                IncidentKind::Limit,
                format!(
                    "The instance has used up its {KEYS_PER_INSTANCE_MAX} keys \
                     (KEYS_PER_INSTANCE_MAX): cancel it and start a new one"
                ),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod random_loops;
#[cfg(test)]
mod random_moves;
#[cfg(test)]
mod tests;
