//! A form filled with data: every field with its answer, whether it shows, and what it offers.
//!
//! Evaluation is in one fixed order: answers, options, read-only flags, computed values, hide conditions. Conditions see the
//! whole data, hidden answers included; then computed values are worked out once more from what is visible, and the conditions
//! are asked a last time. So a question never flickers, and a hidden answer never counts in a sum.

mod data;
mod order;
mod scope;

use crate::answers::Answers;
use crate::limits;
use crate::path::Path;
use crate::post;
use crate::schema::{Bound, Component, Flag, Kind, ListField, Options, Schema};
use crate::template;
use crate::typed::{self, Fault, Texts};
use feel::{Context, Environment, Expression, Number, Value};

pub(crate) use data::{Keep, at};
pub(crate) use order::order;
pub(crate) use scope::Scope;

/// A form, its data, and one [`Node`] for each component that the data makes.
pub(crate) struct Filled<'f> {
    pub(crate) schema: &'f Schema,
    pub(crate) environment: &'f Environment,
    variables: &'f Context,
    nodes: Vec<Node<'f>>,
    /// The nodes at the top of the form.
    pub(crate) roots: Vec<usize>,
    /// Variables with all answers over them.
    whole: Context,
    /// The same without hidden answers.
    pub(crate) visible: Context,
}

/// One component of the page, or one row of a list.
pub(crate) struct Node<'f> {
    pub(crate) component: &'f Component,
    /// The node that holds it.
    pub(crate) container: Option<usize>,
    pub(crate) path: Path,
    /// What a group or row holds, or the rows of a list.
    pub(crate) children: Vec<usize>,
    /// Set where the node is a row of the list that `component` is.
    pub(crate) row: Option<Row>,
    /// The texts of the inputs.
    pub(crate) texts: Texts,
    pub(crate) answer: Result<Value, Fault>,
    /// What the variables had here.
    pub(crate) prefill: Value,
    pub(crate) options: Vec<Choice>,
    /// Hidden by its own condition or with its container.
    pub(crate) hidden: bool,
    /// Hidden by its own condition.
    pub(crate) hides_itself: bool,
    pub(crate) readonly: bool,
    /// Whether the answer is still the one given by variables or default.
    untouched: bool,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
    /// From 0.
    pub(crate) index: usize,
}

/// An option on offer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) value: Value,
    /// The value as the input posts it.
    pub(crate) text: String,
    pub(crate) label: String,
}

