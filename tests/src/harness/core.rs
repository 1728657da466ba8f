//! The pure core with nothing around it: a map of instances, a clock that is a number, and a queue of follow-ups.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bpmn::{
    Catalog, Command, FollowUp, Key, ProcessDefinition, ProcessInstance, Start, Status, Step,
};
use feel::Context;
use jiff::Timestamp;

use runtime::Publication;

use super::events::Events;
use super::{Harness, Instance, World};

/// More follow-ups than this from one command are a circle.
const FOLLOW_UPS_MAX: usize = 10_000;

/// More timers than this in one wait are a timer that fires at once again.
const TIMERS_MAX: usize = 10_000;

/// The core, driven by hand.
#[derive(Debug)]
pub struct Core {
    pub(super) catalog: Catalog,
    pub(super) clock: Timestamp,
    /// The number of the last definition or deployment.
    pub(super) deployed: i64,
    /// The number of the last instance.
    born: i64,
    pub(super) instances: BTreeMap<Key, Instance>,
    pub(super) events: Events,
}

impl Core {
    /// Deploys what the world holds; `Err` is the report of what cannot be deployed.
    pub fn new(world: &World) -> Result<Core, String> {
        let mut core = Core {
            catalog: Catalog::new(world.zone.clone(), world.calendar.clone()),
            deployed: 0,
            clock: world.clock,
            born: 0,
            instances: BTreeMap::new(),
            events: Events::default(),
        };
        core.deploy_files(&world.resources)?;
        core.start_timers();
        Ok(core)
    }

