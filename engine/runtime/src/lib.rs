//! Commands in batches, one transaction a batch; the clock, the timers, the jobs.
//!
//! [`Runtime::submit`] puts a request in a queue. The one writer takes what waits there as a batch, steps instances in
//! memory, writes everything in one transaction, and then answers. Timers fire through the same writer. Reads go
//! past it. Start reading at `runtime.rs`, then `writer/mod.rs`.

mod batch_operations;
mod bell;
mod calendars;
mod clock;
mod decisions;
mod deploy;
mod error;
pub mod event_log;
mod jobs;
pub mod limits;
mod measures;
mod reads;
mod report;
mod request;
mod retention;
mod runtime;
mod starts;
mod statistics;
mod timers;
pub mod verify;
mod walk;
mod webhooks;
mod writer;

pub use batch_operations::{BatchItem, BatchOperation, BatchState, Each, ItemState, Steer};
pub use calendars::{CalendarPreview, Moved, Recomputing};
pub use clock::{Clock, Stopwatch};
pub use decisions::DecisionAccount;
pub use error::{Error, Result};
pub use jobs::ActivatedJob;
pub use measures::Measures;
pub use reads::{HistoryRow, InstanceView};
pub use report::{Defined, ResourceReport};
pub use request::{
    Act, Answer, DecidedFor, Deployed, DeployedDefinition, Expect, Outcome, Publication, Put,
    Receiver, Request, Resource,
};
pub use retention::Held;
pub use runtime::{Options, Runtime};
pub use statistics::Statistics;
pub use webhooks::{EventType, Include, Secret, Webhook, event_id, read_event_id};
// What is kept of the expressions of decisions.
pub use dmn::Warning as DecisionWarning;
// What reads ask with and answer, so that callers need not know the store.
pub use store::{
    AskedBy, AuditQuery, AuditRow, Buried, DecisionInstance, DecisionQuery, Definition,
    DefinitionKind, DefinitionQuery, Delivery, Document, Incident, IncidentQuery, InstanceQuery,
    Job, Lane, MAX_LIMIT, Match, MessageCount, OpenWork, Order, Position, Query, Settled, Status,
    StoredResource, Subscription, SubscriptionKind, SubscriptionQuery, Task, TaskOrder, TaskQuery,
    TaskState, Timer, VersionCount,
};
