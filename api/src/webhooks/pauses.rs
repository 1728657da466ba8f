//! How long an event rests after it was not taken.

use jiff::{SignedDuration, Timestamp};

/// The first pause; it doubles with each try.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause. The sixteen tries of an event take a day and a half.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(6);

/// When an event is tried again after so many tries: up to a quarter later, so that what failed together does not come back
/// together; and not before the receiver wants it.
pub(super) fn after(
    now: Timestamp,
    attempts: u32,
    mixed: u64,
    wait: Option<SignedDuration>,
) -> Timestamp {
    let doubled = FIRST.as_secs() << attempts.saturating_sub(1).min(20);
    let pause = SignedDuration::from_secs(doubled).min(LONGEST);
    let pause = wait.map_or(pause, |wait| wait.clamp(pause, LONGEST.max(pause)));
    let share = i128::from(mixed >> 40) * pause.as_millis() / 4 / (1 << 24);
    let jitter = i64::try_from(share).map_or(SignedDuration::ZERO, SignedDuration::from_millis);
    now.saturating_add(pause.saturating_add(jitter))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempts: u32, mixed: u64, wait_s: Option<i64>, expected_s: i64) {
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        let wait = wait_s.map(SignedDuration::from_secs);
        let rested = after(now, attempts, mixed, wait).duration_since(now);
        assert_eq!(
            rested.as_secs(),
            expected_s,
            "{attempts} {mixed} {wait_s:?}"
        );
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_come_up_to_a_quarter_later() {
        check(1, 0, None, 5);
        check(2, 0, None, 10);
        check(5, 0, None, 80);
        check(16, 0, None, 6 * 60 * 60);
        check(1, u64::MAX, None, 6);
        check(5, u64::MAX, None, 99);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_within_the_limit() {
        check(1, 0, Some(120), 120);
        check(5, 0, Some(1), 80);
        check(1, 0, Some(i64::MAX), 6 * 60 * 60);
    }
}
