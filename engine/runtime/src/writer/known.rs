//! Who waits and what is kept, as the database, this batch and this request have it: what is in memory counts before
//! what is on disk.

use std::collections::{BTreeMap, BTreeSet};

use bpmn::Key;
use store::{Awaited, Batch, Message as Kept, Subscription, SubscriptionKind, Unit};

use super::attempt::Attempt;
use crate::Result;
use crate::limits::{KEPT_AT_ONCE, KEYS_AT_ONCE, RECEIVERS_AT_ONCE, WAITING_AT_ONCE};

/// A message name and a correlation key.
pub(super) type Pair = (String, String);

/// The question for those who wait for a message.
pub(super) fn message(name: &str, correlation: &str) -> Awaited {
    Awaited {
        kind: SubscriptionKind::Message,
        name: name.to_owned(),
        correlation: Some(correlation.to_owned()),
    }
}

/// The question for those who wait for a signal.
pub(super) fn signal(name: &str) -> Awaited {
    Awaited {
        kind: SubscriptionKind::Signal,
        name: name.to_owned(),
        correlation: None,
    }
}

/// Whether a subscription waits for this.
pub(super) fn waits_for(row: &Subscription, awaited: &Awaited) -> bool {
    row.kind == awaited.kind && row.name == awaited.name && row.correlation == awaited.correlation
}

/// All who wait for something in the database, by key.
async fn load_waiting(unit: &mut Unit, awaited: &Awaited) -> Result<Vec<Subscription>> {
    let mut found: Vec<Subscription> = Vec::new();
    loop {
        let after = found.last().map(|row| row.key);
        let page = unit
            .subscriptions(std::slice::from_ref(awaited), after, WAITING_AT_ONCE)
            .await?;
        let is_last = page.len() < WAITING_AT_ONCE as usize;
        found.extend(page);
        if is_last {
            return Ok(found);
        }
    }
}

