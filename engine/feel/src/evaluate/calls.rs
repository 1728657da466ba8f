//! Calls of built-in functions and of functions that expressions have made.

use super::{Evaluator, Outcome, Stop, with_article};
use crate::builtins::{self, Builtin, Pattern};
use crate::syntax::{Lambda, Node};
use crate::value::function::Origin;
use crate::{Callable, Context, Function, Position, Reason, Type, Value};
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

/// How many levels of nested evaluation a call out of FEEL counts as: its stack is larger than that of a part of an expression.
const CALL_LEVELS: u32 = 4;

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

    /// The variable of that name if there is one, else the function.
    pub(super) fn built_in_value(
        &mut self,
        name: &'static str,
        variable: Option<&Node>,
    ) -> Outcome {
        let warned = self.warnings.len();
        if let Some(node) = variable {
            let value = self.value(node)?;
            if !value.is_null() {
                return Ok(value);
            }
            self.warnings.truncate(warned);
        }
        let function = Function(Origin::BuiltIn(name));
        Ok(Value::Function(Arc::new(function)))
    }

    /// A function with the values around it.
    pub(super) fn closure(&mut self, lambda: &Arc<Lambda>) -> Outcome {
        let captured = self.locals[self.base..].to_vec();
        let mut around = Context::new();
        for name in &lambda.reads {
            let known = self.around.as_ref().and_then(|around| around.get(name));
            if let Some(value) = known.cloned().or_else(|| self.variables.get(name)) {
                around.insert(&**name, value);
            }
        }
        Ok(Value::Function(Arc::new(Function(Origin::Expression {
            lambda: lambda.clone(),
            captured,
            around,
        }))))
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
        let parameters = callee.parameters();
        let mut arguments = vec![Value::Null; parameters.len()];
        for (name, node) in named {
            let value = self.value(node)?;
            match parameters
                .iter()
                .position(|parameter| *parameter == &**name)
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
        match &callee.0 {
            Origin::Expression {
                lambda,
                captured,
                around,
            } => {
                let types = lambda
                    .parameters
                    .iter()
                    .map(|(name, kind)| (name, kind.as_ref()));
                let arguments = self.taken(at, callee, types, arguments)?;
                self.charge(at, captured.len())?;
                let around = (!around.is_empty()).then(|| around.clone());
                let outside = std::mem::replace(&mut self.around, around);
                let value = self.invoke_lambda(function, lambda, captured, arguments);
                self.around = outside;
                value
            }
            Origin::BuiltIn(name) => self.invoke_built_in(at, name, arguments),
            Origin::Surroundings(callable) => {
                let types = callable.parameters().iter();
                let types = types.map(|(name, kind)| (name, Some(kind)));
                let arguments = self.taken(at, callee, types, arguments)?;
                self.invoke_callable(at, &**callable, arguments)
            }
        }
    }

    /// The arguments as the parameters want them, or null if they do not fit.
    fn taken<'t>(
        &mut self,
        at: Position,
        callee: &Function,
        parameters: impl ExactSizeIterator<Item = (&'t Arc<str>, Option<&'t Type>)>,
        arguments: Vec<Value>,
    ) -> Outcome<Vec<Value>> {
        let given = arguments.len();
        if parameters.len() != given {
            return self.null(at, Reason::TypeMismatch, || {
                format!("{callee} was called with {given} arguments")
            });
        }
        let mut taken = Vec::with_capacity(given);
        for ((name, kind), value) in parameters.zip(arguments) {
            let coerced = match kind {
                Some(kind) => kind.coerced(value, self.world.environment),
                None => Ok(value),
            };
            match coerced {
                Ok(value) => taken.push(value),
                Err(reason) => {
                    return self.null(at, Reason::TypeMismatch, || {
                        format!("the argument `{name}` of {callee} {reason}")
                    });
                }
            }
        }
        Ok(taken)
    }

    fn invoke_lambda(
        &mut self,
        function: &Value,
        lambda: &Lambda,
        captured: &[Value],
        arguments: Vec<Value>,
    ) -> Outcome {
        let outside = self.base;
        let height = self.locals.len();
        self.base = height;
        self.locals.extend(captured.iter().cloned());
        if lambda.knows_itself {
            self.locals.push(function.clone());
        }
        self.locals.extend(arguments);
        let value = self.value(&lambda.body);
        self.locals.truncate(height);
        self.base = outside;
        value
    }

    fn invoke_built_in(&mut self, at: Position, name: &str, arguments: Vec<Value>) -> Outcome {
        let Some(builtin) = builtins::with_arity(name, arguments.len()) else {
            let (usage, given) = (builtins::usage(name), arguments.len());
            return self.null(at, Reason::TypeMismatch, || {
                format!("`{name}` takes {usage}, not {given} arguments")
            });
        };
        let run = builtin.run;
        run(&mut Call {
            evaluator: self,
            at,
            builtin,
            arguments,
            pattern: &OnceLock::new(),
        })
    }

    /// Its warnings are about other texts: they are noted here, where it was called.
    fn invoke_callable(
        &mut self,
        at: Position,
        callable: &dyn Callable,
        arguments: Vec<Value>,
    ) -> Outcome {
        let world = &self.world;
        let call = || callable.call(arguments, world.environment, world.budget);
        let limits = &world.environment.limits;
        let Some(evaluation) = world.budget.deeper(CALL_LEVELS, limits, call) else {
            return self.too_deep(at);
        };
        for warning in evaluation.warnings {
            let ends = warning.reason == Reason::Limit;
            self.warn(at, warning.reason, || warning.message);
            if ends {
                return Err(Stop::Limit);
            }
        }
        Ok(evaluation.value)
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
