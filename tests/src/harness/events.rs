//! Messages, signals and what starts processes, on the pure core: kept in plain lists and looked through from the
//! beginning each time, so that it is easy to see that it is right.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bpmn::{Awaited, Come, Command, EntryAwaits, FollowUp, Key, Repeat, Start, Status};
use feel::Context;
use jiff::{SignedDuration, Timestamp};
use runtime::Publication;

use super::core::Core;

/// What the core's world remembers beside its instances.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The messages that are kept, the oldest first.
    kept: Vec<Kept>,
    /// The running instance that a message with a correlation key has started, by process and key.
    locks: BTreeMap<(String, String), Key>,
    /// Times at which instances start.
    pub(super) starts: Vec<StartTimer>,
}

#[derive(Debug)]
struct Kept {
    message: Publication,
    expires_at: Timestamp,
    /// The processes that have had it.
    used: BTreeSet<String>,
}

/// A time at which an instance starts.
#[derive(Clone, Debug)]
pub(super) struct StartTimer {
    definition: Key,
    element: String,
    definition_of_at: u32,
    pub(super) due: Timestamp,
    repeat: Option<Repeat>,
}

/// Somebody who waits: subscription, process, and the event in the model.
struct Waiting {
    subscription: Key,
    process: String,
    element: String,
}

impl Core {
    /// Notes the times at which instances of what is deployed start.
    pub(super) fn start_timers(&mut self) {
        for deployed in self.catalog.processes() {
            for entry in bpmn::entries(&self.catalog, deployed.key, self.clock).0 {
                if let EntryAwaits::Timer { due, repeat } = entry.awaits {
                    self.events.starts.push(StartTimer {
                        definition: deployed.key,
                        element: entry.element,
                        definition_of_at: entry.definition,
                        due,
                        repeat,
                    });
                }
            }
        }
    }

    /// Starts an instance whose time has come; the timer goes on if it repeats.
    pub(super) fn start_due(&mut self, place: usize) -> Result<(), String> {
        let timer = self.events.starts.remove(place);
        let mut queue = VecDeque::new();
        let zone = &self.catalog.zone;
        let Come { counts, next } = bpmn::come(timer.due, timer.repeat.as_ref(), self.clock, zone);
        if counts {
            let process = self.process_of(timer.definition);
            self.begin_at(
                &timer.element,
                timer.definition_of_at,
                &process,
                Context::default(),
                &mut queue,
            )?;
        }
        if let Some((due, repeat)) = next {
            let repeat = Some(repeat);
            self.events.starts.push(StartTimer {
                due,
                repeat,
                ..timer
            });
        }
        self.follow(queue)
    }

