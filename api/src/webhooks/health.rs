//! Which webhooks take nothing at present: they are asked with one event now and then, until they take it. What waits for them
//! loses no tries meanwhile.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first rest of a webhook; it doubles with each failure.
const FIRST: SignedDuration = SignedDuration::from_secs(1);
/// The longest rest.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);

/// What this server has heard of webhooks since it started.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<BTreeMap<String, Failing>>);

#[derive(Debug, Clone, Copy)]
struct Failing {
    failures: u32,
    until: Timestamp,
}

impl Health {
    /// It took something.
    pub(super) fn took(&self, webhook: &str) {
        self.lock().remove(webhook);
    }

    /// It could not be reached, or takes nothing.
    pub(super) fn refused(&self, webhook: &str, now: Timestamp) {
        let mut failing = self.lock();
        let one = failing.entry(webhook.to_owned()).or_insert(Failing {
            failures: 0,
            until: now,
        });
        // Those that were sent at the same time are one failure.
        if one.failures == 0 || one.until <= now {
            let rest = SignedDuration::from_secs(FIRST.as_secs() << one.failures.min(10));
            one.failures += 1;
            one.until = now
                .saturating_add(rest.min(LONGEST))
                .unwrap_or(Timestamp::MAX);
        }
    }

    /// Until when it is left alone.
    pub(super) fn rests_until(&self, webhook: &str) -> Timestamp {
        let failing = self.lock();
        failing
            .get(webhook)
            .map_or(Timestamp::MIN, |failing| failing.until)
    }

    /// How many lanes are served at the same time: one to see whether it takes anything again.
    pub(super) fn lanes(&self, webhook: &str, most: u32) -> u32 {
        if self.lock().contains_key(webhook) {
            1
        } else {
            most
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_nothing_is_asked_less_and_less_until_he_takes_something() {
        let health = Health::default();
        let mut now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            health.refused("w", now);
            health.refused("w", now);
            let rest = health.rests_until("w").duration_since(now);
            assert_eq!(rest.as_secs(), expected);
            now = health.rests_until("w");
        }
        assert_eq!((health.lanes("w", 8), health.lanes("x", 8)), (1, 8));
        health.took("w");
        assert_eq!(health.lanes("w", 8), 8);
        assert!(health.rests_until("w") < now);
    }
}
