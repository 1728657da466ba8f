//! Calls of built-in functions and of functions that expressions have made.

use super::{Evaluator, Outcome, Stop, types, with_article};
use crate::builtins::{Builtin, Pattern};
use crate::syntax::{Lambda, Node};
use crate::{Function, Position, Reason, Value};
use std::sync::{Arc, OnceLock};

/// A call of a built-in function under way: its arguments, and where to complain.
pub(crate) struct Call<'c, 'a> {
    pub(crate) evaluator: &'c mut Evaluator<'a>,
    pub(crate) at: Position,
    pub(crate) builtin: &'static Builtin,
    pub(crate) arguments: Vec<Value>,
    /// The regular expression that this place of the text needed first.
    pub(crate) pattern: &'c OnceLock<Box<Pattern>>,
}

impl Evaluator<'_> {
    pub(super) fn built_in(
        &mut self,
        at: Position,
        builtin: &'static Builtin,
        nodes: &[Node],
        pattern: &OnceLock<Box<Pattern>>,
    ) -> Outcome {
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.value(node)?);
        }
        let run = builtin.run;
        run(&mut Call {
            evaluator: self,
            at,
            builtin,
            arguments,
            pattern,
        })
    }

    /// A function with the values around it.
    pub(super) fn closure(&mut self, lambda: &Arc<Lambda>) -> Outcome {
        let captured = self.locals[self.base..].to_vec();
        Ok(Value::Function(Arc::new(Function {
            lambda: lambda.clone(),
            captured,
        })))
    }

    pub(super) fn invoke_node(&mut self, at: Position, node: &Node, nodes: &[Node]) -> Outcome {
        let function = self.value(node)?;
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.value(node)?);
        }
        self.invoke(at, &function, arguments)
    }

    pub(super) fn invoke_named(
        &mut self,
        at: Position,
        node: &Node,
        named: &[(Arc<str>, Node)],
    ) -> Outcome {
        let function = self.value(node)?;
        let Value::Function(callee) = &function else {
            return self.not_callable(at, &function);
        };
        let mut arguments = vec![Value::Null; callee.lambda.parameters.len()];
        for (name, node) in named {
            let value = self.value(node)?;
            match callee
                .parameters()
                .position(|parameter| parameter == &**name)
            {
                Some(index) => arguments[index] = value,
                None => {
                    return self.null(at, Reason::TypeMismatch, || {
                        format!("{callee} has no parameter `{name}`")
                    });
                }
            }
        }
        self.invoke(at, &function, arguments)
    }

    /// Calls a value with its arguments in order.
    pub(crate) fn invoke(
        &mut self,
        at: Position,
        function: &Value,
        arguments: Vec<Value>,
    ) -> Outcome {
        let Value::Function(callee) = function else {
            return self.not_callable(at, function);
        };
        let parameters = &callee.lambda.parameters;
        if parameters.len() != arguments.len() {
            let given = arguments.len();
            return self.null(at, Reason::TypeMismatch, || {
                format!("{callee} was called with {given} arguments")
            });
        }
        for ((name, kind), value) in parameters.iter().zip(&arguments) {
            if let Some(kind) = kind
                && !types::fits(value, kind)
            {
                let expected = types::name(kind);
                return self.null(at, Reason::TypeMismatch, || {
                    format!(
                        "the argument `{name}` of {callee} is {}, not a {expected}",
                        with_article(value)
                    )
                });
            }
        }
        self.charge(at, callee.captured.len())?;
        let outside = self.base;
        let height = self.locals.len();
        self.base = height;
        self.locals.extend(callee.captured.iter().cloned());
        if callee.lambda.knows_itself {
            self.locals.push(function.clone());
        }
        self.locals.extend(arguments);
        let value = self.value(&callee.lambda.body);
        self.locals.truncate(height);
        self.base = outside;
        value
    }

    fn not_callable(&mut self, at: Position, value: &Value) -> Outcome {
        self.null(at, Reason::TypeMismatch, || {
            format!("{} cannot be called", with_article(value))
        })
    }
}

impl Call<'_, '_> {
    /// The argument, or null where it was left out.
    pub(crate) fn argument(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::Null)
    }

    /// Whether the argument was left out or is null.
    pub(crate) fn lacks(&self, index: usize) -> bool {
        self.argument(index).is_null()
    }

    /// All arguments of a function that takes either one list or its items.
    pub(crate) fn items(&mut self) -> Outcome<Arc<Vec<Value>>> {
        match self.arguments.as_slice() {
            [Value::List(items)] => Ok(items.clone()),
            [Value::Null] => self.mismatch(0, "list"),
            _ => Ok(Arc::new(std::mem::take(&mut self.arguments))),
        }
    }

    /// Null, because the arguments make no sense.
    pub(crate) fn invalid<T>(&mut self, message: impl FnOnce() -> String) -> Outcome<T> {
        let (at, name) = (self.at, self.builtin.name);
        self.evaluator.null(at, Reason::InvalidValue, || {
            format!("{name}(): {}", message())
        })
    }

    /// Null, because an argument has the wrong type.
    pub(crate) fn mismatch<T>(&mut self, index: usize, expected: &str) -> Outcome<T> {
        let name = self.builtin.name;
        let parameter = self
            .builtin
            .parameter_names()
            .nth(index)
            .unwrap_or("argument");
        let found = with_article(self.argument(index));
        self.evaluator.null(self.at, Reason::TypeMismatch, || {
            format!("{name}(): `{parameter}` is {found}, not a {expected}")
        })
    }

    /// Calls a function that was given as an argument.
    pub(crate) fn invoke(&mut self, function: &Value, arguments: Vec<Value>) -> Outcome {
        match self.evaluator.invoke(self.at, function, arguments) {
            Err(Stop::Null) => Ok(Value::Null),
            other => other,
        }
    }
}
