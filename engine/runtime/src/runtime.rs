//! The handle that the program holds: it opens the runtime, hands requests to the writer and waits for their answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use bpmn::Catalog;
use feel::{MondayToFriday, WorkingDays};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::Store;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::bell::Bell;
use crate::deploy::{self, Prepared};
use crate::jobs::ActivatedJob;
use crate::limits::{ACTS_MAX, QUEUE_MAX};
use crate::statistics::{Counters, Statistics};
use crate::timers::{self, Alarm};
use crate::writer::{Message, Reply, Writer};
use crate::{Act, Answer, Clock, Error, Measures, Request, Resource, ResourceReport, Result};

/// In which zone and by which calendar an installation works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where dates without zone are.
    pub zone: TimeZone,
    /// The working days.
    pub calendar: Arc<dyn WorkingDays>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            zone: TimeZone::UTC,
            calendar: Arc::new(MondayToFriday),
        }
    }
}

/// The running engine. Clones are handles to the same one; it ends with [`Runtime::stop`] or with its last handle.
#[derive(Debug, Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Store,
    clock: Clock,
    counters: Counters,
    catalog: SharedCatalog,
    bell: Bell,
    queue: mpsc::Sender<Message>,
    /// Questions whether the timers are idle.
    idle: mpsc::Sender<oneshot::Sender<()>>,
    /// Its end tells the timer loop that nobody needs it any more.
    alive: watch::Sender<bool>,
    loops: Mutex<Vec<JoinHandle<()>>>,
}

/// The catalog of the moment: the writer puts it, everybody reads it.
#[derive(Debug, Clone)]
pub(crate) struct SharedCatalog {
    catalog: Arc<RwLock<Arc<Catalog>>>,
    /// Whether another server has deployed something since it was read.
    outdated: Arc<AtomicBool>,
}

impl SharedCatalog {
    pub(crate) fn new(catalog: Arc<Catalog>) -> SharedCatalog {
        SharedCatalog {
            catalog: Arc::new(RwLock::new(catalog)),
            outdated: Arc::default(),
        }
    }

    /// Another server has deployed something: the writer reads it before its next batch.
    pub(crate) fn outdate(&self) {
        self.outdated.store(true, Ordering::SeqCst);
    }

    /// Whether it was outdated. It counts as read from now on.
    pub(crate) fn was_outdated(&self) -> bool {
        self.outdated.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn get(&self) -> Arc<Catalog> {
        self.catalog
            .read()
            .expect("nothing panics while it holds the catalog")
            .clone()
    }

    pub(crate) fn put(&self, catalog: Arc<Catalog>) {
        *self
            .catalog
            .write()
            .expect("nothing panics while it holds the catalog") = catalog;
    }
}

impl Runtime {
    /// Loads what is deployed and starts to work: overdue timers fire at once.
    pub async fn open(store: Store, clock: Clock, options: Options) -> Result<Runtime> {
        let definitions = store.definition_changes().await?;
        let (catalog, latest) = deploy::load(&store, options).await?;
        let catalog = SharedCatalog::new(Arc::new(catalog));
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let (idle, idle_questions) = mpsc::channel(QUEUE_MAX);
        let (alive, still_alive) = watch::channel(true);
        let alarm = Alarm::default();
        let bell = Bell::default();
        let counters = Counters::default();
        let driving = clock.drive();
        let wakes = store.wakes().await?;
        let writer = Writer::new(
            store.clone(),
            clock.clone(),
            catalog.clone(),
            (alarm.clone(), bell.clone()),
            counters.clone(),
            latest,
            definitions,
        );
        let timers = timers::Loop {
            store: store.clone(),
            clock: clock.clone(),
            _driving: driving,
            queue: queue.downgrade(),
            alarm,
            idle: idle_questions,
            alive: still_alive,
            wakes,
            catalog: catalog.clone(),
            bell: bell.clone(),
        };
        let loops = vec![
            tokio::spawn(writer.run(messages)),
            tokio::spawn(timers.run()),
        ];
        let shared = Shared {
            store,
            clock,
            counters,
            catalog,
            bell,
            queue,
            idle,
            alive,
            loops: Mutex::new(loops),
        };
        Ok(Runtime {
            shared: Arc::new(shared),
        })
    }

    /// Carries out a request: all of its acts, durably, or none. The answer comes after the commit.
    pub async fn submit(&self, request: Request) -> Result<Answer> {
        if request.acts.len() > ACTS_MAX {
            let what = format!("a request of {} acts", request.acts.len());
            return Err(Error::Limit {
                what,
                name: "ACTS_MAX",
                limit: ACTS_MAX,
            });
        }
        let prepared = self.prepare(&request).await?;
        self.ask(|reply| Message::Request {
            request: Box::new(request),
            prepared,
            reply,
        })
        .await?
    }

