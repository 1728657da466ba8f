//! The deployment report: what becomes of each element of an uploaded model, and its problems.

use serde::{Deserialize, Serialize};
use xml::{Problem, Severity};

/// What reading a document found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Every element of the model, in document order.
    pub elements: Vec<ElementReport>,
    /// What is wrong, in document order.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether the document can be deployed: no problem is an error.
    pub fn is_deployable(&self) -> bool {
        self.problems
            .iter()
            .all(|problem| problem.severity != Severity::Error)
    }

    /// The problems that prevent deployment.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }
}

/// What becomes of one element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementReport {
    /// Its `id`; empty where it has none.
    pub id: String,
    /// Its `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// BPMN's word for it, for example "user task" or "timer boundary event".
    pub kind: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What becomes of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "camelCase")]
pub enum Verdict {
    /// It does what BPMN says.
    Executed,
    /// It has no effect on execution.
    Ignored {
        /// Why.
        reason: String,
    },
    /// The document is refused because of it.
    Refused {
        /// Why.
        reason: String,
    },
}
