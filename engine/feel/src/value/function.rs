//! Functions as values.

use std::fmt;
use std::sync::Arc;

/// A function that an expression has made. It lives as long as the evaluation's values and is never stored.
#[derive(Debug, Clone)]
pub struct Function {
    pub(crate) parameters: Vec<Arc<str>>,
}

impl Function {
    /// The names of the parameters.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        self.parameters.iter().map(|name| &**name)
    }
}

/// No two functions are equal unless they are the same one.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function({})", self.parameters.join(", "))
    }
}
