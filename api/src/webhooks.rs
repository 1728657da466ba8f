//! Sends events to webhooks: at least once, in the order of each instance, signed; tried again with growing pauses and in the end
//! given up, where somebody finds them and lets them be tried anew.
//!
//! Each webhook is served by a task of its own, so that one that hangs keeps nobody waiting. Several servers may deliver to one
//! webhook: a lane belongs to whoever has claimed it.

mod address;
mod health;
mod pauses;
mod sender;
mod signature;

use bpmn::Key;
use health::Health;
use jiff::Timestamp;
use runtime::{Buried, Delivery, Lane, Runtime, Settled, Stopwatch, Webhook};
use sender::{Refused, Sender};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

pub(crate) use address::checked;
pub use sender::Rules;
pub(crate) use signature::{new_secret, rotated};

/// Lanes of one webhook that are served at the same time.
const LANES_AT_ONCE: u32 = 8;
/// How often an event is tried before it is given up.
pub const ATTEMPTS_MAX: u32 = 16;
/// For how long a lane is served before others have their turn; well before the claim ends.
const TURN: Duration = Duration::from_secs(20);
/// How long nobody looks where nothing is known to wait: another server may have left something behind.
const LONGEST_REST: Duration = Duration::from_secs(10);
/// The same where nobody has a webhook.
const NOTHING_TO_DO: Duration = Duration::from_secs(60);
/// How often a test clock is looked at, which does not wake anybody.
const TEST_CLOCK: Duration = Duration::from_millis(50);

/// What sends.
#[derive(Clone)]
pub struct Deliverer(Arc<Shared>);

struct Shared {
    runtime: Runtime,
    sender: Sender,
    health: Health,
}

impl Deliverer {
    /// Sends what waits in this runtime, by these rules.
    pub fn new(runtime: Runtime, rules: Rules) -> Deliverer {
        Deliverer(Arc::new(Shared {
            runtime,
            sender: Sender::new(rules),
            health: Health::default(),
        }))
    }

    /// Delivers what waits, and what comes, until it is aborted. What was being sent then is sent again when its claim is over.
    pub async fn run(self) {
        let mut served = JoinSet::new();
        let mut busy = BTreeSet::new();
        loop {
            let next = match self.due().await {
                Ok((due, next)) => {
                    for id in due {
                        if busy.insert(id.clone()) {
                            let deliverer = self.clone();
                            served.spawn(async move {
                                deliverer.serve(&id).await;
                                id
                            });
                        }
                    }
                    next
                }
                Err(problem) => {
                    tracing::warn!(%problem, "what waits for webhooks cannot be looked up; it is tried again in a moment");
                    LONGEST_REST
                }
            };
            tokio::select! {
                () = self.0.runtime.delivery_waits() => {}
                () = tokio::time::sleep(next) => {}
                Some(ended) = served.join_next() => match ended {
                    Ok(id) => { busy.remove(&id); }
                    // Which one is not known: those that work on go on, and the others may begin again.
                    Err(problem) => {
                        tracing::error!(%problem, "a delivery ended badly");
                        busy.clear();
                    }
                },
            }
        }
    }

    /// Delivers what is due now, of all webhooks at the same time, and returns.
    pub async fn tick(&self) {
        let Ok((due, _)) = self.due().await else {
            return;
        };
        let mut served = JoinSet::new();
        for id in due {
            let deliverer = self.clone();
            served.spawn(async move { deliverer.serve(&id).await });
        }
        served.join_all().await;
    }

