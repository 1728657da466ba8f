//! FEEL, the expression language of DMN: text to checked expression to value.
//!
//! [`Expression::compile`] reads a text once and finds what is wrong with it; [`Expression::evaluate`] then runs it as often as
//! needed and always ends with a value and the warnings that explain it. Nothing here reads a clock, a file or the network:
//! the time, the zone and the working days come with the [`Environment`].

mod budget;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the types that it takes; all others are a mismatch"
)]
mod builtins;
mod calendar;
mod environment;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the types that it takes; all others are a mismatch"
)]
mod evaluate;
mod expression;
mod json;
mod lexer;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the lexemes that it takes; all others are a mismatch"
)]
mod parser;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "code names the types that it takes; all others are a mismatch"
)]
mod passing;
mod problem;
mod syntax;
mod types;
mod value;
mod variables;
mod vocabulary;

pub use budget::Budget;
pub use calendar::{MondayToFriday, WORKING_DAYS_MAX, WorkingDays};
pub use environment::{Environment, Limits};
pub use expression::{Expression, UnaryTests};
pub use passing::Passing;
pub use problem::{Evaluation, Position, Problem, Reason, Warning};
pub use types::Type;
pub use value::context::Context;
pub use value::duration::{DaysDuration, YearsDuration};
pub use value::far::Far;
pub use value::function::{Callable, Function};
pub use value::number::{NotANumber, Number, Rounding};
pub use value::range::Range;
pub use value::temporal::{DateTime, Time};
pub use value::{Kind, Value};
pub use variables::Variables;
pub use vocabulary::Vocabulary;
