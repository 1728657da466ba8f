//! What pages and loops ask, one file a subject, in words that serve both databases.

mod counts;
mod deadlines;
mod definitions;
mod documents;
mod instances;
mod tasks;
mod waiting;
mod whole;
mod work;

pub use counts::OpenWork;
pub(crate) use deadlines::{COLUMNS as DEADLINE_COLUMNS, read as read_deadline};
pub(crate) use instances::{INSTANCE_COLUMNS, read_instance};
pub(crate) use tasks::{COLUMNS as TASK_COLUMNS, read_task};
pub(crate) use waiting::{
    MESSAGE_COLUMNS, OUTBOX_COLUMNS, SUBSCRIPTION_COLUMNS, read_lock, read_message, read_outbox,
    read_subscription,
};
pub use whole::{Candidate, Orphan, Projections, Walk};
pub(crate) use work::{
    INCIDENT_COLUMNS, JOB_COLUMNS, TIMER_COLUMNS, read_incident, read_job, read_timer,
};

use crate::{DEFAULT_LIMIT, MAX_LIMIT};

/// The limit of a query that may not have one.
pub(crate) fn limit(limit: u32) -> u32 {
    if limit == 0 {
        DEFAULT_LIMIT
    } else {
        limit.min(MAX_LIMIT)
    }
}
