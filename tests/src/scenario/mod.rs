//! The scenario text: what somebody does on a pathway, and what must then be so, a sentence a line.
//!
//! The same file runs on every harness (see [`crate::harness`]). `tests/README.md` shows all lines.

mod discover;
mod parse;
mod words;

use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

pub use discover::{Folder, folders};
pub use parse::parse;

/// One story: a process, a clock, and lines that are carried out in order.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file that holds it.
    pub file: PathBuf,
    /// What it proves.
    pub title: String,
    /// The id of the process that `start` starts.
    pub process: String,
    /// When it begins.
    pub clock: Timestamp,
    /// The zone of people and calendars: the one named in the text, else the offset of `clock`.
    pub zone: TimeZone,
    /// The calendar of working days, by name; Monday to Friday when none is named.
    pub calendar: Option<String>,
    /// What happens.
    pub lines: Vec<Line>,
}

/// One line, as written and as understood.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its text without comment.
    pub text: String,
    /// What it asks for.
    pub step: Step,
}

/// What a line asks for.
#[allow(
    missing_docs,
    reason = "the line above each variant shows its fields in place"
)]
#[derive(Clone, Debug)]
pub enum Step {
    /// Something is done and must succeed.
    Do(Act),
    /// `cannot ...`: something is tried, is refused, and changes nothing.
    Cannot(Act),
    /// `expect ...`
    Expect(Expectation),
    /// `wait PT24H`: the clock moves on, and timers that come due fire in order.
    Wait(Span),
    /// `wait until 2026-03-02T09:00+03:00`
    WaitUntil(Timestamp),
    /// `restart`: the program stops and starts again over the same database.
    Restart,
    /// `deploy "later"`: what lies in a folder beside the models whose name begins with `later`.
    Deploy(String),
    /// `turn to "process"`: what follows is about the youngest instance of this process.
    TurnTo(String),
}

/// What people and programs do. Texts in quotes name an element by its name or id; `variables` are FEEL contexts.
#[allow(
    missing_docs,
    reason = "the line above each variant shows its fields in place"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// `start [at "Start event"] [with {..}]`
    Start {
        at: Option<String>,
        variables: Option<String>,
    },
    /// `publish "message" [for "key"] [id "x"] [ttl PT1H] [with {..}]`
    Publish {
        name: String,
        correlation: String,
        id: Option<String>,
        time_to_live_ms: u64,
        variables: Option<String>,
    },
    /// `correlate "message" [for "key"] [with {..}]`; refused where nobody waits.
    Correlate {
        name: String,
        correlation: String,
        variables: Option<String>,
    },
    /// `broadcast "signal" [with {..}]`
    Broadcast {
        name: String,
        variables: Option<String>,
    },
    /// `evaluate conditions [with {..}]`: of the processes that a condition starts.
    EvaluateConditions { variables: Option<String> },
    /// `complete "Task" [by "user"] [with {..}]`; with a user, one that the user has, else
    /// claims first when nobody has the task.
    Complete {
        task: String,
        by: Option<String>,
        variables: Option<String>,
    },
    /// `claim "Task" by "user"`
    Claim { task: String, by: String },
    /// `release "Task"`
    Release { task: String },
    /// `reassign "Task" to "user"`
    Reassign { task: String, to: String },
    /// `complete job "type" [with {..}]`
    CompleteJob {
        kind: String,
        variables: Option<String>,
    },
    /// `fail job "type" [retries 0] [message "why"]`
    FailJob {
        kind: String,
        retries: u32,
        message: String,
    },
    /// `deny job "type" [because "why"]`: a task listener lets something not happen.
    DenyJob {
        kind: String,
        reason: Option<String>,
    },
    /// `correct job "type" with {..}`: a task listener lets something happen otherwise.
    CorrectJob {
        kind: String,
        corrections: Option<String>,
    },
    /// `throw "CODE" from job "type" [with {..}]`
    Throw {
        code: String,
        kind: String,
        variables: Option<String>,
    },
    /// `escalate "CODE" from task "Task" [with {..}]`
    Escalate {
        code: String,
        task: String,
        variables: Option<String>,
    },
    /// `activate "Element" [in "Ad-hoc"] [with {..}]`: starts it in an ad-hoc subprocess.
    Activate {
        element: String,
        ad_hoc: Option<String>,
        variables: Option<String>,
    },
    /// `finish "Ad-hoc"`: the ad-hoc subprocess is over.
    Finish { ad_hoc: String },
    /// `choose "Element" ... for job "type" [over] [with {..}]`: a worker says what to start in an ad-hoc subprocess.
    Choose {
        elements: Vec<String>,
        kind: String,
        over: bool,
        variables: Option<String>,
    },
    /// `set {..}`: variables of the instance.
    Set { variables: String },
    /// `resolve incident "Element"`
    Resolve { incident: String },
    /// `cancel`: the whole instance.
    Cancel,
    /// Something about deadlines or calendars.
    Deadline(DeadlineAct),
    /// What runs is changed by hand.
    ByHand(ByHand),
}

