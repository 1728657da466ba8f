//! Keeps messages and those who await them from missing each other.
//!
//! One server opens a subscription and finds no message; another keeps a message and finds no subscription; both commit,
//! and both wait for ever. So whoever writes about a pair of name and correlation key takes its lock first, and checks
//! under the lock that nothing has come which he has not seen.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::statement::{Statement, integers, texts};
use crate::seen::{Pair, Seen};
use crate::sql::Value;
use crate::{Batch, Key, SubscriptionKind};

/// Begins a transaction that has the locks of all pairs; `None` where nobody can be missed.
pub(in crate::postgres) fn meetings(batch: &Batch, seen: &Seen) -> Option<String> {
    if !writes(batch) {
        return None;
    }
    // In order, so that servers wait for each other and never in a circle.
    let locks: BTreeSet<i64> = pairs(batch, seen).into_iter().map(lock).collect();
    let locks: Vec<String> = locks.iter().map(i64::to_string).collect();
    Some(format!(
        "begin; select pg_advisory_xact_lock(pair) from unnest('{{{}}}'::bigint[]) as pair",
        locks.join(",")
    ))
}

/// Checks under the locks that the unit has seen all that there is.
pub(super) fn checks(statement: &mut Statement, batch: &Batch, seen: &Seen) {
    if !writes(batch) {
        return;
    }
    if let (Some(now), false) = (seen.now, seen.messages.is_empty()) {
        let (names, correlations, keys) = lists(&seen.messages);
        let pieces = vec![
            ("select from unnest(", Some(names)),
            (", ", Some(correlations)),
            (
                ") as pair (name, correlation) join messages m on m.name = pair.name
                  and m.correlation = pair.correlation where m.expires_at > ",
                Some(Value::from(now)),
            ),
            (" and m.key <> all(", Some(keys)),
            (")", None),
        ];
        statement.must_not_find("a message came", pieces);
    }
    if !seen.subscriptions.is_empty() {
        let (names, correlations, keys) = lists(&seen.subscriptions);
        let pieces = vec![
            ("select from unnest(", Some(names)),
            (", ", Some(correlations)),
            (
                ") as pair (name, correlation) join subscriptions s on s.kind = 'message' and s.name = pair.name
                  and coalesce(s.correlation, '') = pair.correlation where s.key <> all(",
                Some(keys),
            ),
            (")", None),
        ];
        statement.must_not_find("somebody awaits the message", pieces);
    }
    if !seen.start_locks.is_empty() {
        let rows: Vec<_> = seen.start_locks.iter().collect();
        let pieces = vec![
            (
                "select from unnest(",
                Some(texts(&rows, |((process, _), _)| process.clone())),
            ),
            (
                ", ",
                Some(texts(&rows, |((_, correlation), _)| correlation.clone())),
            ),
            (
                ", ",
                Some(integers(&rows, |(_, instance)| i64::from(**instance))),
            ),
            (
                ") as held (process_id, correlation, instance) where not exists (select from start_locks l
                  where l.process_id = held.process_id and l.correlation = held.correlation
                  and l.instance = held.instance)",
                None,
            ),
        ];
        statement.must_not_find("an instance has ended", pieces);
    }
}

/// Whether the batch writes something that another server could miss.
fn writes(batch: &Batch) -> bool {
    !batch.messages.is_empty()
        || !batch.start_locks.is_empty()
        || !batch.gone_start_locks.is_empty()
        || batch
            .subscriptions
            .values()
            .any(|row| row.kind == SubscriptionKind::Message)
}

fn pairs<'a>(batch: &'a Batch, seen: &'a Seen) -> BTreeSet<(&'a str, &'a str)> {
    let kept = batch
        .messages
        .values()
        .map(|row| (row.name.as_str(), row.correlation.as_str()));
    let awaited = batch.subscriptions.values().filter_map(|row| {
        let is_message = row.kind == SubscriptionKind::Message;
        is_message.then(|| {
            (
                row.name.as_str(),
                row.correlation.as_deref().unwrap_or_default(),
            )
        })
    });
    let seen = seen.messages.keys().chain(seen.subscriptions.keys());
    kept.chain(awaited)
        .chain(seen.map(|(name, correlation)| (name.as_str(), correlation.as_str())))
        .collect()
}

/// The number of the lock of a pair. Two pairs with one number only wait for each other.
fn lock((name, correlation): (&str, &str)) -> i64 {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([0])
        .chain_update(correlation)
        .finalize();
    let mut number = [0; 8];
    number.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(number)
}

fn lists(seen: &BTreeMap<Pair, BTreeSet<Key>>) -> (Value, Value, Value) {
    let pairs: Vec<_> = seen.keys().collect();
    let keys = seen.values().flatten().map(|key| i64::from(*key)).collect();
    (
        texts(&pairs, |(name, _)| name.clone()),
        texts(&pairs, |(_, correlation)| correlation.clone()),
        Value::Integers(keys),
    )
}
