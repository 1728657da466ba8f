//! What is told to a person about an expression: where, and in a sentence, what is wrong.

use crate::Value;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in the text of an expression.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Position {
    /// Bytes from the start of the text.
    pub offset: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{position}: {message}")]
pub struct Problem {
    /// Where reading stopped.
    pub position: Position,
    /// A sentence that names what was found and what was expected.
    pub message: String,
}

/// What kind of mishap a [`Warning`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// A variable that was read does not exist; it counted as null.
    MissingVariable,
    /// A value has no entry or property of that name.
    MissingEntry,
    /// Values of types that do not go together.
    TypeMismatch,
    /// A value of the right type that makes no sense here, such as the month 13 or a division by zero.
    InvalidValue,
    /// A day of a year of which the calendar does not know the holidays; the value counts the weekends alone.
    BeyondCalendar,
    /// One of the [`crate::Limits`] was passed; the whole expression is null.
    Limit,
}

/// Why a value became null, or was not used, while an expression ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The part of the expression that it is about.
    pub position: Position,
    /// The kind of mishap.
    pub reason: Reason,
    /// A sentence.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

/// What came out of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The result; null where it could not be computed.
    pub value: Value,
    /// What went wrong on the way, in the order in which it happened.
    pub warnings: Vec<Warning>,
}
