//! The stopwatch of the commands: how long a step took.

use std::time::{Duration, Instant};

/// Measures from its start; the only reader of a clock in this crate.
#[derive(Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[allow(
        clippy::disallowed_methods,
        reason = "how long a step took is about this machine, not about a case"
    )]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
