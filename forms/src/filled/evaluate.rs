//! What is worked out for a filled form: options, read-only flags, computed values, hide conditions.

use super::{Choice, Filled, Keep, Node, Scope, data};
use crate::limits;
use crate::schema::{Flag, Kind, Options};
use crate::template;
use feel::{Expression, Value};

impl Filled<'_> {
    /// Options that depend on the data, and the answers that choose among them.
    pub(super) fn offer_options(&mut self) {
        let dynamic =
            |node: &Node<'_>| !matches!(node.component.options(), None | Some(Options::Static(_)));
        let pending: Vec<usize> = (0..self.nodes.len())
            .filter(|&index| dynamic(&self.nodes[index]))
            .collect();
        if pending.is_empty() {
            return;
        }
        self.visible = self.data(Keep::All);
        for index in pending {
            let list = match self.nodes[index].component.options() {
                Some(Options::Variable(name)) => data::at(
                    &self.visible,
                    &name.split('.').map(str::to_owned).collect::<Vec<_>>(),
                ),
                Some(Options::Expression(expression)) => self.evaluate(index, expression),
                None | Some(Options::Static(_)) => Value::Null,
            };
            let items = template::list(&list);
            self.nodes[index].options = items
                .iter()
                .take(limits::OPTIONS)
                .filter_map(choice)
                .collect();
            let node = &mut self.nodes[index];
            match node.component.question() {
                Some(question) if node.untouched => node.give(question, self.environment),
                Some(question) => node.read(question, self.environment),
                None => {}
            }
        }
    }

    /// Read-only flags that are FEEL; what was typed before a field became read-only does not count.
    pub(super) fn set_readonly(&mut self) {
        self.visible = self.whole.clone();
        let mut changed = false;
        for index in 0..self.nodes.len() {
            let Flag::Expression(expression) = &self.nodes[index].component.readonly else {
                continue;
            };
            if self.evaluate(index, expression).as_bool() != Some(true) {
                continue;
            }
            let node = &mut self.nodes[index];
            node.readonly = true;
            if let Some(question) = node.component.question().filter(|_| !node.untouched) {
                node.give(question, self.environment);
                changed = true;
            }
        }
        if changed {
            self.whole = self.data(Keep::All);
        }
    }

    /// Works out the computed fields, each after those that it reads.
    pub(super) fn compute(&mut self, order: &[usize], keep: Keep) {
        self.visible = self.data(keep);
        for number in order {
            let mut any = false;
            for index in 0..self.nodes.len() {
                let component = self.nodes[index].component;
                let Kind::Computed(expression) = &component.kind else {
                    continue;
                };
                if component.number == *number {
                    self.nodes[index].answer =
                        Ok(self.evaluate(index, expression).into_json_like());
                    any = true;
                }
            }
            if any {
                self.visible = self.data(keep);
            }
        }
        if keep == Keep::All {
            self.whole = self.visible.clone();
        }
    }

    /// Asks every hide condition on the whole data; only true hides, null and errors show.
    pub(super) fn hide(&mut self) {
        for index in 0..self.nodes.len() {
            let container_hidden = self.nodes[index]
                .container
                .is_some_and(|container| self.nodes[container].hidden);
            let node = &self.nodes[index];
            let hides = |condition: &Expression| {
                let scope = Scope::new(self, index, &self.whole);
                condition.evaluate(&scope, self.environment).value.as_bool() == Some(true)
            };
            let own = node.row.is_none() && node.component.hide.as_ref().is_some_and(hides);
            self.nodes[index].hides_itself = own;
            self.nodes[index].hidden = container_hidden || own;
        }
    }
}

/// An option of a list in the data: `{label, value}`, or a plain value that is its own label.
fn choice(item: &Value) -> Option<Choice> {
    let item = item.clone().into_json_like();
    let (value, label) = match item.as_context() {
        Some(option) => (
            option.get("value")?.clone(),
            option.get("label").map(crate::words::value),
        ),
        None => (item, None),
    };
    let text = crate::words::value(&value);
    (!text.is_empty()).then(|| Choice {
        label: label.unwrap_or_else(|| text.clone()),
        text,
        value,
    })
}
