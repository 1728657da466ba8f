//! How much of its limits an evaluation has used up.

use crate::Limits;
use std::cell::Cell;

/// What has been used up of the [`crate::Limits`]. One that is handed from evaluation to evaluation bounds all of them together;
/// functions that call back into FEEL need that.
#[derive(Debug, Default)]
pub struct Budget {
    pub(crate) steps: Cell<u64>,
    pub(crate) depth: Cell<u32>,
}

impl Budget {
    /// Counts work, and says whether the limit allows more of it.
    pub fn charge(&self, steps: u64, limits: &Limits) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        self.steps.get() <= limits.steps
    }

    /// Goes so many levels deeper while `work` runs, as whoever calls back into FEEL on the same stack must. `None` where the
    /// limit does not allow that.
    pub fn deeper<T>(&self, levels: u32, limits: &Limits, work: impl FnOnce() -> T) -> Option<T> {
        let before = self.depth.get();
        let inside = before.saturating_add(levels);
        if inside > limits.depth {
            return None;
        }
        self.depth.set(inside);
        let done = work();
        self.depth.set(before);
        Some(done)
    }
}
