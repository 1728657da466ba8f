//! What is wrong with a form, where, and what to do about it.

use serde::Serialize;

/// How much a [`Problem`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The form cannot be deployed.
    Error,
    /// The form works, but probably not as meant.
    Warning,
    /// A thought about making the form easier to fill in.
    Hint,
}

/// One finding about a form's schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// Key, path or id of the component, if the problem belongs to one.
    pub component: Option<String>,
    /// Line in the JSON text, from 1.
    pub line: u32,
    /// Column in the JSON text, in characters, from 1.
    pub column: u32,
    /// One sentence that names the thing.
    pub message: String,
    /// What to do about it.
    pub way_out: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if let Some(component) = &self.component {
            write!(f, "{component}: ")?;
        }
        write!(f, "{} {}", self.message, self.way_out)
    }
}

/// Collects problems while a form is read, and turns byte offsets into lines and columns.
#[derive(Debug)]
pub(crate) struct Problems<'t> {
    text: &'t str,
    list: Vec<Problem>,
}

impl<'t> Problems<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            list: Vec::new(),
        }
    }

    /// Adds a problem at a byte offset of the text.
    pub(crate) fn add(
        &mut self,
        severity: Severity,
        component: Option<&str>,
        offset: usize,
        message: impl Into<String>,
        way_out: impl Into<String>,
    ) {
        let (line, column) = position(self.text, offset);
        self.add_at(severity, component, line, column, message, way_out);
    }

    /// Adds a problem at a known line and column.
    pub(crate) fn add_at(
        &mut self,
        severity: Severity,
        component: Option<&str>,
        line: u32,
        column: u32,
        message: impl Into<String>,
        way_out: impl Into<String>,
    ) {
        if self.list.len() >= crate::limits::PROBLEMS && severity != Severity::Error {
            return;
        }
        self.list.push(Problem {
            severity,
            component: component.map(str::to_owned),
            line,
            column,
            message: message.into(),
            way_out: way_out.into(),
        });
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.list
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// All problems, in the order of the text.
    pub(crate) fn into_list(mut self) -> Vec<Problem> {
        self.list
            .sort_by_key(|problem| (problem.line, problem.column, problem.severity));
        self.list.truncate(crate::limits::PROBLEMS);
        self.list
    }
}

fn position(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}
