//! What the expressions of one field see: the data, and `this`, `parent` and `i` inside lists and groups.

use super::Filled;
use feel::{Context, Value, Variables};

/// Names for the expressions of one node. A name of the whole form comes first, then one of the row that the node is in.
pub(crate) struct Scope<'s, 'f> {
    filled: &'s Filled<'f>,
    data: &'s Context,
    container: Option<usize>,
}

impl<'s, 'f> Scope<'s, 'f> {
    pub(crate) fn new(filled: &'s Filled<'f>, index: usize, data: &'s Context) -> Self {
        let node = filled.node(index);
        // A row's texts speak of the row itself.
        let container = if node.row.is_some() {
            Some(index)
        } else {
            node.container
        };
        Scope {
            filled,
            data,
            container: nesting(filled, container),
        }
    }

    /// The data inside a container: a context of the group or row.
    fn inside(&self, container: Option<usize>) -> Value {
        let Some(index) = container else {
            return Value::from(self.data.clone());
        };
        let node = self.filled.node(index);
        let outer = self.inside(nesting(self.filled, node.container));
        match &node.row {
            // The list's own node gives the list, so a row only picks from it.
            Some(row) => outer
                .as_list()
                .and_then(|rows| rows.get(row.index))
                .cloned()
                .unwrap_or(Value::Null),
            None => outer.as_context().map_or(Value::Null, |data| {
                super::data::at(data, &node.component.path)
            }),
        }
    }

    /// The container around one, skipping the list between a row and what holds the list.
    fn around(&self, container: usize) -> Option<usize> {
        let node = self.filled.node(container);
        let holder = match &node.row {
            Some(_) => node
                .container
                .and_then(|list| self.filled.node(list).container),
            None => node.container,
        };
        nesting(self.filled, holder)
    }

    /// The places, from 1, of the rows that the node is in, outermost first.
    fn places(&self) -> Value {
        let mut places = Vec::new();
        let mut at = self.container;
        while let Some(index) = at {
            let node = self.filled.node(index);
            places.extend(node.row.as_ref().map(|row| Value::from(row.index + 1)));
            at = node.container;
        }
        places.reverse();
        Value::from(places)
    }

    fn special(&self, name: &str) -> Option<Value> {
        match name {
            "this" => Some(self.inside(self.container)),
            "parent" => Some(
                self.container
                    .map_or(Value::Null, |container| self.inside(self.around(container))),
            ),
            "i" => Some(self.places()),
            _ => None,
        }
    }

    fn in_row(&self, name: &str) -> Option<Value> {
        let container = self.container?;
        self.inside(Some(container))
            .as_context()?
            .get(name)
            .cloned()
    }
}

impl Variables for Scope<'_, '_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(bare) = name
            .strip_prefix('_')
            .and_then(|rest| rest.strip_suffix('_'))
            && let Some(value) = self.special(bare)
        {
            return Some(value);
        }
        let of_form = self.filled.schema.declares(name);
        let data = || self.data.get(name).cloned();
        let own = || self.in_row(name);
        match of_form {
            true => data(),
            false => own().or_else(data),
        }
        .or_else(|| self.special(name))
    }
}

/// The nearest container that adds a level to the data: groups without a path do not.
fn nesting(filled: &Filled<'_>, mut container: Option<usize>) -> Option<usize> {
    while let Some(index) = container {
        let node = filled.node(index);
        if node.row.is_some() || !node.component.path.is_empty() {
            return Some(index);
        }
        container = node.container;
    }
    None
}
