//! Deadlines as pages and recomputation read them.

use jiff::Timestamp;

use crate::Key;

/// How a deadline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadlineState {
    /// It runs, or is paused: then it has no due time.
    Open,
    /// What it was about was done in time.
    Met,
    /// It passed before that.
    Missed,
    /// A time of the pathway came.
    Reached,
    /// No longer needed.
    Withdrawn,
}

impl DeadlineState {
    /// All of them.
    pub const ALL: &'static [DeadlineState] = &[
        DeadlineState::Open,
        DeadlineState::Met,
        DeadlineState::Missed,
        DeadlineState::Reached,
        DeadlineState::Withdrawn,
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            DeadlineState::Open => "open",
            DeadlineState::Met => "met",
            DeadlineState::Missed => "missed",
            DeadlineState::Reached => "reached",
            DeadlineState::Withdrawn => "withdrawn",
        }
    }
}

/// A deadline with its record. Its key is that of its task or timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The task or timer that is due then.
    pub key: Key,
    /// The instance that it belongs to.
    pub instance: Key,
    /// The id of the user task or timer event in the model.
    pub element: String,
    /// The visit that it is about.
    pub element_instance: Key,
    /// The name that people see.
    pub name: String,
    /// Whether it belongs to a task; else to a timer.
    pub of_task: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// What began it.
    pub start_event: Option<String>,
    /// When it is due; absent while it is paused.
    pub due: Option<Timestamp>,
    /// When it begins to warn.
    pub warns_at: Option<Timestamp>,
    /// Who has set it: `statute`, `guidance`, `local`, `programme`.
    pub source: Option<String>,
    /// Where that is written.
    pub reference: Option<String>,
    /// The id of the calendar; absent where it is that of the installation.
    pub calendar: Option<String>,
    /// Whether the calendar does not know all holidays on the way.
    pub beyond_calendar: bool,
    /// When it was counted last.
    pub counted_at: Timestamp,
    /// Its pauses and extensions as JSON text.
    pub changes: String,
    /// How it stands.
    pub state: DeadlineState,
    /// When it came to its end.
    pub stopped_at: Option<Timestamp>,
    /// Why it was missed.
    pub miss_reason: Option<String>,
}

/// What became known of a deadline whose row is there already, and is not written anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadlineEnd {
    /// How and when it came to its end.
    pub stopped: Option<(DeadlineState, Timestamp)>,
    /// Why it was missed.
    pub miss_reason: Option<String>,
}

impl DeadlineEnd {
    /// What a later request adds.
    pub(crate) fn append(&mut self, later: DeadlineEnd) {
        self.stopped = later.stopped.or(self.stopped);
        self.miss_reason = later.miss_reason.or(self.miss_reason.take());
    }
}

/// Which open deadlines are counted anew when a calendar changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecomputeQuery {
    /// Those that were counted by this calendar; by any where absent.
    pub calendar: Option<String>,
    /// Those that are due then or later.
    pub due_from: Option<Timestamp>,
    /// Those that were counted then or later.
    pub counted_from: Option<Timestamp>,
    /// Those of instances after this one.
    pub after: Option<Key>,
    /// At most so many instances.
    pub limit: u32,
}
