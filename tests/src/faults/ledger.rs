//! What the clients asked and what they were answered: the other side of the account that the program keeps.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A new case.
    Start,
    /// A step of a case that somebody did.
    Complete,
    /// The work of a program, for which it had a lease.
    Print,
    /// A message for a case, kept until the case waits for it.
    Letter,
    /// A signal for all cases.
    Notice,
}

impl Kind {
    /// The word of the history for the command that has the mark.
    pub(super) fn command(self) -> &'static str {
        match self {
            Kind::Start => "start",
            Kind::Complete => "completeTask",
            Kind::Print => "completeJob",
            Kind::Letter | Kind::Notice => "trigger",
        }
    }
}

/// What became of it, as far as the client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// It was acknowledged: it must be there, once.
    Acknowledged,
    /// It was refused: it must not be there.
    Refused,
    /// No whole answer came, or one that says that nobody knows: it may be there, whole and once.
    Unknown,
}

/// One thing that was asked.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) kind: Kind,
    /// A text that stands in the records of what was asked and nowhere else.
    pub(super) mark: String,
    /// The business id of the case that it is about; empty for a signal.
    pub(super) case: String,
    pub(super) fate: Fate,
    /// When it was asked and answered, by a clock that counts both.
    pub(super) asked: u64,
    pub(super) answered: u64,
}

/// All deeds of all clients.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    deeds: Mutex<Vec<Deed>>,
    ticks: AtomicU64,
    marks: AtomicU64,
}

impl Ledger {
    /// A text that was never used before.
    pub(super) fn mark(&self) -> String {
        format!("m{}x", self.marks.fetch_add(1, Ordering::SeqCst))
    }

    /// The next moment.
    pub(super) fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// Writes down a deed that was answered, or is not waited for any more.
    pub(super) fn note(&self, deed: Deed) {
        self.lock().push(deed);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Deed> {
        self.lock().clone()
    }

    /// All deeds of the cases that are touched by what was noted from a number on, and all signals since then.
    pub(super) fn since(&self, first: usize) -> Vec<Deed> {
        let deeds = self.lock();
        let late = deeds.get(first..).unwrap_or_default();
        let cases: BTreeSet<&str> = late.iter().map(|deed| deed.case.as_str()).collect();
        let wanted = |(number, deed): &(usize, &Deed)| {
            *number >= first || (!deed.case.is_empty() && cases.contains(deed.case.as_str()))
        };
        let found = deeds.iter().enumerate().filter(wanted);
        found.map(|(_, deed)| deed.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Deed>> {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
