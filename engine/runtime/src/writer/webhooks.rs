//! What the writer knows of webhooks, and what the loop that delivers asks of it.
//!
//! Who is a webhook is read once, and again after each change. Several servers over one database: a commit fails, and is
//! repeated, where the webhooks have changed since they were read.

use std::sync::Arc;

use bpmn::Key;
use jiff::Timestamp;
use store::{Batch, LIST, Lane, Position, Settled, Unit, WEBHOOKS};

use super::{Reply, Writer, answer};
use crate::limits::FORGOTTEN_AT_ONCE;
use crate::webhooks::{self, Webhook};
use crate::{Error, Result};

/// The webhooks as they were read, if they were.
#[derive(Default)]
pub(super) struct Known(Option<(Arc<Vec<Webhook>>, i64)>);

impl Known {
    /// They are to be read before the next batch.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

/// Whether a batch changes who is a webhook.
pub(super) fn changes(batch: &Batch) -> bool {
    let mut ids = batch.documents.keys();
    ids.any(|(collection, _)| collection == WEBHOOKS)
}

/// What can be asked about events that wait.
pub(crate) enum Asked {
    /// Claim lanes of a webhook.
    Claim {
        webhook: String,
        lanes: u32,
        until: Timestamp,
        reply: Reply<Result<Vec<Lane>>>,
    },
    /// Write what came of one.
    Settle {
        settled: Box<Settled>,
        reply: Reply<Result<bool>>,
    },
    /// Let dead letters wait again.
    Replay {
        webhook: String,
        letters: Vec<(Key, Position)>,
        reply: Reply<Result<usize>>,
    },
    /// Delete events of a webhook, or only the dead letters from before a time; some at a time.
    Forget {
        webhook: String,
        dead_before: Option<Timestamp>,
        reply: Reply<Result<usize>>,
    },
}

impl Asked {
    pub(super) fn refuse(self, error: &Error) {
        match self {
            Asked::Claim { reply, .. } => answer(reply, Err(error.clone())),
            Asked::Settle { reply, .. } => answer(reply, Err(error.clone())),
            Asked::Replay { reply, .. } | Asked::Forget { reply, .. } => {
                answer(reply, Err(error.clone()));
            }
        }
    }
}

impl Writer {
    /// Who is to be told what a batch does.
    pub(super) async fn webhooks(&mut self, unit: &mut Unit) -> Result<Arc<Vec<Webhook>>> {
        let (webhooks, revision) = match &self.webhooks.0 {
            Some((webhooks, revision)) => (webhooks.clone(), *revision),
            None => {
                // The revision first: whoever changes something meanwhile changes it as well.
                let list = self.store.document(WEBHOOKS, LIST).await?;
                let revision = list.map_or(0, |list| list.revision);
                let webhooks = Arc::new(webhooks::all(&self.store).await?);
                self.webhooks.0 = Some((webhooks.clone(), revision));
                (webhooks, revision)
            }
        };
        if self.store.is_shared() {
            unit.knows_webhooks(revision);
        }
        Ok(webhooks)
    }

    /// In a transaction of its own.
    pub(super) async fn deliveries(&self, unit: &mut Unit, asked: Asked) {
        let now = self.clock.now();
        match asked {
            Asked::Claim {
                webhook,
                lanes,
                until,
                reply,
            } => {
                let claimed = unit.claim_lanes(&webhook, lanes, now, until).await;
                answer(reply, claimed.map_err(Error::from));
            }
            Asked::Settle { settled, reply } => {
                let settled = unit.settle_lane(&settled).await;
                answer(reply, settled.map_err(Error::from));
            }
            Asked::Replay {
                webhook,
                letters,
                reply,
            } => {
                let replayed = unit.replay(&webhook, &letters, now).await;
                self.bell.delivery().notify_one();
                answer(reply, replayed.map_err(Error::from));
            }
            Asked::Forget {
                webhook,
                dead_before,
                reply,
            } => {
                let limit = FORGOTTEN_AT_ONCE;
                let forgotten = match dead_before {
                    Some(before) => unit.prune_dead_letters(&webhook, before, limit).await,
                    None => unit.forget_deliveries(&webhook, limit).await,
                };
                answer(reply, forgotten.map_err(Error::from));
            }
        }
    }
}
