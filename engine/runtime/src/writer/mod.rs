//! The one writer: takes what waits in the queue as a batch, carries it out in memory, commits once, then answers.
//!
//! While one batch commits the next one gathers, so a lone request never waits for company and a crowd shares commits.

mod act;
mod attempt;
mod cache;
mod deployment;
mod following;
mod known;
mod messages;
mod numbers;
mod outbox;
mod projection;
mod signals;
mod starting;
mod work;

use std::sync::Arc;
use std::time::Duration;

use bpmn::Key;
use feel::WorkingDays;
use jiff::{SignedDuration, Timestamp};
use store::{Batch, Store, Timer, Unit};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use crate::clock::Stopwatch;
use crate::deploy::{Latest, Prepared};
use crate::limits::{BATCH_MAX, TIMER_REST_S};
use crate::runtime::SharedCatalog;
use crate::starts::Starts;
use crate::statistics::Counters;
use crate::timers::Alarm;
use crate::{Answer, Clock, Error, Request, Result};
use attempt::Attempt;
use cache::Cache;
use numbers::Numbers;
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
    /// Work by another calendar.
    SetCalendar {
        calendar: Arc<dyn WorkingDays>,
        reply: Reply<()>,
    },
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
    counters: Counters,
    cache: Cache,
    latest: Arc<Latest>,
    starts: Arc<Starts>,
    numbers: Numbers,
}

/// An answer that waits for the commit.
type Pending = Box<dyn FnOnce(Option<Error>) + Send>;

impl Writer {
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        catalog: SharedCatalog,
        alarm: Alarm,
        counters: Counters,
        latest: Latest,
    ) -> Writer {
        let starts = Arc::new(Starts::of(&catalog.get(), clock.now()));
        Writer {
            store,
            clock,
            catalog,
            alarm,
            counters,
            cache: Cache::default(),
            latest: Arc::new(latest),
            starts,
            numbers: Numbers::default(),
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

    /// Carries out, commits, answers.
    async fn batch(&mut self, messages: Vec<Message>) {
        let mut unit = match self.store.begin().await {
            Ok(unit) => unit,
            Err(error) => return refuse_all(messages, &error.into()),
        };
        let mut work = Work::new(
            self.clock.now(),
            self.catalog.get(),
            self.latest.clone(),
            self.starts.clone(),
        );
        let waited = Stopwatch::start();
        let loaded = work.prefetch(&mut unit, &mut self.cache, &messages).await;
        self.counters.store(&waited);
        if let Err(error) = loaded {
            return refuse_all(messages, &error);
        }
        let mut pending: Vec<Pending> = Vec::with_capacity(messages.len());
        let mut leases = Vec::new();
        for message in messages {
            if matches!(message, Message::LeaseJobs { .. }) {
                leases.push(message);
            } else {
                pending.push(self.carry_out(&mut unit, &mut work, message).await);
            }
        }
        let failure = self.commit(&mut unit, work).await.err();
        if let Some(error) = &failure {
            tracing::error!(%error, "a batch was not committed");
            self.cache.clear();
        }
        for answer in pending {
            answer(failure.clone());
        }
        for lease in leases {
            self.lease(&mut unit, lease, &failure).await;
        }
    }

    async fn carry_out(&mut self, unit: &mut Unit, work: &mut Work, message: Message) -> Pending {
        match message {
            Message::Request {
                request,
                prepared,
                reply,
            } => {
                let result = self.request(unit, work, *request, prepared).await;
                Box::new(move |failure| answer(reply, failure.map_or(result, Err)))
            }
            Message::FireTimer { timer, reply } => {
                let result = self.fire(unit, work, timer).await;
                Box::new(move |failure| answer(reply, failure.map_or(result, Err)))
            }
            Message::WorkOff { reply } => {
                let result = self.work_off(unit, work).await;
                Box::new(move |failure| answer(reply, failure.map_or(result, Err)))
            }
            Message::Forget { messages, reply } => {
                work.batch.gone_messages.extend(messages);
                Box::new(move |failure| answer(reply, failure.map_or(Ok(()), Err)))
            }
            Message::SetCalendar { calendar, reply } => {
                let mut catalog = (*work.catalog).clone();
                catalog.calendar = calendar;
                work.catalog = Arc::new(catalog);
                Box::new(move |_| answer(reply, ()))
            }
            Message::Barrier { reply } | Message::Stop { reply } => {
                Box::new(move |_| answer(reply, ()))
            }
            Message::LeaseJobs { reply, .. } => Box::new(move |failure| {
                answer(reply, failure.map_or(Ok(Vec::new()), Err));
            }),
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
        let draft = attempt.done();
        work.keep(draft);
        Ok(answer)
    }

    async fn fire(&mut self, unit: &mut Unit, work: &mut Work, timer: Timer) -> Result<()> {
        let mut attempt = Attempt::new(
            unit,
            &mut self.cache,
            &mut self.numbers,
            work,
            attempt::Who::the_clock(),
        );
        match attempt.fire(&timer).await {
            Ok(()) => {
                let draft = attempt.done();
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

    /// Writes everything, and only then remembers it.
    async fn commit(&mut self, unit: &mut Unit, work: Work) -> Result<()> {
        let (batch, after) = work.finish()?;
        let soonest = soonest(&batch);
        let waited = Stopwatch::start();
        let committing = unit.commit(batch);
        let committed = committing.instrument(tracing::debug_span!("commit")).await;
        self.counters.store(&waited);
        committed?;
        self.latest = after.latest;
        self.starts = after.starts;
        if !Arc::ptr_eq(&after.catalog, &self.catalog.get()) {
            self.catalog.put(after.catalog);
        }
        self.cache.keep(after.instances);
        if let Some(due) = soonest {
            self.alarm.started(due);
        }
        Ok(())
    }

    async fn lease(&mut self, unit: &mut Unit, message: Message, failure: &Option<Error>) {
        let Message::LeaseJobs {
            job_type,
            worker,
            limit,
            lease_ms,
            reply,
        } = message
        else {
            return;
        };
        if let Some(error) = failure {
            return answer(reply, Err(error.clone()));
        }
        let now = self.clock.now();
        let lease = SignedDuration::try_from(Duration::from_millis(lease_ms.into()))
            .unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        answer(
            reply,
            unit.lease_jobs(&job_type, &worker, limit, now, until)
                .await
                .map_err(Error::from),
        );
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
    tracing::error!(%error, "a batch could not begin");
    for message in messages {
        match message {
            Message::Request { reply, .. } => answer(reply, Err(error.clone())),
            Message::FireTimer { reply, .. }
            | Message::WorkOff { reply }
            | Message::Forget { reply, .. } => answer(reply, Err(error.clone())),
            Message::LeaseJobs { reply, .. } => answer(reply, Err(error.clone())),
            Message::SetCalendar { reply, .. }
            | Message::Barrier { reply }
            | Message::Stop { reply } => {
                answer(reply, ());
            }
        }
    }
}
