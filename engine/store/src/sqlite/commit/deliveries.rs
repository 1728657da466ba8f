//! Writes events for webhooks, and the lanes in which they wait.

use crate::Batch;
use crate::deliveries::lanes;
use crate::sqlite::values::Script;

pub(super) fn deliveries(script: &mut Script, batch: &Batch) {
    if batch.deliveries.is_empty() {
        return;
    }
    let head = "insert or rollback into deliveries (webhook, instance, position, type, event, created_at, attempts)";
    script.insert(head, 7, "", batch.deliveries.iter(), |values, row| {
        values
            .add(row.webhook.clone())
            .add(i64::from(row.instance))
            .add(row.position.number())
            .add(row.kind.clone())
            .add(row.event.clone())
            .add(row.created_at.as_microsecond())
            .add(0_i64);
    });
    let head =
        "insert or rollback into lanes (webhook, instance, added, available_at, token, attempts)";
    let tail = "on conflict (webhook, instance) do update set added = lanes.added + excluded.added";
    script.insert(
        head,
        6,
        tail,
        lanes(batch).into_iter(),
        |values, ((webhook, instance), lane)| {
            values
                .add(webhook.to_owned())
                .add(i64::from(instance))
                .add(lane.added)
                .add(lane.available_at.as_microsecond())
                .add(0_i64)
                .add(0_i64);
        },
    );
}
