//! Decision tables: which rules match, and what the hit policy makes of them (DMN 1.5, chapter 8).

use crate::scope::Scope;
use crate::{DecisionError, Sheet};
use feel::{Context, Expression, Reason, Type, UnaryTests, Value};

/// A table that was read and checked.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) hit_policy: HitPolicy,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: Vec<Rule>,
    /// The table as it was drawn.
    pub(crate) sheet: Sheet,
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
    /// The one whose outputs stand first in their lists of values.
    Priority,
    /// All that match, as a list in the order of the table.
    Collect,
    /// All that match, as a list in the order of the outputs' lists of values.
    OutputOrder,
    /// All that match, combined by a function of FEEL over the variable `outputs`.
    Aggregate(Expression),
}

/// A column that is tested.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) label: String,
    pub(crate) expression: Expression,
    pub(crate) kind: Type,
    /// The values that are foreseen.
    pub(crate) allowed: Option<UnaryTests>,
}

/// A column that is the result.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) allowed: Option<UnaryTests>,
    /// The foreseen values in their order, which is that of their priority.
    pub(crate) order: Vec<Value>,
    /// What the result is if no rule matches.
    pub(crate) default: Option<Expression>,
}

/// A row. A cell that says nothing is `None`: any input, or null.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) inputs: Vec<Option<UnaryTests>>,
    pub(crate) outputs: Vec<Option<Expression>>,
}

/// How a table has decided.
pub(crate) struct Decided {
    /// The inputs with their labels.
    pub(crate) inputs: Vec<(String, Value)>,
    /// The rules that matched, from 1, and the outputs of each.
    pub(crate) rules: Vec<(usize, Vec<Value>)>,
    pub(crate) value: Value,
}

impl Decided {
    /// What was decided without a table.
    pub(crate) fn by_value(inputs: Vec<(String, Value)>, value: Value) -> Decided {
        Decided {
            inputs,
            rules: Vec::new(),
            value,
        }
    }
}

impl Table {
    pub(crate) fn evaluate(&self, scope: &mut Scope<'_>) -> Result<Decided, DecisionError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let place = || format!("input \"{}\"", input.label);
            let value = input.kind.read(scope.value(&input.expression, place)?);
            let value = scope.typed(&input.kind, value, place);
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
        if matches!(self.hit_policy, HitPolicy::Unique) && matched.len() > 1 {
            return Err(DecisionError::NotUnique {
                decision: scope.owner.name.to_string(),
                rules: matched,
            });
        }
        let mut rules = Vec::with_capacity(matched.len());
        for number in matched {
            rules.push((number, self.outputs_of(scope, number)?));
        }
        let value = self.result(scope, &rules)?;
        Ok(Decided {
            inputs,
            rules,
            value,
        })
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
            let mut evaluation = scope.test(tests, value);
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

    fn result(
        &self,
        scope: &mut Scope<'_>,
        rules: &[(usize, Vec<Value>)],
    ) -> Result<Value, DecisionError> {
        let Some((_, first)) = rules.first() else {
            return self.without_match(scope);
        };
        match &self.hit_policy {
            HitPolicy::Unique | HitPolicy::First => Ok(self.combined(first.clone())),
            HitPolicy::Any if rules.iter().any(|(_, outputs)| outputs != first) => {
                Err(DecisionError::NotEqual {
                    decision: scope.owner.name.to_string(),
                    rules: rules.iter().map(|(number, _)| *number).collect(),
                })
            }
            HitPolicy::Any => Ok(self.combined(first.clone())),
            HitPolicy::Collect => Ok(self.collected(rules)),
            HitPolicy::Priority => Ok(self.ordered(rules).swap_remove(0)),
            HitPolicy::OutputOrder => Ok(self.ordered(rules).into()),
            HitPolicy::Aggregate(function) => {
                let variables = Context::from([("outputs", self.collected(rules))]);
                let world = scope.world;
                let evaluation =
                    function.evaluate_within(&variables, world.environment, world.budget);
                scope.kept(evaluation, || "the aggregation".into())
            }
        }
    }

    /// The outputs of the rules by the priority of their values: the first column counts most. What is not foreseen comes last.
    fn ordered(&self, rules: &[(usize, Vec<Value>)]) -> Vec<Value> {
        let rank = |(output, value): (&Output, &Value)| {
            let rank = output.order.iter().position(|known| known == value);
            rank.unwrap_or(output.order.len())
        };
        let mut ranked: Vec<(Vec<usize>, Value)> = rules
            .iter()
            .map(|(_, values)| {
                let ranks = self.outputs.iter().zip(values).map(rank).collect();
                (ranks, self.combined(values.clone()))
            })
            .collect();
        ranked.sort_by(|(left, _), (right, _)| left.cmp(right));
        ranked.into_iter().map(|(_, value)| value).collect()
    }

    fn collected(&self, rules: &[(usize, Vec<Value>)]) -> Value {
        let outputs = rules
            .iter()
            .map(|(_, values)| self.combined(values.clone()));
        outputs.collect::<Vec<Value>>().into()
    }

    fn outputs_of(
        &self,
        scope: &mut Scope<'_>,
        number: usize,
    ) -> Result<Vec<Value>, DecisionError> {
        let rule = &self.rules[number - 1];
        let mut values = Vec::with_capacity(self.outputs.len());
        for (output, entry) in self.outputs.iter().zip(&rule.outputs) {
            let place = || format!("rule {number}, output \"{}\"", output.name);
            let value = match entry {
                Some(expression) => scope.value(expression, place)?,
                None => Value::Null,
            };
            let value = scope.typed(&output.kind, value, place);
            check_allowed(scope, output.allowed.as_ref(), &value, &place)?;
            values.push(value);
        }
        Ok(values)
    }

    /// The defaults, if there are any. Without them a table that gives a list gives an empty one, a count is zero, and any other
    /// result is null.
    fn without_match(&self, scope: &mut Scope<'_>) -> Result<Value, DecisionError> {
        if self.outputs.iter().all(|output| output.default.is_none()) {
            return match &self.hit_policy {
                HitPolicy::Collect | HitPolicy::OutputOrder => Ok(Vec::new().into()),
                HitPolicy::Aggregate(function) if function.text().starts_with("count") => {
                    Ok(0_i64.into())
                }
                HitPolicy::Aggregate(_)
                | HitPolicy::Unique
                | HitPolicy::First
                | HitPolicy::Any
                | HitPolicy::Priority => Ok(Value::Null),
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
        Ok(match &self.hit_policy {
            HitPolicy::Collect | HitPolicy::OutputOrder => vec![value].into(),
            HitPolicy::Unique
            | HitPolicy::First
            | HitPolicy::Any
            | HitPolicy::Priority
            | HitPolicy::Aggregate(_) => value,
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
    let evaluation = scope.test(allowed, value);
    if scope.kept(evaluation, place)? == Value::Boolean(false) {
        let message = format!(
            "the value is not among those foreseen: {}",
            allowed.text().trim()
        );
        scope.note(Reason::InvalidValue, message, place);
    }
    Ok(())
}
