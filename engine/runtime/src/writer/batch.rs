//! One batch: loaded, carried out, committed, answered.
//!
//! What others wrote meanwhile is read, and the batch repeated. A batch that cannot be written because of one of its
//! messages is taken apart: each alone, in their order, so that only the guilty one fails.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use store::Unit;
use tracing::Instrument;

use super::work::Work;
use super::{Done, Message, Writer, answer, refuse_all, soonest, webhooks};
use crate::clock::Stopwatch;
use crate::limits::{ANSWERS_AT_ONCE, CONFLICTS_MAX};
use crate::{Error, Result};

/// A batch that was written, or was not because of the failure.
struct Ended {
    unit: Unit,
    done: Vec<Done>,
    failure: Option<Error>,
}

/// How much of the messages is needed again.
#[derive(Clone, Copy)]
struct Again {
    /// Other servers write as well: the batch may have to be repeated.
    shared: bool,
    /// The messages may have to be carried out again, together or alone.
    keep: bool,
    /// Nothing has gone wrong yet.
    is_first: bool,
}

impl Writer {
    /// Carries out, commits, answers. A panic in our code outside of what guards each step is the error of whoever caused
    /// it; the writer goes on.
    pub(super) async fn batch(&mut self, mut messages: Vec<Message>) {
        self.written = false;
        if survives(Box::pin(self.together(&mut messages)))
            .await
            .is_ok()
        {
            return;
        }
        self.cache.clear();
        if messages.len() > 1 && !self.written {
            for message in std::mem::take(&mut messages) {
                let mut alone = vec![message];
                self.written = false;
                if survives(Box::pin(self.together(&mut alone))).await.is_err() {
                    self.cache.clear();
                }
            }
        }
        // Whoever is not answered hears from the queue that there is a bug.
    }

    /// All messages in one transaction; where one of them spoils it, each in its own.
    async fn together(&mut self, messages: &mut Vec<Message>) {
        let Err(error) = self.attempted(messages).await else {
            return;
        };
        if messages.len() == 1 || error.is_temporary() {
            return refuse_all(std::mem::take(messages), &error);
        }
        tracing::warn!(%error, messages = messages.len(), "a batch cannot be written; its messages are tried alone");
        for message in std::mem::take(messages) {
            let mut alone = vec![message];
            if let Err(error) = self.attempted(&mut alone).await {
                refuse_all(alone, &error);
            }
        }
    }

    /// Carries out, commits, answers. Where other servers wrote what the batch had read, all of it again. After an error the
    /// messages are as they were if there were several, and nothing is written.
    async fn attempted(&mut self, messages: &mut Vec<Message>) -> Result<()> {
        let mut left = if self.store.is_shared() {
            CONFLICTS_MAX
        } else {
            0
        };
        loop {
            let again = Again {
                shared: left > 0,
                keep: left > 0 || messages.len() > 1,
                is_first: left == CONFLICTS_MAX,
            };
            let Some(mut ended) = self.carry_out_all(messages, again).await? else {
                left -= 1;
                continue;
            };
            if let Some(error) = &ended.failure {
                tracing::error!(%error, "a batch was not committed");
                self.cache.clear();
                self.webhooks.forget();
                if self.store.is_shared() {
                    // Perhaps it was, and only the answer is lost.
                    self.catalog.outdate();
                }
                if messages.len() > 1 && !error.is_temporary() {
                    return Err(error.clone());
                }
            }
            for (message, done) in std::mem::take(messages).into_iter().zip(ended.done) {
                self.deliver(&mut ended.unit, message, done, &ended.failure)
                    .await;
            }
            return Ok(());
        }
    }

    /// One unit: from loading to the commit. `None` where nothing was written and it has to be repeated.
    async fn carry_out_all(
        &mut self,
        messages: &mut [Message],
        again: Again,
    ) -> Result<Option<Ended>> {
        // What is counted anew is counted by the newest calendar.
        let works_off = |message: &Message| matches!(message, Message::WorkOff { .. });
        let counts_anew = self.store.is_shared() && messages.iter().any(works_off);
        if self.catalog.was_outdated() || counts_anew {
            self.refresh()
                .await
                .inspect_err(|_| self.catalog.outdate())?;
        }
        let mut unit = self.store.begin().await?;
        self.cache.begin(again.is_first);
        let mut work = self.load(&mut unit, messages).await?;
        if work.is_outdated {
            self.reload().await?;
            work = self.load(&mut unit, messages).await?;
        }
        let mut done = Vec::with_capacity(messages.len());
        for message in messages {
            let one = self.carry_out(&mut unit, &mut work, message, again.keep);
            done.push(one.await);
        }
        if again.shared && work.misses(&done) && self.refresh().await? {
            return Ok(None);
        }
        if again.shared && self.cache.was_wrong(&mut unit, &work.instances).await? {
            self.cache.forget_used();
            return Ok(None);
        }
        let failure = self.commit(&mut unit, work).await.err();
        if again.shared && failure.as_ref().is_some_and(Error::is_conflict) {
            // Perhaps both have deployed the next version of one process, or written to one data store.
            self.webhooks.forget();
            self.cache.forget_used();
            self.refresh().await?;
            return Ok(None);
        }
        Ok(Some(Ended {
            unit,
            done,
            failure,
        }))
    }

