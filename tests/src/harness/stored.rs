//! The whole runtime over a SQLite file, with a test clock. `restart` really closes the file and opens it again.

use bpmn::{Command, Key};
use feel::Context;
use jiff::Timestamp;
use runtime::{Act, Clock, Options, Request, Resource, Runtime};
use store::{InstanceQuery, MAX_LIMIT, Store};

use super::{Harness, Instance, World, projections};
use crate::scratch::Scratch;

/// The runtime over a file of its own.
#[derive(Debug)]
pub struct Stored {
    tokio: tokio::runtime::Runtime,
    folder: Scratch,
    world: World,
    clock: Clock,
    engine: Runtime,
    /// What was read since the last change.
    read: Option<Vec<Instance>>,
}

impl Stored {
    /// Opens a new database and deploys what the world holds.
    pub fn new(world: &World) -> Result<Stored, String> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let folder = Scratch::new()?;
        let clock = Clock::test(world.clock);
        let engine = tokio.block_on(open(&folder, &clock, world))?;
        let mut stored = Stored {
            tokio,
            folder,
            world: world.clone(),
            clock,
            engine,
            read: None,
        };
        let resources = world
            .resources
            .iter()
            .map(|(name, text)| Resource::new(name, text))
            .collect();
        stored.submit(Act::Deploy { resources })?;
        Ok(stored)
    }

    fn submit(&mut self, act: Act) -> Result<runtime::Answer, String> {
        self.read = None;
        let request = Request::by("scenario").act(act);
        let engine = &self.engine;
        self.tokio.block_on(async {
            let answer = engine.submit(request).await;
            // A timer may be due at once.
            engine.wait_idle().await;
            answer.map_err(|error| error.to_string())
        })
    }

    async fn read(engine: &Runtime) -> runtime::Result<Vec<Instance>> {
        let query = InstanceQuery {
            limit: MAX_LIMIT,
            ..InstanceQuery::default()
        };
        let mut instances = Vec::new();
        for view in engine.instances(&query).await? {
            let history = engine.history(view.key).await?;
            let records = history.into_iter().flat_map(|row| row.records).collect();
            instances.push(Instance {
                state: view.state,
                records,
            });
        }
        instances.sort_by_key(|instance| instance.state.key());
        Ok(instances)
    }
}

async fn open(folder: &Scratch, clock: &Clock, world: &World) -> Result<Runtime, String> {
    let address = format!("sqlite:{}", folder.path().join("caseway.db").display());
    let options = Options {
        zone: world.zone.clone(),
        calendar: world.calendar.clone(),
    };
    let store = Store::open(&address)
        .await
        .map_err(|error| error.to_string())?;
    let engine = Runtime::open(store, clock.clone(), options)
        .await
        .map_err(|error| error.to_string())?;
    engine.wait_idle().await;
    Ok(engine)
}

impl Harness for Stored {
    fn name(&self) -> &'static str {
        "the runtime over SQLite"
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn start(&mut self, process: &str, variables: Context) -> Result<Key, String> {
        let act = Act::Start {
            process_id: process.to_owned(),
            version: None,
            business_id: None,
            variables,
        };
        self.submit(act)?
            .started()
            .ok_or_else(|| "the answer names no instance".to_owned())
    }

    fn command(&mut self, instance: Key, command: Command) -> Result<(), String> {
        self.submit(Act::Command { instance, command }).map(|_| ())
    }

    fn advance(&mut self, to: Timestamp) -> Result<(), String> {
        self.read = None;
        self.clock.set(to);
        self.tokio.block_on(self.engine.wait_idle());
        if self.clock.now() < to {
            Err(format!("the clock stopped at {}", self.clock.now()))
        } else {
            Ok(())
        }
    }

    fn restart(&mut self) -> Result<(), String> {
        self.read = None;
        let (engine, folder, clock, world) = (&self.engine, &self.folder, &self.clock, &self.world);
        self.engine = self.tokio.block_on(async {
            engine.stop().await;
            open(folder, clock, world).await
        })?;
        Ok(())
    }

    fn instances(&mut self) -> Result<Vec<Instance>, String> {
        if self.read.is_none() {
            let instances = self
                .tokio
                .block_on(Stored::read(&self.engine))
                .map_err(|error| error.to_string())?;
            self.read = Some(instances);
        }
        Ok(self.read.clone().unwrap_or_default())
    }

    fn check(&mut self, instances: &[Instance]) -> Result<(), String> {
        let engine = &self.engine;
        let checked = self.tokio.block_on(async {
            for instance in instances {
                if let Err(problem) = projections::check(engine, instance).await? {
                    return Ok(Err(format!(
                        "the tables say otherwise about instance {}: {problem}",
                        instance.state.key()
                    )));
                }
            }
            Ok::<_, runtime::Error>(Ok(()))
        });
        checked.map_err(|error| error.to_string())?
    }
}
