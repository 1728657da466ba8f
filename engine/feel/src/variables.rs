//! Where an expression finds the values of its free variables.

use crate::{Context, Value};

/// Gives the value of a variable by its name.
pub trait Variables {
    /// The value, or `None` where there is no such variable (a variable may well be null).
    fn get(&self, name: &str) -> Option<Value>;
}

impl Variables for Context {
    fn get(&self, name: &str) -> Option<Value> {
        Context::get(self, name).cloned()
    }
}

/// No variables at all.
impl Variables for () {
    fn get(&self, _: &str) -> Option<Value> {
        None
    }
}

impl<T: Variables + ?Sized> Variables for &T {
    fn get(&self, name: &str) -> Option<Value> {
        (**self).get(name)
    }
}

/// The first one hides names of the second.
impl<A: Variables, B: Variables> Variables for (A, B) {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).or_else(|| self.1.get(name))
    }
}