    pub(super) fn publish(
        &mut self,
        message: Publication,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<usize, String> {
        let now = self.clock;
        self.events.kept.retain(|kept| kept.expires_at > now);
        let is_same = |kept: &Kept| {
            let other = &kept.message;
            (&other.name, &other.correlation, &other.message_id)
                == (&message.name, &message.correlation, &message.message_id)
        };
        if message.message_id.is_some() && self.events.kept.iter().any(is_same) {
            return Err("a message with this id was published before".to_owned());
        }
        let mut used = BTreeSet::new();
        for waiting in self.waiting(|awaits| is_for(awaits, &message)) {
            if !used.contains(&waiting.process) {
                self.trigger(waiting.subscription, &message.variables, queue)?;
                used.insert(waiting.process);
            }
        }
        for (process, element, definition_of_at) in self.starts(
            |awaits| matches!(awaits, EntryAwaits::Message { name } if *name == message.name),
        ) {
            let lock = (process.clone(), message.correlation.clone());
            if used.contains(&process) || self.is_locked(&lock) {
                continue;
            }
            let variables = message.variables.clone();
            let key = self.begin_at(&element, definition_of_at, &process, variables, queue)?;
            self.lock(lock, key);
            used.insert(process);
        }
        let number = used.len();
        let life =
            SignedDuration::from_millis(message.time_to_live_ms.try_into().unwrap_or(i64::MAX));
        let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        if expires_at > now {
            self.events.kept.push(Kept {
                message,
                expires_at,
                used,
            });
        }
        Ok(number)
    }

    pub(super) fn broadcast(
        &mut self,
        name: &str,
        variables: &Context,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<(), String> {
        let is_it = |awaits: &Awaited| matches!(awaits, Awaited::Signal { name: of } if of == name);
        let mut reached = BTreeSet::new();
        for waiting in self.waiting(is_it) {
            // The one before may have ended what this one waits for.
            if self.is_open(waiting.subscription) {
                self.trigger(waiting.subscription, variables, queue)?;
                reached.insert((waiting.process, waiting.element));
            }
        }
        let starts =
            self.starts(|awaits| matches!(awaits, EntryAwaits::Signal { name: of } if of == name));
        for (process, element, definition_of_at) in starts {
            // Who waits at a parallel multiple start event has had it.
            if reached.contains(&(process.clone(), element.clone())) {
                continue;
            }
            self.begin_at(
                &element,
                definition_of_at,
                &process,
                variables.clone(),
                queue,
            )?;
        }
        Ok(())
    }

    pub(super) fn conditions(
        &mut self,
        variables: &Context,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<(), String> {
        for (process, element, definition_of_at) in
            self.starts(|awaits| matches!(awaits, EntryAwaits::Condition))
        {
            let deployed = self.catalog.latest(&process).map(|deployed| deployed.key);
            let holding = deployed
                .map(|key| bpmn::conditions_true(&self.catalog, key, variables, self.clock));
            let this = (element.clone(), definition_of_at);
            if holding.is_some_and(|holding| holding.contains(&this)) {
                self.begin_at(
                    &element,
                    definition_of_at,
                    &process,
                    variables.clone(),
                    queue,
                )?;
            }
        }
        Ok(())
    }

    /// Gives one kept message to somebody who waits for it, or starts an instance with it; whether there was one.
    pub(super) fn give_kept(&mut self, queue: &mut VecDeque<FollowUp>) -> Result<bool, String> {
        let now = self.clock;
        self.events.kept.retain(|kept| kept.expires_at > now);
        for place in 0..self.events.kept.len() {
            let kept = &self.events.kept[place];
            let (message, used) = (kept.message.clone(), kept.used.clone());
            let mut waiting = self.waiting(|awaits| is_for(awaits, &message)).into_iter();
            if let Some(waiting) = waiting.find(|waiting| !used.contains(&waiting.process)) {
                self.events.kept[place].used.insert(waiting.process);
                self.trigger(waiting.subscription, &message.variables, queue)?;
                return Ok(true);
            }
            let starts = self.starts(
                |awaits| matches!(awaits, EntryAwaits::Message { name } if *name == message.name),
            );
            for (process, element, definition_of_at) in starts {
                let lock = (process.clone(), message.correlation.clone());
                if used.contains(&process) || self.is_locked(&lock) {
                    continue;
                }
                self.events.kept[place].used.insert(process.clone());
                let key = self.begin_at(
                    &element,
                    definition_of_at,
                    &process,
                    message.variables,
                    queue,
                )?;
                self.lock(lock, key);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who waits for something, the longest waiting first as far as keys tell.
    fn waiting(&self, fits: impl Fn(&Awaited) -> bool) -> Vec<Waiting> {
        let instances = self.instances.values();
        // What is suspended waits for nothing.
        let goes_on = instances.filter(|instance| instance.state.suspended_at().is_none());
        let subscriptions = goes_on.flat_map(|instance| {
            let process = instance.state.process_id();
            let open = instance.state.subscriptions().values();
            open.map(move |subscription| (process, subscription))
        });
        subscriptions
            .filter(|(_, subscription)| fits(&subscription.awaits))
            .map(|(process, subscription)| Waiting {
                subscription: subscription.key,
                process: process.to_owned(),
                element: subscription.element.to_string(),
            })
            .collect()
    }

    fn is_open(&self, subscription: Key) -> bool {
        let instance = self.instances.get(&subscription.instance());
        instance.is_some_and(|instance| instance.state.subscriptions().contains_key(&subscription))
    }

    fn trigger(
        &mut self,
        subscription: Key,
        variables: &Context,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<(), String> {
        let variables = variables.clone();
        let command = Command::Trigger {
            subscription,
            variables,
        };
        self.give(subscription.instance(), command, queue)
    }

    /// Process, element and definition of all entries that fit.
    fn starts(&self, fits: impl Fn(&EntryAwaits) -> bool) -> Vec<(String, String, u32)> {
        let mut found = Vec::new();
        for deployed in self.catalog.processes() {
            let entries = bpmn::entries(&self.catalog, deployed.key, self.clock).0;
            for entry in entries.into_iter().filter(|entry| fits(&entry.awaits)) {
                let process = deployed.definition.id().to_owned();
                found.push((process, entry.element, entry.definition));
            }
        }
        found
    }

    fn begin_at(
        &mut self,
        element: &str,
        definition_of_at: u32,
        process: &str,
        variables: Context,
        queue: &mut VecDeque<FollowUp>,
    ) -> Result<Key, String> {
        let deployed = self.catalog.latest(process);
        let definition = deployed.map(|deployed| deployed.key).unwrap_or_default();
        let key = self.next_key();
        let start = Start {
            key,
            definition,
            at: Some(element.to_owned()),
            definition_of_at,
            business_id: None,
            variables,
            parent: None,
            calendar: None,
        };
        self.begin(start, queue)?;
        Ok(key)
    }

    fn process_of(&self, definition: Key) -> String {
        let deployed = self.catalog.process(definition);
        deployed.map_or_else(String::new, |deployed| deployed.definition.id().to_owned())
    }

    fn lock(&mut self, lock: (String, String), holder: Key) {
        if !lock.1.is_empty() {
            self.events.locks.insert(lock, holder);
        }
    }

    fn is_locked(&self, lock: &(String, String)) -> bool {
        let holder = self.events.locks.get(lock);
        let holder = holder.and_then(|holder| self.instances.get(holder));
        holder.is_some_and(|holder| holder.state.status() == Status::Active)
    }
}

fn is_for(awaits: &Awaited, message: &Publication) -> bool {
    matches!(awaits, Awaited::Message { name, correlation }
        if *name == message.name && *correlation == message.correlation)
}
