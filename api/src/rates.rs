//! How often a client may ask: each has a bucket that fills steadily, and every request takes one drop out of it.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many requests a second a client may make in the long run, where nobody says.
pub(crate) const PER_SECOND: u32 = 500;
/// How many it may make at once, after a rest.
pub(crate) const AT_ONCE: u32 = 2_000;
/// Clients that are remembered; beyond it those are forgotten whose buckets are full again.
const REMEMBERED: usize = 10_000;

/// How often a client may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second, in the long run; without a limit where it is 0.
    pub per_second: u32,
    /// Requests at once, after a rest.
    pub at_once: u32,
}

/// How many drops are left, and when they were counted.
struct Bucket {
    drops: f64,
    counted: Timestamp,
}

impl Bucket {
    fn fill(&mut self, limits: Limits, now: Timestamp) {
        let rested = now.duration_since(self.counted).as_secs_f64().max(0.0);
        let filled = self.drops + rested * f64::from(limits.per_second);
        self.drops = filled.min(f64::from(limits.at_once));
        self.counted = now;
    }
}

/// The buckets of all clients.
pub(crate) struct Rates {
    limits: Limits,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Rates {
    pub(crate) fn new(limits: Limits) -> Rates {
        Rates {
            limits,
            buckets: Mutex::default(),
        }
    }

    /// Counts a request of a client.
    ///
    /// # Errors
    /// How many seconds it has to wait before the next one.
    pub(crate) fn count(&self, client: &str, now: Timestamp) -> Result<(), i64> {
        let limits = self.limits;
        if limits.per_second == 0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(client) {
            buckets.retain(|_, bucket| {
                bucket.fill(limits, now);
                bucket.drops < f64::from(limits.at_once)
            });
        }
        let bucket = buckets.entry(client.to_owned()).or_insert(Bucket {
            drops: f64::from(limits.at_once),
            counted: now,
        });
        bucket.fill(limits, now);
        if bucket.drops < 1.0 {
            let missing = 1.0 - bucket.drops;
            return Err((missing / f64::from(limits.per_second)).ceil() as i64);
        }
        bucket.drops -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(milliseconds)
    }

    fn two_a_second() -> Rates {
        Rates::new(Limits {
            per_second: 2,
            at_once: 3,
        })
    }

    #[test]
    fn a_client_may_ask_often_after_a_rest_and_steadily_in_the_long_run() {
        let rates = two_a_second();
        for _ in 0..3 {
            assert_eq!(rates.count("grace", at(0)), Ok(()));
        }
        assert_eq!(rates.count("grace", at(0)), Err(1));
        assert_eq!(rates.count("ruth", at(0)), Ok(()));
        assert_eq!(rates.count("grace", at(499)), Err(1));
        assert_eq!(rates.count("grace", at(500)), Ok(()));
        assert_eq!(rates.count("grace", at(501)), Err(1));
        // A long rest gives no more than what fits.
        for _ in 0..3 {
            assert_eq!(rates.count("grace", at(60_000)), Ok(()));
        }
        assert_eq!(rates.count("grace", at(60_000)), Err(1));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let rates = two_a_second();
        assert_eq!(rates.count("grace", at(1_000)), Ok(()));
        for _ in 0..2 {
            assert_eq!(rates.count("grace", at(0)), Ok(()));
        }
        assert_eq!(rates.count("grace", at(0)), Err(1));
    }

    #[test]
    fn clients_who_rest_are_forgotten_first() {
        let rates = two_a_second();
        for number in 0..REMEMBERED {
            assert_eq!(rates.count(&number.to_string(), at(0)), Ok(()));
        }
        for _ in 0..2 {
            assert_eq!(rates.count("0", at(400)), Ok(()));
        }
        assert_eq!(rates.count("another", at(600)), Ok(()));
        assert_eq!(rates.buckets.lock().unwrap().len(), 2);
        assert_eq!(rates.count("0", at(600)), Ok(()));
        assert_eq!(rates.count("0", at(600)), Err(1));
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let rates = Rates::new(Limits {
            per_second: 0,
            at_once: 0,
        });
        assert!((0..10_000).all(|_| rates.count("grace", at(0)).is_ok()));
    }
}
