//! The front type: one method a use case, handed to the database that was opened.

use jiff::Timestamp;

use crate::{
    AuditQuery, AuditRow, Awaited, Batch, Definition, DefinitionQuery, Document, DocumentId,
    HistoryRow, Incident, IncidentQuery, Instance, InstanceCount, InstanceQuery, Job, Key, Message,
    OutboxRow, Query, Result, SavedAnswer, StartLock, StepCount, StoredResource, Subscription,
    SubscriptionQuery, Task, TaskQuery, Timer, error::Error, sqlite,
};

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// When the disk has it: an acknowledged step survives a loss of power. The default, as records are statutory.
    #[default]
    Full,
    /// When the system has it: the last commits may be lost with the power, the file stays whole.
    Normal,
}

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// When a commit counts as done.
    pub synchronous: Synchronous,
    /// How many readers may read at once.
    pub readers: u32,
    /// How long to wait for another program that has locked the file.
    pub busy_timeout_ms: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            synchronous: Synchronous::Full,
            readers: 4,
            busy_timeout_ms: 5_000,
        }
    }
}

/// The database of an installation. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(sqlite::Database),
}

/// Calls the same method of the database that was opened.
macro_rules! backend {
    ($self:ident, $database:ident => $call:expr) => {
        match &$self.backend {
            Backend::Sqlite($database) => $call.await,
        }
    };
}

impl Store {
    /// Opens `sqlite:PATH`, creates the file if it is absent, and brings its tables up to date.
    pub async fn open(address: &str) -> Result<Store> {
        Store::open_with(address, Options::default()).await
    }

