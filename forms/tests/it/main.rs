//! What forms promise, from the JSON of a designer to the variables of a completed task.

#![allow(clippy::unwrap_used, reason = "a test fails where a value is missing")]

mod filling;
mod page;
mod random;
mod reading;
mod rows;
mod sample;
mod submitting;
