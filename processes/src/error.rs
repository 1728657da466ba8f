//! Why something about people or cases could not be done.

/// Why something about people or cases could not be done. In every case nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The runtime refused.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The person is not known.
    #[error("there is no person {0}; search by name, or register the person")]
    NoSuchPerson(String),
    /// The case is not known.
    #[error("there is no case {0}; check the reference, such as CP-2026-0001")]
    NoSuchCase(String),
    /// Something must be filled in.
    #[error("{0}")]
    Invalid(String),
    /// A stored document is not what this version writes: a bug.
    #[error("the document {document} cannot be read: {what}")]
    Document {
        /// `people/p-000001`
        document: String,
        /// What the reader said.
        what: String,
    },
}

/// The result of what this crate does with the runtime.
pub type Result<T> = std::result::Result<T, Error>;

/// Reads the body of a document.
pub(crate) fn body<T: serde::de::DeserializeOwned>(document: store::Document) -> Result<T> {
    serde_json::from_value(document.body).map_err(|error| Error::Document {
        document: format!("{}/{}", document.collection, document.id),
        what: error.to_string(),
    })
}

/// Writes the body of a document.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).expect("our own types have only text keys")
}
