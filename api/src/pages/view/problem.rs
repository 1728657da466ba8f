//! What is wrong with a form, told above it and beside its field.

use serde::Serialize;

/// Something wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// The id of the field.
    pub(crate) field: &'static str,
    pub(crate) text: &'static str,
}
