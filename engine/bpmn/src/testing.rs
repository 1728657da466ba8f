//! For unit tests: small models, and a run of instances that checks every invariant after every command.

mod following;
mod models;

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::{Context, Value};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use xml::Severity;

pub(crate) use models::{
    document, flow_if, flows, for_each, heard, message, process, script, service, timer_on,
};

use crate::{
    Awaited, Catalog, Command, FollowUp, Key, ProcessInstance, Reading, Record, Rejection, Start,
    StartInstructions, Status, invariants, read, start, start_with, step,
};

pub(crate) fn context(json: Json) -> Context {
    Value::from_json(json)
        .as_context()
        .cloned()
        .unwrap_or_default()
}

/// The errors and warnings of a process, as sentences.
#[track_caller]
pub(crate) fn check_problems(body: &str, expected: &[&str]) {
    check_problems_of(&process(body), expected);
}

/// The errors and warnings of a document, as sentences.
#[track_caller]
pub(crate) fn check_problems_of(text: &str, expected: &[&str]) {
    check_severities(text, expected, |severity| severity != Severity::Hint);
}

/// The hints of a process, as sentences.
#[track_caller]
pub(crate) fn check_hints(body: &str, expected: &[&str]) {
    check_severities(&process(body), expected, |severity| {
        severity == Severity::Hint
    });
}

#[track_caller]
fn check_severities(text: &str, expected: &[&str], wanted: fn(Severity) -> bool) {
    let reading = read(text);
    let found: Vec<String> = reading
        .report
        .problems
        .iter()
        .filter(|problem| wanted(problem.severity))
        .map(|problem| format!("{}: {}", problem.severity, problem.message))
        .collect();
    assert_eq!(found, expected);
}

/// Instances that run on the core alone.
pub(crate) struct Run {
    pub(crate) catalog: Catalog,
    pub(crate) now: Timestamp,
    /// The instance that was started first.
    pub(crate) main: Key,
    pub(crate) instances: BTreeMap<Key, ProcessInstance>,
    pub(crate) records: BTreeMap<Key, Vec<Record>>,
    /// The messages and signals that instances have sent.
    pub(crate) sent: Vec<FollowUp>,
}

impl Run {
    /// Deploys a process and starts it.
    #[track_caller]
    pub(crate) fn of(body: &str) -> Run {
        Run::with(&[&process(body)], json!({}))
    }

    /// Deploys documents and starts the first process with variables.
    #[track_caller]
    pub(crate) fn with(documents: &[&str], variables: Json) -> Run {
        Run::in_catalog(Run::catalog(documents), variables)
    }

    /// Deploys documents, one after another, and starts the latest version of a process.
    #[track_caller]
    pub(crate) fn deployed(documents: &[&str], variables: Json, process: &str) -> Run {
        let catalog = Run::catalog(documents);
        let definition = catalog.latest(process).expect("a process").key;
        Run::at(catalog, definition, None, 0, variables)
    }

    #[track_caller]
    fn catalog(documents: &[&str]) -> Catalog {
        let mut catalog = Catalog::default();
        let mut next = 1;
        for text in documents {
            let Reading { processes, report } = read(text);
            assert!(report.is_deployable(), "{:#?}", report.problems);
            for process in processes {
                let version = catalog
                    .latest(process.id())
                    .map_or(1, |latest| latest.version + 1);
                catalog = catalog.with_process(Key(next), version, Arc::clone(&process));
                next += 1;
            }
        }
        catalog
    }

    /// Starts the process with the definition key 1.
    #[track_caller]
    pub(crate) fn in_catalog(catalog: Catalog, variables: Json) -> Run {
        Run::at(catalog, Key(1), None, 0, variables)
    }

    /// Starts the process of a document because something has happened: an event, and which of its definitions.
    #[track_caller]
    pub(crate) fn begun(text: &str, at: &str, definition: u32, variables: Json) -> Run {
        let Reading { processes, report } = read(text);
        assert!(report.is_deployable(), "{:#?}", report.problems);
        let catalog = Catalog::default().with_process(Key(1), 1, Arc::clone(&processes[0]));
        Run::at(catalog, Key(1), Some(at), definition, variables)
    }

    /// Starts the process of a document with instructions.
    pub(crate) fn started_with(
        text: &str,
        variables: Json,
        instructions: StartInstructions,
    ) -> Result<Run, Rejection> {
        let catalog = Run::catalog(&[text]);
        let mut run = Run::empty(catalog);
        let first = run.first(Key(1), None, 0, variables);
        let key = run.main;
        let (instance, step) = start_with(&run.catalog, first, instructions, run.now)?;
        run.instances.insert(key, instance);
        run.records.insert(key, step.records);
        run.check(key);
        run.follow(step.follow_ups);
        Ok(run)
    }

