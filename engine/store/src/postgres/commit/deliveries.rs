//! Writes events for webhooks, and the lanes in which they wait. Who is a webhook must be as it was when the events were made.

use super::statement::{Statement, integers, texts};
use crate::Batch;
use crate::deliveries::{LIST, WEBHOOKS, lanes};
use crate::seen::Seen;
use crate::sql::Value;

pub(super) fn deliveries(statement: &mut Statement, batch: &Batch, seen: &Seen) {
    if let (Some(revision), false) = (seen.webhooks, batch.history.is_empty()) {
        let pieces = vec![
            (
                "select 1 from documents where collection = ",
                Some(Value::from(WEBHOOKS)),
            ),
            (" and id = ", Some(Value::from(LIST))),
            (" and revision <> ", Some(Value::from(revision))),
        ];
        statement.must_not_find("webhooks", pieces);
    }
    let rows: Vec<_> = batch.deliveries.iter().collect();
    let lists = vec![
        texts(&rows, |row| row.webhook.clone()),
        integers(&rows, |row| row.instance.into()),
        integers(&rows, |row| row.position.number()),
        texts(&rows, |row| row.kind.clone()),
        texts(&rows, |row| row.event.clone()),
        integers(&rows, |row| row.created_at.as_microsecond()),
        integers(&rows, |_| 0),
    ];
    let head =
        "insert into deliveries (webhook, instance, position, type, event, created_at, attempts)";
    statement.insert("new_deliveries", head, lists, "");
    let rows: Vec<_> = lanes(batch).into_iter().collect();
    let lists = vec![
        texts(&rows, |((webhook, _), _)| *webhook),
        integers(&rows, |((_, instance), _)| (*instance).into()),
        integers(&rows, |(_, lane)| lane.added),
        integers(&rows, |(_, lane)| lane.available_at.as_microsecond()),
        integers(&rows, |_| 0),
        integers(&rows, |_| 0),
    ];
    let head = "insert into lanes (webhook, instance, added, available_at, token, attempts)";
    let tail = "on conflict (webhook, instance) do update set added = lanes.added + excluded.added";
    statement.insert("new_lanes", head, lists, tail);
}
