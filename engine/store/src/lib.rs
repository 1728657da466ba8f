//! What is remembered: instances, projections, history and documents in a database.
//!
//! The store speaks in the runtime's use cases: begin a [`Unit`], load what a batch touches, commit a [`Batch`];
//! and read what pages ask for. It does not look inside states, records and documents. What is read is written once, in
//! the words that both databases share (`reads`, `sql`); how each is opened and written to is in its folder.
//! Only the runtime's writer writes.

mod deadlines;
mod deliveries;
mod error;
mod history;
mod rows;
mod waiting;

mod batch;
mod query;
mod sight;

mod columns;
mod decision;
mod packed;
mod readers;
mod sql;
mod words;

mod faults;
mod store;
mod wakes;

mod reads;
pub mod search;

mod correlation;
mod seen;
mod unit;

mod transfer;

mod backup;
mod retention;

mod postgres;
mod sqlite;

pub use backup::{back_up, restore};
pub use batch::{Batch, DocumentId, DocumentWrite, InstanceWrite, TaskWrite};
pub use bpmn::{Key, Status, TaskState};
pub use deadlines::{Deadline, DeadlineEnd, DeadlineState, RecomputeQuery};
pub use decision::{AskedBy, DecisionInstance, DecisionQuery};
pub use deliveries::{Buried, Delivery, LIST, Lane, Position, Settled, WEBHOOKS};
pub use error::{Error, Result};
pub use faults::{Fault, Faults};
pub use history::{Hash, HistoryRow, START, first_break};
pub use postgres::without_password;
pub use query::{
    AuditQuery, COUNT_MAX, DEFAULT_LIMIT, DefinitionQuery, IncidentQuery, InstanceQuery, MAX_LIMIT,
    Match, Order, Query, SubscriptionQuery, TaskOrder, TaskQuery,
};
pub use reads::{Candidate, OpenWork, Orphan, Projections, Walk};
pub use retention::{Deletion, Ended, HOLDS};
pub use rows::{
    AuditRow, Closed, Definition, DefinitionKind, Deployment, Document, Incident, Instance,
    InstanceCount, Job, KeptJob, MessageCount, SavedAnswer, StepCount, StoredResource, Task, Timer,
    VersionCount,
};
pub use sight::{Ids, Sight, Viewer};
pub use store::{Options, Store, Synchronous};
pub use transfer::Moved;
pub use unit::Unit;
pub use waiting::{Awaited, Message, OutboxRow, StartLock, Subscription, SubscriptionKind};
pub use wakes::{HORIZON_S, Wake, Wakes};
