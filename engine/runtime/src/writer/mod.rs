//! The one writer: takes what waits in the queue as a batch, carries it out in memory, commits once, then answers.
//!
//! While one batch commits the next one gathers, so a lone request never waits for company and a crowd shares commits.

mod act;
mod attempt;
mod batch;
mod batch_operations;
mod cache;
mod decisions;
mod deployment;
mod following;
mod known;
mod leases;
mod messages;
mod numbers;
mod outbox;
pub(crate) mod projection;
mod recompute;
mod shared;
mod signals;
mod starting;
mod stores;
mod webhooks;
mod withdrawal;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bpmn::Key;
use jiff::{SignedDuration, Timestamp};
use store::{Batch, Deletion, Store, Timer, Unit};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use crate::bell::Bell;
use crate::clock::Stopwatch;
use crate::deploy::{Latest, Prepared};
use crate::limits::{BATCH_MAX, TIMER_REST_S};
use crate::runtime::SharedCatalog;
use crate::starts::Starts;
use crate::statistics::Counters;
use crate::timers::Alarm;
use crate::{Answer, Clock, Error, Request, Result};
use attempt::Attempt;
pub(crate) use attempt::CLOCK;
use cache::Cache;
use numbers::Numbers;
pub(crate) use outbox::recompute_in;
pub(crate) use recompute::Concerned;
pub(crate) use webhooks::Asked;
use work::Work;

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// What can stand in the queue.
pub(crate) enum Message {
    /// Carry out a request.
    Request {
        request: Box<Request>,
        prepared: Vec<Vec<Prepared>>,
        reply: Reply<Result<Answer>>,
    },
    /// Fire a timer that is due. A timer that is not there any more is no error.
    FireTimer {
        timer: Timer,
        reply: Reply<Result<()>>,
    },
    /// Carry out some of what waits in the outbox.
    WorkOff { reply: Reply<Result<()>> },
    /// Delete messages that have expired.
    Forget {
        messages: Vec<Key>,
        reply: Reply<Result<()>>,
    },
    /// Lease jobs to a worker.
    LeaseJobs {
        job_type: String,
        worker: String,
        limit: u32,
        lease_ms: u32,
        reply: Reply<Result<Vec<store::Job>>>,
    },
    /// Read what other servers have deployed.
    Refresh { reply: Reply<Result<()>> },
    /// Delete instances whose history was kept long enough.
    Delete {
        instances: Vec<Key>,
        told: Deletion,
        reply: Reply<Result<usize>>,
    },
    /// Say whether an instance is there, when no deletion is under way.
    Left {
        instance: Key,
        reply: Reply<Result<bool>>,
    },
    /// Write something, to see that it can be done.
    Probe { reply: Reply<Result<()>> },
    /// Give a worker more time for a job.
    ExtendLease {
        job: Key,
        token: Option<i64>,
        lease_ms: u32,
        reply: Reply<Result<Timestamp>>,
    },
    /// Delete answers to requests that nobody repeats any more; gives how many.
    PruneAnswers {
        before: Timestamp,
        reply: Reply<Result<usize>>,
    },
    /// Something about events for webhooks.
    Deliveries(Asked),
    /// Answer when everything before is done.
    Barrier { reply: Reply<()> },
    /// Finish what is in the queue and end.
    Stop { reply: Reply<()> },
}

/// The writer and what it remembers between batches.
pub(crate) struct Writer {
    store: Store,
    clock: Clock,
    catalog: SharedCatalog,
    alarm: Alarm,
    bell: Bell,
    counters: Counters,
    cache: Cache,
    latest: Arc<Latest>,
    starts: Arc<Starts>,
    numbers: Numbers,
    /// How many definitions there were when the catalog was read.
    definitions: u64,
    /// The revisions of the data stores that the catalog has.
    stores: BTreeMap<String, i64>,
    /// The names of the data stores that processes use.
    store_names: BTreeSet<String>,
    /// Who is told what happens.
    webhooks: webhooks::Known,
    /// Whether the batch may be in the database already.
    written: bool,
}

/// What became of a message; it is told after the commit.
enum Done {
    Request(Result<Answer>),
    Work(Result<()>),
    Nothing,
}