    /// [`Store::open`] with options.
    pub async fn open_with(address: &str, options: Options) -> Result<Store> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Err(Error::NotYet {
                scheme: "PostgreSQL",
            });
        }
        let path = address
            .strip_prefix("sqlite://")
            .or_else(|| address.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() && !path.starts_with(':') => {
                let database = sqlite::Database::open(path.as_ref(), &options).await?;
                Ok(Store {
                    backend: Backend::Sqlite(database),
                })
            }
            Some(_) | None => Err(Error::Address {
                address: address.to_owned(),
            }),
        }
    }

    /// Closes the connections and lets go of the file. Later calls fail.
    pub async fn close(&self) {
        backend!(self, database => database.close());
    }

    /// Begins to write. One unit at a time: a second call waits for the first unit to end.
    pub async fn begin(&self) -> Result<Unit> {
        Ok(match &self.backend {
            Backend::Sqlite(database) => Unit {
                backend: UnitBackend::Sqlite(database.begin().await),
            },
        })
    }

    /// The last number that was taken of a sequence; 0 before the first.
    pub async fn sequence(&self, name: &'static str) -> Result<i64> {
        backend!(self, database => database.sequence(name))
    }

    /// A few bytes from the database, to see that it answers.
    pub async fn ping(&self) -> Result<()> {
        backend!(self, database => database.ping())
    }

    /// The timers that are due at `now`, in the order in which they fall due.
    pub async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<Timer>> {
        backend!(self, database => database.due_timers(now, limit))
    }

    /// When the next timer is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        backend!(self, database => database.next_due())
    }

    /// A page of subscriptions.
    pub async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Vec<Subscription>> {
        backend!(self, database => database.subscriptions(query))
    }

    /// Messages that have expired at `now`, the first to expire first.
    pub async fn expired_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Key>> {
        backend!(self, database => database.expired_messages(now, limit))
    }

    /// When the next message expires.
    pub async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        backend!(self, database => database.next_expiry())
    }

    /// When the next effect in the outbox can be carried out.
    pub async fn next_outbox(&self) -> Result<Option<Timestamp>> {
        backend!(self, database => database.next_outbox())
    }

    /// One task, open or not.
    pub async fn task(&self, key: Key) -> Result<Option<Task>> {
        backend!(self, database => database.task(key))
    }

    /// A page of tasks.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<Vec<Task>> {
        backend!(self, database => database.tasks(query))
    }

    /// How many tasks a query finds, whatever its limit and offset.
    pub async fn task_count(&self, query: &TaskQuery) -> Result<u64> {
        backend!(self, database => database.task_count(query))
    }

    /// One instance with its state.
    pub async fn instance(&self, key: Key) -> Result<Option<Instance>> {
        let query = InstanceQuery {
            keys: vec![key],
            limit: 1,
            ..InstanceQuery::default()
        };
        Ok(self.instances(&query).await?.pop())
    }

    /// A page of instances with their states.
    pub async fn instances(&self, query: &InstanceQuery) -> Result<Vec<Instance>> {
        backend!(self, database => database.instances(query))
    }

    /// How many instances a query finds, whatever its limit.
    pub async fn instance_count(&self, query: &InstanceQuery) -> Result<u64> {
        backend!(self, database => database.instance_count(query))
    }

    /// How many instances each version of each process has, by state.
    pub async fn instance_counts(&self) -> Result<Vec<InstanceCount>> {
        backend!(self, database => database.instance_counts())
    }

    /// How many open tasks each user task of a process has, and how many of them are overdue at `now`.
    pub async fn step_counts(&self, process_id: &str, now: Timestamp) -> Result<Vec<StepCount>> {
        backend!(self, database => database.step_counts(process_id, now))
    }

    /// The history rows of an instance in order, those after number `after` of it.
    pub async fn history(&self, instance: Key, after: i64, limit: u32) -> Result<Vec<HistoryRow>> {
        backend!(self, database => database.history(instance, after, limit))
    }

    /// The jobs of an instance in the order of their creation.
    pub async fn jobs(&self, instance: Key) -> Result<Vec<Job>> {
        backend!(self, database => database.jobs(instance))
    }

    /// One job.
    pub async fn job(&self, key: Key) -> Result<Option<Job>> {
        backend!(self, database => database.job(key))
    }

    /// A page of incidents.
    pub async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>> {
        backend!(self, database => database.incidents(query))
    }

    /// The waiting timers of an instance.
    pub async fn timers(&self, instance: Key) -> Result<Vec<Timer>> {
        backend!(self, database => database.timers(instance))
    }

    /// The definitions by kind and id, the newest version first.
    pub async fn definitions(&self, query: &DefinitionQuery) -> Result<Vec<Definition>> {
        backend!(self, database => database.definitions(query))
    }

    /// An uploaded file.
    pub async fn resource(&self, key: Key) -> Result<Option<StoredResource>> {
        backend!(self, database => database.resource(key))
    }

    /// One document.
    pub async fn document(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        let ids = [id.to_owned()];
        Ok(self.documents_by_id(collection, &ids).await?.pop())
    }

    /// The documents with these ids, those that exist, by id.
    pub async fn documents_by_id(&self, collection: &str, ids: &[String]) -> Result<Vec<Document>> {
        backend!(self, database => database.documents_by_id(collection, ids))
    }

    /// A page of documents.
    pub async fn documents(&self, query: &Query) -> Result<Vec<Document>> {
        backend!(self, database => database.documents(query))
    }

    /// How many documents a query finds, whatever its limit.
    pub async fn document_count(&self, query: &Query) -> Result<u64> {
        backend!(self, database => database.document_count(query))
    }

    /// A page of the audit trail.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        backend!(self, database => database.audit(query))
    }
}

/// The right to write, from loading what a batch touches to its commit. Dropping it writes nothing.
#[derive(Debug)]
pub struct Unit {
    backend: UnitBackend,
}

#[derive(Debug)]
enum UnitBackend {
    Sqlite(sqlite::Unit),
}

/// Calls the same method of the unit that was begun.
macro_rules! unit {
    ($self:ident, $unit:ident => $call:expr) => {
        match &mut $self.backend {
            UnitBackend::Sqlite($unit) => $call.await,
        }
    };
}

