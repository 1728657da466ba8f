//! How an instance came to be: the one that called it, and the event at which it began.

use serde::{Deserialize, Serialize};

use crate::Key;

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
