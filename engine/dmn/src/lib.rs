//! DMN decisions, evaluated with FEEL.
//!
//! [`read`] turns a DMN file into [`Decision`]s and says everything that is wrong with it by name; [`read_all`] reads files that
//! import each other. [`Decision::evaluate`] first evaluates what the decision requires, and accounts for each decision: inputs,
//! rules, output.

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the types that it takes; all others are a mismatch"
)]
mod boxed;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the types that it takes; all others are not looked at"
)]
mod check;
mod decision;
mod function;
mod graph;
mod outcome;
mod read;
mod run;
mod scope;
mod sheet;
mod table;

pub use decision::{Decision, Outputs};
pub use outcome::{DecisionError, Evaluated, Outcome, Warning};
pub use read::{Head, Import, Reading, head, read, read_all};
pub use sheet::{Sheet, SheetColumn, SheetFinding, SheetRule};
