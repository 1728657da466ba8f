//! A decision and the decisions that it requires.

use crate::table::Table;
use crate::{DecisionError, Evaluated, Outcome, Warning};
use feel::{Context, Environment, Evaluation, Expression, Reason, Value, Variables};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest chain of decisions that require each other.
pub(crate) const MAX_CHAIN: usize = 50;

/// Warnings beyond this number would only repeat themselves.
const MAX_WARNINGS: usize = 50;

/// A decision that was read and checked.
#[derive(Debug)]
pub struct Decision {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The name under which others see the result, if it differs.
    pub(crate) variable: Option<String>,
    pub(crate) logic: Logic,
    pub(crate) required: Vec<String>,
    pub(crate) reads: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Logic {
    Table(Table),
    Literal(Expression),
}

/// Finds decisions by their ids.
pub trait Decisions {
    /// The decision of that id.
    fn get(&self, id: &str) -> Option<Arc<Decision>>;
}

impl Decisions for [Arc<Decision>] {
    fn get(&self, id: &str) -> Option<Arc<Decision>> {
        self.iter().find(|decision| decision.id == id).cloned()
    }
}

impl Decisions for Vec<Arc<Decision>> {
    fn get(&self, id: &str) -> Option<Arc<Decision>> {
        Decisions::get(self.as_slice(), id)
    }
}

impl Decisions for BTreeMap<String, Arc<Decision>> {
    fn get(&self, id: &str) -> Option<Arc<Decision>> {
        BTreeMap::get(self, id).cloned()
    }
}

/// For decisions that require none.
impl Decisions for () {
    fn get(&self, _: &str) -> Option<Arc<Decision>> {
        None
    }
}

impl Decision {
    /// The `id` in the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The `name` in the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The variables that its own expressions read, sorted, without the results of required decisions.
    pub fn reads(&self) -> &[String] {
        &self.reads
    }

    /// The ids of the decisions whose results it uses.
    pub fn required_decisions(&self) -> &[String] {
        &self.required
    }

    /// Evaluates what is required and then the decision itself. Each result is a variable under the decision's id, its name and
    /// the name of its variable element for the decisions that come after.
    pub fn evaluate(
        &self,
        requirements: &dyn Decisions,
        variables: &dyn Variables,
        environment: &Environment,
    ) -> Result<Outcome, DecisionError> {
        let mut run = Run {
            requirements,
            variables,
            environment,
            results: Context::new(),
            decisions: Vec::new(),
            warnings: Vec::new(),
        };
        let value = run.decide(self, 0)?;
        Ok(Outcome {
            value,
            decisions: run.decisions,
            warnings: run.warnings,
        })
    }

    /// The names under which the result is known to the decisions that require it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [
            Some(self.id.as_str()),
            Some(self.name.as_str()),
            self.variable.as_deref(),
        ]
        .into_iter()
        .flatten()
    }
}

/// One evaluation of a graph under way.
struct Run<'a> {
    requirements: &'a dyn Decisions,
    variables: &'a dyn Variables,
    environment: &'a Environment,
    results: Context,
    decisions: Vec<Evaluated>,
    warnings: Vec<Warning>,
}

impl Run<'_> {
    fn decide(&mut self, decision: &Decision, chain: usize) -> Result<Value, DecisionError> {
        if chain > MAX_CHAIN {
            return Err(DecisionError::Circle {
                decision: decision.name.clone(),
            });
        }
        for id in &decision.required {
            if self
                .decisions
                .iter()
                .any(|evaluated| evaluated.decision_id == *id)
            {
                continue;
            }
            let required = self
                .requirements
                .get(id)
                .ok_or_else(|| DecisionError::Missing {
                    decision: decision.name.clone(),
                    required: id.clone(),
                })?;
            let value = self.decide(&required, chain + 1)?;
            for name in required.names() {
                self.results.insert(name, value.clone());
            }
        }
        let results = self.results.clone();
        let variables: (&Context, &dyn Variables) = (&results, self.variables);
        let mut scope = Scope {
            decision,
            variables: &variables,
            environment: self.environment,
            warnings: &mut self.warnings,
        };
        let (inputs, matched_rules, value) = match &decision.logic {
            Logic::Table(table) => table.evaluate(&mut scope)?,
            Logic::Literal(expression) => {
                let read = expression
                    .reads()
                    .iter()
                    .map(|name| (name.clone(), variables.get(name).unwrap_or_default()));
                (
                    read.collect(),
                    Vec::new(),
                    scope.value(expression, || "the expression".into())?,
                )
            }
        };
        self.decisions.push(Evaluated {
            decision_id: decision.id.clone(),
            decision_name: decision.name.clone(),
            inputs: inputs
                .into_iter()
                .map(|(label, value)| (label, value.into_json_like()))
                .collect(),
            matched_rules,
            output: value.clone().into_json_like(),
        });
        Ok(value)
    }
}

/// What the expressions of one decision see, and where their warnings go.
pub(crate) struct Scope<'a> {
    pub(crate) decision: &'a Decision,
    pub(crate) variables: &'a dyn Variables,
    pub(crate) environment: &'a Environment,
    warnings: &'a mut Vec<Warning>,
}

impl Scope<'_> {
    /// The value of an expression; its warnings are kept with their place.
    pub(crate) fn value(
        &mut self,
        expression: &Expression,
        place: impl Fn() -> String,
    ) -> Result<Value, DecisionError> {
        let evaluation = expression.evaluate(self.variables, self.environment);
        self.kept(evaluation, place)
    }

    /// The value of an evaluation, its warnings kept. A limit that was passed ends the decision.
    pub(crate) fn kept(
        &mut self,
        evaluation: Evaluation,
        place: impl Fn() -> String,
    ) -> Result<Value, DecisionError> {
        for warning in evaluation.warnings {
            if warning.reason == Reason::Limit {
                let decision = self.decision.name.clone();
                return Err(DecisionError::Limit {
                    decision,
                    place: place(),
                    message: warning.message,
                });
            }
            self.warn(warning, &place);
        }
        Ok(evaluation.value)
    }

    pub(crate) fn warn(&mut self, warning: feel::Warning, place: &dyn Fn() -> String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning {
                decision_id: self.decision.id.clone(),
                place: place(),
                warning,
            });
        }
    }
}
