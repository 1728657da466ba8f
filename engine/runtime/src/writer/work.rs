//! What a batch has in memory: what it loaded, what it has changed so far, and what it will write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bpmn::{Catalog, Key};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{
    Awaited, Batch, DocumentId, Hash, Instance, InstanceWrite, SavedAnswer, Subscription, Unit,
};

use super::attempt::{Draft, Who};
use super::cache::{Cache, FoundBy, Hot};
use super::{Done, Message, known};
use crate::deploy::Latest;
use crate::reads::bad_row;
use crate::starts::Starts;
use crate::webhooks::Webhook;
use crate::{Act, Answer, Error, Request, Result};

/// The number of the format in which states are stored.
const STATE_FORMAT: i64 = 1;

/// Subscriptions to one message that are loaded with the batch.
const WAITING_EACH: u32 = 16;

/// The present revision of a document and when it was first written; `None` where it is absent.
pub(super) type Revision = Option<(i64, Timestamp)>;

/// The memory of a batch.
pub(super) struct Work {
    pub(super) now: Timestamp,
    pub(super) catalog: Arc<Catalog>,
    pub(super) latest: Arc<Latest>,
    pub(super) starts: Arc<Starts>,
    /// Who is told what happens.
    pub(super) webhooks: Arc<Vec<Webhook>>,
    /// Instances that were changed.
    pub(super) instances: BTreeMap<Key, Arc<Hot>>,
    /// Who waited for the messages that are published, before the batch.
    pub(super) waiting: BTreeMap<Awaited, Vec<Subscription>>,
    /// Documents that are known, as they are now.
    pub(super) documents: BTreeMap<DocumentId, Revision>,
    /// Jobs whose leases matter.
    pub(super) jobs: BTreeMap<Key, store::Job>,
    answers: BTreeMap<(String, String), SavedAnswer>,
    /// Whether an instance is of a definition that the catalog lacks: another server has deployed it.
    pub(super) is_outdated: bool,
    /// Whether an instance or its definition was not found on the way: another server may have deployed or started it.
    pub(super) missed: AtomicBool,
    /// Whether other servers write to the same database.
    pub(super) is_shared: bool,
    pub(super) batch: Batch,
}

/// What the writer remembers after the commit.
pub(super) struct After {
    pub(super) catalog: Arc<Catalog>,
    pub(super) latest: Arc<Latest>,
    pub(super) starts: Arc<Starts>,
    /// The changed instances and the bytes of their states.
    pub(super) instances: BTreeMap<Key, (Arc<Hot>, usize)>,
}

impl Work {
    pub(super) fn new(
        now: Timestamp,
        catalog: Arc<Catalog>,
        latest: Arc<Latest>,
        starts: Arc<Starts>,
        is_shared: bool,
    ) -> Work {
        Work {
            now,
            catalog,
            latest,
            starts,
            webhooks: Arc::default(),
            instances: BTreeMap::new(),
            waiting: BTreeMap::new(),
            documents: BTreeMap::new(),
            jobs: BTreeMap::new(),
            answers: BTreeMap::new(),
            is_outdated: false,
            missed: AtomicBool::new(false),
            is_shared,
            batch: Batch::default(),
        }
    }

