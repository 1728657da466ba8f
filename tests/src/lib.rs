//! Scenarios, simulation, restart and load: the tests that span several crates.

pub mod scenario;
