//! BPMN 2.0 processes: definitions, instances, and the step from one state to the next.
//!
//! Commands go in, records come out. Nothing in this crate waits, reads a clock or a file, or rolls dice:
//! the time is an argument, and what has to happen elsewhere or later is returned.
//!
//! [`read`] turns a document into [`ProcessDefinition`]s and a [`Report`]; a [`Catalog`] holds what is
//! deployed; [`start`] and [`step`] carry out commands on a [`ProcessInstance`]; [`replay`] makes the
//! state out of the records.

mod beginning;
mod calendars;
mod catalog;
mod command;
mod compensation;
mod deadline;
mod decision_account;
mod definition;
pub mod elements;
mod entries;
mod held;
mod instance;
pub mod invariants;
mod key;
pub mod limits;
mod migration;
mod modification;
mod reachability;
mod read;
mod record;
mod rejection;
mod report;
mod size;
mod soundness;
mod step;
#[cfg(test)]
mod testing;
mod text;
mod time;
pub mod triggers;
mod waiting;

pub use beginning::{Beginning, Parent, Started};
pub use calendar::{Extension, Period, Warning};
pub use calendars::{DeployedCalendar, Office};
pub use catalog::{Catalog, DecisionModel, Deployed, DeployedDecision, FormResource};
pub use command::{Assignment, Command, FollowUp, Start};
pub use compensation::{Compensating, Compensation};
pub use deadline::{
    ChangeKind, Computed, Counted, Deadline, DeadlineChange, DeadlineOutcome, DeadlineRule, NEVER,
    Roll, Source,
};
pub use decision_account::DecisionAccount;
pub use definition::{FlowNode, Lane, ProcessDefinition, SequenceFlow};
pub use dmn::Evaluated as EvaluatedDecision;
pub use entries::{Entry, EntryAwaits, conditions_true, entries};
pub use held::{Correction, Corrections, Held, TaskChange, TaskUpdate};
pub use instance::{ByKey, ElementInstance, LoopState, ProcessInstance, Status, Variables, replay};
pub use key::Key;
pub use migration::{Blocker, Blockers, ElementMapping, Migrated, Migration, TimerPolicy};
pub use modification::{
    Activation, Ancestor, Immovable, Modification, Move, ScopeVariables, StartInstructions, Which,
};
pub use read::{Reading, read, read_deployed};
pub use record::Record;
pub use rejection::Rejection;
pub use report::{ElementReport, Report, Soundness, SoundnessResult, Verdict};
pub use step::{Step, check_migration, start, start_with, step};
pub use text::Text;
pub use time::{Come, come};
pub use waiting::{
    Awaited, CatchUp, EventSubscription, Incident, IncidentKind, Job, JobKind, ListenerEvent,
    Repeat, Stage, Task, TaskEvent, TaskState, Timer,
};
