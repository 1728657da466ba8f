//! The whole runtime over a database, with a test clock. `restart` really closes the database and opens it again.

use std::sync::Arc;

use bpmn::{Command, Key, ProcessDefinition};
use feel::Context;
use jiff::Timestamp;
use runtime::{Act, Clock, Options, Publication, Request, Resource, Runtime};
use store::{InstanceQuery, MAX_LIMIT, Store};

use super::{Harness, Instance, World, projections};
use crate::scratch::Scratch;

/// The runtime over a database of its own.
#[derive(Debug)]
pub struct Stored {
    tokio: tokio::runtime::Runtime,
    database: Database,
    world: World,
    clock: Clock,
    engine: Runtime,
    /// What was read since the last change.
    read: Option<Vec<Instance>>,
}

/// Where everything is stored.
#[derive(Debug)]
enum Database {
    /// A SQLite file in a folder that goes with the test.
    File(Scratch),
    /// A schema of the PostgreSQL server that the tests share, by its address.
    Schema(String),
}

impl Database {
    fn address(&self) -> String {
        match self {
            Database::File(folder) => {
                format!("sqlite:{}", folder.path().join("caseway.db").display())
            }
            Database::Schema(address) => address.clone(),
        }
    }
}

impl Stored {
    /// Opens a new SQLite file and deploys what the world holds.
    pub fn over_sqlite(world: &World) -> Result<Stored, String> {
        Stored::over(Database::File(Scratch::new()?), world)
    }

    /// Opens a new schema of a real PostgreSQL server and deploys what the world holds.
    pub fn over_postgresql(world: &World) -> Result<Stored, String> {
        let server = servers::Postgres::shared()?;
        Stored::over(Database::Schema(server.schema()?), world)
    }

    fn over(database: Database, world: &World) -> Result<Stored, String> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let clock = Clock::test(world.clock);
        let engine = tokio.block_on(open(&database, &clock, world))?;
        let mut stored = Stored {
            tokio,
            database,
            world: world.clone(),
            clock,
            engine,
            read: None,
        };
        stored.deploy(&world.resources)?;
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

/// The histories are whole, and states and tables are what their records say.
async fn verified(database: &Database) -> Result<(), String> {
    let store = Store::snapshot(&database.address()).await;
    let store = store.map_err(|error| error.to_string())?;
    let found = runtime::verify::verify(&store, |_| ()).await;
    store.close().await;
    let found = found.map_err(|error| error.to_string())?;
    if found.is_whole() {
        Ok(())
    } else {
        Err(format!("verification finds {:?}", found.first))
    }
}

async fn open(database: &Database, clock: &Clock, world: &World) -> Result<Runtime, String> {
    let options = Options {
        zone: world.zone.clone(),
        calendar: world.calendar.clone(),
    };
    let store = Store::open(&database.address())
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
        match &self.database {
            Database::File(_) => "the runtime over SQLite",
            Database::Schema(_) => "the runtime over PostgreSQL",
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn deploy(&mut self, resources: &[(String, String)]) -> Result<(), String> {
        let resources = resources
            .iter()
            .map(|(name, text)| Resource::new(name, text))
            .collect();
        self.submit(Act::Deploy { resources }).map(|_| ())
    }

    fn start(
        &mut self,
        process: &str,
        at: Option<&str>,
        variables: Context,
    ) -> Result<Key, String> {
        let act = Act::Start {
            process_id: process.to_owned(),
            version: None,
            at: at.map(str::to_owned),
            business_id: None,
            variables,
            calendar: None,
        };
        self.submit(act)?
            .started()
            .ok_or_else(|| "the answer names no instance".to_owned())
    }

    fn publish(&mut self, message: Publication) -> Result<(), String> {
        self.submit(Act::PublishMessage(message)).map(|_| ())
    }

    fn correlate(
        &mut self,
        name: &str,
        correlation: &str,
        variables: Context,
    ) -> Result<(), String> {
        let act = Act::CorrelateMessage {
            name: name.to_owned(),
            correlation: correlation.to_owned(),
            variables,
        };
        self.submit(act).map(|_| ())
    }

    fn broadcast(&mut self, name: &str, variables: Context) -> Result<(), String> {
        let name = name.to_owned();
        self.submit(Act::BroadcastSignal { name, variables })
            .map(|_| ())
    }

    fn evaluate_conditions(&mut self, variables: Context) -> Result<(), String> {
        self.submit(Act::EvaluateConditions { variables })
            .map(|_| ())
    }

    fn version(&mut self, process: &str, version: u32) -> Option<(Key, Arc<ProcessDefinition>)> {
        let catalog = self.engine.catalog();
        let deployed = catalog.version(process, version)?;
        Some((deployed.key, deployed.definition.clone()))
    }

    fn command(&mut self, instance: Key, command: Command) -> Result<(), String> {
        self.submit(Act::Command { instance, command }).map(|_| ())
    }

    fn deploy_calendar(&mut self, name: &str, text: &str) -> Result<(), String> {
        let resources = vec![Resource::new(name, text)];
        self.submit(Act::Deploy { resources }).map(|_| ())
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
        let (engine, clock, world) = (&self.engine, &self.clock, &self.world);
        let database = &self.database;
        self.engine = self.tokio.block_on(async {
            engine.stop().await;
            verified(database).await?;
            open(database, clock, world).await
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
