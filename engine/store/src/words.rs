//! The words that stand for states in the database: never changed, because rows hold them.

use bpmn::{Status, TaskEvent, TaskState};

pub(crate) const STATUSES: &[Status] = &[Status::Active, Status::Completed, Status::Terminated];

pub(crate) const TASK_STATES: &[TaskState] = &[
    TaskState::Open,
    TaskState::Waiting(TaskEvent::Creating),
    TaskState::Waiting(TaskEvent::Assigning),
    TaskState::Waiting(TaskEvent::Updating),
    TaskState::Waiting(TaskEvent::Completing),
    TaskState::Completed,
    TaskState::Withdrawn,
];

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
        TaskState::Waiting(event) => event.as_str(),
        TaskState::Completed => "completed",
        TaskState::Withdrawn => "withdrawn",
    }
}
