//! What has happened in a case: stages, chronology, and what is done and active in the diagram.

use crate::error::Error;
use crate::pages::Names;
use crate::pages::view::{Entry, Stage, Tag, World, moment};
use crate::state::AppState;
use bpmn::{Deployed, Key, Record};
use processes::chronology::{self, Kind};
use processes::{cases, stages};
use runtime::{HistoryRow, InstanceView};
use std::collections::{BTreeMap, BTreeSet};

/// The history of an instance, told.
pub(crate) struct Story {
    /// The oldest first.
    pub(crate) entries: Vec<chronology::Entry>,
    pub(crate) stages: Vec<Stage>,
    history: Vec<HistoryRow>,
}

/// Where the case is in the diagram: ids of elements and flows, separated by spaces.
pub(crate) struct Marks {
    pub(crate) done: String,
    pub(crate) now: String,
    pub(crate) incident: String,
}

impl Story {
    /// Reads the history and the notes of an instance.
    pub(crate) async fn load(
        state: &AppState,
        instance: &InstanceView,
        deployed: Option<&Deployed>,
    ) -> Result<Story, Error> {
        let history = state.runtime.history(instance.key).await?;
        let notes = match &instance.business_id {
            Some(reference) => cases::notes(&state.runtime, reference).await?,
            None => Vec::new(),
        };
        let (entries, stages) = match deployed {
            None => (Vec::new(), Vec::new()),
            Some(deployed) => (
                chronology::chronology(&deployed.definition, &history, &notes),
                stages::bar(&deployed.definition, &instance.state, &history)
                    .into_iter()
                    .map(Stage::from)
                    .collect(),
            ),
        };
        Ok(Story {
            entries,
            stages,
            history,
        })
    }

    /// The chronology for a page, the newest first.
    pub(crate) fn chronology(&self, names: &Names, world: &World) -> Vec<Entry> {
        self.entries
            .iter()
            .rev()
            .map(|entry| told(entry, names, world))
            .collect()
    }

    /// What the diagram marks.
    pub(crate) fn marks(&self, instance: &InstanceView) -> Marks {
        let elements = instance.state.elements().values();
        let waiting = elements.filter(|visit| !visit.waits().is_empty());
        let now: BTreeSet<&str> = waiting.map(|visit| &**visit.element()).collect();
        let incident: BTreeSet<&str> = instance
            .state
            .incidents()
            .values()
            .map(|incident| &*incident.element)
            .collect();
        let mut visits: BTreeMap<Key, &str> = BTreeMap::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for record in self.history.iter().flat_map(|row| &row.records) {
            if let Record::ElementActivated { key, element, .. } = record {
                visits.insert(*key, element);
            } else if let Record::ElementCompleted { key } = record {
                done.extend(visits.get(key));
            } else if let Record::FlowTaken { flow, .. } = record {
                done.insert(flow);
            }
        }
        let words = |ids: &mut dyn Iterator<Item = &str>| ids.collect::<Vec<_>>().join(" ");
        Marks {
            done: words(&mut done.iter().copied().filter(|id| !now.contains(id))),
            now: words(&mut now.iter().copied().filter(|id| !incident.contains(id))),
            incident: words(&mut incident.iter().copied()),
        }
    }
}

fn told(entry: &chronology::Entry, names: &Names, world: &World) -> Entry {
    let tag = |kind, text| Some(Tag { kind, text });
    let what = entry.what.clone();
    let (tone, tag, title) = match entry.kind {
        Kind::Opened => ("brand", None, format!("Case opened: {what}")),
        Kind::Done => ("brand", None, what),
        Kind::Decision => ("blue", tag("blue", "Decision table"), what),
        Kind::Escalation => ("red", tag("red", "Late"), what),
        Kind::Event => ("grey", None, what),
        Kind::Reassigned => ("amber", tag("grey", "Reassigned"), what),
        Kind::Withdrawn => ("grey", tag("grey", "No longer needed"), what),
        Kind::Incident => ("red", tag("red", "Stopped"), what),
        Kind::Deadline => ("amber", tag("grey", "Deadline"), what),
        Kind::Note => ("blue", None, "Note".into()),
        Kind::Ended => ("brand", tag("green", "Ended"), what),
    };
    let note = (entry.kind == Kind::Note).then(|| entry.what.clone());
    let details = entry
        .details
        .iter()
        .map(|detail| match detail.strip_prefix("Given to ") {
            Some(user) => format!("Given to {}", names.of(user)),
            None => detail.clone(),
        });
    let reason = entry
        .reason
        .as_ref()
        .map(|reason| format!("Reason: {reason}"));
    Entry {
        tone,
        title,
        tag,
        when: moment(entry.at, world),
        datetime: world.local(entry.at).strftime("%Y-%m-%dT%H:%M").to_string(),
        by: names.person(&entry.who),
        details: note.into_iter().chain(details).chain(reason).collect(),
    }
}
