//! What pages and programs read. Reads do not wait for the writer; an answered request is visible to them.

use std::collections::BTreeMap;

use bpmn::{Key, Parent, ProcessInstance, Record, Status};
use jiff::Timestamp;
use store::{
    AuditQuery, AuditRow, Definition, DefinitionQuery, Document, Incident, IncidentQuery,
    InstanceCount, InstanceQuery, Job, MessageCount, OpenWork, Query, StepCount, StoredResource,
    Subscription, SubscriptionQuery, Task, TaskQuery, Timer, VersionCount,
};

use crate::{Result, Runtime};

/// The most history rows that are read at once.
const HISTORY_MAX: u32 = 100_000;

/// A process instance with its state.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceView {
    /// Its key.
    pub key: Key,
    /// The id of the process.
    pub process_id: String,
    /// The key of the definition.
    pub definition: Key,
    /// The version of the definition.
    pub version: u32,
    /// What the business calls it.
    pub business_id: Option<String>,
    /// The call activity that started it.
    pub parent: Option<Parent>,
    /// The instance from which calls led to it in the end; itself where nobody called it.
    pub root: Key,
    /// Whether it runs.
    pub status: Status,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The state.
    pub state: ProcessInstance,
}

/// One command and what it did, in the account of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    /// The instance.
    pub instance: Key,
    /// 1 for the first command of the instance, then without gaps.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// For whom, when the actor stood in for somebody.
    pub on_behalf_of: Option<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// The name of the command, such as `completeTask`.
    pub command: String,
    /// What happened.
    pub records: Vec<Record>,
    /// The hash that chains the row to all rows before it.
    pub hash: store::Hash,
}

impl Runtime {
    /// One task, open or not.
    pub async fn task(&self, key: Key) -> Result<Option<Task>> {
        Ok(self.store().task(key).await?)
    }

