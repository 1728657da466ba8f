//! FEEL, the expression language of DMN: text to checked expression to value.
//!
//! [`Expression::compile`] reads a text once and finds what is wrong with it; [`Expression::evaluate`] then runs it as often as
//! needed and always ends with a value and the warnings that explain it. Nothing here reads a clock, a file or the network:
//! the time, the zone and the working days come with the [`Environment`].

mod calendar;
mod environment;
mod json;
mod problem;
mod value;
mod variables;

pub use calendar::{MondayToFriday, WorkingDays};
pub use environment::{Environment, Limits};
pub use problem::{Evaluation, Position, Problem, Reason, Warning};
pub use value::context::Context;
pub use value::duration::{DaysDuration, YearsDuration};
pub use value::function::Function;
pub use value::number::{Number, Rounding};
pub use value::range::Range;
pub use value::temporal::{DateTime, Time};
pub use value::{Kind, Value};
pub use variables::Variables;
