//! How large a document may be: each limit has a name, and the refusal says it.

/// What [`parse`](crate::parse) accepts. The defaults are far above any model drawn by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the whole document.
    pub max_bytes: usize,
    /// Elements inside elements.
    pub max_depth: usize,
    /// Elements in the whole document: bounds the memory of the tree.
    pub max_elements: usize,
    /// Attributes of one element.
    pub max_attributes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_bytes: 10 * 1024 * 1024,
            max_depth: 256,
            max_elements: 250_000,
            max_attributes: 256,
        }
    }
}
