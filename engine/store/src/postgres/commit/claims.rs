//! Writes what is claimed by one server at a time: timers, jobs and the outbox.
//!
//! What the unit has loaded must still be as it was: the same due time, the same token. The rest is guarded by the revision
//! of its instance.

use std::collections::{BTreeMap, BTreeSet};

use super::statement::{Statement, bools, integers, maybe_integers, maybe_texts, texts};
use crate::seen::Seen;
use crate::sql::Value;
use crate::{Batch, Job, Key, OutboxRow, Timer};

pub(super) fn timers(statement: &mut Statement, batch: &Batch, seen: &Seen) {
    let lasting = batch
        .timers
        .values()
        .filter(|row| !batch.gone_timers.contains(&row.key));
    let (known, new): (Vec<&Timer>, Vec<&Timer>) =
        lasting.partition(|row| seen.timers.contains_key(&row.key));
    let lists = vec![
        integers(&new, |row| row.key.into()),
        integers(&new, |row| row.instance.into()),
        texts(&new, |row| row.element.clone()),
        integers(&new, |row| row.due.as_microsecond()),
        maybe_texts(&new, |row| row.repeat.clone()),
    ];
    let head = "insert into timers (key, instance, element, due, repeat)";
    let tail = "on conflict (key) do update set element = excluded.element, due = excluded.due, repeat = excluded.repeat,
        claimed_until = 0";
    statement.insert("new_timers", head, lists, tail);
    let lists = vec![
        integers(&known, |row| row.key.into()),
        texts(&known, |row| row.element.clone()),
        integers(&known, |row| row.due.as_microsecond()),
        maybe_texts(&known, |row| row.repeat.clone()),
        integers(&known, |row| seen.timers[&row.key]),
    ];
    let head = "update timers as t set element = new.element, due = new.due, repeat = new.repeat, claimed_until = 0 from ";
    let tail = " as new (key, element, due, repeat, before) where t.key = new.key and t.due = new.before returning t.key";
    let number = statement.over("moved_timers", &[head], lists, &[tail]);
    if number > 0 {
        statement.must_return("moved_timers", "key", number);
    }
    gone(
        statement,
        "gone_timers",
        "delete from timers as t using ",
        " as old (key, before) where t.key = old.key and t.due = coalesce(old.before, t.due) returning old.before",
        &batch.gone_timers,
        &seen.timers,
    );
}

pub(super) fn jobs(statement: &mut Statement, batch: &Batch, seen: &Seen) {
    let lasting = batch
        .jobs
        .values()
        .filter(|row| !batch.gone_jobs.contains(&row.key));
    let (known, new): (Vec<&Job>, Vec<&Job>) =
        lasting.partition(|row| seen.jobs.contains_key(&row.key));
    let lists = vec![
        integers(&new, |row| row.key.into()),
        integers(&new, |row| row.instance.into()),
        texts(&new, |row| row.element.clone()),
        integers(&new, |row| row.element_instance.into()),
        texts(&new, |row| row.kind.clone()),
        integers(&new, |row| row.retries.into()),
        integers(&new, |row| row.available_at.as_microsecond()),
        integers(&new, |row| row.token),
        maybe_texts(&new, |row| row.worker.clone()),
        integers(&new, |row| row.created_at.as_microsecond()),
        bools(&new, |row| row.hidden),
    ];
    let head = "insert into jobs (key, instance, element, element_instance, type, retries, available_at, token,
        worker, created_at, hidden)";
    // The token stays: whoever had the lease has lost it, and the next lease counts on.
    let tail =
        "on conflict (key) do update set element = excluded.element, retries = excluded.retries,
        available_at = excluded.available_at, token = jobs.token + 1, worker = null, hidden = excluded.hidden";
    statement.insert("new_jobs", head, lists, tail);
    let lists = vec![
        integers(&known, |row| row.key.into()),
        texts(&known, |row| row.element.clone()),
        integers(&known, |row| row.retries.into()),
        integers(&known, |row| row.available_at.as_microsecond()),
        bools(&known, |row| row.hidden),
        integers(&known, |row| seen.jobs[&row.key]),
    ];
    let head = "update jobs as j set element = new.element, retries = new.retries, available_at = new.available_at, token = j.token + 1,
        worker = null, hidden = new.hidden from ";
    let tail = " as new (key, element, retries, available_at, hidden, before) where j.key = new.key and j.token = new.before
        returning j.key";
    let number = statement.over("changed_jobs", &[head], lists, &[tail]);
    if number > 0 {
        statement.must_return("changed_jobs", "key", number);
    }
    let gone_too = |key| batch.gone_jobs.contains(key);
    let kept: Vec<_> = batch
        .kept_jobs
        .iter()
        .filter(|(key, _)| !gone_too(*key))
        .collect();
    let lists = vec![
        integers(&kept, |(key, _)| i64::from(**key)),
        texts(&kept, |(_, kept)| kept.element.clone()),
        bools(&kept, |(_, kept)| kept.hidden),
    ];
    let head = "update jobs as j set element = new.element, hidden = new.hidden from ";
    statement.over(
        "kept_jobs",
        &[head],
        lists,
        &[" as new (key, element, hidden) where j.key = new.key"],
    );
    gone(
        statement,
        "gone_jobs",
        "delete from jobs as j using ",
        " as old (key, before) where j.key = old.key and j.token = coalesce(old.before, j.token) returning old.before",
        &batch.gone_jobs,
        &seen.jobs,
    );
}

