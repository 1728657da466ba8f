//! The chronology of a case as a list of entries.

use serde::Serialize;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// The colour of its dot: `brand`, `blue`, `red`, `amber`, `grey`.
    pub(crate) tone: &'static str,
    pub(crate) title: String,
    pub(crate) tag: Option<Tag>,
    /// `12 November 2026, 16:10`.
    pub(crate) when: String,
    /// The same for programs.
    pub(crate) datetime: String,
    /// Who did it; empty where the pathway did.
    pub(crate) by: String,
    /// Paragraphs.
    pub(crate) details: Vec<String>,
}

/// What kind of entry it is, in a word.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tag {
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}
