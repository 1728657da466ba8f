//! Counts of what the writer does and where its time goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Measures;
use crate::clock::Stopwatch;

/// What the writer has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Batches that it carried out.
    pub batches: u64,
    /// Messages in them: requests, timers, leases.
    pub messages: u64,
    /// The most messages of one batch.
    pub largest_batch: u64,
    /// Microseconds that it worked.
    pub busy_us: u64,
    /// Microseconds of these in which it waited for the database: loading and committing.
    pub store_us: u64,
}

/// The counters, shared by the writer and who asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    measures: Measures,
    batches: AtomicU64,
    messages: AtomicU64,
    largest_batch: AtomicU64,
    busy_us: AtomicU64,
    store_us: AtomicU64,
}

impl Counters {
    pub(crate) fn batch(&self, messages: usize, worked: &Stopwatch) {
        let messages = messages as u64;
        self.0.batches.fetch_add(1, Ordering::Relaxed);
        self.0.messages.fetch_add(messages, Ordering::Relaxed);
        self.0.largest_batch.fetch_max(messages, Ordering::Relaxed);
        self.0.busy_us.fetch_add(worked.us(), Ordering::Relaxed);
        self.0.measures.batch(messages as usize, worked.us());
    }

    pub(crate) fn store(&self, waited: &Stopwatch) {
        self.0.store_us.fetch_add(waited.us(), Ordering::Relaxed);
    }

    pub(crate) fn measures(&self) -> &Measures {
        &self.0.measures
    }

    pub(crate) fn read(&self) -> Statistics {
        let read = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        Statistics {
            batches: read(&self.0.batches),
            messages: read(&self.0.messages),
            largest_batch: read(&self.0.largest_batch),
            busy_us: read(&self.0.busy_us),
            store_us: read(&self.0.store_us),
        }
    }
}