    fn empty(catalog: Catalog) -> Run {
        Run {
            catalog,
            now: "2026-03-02T06:00:00Z".parse().expect("a moment"),
            main: Key::of_instance(1),
            instances: BTreeMap::new(),
            records: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    fn first(
        &self,
        definition: Key,
        at: Option<&str>,
        definition_of_at: u32,
        variables: Json,
    ) -> Start {
        Start {
            key: self.main,
            definition,
            at: at.map(str::to_owned),
            definition_of_at,
            business_id: Some("CASE-1".into()),
            variables: context(variables),
            parent: None,
            calendar: None,
        }
    }

    #[track_caller]
    fn at(
        catalog: Catalog,
        definition: Key,
        at: Option<&str>,
        definition_of_at: u32,
        variables: Json,
    ) -> Run {
        let mut run = Run::empty(catalog);
        let first = run.first(definition, at, definition_of_at, variables);
        let more = run.start(first);
        run.follow(more);
        run
    }

    #[track_caller]
    fn start(&mut self, what: Start) -> Vec<FollowUp> {
        let key = what.key;
        let (instance, step) = start(&self.catalog, what, self.now).expect("a start");
        Run::check_json(&step.records);
        self.remember_stores(&step.records);
        self.instances.insert(key, instance);
        self.records.insert(key, step.records);
        self.check(key);
        step.follow_ups
    }

    #[track_caller]
    fn check(&self, key: Key) {
        let instance = &self.instances[&key];
        if let Err(broken) = invariants::check(instance, &self.records[&key]) {
            panic!("{broken}");
        }
        let json = serde_json::to_string(instance).expect("state as JSON");
        let back: ProcessInstance = serde_json::from_str(&json).expect("state from JSON");
        assert_eq!(back, *instance, "{json}");
    }

    fn remember_stores(&mut self, records: &[Record]) {
        if let Some(catalog) = self.catalog.with_written(records) {
            self.catalog = catalog;
        }
    }

    /// Records are stored as JSON too.
    #[track_caller]
    fn check_json(records: &[Record]) {
        let json = serde_json::to_string(records).expect("records as JSON");
        let back: Vec<Record> = serde_json::from_str(&json).expect("records from JSON");
        assert_eq!(back, records, "{json}");
    }

    /// Publishes a message as if from outside.
    #[track_caller]
    pub(crate) fn publish(&mut self, name: &str, correlation: &str, variables: Json) {
        let (name, correlation) = (name.to_owned(), correlation.to_owned());
        let awaits = Awaited::Message { name, correlation };
        let more = self.deliver(&awaits, 1, &context(variables));
        self.follow(more);
    }

    /// Broadcasts a signal as if from outside.
    #[track_caller]
    pub(crate) fn broadcast(&mut self, name: &str, variables: Json) {
        let name = name.to_owned();
        let more = self.deliver(&Awaited::Signal { name }, usize::MAX, &context(variables));
        self.follow(more);
    }

    /// What the main instance waits for: event, and message or signal.
    pub(crate) fn awaits(&self) -> Vec<String> {
        let open = self.instance().subscriptions().values();
        open.map(|subscription| match &subscription.awaits {
            Awaited::Message { name, correlation } => {
                format!("{} {name} {correlation}", subscription.element)
            }
            Awaited::Signal { name } => format!("{} {name}", subscription.element),
            Awaited::Condition { held } => format!("{} {held}", subscription.element),
        })
        .collect()
    }

    #[track_caller]
    pub(crate) fn step(&mut self, key: Key, command: Command) -> Result<Vec<FollowUp>, Rejection> {
        let instance = self.instances.get_mut(&key).expect("an instance");
        let before = instance.clone();
        let json = serde_json::to_string(&command).expect("a command as JSON");
        let command: Command = serde_json::from_str(&json).expect("a command from JSON");
        let done = step(&self.catalog, instance, command, self.now);
        if done.is_err() {
            assert_eq!(before, *instance, "a rejection changes nothing");
        }
        let done = done?;
        Run::check_json(&done.records);
        self.remember_stores(&done.records);
        self.records
            .get_mut(&key)
            .expect("records")
            .extend(done.records);
        self.check(key);
        Ok(done.follow_ups)
    }

    /// Gives a command to the main instance.
    #[track_caller]
    pub(crate) fn command(&mut self, command: Command) -> Result<(), Rejection> {
        self.send(self.main, command)
    }

    /// The instance that a call activity started.
    pub(crate) fn called(&self) -> Key {
        *self.instances.keys().last().expect("an instance")
    }

    pub(crate) fn instance(&self) -> &ProcessInstance {
        &self.instances[&self.main]
    }

    /// Names of the open tasks of all instances.
    pub(crate) fn tasks(&self) -> Vec<String> {
        let tasks = self.instances.values().flat_map(|i| i.tasks().values());
        tasks.map(|task| task.name.to_string()).collect()
    }

    /// Types of the open jobs of all instances.
    pub(crate) fn jobs(&self) -> Vec<String> {
        let jobs = self.instances.values().flat_map(|i| i.jobs().values());
        jobs.map(|job| job.job_type.clone()).collect()
    }

    /// Completes the first job of this type.
    #[track_caller]
    pub(crate) fn finish(&mut self, job_type: &str, variables: Json) {
        let (job, variables) = (self.job(job_type), context(variables));
        self.send(job, Command::CompleteJob { job, variables })
            .expect("a completion");
    }

    /// Completes the first open task of this name.
    #[track_caller]
    pub(crate) fn complete(&mut self, name: &str, variables: Json) {
        let tasks = self.instances.values().flat_map(|i| i.tasks().values());
        let found = tasks.into_iter().find(|task| &*task.name == name);
        let task = found
            .unwrap_or_else(|| panic!("no task {name} in {:?}", self.tasks()))
            .key;
        let command = Command::CompleteTask {
            task,
            by: None,
            variables: context(variables),
        };
        let more = self.step(task.instance(), command).expect("a completion");
        self.follow(more);
    }

    /// The key of the first job of this type.
    #[track_caller]
    pub(crate) fn job(&self, job_type: &str) -> Key {
        let jobs = self.instances.values().flat_map(|i| i.jobs().values());
        let mut found = jobs.into_iter().filter(|job| job.job_type == job_type);
        found.next().expect("a job of this type").key
    }

    /// Gives a command to the instance that a key belongs to.
    #[track_caller]
    pub(crate) fn send(&mut self, to: Key, command: Command) -> Result<(), Rejection> {
        let more = self.step(to.instance(), command)?;
        self.follow(more);
        Ok(())
    }

    /// Moves the clock to the next timer of this event and fires it.
    #[track_caller]
    pub(crate) fn fire(&mut self, event: &str) {
        let timers = self.instances.values().flat_map(|i| i.timers().values());
        let found = timers.into_iter().find(|timer| &*timer.element == event);
        let timer = found.expect("a timer of this event").clone();
        self.now = self.now.max(timer.due);
        let command = Command::FireTimer { timer: timer.key };
        let more = self.step(timer.key.instance(), command).expect("a firing");
        self.follow(more);
    }

    /// When the timers of the main instance fire: event and moment.
    pub(crate) fn timers(&self) -> Vec<String> {
        let timers = self.instance().timers().values();
        timers
            .map(|timer| format!("{} {}", timer.element, timer.due))
            .collect()
    }

    /// Messages of the open incidents of all instances.
    pub(crate) fn incidents(&self) -> Vec<String> {
        let incidents = self.instances.values().flat_map(|i| i.incidents().values());
        incidents.map(|incident| incident.message.clone()).collect()
    }

    /// Resolves the first incident.
    #[track_caller]
    pub(crate) fn resolve(&mut self) {
        let mut incidents = self.instances.values().flat_map(|i| i.incidents().keys());
        let incident = *incidents.next().expect("an incident");
        let command = Command::ResolveIncident { incident };
        let more = self
            .step(incident.instance(), command)
            .expect("a resolution");
        self.follow(more);
    }

    #[track_caller]
    pub(crate) fn set(&mut self, variables: Json) {
        let command = Command::SetVariables {
            scope: self.main,
            variables: context(variables),
            local: false,
        };
        self.command(command).expect("variables");
    }

    /// A variable of the main instance as JSON; null where it does not exist.
    pub(crate) fn variable(&self, name: &str) -> Json {
        self.instance()
            .variable(name)
            .map_or(Json::Null, Value::to_json)
    }

    /// Ids of the elements that completed in the main instance, in order.
    pub(crate) fn passed(&self) -> String {
        let records = &self.records[&self.main];
        let mut names = BTreeMap::new();
        let mut passed = Vec::new();
        for record in records {
            if let Record::ElementActivated { key, element, .. } = record {
                names.insert(*key, element.to_string());
            } else if let Record::ElementCompleted { key } = record {
                passed.push(names[key].clone());
            }
        }
        passed.join(" ")
    }

    pub(crate) fn ended(&self) -> bool {
        self.instance().status() == Status::Completed
    }
}
