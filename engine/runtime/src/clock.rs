//! The time. This is the only file of the workspace that reads the system's clock.
//!
//! A test clock stands still until it is told to move, or goes with the system's. Then the runtime moves it from one due time to the next, so
//! that every timer fires at its own time and in order.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// The longest sleep of the system clock, so that a change of the system's time is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Tells the time. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Test(Arc<TestClock>),
}

#[derive(Debug)]
struct TestClock {
    times: Mutex<Times>,
    moved: Notify,
}

#[derive(Debug)]
struct Times {
    now: Timestamp,
    /// Where the clock shall go; `now` follows when the timers on the way have fired.
    target: Timestamp,
    /// How many runtimes move the clock. Without one it jumps.
    drivers: u32,
    /// Whether it goes with the system's clock, as after [`Clock::reset`].
    runs: bool,
}

impl Clock {
    /// The clock of the system.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands still until it is told to move.
    pub fn test(start: Timestamp) -> Clock {
        let start = whole_microseconds(start);
        let times = Mutex::new(Times {
            now: start,
            target: start,
            drivers: 0,
            runs: false,
        });
        Clock(Source::Test(Arc::new(TestClock {
            times,
            moved: Notify::new(),
        })))
    }

    /// The time, in whole microseconds as databases keep it.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_time(),
            Source::Test(clock) => clock.times().now(),
        }
    }

    /// Whether this is a test clock.
    pub fn is_test(&self) -> bool {
        matches!(self.0, Source::Test(_))
    }

    /// Moves a test clock forward. Timers on the way fire at their own times: `runtime.wait_idle()` waits for them and
    /// for the clock to arrive. The system's clock does not move.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Test(clock) = &self.0 {
            let target = clock.times().target().saturating_add(by);
            self.set(target.unwrap_or(Timestamp::MAX));
        }
    }

    /// Moves a test clock to a time, as [`Clock::advance`] does. Time does not go back: an earlier time changes nothing.
    pub fn set(&self, time: Timestamp) {
        if let Source::Test(clock) = &self.0 {
            let mut times = clock.times();
            times.stop();
            times.target = times.target.max(whole_microseconds(time));
            if times.drivers == 0 {
                times.now = times.target;
            }
            drop(times);
            clock.moved.notify_one();
        }
    }

    /// Lets a test clock stand at a time: as [`Clock::set`] where that is later; else it goes back at once, and what has
    /// happened stays.
    pub fn pin(&self, time: Timestamp) {
        if let Source::Test(clock) = &self.0 {
            let mut times = clock.times();
            times.stop();
            let time = whole_microseconds(time);
            times.now = times.now.min(time);
            times.target = times.target.min(time);
        }
        self.set(time);
    }

    /// Lets a test clock go with the system's clock from now on, until it is moved or pinned.
    pub fn reset(&self) {
        if let Source::Test(clock) = &self.0 {
            clock.times().runs = true;
            clock.moved.notify_one();
        }
    }

    /// From now on a runtime moves this clock with [`Clock::arrive`], as long as it keeps what this gives.
    pub(crate) fn drive(&self) -> Driving {
        if let Source::Test(clock) = &self.0 {
            clock.times().drivers += 1;
        }
        Driving(self.clone())
    }

    /// Until when timers are due: now, or where a test clock shall go.
    pub(crate) fn target(&self) -> Timestamp {
        match &self.0 {
            Source::System => self.now(),
            Source::Test(clock) => clock.times().target(),
        }
    }

    /// Moves a driven test clock to a time on its way.
    pub(crate) fn arrive(&self, time: Timestamp) {
        if let Source::Test(clock) = &self.0 {
            let mut times = clock.times();
            times.now = times.now.max(time.min(times.target));
        }
    }

    /// Returns at that time or earlier; a test clock when it was told to move.
    pub(crate) async fn sleep_until(&self, time: Option<Timestamp>) {
        match (&self.0, time) {
            (Source::Test(clock), Some(time)) if clock.times().runs => {
                tokio::select! {
                    () = clock.moved.notified() => {}
                    () = self.sleep(time) => {}
                }
            }
            (Source::Test(clock), _) => clock.moved.notified().await,
            (Source::System, None) => std::future::pending().await,
            (Source::System, Some(time)) => self.sleep(time).await,
        }
    }

    async fn sleep(&self, until: Timestamp) {
        let left = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

/// Measures how long our own work takes; says nothing about the time of day.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to measure.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Microseconds since the start.
    pub fn us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A runtime's hold on a clock. When the last one goes, the clock jumps to where it was told to go.
#[derive(Debug)]
pub(crate) struct Driving(Clock);

impl Drop for Driving {
    fn drop(&mut self) {
        if let Source::Test(clock) = &self.0.0 {
            let mut times = clock.times();
            times.drivers -= 1;
            if times.drivers == 0 {
                times.now = times.target;
            }
        }
    }
}

impl TestClock {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.times
            .lock()
            .expect("nothing panics while it holds the times")
    }
}

