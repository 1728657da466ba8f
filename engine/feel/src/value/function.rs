//! Functions as values.

use crate::builtins::{self, Builtin};
use crate::syntax::Lambda;
use crate::{Budget, Context, Environment, Evaluation, Type, Value, evaluate};
use std::fmt;
use std::sync::Arc;

/// Something that can be called: made by an expression, built in, or given by the surroundings. It lives as long as the values of
/// an evaluation and is never stored.
#[derive(Debug, Clone)]
pub struct Function(pub(crate) Origin);

#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// `function(x) ...`, with the values and variables that it saw around it.
    Expression {
        lambda: Arc<Lambda>,
        captured: Vec<Value>,
        around: Context,
    },
    /// A built-in function by its name.
    BuiltIn(&'static str),
    /// What a decision model defines.
    Surroundings(Arc<dyn Callable>),
}

/// A function that is made outside of expressions, such as a business knowledge model.
pub trait Callable: fmt::Debug + Send + Sync {
    /// The names of the parameters and their types; a call gives an argument for each.
    fn parameters(&self) -> &[(Arc<str>, Type)];

    /// The type of the result.
    fn result(&self) -> &Type;

    /// Runs it. The arguments fit the parameters in number and type; what it evaluates must use up the given budget.
    fn call(&self, arguments: Vec<Value>, environment: &Environment, budget: &Budget)
    -> Evaluation;
}

impl Function {
    /// The function that calls this.
    pub fn new(callable: Arc<dyn Callable>) -> Function {
        Function(Origin::Surroundings(callable))
    }

    /// The names of the parameters.
    pub fn parameters(&self) -> Vec<&str> {
        match &self.0 {
            Origin::Expression { lambda, .. } => {
                lambda.parameters.iter().map(|(name, _)| &**name).collect()
            }
            Origin::BuiltIn(name) => builtins::named(name)
                .next()
                .map(Builtin::parameter_names)
                .into_iter()
                .flatten()
                .collect(),
            Origin::Surroundings(callable) => {
                let parameters = callable.parameters().iter();
                parameters.map(|(name, _)| &**name).collect()
            }
        }
    }

    /// Calls it with the arguments in order. It always ends and never panics.
    pub fn call(
        &self,
        arguments: Vec<Value>,
        environment: &Environment,
        budget: &Budget,
    ) -> Evaluation {
        evaluate::call(self, arguments, environment, budget)
    }

    pub(crate) fn captured(&self) -> &[Value] {
        match &self.0 {
            Origin::Expression { captured, .. } => captured,
            Origin::BuiltIn(_) | Origin::Surroundings(_) => &[],
        }
    }

    pub(crate) fn around(&self) -> impl Iterator<Item = (&str, &Value)> {
        let around = match &self.0 {
            Origin::Expression { around, .. } => Some(around),
            Origin::BuiltIn(_) | Origin::Surroundings(_) => None,
        };
        around.into_iter().flat_map(Context::iter)
    }
}

/// No two functions are equal unless they are the same one.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        match (&self.0, &other.0) {
            (Origin::BuiltIn(left), Origin::BuiltIn(right)) => left == right,
            (Origin::Surroundings(left), Origin::Surroundings(right)) => Arc::ptr_eq(left, right),
            _ => std::ptr::eq(self, other),
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Origin::BuiltIn(name) = &self.0 {
            return f.write_str(name);
        }
        write!(f, "function({})", self.parameters().join(", "))
    }
}
