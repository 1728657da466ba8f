//! What a unit has loaded and may rely on: a commit to a shared database checks that it is still so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    Awaited, DocumentId, Job, Key, Message, OutboxRow, StartLock, Subscription, SubscriptionKind,
    Timer,
};

/// A message name and a correlation key: those who publish and those who await meet here.
pub(crate) type Pair = (String, String);

/// What was loaded.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The revisions of documents; `None` where there was none.
    pub(crate) documents: BTreeMap<DocumentId, Option<i64>>,
    /// The tokens of jobs.
    pub(crate) jobs: BTreeMap<Key, i64>,
    /// When timers were due, in microseconds.
    pub(crate) timers: BTreeMap<Key, i64>,
    /// The tokens of effects.
    pub(crate) outbox: BTreeMap<Key, i64>,
    /// All subscriptions to messages by pair, where all of a pair were loaded.
    pub(crate) subscriptions: BTreeMap<Pair, BTreeSet<Key>>,
    /// All kept messages by pair, where all of a pair were loaded.
    pub(crate) messages: BTreeMap<Pair, BTreeSet<Key>>,
    /// The time for which messages were asked.
    pub(crate) now: Option<Timestamp>,
    /// The revision of the list of webhooks, where it was asked for; 0 where there is none.
    pub(crate) webhooks: Option<i64>,
    /// Process ids, correlation keys and the instances that held their locks.
    pub(crate) start_locks: BTreeMap<Pair, Key>,
}

impl Seen {
    pub(crate) fn documents(
        &mut self,
        asked: &[DocumentId],
        found: &[(DocumentId, i64, Timestamp)],
    ) {
        // What was seen first is what was relied on: who looks again may see what others have written meanwhile.
        for (id, revision, _) in found {
            self.documents.entry(id.clone()).or_insert(Some(*revision));
        }
        for id in asked {
            self.documents.entry(id.clone()).or_insert(None);
        }
    }

    pub(crate) fn jobs(&mut self, found: &[Job]) {
        self.jobs
            .extend(found.iter().map(|job| (job.key, job.token)));
    }

    pub(crate) fn timers(&mut self, found: &[Timer]) {
        let dues = found
            .iter()
            .map(|timer| (timer.key, timer.due.as_microsecond()));
        self.timers.extend(dues);
    }

    pub(crate) fn outbox(&mut self, found: &[OutboxRow]) {
        self.outbox
            .extend(found.iter().map(|row| (row.key, row.token)));
    }

    pub(crate) fn start_locks(&mut self, found: &[StartLock]) {
        let locks = found.iter().map(|lock| {
            let pair = (lock.process_id.clone(), lock.correlation.clone());
            (pair, lock.instance)
        });
        self.start_locks.extend(locks);
    }

    pub(crate) fn subscriptions(
        &mut self,
        asked: &[Awaited],
        found: &[Subscription],
        limit_each: u32,
    ) {
        for one in asked {
            // Nothing is missed by a signal: who awaits it later comes too late.
            if let (SubscriptionKind::Message, Some(correlation)) = (one.kind, &one.correlation) {
                let keys = found.iter().filter(|row| {
                    row.kind == one.kind
                        && row.name == one.name
                        && row.correlation == one.correlation
                });
                let pair = (one.name.clone(), correlation.clone());
                keep(
                    &mut self.subscriptions,
                    pair,
                    keys.map(|row| row.key),
                    limit_each,
                );
            }
        }
    }

    pub(crate) fn messages(
        &mut self,
        asked: &[Pair],
        found: &[Message],
        now: Timestamp,
        limit_each: u32,
    ) {
        self.now = Some(now);
        for pair in asked {
            let keys = found
                .iter()
                .filter(|row| row.name == pair.0 && row.correlation == pair.1);
            keep(
                &mut self.messages,
                pair.clone(),
                keys.map(|row| row.key),
                limit_each,
            );
        }
    }
}

/// Remembers all that a pair has. Where a limit cut it off there may be more, and nothing can be said.
fn keep(
    seen: &mut BTreeMap<Pair, BTreeSet<Key>>,
    pair: Pair,
    keys: impl Iterator<Item = Key>,
    limit: u32,
) {
    let keys: BTreeSet<Key> = keys.collect();
    if keys.len() < limit as usize {
        seen.insert(pair, keys);
    }
}
