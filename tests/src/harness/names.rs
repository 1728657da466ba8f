//! The names of elements: a scenario says "Register the child", a record says `register`.

use std::collections::BTreeSet;

/// The ids and names of all elements of all deployed processes.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Id and name; two models may use the same id for different elements.
    pairs: BTreeSet<(String, String)>,
}

impl Names {
    /// Reads the models among the resources.
    pub fn of<'r>(resources: impl IntoIterator<Item = &'r (String, String)>) -> Names {
        let mut pairs = BTreeSet::new();
        let resources = resources.into_iter();
        for (_, text) in resources.filter(|(file, _)| file.ends_with(".bpmn")) {
            let elements = bpmn::read_deployed(text).report.elements;
            pairs.extend(elements.into_iter().map(|element| {
                let name = element.name.unwrap_or_else(|| element.id.clone());
                (element.id, name)
            }));
        }
        Names { pairs }
    }

    /// Whether the element with this id is called so.
    pub fn is(&self, element: &str, called: &str) -> bool {
        element == called
            || self
                .pairs
                .iter()
                .any(|(id, name)| id == element && name == called)
    }

    /// How people call an element.
    pub fn shown<'a>(&'a self, element: &'a str) -> &'a str {
        let found = self.pairs.iter().find(|(id, _)| id == element);
        found.map_or(element, |(_, name)| name)
    }

    /// The id of the element that is called so.
    pub fn id<'a>(&'a self, called: &'a str) -> &'a str {
        let found = self
            .pairs
            .iter()
            .find(|(id, name)| id == called || name == called);
        found.map_or(called, |(id, _)| id)
    }

    /// Whether any element is called so; a scenario that names none is wrong, whatever it expects.
    pub fn has(&self, called: &str) -> bool {
        self.pairs
            .iter()
            .any(|(id, name)| id == called || name == called)
    }
}
