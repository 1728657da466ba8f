//! The outbox: what does not fit in the transaction that causes it is carried out in later ones.
//!
//! A row is written with its cause and goes in the transaction that carries it out, so it is done once, whatever stops in
//! between. A row that fails rests longer and longer; after the last attempt it stays for an operator.

use bpmn::{FollowUp, Key};
use feel::Context;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{OutboxRow, Unit};

use super::Writer;
use super::attempt::{Attempt, Who};
use super::recompute::Recompute;
use super::work::Work;
use crate::limits::{OUTBOX_AT_ONCE, OUTBOX_ATTEMPTS_MAX, OUTBOX_CLAIM_S};
use crate::{Error, Result};

/// The first pause after a failure; it doubles.
const FIRST_PAUSE_S: i64 = 2;

/// What is to be carried out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Effect {
    /// Commands for other instances, messages and signals.
    FollowUps { follow_ups: Vec<FollowUp> },
    /// A signal for these subscriptions.
    Signal {
        name: String,
        variables: Context,
        receivers: Vec<Key>,
    },
    /// Deadlines that a changed calendar concerns, some of them at a time.
    Recompute(Recompute),
    /// A batch operation, some of its items at a time.
    BatchOperation {
        batch: String,
        #[serde(default)]
        run: u32,
    },
}

impl Effect {
    /// The word in the database.
    fn kind(&self) -> &'static str {
        match self {
            Effect::FollowUps { .. } => "followUps",
            Effect::Signal { .. } => "signal",
            Effect::Recompute(_) => "recompute",
            Effect::BatchOperation { .. } => "batchOperation",
        }
    }
}

/// What a row of the outbox counts anew.
pub(crate) fn recompute_in(body: &str) -> Option<Recompute> {
    let body: Body<Effect> = serde_json::from_str(body).ok()?;
    match body.effect {
        Effect::Recompute(recompute) => Some(recompute),
        Effect::FollowUps { .. } | Effect::Signal { .. } | Effect::BatchOperation { .. } => None,
    }
}

/// The body of a row.
#[derive(Serialize, Deserialize)]
struct Body<E> {
    who: Who,
    effect: E,
}

impl Attempt<'_> {
    /// Puts an effect in the outbox.
    pub(super) async fn put_off(&mut self, effect: &Effect) -> Result<()> {
        self.put_off_until(effect, self.work.now).await
    }

    /// The same, for later.
    pub(super) async fn put_off_until(
        &mut self,
        effect: &Effect,
        available_at: Timestamp,
    ) -> Result<()> {
        let key = self.next_key().await?;
        let kind = effect.kind().to_owned();
        let who = self.who.clone();
        let body = serde_json::to_string(&Body { who, effect }).map_err(|error| Error::Bug {
            what: error.to_string(),
        })?;
        let row = OutboxRow {
            key,
            kind,
            instance: None,
            body,
            available_at,
            token: 0,
            attempts: 0,
        };
        self.draft.changes.outbox.insert(key, row);
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<()> {
        let follow_ups = match effect {
            Effect::FollowUps { follow_ups } => follow_ups,
            Effect::Signal {
                variables,
                receivers,
                ..
            } => self.signal(&variables, &receivers).await?,
            Effect::Recompute(recompute) => return self.recompute(recompute).await,
            Effect::BatchOperation { .. } => Vec::new(),
        };
        self.settle(follow_ups).await
    }
}

impl Writer {
    /// Carries out what waits in the outbox, some of it.
    pub(super) async fn work_off(&mut self, unit: &mut Unit, work: &mut Work) -> Result<()> {
        let until = later(work.now, OUTBOX_CLAIM_S);
        let claimed = unit.claim_outbox(OUTBOX_AT_ONCE, work.now, until).await?;
        let keys: Vec<Key> = claimed.iter().map(|row| row.key).collect();
        if keys.is_empty() {
            return Ok(());
        }
        for row in unit.outbox(&keys).await? {
            if claimed
                .iter()
                .any(|own| own.key == row.key && own.token == row.token)
            {
                self.row(unit, work, row).await?;
            }
        }
        Ok(())
    }

    async fn row(&mut self, unit: &mut Unit, work: &mut Work, row: OutboxRow) -> Result<()> {
        let body: Body<Effect> = match serde_json::from_str(&row.body) {
            Ok(body) => body,
            Err(error) => {
                rest(work, row, &error);
                return Ok(());
            }
        };
        if let Effect::BatchOperation { batch, run } = &body.effect {
            // It has a result for each of its items.
            let step = self.batch_operation(unit, work, row, body.who, (batch, *run));
            return Box::pin(step).await;
        }
        let several = several(&body.effect);
        let mut attempt = Attempt::new(
            unit,
            &mut self.cache,
            &mut self.numbers,
            work,
            body.who.clone(),
        );
        attempt.draft.changes.gone_outbox.insert(row.key);
        match attempt.carry_out(body.effect).await {
            Ok(()) => {
                let draft = attempt.done().await?;
                work.keep(draft);
            }
            Err(Error::Store(error)) if !matches!(*error, store::Error::BadRow { .. }) => {
                return Err(Error::Store(error));
            }
            // One of them fails: each by itself, so that it does not keep the others.
            Err(_) if several => {
                let again: Body<Effect> =
                    serde_json::from_str(&row.body).expect("it was read before");
                let mut attempt =
                    Attempt::new(unit, &mut self.cache, &mut self.numbers, work, again.who);
                attempt.draft.changes.gone_outbox.insert(row.key);
                if let Effect::FollowUps { follow_ups } = again.effect {
                    for one in follow_ups {
                        let follow_ups = vec![one];
                        attempt.put_off(&Effect::FollowUps { follow_ups }).await?;
                    }
                }
                let draft = attempt.done().await?;
                work.keep(draft);
            }
            Err(error) => rest(work, row, &error),
        }
        Ok(())
    }
}

fn several(effect: &Effect) -> bool {
    match effect {
        Effect::FollowUps { follow_ups } => follow_ups.len() > 1,
        Effect::Signal { .. } | Effect::Recompute(_) | Effect::BatchOperation { .. } => false,
    }
}

/// Puts a row off that failed; for good after the last attempt.
fn rest(work: &mut Work, row: OutboxRow, error: &dyn std::fmt::Display) {
    let (key, kind, attempts) = (row.key, &row.kind, row.attempts);
    tracing::error!(%error, %key, kind, attempts, "an effect could not be carried out and rests");
    let available_at = if attempts < OUTBOX_ATTEMPTS_MAX {
        later(work.now, FIRST_PAUSE_S << attempts.min(16))
    } else {
        Timestamp::MAX
    };
    let row = OutboxRow {
        available_at,
        ..row
    };
    work.batch.outbox.insert(key, row);
}

pub(super) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
