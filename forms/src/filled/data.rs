//! The data of a filled form as one context.

use super::Filled;
use crate::schema::Kind;
use feel::{Context, Value};

/// Which answers go into the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All, over the variables: what conditions see.
    All,
    /// Visible ones, over the variables: what texts and computed values see.
    Visible,
    /// What a task is completed with: visible, not disabled, without the variables, without empty containers.
    Submitted,
}

impl Filled<'_> {
    /// The answers as a context.
    pub(crate) fn data(&self, keep: Keep) -> Context {
        let base = if keep == Keep::Submitted {
            Context::default()
        } else {
            self.variables().clone()
        };
        self.collect(&self.roots, base, keep)
    }

    fn collect(&self, nodes: &[usize], mut into: Context, keep: Keep) -> Context {
        for &index in nodes {
            let node = self.node(index);
            let component = node.component;
            let dropped =
                node.hidden && keep != Keep::All || component.disabled && keep == Keep::Submitted;
            match &component.kind {
                Kind::Group { .. } if component.path.is_empty() => {
                    into = self.collect(&node.children, into, keep);
                }
                // Several groups may share a path, so one that is hidden empties only its own fields.
                Kind::Group { .. } => {
                    let before = at(&into, &component.path);
                    let before = before.as_context().cloned().unwrap_or_default();
                    let inner = self.collect(&node.children, before, keep);
                    if keep != Keep::Submitted || !inner.is_empty() {
                        put(&mut into, &component.path, Value::from(inner));
                    }
                }
                Kind::Question(_) | Kind::Computed(_) | Kind::List(_) if dropped => {
                    // Not even the variable of that name shines through a hidden answer.
                    if keep == Keep::Visible {
                        put(&mut into, &component.path, Value::Null);
                    }
                }
                Kind::List(_) => put(&mut into, &component.path, self.rows(index, keep)),
                Kind::Question(_) | Kind::Computed(_) => {
                    let answer = node.answer.clone().unwrap_or(Value::Null);
                    put(&mut into, &component.path, answer);
                }
                Kind::Table { .. } | Kind::Prose { .. } | Kind::Separator | Kind::Spacer => {}
            }
        }
        into
    }

    fn rows(&self, list: usize, keep: Keep) -> Value {
        let rows = self.node(list).children.iter();
        let rows = rows.filter(|&&row| keep != Keep::Submitted || !self.is_blank_row(row));
        let rows = rows.map(|&row| {
            let row = self.node(row);
            let given = row.prefill.as_context().filter(|_| keep != Keep::Submitted);
            Value::from(self.collect(&row.children, given.cloned().unwrap_or_default(), keep))
        });
        Value::from(rows.collect::<Vec<_>>())
    }
}
/// The value at the end of a path of names; null where there is none.
pub(crate) fn at(context: &Context, path: &[String]) -> Value {
    let Some((first, rest)) = path.split_first() else {
        return Value::Null;
    };
    match (context.get(first), rest.is_empty()) {
        (None, _) => Value::Null,
        (Some(value), true) => value.clone(),
        (Some(value), false) => value
            .as_context()
            .map_or(Value::Null, |inner| at(inner, rest)),
    }
}

/// Puts a value at the end of a path of names; what is no context on the way is replaced by one.
pub(crate) fn put(context: &mut Context, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        context.insert(first.as_str(), value);
        return;
    }
    let mut inner = context
        .get(first)
        .and_then(Value::as_context)
        .cloned()
        .unwrap_or_default();
    put(&mut inner, rest, value);
    context.insert(first.as_str(), Value::from(inner));
}
