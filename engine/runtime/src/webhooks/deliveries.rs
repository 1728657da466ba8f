//! Events that wait to be delivered: claimed by whoever sends them, settled afterwards, given up and tried again.

use bpmn::Key;
use jiff::{SignedDuration, Timestamp};
use store::{Delivery, Lane, MAX_LIMIT, Position, Settled, WEBHOOKS};

use crate::limits::{
    DEAD_LETTERS_KEPT_DAYS, EVENTS_A_TURN, FORGOTTEN_AT_ONCE, LANE_CLAIM_S, REPLAYED_AT_ONCE,
};
use crate::writer::{Asked, Message};
use crate::{Error, Result, Runtime};

impl Runtime {
    /// Lanes of a webhook in which something waits, each with its first events, for whoever asks alone during
    /// [`LANE_CLAIM_S`]; what has waited longest first.
    pub async fn claim_deliveries(
        &self,
        webhook: &str,
        lanes: u32,
    ) -> Result<Vec<(Lane, Vec<Delivery>)>> {
        let webhook = webhook.to_owned();
        let until = self
            .now()
            .saturating_add(SignedDuration::from_secs(LANE_CLAIM_S));
        let until = until.unwrap_or(Timestamp::MAX);
        let claimed = self
            .ask(|reply| {
                Message::Deliveries(Asked::Claim {
                    webhook,
                    lanes,
                    until,
                    reply,
                })
            })
            .await??;
        let mut turns = Vec::with_capacity(claimed.len());
        for lane in claimed {
            let events = self
                .store()
                .events_of(&lane.webhook, lane.instance, EVENTS_A_TURN)
                .await?;
            turns.push((lane, events));
        }
        Ok(turns)
    }

    /// Writes what came of a lane. False where another server has it by now.
    pub async fn settle_delivery(&self, settled: Settled) -> Result<bool> {
        let settled = Box::new(settled);
        self.ask(|reply| Message::Deliveries(Asked::Settle { settled, reply }))
            .await?
    }

    /// When something of a webhook can be delivered.
    pub async fn next_delivery(&self, webhook: &str) -> Result<Option<Timestamp>> {
        Ok(self.store().next_delivery(webhook).await?)
    }

    /// How many events of a webhook wait; [`store::COUNT_MAX`] and one where there are more.
    pub async fn waiting_deliveries(&self, webhook: &str) -> Result<u64> {
        Ok(self.store().waiting_deliveries(webhook).await?)
    }

    /// The events of a webhook that nobody took, what was given up last first.
    pub async fn dead_letters(&self, webhook: &str, limit: u32) -> Result<Vec<Delivery>> {
        Ok(self.store().dead_letters(webhook, limit).await?)
    }

    /// How many events of a webhook nobody took; [`store::COUNT_MAX`] and one where there are more.
    pub async fn dead_letter_count(&self, webhook: &str) -> Result<u64> {
        Ok(self.store().dead_letter_count(webhook).await?)
    }

    /// Lets dead letters wait again; gives how many.
    ///
    /// # Errors
    /// [`Error::Limit`] where they are too many at once.
    pub async fn replay(&self, webhook: &str, letters: Vec<(Key, Position)>) -> Result<usize> {
        if letters.len() > REPLAYED_AT_ONCE {
            return Err(Error::Limit {
                what: format!("a replay of {} events", letters.len()),
                name: "REPLAYED_AT_ONCE",
                limit: REPLAYED_AT_ONCE,
            });
        }
        let webhook = webhook.to_owned();
        self.ask(|reply| {
            Message::Deliveries(Asked::Replay {
                webhook,
                letters,
                reply,
            })
        })
        .await?
    }

    /// Returns when something new waits, or a webhook has changed.
    pub async fn delivery_waits(&self) {
        self.bell().delivery().notified().await;
    }

    /// Deletes dead letters that are older than [`DEAD_LETTERS_KEPT_DAYS`], and what is left of webhooks that were deleted; gives
    /// how many.
    pub async fn prune_dead_letters(&self) -> Result<usize> {
        let kept = SignedDuration::from_hours(24 * DEAD_LETTERS_KEPT_DAYS);
        let before = self.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let mut pruned = 0;
        for webhook in self.webhooks().await? {
            pruned += self.forget(&webhook.id, Some(before)).await?;
        }
        // A server may have stopped between deleting a webhook and deleting its events.
        for webhook in self.store().told_webhooks().await? {
            if self.document(WEBHOOKS, &webhook).await?.is_none() {
                pruned += self.forget(&webhook, None).await?;
            }
        }
        Ok(pruned)
    }

    /// Deletes what a webhook was to be told.
    pub(super) async fn forget_deliveries(&self, webhook: &str) -> Result<()> {
        self.forget(webhook, None).await.map(|_| ())
    }

    /// Deletes the events of a webhook, or only the dead letters from before a time, some at a time.
    async fn forget(&self, webhook: &str, dead_before: Option<Timestamp>) -> Result<usize> {
        let mut forgotten = 0;
        loop {
            let webhook = webhook.to_owned();
            let some = self
                .ask(|reply| {
                    Message::Deliveries(Asked::Forget {
                        webhook,
                        dead_before,
                        reply,
                    })
                })
                .await??;
            forgotten += some;
            if some < FORGOTTEN_AT_ONCE as usize {
                return Ok(forgotten);
            }
        }
    }
}

const _: () = assert!(REPLAYED_AT_ONCE <= MAX_LIMIT as usize);
