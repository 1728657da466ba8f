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

/// Where an instance begins that was started at a certain event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beginning {
    /// Id of the start event, receive task or catch event.
    pub at: String,
    /// Which of the definitions of a multiple event has happened there, from 0.
    #[serde(default)]
    pub definition: u32,
}