    /// A page of tasks.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<Vec<Task>> {
        Ok(self.store().tasks(query).await?)
    }

    /// How many tasks a query finds, whatever its limit and offset.
    pub async fn task_count(&self, query: &TaskQuery) -> Result<u64> {
        Ok(self.store().task_count(query).await?)
    }

    /// The deadlines of some instances in the order in which they began, open or not.
    pub async fn deadlines(&self, instances: &[Key]) -> Result<Vec<store::Deadline>> {
        Ok(self.store().deadlines(instances).await?)
    }

    /// The deadlines of some tasks or timers, open or not, in no particular order.
    pub async fn deadlines_by_key(&self, keys: &[Key]) -> Result<Vec<store::Deadline>> {
        Ok(self.store().deadlines_by_key(keys).await?)
    }

    /// The deadline of a task or timer, open or not.
    pub async fn deadline(&self, key: Key) -> Result<Option<store::Deadline>> {
        Ok(self.store().deadline(key).await?)
    }

    /// A page of what a search finds.
    ///
    /// # Errors
    /// [`store::Error::Unsearchable`] where no index helps.
    pub async fn search<T: store::search::Searched>(
        &self,
        search: &store::search::Search,
    ) -> Result<store::search::Found<T>> {
        Ok(self.store().search(search).await?)
    }

    /// How many rows a search finds, whatever its part and limit, found as a page of it was; [`store::COUNT_MAX`] and one where there are more.
    pub async fn search_count<T: store::search::Searched>(
        &self,
        search: &store::search::Search,
        chosen: store::search::Chosen,
    ) -> Result<u64> {
        Ok(self.store().search_count::<T>(search, chosen).await?)
    }

    /// One instance with its state.
    pub async fn instance(&self, key: Key) -> Result<Option<InstanceView>> {
        self.store().instance(key).await?.map(view).transpose()
    }

    /// From which instances calls led to these in the end; each to itself where nobody called it.
    pub async fn roots(&self, keys: impl IntoIterator<Item = Key>) -> Result<BTreeMap<Key, Key>> {
        let mut roots: BTreeMap<Key, Key> = keys.into_iter().map(|key| (key, key)).collect();
        let keys: Vec<Key> = roots.keys().copied().collect();
        if !keys.is_empty() {
            roots.extend(self.store().roots(&keys).await?);
        }
        Ok(roots)
    }

    /// A page of instances with their states, the newest first.
    pub async fn instances(&self, query: &InstanceQuery) -> Result<Vec<InstanceView>> {
        self.store()
            .instances(query)
            .await?
            .into_iter()
            .map(view)
            .collect()
    }

    /// How many instances run of each version of these processes, or of all; what nothing runs by is absent.
    pub async fn running_counts(&self, processes: Option<&[String]>) -> Result<Vec<VersionCount>> {
        Ok(self.store().running_counts(processes).await?)
    }

    /// How many running instances of each version have an open incident; what has none is absent.
    pub async fn held_counts(&self) -> Result<Vec<VersionCount>> {
        Ok(self.store().held_counts().await?)
    }

    /// How many running instances of each version have an open incident that says this; so many texts at most, in their order.
    pub async fn incident_counts(&self, limit: u32) -> Result<Vec<MessageCount>> {
        Ok(self.store().incident_counts(limit).await?)
    }

    /// How many instances each process has, by state.
    pub async fn instance_counts(&self) -> Result<Vec<InstanceCount>> {
        Ok(self.store().instance_counts().await?)
    }

    /// How many open tasks each user task of a process has, and how many of them are overdue now.
    pub async fn step_counts(&self, process_id: &str) -> Result<Vec<StepCount>> {
        Ok(self.store().step_counts(process_id, self.now()).await?)
    }

    /// The whole account of an instance, the oldest command first.
    pub async fn history(&self, instance: Key) -> Result<Vec<HistoryRow>> {
        let rows = self.store().history(instance, 0, HISTORY_MAX).await?;
        rows.into_iter().map(told).collect()
    }

    /// The number of the first history row that breaks the hash chain of an instance; `None` where the chain is whole.
    pub async fn first_break(&self, instance: Key) -> Result<Option<i64>> {
        Ok(store::first_break(
            &self.store().history(instance, 0, HISTORY_MAX).await?,
        ))
    }

    /// The open jobs of an instance.
    pub async fn jobs(&self, instance: Key) -> Result<Vec<Job>> {
        Ok(self.store().jobs(instance).await?)
    }

    /// One open job.
    pub async fn job(&self, key: Key) -> Result<Option<Job>> {
        Ok(self.store().job(key).await?)
    }

    /// A page of incidents, the oldest first.
    pub async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>> {
        Ok(self.store().incidents(query).await?)
    }

    /// One incident, open or resolved.
    pub async fn incident(&self, key: Key) -> Result<Option<Incident>> {
        Ok(self.store().incident(key).await?)
    }

    /// The running timers of an instance, the soonest first.
    pub async fn timers(&self, instance: Key) -> Result<Vec<Timer>> {
        Ok(self.store().timers(instance).await?)
    }

    /// A page of what instances wait for, the oldest first.
    pub async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Vec<Subscription>> {
        Ok(self.store().subscriptions(query).await?)
    }

    /// All versions of processes, decisions and forms, by kind and id, the newest first.
    pub async fn definitions(&self, query: &DefinitionQuery) -> Result<Vec<Definition>> {
        Ok(self.store().definitions(query).await?)
    }

    /// An uploaded file, exactly as it came.
    pub async fn resource(&self, key: Key) -> Result<Option<StoredResource>> {
        Ok(self.store().resource(key).await?)
    }

    /// The names of some uploaded files by their keys.
    pub async fn resource_names(&self, keys: &[Key]) -> Result<BTreeMap<Key, String>> {
        Ok(self.store().resource_names(keys).await?)
    }

    /// One document.
    pub async fn document(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        Ok(self.store().document(collection, id).await?)
    }

    /// A page of documents.
    pub async fn documents(&self, query: &Query) -> Result<Vec<Document>> {
        Ok(self.store().documents(query).await?)
    }

    /// How many documents a query finds, whatever its limit.
    pub async fn document_count(&self, query: &Query) -> Result<u64> {
        Ok(self.store().document_count(query).await?)
    }

    /// The documents with these ids, those that exist, by id.
    pub async fn documents_by_id(&self, collection: &str, ids: &[String]) -> Result<Vec<Document>> {
        Ok(self.store().documents_by_id(collection, ids).await?)
    }

    /// A page of the audit trail, the newest line first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        Ok(self.store().audit(query).await?)
    }

    /// What is open in the whole installation.
    pub async fn open_work(&self) -> Result<OpenWork> {
        Ok(self.store().open_work().await?)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.store().ping().await?)
    }
}

impl TryFrom<store::Instance> for InstanceView {
    type Error = crate::Error;

    fn try_from(row: store::Instance) -> Result<InstanceView> {
        view(row)
    }
}

fn view(row: store::Instance) -> Result<InstanceView> {
    let state = state(&row)?;
    Ok(InstanceView {
        key: row.key,
        process_id: row.process_id,
        definition: row.definition,
        version: row.version,
        business_id: row.business_id,
        parent: state.parent(),
        root: row.root.unwrap_or(row.key),
        status: row.status,
        started_at: row.started_at,
        ended_at: row.ended_at,
        state,
    })
}

/// The state of an instance from its row.
pub(crate) fn state(row: &store::Instance) -> Result<ProcessInstance> {
    let bad = |error: serde_json::Error| bad_row("process_instances", &error);
    Ok(serde_json::from_str(&row.state).map_err(bad)?)
}

fn told(row: store::HistoryRow) -> Result<HistoryRow> {
    let records = serde_json::from_str(&row.records).map_err(|error| bad_row("history", &error))?;
    Ok(HistoryRow {
        instance: row.instance,
        sequence: row.sequence,
        at: row.at,
        actor: row.actor,
        on_behalf_of: row.on_behalf_of,
        reason: row.reason,
        command: row.command,
        records,
        hash: row.hash,
    })
}

pub(crate) fn bad_row(table: &'static str, error: &serde_json::Error) -> store::Error {
    store::Error::BadRow {
        table,
        message: error.to_string(),
    }
}
