//! Deadlines are counted anew when a calendar changes: a bounded number of instances in each transaction, so that people's
//! requests come in between. The outbox remembers how far it is, also over a restart, and any server may go on.
//!
//! Nothing fires early or twice: a timer is moved in the transaction that moves its deadline, and whoever has taken it before looks at
//! the instance again before it fires.

use bpmn::{Command, Key};
use calendar::Calendar;
use jiff::Timestamp;
use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use store::{HORIZON_S, RecomputeQuery};

use super::attempt::Attempt;
use super::outbox::{Effect, later};
use crate::limits::{COUNTED_BACKWARDS_DAYS_MAX, RECOMPUTED_AT_ONCE};
use crate::{Error, Result};

/// Which deadlines a changed calendar concerns; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Concerned {
    /// Those counted by this calendar; all where absent.
    calendar: Option<String>,
    /// Those that are due then or later: before, the calendar counts as it did.
    due_from: Option<Timestamp>,
}

impl Concerned {
    /// What a new version of a calendar concerns; `None` where it counts as before, for the same people.
    pub(crate) fn by(before: Option<&Calendar>, after: &Calendar) -> Option<Concerned> {
        let used = after.used() != &calendar::Use::default();
        let Some(before) = before else {
            return used.then(Concerned::default);
        };
        // Others work by it now, or no longer.
        if before.used() != after.used() {
            return Some(Concerned::default());
        }
        // What is due in the night before may have been rolled, and an expression may have counted backwards.
        let days = COUNTED_BACKWARDS_DAYS_MAX.days();
        let day = after.differs_from(before)?.saturating_sub(days);
        Some(Concerned {
            calendar: Some(after.id().to_owned()),
            due_from: after.zone().to_timestamp(day.into()).ok(),
        })
    }

    /// How they are found.
    pub(crate) fn query(self) -> RecomputeQuery {
        RecomputeQuery {
            calendar: self.calendar,
            due_from: self.due_from,
            ..RecomputeQuery::default()
        }
    }
}

/// Which deadlines, and how far it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recompute {
    /// Those counted by this calendar; all where absent.
    pub(crate) calendar: Option<String>,
    /// Those that are due then or later: before, the calendar counts as it did.
    due_from: Option<Timestamp>,
    /// Those counted since then: servers that did not know of the change yet may have begun some.
    counted_from: Option<Timestamp>,
    /// The last instance that was looked at.
    after: Option<Key>,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// How many instances were looked at, and how many of them had something to change.
    pub(crate) looked_at: u64,
    pub(crate) changed: u64,
}

impl Recompute {
    /// What is still to be looked at.
    pub(crate) fn query(&self) -> RecomputeQuery {
        RecomputeQuery {
            calendar: self.calendar.clone(),
            due_from: self.due_from,
            counted_from: self.counted_from,
            after: self.after,
            limit: RECOMPUTED_AT_ONCE,
        }
    }

    /// Whether all has been counted, and only what other servers have begun meanwhile is looked for.
    pub(crate) fn is_second_look(&self) -> bool {
        self.counted_from.is_some()
    }
}

impl Attempt<'_> {
    /// What a new version of a calendar asks for.
    pub(super) async fn recompute_for(
        &mut self,
        before: Option<&Calendar>,
        after: &Calendar,
    ) -> Result<()> {
        match Concerned::by(before, after) {
            None => Ok(()),
            Some(Concerned { calendar, due_from }) => {
                self.begin_to_recompute(calendar, due_from).await
            }
        }
    }

    /// Counts the deadlines of a calendar anew, or all.
    pub(super) async fn begin_to_recompute(
        &mut self,
        calendar: Option<String>,
        due_from: Option<Timestamp>,
    ) -> Result<()> {
        let recompute = Recompute {
            calendar,
            due_from,
            since: Some(self.work.now),
            ..Recompute::default()
        };
        self.put_off(&Effect::Recompute(recompute)).await
    }

    pub(super) async fn recompute(&mut self, mut recompute: Recompute) -> Result<()> {
        let query = recompute.query();
        let instances = self.unit.instances_to_recompute(&query).await?;
        self.load(instances.iter().copied()).await?;
        for instance in &instances {
            recompute.looked_at += 1;
            match self.step(*instance, Command::RecomputeDeadlines).await {
                Ok(step) => recompute.changed += u64::from(!step.records.is_empty()),
                // It has ended.
                Err(Error::Rejected(_) | Error::NoSuchInstance(_)) => self.leave_alone(*instance),
                Err(error @ Error::Store(_)) if !error.is_of_one_instance() => return Err(error),
                // One that cannot be read or counted does not keep the others.
                Err(error) => {
                    tracing::error!(%error, %instance, "the deadlines of an instance cannot be counted anew");
                    self.leave_alone(*instance);
                }
            }
        }
        if instances.len() as u64 == u64::from(RECOMPUTED_AT_ONCE) {
            recompute.after = instances.last().copied();
            return self.put_off(&Effect::Recompute(recompute)).await;
        }
        let (looked_at, changed) = (recompute.looked_at, recompute.changed);
        let calendar = recompute.calendar.as_deref().unwrap_or("any");
        tracing::info!(calendar, looked_at, changed, "deadlines were counted anew");
        if recompute.counted_from.is_none() && self.work.is_shared {
            recompute.counted_from = recompute.since;
            recompute.after = None;
            let at = later(self.work.now, 2 * HORIZON_S);
            return self.put_off_until(&Effect::Recompute(recompute), at).await;
        }
        Ok(())
    }

    fn leave_alone(&mut self, instance: Key) {
        self.draft.touched.remove(&instance);
    }
}