    /// Loads what the messages say they will touch, one query a kind.
    pub(super) async fn prefetch(
        &mut self,
        unit: &mut Unit,
        cache: &mut Cache,
        messages: &[Message],
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        for message in messages {
            wanted.by_message(message);
        }
        if !wanted.awaited.is_empty() {
            let awaited: Vec<Awaited> = wanted.awaited.into_iter().collect();
            self.prefetch_waiting(unit, &awaited).await?;
            let waiting = self.waiting.values().flatten();
            wanted.instances.extend(waiting.map(|row| row.instance));
        }
        let mut unknown = wanted.instances.clone();
        unknown.retain(|key| !cache.contains(*key));
        if !unknown.is_empty() {
            let keys: Vec<Key> = unknown.into_iter().collect();
            cache.load(unit, &keys).await?;
        }
        let of_another_server = |key: &Key| {
            let hot = cache.get(*key);
            hot.is_some_and(|hot| self.catalog.process(hot.instance.definition()).is_none())
        };
        self.is_outdated = wanted.instances.iter().any(of_another_server);
        if !wanted.documents.is_empty() {
            let ids: Vec<DocumentId> = wanted.documents.into_iter().collect();
            let found = unit.revisions(&ids).await?;
            self.documents.extend(ids.into_iter().map(|id| (id, None)));
            self.documents.extend(
                found
                    .into_iter()
                    .map(|(id, revision, at)| (id, Some((revision, at)))),
            );
        }
        if !wanted.jobs.is_empty() {
            let keys: Vec<Key> = wanted.jobs.into_iter().collect();
            self.jobs.extend(
                unit.jobs(&keys)
                    .await?
                    .into_iter()
                    .map(|job| (job.key, job)),
            );
        }
        if !wanted.answers.is_empty() {
            let keys: Vec<(String, String)> = wanted.answers.into_iter().collect();
            for saved in unit.answers(&keys).await? {
                self.answers
                    .insert((saved.actor.clone(), saved.idempotency_key.clone()), saved);
            }
        }
        Ok(())
    }

    /// Who waits for the messages that are published; where they are many, they are read when they are needed.
    async fn prefetch_waiting(&mut self, unit: &mut Unit, awaited: &[Awaited]) -> Result<()> {
        let found = unit.subscriptions(awaited, None, WAITING_EACH).await?;
        for one in awaited {
            self.waiting.insert(one.clone(), Vec::new());
        }
        for row in found {
            let awaited = Awaited {
                kind: row.kind,
                name: row.name.clone(),
                correlation: row.correlation.clone(),
            };
            self.waiting.entry(awaited).or_default().push(row);
        }
        self.waiting
            .retain(|_, rows| rows.len() < WAITING_EACH as usize);
        Ok(())
    }

    /// The answer that an earlier request with the same key got.
    pub(super) fn saved_answer(&self, request: &Request) -> Result<Option<Answer>> {
        let Some(key) = &request.idempotency_key else {
            return Ok(None);
        };
        let Some(saved) = self.answers.get(&(request.actor.clone(), key.clone())) else {
            return Ok(None);
        };
        if saved.fingerprint != request.fingerprint() {
            return Err(Error::KeyReused { key: key.clone() });
        }
        let mut answer: Answer =
            serde_json::from_str(&saved.answer).map_err(|error| bad_row("answers", &error))?;
        answer.repeated = true;
        Ok(Some(answer))
    }

    /// Whether somebody needed a definition that another server may have deployed.
    pub(super) fn misses(&self, done: &[Done]) -> bool {
        self.missed.load(Ordering::Relaxed)
            || done.iter().any(|done| {
                matches!(
                    done,
                    Done::Request(Err(Error::NoSuchProcess { .. }
                        | Error::NoSuchDecision { .. }
                        | Error::NoSuchDefinition(_)))
                )
            })
    }

    /// Takes over what a request has done.
    pub(super) fn keep(&mut self, draft: Draft) {
        self.catalog = draft.catalog;
        self.starts = draft.starts;
        if !draft.latest.is_empty() {
            Arc::make_mut(&mut self.latest).extend(draft.latest);
        }
        self.instances.extend(
            draft
                .touched
                .into_iter()
                .map(|(key, hot)| (key, Arc::new(hot))),
        );
        self.documents.extend(draft.documents);
        for saved in &draft.changes.answers {
            self.answers.insert(
                (saved.actor.clone(), saved.idempotency_key.clone()),
                saved.clone(),
            );
        }
        self.batch.append(draft.changes);
    }

    /// Adds the rows of the changed instances, each once, whatever the number of its steps.
    pub(super) fn finish(mut self) -> Result<(Batch, After)> {
        let mut instances = BTreeMap::new();
        for (key, mut hot) in self.instances {
            let found_by = FoundBy::of(&hot.instance);
            let write = InstanceWrite {
                instance: row(&hot)?,
                before: hot.stored,
                stays: hot.found_by == found_by,
            };
            // What is remembered after the commit is what the commit has stored.
            let remembered = Arc::make_mut(&mut hot);
            remembered.stored = remembered.revision;
            remembered.found_by = found_by;
            instances.insert(key, (hot, write.instance.state.len()));
            self.batch.instances.insert(key, write);
        }
        let after = After {
            catalog: self.catalog,
            latest: self.latest,
            starts: self.starts,
            instances,
        };
        Ok((self.batch, after))
    }
}

