//! Faults on purpose, for tests: the n-th call to the database fails, as if the program or the database had died there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// That call and all after it fail, and do nothing.
    Crash,
    /// That call fails and does nothing; those after it are as always.
    Blip,
    /// That call does what it should, and then its answer is lost.
    LostAnswer,
    /// From that call on, each takes so long.
    Slow(Duration),
}

/// Which call goes wrong. Clones count together.
#[derive(Debug, Clone)]
pub struct Faults {
    fault: Fault,
    at: u64,
    calls: Arc<AtomicU64>,
}

impl Faults {
    /// The call of this number, from 1.
    pub fn at(at: u64, fault: Fault) -> Faults {
        Faults {
            fault,
            at,
            calls: Arc::default(),
        }
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Whether the database stays dead, and that call was made.
    pub fn stays(&self) -> bool {
        self.fault == Fault::Crash && self.calls() >= self.at
    }

    /// Counts a call that is about to be made. `Err` where it fails and must not be made; else the error that it ends with
    /// although it was made, if any.
    async fn next(&self) -> Result<Option<Error>> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let failed = || Error::Unavailable {
            path: PathBuf::from("test"),
            cause: format!("call {number} fails on purpose"),
        };
        match self.fault {
            Fault::Crash if number >= self.at => Err(failed()),
            Fault::Blip if number == self.at => Err(failed()),
            Fault::LostAnswer if number == self.at => Ok(Some(failed())),
            Fault::Slow(time) if number >= self.at => {
                tokio::time::sleep(time).await;
                Ok(None)
            }
            Fault::Crash | Fault::Blip | Fault::LostAnswer | Fault::Slow(_) => Ok(None),
        }
    }
}

/// [`Faults::next`], where there are faults at all.
pub(crate) async fn next(faults: Option<&Faults>) -> Result<Option<Error>> {
    match faults {
        None => Ok(None),
        Some(faults) => faults.next().await,
    }
}

/// What a call ends with that was made.
pub(crate) fn ended<T>(result: Result<T>, lost: Option<Error>) -> Result<T> {
    match lost {
        Some(error) if result.is_ok() => Err(error),
        Some(_) | None => result,
    }
}
