//! Which variables a boxed expression reads.

use super::{Boxed, Form};
use feel::{Expression, UnaryTests};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Boxed {
    /// Adds the names that it reads and does not give to its parts itself; those in `bound` are given around it.
    pub(crate) fn reads(&self, bound: &mut Vec<Arc<str>>, reads: &mut BTreeSet<String>) {
        let height = bound.len();
        match &self.form {
            Form::Literal(expression) => add(expression.reads(), bound, reads),
            Form::Table(table) => {
                let inputs = table.inputs.iter().map(|input| &input.expression);
                let cells = table
                    .rules
                    .iter()
                    .flat_map(|rule| rule.outputs.iter().flatten());
                let defaults = table
                    .outputs
                    .iter()
                    .filter_map(|output| output.default.as_ref());
                for expression in inputs.chain(cells).chain(defaults) {
                    add(Expression::reads(expression), bound, reads);
                }
                for tests in table
                    .rules
                    .iter()
                    .flat_map(|rule| rule.inputs.iter().flatten())
                {
                    add(UnaryTests::reads(tests), bound, reads);
                }
            }
            Form::Context(entries) => {
                for entry in entries {
                    // A function that is an entry can call itself.
                    let is_function = matches!(entry.value.form, Form::Function(_));
                    if is_function {
                        bound.extend(entry.name.clone());
                    }
                    entry.value.reads(bound, reads);
                    bound.extend(entry.name.clone());
                }
            }
            Form::Invocation { function, bindings } => {
                function.reads(bound, reads);
                for value in bindings.iter().filter_map(|(_, value)| value.as_ref()) {
                    value.reads(bound, reads);
                }
            }
            Form::Relation { rows, .. } => {
                for cell in rows.iter().flatten() {
                    cell.reads(bound, reads);
                }
            }
            Form::List(items) => items.iter().for_each(|item| item.reads(bound, reads)),
            Form::Function(definition) => {
                let parameters = definition.parameters.iter();
                bound.extend(parameters.map(|(name, _)| name.clone()));
                definition.body.reads(bound, reads);
            }
            Form::Conditional(parts) => parts.iter().for_each(|part| part.reads(bound, reads)),
            Form::Filter(parts) => {
                parts[0].reads(bound, reads);
                bound.push("item".into());
                parts[1].reads(bound, reads);
            }
            Form::For(iteration) | Form::Some(iteration) | Form::Every(iteration) => {
                iteration.source.reads(bound, reads);
                bound.extend([iteration.variable.clone(), "partial".into()]);
                iteration.body.reads(bound, reads);
            }
        }
        bound.truncate(height);
    }
}

fn add(names: &[String], bound: &[Arc<str>], reads: &mut BTreeSet<String>) {
    let free = names
        .iter()
        .filter(|name| bound.iter().all(|known| **known != ***name));
    reads.extend(free.cloned());
}
