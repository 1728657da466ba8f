//! Folders for the databases of tests, gone when the test is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A new empty folder.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it among the temporary files; `Err` says why not.
    pub fn new() -> Result<Scratch, String> {
        Scratch::within(&std::env::temp_dir())
    }

    /// Makes it in another folder.
    pub fn within(folder: &Path) -> Result<Scratch, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("caseway-tests-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Scratch(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