    pub(super) fn begin(
        &mut self,
        start: Start,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<(), String> {
        let (
            state,
            Step {
                records,
                follow_ups,
            },
        ) = bpmn::start(&self.catalog, start, self.clock)
            .map_err(|rejection| rejection.to_string())?;
        if let Some(catalog) = self.catalog.with_written(&records) {
            self.catalog = catalog;
        }
        self.instances
            .insert(state.key(), Instance { state, records });
        queue.extend(follow_ups);
        Ok(())
    }

    pub(super) fn give(
        &mut self,
        to: Key,
        command: Command,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<(), String> {
        let instance = self
            .instances
            .get_mut(&to)
            .ok_or_else(|| format!("there is no instance {to}"))?;
        let step = bpmn::step(&self.catalog, &mut instance.state, command, self.clock)
            .map_err(|rejection| rejection.to_string())?;
        if let Some(catalog) = self.catalog.with_written(&step.records) {
            self.catalog = catalog;
        }
        instance.records.extend(step.records);
        queue.extend(step.follow_ups);
        Ok(())
    }

    /// Does what follows, and gives kept messages to who waits now, until nothing more follows.
    pub(super) fn follow(&mut self, mut queue: VecDeque<FollowUp>) -> Result<(), String> {
        for _ in 0..FOLLOW_UPS_MAX {
            let Some(next) = queue.pop_front() else {
                if self.give_kept(&mut queue)? {
                    continue;
                }
                return Ok(());
            };
            match next {
                FollowUp::Start {
                    process,
                    parent,
                    variables,
                    business_id,
                    calendar,
                } => {
                    let key = self.next_key();
                    let start = Start {
                        key,
                        definition: process,
                        at: None,
                        definition_of_at: 0,
                        business_id,
                        variables,
                        parent: Some(parent),
                        calendar,
                    };
                    self.begin(start, &mut queue)?;
                }
                FollowUp::Command { instance, command } => {
                    // Who was told may have ended meanwhile; then there is nobody to tell.
                    if self.is_active(instance) {
                        self.give(instance, command, &mut queue)?;
                    }
                }
                FollowUp::PublishMessage {
                    name,
                    correlation,
                    message_id,
                    time_to_live_ms,
                    variables,
                } => {
                    let message = Publication {
                        name,
                        correlation,
                        message_id,
                        time_to_live_ms,
                        variables,
                    };
                    // One that was published before is the same message.
                    let _ = self.publish(message, &mut queue);
                }
                FollowUp::BroadcastSignal { name, variables } => {
                    self.broadcast(&name, &variables, &mut queue)?;
                }
                FollowUp::SuspendCalled {
                    parent_element,
                    resume,
                } => {
                    let is_called = |instance: &&Instance| {
                        let state = &instance.state;
                        state.status() == Status::Active
                            && state.suspended_at().is_some() == resume
                            && state.parent().is_some_and(|p| p.element == parent_element)
                    };
                    let called = self.instances.values().find(is_called);
                    let called = called.map(|instance| instance.state.key());
                    let command = if resume {
                        Command::Resume
                    } else {
                        Command::Suspend
                    };
                    if let Some(called) = called {
                        self.give(called, command, &mut queue)?;
                    }
                }
                FollowUp::TerminateCalled { parent_element } => {
                    // One that was called before and has ended may have the same parent.
                    let is_called = |instance: &&Instance| {
                        let state = &instance.state;
                        state.status() == Status::Active
                            && state
                                .parent()
                                .is_some_and(|parent| parent.element == parent_element)
                    };
                    let called = self
                        .instances
                        .values()
                        .find(is_called)
                        .map(|instance| instance.state.key());
                    if let Some(called) = called {
                        self.give(called, Command::CancelInstance, &mut queue)?;
                    }
                }
            }
        }
        Err(format!(
            "more than {FOLLOW_UPS_MAX} follow-ups of one command"
        ))
    }

    pub(super) fn next_key(&mut self) -> Key {
        self.born += 1;
        Key::of_instance(self.born)
    }

    fn is_active(&self, key: Key) -> bool {
        self.instances
            .get(&key)
            .is_some_and(|instance| instance.state.status() == Status::Active)
    }

    /// The start timer that is due first, of those that are due at `until`.
    fn next_start(&self, until: Timestamp) -> Option<(Timestamp, usize)> {
        let starts = (0..).zip(&self.events.starts);
        starts
            .map(|(place, timer)| (timer.due, place))
            .filter(|(due, _)| *due <= until)
            .min()
    }

    /// The timer that is due first, of those that are due at `until`.
    fn next_due(&self, until: Timestamp) -> Option<(Timestamp, Key)> {
        let instances = self.instances.values();
        let timers = instances
            .filter(|instance| instance.state.suspended_at().is_none())
            .flat_map(|instance| instance.state.timers().values());
        timers
            .map(|timer| (timer.due, timer.key))
            .filter(|(due, _)| *due <= until)
            .min()
    }
}

impl Harness for Core {
    /// What is deployed later does not start by time.
    fn deploy(&mut self, resources: &[(String, String)]) -> Result<(), String> {
        self.deploy_files(resources)
    }

    fn name(&self) -> &'static str {
        "the core"
    }

    fn now(&self) -> Timestamp {
        self.clock
    }

    fn start(
        &mut self,
        process: &str,
        at: Option<&str>,
        variables: Context,
    ) -> Result<Key, String> {
        let deployed = self
            .catalog
            .latest(process)
            .ok_or_else(|| format!("no process \"{process}\" is deployed"))?;
        let definition = deployed.key;
        let key = self.next_key();
        let mut queue = VecDeque::new();
        self.begin(
            Start {
                key,
                definition,
                at: at.map(str::to_owned),
                definition_of_at: 0,
                business_id: None,
                variables,
                parent: None,
                calendar: None,
            },
            &mut queue,
        )?;
        self.follow(queue)?;
        Ok(key)
    }

    fn publish(&mut self, message: Publication) -> Result<(), String> {
        let mut queue = VecDeque::new();
        self.publish(message, &mut queue)?;
        self.follow(queue)
    }

    fn correlate(
        &mut self,
        name: &str,
        correlation: &str,
        variables: Context,
    ) -> Result<(), String> {
        let message = Publication {
            name: name.to_owned(),
            correlation: correlation.to_owned(),
            variables,
            ..Publication::default()
        };
        let mut queue = VecDeque::new();
        if self.publish(message, &mut queue)? == 0 {
            return Err(format!("nothing waits for the message \"{name}\""));
        }
        self.follow(queue)
    }

    fn broadcast(&mut self, name: &str, variables: Context) -> Result<(), String> {
        let mut queue = VecDeque::new();
        self.broadcast(name, &variables, &mut queue)?;
        self.follow(queue)
    }

    fn evaluate_conditions(&mut self, variables: Context) -> Result<(), String> {
        let mut queue = VecDeque::new();
        self.conditions(&variables, &mut queue)?;
        self.follow(queue)
    }

    fn version(&mut self, process: &str, version: u32) -> Option<(Key, Arc<ProcessDefinition>)> {
        let deployed = self.catalog.version(process, version)?;
        Some((deployed.key, deployed.definition.clone()))
    }

    fn command(&mut self, instance: Key, command: Command) -> Result<(), String> {
        let mut queue = VecDeque::new();
        self.give(instance, command, &mut queue)?;
        self.follow(queue)
    }

    fn deploy_calendar(&mut self, name: &str, text: &str) -> Result<(), String> {
        self.deploy_files(&[(name.to_owned(), text.to_owned())])?;
        let mut active: Vec<Key> = self.instances.keys().copied().collect();
        active.retain(|key| self.is_active(*key));
        for instance in active {
            let mut queue = VecDeque::new();
            self.give(instance, Command::RecomputeDeadlines, &mut queue)?;
            self.follow(queue)?;
        }
        Ok(())
    }

    fn advance(&mut self, to: Timestamp) -> Result<(), String> {
        for _ in 0..TIMERS_MAX {
            let (timer, start) = (self.next_due(to), self.next_start(to));
            let Some(due) = timer
                .iter()
                .map(|(due, _)| due)
                .chain(start.iter().map(|(due, _)| due))
                .min()
            else {
                self.clock = self.clock.max(to);
                return Ok(());
            };
            self.clock = self.clock.max(*due);
            match (timer, start) {
                (Some((due, timer)), start) if start.is_none_or(|(other, _)| due <= other) => {
                    self.command(timer.instance(), Command::FireTimer { timer })?;
                }
                (_, Some((_, place))) => self.start_due(place)?,
                (_, None) => {}
            }
        }
        Err(format!("more than {TIMERS_MAX} timers fired in one wait"))
    }

    /// What is stored is JSON: states and records go through it and come back.
    fn restart(&mut self) -> Result<(), String> {
        for instance in self.instances.values_mut() {
            let text = serde_json::to_string(&instance.state).map_err(|error| error.to_string())?;
            let state: ProcessInstance =
                serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))?;
            let text =
                serde_json::to_string(&instance.records).map_err(|error| error.to_string())?;
            let records =
                serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))?;
            let again = Instance { state, records };
            if again != *instance {
                return Err(format!(
                    "stored and loaded, instance {} is another",
                    instance.state.key()
                ));
            }
            *instance = again;
        }
        Ok(())
    }

    fn instances(&mut self) -> Result<Vec<Instance>, String> {
        Ok(self.instances.values().cloned().collect())
    }

    fn check(&mut self, _: &[Instance]) -> Result<(), String> {
        Ok(())
    }
}
