//! What the runtime keeps, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod batch_operations;
mod calls;
mod deadlines;
mod decisions;
mod deploy;
mod documents;
mod event_log;
mod events;
mod faults;
mod jobs;
mod retention;
mod shared;
mod story;
mod support;
mod timers;
mod verify;
mod versions;
mod webhooks;
mod withdrawal;