    async fn load(&mut self, unit: &mut Unit, messages: &[Message]) -> Result<Work> {
        let waited = Stopwatch::start();
        let stores = self.fresh_stores(unit).await;
        let mut work = Work::new(
            self.clock.now(),
            self.catalog.get(),
            self.latest.clone(),
            self.starts.clone(),
            self.store.is_shared(),
        );
        let webhooks = match stores {
            Ok(()) => self.webhooks(unit).await,
            Err(error) => Err(error),
        };
        let loaded = match webhooks {
            Ok(webhooks) => {
                work.webhooks = webhooks;
                work.prefetch(unit, &mut self.cache, messages).await
            }
            Err(error) => Err(error),
        };
        self.counters.store(&waited);
        loaded.map(|()| work)
    }

    async fn carry_out(
        &mut self,
        unit: &mut Unit,
        work: &mut Work,
        message: &mut Message,
        keep: bool,
    ) -> Done {
        match message {
            Message::Request {
                request, prepared, ..
            } => {
                let (request, prepared) = if keep {
                    ((**request).clone(), prepared.clone())
                } else {
                    (std::mem::take(&mut **request), std::mem::take(prepared))
                };
                Done::Request(self.request(unit, work, request, prepared).await)
            }
            Message::FireTimer { timer, .. } => {
                Done::Work(self.fire(unit, work, timer.clone()).await)
            }
            Message::WorkOff { .. } => Done::Work(self.work_off(unit, work).await),
            Message::Forget { messages, .. } => {
                work.batch.gone_messages.extend(messages.iter().copied());
                Done::Work(Ok(()))
            }
            // The first six have transactions of their own, after this one.
            Message::LeaseJobs { .. }
            | Message::ExtendLease { .. }
            | Message::PruneAnswers { .. }
            | Message::Delete { .. }
            | Message::Left { .. }
            | Message::Deliveries(_)
            | Message::Probe { .. }
            | Message::Refresh { .. }
            | Message::Barrier { .. }
            | Message::Stop { .. } => Done::Nothing,
        }
    }

    /// Answers, after the commit.
    async fn deliver(
        &self,
        unit: &mut Unit,
        message: Message,
        done: Done,
        failure: &Option<Error>,
    ) {
        match message {
            Message::Request { reply, .. } => {
                let result = match done {
                    Done::Request(result) => result,
                    Done::Work(_) | Done::Nothing => Err(Error::Stopped),
                };
                let result = failure.clone().map_or(result, Err);
                self.counters.measures().answered(&result);
                answer(reply, result);
            }
            Message::FireTimer { reply, .. }
            | Message::WorkOff { reply }
            | Message::Forget { reply, .. }
            | Message::Refresh { reply } => {
                let result = match done {
                    Done::Work(result) => result,
                    Done::Request(_) | Done::Nothing => Ok(()),
                };
                answer(reply, failure.clone().map_or(result, Err));
            }
            Message::LeaseJobs { .. } => self.lease(unit, message, failure).await,
            Message::ExtendLease {
                job,
                token,
                lease_ms,
                reply,
            } => answer(reply, self.extend_lease(unit, job, token, lease_ms).await),
            Message::PruneAnswers { before, reply } => {
                let pruned = unit.prune_answers(before, ANSWERS_AT_ONCE).await;
                answer(reply, pruned.map_err(Error::from));
            }
            Message::Delete {
                instances,
                told,
                reply,
            } => {
                let deleted = unit.delete_instances(&instances, &told).await;
                answer(reply, deleted.map_err(Error::from));
            }
            Message::Deliveries(asked) => self.deliveries(unit, asked).await,
            Message::Probe { reply } => answer(reply, self.probe(unit).await),
            Message::Left { instance, reply } => {
                let left = unit.left(&[instance]).await;
                answer(
                    reply,
                    left.map(|keys| !keys.is_empty()).map_err(Error::from),
                );
            }
            Message::Barrier { reply } | Message::Stop { reply } => answer(reply, ()),
        }
    }

    /// Writes everything, and only then remembers it.
    async fn commit(&mut self, unit: &mut Unit, work: Work) -> Result<()> {
        let (batch, after) = work.finish()?;
        let soonest = soonest(&batch);
        let deployed = (batch.definitions.len() + batch.withdrawn.len()) as u64;
        let mut jobs: BTreeSet<String> = batch.jobs.values().map(|job| job.kind.clone()).collect();
        jobs.extend(batch.kept_jobs.values().map(|job| job.kind.clone()));
        let webhooks_changed = webhooks::changes(&batch);
        let delivers = webhooks_changed || !batch.deliveries.is_empty();
        let waited = Stopwatch::start();
        self.written = true;
        let committing = unit.commit(batch);
        let committed = committing.instrument(tracing::debug_span!("commit")).await;
        self.counters.store(&waited);
        self.counters.measures().commit(waited.us());
        if committed.is_err() {
            self.written = false;
        }
        committed?;
        self.definitions += deployed;
        self.latest = after.latest;
        self.starts = after.starts;
        if deployed > 0 {
            self.store_names = after.catalog.data_store_names();
        }
        if !Arc::ptr_eq(&after.catalog, &self.catalog.get()) {
            self.catalog.put(after.catalog);
        }
        self.cache.keep(after.instances);
        self.bell.ring(jobs.iter());
        if webhooks_changed {
            self.webhooks.forget();
        }
        if delivers {
            self.bell.delivery().notify_one();
        }
        if let Some(due) = soonest {
            self.alarm.started(due);
        }
        Ok(())
    }
}

/// Runs work to its end; a panic in it ends the work and nothing else.
async fn survives<T>(mut work: Pin<Box<impl Future<Output = T>>>) -> std::result::Result<T, ()> {
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => {
                tracing::error!("a bug stopped a batch; its requests are tried alone");
                Poll::Ready(Err(()))
            }
        }
    })
    .await
}