    /// Leases up to `limit` available jobs of a type to a worker. A job comes back after `lease_ms` unless it is
    /// completed or failed before with its token.
    pub async fn activate_jobs(
        &self,
        job_type: &str,
        worker: &str,
        limit: u32,
        lease_ms: u32,
    ) -> Result<Vec<ActivatedJob>> {
        let (job_type, worker) = (job_type.to_owned(), worker.to_owned());
        let jobs = self
            .ask(|reply| Message::LeaseJobs {
                job_type,
                worker,
                limit,
                lease_ms,
                reply,
            })
            .await??;
        self.activated(jobs).await
    }

    /// Checks files as a deployment would, and deploys nothing.
    pub async fn check(&self, resources: Vec<Resource>) -> Result<Vec<ResourceReport>> {
        Ok(self
            .read(resources)
            .await?
            .into_iter()
            .map(|prepared| prepared.report)
            .collect())
    }

    /// What the writer has done since it started.
    pub fn statistics(&self) -> Statistics {
        self.shared.counters.read()
    }

    /// What an operator watches.
    pub fn measures(&self) -> &Measures {
        self.shared.counters.measures()
    }

    /// How many requests wait for the writer.
    pub fn queue_depth(&self) -> usize {
        let queue = &self.shared.queue;
        queue.max_capacity() - queue.capacity()
    }

    /// Writes something, through the queue and the writer, to see that all of them work.
    pub async fn probe(&self) -> Result<()> {
        self.ask(|reply| Message::Probe { reply }).await?
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// What is deployed.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.shared.catalog.get()
    }

    /// What is deployed, also by other servers a moment ago: for who did not find what he was told is there.
    pub async fn newest_catalog(&self) -> Result<Arc<Catalog>> {
        if self.shared.store.is_shared() {
            self.shared.catalog.outdate();
            self.ask(|reply| Message::Refresh { reply }).await??;
        }
        Ok(self.catalog())
    }

    /// Returns when every request that was submitted before has been answered, a test clock has arrived where it was
    /// told to go, and no timer is due.
    pub async fn wait_idle(&self) {
        // A runtime that has stopped is idle.
        if !self.pass(|reply| Message::Barrier { reply }).await {
            return;
        }
        let (reply, answer) = oneshot::channel();
        if self.shared.idle.send(reply).await.is_ok() {
            let _ = answer.await;
        }
    }

    /// Finishes what was submitted, refuses what comes later, and closes the database.
    pub async fn stop(&self) {
        // A receiver that is gone has stopped already.
        let _ = self.shared.alive.send(false);
        // If nobody takes it, the writer has stopped already.
        self.pass(|reply| Message::Stop { reply }).await;
        let loops = std::mem::take(
            &mut *self
                .shared
                .loops
                .lock()
                .expect("nothing panics while it holds the loops"),
        );
        for finished in loops {
            if let Err(error) = finished.await {
                tracing::error!(%error, "a loop of the runtime ended badly");
            }
        }
        self.shared.store.close().await;
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Puts a message in the queue when it has room, and waits until it is answered; gives whether it was.
    async fn pass(&self, message: impl FnOnce(Reply<()>) -> Message) -> bool {
        let (reply, passed) = oneshot::channel();
        self.shared.queue.send(message(reply)).await.is_ok() && passed.await.is_ok()
    }

    /// Puts a message in the queue and waits for its answer.
    pub(crate) async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.shared
            .queue
            .try_send(message(reply))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => {
                    self.measures().busy();
                    Error::Busy
                }
                mpsc::error::TrySendError::Closed(_) => Error::Stopped,
            })?;
        answer.await.map_err(|_| {
            if self.shared.queue.is_closed() {
                return Error::Stopped;
            }
            Error::Bug {
                what: "the writer gave no answer".to_owned(),
            }
        })
    }

    /// Reads the files of all deployments of a request here, so that a large model does not hold up the writer.
    async fn prepare(&self, request: &Request) -> Result<Vec<Vec<Prepared>>> {
        let mut prepared = Vec::new();
        for act in &request.acts {
            if let Act::Deploy { resources } = act {
                let files = self.read(resources.clone()).await?;
                if files.iter().any(|file| !file.report.is_deployable()) {
                    return Err(Error::NotDeployable(
                        files.into_iter().map(|file| file.report).collect(),
                    ));
                }
                prepared.push(files);
            }
        }
        Ok(prepared)
    }

    pub(crate) async fn read(&self, resources: Vec<Resource>) -> Result<Vec<Prepared>> {
        let catalog = self.catalog();
        let reading = tokio::task::spawn_blocking(move || deploy::prepare(&catalog, resources));
        reading.await.map_err(|error| Error::Bug {
            what: error.to_string(),
        })?
    }
}
