//! What this crate does on a real runtime over SQLite.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod chronology;
mod demo;
mod element_templates;
mod filling;
mod pathways;
mod people;
mod world;
