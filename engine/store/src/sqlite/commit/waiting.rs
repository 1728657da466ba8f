//! Writes what waits: timers, subscriptions, messages, start locks and the outbox.

use std::collections::BTreeSet;

use super::delete;
use crate::sqlite::values::Script;
use crate::{Batch, Key};

pub(super) fn timers(script: &mut Script, batch: &Batch) {
    let started = batch
        .timers
        .iter()
        .filter(|(key, _)| !batch.gone_timers.contains(key));
    let rows: Vec<_> = started.map(|(_, timer)| timer).collect();
    let head = "insert or rollback into timers (key, instance, element, due, repeat)";
    let tail = "on conflict (key) do update set element = excluded.element, due = excluded.due, repeat = excluded.repeat";
    script.insert(head, 5, tail, rows.into_iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(i64::from(row.instance))
            .add(row.element.clone())
            .add(row.due.as_microsecond())
            .add(row.repeat.clone());
    });
    let gone = numbers(&batch.gone_timers);
    delete(script, "delete from timers where key in (", &gone);
}

pub(super) fn subscriptions(script: &mut Script, batch: &Batch) {
    let opened = batch
        .subscriptions
        .iter()
        .filter(|(key, _)| !batch.gone_subscriptions.contains(key));
    let rows: Vec<_> = opened.map(|(_, row)| row).collect();
    let head = "insert or rollback into subscriptions (key, instance, process_id, element, element_instance, kind, name,
        correlation, created_at)";
    // Of a migrated instance.
    let tail = "on conflict (key) do update set element = excluded.element, process_id = excluded.process_id";
    script.insert(head, 9, tail, rows.into_iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(i64::from(row.instance))
            .add(row.process_id.clone())
            .add(row.element.clone())
            .add(i64::from(row.element_instance))
            .add(row.kind.as_str())
            .add(row.name.clone())
            .add(row.correlation.clone())
            .add(row.created_at.as_microsecond());
    });
    let gone = numbers(&batch.gone_subscriptions);
    delete(script, "delete from subscriptions where key in (", &gone);
}

/// First what goes, because a message id may come again in the batch in which its first message expires.
pub(super) fn messages(script: &mut Script, batch: &Batch) {
    let gone = numbers(&batch.gone_messages);
    delete(script, "delete from message_uses where message in (", &gone);
    delete(script, "delete from messages where key in (", &gone);
    let kept = batch
        .messages
        .iter()
        .filter(|(key, _)| !batch.gone_messages.contains(key));
    let rows: Vec<_> = kept.map(|(_, row)| row).collect();
    let head = "insert or rollback into messages (key, name, correlation, message_id, variables, published_at, expires_at)";
    script.insert(head, 7, "", rows.into_iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(row.name.clone())
            .add(row.correlation.clone())
            .add(row.message_id.clone())
            .add(row.variables.clone())
            .add(row.published_at.as_microsecond())
            .add(row.expires_at.as_microsecond());
    });
    let used = batch
        .message_uses
        .iter()
        .filter(|(message, _)| !batch.gone_messages.contains(message));
    let rows: Vec<_> = used.collect();
    let head = "insert or rollback into message_uses (message, process_id)";
    script.insert(
        head,
        2,
        "",
        rows.into_iter(),
        |values, (message, process)| {
            values.add(i64::from(*message)).add(process.clone());
        },
    );
}

/// First what goes, because the next instance may start in the batch in which the last one ends.
pub(super) fn start_locks(script: &mut Script, batch: &Batch) {
    let gone = numbers(&batch.gone_start_locks);
    delete(script, "delete from start_locks where instance in (", &gone);
    let held = batch
        .start_locks
        .iter()
        .filter(|(_, instance)| !batch.gone_start_locks.contains(instance));
    let rows: Vec<_> = held.collect();
    let head = "insert or rollback into start_locks (process_id, correlation, instance)";
    script.insert(
        head,
        3,
        "",
        rows.into_iter(),
        |values, ((process, correlation), instance)| {
            values
                .add(process.clone())
                .add(correlation.clone())
                .add(i64::from(*instance));
        },
    );
}

pub(super) fn outbox(script: &mut Script, batch: &Batch) {
    let waiting = batch
        .outbox
        .iter()
        .filter(|(key, _)| !batch.gone_outbox.contains(key));
    let rows: Vec<_> = waiting.map(|(_, row)| row).collect();
    let head =
        "insert or rollback into outbox (key, kind, instance, body, available_at, token, attempts)";
    // The token counts on: whoever had the claim has lost it.
    let tail = "on conflict (key) do update set body = excluded.body, available_at = excluded.available_at,
        token = token + 1, attempts = excluded.attempts";
    script.insert(head, 7, tail, rows.into_iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(row.kind.clone())
            .add(row.instance.map(i64::from))
            .add(row.body.clone())
            .add(row.available_at.as_microsecond())
            .add(row.token)
            .add(i64::from(row.attempts));
    });
    let gone = numbers(&batch.gone_outbox);
    delete(script, "delete from outbox where key in (", &gone);
}

fn numbers(keys: &BTreeSet<Key>) -> Vec<i64> {
    keys.iter().map(|key| i64::from(*key)).collect()
}
