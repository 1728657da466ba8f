//! Fires timers when they are due. One timed sleep until the next due time; a new earlier timer wakes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use store::{Store, Timer};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::clock::Driving;
use crate::limits::TIMERS_AT_ONCE;
use crate::writer::Message;
use crate::{Clock, Result};

/// How long to wait after the database failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Wakes the timer loop when a timer was written that is due before the loop would wake by itself.
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
    /// A timer that is due at `due` was committed.
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
}

/// Why the loop stopped sleeping.
enum Woken {
    Due,
    Asked(oneshot::Sender<()>),
    Ended,
}

impl Loop {
    /// Fires what is due, sleeps, and again, until the runtime ends.
    pub(crate) async fn run(mut self) {
        let mut waiting = Vec::new();
        loop {
            self.alarm.set(None);
            let next = match self.tick().await {
                Ok(Next::Due(due)) => due,
                Ok(Next::Stopped) => break,
                Err(error) => {
                    tracing::error!(%error, "timers cannot fire; they are tried again in a second");
                    waiting.clear();
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    continue;
                }
            };
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

    /// Fires everything that is due, in the order of due times. A test clock goes from one to the next. Gives the due time to sleep until.
    async fn tick(&self) -> Result<Next> {
        loop {
            let next = self.store.next_due().await?;
            let target = self.clock.target();
            match next {
                Some(due) if due <= target => {
                    self.clock.arrive(due);
                    let timers = self
                        .store
                        .due_timers(self.clock.now(), TIMERS_AT_ONCE)
                        .await?;
                    if !self.fire(timers).await {
                        return Ok(Next::Stopped);
                    }
                }
                Some(_) | None => {
                    self.clock.arrive(target);
                    self.alarm.set(next);
                    return Ok(Next::Due(next));
                }
            }
        }
    }

    /// Hands the timers to the writer and waits until they have fired. False when the writer has stopped.
    async fn fire(&self, timers: Vec<Timer>) -> bool {
        let Some(queue) = self.queue.upgrade() else {
            return false;
        };
        let mut answers = Vec::with_capacity(timers.len());
        for timer in timers {
            let (reply, answer) = oneshot::channel();
            if queue
                .send(Message::FireTimer { timer, reply })
                .await
                .is_err()
            {
                return false;
            }
            answers.push(answer);
        }
        drop(queue);
        let mut failed = false;
        for answer in answers {
            match answer.await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => failed = true,
                Err(_) => return false,
            }
        }
        if failed {
            // The writer has said why. The timers are still due.
            tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
        }
        true
    }

    async fn sleep(&mut self, next: Option<Timestamp>) -> Woken {
        if !*self.alive.borrow() {
            return Woken::Ended;
        }
        tokio::select! {
            () = self.clock.sleep_until(next) => Woken::Due,
            () = self.alarm.0.notify.notified() => Woken::Due,
            asked = self.idle.recv() => asked.map_or(Woken::Ended, Woken::Asked),
            _ = self.alive.changed() => Woken::Ended,
        }
    }
}

enum Next {
    /// Sleep until then.
    Due(Option<Timestamp>),
    /// The writer has stopped.
    Stopped,
}
