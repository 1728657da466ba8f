//! What checking a file for deployment found.

use bpmn::Report;
use serde::{Deserialize, Serialize};
use store::DefinitionKind;

/// What checking one file found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReport {
    /// The name of the file.
    pub name: String,
    /// What the file defines, as far as it could be read.
    pub definitions: Vec<Defined>,
    /// Elements and problems.
    pub report: Report,
}

/// A process, decision or form that a file defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Defined {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

impl ResourceReport {
    /// Whether the file can be deployed.
    pub fn is_deployable(&self) -> bool {
        self.report.is_deployable()
    }

    /// The problems that keep the file from being deployed.
    pub fn errors(&self) -> impl Iterator<Item = &xml::Problem> {
        self.report.errors()
    }
}
