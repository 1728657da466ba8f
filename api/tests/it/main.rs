//! What this crate answers, over HTTP and as a program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod batch_operations;
mod calendars;
mod case_work;
mod chosen_steps;
mod clock;
mod deadlines;
mod deadlines_api;
mod decisions;
mod documents;
mod drafts;
mod escalations;
mod jobs;
mod listeners;
mod operating;
mod operations;
mod processes;
mod program;
mod rest;
mod serving;
mod signing_in;
mod suggestions;
mod support;
#[cfg(feature = "otlp")]
mod telemetry;
mod told_events;
mod webhooks;
