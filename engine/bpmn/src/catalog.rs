//! All that is deployed: process definitions, decisions and forms. Read only and cheap to copy; a
//! deployment makes a new catalog. So does a change of what the data stores hold, which is kept outside and shown here.

use std::collections::BTreeMap;
use std::sync::Arc;

use dmn::Decision;
use feel::{Environment, Limits, MondayToFriday, Value, WorkingDays};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Key, ProcessDefinition, Record};

/// All that is deployed, and the zone and calendar in which it runs.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Where dates without zone are.
    pub zone: TimeZone,
    /// The working days of FEEL's calendar functions.
    pub calendar: Arc<dyn WorkingDays>,
    /// What the data stores hold now, by their names; one that is absent holds null.
    pub data_stores: Arc<BTreeMap<String, Value>>,
    contents: Arc<Contents>,
}

#[derive(Debug, Clone, Default)]
struct Contents {
    processes: BTreeMap<Key, Deployed>,
    /// Keys by process id, oldest version first.
    versions: BTreeMap<String, Vec<Key>>,
    decisions: BTreeMap<String, Arc<Decision>>,
    /// Oldest version first.
    forms: BTreeMap<String, Vec<Arc<FormResource>>>,
}

/// A process definition as it was deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its key.
    pub key: Key,
    /// Its version among the definitions of the same process id, from 1.
    pub version: u32,
    /// The deployment that it came with; a later one has a greater key.
    pub deployment: Key,
    /// The model.
    pub definition: Arc<ProcessDefinition>,
}

/// A deployed form; opaque to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormResource {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: Key,
    /// Its version among the forms of the same id, from 1.
    pub version: u32,
    /// Its schema, JSON.
    pub text: String,
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::new(TimeZone::UTC, Arc::new(MondayToFriday))
    }
}

impl Catalog {
    /// An empty catalog.
    pub fn new(zone: TimeZone, calendar: Arc<dyn WorkingDays>) -> Catalog {
        Catalog {
            zone,
            calendar,
            data_stores: Arc::default(),
            contents: Arc::default(),
        }
    }

    /// The catalog after what the records of a step have written to data stores.
    /// `None` where they wrote nothing.
    #[must_use]
    pub fn with_written(&self, records: &[Record]) -> Option<Catalog> {
        let mut changed: Option<Catalog> = None;
        for record in records {
            if let Record::DataStoreWritten { store, value, .. } = record {
                let catalog = changed.get_or_insert_with(|| self.clone());
                let stores = Arc::make_mut(&mut catalog.data_stores);
                stores.insert(store.to_string(), value.clone());
            }
        }
        changed
    }

    /// The catalog with one more version of a process, which came alone.
    #[must_use]
    pub fn with_process(
        self,
        key: Key,
        version: u32,
        definition: Arc<ProcessDefinition>,
    ) -> Catalog {
        self.with_deployed(Deployed {
            key,
            version,
            deployment: key,
            definition,
        })
    }

    /// The catalog with one more version of a process.
    #[must_use]
    pub fn with_deployed(mut self, deployed: Deployed) -> Catalog {
        let contents = Arc::make_mut(&mut self.contents);
        let (key, id) = (deployed.key, deployed.definition.id().to_owned());
        contents.processes.insert(key, deployed);
        let versions = contents.versions.entry(id).or_default();
        versions.push(key);
        versions.sort_by_key(|key| contents.processes[key].version);
        self
    }

    /// The catalog with the decision as the latest of its id.
    #[must_use]
    pub fn with_decision(mut self, decision: Arc<Decision>) -> Catalog {
        Arc::make_mut(&mut self.contents)
            .decisions
            .insert(decision.id().to_owned(), decision);
        self
    }

    /// The catalog with one more version of a form.
    #[must_use]
    pub fn with_form(mut self, form: Arc<FormResource>) -> Catalog {
        let forms = &mut Arc::make_mut(&mut self.contents).forms;
        let versions = forms.entry(form.id.clone()).or_default();
        versions.push(form);
        versions.sort_by_key(|form| form.version);
        self
    }

    /// A process definition by its key.
    pub fn process(&self, key: Key) -> Option<&Deployed> {
        self.contents.processes.get(&key)
    }

    /// The latest version of a process.
    pub fn latest(&self, process_id: &str) -> Option<&Deployed> {
        self.process(*self.contents.versions.get(process_id)?.last()?)
    }

    /// A version of a process.
    pub fn version(&self, process_id: &str, version: u32) -> Option<&Deployed> {
        self.versions(process_id)
            .find(|deployed| deployed.version == version)
    }

    /// All versions of a process, oldest first.
    pub fn versions(&self, process_id: &str) -> impl DoubleEndedIterator<Item = &Deployed> {
        let keys = self.contents.versions.get(process_id);
        keys.into_iter()
            .flatten()
            .filter_map(|key| self.process(*key))
    }

    /// The latest version of every process, by process id.
    pub fn processes(&self) -> impl Iterator<Item = &Deployed> {
        self.contents
            .versions
            .keys()
            .filter_map(|id| self.latest(id))
    }

    /// Those of them that a person can start: not what begins by an event only, and not global tasks.
    pub fn startable(&self) -> impl Iterator<Item = &Deployed> {
        self.processes().filter(|deployed| {
            deployed.definition.begins_by_itself() && !deployed.definition.is_global_task()
        })
    }

    /// The latest decision of an id.
    pub fn decision(&self, id: &str) -> Option<&Arc<Decision>> {
        self.contents.decisions.get(id)
    }

    /// The latest form of an id.
    pub fn form(&self, id: &str) -> Option<&Arc<FormResource>> {
        self.contents.forms.get(id)?.last()
    }

    /// The world in which expressions are evaluated at a time.
    pub fn environment(&self, now: Timestamp) -> Environment {
        Environment {
            now,
            zone: self.zone.clone(),
            calendar: self.calendar.clone(),
            limits: Limits::default(),
        }
    }
}
