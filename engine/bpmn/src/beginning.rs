//! How an instance came to be: the one that called it, and the event at which it began.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Key;

/// What is known of an instance when it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// Its key.
    pub key: Key,
    /// Key of its process definition.
    pub definition: Key,
    /// Id of the process in the model.
    pub process_id: Arc<str>,
    /// Version of the definition.
    pub version: u32,
    /// What the business calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_id: Option<String>,
    /// The call activity that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Where it begins, where that was said; kept only where listeners come first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginning: Option<Box<Beginning>>,
    /// The elements after which it is ended, where somebody wants that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<Arc<str>>,
    /// When.
    pub at: Timestamp,
}

/// The call activity that started an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// The calling instance.
    pub instance: Key,
    /// The visit to the call activity in it.
    pub element: Key,
    /// How many calls lead to this one: 1 for a process called by one that nobody called.
    #[serde(default)]
    pub depth: u32,
}

/// Where an instance begins that was started at a certain event, or with certain elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beginning {
    /// Id of the start event, receive task or catch event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Which of the definitions of a multiple event has happened there, from 0.
    #[serde(default)]
    pub definition: u32,
    /// Ids of the elements with which it begins instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
}