impl Attempt<'_> {
    /// Who waits for this, by key.
    pub(super) async fn waiting(&mut self, awaited: &Awaited) -> Result<Vec<Subscription>> {
        let mut found = match self.work.waiting.get(awaited) {
            Some(loaded) => loaded.clone(),
            None => load_waiting(self.unit, awaited).await?,
        };
        for changes in self.changes() {
            let opened = changes.subscriptions.values();
            found.extend(opened.filter(|row| waits_for(row, awaited)).cloned());
        }
        found.retain(|row| self.is_awaited(row.key));
        found.sort_by_key(|row| row.key);
        // Rows of migrated and resumed instances are written again.
        found.dedup_by_key(|row| row.key);
        Ok(found)
    }

    /// Who waits for a signal: so many as get it at once, and the keys of all others.
    pub(super) async fn receivers(&mut self, name: &str) -> Result<(Vec<Subscription>, Vec<Key>)> {
        let awaited = signal(name);
        let at_once = u32::try_from(RECEIVERS_AT_ONCE).unwrap_or(u32::MAX);
        let page = std::slice::from_ref(&awaited);
        let mut first = self.unit.subscriptions(page, None, at_once).await?;
        let mut later = Vec::new();
        if first.len() == RECEIVERS_AT_ONCE {
            let mut after = first.last().map(|row| row.key);
            while let Some(last) = after {
                let keys = self.unit.subscription_keys(&awaited, last, KEYS_AT_ONCE);
                let keys = keys.await?;
                let is_last = keys.len() < KEYS_AT_ONCE as usize;
                after = keys.last().copied().filter(|_| !is_last);
                later.extend(keys);
            }
        }
        for changes in self.changes() {
            let opened = changes.subscriptions.values();
            for row in opened.filter(|row| waits_for(row, &awaited)) {
                if !first.iter().any(|known| known.key == row.key) && !later.contains(&row.key) {
                    first.push(row.clone());
                }
            }
        }
        first.retain(|row| self.is_awaited(row.key));
        later.retain(|key| self.is_awaited(*key));
        let over = first.split_off(first.len().min(RECEIVERS_AT_ONCE));
        later.extend(over.iter().map(|row| row.key));
        Ok((first, later))
    }

    /// Whether a subscription was not closed in memory.
    pub(super) fn is_awaited(&self, subscription: Key) -> bool {
        let gone = |changes: &&Batch| changes.gone_subscriptions.contains(&subscription);
        let open = |changes: &&Batch| changes.subscriptions.contains_key(&subscription);
        let changes = self.changes();
        let last = changes
            .iter()
            .find(|changes| gone(changes) || open(changes));
        last.is_none_or(|changes| !gone(changes))
    }

    /// The message of this name, correlation key and id, expired or not.
    pub(super) async fn same_message(
        &mut self,
        name: &str,
        correlation: &str,
        message_id: &str,
    ) -> Result<Option<Kept>> {
        let is_same = |kept: &&Kept| {
            kept.name == name
                && kept.correlation == correlation
                && kept.message_id.as_deref() == Some(message_id)
        };
        for changes in self.changes() {
            let kept = changes.messages.values();
            let mut lasting = kept.filter(|kept| self.is_kept(kept.key));
            if let Some(kept) = lasting.find(is_same) {
                return Ok(Some(kept.clone()));
            }
        }
        let id = (
            name.to_owned(),
            correlation.to_owned(),
            message_id.to_owned(),
        );
        let stored = self.unit.messages_by_id(&[id]).await?;
        Ok(stored.into_iter().find(|kept| self.is_kept(kept.key)))
    }

    /// The kept messages with these names and correlation keys that have not expired, the oldest first, with the ids of
    /// the processes that have had them.
    pub(super) async fn kept(&mut self, pairs: &[Pair]) -> Result<Vec<(Kept, BTreeSet<String>)>> {
        let now = self.work.now;
        let wanted: BTreeSet<(&str, &str)> =
            pairs.iter().map(|pair| (&*pair.0, &*pair.1)).collect();
        let mut limit = KEPT_AT_ONCE;
        let mut found = loop {
            let found = self.unit.messages(pairs, now, limit).await?;
            // Many may have been used: the next that was not may lie behind them.
            let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for kept in &found {
                *counts.entry((&kept.name, &kept.correlation)).or_default() += 1;
            }
            if counts.into_values().all(|count| count < limit as usize) {
                break found;
            }
            limit = limit.saturating_mul(10);
        };
        let keys: Vec<Key> = found.iter().map(|kept| kept.key).collect();
        let mut uses: BTreeSet<(Key, String)> = BTreeSet::new();
        if !keys.is_empty() {
            uses.extend(self.unit.message_uses(&keys).await?);
        }
        for changes in self.changes() {
            uses.extend(changes.message_uses.iter().cloned());
            let kept = changes.messages.values();
            let fits = |kept: &&Kept| {
                kept.expires_at > now && wanted.contains(&(&*kept.name, &*kept.correlation))
            };
            found.extend(kept.filter(fits).cloned());
        }
        found.retain(|kept| self.is_kept(kept.key));
        found.sort_by_key(|kept| kept.key);
        let used = |key: Key| {
            let from = (key, String::new());
            let of_it = uses.range(from..).take_while(move |(of, _)| *of == key);
            of_it.map(|(_, process)| process.clone()).collect()
        };
        Ok(found
            .into_iter()
            .map(|kept| {
                let processes = used(kept.key);
                (kept, processes)
            })
            .collect())
    }

    fn is_kept(&self, message: Key) -> bool {
        self.changes()
            .iter()
            .all(|changes| !changes.gone_messages.contains(&message))
    }

    /// The running instance that holds the start lock of a process and a correlation key.
    pub(super) async fn start_lock(&mut self, pair: &Pair) -> Result<Option<Key>> {
        for changes in self.changes().into_iter().rev() {
            let holder = changes.start_locks.get(pair);
            if let Some(holder) = holder.filter(|holder| self.is_held(**holder)) {
                return Ok(Some(*holder));
            }
        }
        let stored = self.unit.start_locks(std::slice::from_ref(pair)).await?;
        let mut holders = stored.into_iter().map(|lock| lock.instance);
        Ok(holders.find(|holder| self.is_held(*holder)))
    }

    /// The start locks that instances hold.
    pub(super) async fn start_locks_of(&mut self, instances: &[Key]) -> Result<Vec<(Pair, Key)>> {
        let mut locks: Vec<(Pair, Key)> = Vec::new();
        for lock in self.unit.start_locks_of(instances).await? {
            locks.push(((lock.process_id, lock.correlation), lock.instance));
        }
        for changes in self.changes() {
            let taken = changes.start_locks.iter();
            let theirs = taken.filter(|(_, holder)| instances.contains(holder));
            locks.extend(theirs.map(|(pair, holder)| (pair.clone(), *holder)));
        }
        locks.retain(|(_, holder)| self.is_held(*holder));
        locks.sort();
        locks.dedup();
        Ok(locks)
    }

    fn is_held(&self, holder: Key) -> bool {
        self.changes()
            .iter()
            .all(|changes| !changes.gone_start_locks.contains(&holder))
    }

    /// What is not written yet: of the requests before in this batch, then of this one.
    pub(super) fn changes(&self) -> [&Batch; 2] {
        [&self.work.batch, &self.draft.changes]
    }
}
