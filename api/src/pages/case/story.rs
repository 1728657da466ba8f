//! What has happened in a case: stages, chronology, and what is done and active in the diagram.

use crate::error::Error;
use crate::pages::Names;
use crate::pages::view::{Entry, Stage, Tag, World, moment};
use crate::state::AppState;
use bpmn::{Deployed, Key, Record};
use processes::chronology::{self, Kind};
use processes::{cases, stages, suggestions};
use runtime::{HistoryRow, InstanceView};
use serde::Serialize;
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

/// An expression or a decision that had to do without something.
#[derive(Debug, Serialize)]
pub(crate) struct Warned {
    /// The step.
    step: String,
    /// The text of the expression, or the id of the decision.
    place: String,
    told: Vec<String>,
    when: String,
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
        let answered = match &instance.business_id {
            Some(reference) => suggestions::of_case(&state.runtime, reference).await?,
            None => Vec::new(),
        };
        let (mut entries, stages) = match deployed {
            None => (Vec::new(), Vec::new()),
            Some(deployed) => (
                chronology::chronology(&deployed.definition, &history, &notes),
                stages::bar(&deployed.definition, &instance.state, &history)
                    .into_iter()
                    .map(Stage::from)
                    .collect(),
            ),
        };
        suggestions::tell(&mut entries, &answered);
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

    /// Where expressions and decisions had to go on with null, and why; the newest first, each once.
    pub(crate) fn warnings(&self, deployed: Option<&Deployed>, world: &World) -> Vec<Warned> {
        let mut warnings: Vec<Warned> = Vec::new();
        for row in self.history.iter().rev() {
            for record in &row.records {
                let Some((element, place, told)) = warned(record) else {
                    continue;
                };
                let node = deployed.and_then(|deployed| deployed.definition.node(element));
                let step = node.map_or_else(|| element.to_owned(), |node| node.label().to_string());
                let warned = Warned {
                    step,
                    place,
                    told,
                    when: moment(row.at, world),
                };
                let known = warnings.iter().any(|known| {
                    (&known.step, &known.place, &known.told)
                        == (&warned.step, &warned.place, &warned.told)
                });
                if !known {
                    warnings.push(warned);
                }
            }
        }
        warnings
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

/// The element, the expression or the decision, and what happened in it.
fn warned(record: &Record) -> Option<(&str, String, Vec<String>)> {
    if let Record::ExpressionWarned {
        element,
        expression,
        warnings,
        ..
    } = record
    {
        let told = warnings.iter().map(ToString::to_string);
        return Some((element, expression.clone(), told.collect()));
    }
    if let Record::DecisionEvaluated(account) = record
        && !account.warnings.is_empty()
    {
        let warnings = account.warnings.iter();
        let told = warnings.map(|warning| format!("{}, {}", warning.place, warning.warning));
        return Some((&account.element, account.decision.clone(), told.collect()));
    }
    None
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
    let due = entry.due.map(|due| format!("Due {}", moment(due, world)));
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
        details: note
            .into_iter()
            .chain(due)
            .chain(details)
            .chain(reason)
            .collect(),
    }
}
