//! What the project's commands share: finding tools, running them, saying plainly what is missing.
//!
//! Standard library only, so that `cargo demo` on a fresh clone starts at once.
#![allow(
    clippy::print_stdout,
    reason = "a command talks to the person who typed it"
)]

pub mod assets;
pub mod clock;
pub mod packages;
pub mod program;
pub mod run;
pub mod steps;
pub mod tidy;
pub mod tools;
pub mod workspace;
