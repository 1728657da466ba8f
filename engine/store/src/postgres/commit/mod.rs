//! Writes a batch as one statement: each table is one part of a `with`, and a last `select` checks what was relied on.
//!
//! All parts see the database as it was before, and no order among them is promised. So no row is touched by two parts,
//! and where old rows make room for new ones the second part asks the first how many they were.

mod claims;
mod deadlines;
mod deliveries;
mod meetings;
mod proof;
mod statement;
mod tables;
mod waiting;

use jiff::SignedDuration;

pub(super) use meetings::meetings;
pub(super) use proof::proof;

use super::listen::CHANNEL;
use crate::Batch;
use crate::seen::Seen;
use crate::sql::{Sql, json};
use crate::wakes::{HORIZON_S, Wake};
use statement::Statement;

/// What a call may say at most: PostgreSQL allows less than 8,000 bytes.
const CALL_BYTES_MAX: usize = 7_000;

/// The statement that writes the batch.
pub(super) fn statement(batch: &Batch, seen: &Seen) -> Sql {
    let mut statement = Statement::default();
    tables::deployments(&mut statement, batch);
    tables::instances(&mut statement, batch);
    tables::tasks(&mut statement, batch);
    tables::candidates(&mut statement, batch);
    deadlines::deadlines(&mut statement, batch);
    tables::incidents(&mut statement, batch);
    tables::decisions(&mut statement, batch);
    tables::history(&mut statement, batch);
    tables::documents(&mut statement, batch, seen);
    deliveries::deliveries(&mut statement, batch, seen);
    tables::trail(&mut statement, batch);
    claims::timers(&mut statement, batch, seen);
    claims::jobs(&mut statement, batch, seen);
    claims::outbox(&mut statement, batch, seen);
    waiting::subscriptions(&mut statement, batch);
    waiting::messages(&mut statement, batch);
    waiting::start_locks(&mut statement, batch);
    meetings::checks(&mut statement, batch, seen);
    if let Some(call) = call(batch) {
        statement.call(CHANNEL, &call);
    }
    statement.finish()
}

/// What others should hear of the batch, if anything.
fn call(batch: &Batch) -> Option<String> {
    let wake = Wake {
        everything: false,
        timer: soonest(batch),
        jobs: batch
            .jobs
            .values()
            .filter(|job| !batch.gone_jobs.contains(&job.key))
            .map(|job| job.kind.clone())
            .chain(batch.kept_jobs.values().map(|job| job.kind.clone()))
            .collect(),
        outbox: batch
            .outbox
            .keys()
            .any(|key| !batch.gone_outbox.contains(key)),
        // A DMN file that others import may define nothing that is asked.
        definitions: !batch.resources.is_empty()
            || !batch.definitions.is_empty()
            || !batch.withdrawn.is_empty(),
    };
    if wake == Wake::default() {
        return None;
    }
    let text = json(&wake);
    if text.len() > CALL_BYTES_MAX {
        return Some(json(&Wake::everything()));
    }
    Some(text)
}

/// The soonest timer, if it is due within the time in which nobody looks by himself. A call costs: commits that call wait
/// for each other.
fn soonest(batch: &Batch) -> Option<jiff::Timestamp> {
    let started = batch
        .timers
        .values()
        .filter(|timer| !batch.gone_timers.contains(&timer.key));
    let due = started.map(|timer| timer.due).min()?;
    let now = batch.history.iter().map(|row| row.at).max();
    let horizon = SignedDuration::from_secs(HORIZON_S);
    let near = now.is_none_or(|now| due.duration_since(now) <= horizon);
    near.then_some(due)
}
