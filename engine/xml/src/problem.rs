//! A problem: what is wrong, where it stands, and the way out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a text, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// Where every text begins.
    pub const START: Position = Position { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is accepted, and probably does not do what was meant.
    Warning,
    /// The document could be better.
    Hint,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        })
    }
}

/// One thing that is wrong with a document, for the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The `id` of the element that it is about, where it has one.
    pub element_id: Option<String>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub way_out: String,
    /// What happens on the way to it, where that can be drawn: ids of elements and flows, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
}

impl Problem {
    /// A problem that refuses the document.
    pub fn error(
        position: Position,
        message: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Problem {
        Problem::new(Severity::Error, position, message, way_out)
    }

    /// A problem that the document is accepted with.
    pub fn warning(
        position: Position,
        message: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Problem {
        Problem::new(Severity::Warning, position, message, way_out)
    }

    /// A suggestion.
    pub fn hint(
        position: Position,
        message: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Problem {
        Problem::new(Severity::Hint, position, message, way_out)
    }

    /// The same problem, about the element with this `id`.
    pub fn about(mut self, element_id: impl Into<String>) -> Problem {
        self.element_id = Some(element_id.into());
        self
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        Position {
            line: self.line,
            column: self.column,
        }
    }

    fn new(
        severity: Severity,
        position: Position,
        message: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Problem {
        Problem {
            severity,
            element_id: None,
            line: position.line,
            column: position.column,
            message: message.into(),
            way_out: way_out.into(),
            path: Vec::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {}",
            self.position(),
            self.severity,
            self.message
        )?;
        if !self.way_out.is_empty() {
            write!(f, "; {}", self.way_out)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
