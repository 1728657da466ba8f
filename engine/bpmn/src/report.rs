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
    /// Of each executable process, whether it can always end as it should; empty where an error is in the way.
    #[serde(default)]
    pub soundness: Vec<Soundness>,
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

/// Whether a process can always end as it should, whatever happens in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Soundness {
    /// The process.
    pub process_id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_name: Option<String>,
    /// The answer.
    #[serde(flatten)]
    pub result: SoundnessResult,
    /// What is wrong, each with the path that leads to it; these are problems of the report too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Problem>,
}

/// The answer to the question whether a process is sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "camelCase")]
pub enum SoundnessResult {
    /// From wherever it is, it can end; nothing is done twice by accident; everything can be executed.
    Sound,
    /// It is not; the findings say why.
    NotSound,
    /// Nobody can say within the limits.
    NotDecided {
        /// Name of the limit that was met, or of what is not looked at.
        limit: String,
    },
}
