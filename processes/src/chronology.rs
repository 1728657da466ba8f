//! The story of a case: the history of its process, in the words of the pathway, with the notes in between.

mod deadlines;
mod happenings;
mod words;

use crate::cases::Note;
use bpmn::{Key, ProcessDefinition, Record, Task};
use jiff::Timestamp;
use runtime::HistoryRow;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The actor of what the runtime does by itself.
pub const SYSTEM: &str = "system";

/// One line of the story.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The id of the user, or [`SYSTEM`].
    pub who: String,
    /// For whom, when somebody stood in for somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// What kind of line it is.
    pub kind: Kind,
    /// What happened: the name of the step, of the decision or of the event; the text of a note.
    pub what: String,
    /// When what it is about is due since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// More about it, one sentence a line: which way was taken, which rules matched, who has it now.
    pub details: Vec<String>,
    /// Why, where somebody gave a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The task, to look at its answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Key>,
    /// The element of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
}

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The case was opened.
    Opened,
    /// A step was completed.
    Done,
    /// A decision table was asked.
    Decision,
    /// A step is late.
    Escalation,
    /// Something happened that changed the way, or a time came.
    Event,
    /// A step was given to somebody else.
    Reassigned,
    /// A step is no longer needed.
    Withdrawn,
    /// The case cannot go on until somebody helps.
    Incident,
    /// A deadline was paused, extended, missed or counted anew.
    Deadline,
    /// Somebody wrote a note.
    Note,
    /// The case has ended.
    Ended,
}

/// The story of a case, the oldest line first.
pub fn chronology(
    definition: &ProcessDefinition,
    history: &[HistoryRow],
    notes: &[Note],
) -> Vec<Entry> {
    let mut teller = Teller::new(definition);
    for row in history {
        teller.tell(row);
    }
    let mut entries = teller.entries;
    entries.extend(notes.iter().map(|note| Entry {
        at: note.at,
        who: note.by.clone(),
        on_behalf_of: None,
        kind: Kind::Note,
        what: note.text.clone(),
        due: None,
        details: Vec::new(),
        reason: None,
        task: None,
        element: None,
    }));
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// Remembers what the keys of earlier records stood for.
struct Teller<'d> {
    definition: &'d ProcessDefinition,
    entries: Vec<Entry>,
    visits: BTreeMap<Key, Arc<str>>,
    /// The scope that a visit lies in.
    scopes: BTreeMap<Key, Key>,
    /// What somebody starts in an ad-hoc subprocess, before its first step is told.
    starts: BTreeSet<Key>,
    /// Who waits for a message, and its name.
    messages: BTreeMap<Key, (Arc<str>, String)>,
    /// The activities that can be undone.
    compensations: BTreeMap<Key, Arc<str>>,
    tasks: BTreeMap<Key, Task>,
    timers: BTreeMap<Key, Arc<str>>,
    /// Name and element of each deadline.
    deadlines: BTreeMap<Key, (Arc<str>, Arc<str>)>,
    /// When each deadline is due; absent where it is paused.
    dues: BTreeMap<Key, Option<Timestamp>>,
    last_end: Option<String>,
}

