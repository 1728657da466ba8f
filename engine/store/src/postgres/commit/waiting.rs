//! Writes subscriptions, messages and start locks.

use super::statement::{Statement, integers, maybe_texts, texts};
use super::tables::replace;
use crate::{Batch, Key};

pub(super) fn subscriptions(statement: &mut Statement, batch: &Batch) {
    let gone = &batch.gone_subscriptions;
    let rows: Vec<_> = batch
        .subscriptions
        .values()
        .filter(|row| !gone.contains(&row.key))
        .collect();
    let lists = vec![
        integers(&rows, |row| row.key.into()),
        integers(&rows, |row| row.instance.into()),
        texts(&rows, |row| row.process_id.clone()),
        texts(&rows, |row| row.element.clone()),
        integers(&rows, |row| row.element_instance.into()),
        texts(&rows, |row| row.kind.as_str()),
        texts(&rows, |row| row.name.clone()),
        maybe_texts(&rows, |row| row.correlation.clone()),
        integers(&rows, |row| row.created_at.as_microsecond()),
    ];
    let head = "insert into subscriptions (key, instance, process_id, element, element_instance, kind, name,
        correlation, created_at)";
    // Of a migrated instance.
    let tail = "on conflict (key) do update set element = excluded.element, process_id = excluded.process_id";
    statement.insert("new_subscriptions", head, lists, tail);
    let head = "delete from subscriptions where key = any(";
    replace(statement, "gone_subscriptions", head, numbers(gone));
}

/// A message id may come again in the batch in which its first message expires.
pub(super) fn messages(statement: &mut Statement, batch: &Batch) {
    let gone = &batch.gone_messages;
    let head = "delete from message_uses where message = any(";
    replace(statement, "gone_uses", head, numbers(gone));
    let head = "delete from messages where key = any(";
    let after = replace(statement, "gone_messages", head, numbers(gone));
    let rows: Vec<_> = batch
        .messages
        .values()
        .filter(|row| !gone.contains(&row.key))
        .collect();
    let lists = vec![
        integers(&rows, |row| row.key.into()),
        texts(&rows, |row| row.name.clone()),
        texts(&rows, |row| row.correlation.clone()),
        maybe_texts(&rows, |row| row.message_id.clone()),
        texts(&rows, |row| row.variables.clone()),
        integers(&rows, |row| row.published_at.as_microsecond()),
        integers(&rows, |row| row.expires_at.as_microsecond()),
    ];
    let head = "insert into messages (key, name, correlation, message_id, variables, published_at, expires_at)";
    statement.insert("new_messages", head, lists, &after);
    let rows: Vec<_> = batch
        .message_uses
        .iter()
        .filter(|(message, _)| !gone.contains(message))
        .collect();
    let lists = vec![
        integers(&rows, |(message, _)| i64::from(*message)),
        texts(&rows, |(_, process)| process.clone()),
    ];
    let head = "insert into message_uses (message, process_id)";
    statement.insert("new_uses", head, lists, "");
}

/// The next instance may start in the batch in which the last one ends.
pub(super) fn start_locks(statement: &mut Statement, batch: &Batch) {
    let gone = &batch.gone_start_locks;
    let head = "delete from start_locks where instance = any(";
    let after = replace(statement, "gone_locks", head, numbers(gone));
    let rows: Vec<_> = batch
        .start_locks
        .iter()
        .filter(|(_, instance)| !gone.contains(instance))
        .collect();
    let lists = vec![
        texts(&rows, |((process, _), _)| process.clone()),
        texts(&rows, |((_, correlation), _)| correlation.clone()),
        integers(&rows, |(_, instance)| i64::from(**instance)),
    ];
    let head = "insert into start_locks (process_id, correlation, instance)";
    statement.insert("new_locks", head, lists, &after);
}

fn numbers<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Vec<i64> {
    keys.into_iter().map(|key| i64::from(*key)).collect()
}
