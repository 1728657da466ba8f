//! A story that stops at the n-th call to the database, for every n: whatever call fails, and however, the story told to its end
//! gives what it gives undisturbed.
//!
//! Each request has an idempotency key and is asked again until it is answered, as careful clients do.

use std::collections::BTreeMap;

use bpmn::{Command, Key, Status};
use feel::{Context, Value};
use jiff::{SignedDuration, Timestamp};
use runtime::{Act, Clock, Options, Publication, Request, Resource, Runtime};
use store::{Fault, Faults, InstanceQuery, MAX_LIMIT, Store, TaskQuery};

use crate::harness::{self, Instance, projections};

/// What the story is about.
const CARE: &str = include_str!("../faults/care.bpmn");
const MAIL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="mail-definitions" targetNamespace="https://caseway.dev/faults">
  <process id="mail" isExecutable="true"><startEvent id="start"/>
    <serviceTask id="send"><extensionElements><zeebe:taskDefinition type="mail" retries="3"/></extensionElements></serviceTask>
    <endEvent id="sent"/>
    <sequenceFlow id="f" sourceRef="start" targetRef="send"/><sequenceFlow id="g" sourceRef="send" targetRef="sent"/>
  </process></definitions>"#;

/// How often something is asked again before the story gives up.
const TRIES: u32 = 8;

/// Longer than a server claims what is due.
const CLAIMED: SignedDuration = SignedDuration::from_secs(61);

/// How an instance came to its end: its process, its business id, the commands of its history, its state.
pub type Ending = (String, Option<String>, Vec<String>, Status);

/// Tells the story on an empty database, with a fault; gives how it ended and how many calls it made.
pub async fn tell(address: &str, fault: Fault, at: u64) -> Result<(Vec<Ending>, u64), String> {
    let clock = Clock::test(
        "2026-03-02T09:00:00Z"
            .parse()
            .unwrap_or(Timestamp::UNIX_EPOCH),
    );
    let mut story = Story {
        address: address.to_owned(),
        engine: open(address, &clock, None).await?,
        clock,
        faults: None,
        asked: 0,
    };
    let resources = vec![
        Resource::new("care.bpmn", CARE),
        Resource::new("mail.bpmn", MAIL),
    ];
    story.ask(Act::Deploy { resources }).await?;
    story.faults = Some(Faults::at(at, fault));
    story.reopen().await?;
    story.all().await?;
    let calls = story.faults.as_ref().map_or(0, Faults::calls);
    story.faults = None;
    story.reopen().await?;
    let endings = story.endings().await;
    story.engine.stop().await;
    Ok((endings?, calls))
}

struct Story {
    address: String,
    engine: Runtime,
    clock: Clock,
    faults: Option<Faults>,
    asked: u32,
}

async fn open(address: &str, clock: &Clock, faults: Option<&Faults>) -> Result<Runtime, String> {
    let store = Store::open(address).await.map_err(|e| e.to_string())?;
    let store = match faults {
        Some(faults) => store.with_faults(faults.clone()),
        None => store,
    };
    let opened = Runtime::open(store.clone(), clock.clone(), Options::default()).await;
    if opened.is_err() {
        store.close().await;
    }
    opened.map_err(|error| error.to_string())
}

impl Story {
    async fn all(&mut self) -> Result<(), String> {
        let mut cases = Vec::new();
        for number in 0..2 {
            let id = format!("C-{number}");
            let act = start("care", &id);
            cases.push((self.ask(act).await?, id));
        }
        self.letter("C-0").await?;
        for (case, _) in &cases {
            self.complete(*case).await?;
        }
        self.wait(SignedDuration::from_secs(1)).await?;
        self.letter("C-1").await?;
        let notice = Act::BroadcastSignal {
            name: "notice".to_owned(),
            variables: Context::default(),
        };
        self.ask(notice).await?;
        self.job().await?;
        for _ in &cases {
            self.work("print").await?;
        }
        for (case, _) in &cases {
            self.complete(*case).await?;
        }
        self.wait(SignedDuration::from_secs(1)).await
    }

    /// Asks until there is an answer; a server that is dead is started again. Gives the key of what was started, if anything.
    async fn ask(&mut self, act: Act) -> Result<Key, String> {
        self.asked += 1;
        let key = format!("k{}", self.asked);
        let mut last = String::new();
        for _ in 0..TRIES {
            let request = Request {
                idempotency_key: Some(key.clone()),
                ..Request::by("grace").act(act.clone())
            };
            match self.engine.submit(request).await {
                Ok(answer) => {
                    return Ok(answer.started().unwrap_or(Key(0)));
                }
                Err(error) if error.is_temporary() => last = error.to_string(),
                Err(error) => return Err(format!("{act:?}: {error}")),
            }
            self.go_on().await?;
        }
        Err(format!("{act:?}: still not done: {last}"))
    }

    async fn letter(&mut self, case: &str) -> Result<(), String> {
        let message = Publication {
            name: "letter".to_owned(),
            correlation: case.to_owned(),
            message_id: None,
            time_to_live_ms: 3_600_000,
            variables: Context::default(),
        };
        self.ask(Act::PublishMessage(message)).await.map(drop)
    }

