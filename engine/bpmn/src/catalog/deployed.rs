//! What a catalog holds: versions of processes, decisions and forms, as they were deployed.

use std::sync::Arc;

use dmn::Decision;

use crate::elements::Versioned;
use crate::{Key, ProcessDefinition};

/// A process definition as it was deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its key.
    pub key: Key,
    /// Its version among the definitions of the same process id, from 1.
    pub version: u32,
    /// The deployment that it came with; a later one has a greater key.
    pub deployment: Key,
    /// The model.
    pub definition: Arc<ProcessDefinition>,
}

/// A decision as it was deployed.
#[derive(Debug, Clone)]
pub struct DeployedDecision {
    /// Its key.
    pub key: Key,
    /// Its version among the decisions of the same id, from 1.
    pub version: u32,
    /// The deployment that it came with.
    pub deployment: Key,
    /// The decision, with all that it requires.
    pub decision: Arc<Decision>,
}

/// A deployed DMN file, for those that import it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionModel {
    /// The namespace by which it is imported.
    pub namespace: String,
    /// The deployment that it came with.
    pub deployment: Key,
    /// What was uploaded.
    pub text: Arc<str>,
}

/// A deployed form; opaque to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormResource {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: Key,
    /// Its version among the forms of the same id, from 1.
    pub version: u32,
    /// The tag that its author gave this version.
    pub version_tag: Option<String>,
    /// The deployment that it came with.
    pub deployment: Key,
    /// Its schema, JSON.
    pub text: String,
}

impl Versioned for Deployed {
    fn deployment(&self) -> Key {
        self.deployment
    }

    fn version_tag(&self) -> Option<&str> {
        self.definition.version_tag()
    }
}

impl Versioned for DeployedDecision {
    fn deployment(&self) -> Key {
        self.deployment
    }

    fn version_tag(&self) -> Option<&str> {
        self.decision.version_tag()
    }
}

impl Versioned for Arc<FormResource> {
    fn deployment(&self) -> Key {
        self.deployment
    }

    fn version_tag(&self) -> Option<&str> {
        self.version_tag.as_deref()
    }
}
