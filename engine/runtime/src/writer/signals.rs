//! Signals: for all who wait for the name when it is broadcast, in every instance, and for the processes that it starts.
//!
//! Who waits is written down at once; who does not fit in the transaction gets the signal by rows of the outbox, each
//! receiver by one row. So nobody gets it twice, and nobody who begins to wait later gets it at all.
//!
//! An instance that a parallel multiple start event has begun waits there for the rest. A signal that it waits for goes
//! to it, and begins no other instance at this event.

use bpmn::{FollowUp, Key};
use feel::Context;
use store::Subscription;

use super::attempt::Attempt;
use super::known;
use super::messages::receiver;
use super::outbox::Effect;
use crate::limits::RECEIVERS_AT_ONCE;
use crate::{Receiver, Result};

/// A signal that was broadcast.
pub(super) struct Broadcast {
    pub(super) signal: Key,
    pub(super) receivers: Vec<Receiver>,
    /// How many get it by the outbox.
    pub(super) later: u64,
    pub(super) follow_ups: Vec<FollowUp>,
}

impl Attempt<'_> {
    /// Gives a signal to who waits for it, as many as fit here; the others are put in the outbox.
    pub(super) async fn broadcast(&mut self, name: &str, variables: &Context) -> Result<Broadcast> {
        let signal = self.next_key().await?;
        let starts = self.draft.starts.clone();
        let begins = starts.by_signal(name);
        let (waiting, later, mut reached) = if begins.is_empty() {
            let (waiting, later) = self.receivers(name).await?;
            (waiting, later, Vec::new())
        } else {
            // Where it may begin instances, it matters at which events the others wait.
            let mut waiting = self.waiting(&known::signal(name)).await?;
            let later = waiting.split_off(waiting.len().min(RECEIVERS_AT_ONCE));
            (waiting, later.iter().map(|row| row.key).collect(), later)
        };
        for receivers in later.chunks(RECEIVERS_AT_ONCE) {
            self.put_off(&Effect::Signal {
                name: name.to_owned(),
                variables: variables.clone(),
                receivers: receivers.to_vec(),
            })
            .await?;
        }
        self.load(waiting.iter().map(|row| row.instance)).await?;
        let put_off = later.len() as u64;
        let (mut receivers, mut follow_ups) = (Vec::new(), Vec::new());
        for row in waiting {
            if let Some(more) = self.deliver(row.key, variables).await? {
                follow_ups.extend(more);
                receivers.push(receiver(&row));
                reached.push(row);
            }
        }
        for begin in begins {
            let is_there = |row: &Subscription| {
                row.process_id == begin.process_id && row.element == begin.element
            };
            if reached.iter().any(is_there) {
                continue;
            }
            if let Some((started, more)) = self.start_at(begin, variables).await? {
                follow_ups.extend(more);
                receivers.push(started);
            }
        }
        Ok(Broadcast {
            signal,
            receivers,
            later: put_off,
            follow_ups,
        })
    }

    /// Gives a signal to those of its receivers who still wait.
    pub(super) async fn signal(
        &mut self,
        variables: &Context,
        receivers: &[Key],
    ) -> Result<Vec<FollowUp>> {
        let mut follow_ups = Vec::new();
        self.load(receivers.iter().map(|key| key.instance()))
            .await?;
        for key in receivers {
            let more = self.deliver(*key, variables).await?;
            follow_ups.extend(more.unwrap_or_default());
        }
        Ok(follow_ups)
    }
}
