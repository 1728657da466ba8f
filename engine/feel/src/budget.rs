//! How much of its limits an evaluation has used up.

use std::cell::Cell;

/// What has been used up of the [`crate::Limits`]. One that is handed from evaluation to evaluation bounds all of them together;
/// functions that call back into FEEL need that.
#[derive(Debug, Default)]
pub struct Budget {
    pub(crate) steps: Cell<u64>,
    pub(crate) depth: Cell<u32>,
}

impl Budget {
    /// Goes so many levels deeper while `work` runs, as whoever calls back into FEEL on the same stack must.
    pub fn deeper<T>(&self, levels: u32, work: impl FnOnce() -> T) -> T {
        let before = self.depth.get();
        self.depth.set(before.saturating_add(levels));
        let done = work();
        self.depth.set(before);
        done
    }
}