impl Times {
    fn now(&self) -> Timestamp {
        if self.runs { system_time() } else { self.now }
    }

    fn target(&self) -> Timestamp {
        if self.runs {
            system_time()
        } else {
            self.target
        }
    }

    /// A clock that ran stands where it is.
    fn stop(&mut self) {
        if self.runs {
            (self.now, self.target) = (system_time(), system_time());
            self.runs = false;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the clock"
)]
fn system_time() -> Timestamp {
    whole_microseconds(Timestamp::now())
}

fn whole_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond())
        .expect("a timestamp without its nanoseconds is a timestamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_test_clock_stands_still_until_it_is_moved() {
        let clock = Clock::test(at("2026-03-02T09:00Z"));
        assert_eq!(clock.now(), at("2026-03-02T09:00Z"));
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(clock.now(), at("2026-03-03T09:00Z"));
    }

    #[test]
    fn time_does_not_go_back() {
        let clock = Clock::test(at("2026-03-02T09:00Z"));
        clock.set(at("2026-03-01T09:00Z"));
        assert_eq!(clock.now(), at("2026-03-02T09:00Z"));
    }

    #[test]
    fn a_pinned_clock_goes_back_as_well() {
        let clock = Clock::test(at("2026-03-02T09:00Z"));
        clock.pin(at("2026-03-01T09:00Z"));
        assert_eq!(clock.now(), at("2026-03-01T09:00Z"));
        clock.pin(at("2026-03-04T09:00Z"));
        assert_eq!(clock.now(), at("2026-03-04T09:00Z"));
    }

    #[test]
    fn a_clock_that_was_reset_goes_with_the_system_until_it_is_pinned() {
        let clock = Clock::test(at("1999-03-02T09:00Z"));
        let before = Clock::system().now();
        clock.reset();
        assert!(clock.now() >= before);
        clock.advance(SignedDuration::from_hours(24));
        let pinned = clock.now();
        assert!(pinned > Clock::system().now());
        assert_eq!(clock.now(), pinned);
    }

    #[test]
    fn a_driven_clock_moves_when_the_runtime_moves_it() {
        let clock = Clock::test(at("2026-03-02T09:00Z"));
        let driving = clock.drive();
        clock.set(at("2026-03-02T12:00Z"));
        assert_eq!(clock.now(), at("2026-03-02T09:00Z"));
        clock.arrive(at("2026-03-02T10:00Z"));
        assert_eq!(clock.now(), at("2026-03-02T10:00Z"));
        clock.arrive(at("2026-03-02T23:00Z"));
        assert_eq!(clock.now(), at("2026-03-02T12:00Z"));
        clock.set(at("2026-03-02T18:00Z"));
        drop(driving);
        assert_eq!(clock.now(), at("2026-03-02T18:00Z"));
    }
}