/// What somebody does to what runs, beside working on it.
#[allow(
    missing_docs,
    reason = "the line above each variant shows its fields in place"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// `modify move "A" to "B" and activate "C" [in "Scope"] and terminate "D" [with {..}]`: the variables are the instance's.
    Modify {
        changes: Vec<Change>,
        variables: Option<String>,
    },
    /// `migrate to "process" version 2 [map "A" to "B" ..] [without "C" ..] [timers anew]`: elements of the same id and kind are
    /// mapped, but those that are named.
    Migrate {
        process: String,
        version: u32,
        pairs: Vec<(String, String)>,
        without: Vec<String>,
        timers_anew: bool,
    },
    /// `undo migration`
    UndoMigration,
    /// `suspend instance`
    Suspend,
    /// `resume instance`
    Resume,
}

/// One part of a modification.
#[allow(
    missing_docs,
    reason = "the line above each variant shows its fields in place"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `activate "Element" [in "Scope"]`: in the youngest visit to the scope, or the one that is there.
    Activate {
        element: String,
        scope: Option<String>,
    },
    /// `move "Element" to "Element"`: in the scope in which the first is.
    Move { from: String, to: String },
    /// `terminate "Element"`
    Terminate { element: String },
}

/// What is done about deadlines and calendars. A deadline is named by its element.
#[allow(
    missing_docs,
    reason = "the line above each variant shows its fields in place"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadlineAct {
    /// `pause "Element" because "why"`
    Pause { element: String, reason: String },
    /// `resume "Element"`
    Resume { element: String },
    /// `extend "Element" by 5 because "why"` (working days), `extend "Element" until TIME because "why"`
    Extend {
        element: String,
        days: i32,
        until: Option<Timestamp>,
        reason: String,
    },
    /// `explain "Element" because "why"`: why it was missed.
    Explain { element: String, reason: String },
    /// `use calendar "id"`, `use no calendar`: for this case alone.
    UseCalendar { calendar: Option<String> },
    /// `holiday 2026-03-04 in "calendar"`: a new version of a calendar beside the scenario is deployed.
    Holiday { date: String, calendar: String },
}

/// What must be so of a deadline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadlinePattern {
    /// Name or id of its element.
    pub element: String,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// When it warns.
    pub warns: Option<Timestamp>,
    /// Whether it must be paused.
    pub paused: bool,
    /// Whether its calendar does not know all holidays.
    pub beyond: bool,
    /// Who has set it.
    pub source: Option<String>,
    /// How one of them came to its end.
    pub outcome: Option<bpmn::DeadlineOutcome>,
}

/// What must be so. Texts in quotes name an element by its name or id.
#[allow(
    missing_docs,
    reason = "the line above each variant shows its fields in place"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// `expect task "Task" [for "group or user"] [by "user"] [due TIME] [priority 50] [times 2]`
    Task(TaskPattern),
    /// `expect no task ["Task"]`
    NoTask(Option<String>),
    /// `expect can activate "Element" [in "Ad-hoc"]`: it can be started now.
    CanActivate {
        element: String,
        ad_hoc: Option<String>,
    },
    /// `expect job "type"`
    Job(String),
    /// `expect no job ["type"]`
    NoJob(Option<String>),
    /// `expect timer "Element" [due TIME]`
    Timer {
        element: String,
        due: Option<Timestamp>,
    },
    /// `expect no timer ["Element"]`
    NoTimer(Option<String>),
    /// `expect deadline "Element" [due TIME] [warns TIME] [paused] [beyond] [source statute]`; or `[met | missed | reached | withdrawn]`
    Deadline(DeadlinePattern),
    /// `expect no deadline ["Element"]`
    NoDeadline(Option<String>),
    /// `expect message "name" [for "key"]`: it is awaited.
    Message {
        name: String,
        correlation: Option<String>,
    },
    /// `expect no message ["name"]`
    NoMessage(Option<String>),
    /// `expect signal "name"`: it is awaited.
    Signal(String),
    /// `expect no signal ["name"]`
    NoSignal(Option<String>),
    /// `expect instance of "process"`, `expect 2 instances of "process"`, `expect no instance of "process"`: running
    /// or ended.
    Instances {
        process: String,
        number: Option<usize>,
    },
    /// `expect variable name.path = FEEL`; the name is looked up in the root scope of the instance.
    Variable { name: String, value: String },
    /// `expect no variable name`
    NoVariable(String),
    /// `expect active`
    Active,
    /// `expect ended`: by itself or by a cancel.
    Ended,
    /// `expect ended at "End event"`
    EndedAt(String),
    /// `expect incident "Element or a part of the message"`
    Incident(String),
    /// `expect no incident`
    NoIncident,
    /// `expect passed "Element"`: it was entered and completed.
    Passed(String),
    /// `expect not passed "Element"`
    NotPassed(String),
    /// `expect terminated "Element"`: it was entered and taken back.
    Terminated(String),
}

/// How an open task must look; what is not said is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPattern {
    /// Its name or the id of its element.
    pub name: String,
    /// A candidate group or a candidate user.
    pub candidate: Option<String>,
    /// Who has it.
    pub assignee: Option<String>,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// From 0 to 100.
    pub priority: Option<u8>,
    /// How many such tasks there must be; at least one where it is not said.
    pub times: Option<usize>,
}

/// Why a scenario cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, with the word that is.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}
