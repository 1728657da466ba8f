//! What the clock brings: timers that are due, effects in the outbox, messages that expire. One timed sleep until the
//! next of them; a new earlier one wakes the loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{HORIZON_S, Store, Wakes};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::bell::Bell;
use crate::clock::Driving;
use crate::limits::{EXPIRED_AT_ONCE, TIMER_CLAIM_S, TIMERS_AT_ONCE};
use crate::runtime::SharedCatalog;
use crate::writer::{Message, Reply};
use crate::{Clock, Result};

/// How long to wait after the database failed; each time twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Wakes the loop when something was written that is due before the loop would wake by itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alarm(Arc<Ring>);

#[derive(Debug)]
struct Ring {
    /// When the loop wakes by itself, in microseconds. While it is awake, the end of time: every new timer counts.
    wakes_at: AtomicI64,
    notify: Notify,
}

impl Default for Ring {
    fn default() -> Ring {
        Ring {
            wakes_at: AtomicI64::new(i64::MAX),
            notify: Notify::new(),
        }
    }
}

impl Alarm {
    /// Something that is due at `due` was committed.
    pub(crate) fn started(&self, due: Timestamp) {
        if due.as_microsecond() < self.0.wakes_at.load(Ordering::SeqCst) {
            self.0.notify.notify_one();
        }
    }

    fn set(&self, wakes_at: Option<Timestamp>) {
        self.0.wakes_at.store(
            wakes_at.map_or(i64::MAX, Timestamp::as_microsecond),
            Ordering::SeqCst,
        );
    }
}

/// The loop and what it needs.
pub(crate) struct Loop {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// Lets go of a test clock when the loop ends, however it ends.
    pub(crate) _driving: Driving,
    /// Weak, because a waiting loop must not keep the writer alive.
    pub(crate) queue: mpsc::WeakSender<Message>,
    pub(crate) alarm: Alarm,
    /// Who waits for the loop to have nothing to do.
    pub(crate) idle: mpsc::Receiver<oneshot::Sender<()>>,
    /// False, or gone, when the runtime ends.
    pub(crate) alive: watch::Receiver<bool>,
    /// What other servers write.
    pub(crate) wakes: Wakes,
    /// The catalog, which others may outdate.
    pub(crate) catalog: SharedCatalog,
    /// Who waits for jobs, which others may make.
    pub(crate) bell: Bell,
}

/// Why the loop stopped sleeping.
enum Woken {
    Due,
    Asked(oneshot::Sender<()>),
    Ended,
}

impl Loop {
    /// Does what is due, sleeps, and again, until the runtime ends.
    pub(crate) async fn run(mut self) {
        let mut waiting = Vec::new();
        let mut pause = FIRST_PAUSE;
        loop {
            self.alarm.set(None);
            let next = match self.tick().await {
                Ok(Next::Due(due)) => due,
                Ok(Next::Stopped) => break,
                Ok(Next::Failed) => {
                    // The writer has said why. It is still due.
                    waiting.clear();
                    if self.rest(&mut pause).await {
                        continue;
                    }
                    break;
                }
                Err(error) => {
                    tracing::error!(%error, "what is due cannot be looked up; it is tried again in a moment");
                    waiting.clear();
                    if self.rest(&mut pause).await {
                        continue;
                    }
                    break;
                }
            };
            pause = FIRST_PAUSE;
            for reply in waiting.drain(..) {
                // Who asked may have given up.
                let _: std::result::Result<(), ()> = oneshot::Sender::send(reply, ());
            }
            match self.sleep(next).await {
                Woken::Due => {}
                Woken::Asked(reply) => waiting.push(reply),
                Woken::Ended => break,
            }
        }
    }

    /// Waits longer and longer after failures. Who asks whether all is done gets no answer. False when the runtime ends.
    async fn rest(&mut self, pause: &mut Duration) -> bool {
        let waited = *pause;
        *pause = LONGEST_PAUSE.min(waited * 2);
        if !*self.alive.borrow() {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(waited) => true,
            _ = self.idle.recv() => true,
            _ = self.alive.changed() => false,
        }
    }

