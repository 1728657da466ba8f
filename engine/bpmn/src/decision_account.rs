//! What is written down when a business rule task has asked a decision.

use std::sync::Arc;

use dmn::Evaluated;
use serde::{Deserialize, Serialize};

use crate::Key;

/// The account of a decision that a business rule task asked, also of one that gave no result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionAccount {
    /// The evaluation; absent in records of older versions of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The visit to the business rule task.
    pub element_instance: Key,
    /// Id of the task; empty in records of older versions of this program.
    #[serde(default)]
    pub element: Arc<str>,
    /// The decision that was asked, as it was deployed; absent in records of older versions of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Key>,
    /// Its id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decision: String,
    /// Its version.
    #[serde(default)]
    pub version: u32,
    /// The decisions in the order in which they were evaluated; the one that was asked is last, unless it failed.
    pub decisions: Vec<Evaluated>,
    /// What went wrong in its expressions: where something became null, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<dmn::Warning>,
    /// Why there is no result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}