pub(super) fn outbox(statement: &mut Statement, batch: &Batch, seen: &Seen) {
    let waiting = batch
        .outbox
        .values()
        .filter(|row| !batch.gone_outbox.contains(&row.key));
    let (known, new): (Vec<&OutboxRow>, Vec<&OutboxRow>) =
        waiting.partition(|row| seen.outbox.contains_key(&row.key));
    let lists = vec![
        integers(&new, |row| row.key.into()),
        texts(&new, |row| row.kind.clone()),
        maybe_integers(&new, |row| row.instance.map(i64::from)),
        texts(&new, |row| row.body.clone()),
        integers(&new, |row| row.available_at.as_microsecond()),
        integers(&new, |row| row.token),
        integers(&new, |row| row.attempts.into()),
    ];
    let head = "insert into outbox (key, kind, instance, body, available_at, token, attempts)";
    // The token counts on: whoever had the claim has lost it.
    let tail = "on conflict (key) do update set body = excluded.body, available_at = excluded.available_at,
        token = outbox.token + 1, attempts = excluded.attempts";
    statement.insert("new_outbox", head, lists, tail);
    let lists = vec![
        integers(&known, |row| row.key.into()),
        texts(&known, |row| row.body.clone()),
        integers(&known, |row| row.available_at.as_microsecond()),
        integers(&known, |row| row.attempts.into()),
        integers(&known, |row| seen.outbox[&row.key]),
    ];
    let head = "update outbox as o set body = new.body, available_at = new.available_at, attempts = new.attempts,
        token = o.token + 1 from ";
    let tail = " as new (key, body, available_at, attempts, before) where o.key = new.key and o.token = new.before
        returning o.key";
    let number = statement.over("put_off", &[head], lists, &[tail]);
    if number > 0 {
        statement.must_return("put_off", "key", number);
    }
    gone(
        statement,
        "gone_outbox",
        "delete from outbox as o using ",
        " as old (key, before) where o.key = old.key and o.token = coalesce(old.before, o.token) returning old.before",
        &batch.gone_outbox,
        &seen.outbox,
    );
}

/// Deletes rows; those that were loaded must be as they were.
fn gone(
    statement: &mut Statement,
    name: &'static str,
    head: &str,
    tail: &str,
    keys: &BTreeSet<Key>,
    seen: &BTreeMap<Key, i64>,
) {
    let before: Vec<Option<i64>> = keys.iter().map(|key| seen.get(key).copied()).collect();
    let known = before.iter().flatten().count();
    let lists = vec![
        Value::Integers(keys.iter().map(|key| i64::from(*key)).collect()),
        Value::MaybeIntegers(before),
    ];
    statement.over(name, &[head], lists, &[tail]);
    if known > 0 {
        statement.must_return(name, "before", known);
    }
}
