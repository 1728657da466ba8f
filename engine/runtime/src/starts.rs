//! What starts processes: the messages and signals of the latest version of each, read off the catalog.

use std::collections::BTreeMap;

use bpmn::{Catalog, EntryAwaits, Key};
use jiff::Timestamp;

/// A place where an instance begins when something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) process_id: String,
    /// The key of its latest version.
    pub(crate) definition: Key,
    /// The id of the start event.
    pub(crate) element: String,
    /// Which of the definitions of a multiple event it is.
    pub(crate) definition_of_at: u32,
}

/// All such places, by what happens, and by process id within it.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    messages: BTreeMap<String, Vec<Begin>>,
    signals: BTreeMap<String, Vec<Begin>>,
    /// What conditions start.
    pub(crate) conditions: Vec<Begin>,
    /// The names of the messages that start a process, by its id.
    names: BTreeMap<String, Vec<String>>,
}

impl Starts {
    /// What starts the latest versions in the catalog. A name that cannot be computed was reported at the deployment.
    pub(crate) fn of(catalog: &Catalog, now: Timestamp) -> Starts {
        let mut starts = Starts::default();
        for deployed in catalog.processes() {
            let process_id = deployed.definition.id().to_owned();
            let (entries, _) = bpmn::entries(catalog, deployed.key, now);
            for entry in entries {
                let begin = Begin {
                    process_id: process_id.clone(),
                    definition: deployed.key,
                    element: entry.element,
                    definition_of_at: entry.definition,
                };
                match entry.awaits {
                    EntryAwaits::Message { name } => {
                        let names = starts.names.entry(process_id.clone()).or_default();
                        names.push(name.clone());
                        starts.messages.entry(name).or_default().push(begin);
                    }
                    EntryAwaits::Signal { name } => {
                        starts.signals.entry(name).or_default().push(begin);
                    }
                    EntryAwaits::Condition => starts.conditions.push(begin),
                    // A row of the timers.
                    EntryAwaits::Timer { .. } => {}
                }
            }
        }
        starts
    }

    /// What a message of this name starts.
    pub(crate) fn by_message(&self, name: &str) -> &[Begin] {
        self.messages.get(name).map_or(&[], Vec::as_slice)
    }

    /// What a signal of this name starts.
    pub(crate) fn by_signal(&self, name: &str) -> &[Begin] {
        self.signals.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names of the messages that start a process.
    pub(crate) fn names(&self, process_id: &str) -> &[String] {
        self.names.get(process_id).map_or(&[], Vec::as_slice)
    }
}
