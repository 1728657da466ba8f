//! Commands that do not fit the state. The caller's mistake; nothing has changed.

use jiff::Timestamp;

use crate::limits::{LOOP_ITEMS_MAX, STATE_BYTES_MAX, VARIABLE_BYTES_MAX, VARIABLE_DEPTH_MAX};
use crate::migration::Blockers;
use crate::modification::Immovable;
use crate::{Key, Status};

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The process definition is not deployed.
    #[error("no process definition {definition} is deployed")]
    NoSuchDefinition {
        /// Its key.
        definition: Key,
    },
    /// The instance has ended.
    #[error("instance {instance} has ended ({status}) and takes no more commands")]
    InstanceEnded {
        /// Its key.
        instance: Key,
        /// How it ended.
        status: Status,
    },
    /// The task is not open.
    #[error(
        "task {task} is not open: it was completed, or withdrawn because it is no longer needed"
    )]
    NoSuchTask {
        /// Its key.
        task: Key,
    },
    /// The task has another assignee.
    #[error(
        "\"{name}\" is assigned to {assignee}; only {assignee} can complete it, or a supervisor reassigns it"
    )]
    TaskOfAnother {
        /// Its key.
        task: Key,
        /// Its name.
        name: String,
        /// Who has it.
        assignee: String,
    },
    /// The task has no assignee.
    #[error("\"{name}\" is assigned to nobody; claim it before completing it")]
    TaskUnassigned {
        /// Its key.
        task: Key,
        /// Its name.
        name: String,
    },
    /// The task was claimed by somebody else first.
    #[error("\"{name}\" is already assigned to {assignee}")]
    TaskAlreadyAssigned {
        /// Its key.
        task: Key,
        /// Its name.
        name: String,
        /// Who has it.
        assignee: String,
    },
    /// A change of the task waits for a listener.
    #[error(
        "\"{name}\" waits for the {event} listener \"{listener}\"; try again when that is done"
    )]
    TaskWaits {
        /// Its key.
        task: Key,
        /// Its name.
        name: String,
        /// What the listener listens to.
        event: &'static str,
        /// The type of its job.
        listener: String,
    },
    /// The job is no listener to a task.
    #[error("job {job} is no task listener; complete it without a result for a user task")]
    NotATaskListener {
        /// Its key.
        job: Key,
    },
    /// A change cannot be denied.
    #[error("a {event} listener cannot deny; it can correct the task")]
    CannotDeny {
        /// What the listener listens to.
        event: &'static str,
    },
    /// A change is denied and corrected at once.
    #[error("a change that is denied cannot be corrected; do one of both")]
    DeniedAndCorrected,
    /// A listener to a task gives variables.
    #[error("a task listener gives no variables; set them with a request of their own")]
    ListenerGivesVariables,
    /// A listener to a task throws an error.
    #[error("a task listener throws no errors; let it deny, or fail")]
    ListenerThrows,
    /// A priority is out of range.
    #[error("a priority is a number from 0 to 100, not {priority}")]
    InvalidPriority {
        /// What was asked for.
        priority: u8,
    },
    /// The job is not open.
    #[error("job {job} is not open: it was completed, or withdrawn because it is no longer needed")]
    NoSuchJob {
        /// Its key.
        job: Key,
    },
    /// The timer is not running.
    #[error("timer {timer} is not running: it has fired, or was withdrawn")]
    NoSuchTimer {
        /// Its key.
        timer: Key,
    },
    /// The event is not awaited.
    #[error("subscription {subscription} is not open: its event is no longer awaited")]
    NoSuchSubscription {
        /// Its key.
        subscription: Key,
    },
    /// The process has only start events that need something to happen.
    #[error(
        "the process \"{process_id}\" begins when something happens; send its message or signal, or name the start event"
    )]
    BeginsByEventOnly {
        /// Id of the process.
        process_id: String,
    },
    /// An instance cannot begin at this element.
    #[error(
        "the process \"{process_id}\" cannot begin at \"{element}\", which is not one of its start events"
    )]
    NoSuchStart {
        /// Id of the process.
        process_id: String,
        /// What was asked for.
        element: String,
    },
    /// The incident is not open.
    #[error("incident {incident} is not open: it was resolved, or its element has ended")]
    NoSuchIncident {
        /// Its key.
        incident: Key,
    },
    /// The ad-hoc subprocess is not open.
    #[error("element instance {ad_hoc} is no ad-hoc subprocess in which something can be started")]
    NoSuchAdHoc {
        /// What was asked for.
        ad_hoc: Key,
    },
    /// The element cannot be started in the ad-hoc subprocess.
    #[error("\"{element}\" is not an element of \"{name}\" that can be started")]
    NotStartable {
        /// Name of the ad-hoc subprocess.
        name: String,
        /// What was asked for.
        element: String,
    },
    /// Something is going on in an ad-hoc subprocess that lets one element go on at a time.
    #[error("\"{name}\" lets one element go on at a time; finish it before starting another")]
    OneAtATime {
        /// Name of the ad-hoc subprocess.
        name: String,
    },
    /// Too much was started in an ad-hoc subprocess.
    #[error("in \"{name}\" more than {LOOP_ITEMS_MAX} elements would be started (LOOP_ITEMS_MAX)")]
    TooManyStarts {
        /// Name of the ad-hoc subprocess.
        name: String,
    },
    /// There is no such deadline any more.
    #[error("there is no deadline {deadline} that runs; it was met, missed or withdrawn")]
    NoSuchDeadline {
        /// Its key.
        deadline: Key,
    },
    /// The deadline is paused.
    #[error("the deadline of \"{name}\" is paused; let it go on first")]
    DeadlinePaused {
        /// Name of its element.
        name: String,
    },
    /// The deadline is not paused.
    #[error("the deadline of \"{name}\" is not paused")]
    DeadlineNotPaused {
        /// Name of its element.
        name: String,
    },
    /// The deadline has passed.
    #[error("the deadline of \"{name}\" has passed; extend it instead of pausing it")]
    DeadlinePassed {
        /// Name of its element.
        name: String,
    },
    /// The extension makes nothing longer.
    #[error("the deadline of \"{name}\" would not be later than it is; give it more time")]
    NotLater {
        /// Name of its element.
        name: String,
    },
    /// The deadline was not missed.
    #[error("the deadline {deadline} was not missed, or it was said why")]
    NotMissed {
        /// Its key.
        deadline: Key,
    },
    /// Somebody must say why.
    #[error("a reason is needed")]
    NoReason,
    /// The calendar is not deployed.
    #[error("there is no calendar \"{calendar}\"; deploy it first")]
    NoSuchCalendar {
        /// Its id.
        calendar: String,
    },
    /// Tokens cannot be moved like this.
    #[error(transparent)]
    Immovable(#[from] Immovable),
    /// The instance stands still.
    #[error("the case is suspended since {since}; resume it first")]
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// The instance does not stand still.
    #[error("the instance is not suspended")]
    NotSuspended,
    /// The instance cannot go on with another definition.
    #[error(transparent)]
    CannotMigrate(#[from] Blockers),
    /// There is no migration that could be undone.
    #[error(
        "there is nothing to undo: the instance was not migrated, or something has happened since"
    )]
    NothingToUndo,
    /// The element instance is not active.
    #[error("element instance {scope} is not active in instance {instance}")]
    NoSuchScope {
        /// Its key.
        scope: Key,
        /// The instance.
        instance: Key,
    },
    /// One variable is too large.
    #[error(
        "the variable \"{name}\" is larger than {VARIABLE_BYTES_MAX} bytes (VARIABLE_BYTES_MAX)"
    )]
    VariableTooLarge {
        /// Its name.
        name: String,
    },
    /// One variable is nested too deep.
    #[error(
        "the variable \"{name}\" is nested deeper than {VARIABLE_DEPTH_MAX} levels (VARIABLE_DEPTH_MAX)"
    )]
    VariableTooDeep {
        /// Its name.
        name: String,
    },
    /// All variables together are too large.
    #[error(
        "the variables of the instance would take more than {STATE_BYTES_MAX} bytes (STATE_BYTES_MAX)"
    )]
    StateTooLarge,
}
