//! A form filled with data: every field with its answer, whether it shows, and what it offers.
//!
//! Evaluation is in one fixed order: answers, options, read-only flags, computed values, hide conditions. Conditions see the
//! whole data, hidden answers included; then computed values are worked out once more from what is visible, and the conditions
//! are asked a last time. So a question never flickers, and a hidden answer never counts in a sum.

mod data;
mod evaluate;
mod expand;
mod order;
mod scope;

use crate::answers::Answers;
use crate::path::Path;
use crate::schema::{Bound, Component, Schema};
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
            let asked = node.component.question().is_some() && !node.readonly;
            let empty = !asked || node.answer.as_ref().is_ok_and(as_given);
            empty && self.is_blank(child)
        })
    }

    pub(crate) fn variables(&self) -> &Context {
        self.variables
    }
}