    /// Whom to tell something now, and when to look again.
    async fn due(&self) -> runtime::Result<(Vec<String>, Duration)> {
        let runtime = &self.0.runtime;
        let webhooks = runtime.webhooks().await?;
        let now = runtime.now();
        let (mut due, mut next) = (Vec::new(), None::<Timestamp>);
        let rest = if webhooks.is_empty() {
            NOTHING_TO_DO
        } else {
            LONGEST_REST
        };
        for webhook in webhooks.into_iter().filter(|webhook| !webhook.paused) {
            let Some(at) = runtime.next_delivery(&webhook.id).await? else {
                continue;
            };
            let at = at.max(self.0.health.rests_until(&webhook.id));
            if at <= now {
                due.push(webhook.id);
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        let rest = next.map_or(rest, |next| {
            Duration::try_from(next.duration_since(now)).map_or(rest, |left| left.min(rest))
        });
        if runtime.clock().is_test() {
            return Ok((due, TEST_CLOCK));
        }
        Ok((due, rest))
    }

    /// Delivers all that a webhook has waiting, or until it does not take it.
    async fn serve(&self, id: &str) {
        loop {
            let claimed = match self.claimed(id).await {
                Ok(claimed) => claimed,
                Err(problem) => {
                    tracing::warn!(%problem, webhook = id, "what waits for a webhook cannot be claimed");
                    return;
                }
            };
            let Some((webhook, turns)) = claimed.filter(|(_, turns)| !turns.is_empty()) else {
                return;
            };
            let mut served = JoinSet::new();
            for (lane, events) in turns {
                let (deliverer, webhook) = (self.clone(), webhook.clone());
                served.spawn(async move { deliverer.turn(&webhook, lane, events).await });
            }
            let took = served.join_all().await.into_iter().any(|took| took);
            if !took || self.0.health.rests_until(id) > self.0.runtime.now() {
                return;
            }
        }
    }

    /// A webhook as it is now, and some of its lanes; `None` where it is paused or gone.
    async fn claimed(
        &self,
        id: &str,
    ) -> runtime::Result<Option<(Webhook, Vec<(Lane, Vec<Delivery>)>)>> {
        let runtime = &self.0.runtime;
        let webhook = runtime.webhook(id).await?;
        let Some(webhook) = webhook.filter(|webhook| !webhook.paused) else {
            return Ok(None);
        };
        let lanes = self.0.health.lanes(id, LANES_AT_ONCE);
        let turns = runtime.claim_deliveries(id, lanes).await?;
        Ok(Some((webhook, turns)))
    }

    /// Delivers events of one lane, one after another; gives whether anything of it was settled for good.
    async fn turn(&self, webhook: &Webhook, lane: Lane, events: Vec<Delivery>) -> bool {
        let runtime = &self.0.runtime;
        let began = Stopwatch::start();
        let mut settled = Settled {
            lane,
            delivered: Vec::new(),
            buried: None,
            available_at: runtime.now(),
            attempts: 0,
            failure: None,
        };
        for event in events {
            if began.elapsed() > TURN {
                break;
            }
            match self.0.sender.send(webhook, &event, runtime.now()).await {
                Ok(()) => {
                    self.0.health.took(&webhook.id);
                    settled.delivered.push(event.position);
                }
                Err(refused) => {
                    self.refused(&mut settled, &event, refused);
                    break;
                }
            }
        }
        let took = !settled.delivered.is_empty() || settled.buried.is_some();
        match runtime.settle_delivery(settled).await {
            Ok(true) => took,
            // It took too long, and another server has it.
            Ok(false) => false,
            Err(problem) => {
                tracing::warn!(%problem, webhook = webhook.id, "what was delivered cannot be noted, and is delivered again");
                false
            }
        }
    }

    /// An event was not taken: it rests, or it is given up.
    fn refused(&self, settled: &mut Settled, event: &Delivery, refused: Refused) {
        let now = self.0.runtime.now();
        let before = if settled.delivered.is_empty() {
            settled.lane.attempts
        } else {
            0
        };
        let attempts = before.saturating_add(1);
        if refused.everything {
            self.0.health.refused(&event.webhook, now);
        }
        let (webhook, failure) = (&event.webhook, &refused.why);
        let id = runtime::event_id(event.instance, event.position);
        if attempts >= ATTEMPTS_MAX {
            tracing::error!(webhook, id, failure, attempts, "an event is given up");
            settled.buried = Some(Buried {
                position: event.position,
                at: now,
                attempts,
                failure: refused.why,
            });
            return;
        }
        tracing::info!(
            webhook,
            id,
            failure,
            attempts,
            "an event was not taken and rests"
        );
        let mixed = mixed(event.instance, attempts);
        settled.available_at = pauses::after(now, attempts, mixed, refused.wait);
        settled.attempts = attempts;
        settled.failure = Some(refused.why);
    }
}

/// A number for the jitter, the same for the same try.
fn mixed(instance: Key, attempts: u32) -> u64 {
    let mut mixed = instance.0.unsigned_abs() ^ (u64::from(attempts) << 48);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}
