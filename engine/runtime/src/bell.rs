//! Wakes workers who wait for jobs of a type, when one is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits::WAITERS_MAX;
use crate::{Error, Result};

/// One bell for each type that somebody waits for. Clones ring the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bell {
    jobs: Arc<Mutex<BTreeMap<String, Waiting>>>,
    delivery: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Waiting {
    notify: Arc<Notify>,
    number: usize,
}

/// Somebody waits as long as this is kept.
#[derive(Debug)]
pub(crate) struct Waiter {
    bell: Bell,
    job_type: String,
    pub(crate) notify: Arc<Notify>,
}

impl Bell {
    /// Begins to wait. So many may; one more is told that the server is busy.
    pub(crate) fn listen(&self, job_type: &str) -> Result<Waiter> {
        let mut types = self.lock();
        let number: usize = types.values().map(|waiting| waiting.number).sum();
        if number >= WAITERS_MAX {
            return Err(Error::Busy);
        }
        let waiting = types.entry(job_type.to_owned()).or_default();
        waiting.number += 1;
        Ok(Waiter {
            bell: self.clone(),
            job_type: job_type.to_owned(),
            notify: waiting.notify.clone(),
        })
    }

    /// There are jobs of these types.
    pub(crate) fn ring<'t>(&self, types: impl Iterator<Item = &'t String>) {
        let waiting = self.lock();
        for job_type in types {
            if let Some(waiting) = waiting.get(job_type) {
                waiting.notify.notify_waiters();
            }
        }
    }

    /// There may be jobs of any type.
    pub(crate) fn ring_all(&self) {
        for waiting in self.lock().values() {
            waiting.notify.notify_waiters();
        }
    }

    /// Rung when an event for a webhook waits; one waits for it.
    pub(crate) fn delivery(&self) -> &Notify {
        &self.delivery
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Waiting>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut types = self.bell.lock();
        if let Some(waiting) = types.get_mut(&self.job_type) {
            waiting.number -= 1;
            if waiting.number == 0 {
                types.remove(&self.job_type);
            }
        }
    }
}