impl Writer {
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        catalog: SharedCatalog,
        (alarm, bell): (Alarm, Bell),
        counters: Counters,
        latest: Latest,
        definitions: u64,
    ) -> Writer {
        let starts = Arc::new(Starts::of(&catalog.get(), clock.now()));
        Writer {
            store_names: catalog.get().data_store_names(),
            cache: Cache::new(store.is_shared()),
            store,
            clock,
            catalog,
            alarm,
            bell,
            counters,
            latest: Arc::new(latest),
            starts,
            numbers: Numbers::default(),
            definitions,
            stores: BTreeMap::new(),
            webhooks: webhooks::Known::default(),
            written: false,
        }
    }

    /// Works until it is told to stop or nobody can ask any more.
    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let mut stopped = Vec::new();
        while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let mut messages = Vec::with_capacity(batch.len());
            for message in batch.drain(..) {
                if let Message::Stop { reply } = message {
                    // What is in the queue already is still done.
                    queue.close();
                    stopped.push(reply);
                } else {
                    messages.push(message);
                }
            }
            let (number, worked) = (messages.len(), Stopwatch::start());
            let span = tracing::debug_span!("batch", messages = number);
            self.batch(messages).instrument(span).await;
            self.counters.batch(number, &worked);
        }
        for reply in stopped {
            answer(reply, ());
        }
    }

    /// Runs a request on copies of what it touches; keeps the copies if all of it could be done.
    async fn request(
        &mut self,
        unit: &mut Unit,
        work: &mut Work,
        request: Request,
        prepared: Vec<Vec<Prepared>>,
    ) -> Result<Answer> {
        if let Some(saved) = work.saved_answer(&request)? {
            return Ok(saved);
        }
        let mut attempt = Attempt::new(
            unit,
            &mut self.cache,
            &mut self.numbers,
            work,
            request.who(),
        );
        let saving = request
            .idempotency_key
            .as_ref()
            .map(|key| (key.clone(), request.fingerprint()));
        let outcomes = attempt.all(request.acts, prepared).await?;
        let answer = Answer {
            outcomes,
            repeated: false,
        };
        if let Some((key, fingerprint)) = saving {
            attempt.save_answer(key, fingerprint, &answer)?;
        }
        let draft = attempt.done().await?;
        work.keep(draft);
        Ok(answer)
    }

    async fn fire(&mut self, unit: &mut Unit, work: &mut Work, timer: Timer) -> Result<()> {
        let late = work.now.duration_since(timer.due);
        self.counters.measures().timer_late(late);
        let mut attempt = Attempt::new(
            unit,
            &mut self.cache,
            &mut self.numbers,
            work,
            attempt::Who::the_clock(),
        );
        match attempt.fire(&timer).await {
            Ok(()) => {
                let draft = attempt.done().await?;
                work.keep(draft);
                Ok(())
            }
            // It was withdrawn, and its row should have gone with it.
            Err(Error::Rejected(_) | Error::NoSuchInstance(_)) => {
                work.batch.gone_timers.insert(timer.key);
                Ok(())
            }
            Err(error @ Error::Store(_)) => Err(error),
            Err(error) => {
                tracing::error!(%error, instance = %timer.instance, timer = %timer.key, "a timer cannot fire and rests");
                let due = work
                    .now
                    .saturating_add(SignedDuration::from_secs(TIMER_REST_S))
                    .unwrap_or(Timestamp::MAX);
                work.batch.timers.insert(timer.key, Timer { due, ..timer });
                Ok(())
            }
        }
    }

    /// A number that nobody needs is taken, which is a commit as small as any.
    async fn probe(&self, unit: &mut Unit) -> Result<()> {
        unit.numbers("probes", 1).await?;
        Ok(self.store.check_schema().await?)
    }
}

/// When the loop has something to do for what a batch writes.
fn soonest(batch: &Batch) -> Option<Timestamp> {
    let timers = batch
        .timers
        .values()
        .filter(|timer| !batch.gone_timers.contains(&timer.key))
        .map(|timer| timer.due);
    let messages = batch
        .messages
        .values()
        .filter(|message| !batch.gone_messages.contains(&message.key))
        .map(|message| message.expires_at);
    let outbox = batch
        .outbox
        .values()
        .filter(|row| !batch.gone_outbox.contains(&row.key))
        .map(|row| row.available_at);
    timers.chain(messages).chain(outbox).min()
}

/// Whoever asked may have gone; the deed is done all the same.
fn answer<T>(reply: Reply<T>, value: T) {
    let _ = reply.send(value);
}

fn refuse_all(messages: Vec<Message>, error: &Error) {
    tracing::error!(%error, "a batch could not be carried out");
    for message in messages {
        match message {
            Message::Request { reply, .. } => answer(reply, Err(error.clone())),
            Message::FireTimer { reply, .. }
            | Message::WorkOff { reply }
            | Message::Refresh { reply }
            | Message::Forget { reply, .. } => answer(reply, Err(error.clone())),
            Message::LeaseJobs { reply, .. } => answer(reply, Err(error.clone())),
            Message::ExtendLease { reply, .. } => answer(reply, Err(error.clone())),
            Message::PruneAnswers { reply, .. } => answer(reply, Err(error.clone())),
            Message::Delete { reply, .. } => answer(reply, Err(error.clone())),
            Message::Left { reply, .. } => answer(reply, Err(error.clone())),
            Message::Deliveries(asked) => asked.refuse(error),
            Message::Probe { reply } => answer(reply, Err(error.clone())),
            Message::Barrier { reply } | Message::Stop { reply } => {
                answer(reply, ());
            }
        }
    }
}
