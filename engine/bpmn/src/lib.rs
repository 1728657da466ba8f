//! BPMN 2.0 processes: definitions, instances, and the step from one state to the next.
//!
//! Commands go in, records come out. Nothing in this crate waits, reads a clock or a file, or rolls dice:
//! the time is an argument, and what has to happen elsewhere or later is returned.

mod command;
mod instance;
mod key;
pub mod limits;
mod record;
mod rejection;
mod report;
mod waiting;

pub use command::{Assignment, Command, FollowUp, Start};
pub use instance::{ElementInstance, ProcessInstance, Status, replay};
pub use key::Key;
pub use record::{EvaluatedDecision, Parent, Record};
pub use rejection::Rejection;
pub use report::{ElementReport, Report, Verdict};
pub use waiting::{Incident, IncidentKind, Job, Repeat, Stage, Task, TaskState, Timer};
