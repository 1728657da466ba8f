//! Functions that models define: business knowledge, boxed functions, decision services.

use crate::boxed::Boxed;
use crate::graph::{Graph, Index, Part};
use crate::run::Run;
use crate::scope::{Owner, Scope, World};
use crate::{DecisionError, Warning};
use feel::{
    Budget, Callable, Context, Environment, Evaluation, Function, Position, Reason, Type, Value,
};
use std::fmt;
use std::sync::Arc;

/// Parameters and body of a function.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) parameters: Vec<(Arc<str>, Type)>,
    pub(crate) body: Boxed,
    pub(crate) result: Type,
}

/// A function with what it saw when it was made.
pub(crate) struct Closure {
    pub(crate) graph: Arc<Graph>,
    pub(crate) definition: Arc<Definition>,
    pub(crate) owner: Owner,
    pub(crate) locals: Context,
    /// The name by which it can call itself.
    pub(crate) itself: Option<Arc<str>>,
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Closure").field(&self.owner.name).finish()
    }
}

impl Callable for Closure {
    fn parameters(&self) -> &[(Arc<str>, Type)] {
        &self.definition.parameters
    }

    fn result(&self) -> &Type {
        &self.definition.result
    }

    fn call(
        &self,
        arguments: Vec<Value>,
        environment: &Environment,
        budget: &Budget,
    ) -> Evaluation {
        let mut locals = self.locals.clone();
        if let Some(name) = &self.itself {
            let again = Closure {
                graph: self.graph.clone(),
                definition: self.definition.clone(),
                owner: self.owner.clone(),
                locals: self.locals.clone(),
                itself: self.itself.clone(),
            };
            let again = Function::new(Arc::new(again));
            locals.insert(&**name, Value::Function(Arc::new(again)));
        }
        for ((name, _), value) in self.definition.parameters.iter().zip(arguments) {
            locals.insert(&**name, value);
        }
        let mut warnings = Vec::new();
        let mut scope = Scope {
            world: World {
                graph: &self.graph,
                outside: &(),
                environment,
                budget,
            },
            owner: &self.owner,
            locals,
            warnings: &mut warnings,
        };
        let place = || format!("the result of \"{}\"", self.owner.name);
        let value = self
            .definition
            .body
            .evaluate(&mut scope)
            .map(|value| scope.typed(&self.definition.result, value, place));
        evaluation(value, warnings)
    }
}

/// An element of the graph that can be called: business knowledge or a service.
pub(crate) struct Invocable {
    pub(crate) graph: Arc<Graph>,
    pub(crate) element: Index,
}

impl fmt::Debug for Invocable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.graph.elements[self.element].name;
        f.debug_tuple("Invocable").field(name).finish()
    }
}

impl Invocable {
    /// The function, if the element is one that could be read.
    pub(crate) fn function(graph: &Arc<Graph>, element: Index) -> Value {
        let callable = match &graph.elements[element].part {
            Part::Knowledge(definition) => definition.is_some(),
            Part::Service(_) => true,
            Part::Input | Part::Decision(_) => false,
        };
        if !callable {
            return Value::Null;
        }
        let graph = graph.clone();
        let function = Function::new(Arc::new(Invocable { graph, element }));
        Value::Function(Arc::new(function))
    }
}

impl Callable for Invocable {
    fn parameters(&self) -> &[(Arc<str>, Type)] {
        match &self.graph.elements[self.element].part {
            Part::Knowledge(Some(definition)) => &definition.parameters,
            Part::Service(service) => &service.parameters,
            Part::Knowledge(None) | Part::Input | Part::Decision(_) => &[],
        }
    }

    fn result(&self) -> &Type {
        let element = &self.graph.elements[self.element];
        match &element.part {
            Part::Knowledge(Some(definition)) => &definition.result,
            Part::Knowledge(None) | Part::Service(_) | Part::Input | Part::Decision(_) => {
                &element.kind
            }
        }
    }

    fn call(
        &self,
        arguments: Vec<Value>,
        environment: &Environment,
        budget: &Budget,
    ) -> Evaluation {
        let world = World {
            graph: &self.graph,
            outside: &(),
            environment,
            budget,
        };
        let mut run = Run::new(world);
        let value = run.call(self.element, arguments);
        evaluation(value, run.warnings)
    }
}

/// What came out, as an expression that called it wants it.
fn evaluation(value: Result<Value, DecisionError>, warnings: Vec<Warning>) -> Evaluation {
    let mut said: Vec<feel::Warning> = warnings
        .into_iter()
        .map(|warning| feel::Warning {
            message: format!("{}: {}", warning.place, warning.warning.message),
            ..warning.warning
        })
        .collect();
    let value = value.unwrap_or_else(|error| {
        let reason = match &error {
            DecisionError::Limit { .. } => Reason::Limit,
            DecisionError::NotUnique { .. }
            | DecisionError::NotEqual { .. }
            | DecisionError::Circle { .. } => Reason::InvalidValue,
        };
        said.push(feel::Warning {
            position: Position::default(),
            reason,
            message: error.to_string(),
        });
        Value::Null
    });
    Evaluation {
        value,
        warnings: said,
    }
}