    /// Does everything that is due, in the order of due times. A test clock goes from one to the next. Gives the time to
    /// sleep until.
    async fn tick(&self) -> Result<Next> {
        loop {
            let store = &self.store;
            let dues = [
                store.next_due().await?,
                store.next_outbox().await?,
                store.next_expiry().await?,
            ];
            let next = dues.into_iter().flatten().min();
            let target = self.clock.target();
            let Some(due) = next.filter(|due| *due <= target) else {
                self.clock.arrive(target);
                self.alarm.set(next);
                return Ok(Next::Due(next));
            };
            self.clock.arrive(due);
            let now = self.clock.now();
            let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
            let [timers, outbox, expiry] = dues.map(is_due);
            let mut handed = Handed::Done;
            if timers {
                let claim = SignedDuration::from_secs(TIMER_CLAIM_S);
                let until = now.saturating_add(claim).unwrap_or(Timestamp::MAX);
                let timers = store.claim_timers(now, until, TIMERS_AT_ONCE).await?;
                let messages = timers
                    .into_iter()
                    .map(|timer| move |reply| Message::FireTimer { timer, reply });
                handed = handed.and(self.hand(messages).await);
            }
            if outbox {
                handed = handed.and(self.hand([|reply| Message::WorkOff { reply }]).await);
            }
            if expiry {
                let messages = store.expired_messages(now, EXPIRED_AT_ONCE).await?;
                let forgotten = self.hand([|reply| Message::Forget { messages, reply }]);
                handed = handed.and(forgotten.await);
            }
            match handed {
                Handed::Done => {}
                Handed::Failed => return Ok(Next::Failed),
                Handed::Stopped => return Ok(Next::Stopped),
            }
        }
    }

    /// Hands work to the writer and waits until it is done.
    async fn hand<M>(&self, messages: impl IntoIterator<Item = M>) -> Handed
    where
        M: FnOnce(Reply<Result<()>>) -> Message,
    {
        let Some(queue) = self.queue.upgrade() else {
            return Handed::Stopped;
        };
        let mut answers = Vec::new();
        for message in messages {
            let (reply, answer) = oneshot::channel();
            if queue.send(message(reply)).await.is_err() {
                return Handed::Stopped;
            }
            answers.push(answer);
        }
        drop(queue);
        let mut handed = Handed::Done;
        for answer in answers {
            handed = handed.and(match answer.await {
                Ok(Ok(())) => Handed::Done,
                Ok(Err(_)) => Handed::Failed,
                // A bug has stopped it, or the writer has ended.
                Err(_) if self.queue.upgrade().is_some_and(|queue| !queue.is_closed()) => {
                    Handed::Failed
                }
                Err(_) => Handed::Stopped,
            });
        }
        handed
    }

    async fn sleep(&mut self, next: Option<Timestamp>) -> Woken {
        if !*self.alive.borrow() {
            return Woken::Ended;
        }
        // Of what is due later than that, other servers say nothing.
        let horizon = self
            .clock
            .now()
            .saturating_add(SignedDuration::from_secs(HORIZON_S));
        let next = match horizon {
            Ok(horizon) if self.store.is_shared() => {
                Some(next.map_or(horizon, |next| next.min(horizon)))
            }
            Ok(_) | Err(_) => next,
        };
        tokio::select! {
            () = self.clock.sleep_until(next) => Woken::Due,
            wake = self.wakes.next() => {
                if wake.everything {
                    self.bell.ring_all();
                }
                self.bell.ring(wake.jobs.iter());
                if wake.definitions || wake.everything {
                    self.catalog.outdate();
                    // So that who only looks sees it as well. If it fails, the next batch tries again.
                    self.hand([|reply| Message::Refresh { reply }]).await;
                }
                Woken::Due
            }
            () = self.alarm.0.notify.notified() => Woken::Due,
            asked = self.idle.recv() => asked.map_or(Woken::Ended, Woken::Asked),
            _ = self.alive.changed() => Woken::Ended,
        }
    }
}

/// What became of what was handed to the writer.
#[derive(Clone, Copy)]
enum Handed {
    Done,
    Failed,
    Stopped,
}

impl Handed {
    /// The worse of both.
    fn and(self, other: Handed) -> Handed {
        match (self, other) {
            (Handed::Stopped, _) | (_, Handed::Stopped) => Handed::Stopped,
            (Handed::Failed, _) | (_, Handed::Failed) => Handed::Failed,
            (Handed::Done, Handed::Done) => Handed::Done,
        }
    }
}

enum Next {
    /// Sleep until then.
    Due(Option<Timestamp>),
    /// Something that is due could not be done.
    Failed,
    /// The writer has stopped.
    Stopped,
}
