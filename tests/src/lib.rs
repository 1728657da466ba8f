//! Scenarios, simulation, faults, restart and load: the tests that span several crates.

pub mod faults;
pub mod harness;
pub mod load;
pub mod program;
pub mod scenario;
pub mod scratch;
pub mod simulation;

#[cfg(test)]
mod tests;