impl Unit {
    /// Loads instances for writing, those that exist.
    pub async fn instances(&mut self, keys: &[Key]) -> Result<Vec<Instance>> {
        unit!(self, unit => unit.instances(keys))
    }

    /// The instances that these call activities started, as far as they still run.
    pub async fn called(&mut self, parent_elements: &[Key]) -> Result<Vec<Key>> {
        unit!(self, unit => unit.called(parent_elements))
    }

    /// Revision and time of creation of documents, those that exist.
    pub async fn revisions(
        &mut self,
        ids: &[DocumentId],
    ) -> Result<Vec<(DocumentId, i64, Timestamp)>> {
        unit!(self, unit => unit.revisions(ids))
    }

    /// The saved answers to these pairs of actor and idempotency key.
    pub async fn answers(&mut self, keys: &[(String, String)]) -> Result<Vec<SavedAnswer>> {
        unit!(self, unit => unit.answers(keys))
    }

    /// Jobs with their leases, those that exist.
    pub async fn jobs(&mut self, keys: &[Key]) -> Result<Vec<Job>> {
        unit!(self, unit => unit.jobs(keys))
    }

    /// Leases available jobs of a kind to a worker until `until`, the longest waiting first; gives them with their new tokens.
    pub async fn lease_jobs(
        &mut self,
        kind: &str,
        worker: &str,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Job>> {
        unit!(self, unit => unit.lease_jobs(kind, worker, limit, now, until))
    }

    /// Who awaits one of these messages and signals, by key: of each the first `limit_each` subscriptions after `after`.
    /// A signal for many is broadcast page by page.
    pub async fn subscriptions(
        &mut self,
        awaited: &[Awaited],
        after: Option<Key>,
        limit_each: u32,
    ) -> Result<Vec<Subscription>> {
        unit!(self, unit => unit.subscriptions(awaited, after, limit_each))
    }

    /// The kept messages with these pairs of name and correlation key that have not expired at `now`, by key: of each
    /// pair the oldest `limit_each`.
    pub async fn messages(
        &mut self,
        wanted: &[(String, String)],
        now: Timestamp,
        limit_each: u32,
    ) -> Result<Vec<Message>> {
        unit!(self, unit => unit.messages(wanted, now, limit_each))
    }

    /// The kept messages with these triples of name, correlation key and message id, expired or not.
    pub async fn messages_by_id(
        &mut self,
        ids: &[(String, String, String)],
    ) -> Result<Vec<Message>> {
        unit!(self, unit => unit.messages_by_id(ids))
    }

    /// The ids of the processes to which these messages were correlated, one pair each.
    pub async fn message_uses(&mut self, messages: &[Key]) -> Result<Vec<(Key, String)>> {
        unit!(self, unit => unit.message_uses(messages))
    }

    /// Which instances hold the locks of these pairs of process id and correlation key.
    pub async fn start_locks(&mut self, wanted: &[(String, String)]) -> Result<Vec<StartLock>> {
        unit!(self, unit => unit.start_locks(wanted))
    }

    /// The locks that these instances hold.
    pub async fn start_locks_of(&mut self, instances: &[Key]) -> Result<Vec<StartLock>> {
        unit!(self, unit => unit.start_locks_of(instances))
    }

    /// Effects with their claims, those that are still to be carried out.
    pub async fn outbox(&mut self, keys: &[Key]) -> Result<Vec<OutboxRow>> {
        unit!(self, unit => unit.outbox(keys))
    }

    /// Claims effects that are available at `now` until `until`, what has been available longest first; gives them by key,
    /// with their new tokens. A batch that carries one out names it in `gone_outbox`.
    pub async fn claim_outbox(
        &mut self,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OutboxRow>> {
        unit!(self, unit => unit.claim_outbox(limit, now, until))
    }

    /// Writes everything in one transaction. After an error nothing of it is there.
    pub async fn commit(&mut self, batch: Batch) -> Result<()> {
        unit!(self, unit => unit.commit(batch))
    }
}
