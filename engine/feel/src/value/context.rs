//! Named values: FEEL's context, JSON's object, the variables of a scope.

use crate::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Named values in the order of their names. A clone is shared until one of the two changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context(Arc<BTreeMap<String, Value>>);

impl Context {
    /// A context without entries.
    pub fn new() -> Context {
        Context::default()
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether there is a value of that name; it may be null.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets a value and gives back the one that it replaces.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        Arc::make_mut(&mut self.0).insert(name.into(), value.into())
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        if self.contains(name) {
            Arc::make_mut(&mut self.0).remove(name)
        } else {
            None
        }
    }

    /// The same context with one more entry.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Context {
        self.insert(name, value);
        self
    }

    /// Copies all entries of the other context into this one; the other's win.
    pub fn merge(&mut self, other: &Context) {
        if self.is_empty() {
            *self = other.clone();
        } else if !other.is_empty() {
            Arc::make_mut(&mut self.0).extend(
                other
                    .0
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
    }

    /// The entries by name.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator + Clone {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator + Clone {
        self.0.keys().map(String::as_str)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Context {
        Context(Arc::new(
            entries
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        ))
    }
}

impl<N: Into<String>, V: Into<Value>, const LEN: usize> From<[(N, V); LEN]> for Context {
    fn from(entries: [(N, V); LEN]) -> Context {
        entries.into_iter().collect()
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match crate::value::is_plain_name(name) {
                true => write!(f, "{name}: ")?,
                false => write!(f, "{name:?}: ")?,
            }
            value.write_quoted(f)?;
        }
        f.write_str("}")
    }
}
