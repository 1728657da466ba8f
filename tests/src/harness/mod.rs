//! What runs a scenario: the pure core alone, or the whole runtime over a database.
//!
//! A harness starts instances, gives commands, moves the clock and shows what is there. The story (what a line means, what
//! is expected) is told once, in [`story`], for all of them.

mod core;
mod deploying;
mod events;
mod invariants;
mod names;
pub(crate) mod projections;
mod stored;
mod story;

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::{Command, Key, ProcessDefinition, ProcessInstance, Record};
use feel::{Context, MondayToFriday, WorkingDays};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use processes::Calendar;
use runtime::Publication;

use crate::scenario::{Folder, Scenario};

pub use self::core::Core;
pub use self::invariants::check;
pub use self::names::Names;
pub use self::stored::Stored;
pub use self::story::{Failure, play};

/// An instance as a harness sees it: its state, and all that happened in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The state.
    pub state: ProcessInstance,
    /// The records from its first on.
    pub records: Vec<Record>,
}

/// What can be done with an engine in a test. Every error is a sentence.
pub trait Harness {
    /// What it is called in a failure.
    fn name(&self) -> &'static str;

    /// The time on its clock.
    fn now(&self) -> Timestamp;

    /// Deploys files, given as names and texts, in one deployment.
    fn deploy(&mut self, resources: &[(String, String)]) -> Result<(), String>;

    /// Starts an instance of the latest version of a process; `at` is the id of the start event.
    fn start(&mut self, process: &str, at: Option<&str>, variables: Context)
    -> Result<Key, String>;

    /// Publishes a message.
    fn publish(&mut self, message: Publication) -> Result<(), String>;

    /// Gives a message to who waits for it now.
    fn correlate(
        &mut self,
        name: &str,
        correlation: &str,
        variables: Context,
    ) -> Result<(), String>;

    /// Broadcasts a signal.
    fn broadcast(&mut self, name: &str, variables: Context) -> Result<(), String>;

    /// Starts the processes whose conditions are true for these variables.
    fn evaluate_conditions(&mut self, variables: Context) -> Result<(), String>;

    /// A version of a process.
    fn version(&mut self, process: &str, version: u32) -> Option<(Key, Arc<ProcessDefinition>)>;

    /// Gives a command to an instance; what follows from it in other instances is done when this returns.
    fn command(&mut self, instance: Key, command: Command) -> Result<(), String>;

    /// Deploys a calendar; the deadlines that it concerns are counted anew when this returns.
    fn deploy_calendar(&mut self, name: &str, text: &str) -> Result<(), String>;

    /// Moves the clock on; timers that come due on the way fire in their order, each at its time.
    fn advance(&mut self, to: Timestamp) -> Result<(), String>;

    /// Stops and starts again over what is stored.
    fn restart(&mut self) -> Result<(), String>;

    /// All instances, in the order of their keys.
    fn instances(&mut self) -> Result<Vec<Instance>, String>;

    /// What must hold beside the invariants of every harness.
    fn check(&mut self, instances: &[Instance]) -> Result<(), String>;
}

/// The world of a scenario: what is deployed, and the zone and calendar that it names.
#[derive(Clone, Debug)]
pub struct World {
    /// Names and texts of what is deployed.
    pub resources: Vec<(String, String)>,
    /// The same of what is deployed when the scenario says so, by the name of its folder.
    pub later: BTreeMap<String, Vec<(String, String)>>,
    /// When it begins.
    pub clock: Timestamp,
    /// The zone of people and calendars.
    pub zone: TimeZone,
    /// The working days.
    pub calendar: Arc<dyn WorkingDays>,
}

impl World {
    /// The world that a scenario asks for. Calendars that lie beside it are deployed; the one that it names is that of the
    /// installation, and may also be one that comes with the program.
    pub fn of(scenario: &Scenario, folder: &Folder) -> Result<World, String> {
        let calendar: Arc<dyn WorkingDays> = match &scenario.calendar {
            Some(id) => {
                let read = folder
                    .resources
                    .iter()
                    .filter_map(|(_, text)| Calendar::read(text).ok());
                let beside = read.into_iter().find(|calendar| calendar.id() == id);
                let found = beside.or_else(|| processes::calendars::find(id));
                Arc::new(found.ok_or_else(|| format!("there is no calendar \"{id}\""))?)
            }
            None => Arc::new(MondayToFriday),
        };
        let (clock, zone) = (scenario.clock, scenario.zone.clone());
        Ok(World {
            resources: folder.resources.clone(),
            later: folder.later.clone(),
            clock,
            zone,
            calendar,
        })
    }

    /// The environment of a FEEL expression in a line of the scenario.
    pub fn environment(&self, now: Timestamp) -> feel::Environment {
        feel::Environment::at(now)
            .in_zone(self.zone.clone())
            .with_calendar(self.calendar.clone())
    }
}