fn row(hot: &Hot) -> Result<Instance> {
    let instance = &hot.instance;
    let state = serde_json::to_string(instance).map_err(|error| Error::Bug {
        what: error.to_string(),
    })?;
    Ok(Instance {
        key: instance.key(),
        process_id: instance.process_id().to_owned(),
        definition: instance.definition(),
        version: instance.version(),
        business_id: instance.business_id().map(str::to_owned),
        parent_instance: instance.parent().map(|parent| parent.instance),
        parent_element: instance.parent().map(|parent| parent.element),
        root: hot.root,
        status: instance.status(),
        revision: hot.revision,
        format: STATE_FORMAT,
        started_at: instance.started_at(),
        ended_at: instance.ended_at(),
        suspended_at: instance.suspended_at(),
        history_length: hot.history_length,
        history_hash: hot.history_hash,
        state,
    })
}

/// What a batch will touch, as far as its messages say.
#[derive(Default)]
struct Wanted {
    instances: BTreeSet<Key>,
    documents: BTreeSet<DocumentId>,
    jobs: BTreeSet<Key>,
    answers: BTreeSet<(String, String)>,
    awaited: BTreeSet<Awaited>,
}

impl Wanted {
    fn by_message(&mut self, message: &Message) {
        match message {
            Message::Request { request, .. } => {
                if let Some(key) = &request.idempotency_key {
                    self.answers.insert((request.actor.clone(), key.clone()));
                }
                for act in &request.acts {
                    self.by_act(act);
                }
            }
            Message::FireTimer { timer, .. } => {
                self.instances.insert(timer.instance);
            }
            Message::LeaseJobs { .. }
            | Message::ExtendLease { .. }
            | Message::PruneAnswers { .. }
            | Message::Delete { .. }
            | Message::Left { .. }
            | Message::Deliveries(_)
            | Message::Probe { .. }
            | Message::WorkOff { .. }
            | Message::Forget { .. }
            | Message::Refresh { .. }
            | Message::Barrier { .. }
            | Message::Stop { .. } => {}
        }
    }

    fn by_act(&mut self, act: &Act) {
        match act {
            Act::Command { instance, .. } => {
                self.instances.insert(*instance);
            }
            Act::WorkerCommand { instance, job, .. } => {
                self.instances.insert(*instance);
                self.jobs.insert(*job);
            }
            Act::Put(put) => {
                self.documents
                    .insert((put.collection.to_owned(), put.id.clone()));
            }
            Act::Delete { collection, id, .. } => {
                self.documents
                    .insert(((*collection).to_owned(), id.clone()));
            }
            Act::PublishMessage(what) => {
                self.awaited
                    .insert(known::message(&what.name, &what.correlation));
            }
            Act::CorrelateMessage {
                name, correlation, ..
            } => {
                self.awaited.insert(known::message(name, correlation));
            }
            // Of those who wait for a signal there may be any number.
            Act::BroadcastSignal { .. }
            | Act::EvaluateConditions { .. }
            | Act::EvaluateDecision { .. }
            | Act::Deploy { .. }
            | Act::Withdraw { .. }
            | Act::RecomputeDeadlines { .. }
            | Act::WorkOffBatch { .. }
            | Act::Start { .. }
            | Act::StartWith { .. }
            | Act::AppendAudit { .. } => {}
        }
    }
}

impl Request {
    pub(super) fn who(&self) -> Who {
        Who {
            actor: self.actor.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            reason: self.reason.clone(),
        }
    }

    /// Tells a retry from another request with the same key.
    pub(super) fn fingerprint(&self) -> Hash {
        let text = serde_json::to_vec(&self.acts).expect("acts are data that JSON can hold");
        Sha256::digest(text).into()
    }
}
