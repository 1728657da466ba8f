//! What the expressions of one element see, and where their warnings go.

use crate::graph::{Element, Graph};
use crate::{DecisionError, Warning};
use feel::{
    Budget, Context, Environment, Evaluation, Expression, Position, Reason, Type, UnaryTests,
    Value, Variables,
};
use std::sync::Arc;

/// Warnings beyond this number would only repeat themselves.
const MAX_WARNINGS: usize = 50;

/// What all elements of one evaluation share.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) graph: &'a Arc<Graph>,
    /// The variables of whoever asks.
    pub(crate) outside: &'a dyn Variables,
    pub(crate) environment: &'a Environment,
    pub(crate) budget: &'a Budget,
}

/// One element under way.
pub(crate) struct Scope<'a> {
    pub(crate) world: World<'a>,
    /// Whose logic it is.
    pub(crate) owner: &'a Owner,
    /// Results of what is required, and what the logic itself has named so far.
    pub(crate) locals: Context,
    pub(crate) warnings: &'a mut Vec<Warning>,
}

/// The element that logic belongs to, for messages.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) id: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Owner {
    pub(crate) fn of(element: &Element) -> Owner {
        Owner {
            id: element.id.as_str().into(),
            name: element.name.as_str().into(),
        }
    }
}

impl Scope<'_> {
    /// A variable of the logic or of whoever asks.
    pub(crate) fn variable(&self, name: &str) -> Option<Value> {
        let local = self.locals.get(name).cloned();
        local.or_else(|| self.world.outside.get(name))
    }

    /// The value of an expression; its warnings are kept with their place.
    pub(crate) fn value(
        &mut self,
        expression: &Expression,
        place: impl Fn() -> String,
    ) -> Result<Value, DecisionError> {
        let World {
            outside,
            environment,
            budget,
            ..
        } = self.world;
        let evaluation = expression.evaluate_within(&(&self.locals, outside), environment, budget);
        self.kept(evaluation, place)
    }

    /// What tests say of a value.
    pub(crate) fn test(&mut self, tests: &UnaryTests, value: &Value) -> Evaluation {
        let World {
            outside,
            environment,
            budget,
            ..
        } = self.world;
        tests.test_within(value, &(&self.locals, outside), environment, budget)
    }

    /// The value of an evaluation, its warnings kept. A limit that was passed ends the decision.
    pub(crate) fn kept(
        &mut self,
        evaluation: Evaluation,
        place: impl Fn() -> String,
    ) -> Result<Value, DecisionError> {
        for warning in evaluation.warnings {
            if warning.reason == Reason::Limit {
                return Err(self.limit(place(), warning.message));
            }
            self.warn(warning, &place);
        }
        Ok(evaluation.value)
    }

    /// A value as one of a type; one that is none becomes null, with a warning.
    pub(crate) fn typed(&mut self, kind: &Type, value: Value, place: impl Fn() -> String) -> Value {
        match kind.coerced(value, self.world.environment) {
            Ok(value) => value,
            Err(reason) => {
                self.note(Reason::TypeMismatch, format!("the value {reason}"), &place);
                Value::Null
            }
        }
    }

    /// The error of a passed limit.
    pub(crate) fn limit(&self, place: String, message: String) -> DecisionError {
        DecisionError::Limit {
            decision: self.owner.name.to_string(),
            place,
            message,
        }
    }

    /// A warning that is about no place in a text.
    pub(crate) fn note(&mut self, reason: Reason, message: String, place: &dyn Fn() -> String) {
        let position = Position::default();
        let warning = feel::Warning {
            position,
            reason,
            message,
        };
        self.warn(warning, place);
    }

    fn warn(&mut self, warning: feel::Warning, place: &dyn Fn() -> String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning {
                decision_id: self.owner.id.to_string(),
                place: place(),
                warning,
            });
        }
    }
}