    async fn complete(&mut self, instance: Key) -> Result<(), String> {
        let query = TaskQuery {
            instances: vec![instance],
            ..TaskQuery::default()
        };
        let task = loop {
            match self.engine.tasks(&query).await {
                Ok(tasks) => break tasks.into_iter().next(),
                Err(_) => self.go_on().await?,
            }
        };
        let task = task.ok_or_else(|| format!("{instance} has no task"))?.key;
        let command = Command::CompleteTask {
            task,
            by: None,
            variables: Context::default(),
        };
        self.ask(Act::Command { instance, command }).await.map(drop)
    }

    /// A job that is taken and done; where the answer to the taking is lost, when its lease is over.
    async fn job(&mut self) -> Result<(), String> {
        self.ask(start("mail", "M")).await?;
        self.work("mail").await
    }

    /// Takes a job of this type and does it.
    async fn work(&mut self, kind: &str) -> Result<(), String> {
        for _ in 0..TRIES {
            let taken = self.engine.activate_jobs(kind, "w", 1, 1_000).await;
            let Some(job) = taken.ok().and_then(|jobs| jobs.into_iter().next()) else {
                self.go_on().await?;
                self.wait(SignedDuration::from_secs(2)).await?;
                continue;
            };
            let command = Command::CompleteJob {
                job: job.key,
                variables: Context::default(),
            };
            let act = Act::WorkerCommand {
                instance: job.key.instance(),
                job: job.key,
                token: job.token,
                command,
            };
            return self.ask(act).await.map(drop);
        }
        Err("the job is not given to anybody".to_owned())
    }

    async fn wait(&mut self, time: SignedDuration) -> Result<(), String> {
        let to = self.clock.now() + time;
        self.clock.set(to);
        for _ in 0..TRIES {
            self.engine.wait_idle().await;
            let query = |status| InstanceQuery {
                status: Some(status),
                limit: MAX_LIMIT,
                ..InstanceQuery::default()
            };
            let running = self.engine.instances(&query(Status::Active)).await;
            let overdue = running.map(|running| {
                let timers = running.iter().flat_map(|view| view.state.timers().values());
                timers.filter(|timer| timer.due <= to).count()
            });
            if matches!(overdue, Ok(0)) {
                return Ok(());
            }
            self.go_on().await?;
            // On a shared database a dead server's claim must run out.
            self.clock.set(self.clock.now() + CLAIMED);
        }
        Err("timers that are due do not fire".to_owned())
    }

    /// After a failure: starts the server again, if it is one that stays dead.
    async fn go_on(&mut self) -> Result<(), String> {
        if self.faults.as_ref().is_some_and(Faults::stays) {
            self.faults = None;
            self.reopen().await?;
        }
        Ok(())
    }

    async fn reopen(&mut self) -> Result<(), String> {
        self.engine.stop().await;
        match open(&self.address, &self.clock, self.faults.as_ref()).await {
            Ok(engine) => self.engine = engine,
            // The fault met it while it started.
            Err(_) => self.engine = open(&self.address, &self.clock, None).await?,
        }
        Ok(())
    }

    /// How all instances have ended, after a look at the invariants.
    async fn endings(&self) -> Result<Vec<Ending>, String> {
        let query = InstanceQuery {
            limit: MAX_LIMIT,
            ..InstanceQuery::default()
        };
        let told = |error: runtime::Error| error.to_string();
        let (mut instances, mut endings) = (Vec::new(), Vec::new());
        for view in self.engine.instances(&query).await.map_err(told)? {
            let history = self.engine.history(view.key).await.map_err(told)?;
            let commands = history.iter().map(|row| row.command.clone()).collect();
            endings.push((view.process_id, view.business_id, commands, view.status));
            let instance = Instance {
                state: view.state,
                records: history.into_iter().flat_map(|row| row.records).collect(),
            };
            let tables = projections::check(&self.engine, &instance).await;
            tables.map_err(told)??;
            instances.push(instance);
        }
        harness::check(&instances)?;
        endings.sort_by_key(|ending| (ending.0.clone(), ending.1.clone()));
        Ok(endings)
    }
}

fn start(process_id: &str, business_id: &str) -> Act {
    Act::Start {
        process_id: process_id.to_owned(),
        version: None,
        at: None,
        business_id: Some(business_id.to_owned()),
        variables: Context::from_iter([("id".to_owned(), Value::from(business_id))]),
        calendar: None,
    }
}

/// Compares what the story gives undisturbed with what it gives with each of the faults; `Err` names the call.
pub async fn every_call(
    address: impl Fn() -> Result<String, String>,
    fault: Fault,
    step: usize,
) -> Result<u64, String> {
    let (expected, calls) = tell(&address()?, fault, u64::MAX).await?;
    let counted: BTreeMap<&str, usize> = expected.iter().fold(BTreeMap::new(), |mut all, one| {
        *all.entry(one.0.as_str()).or_default() += 1;
        all
    });
    if counted != BTreeMap::from([("care", 2), ("mail", 1), ("note", 2)])
        || expected.iter().any(|ending| ending.3 != Status::Completed)
    {
        return Err(format!("the story itself does not end well: {expected:?}"));
    }
    for at in (1..=calls).step_by(step) {
        let told = tell(&address()?, fault, at).await;
        let (endings, _) = told.map_err(|problem| format!("{fault:?} at call {at}: {problem}"))?;
        if endings != expected {
            return Err(format!(
                "{fault:?} at call {at}:\n  {endings:?}\ninstead of\n  {expected:?}"
            ));
        }
    }
    Ok(calls)
}
