//! How often somebody may try to sign in: failures are counted by name and by address, in memory.

use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;

/// Failures with one name, within the window.
pub(crate) const FAILURES_PER_NAME: u32 = 10;
/// Failures from one address, within the window: an office may share it.
pub(crate) const FAILURES_PER_ADDRESS: u32 = 100;
/// How long a failure counts.
pub(crate) const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Names and addresses that are remembered at once; beyond it the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// Whose failures are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    Name(String),
    Address(String),
}

impl Counted {
    fn limit(&self) -> u32 {
        match self {
            Counted::Name(_) => FAILURES_PER_NAME,
            Counted::Address(_) => FAILURES_PER_ADDRESS,
        }
    }
}

struct Window {
    failures: u32,
    until: Timestamp,
}

/// The failures of the last quarter of an hour.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<Counted, Window>>);

impl Attempts {
    /// How long `who` must wait before the next try, if at all.
    pub(crate) fn wait(&self, who: &[Counted], now: Timestamp) -> Option<SignedDuration> {
        let windows = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let full = |counted: &&Counted| {
            windows
                .get(counted)
                .filter(|window| window.failures >= counted.limit())
        };
        let until = who
            .iter()
            .filter_map(|counted| full(&counted))
            .map(|window| window.until)
            .max()?;
        Some(until.duration_since(now)).filter(|wait| wait.is_positive())
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, who: &[Counted], now: Timestamp) {
        let mut windows = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        windows.retain(|_, window| window.until > now);
        for counted in who {
            if windows.len() >= REMEMBERED {
                let oldest = windows
                    .iter()
                    .min_by_key(|(_, window)| window.until)
                    .map(|(counted, _)| counted.clone());
                oldest.and_then(|oldest| windows.remove(&oldest));
            }
            let fresh = || Window {
                failures: 0,
                until: now.saturating_add(WINDOW).unwrap_or(Timestamp::MAX),
            };
            windows
                .entry(counted.clone())
                .or_insert_with(fresh)
                .failures += 1;
        }
    }

    /// Forgets the failures with a name whose password was right.
    pub(crate) fn succeeded(&self, who: &Counted) {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn after_ten_failures_a_name_waits_until_the_window_is_over() {
        let attempts = Attempts::default();
        let grace = [Counted::Name("grace".into())];
        for _ in 0..FAILURES_PER_NAME {
            assert_eq!(attempts.wait(&grace, at(0)), None);
            attempts.failed(&grace, at(0));
        }
        assert_eq!(
            attempts.wait(&grace, at(5)),
            Some(SignedDuration::from_mins(10))
        );
        assert_eq!(attempts.wait(&[Counted::Name("ruth".into())], at(5)), None);
        assert_eq!(attempts.wait(&grace, at(15)), None);
    }

    #[test]
    fn an_address_has_a_count_of_its_own() {
        let attempts = Attempts::default();
        let address = Counted::Address("10.0.0.7".into());
        for number in 0..FAILURES_PER_ADDRESS {
            attempts.failed(
                &[Counted::Name(format!("name {number}")), address.clone()],
                at(0),
            );
        }
        assert!(
            attempts
                .wait(&[Counted::Name("another".into()), address], at(1))
                .is_some()
        );
    }

    #[test]
    fn the_right_password_forgets_the_failures() {
        let attempts = Attempts::default();
        let grace = Counted::Name("grace".into());
        for _ in 0..FAILURES_PER_NAME {
            attempts.failed(std::slice::from_ref(&grace), at(0));
        }
        attempts.succeeded(&grace);
        assert_eq!(attempts.wait(&[grace], at(0)), None);
    }
}
