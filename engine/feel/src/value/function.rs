//! Functions as values.

use crate::Value;
use crate::syntax::Lambda;
use std::fmt;
use std::sync::Arc;

/// A function that an expression has made, with the values that it saw around it. It lives as long as the values of an evaluation
/// and is never stored.
#[derive(Debug, Clone)]
pub struct Function {
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) captured: Vec<Value>,
}

impl Function {
    /// The names of the parameters.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lambda.parameters.iter().map(|(name, _)| &**name)
    }

    pub(crate) fn captured(&self) -> &[Value] {
        &self.captured
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
        f.write_str("function(")?;
        for (index, name) in self.parameters().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name)?;
        }
        f.write_str(")")
    }
}
