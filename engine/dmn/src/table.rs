//! Decision tables: which rules match, and what the hit policy makes of them (DMN 1.5, chapter 8).

use crate::DecisionError;
use crate::decision::Scope;
use feel::{Context, Expression, Position, Reason, UnaryTests, Value};

/// A table that was read and checked.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) hit_policy: HitPolicy,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: Vec<Rule>,
}

/// What a table does when several rules match.
#[derive(Debug)]
pub(crate) enum HitPolicy {
    /// Only one may match.
    Unique,
    /// The first one in the order of the table counts.
    First,
    /// Several may match if their outputs are equal.
    Any,
    /// All that match, as a list in the order of the table.
    Collect,
    /// All that match, combined by a function of FEEL over the variable `outputs`.
    Aggregate(Expression),
}

/// A column that is tested.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) label: String,
    pub(crate) expression: Expression,
    /// The values that are foreseen.
    pub(crate) allowed: Option<UnaryTests>,
}

/// A column that is the result.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) allowed: Option<UnaryTests>,
    /// What the result is if no rule matches.
    pub(crate) default: Option<Expression>,
}

/// A row. A cell that says nothing is `None`: any input, or null.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) inputs: Vec<Option<UnaryTests>>,
    pub(crate) outputs: Vec<Option<Expression>>,
}

/// Inputs with their labels, matched rules from 1, result.
type Decided = (Vec<(String, Value)>, Vec<usize>, Value);

impl Table {
    pub(crate) fn evaluate(&self, scope: &mut Scope<'_>) -> Result<Decided, DecisionError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let place = || format!("input \"{}\"", input.label);
            let value = scope.value(&input.expression, place)?;
            check_allowed(scope, input.allowed.as_ref(), &value, &place)?;
            inputs.push((input.label.clone(), value));
        }
        let mut matched = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            if self.matches(scope, rule, index + 1, &inputs)? {
                matched.push(index + 1);
                if matches!(self.hit_policy, HitPolicy::First) {
                    break;
                }
            }
        }
        let value = self.result(scope, &matched)?;
        Ok((inputs, matched, value))
    }

    fn matches(
        &self,
        scope: &mut Scope<'_>,
        rule: &Rule,
        number: usize,
        inputs: &[(String, Value)],
    ) -> Result<bool, DecisionError> {
        for (tests, (label, value)) in rule.inputs.iter().zip(inputs) {
            let Some(tests) = tests else { continue };
            let mut evaluation = tests.test(value, scope.variables, scope.environment);
            if value.is_null() {
                // An input that is not known matches nothing but a test for null; that is no mishap of every single rule.
                evaluation
                    .warnings
                    .retain(|warning| warning.reason != Reason::TypeMismatch);
            }
            let passed = scope.kept(evaluation, || format!("rule {number}, input \"{label}\""))?;
            if passed != Value::Boolean(true) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn result(&self, scope: &mut Scope<'_>, matched: &[usize]) -> Result<Value, DecisionError> {
        let decision = || scope.decision.name().to_string();
        match &self.hit_policy {
            HitPolicy::Unique if matched.len() > 1 => Err(DecisionError::NotUnique {
                decision: decision(),
                rules: matched.to_vec(),
            }),
            _ if matched.is_empty() => self.without_match(scope),
            HitPolicy::Unique | HitPolicy::First => self.output(scope, matched[0]),
            HitPolicy::Any => {
                let first = self.output(scope, matched[0])?;
                for rule in &matched[1..] {
                    if self.output(scope, *rule)? != first {
                        let decision = scope.decision.name().to_string();
                        return Err(DecisionError::NotEqual {
                            decision,
                            rules: matched.to_vec(),
                        });
                    }
                }
                Ok(first)
            }
            HitPolicy::Collect => self.collected(scope, matched),
            HitPolicy::Aggregate(function) => {
                let outputs = self.collected(scope, matched)?;
                let variables = Context::from([("outputs", outputs)]);
                let evaluation = function.evaluate(&variables, scope.environment);
                scope.kept(evaluation, || "the aggregation".into())
            }
        }
    }

    fn collected(&self, scope: &mut Scope<'_>, matched: &[usize]) -> Result<Value, DecisionError> {
        let outputs: Result<Vec<Value>, DecisionError> = matched
            .iter()
            .map(|rule| self.output(scope, *rule))
            .collect();
        Ok(outputs?.into())
    }

    /// The output of a rule: a value, or a context where the table has several outputs.
    fn output(&self, scope: &mut Scope<'_>, number: usize) -> Result<Value, DecisionError> {
        let rule = &self.rules[number - 1];
        let mut values = Vec::with_capacity(self.outputs.len());
        for (output, entry) in self.outputs.iter().zip(&rule.outputs) {
            let place = || format!("rule {number}, output \"{}\"", output.name);
            let value = match entry {
                Some(expression) => scope.value(expression, place)?,
                None => Value::Null,
            };
            check_allowed(scope, output.allowed.as_ref(), &value, &place)?;
            values.push(value);
        }
        Ok(self.combined(values))
    }

    /// The defaults, if there are any. Without them a table that gives a list gives an empty one, a count is zero, and any other
    /// result is null.
    fn without_match(&self, scope: &mut Scope<'_>) -> Result<Value, DecisionError> {
        if self.outputs.iter().all(|output| output.default.is_none()) {
            return match &self.hit_policy {
                HitPolicy::Collect => Ok(Vec::new().into()),
                HitPolicy::Aggregate(function) if function.text().starts_with("count") => {
                    Ok(0_i64.into())
                }
                HitPolicy::Aggregate(_) | HitPolicy::Unique | HitPolicy::First | HitPolicy::Any => {
                    Ok(Value::Null)
                }
            };
        }
        let mut values = Vec::with_capacity(self.outputs.len());
        for output in &self.outputs {
            values.push(match &output.default {
                Some(expression) => scope.value(expression, || {
                    format!("the default of output \"{}\"", output.name)
                })?,
                None => Value::Null,
            });
        }
        let value = self.combined(values);
        Ok(if matches!(self.hit_policy, HitPolicy::Collect) {
            vec![value].into()
        } else {
            value
        })
    }

    fn combined(&self, mut values: Vec<Value>) -> Value {
        if let (1, Some(value)) = (
            self.outputs.len(),
            values.pop_if(|_| self.outputs.len() == 1),
        ) {
            return value;
        }
        let named: Context = self
            .outputs
            .iter()
            .map(|output| output.name.clone())
            .zip(values)
            .collect();
        named.into()
    }
}

/// A value that is not among the foreseen ones is used all the same, with a warning.
fn check_allowed(
    scope: &mut Scope<'_>,
    allowed: Option<&UnaryTests>,
    value: &Value,
    place: &dyn Fn() -> String,
) -> Result<(), DecisionError> {
    let Some(allowed) = allowed.filter(|_| !value.is_null()) else {
        return Ok(());
    };
    let evaluation = allowed.test(value, scope.variables, scope.environment);
    if scope.kept(evaluation, place)? == Value::Boolean(false) {
        let message = format!(
            "the value is not among those foreseen: {}",
            allowed.text().trim()
        );
        scope.warn(
            feel::Warning {
                position: Position::default(),
                reason: Reason::InvalidValue,
                message,
            },
            place,
        );
    }
    Ok(())
}