impl<'f> Filled<'f> {
    /// Fills the form: typed answers over variables over defaults. `order` is that of the computed values.
    pub(crate) fn new(
        schema: &'f Schema,
        order: &[usize],
        variables: &'f Context,
        answers: &Answers,
        environment: &'f Environment,
    ) -> Filled<'f> {
        let mut filled = Filled {
            schema,
            environment,
            variables,
            nodes: Vec::with_capacity(schema.count),
            roots: Vec::new(),
            whole: variables.clone(),
            visible: variables.clone(),
        };
        filled.roots = filled.expand(
            &schema.components,
            None,
            &Path::default(),
            variables,
            answers,
        );
        filled.offer_options();
        filled.whole = filled.data(Keep::All);
        filled.set_readonly();
        filled.compute(order, Keep::All);
        filled.hide();
        if filled.nodes.iter().any(|node| node.hidden) && !order.is_empty() {
            filled.compute(order, Keep::Visible);
            filled.whole = filled.data(Keep::All);
            filled.hide();
        }
        filled.visible = filled.data(Keep::Visible);
        filled
    }

    pub(crate) fn node(&self, index: usize) -> &Node<'f> {
        &self.nodes[index]
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (usize, &Node<'f>)> {
        self.nodes.iter().enumerate()
    }

    /// What an expression of a node gives on the visible data.
    pub(crate) fn evaluate(&self, index: usize, expression: &Expression) -> Value {
        expression
            .evaluate(&self.scope(index), self.environment)
            .value
    }

    /// The variables that a node's expressions see: visible data, `this`, `parent` and `i`.
    pub(crate) fn scope(&self, index: usize) -> Scope<'_, 'f> {
        Scope::new(self, index, &self.visible)
    }

    /// A bound of `validate` as a number.
    pub(crate) fn bound(&self, index: usize, bound: Option<&Bound>) -> Option<Number> {
        match bound? {
            Bound::Fixed(number) => Some(*number),
            Bound::Expression(expression) => self.evaluate(index, expression).as_number(),
        }
    }

    /// Whether a row was added and then left empty: such rows are neither checked nor submitted.
    pub(crate) fn is_blank_row(&self, index: usize) -> bool {
        let Some(row) = &self.nodes[index].row else {
            return false;
        };
        row.id.starts_with('n') && self.is_blank(index)
    }

    fn is_blank(&self, index: usize) -> bool {
        self.nodes[index].children.iter().all(|&child| {
            let node = &self.nodes[child];
            let default = node.component.default.as_ref();
            let as_given = |value: &Value| typed::is_empty(value) || default == Some(value);
            let empty = !node.component.is_question()
                || node.readonly
                || node.answer.as_ref().is_ok_and(as_given);
            empty && self.is_blank(child)
        })
    }

    fn expand(
        &mut self,
        components: &'f [Component],
        container: Option<usize>,
        path: &Path,
        given: &Context,
        answers: &Answers,
    ) -> Vec<usize> {
        let mut made = Vec::new();
        for component in components {
            if self.nodes.len() >= limits::FIELDS {
                break;
            }
            let path = path.with_keys(&component.path);
            let prefill = if component.path.is_empty() {
                Value::Null
            } else {
                data::at(given, &component.path)
            };
            let index = self.add(component, container, path.clone(), prefill.clone());
            made.push(index);
            match &component.kind {
                Kind::Group { components, .. } => {
                    let inner = match component.path.is_empty() {
                        true => given.clone(),
                        false => prefill.as_context().cloned().unwrap_or_default(),
                    };
                    self.nodes[index].children =
                        self.expand(components, Some(index), &path, &inner, answers);
                }
                Kind::List(list) => self.expand_rows(list, index, &path, &prefill, answers),
                _ if component.is_question() => self.answer(index, answers),
                _ => {}
            }
        }
        made
    }

    fn add(
        &mut self,
        component: &'f Component,
        container: Option<usize>,
        path: Path,
        prefill: Value,
    ) -> usize {
        self.nodes.push(Node {
            component,
            container,
            path,
            children: Vec::new(),
            row: None,
            texts: Vec::new(),
            answer: Ok(Value::Null),
            prefill,
            options: static_options(component),
            hidden: false,
            hides_itself: false,
            readonly: matches!(component.readonly, Flag::Fixed(true)) || component.disabled,
            untouched: true,
        });
        self.nodes.len() - 1
    }

    fn expand_rows(
        &mut self,
        list: &'f ListField,
        index: usize,
        path: &Path,
        prefill: &Value,
        answers: &Answers,
    ) {
        let given = prefill.as_list().unwrap_or_default();
        let ids: Vec<String> = match answers.row_ids(&path.name()) {
            Some(ids) => ids.to_vec(),
            None if given.is_empty() => (1..=list.initial_rows)
                .map(|row| format!("n{row}"))
                .collect(),
            None => (1..=given.len().min(limits::ROWS))
                .map(|row| format!("v{row}"))
                .collect(),
        };
        let component = self.nodes[index].component;
        let mut rows = Vec::new();
        for (place, id) in ids.into_iter().enumerate() {
            if self.nodes.len() >= limits::FIELDS {
                break;
            }
            let row_path = path.with_row(&id);
            let of_variables = id
                .strip_prefix('v')
                .and_then(|number| number.parse::<usize>().ok());
            let row_given = of_variables
                .and_then(|number| given.get(number.checked_sub(1)?))
                .cloned();
            let row_given = row_given.unwrap_or(Value::Null);
            let row = self.add(component, Some(index), row_path.clone(), row_given.clone());
            self.nodes[row].row = Some(Row { id, index: place });
            let inner = row_given.as_context().cloned().unwrap_or_default();
            self.nodes[row].children =
                self.expand(&list.components, Some(row), &row_path, &inner, answers);
            rows.push(row);
        }
        self.nodes[index].children = rows;
    }

    /// Sets the answer of a question from what was typed, else from the variables, else from the default.
    fn answer(&mut self, index: usize, answers: &Answers) {
        let node = &self.nodes[index];
        let name = node.path.name();
        let parts = post::parts(&node.component.kind);
        let typed: Vec<_> = parts
            .iter()
            .map(|part| answers.texts(&format!("{name}{part}")))
            .collect();
        if node.readonly || typed.iter().all(Option::is_none) {
            self.give(index);
            return;
        }
        let texts = typed
            .into_iter()
            .map(|texts| texts.unwrap_or_default().to_vec())
            .collect();
        let node = &mut self.nodes[index];
        node.untouched = false;
        node.texts = texts;
        node.answer = typed::read(node.component, &node.texts, &node.options, self.environment);
    }

    /// Answers with the variable, else with the default.
    fn give(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        let first = if node.prefill.is_null() {
            node.component.default.clone()
        } else {
            Some(node.prefill.clone())
        };
        let first = first.unwrap_or(Value::Null);
        let value = typed::adopt(node.component, &first, &node.options, self.environment);
        node.untouched = true;
        node.texts = typed::write(node.component, &value, self.environment);
        node.answer = Ok(value);
    }

    /// Options that depend on the data, and the answers that choose among them.
    fn offer_options(&mut self) {
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
            if self.nodes[index].untouched {
                self.give(index);
            } else {
                let node = &mut self.nodes[index];
                node.answer =
                    typed::read(node.component, &node.texts, &node.options, self.environment);
            }
        }
    }

    /// Read-only flags that are FEEL; what was typed before a field became read-only does not count.
    fn set_readonly(&mut self) {
        self.visible = self.whole.clone();
        let mut changed = false;
        for index in 0..self.nodes.len() {
            let Flag::Expression(expression) = &self.nodes[index].component.readonly else {
                continue;
            };
            if self.evaluate(index, expression).as_bool() == Some(true) {
                self.nodes[index].readonly = true;
                if !self.nodes[index].untouched {
                    self.give(index);
                    changed = true;
                }
            }
        }
        if changed {
            self.whole = self.data(Keep::All);
        }
    }

    /// Works out the computed fields, each after those that it reads.
    fn compute(&mut self, order: &[usize], keep: Keep) {
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
    fn hide(&mut self) {
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

    pub(crate) fn variables(&self) -> &Context {
        self.variables
    }
}

fn static_options(component: &Component) -> Vec<Choice> {
    let Some(Options::Static(options)) = component.options() else {
        return Vec::new();
    };
    let choices = options.iter().map(|option| Choice {
        text: crate::words::value(&option.value),
        value: option.value.clone(),
        label: option.label.clone(),
    });
    choices.collect()
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
