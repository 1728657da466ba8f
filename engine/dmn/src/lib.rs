//! DMN decisions: tables and literal expressions, evaluated with FEEL.
//!
//! [`read`] turns a DMN file into [`Decision`]s and says everything that is wrong with it, or not executed yet, by name.
//! [`Decision::evaluate`] first evaluates the decisions that it requires, and accounts for each: inputs, rules, output.

mod decision;
mod outcome;
mod read;
mod table;

pub use decision::{Decision, Decisions};
pub use outcome::{DecisionError, Evaluated, Outcome, Warning};
pub use read::{Reading, read};
