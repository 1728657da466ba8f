//! The words that stand for states in the database: never changed, because rows hold them.

use bpmn::{Status, TaskState};

pub(crate) const STATUSES: &[Status] = &[Status::Active, Status::Completed, Status::Terminated];

pub(crate) const TASK_STATES: &[TaskState] =
    &[TaskState::Open, TaskState::Completed, TaskState::Withdrawn];

pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Completed => "completed",
        Status::Terminated => "terminated",
    }
}

pub(crate) fn task_state(state: TaskState) -> &'static str {
    match state {
        TaskState::Open => "open",
        TaskState::Completed => "completed",
        TaskState::Withdrawn => "withdrawn",
    }
}