impl<'d> Teller<'d> {
    fn new(definition: &'d ProcessDefinition) -> Teller<'d> {
        Teller {
            definition,
            entries: Vec::new(),
            visits: BTreeMap::new(),
            scopes: BTreeMap::new(),
            starts: BTreeSet::new(),
            messages: BTreeMap::new(),
            compensations: BTreeMap::new(),
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            dues: BTreeMap::new(),
            last_end: None,
        }
    }

    fn tell(&mut self, row: &HistoryRow) {
        let first = self.entries.len();
        if let Some(what) = words::by_hand(&row.command) {
            self.add(row, Kind::Event, what.into());
        }
        for record in &row.records {
            self.record(row, record);
        }
        // The ways that were taken belong to what somebody did in this row.
        let ways = self.ways(&row.records);
        if let Some(done) = self.entries[first..]
            .iter_mut()
            .find(|entry| entry.kind == Kind::Done)
        {
            done.details.extend(ways);
        }
    }

    fn record(&mut self, row: &HistoryRow, record: &Record) {
        match record {
            Record::InstanceStarted(_) => {
                self.add(row, Kind::Opened, self.definition.name().to_owned());
            }
            Record::ElementActivated {
                key,
                element,
                scope,
                ..
            } => {
                self.visits.insert(*key, element.clone());
                self.scopes.insert(*key, *scope);
                self.note_end(element);
                self.chosen(row, *key, element, *scope);
            }
            Record::ElementCompleted { key } => self.given_up(row, *key),
            Record::TaskCreated { task } => {
                self.tasks.insert(task.key, (**task).clone());
            }
            Record::TaskCompleted { task, by } => {
                self.task(row, Kind::Done, *task);
                // What a program has looked at was done by who had sent it.
                if let (Some(by), Some(entry)) = (by, self.entries.last_mut()) {
                    entry.who.clone_from(by);
                }
            }
            Record::TaskChangeDecided {
                task,
                denied: Some(reason),
            } => {
                self.task(row, Kind::Event, *task);
                self.detail(format!("Turned down by a program: {reason}"));
            }
            Record::TaskWithdrawn { task } => self.task(row, Kind::Withdrawn, *task),
            Record::TaskAssigned { task, assignee } => {
                self.assigned(row, *task, assignee.as_deref())
            }
            Record::TaskUpdated { task, update } => {
                if let Some(due) = update.due {
                    self.task(row, Kind::Reassigned, *task);
                    self.detail(format!("New date: {due}"));
                }
            }
            Record::TimerStarted { timer } => {
                self.timers.insert(timer.key, timer.element.clone());
            }
            Record::TimerFired { timer } => self.timer(row, *timer),
            Record::DeadlineStarted { .. }
            | Record::DeadlineChanged { .. }
            | Record::DeadlineRecomputed { .. }
            | Record::DeadlineStopped { .. }
            | Record::DeadlineExplained { .. }
            | Record::CalendarChosen { .. } => self.deadline(row, record),
            Record::DecisionEvaluated(account) => {
                let element = self.visits.get(&account.element_instance).cloned();
                let Some(asked) = account.decisions.last() else {
                    return;
                };
                self.add(row, Kind::Decision, asked.decision_name.clone());
                self.element(element);
                for decision in &account.decisions {
                    self.detail(words::decision(decision));
                }
            }
            Record::ErrorThrown {
                caught_by: Some(event),
                ..
            } => {
                self.add(row, Kind::Event, self.label(event));
                self.element(Some(event.clone()));
            }
            Record::EscalationThrown {
                element_instance,
                caught_by,
                ..
            } => self.escalation(row, *element_instance, caught_by.as_ref()),
            Record::SubscriptionOpened { subscription } => self.awaited(subscription),
            Record::SubscriptionTriggered { subscription } => self.message(row, *subscription),
            Record::CompensationRegistered { compensation } => {
                let element = compensation.element.clone();
                self.compensations.insert(compensation.key, element);
            }
            Record::CompensationStarted {
                compensation,
                element_instance,
                ..
            } => self.undone(row, *compensation, *element_instance),
            Record::AdHocClosed { ad_hoc } => self.all_done(row, *ad_hoc),
            Record::IncidentRaised { incident } => {
                self.add(row, Kind::Incident, self.label(&incident.element));
                self.element(Some(incident.element.clone()));
                self.detail(incident.message.clone());
            }
            Record::InstanceCompleted { .. } => {
                let end = self.last_end.take().unwrap_or_else(|| "Ended".into());
                self.add(row, Kind::Ended, end);
            }
            Record::InstanceTerminated { .. } => self.add(row, Kind::Ended, "Cancelled".into()),
            Record::ElementTerminated { .. }
            | Record::FlowTaken { .. }
            | Record::ArrivalsDropped { .. }
            | Record::GatewayActivated { .. }
            | Record::GatewayReset { .. }
            | Record::CompensationsMoved { .. }
            | Record::CompensationThrown { .. }
            | Record::CompensationEnded { .. }
            | Record::VariableSet { .. }
            | Record::DataStoreWritten { .. }
            | Record::ExpressionWarned { .. }
            | Record::TaskChangeHeld { .. }
            | Record::TaskCorrected { .. }
            | Record::TaskChangeDecided { .. }
            | Record::JobCreated { .. }
            | Record::JobCompleted { .. }
            | Record::JobFailed { .. }
            | Record::JobRetriesUpdated { .. }
            | Record::JobWithdrawn { .. }
            | Record::TimerWithdrawn { .. }
            | Record::SubscriptionClosed { .. }
            | Record::ConditionChanged { .. }
            | Record::EventPartlyOccurred { .. }
            | Record::EventOccurred { .. }
            | Record::IncidentResolved { .. }
            | Record::ErrorThrown { .. }
            | Record::MessageThrown { .. }
            | Record::SignalThrown { .. }
            | Record::LoopStarted { .. }
            | Record::ItemCompleted { .. }
            | Record::InstanceSuspended { .. }
            | Record::InstanceResumed { .. }
            | Record::AnswerHeld { .. }
            | Record::InstanceMigrated { .. }
            | Record::MigrationKept
            | Record::MigrationUndone { .. }
            | Record::ProcessCalled { .. } => {}
        }
    }

    fn task(&mut self, row: &HistoryRow, kind: Kind, key: Key) {
        let Some(task) = self.tasks.get(&key).cloned() else {
            return;
        };
        self.add(row, kind, task.name.to_string());
        if let Some(entry) = self.entries.last_mut() {
            entry.task = Some(key);
            entry.element = Some(task.element.to_string());
        }
    }

    /// Taking a task oneself is no news; being given one is.
    fn assigned(&mut self, row: &HistoryRow, key: Key, assignee: Option<&str>) {
        if row.command != "assignTask" || assignee == Some(row.actor.as_str()) {
            return;
        }
        self.task(row, Kind::Reassigned, key);
        if let Some(assignee) = assignee {
            self.detail(format!("Given to {assignee}"));
        }
    }

    /// A boundary timer says that a step is late; another one that a time has come.
    fn timer(&mut self, row: &HistoryRow, key: Key) {
        let Some(element) = self.timers.get(&key).cloned() else {
            return;
        };
        let Some(node) = self.definition.node(&element) else {
            return;
        };
        let kind = match node.kind() {
            "timer boundary event" => Kind::Escalation,
            _ => Kind::Event,
        };
        self.add(row, kind, node.label().to_string());
        self.element(Some(element));
    }

    /// The named flows out of gateways with a question: "Plan approved? return with comments".
    fn ways(&self, records: &[Record]) -> Vec<String> {
        let taken = records.iter().filter_map(|record| {
            let Record::FlowTaken { flow, .. } = record else {
                return None;
            };
            Some(flow)
        });
        taken
            .filter_map(|id| {
                let flow = self
                    .definition
                    .flows()
                    .iter()
                    .find(|flow| flow.id() == &**id)?;
                let (source, _) = self.definition.ends_of(flow);
                Some(format!("{} {}", source.name()?, flow.name()?))
            })
            .collect()
    }

    fn note_end(&mut self, element: &str) {
        if let Some(node) = self.definition.node(element)
            && node.kind().ends_with("end event")
        {
            self.last_end = Some(node.label().to_string());
        }
    }

    fn label(&self, element: &str) -> String {
        let node = self.definition.node(element);
        node.map_or_else(|| element.to_owned(), |node| node.label().to_string())
    }

    fn add(&mut self, row: &HistoryRow, kind: Kind, what: String) {
        self.entries.push(Entry {
            at: row.at,
            who: row.actor.clone(),
            on_behalf_of: row.on_behalf_of.clone(),
            kind,
            what,
            due: None,
            details: Vec::new(),
            reason: row.reason.clone(),
            task: None,
            element: None,
        });
    }

    fn element(&mut self, element: Option<Arc<str>>) {
        if let Some(entry) = self.entries.last_mut() {
            entry.element = element.map(|id| id.to_string());
        }
    }

    fn detail(&mut self, detail: String) {
        if let Some(entry) = self.entries.last_mut() {
            entry.details.push(detail);
        }
    }
}
