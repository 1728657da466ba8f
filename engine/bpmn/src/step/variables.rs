//! Variables: how expressions see them, how mappings and results set them.
//!
//! The rules are zeebe's. Input mappings make variables of the visit itself. Results (of a task, a job,
//! a script ...) go to where a variable of the name already exists, seen from the visit, else to the
//! instance; but where the element has output mappings, results stay in the visit and only what the
//! mappings say goes on, seen from the scope around it. Models of other engines may say that results go there all the
//! same (`caseway:results`). What goes to a data store is an output mapping too. Under the name `caseway` expressions see what the engine knows of the instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::{Context, Evaluation, Expression, Reason, Value, Variables};

use super::stores::check_stored;
use super::{At, Failure, Stepper};
use crate::definition::Mapping;
use crate::limits::{STATE_BYTES_MAX, VARIABLE_BYTES_MAX, VARIABLE_DEPTH_MAX};
use crate::size::{bytes, is_within_depth};
use crate::text::Text;
use crate::{IncidentKind, Key, ProcessInstance, Record, Rejection};

/// What expressions of a visit see.
pub(crate) struct Visible<'a> {
    instance: &'a ProcessInstance,
    scope: Key,
    /// What the mappings before this one have made.
    mapped: &'a BTreeMap<Arc<str>, Value>,
}

impl Variables for Visible<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let mapped = self.mapped.get(name);
        let variable = mapped
            .or_else(|| self.instance.visible_variable(self.scope, name))
            .cloned();
        variable.or_else(|| {
            if name == ENGINE {
                return Some(about(self.instance));
            }
            let count = self.instance.loop_count(self.scope, name)?;
            Some(Value::from(i64::from(count)))
        })
    }
}

/// The name under which expressions see what the engine knows of their instance.
pub(crate) const ENGINE: &str = "caseway";

/// `{ instanceKey: "1048576", businessId: "CASE-1" }`
fn about(instance: &ProcessInstance) -> Value {
    let mut known = Context::default();
    known.insert("instanceKey", Value::from(instance.key().to_string()));
    let business_id = instance.business_id().map_or(Value::Null, Value::from);
    known.insert("businessId", business_id);
    Value::Context(known)
}

/// What mappings have made.
struct Mapped {
    variables: BTreeMap<Arc<str>, Value>,
    stores: BTreeMap<Arc<str>, Value>,
}

impl<'a> Stepper<'a> {
    /// What expressions see in a scope.
    pub(crate) fn visible(&self, scope: Key) -> Visible<'_> {
        static NOTHING: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        self.visible_with(scope, &NOTHING)
    }

    /// The same, and before it what is given here.
    pub(crate) fn visible_with<'v>(
        &'v self,
        scope: Key,
        mapped: &'v BTreeMap<Arc<str>, Value>,
    ) -> Visible<'v> {
        Visible {
            instance: self.instance,
            scope,
            mapped,
        }
    }

    /// The value of an expression in a scope; null where it cannot be computed, with the reasons.
    pub(crate) fn evaluate(
        &self,
        expression: &Expression,
        scope: Key,
    ) -> Result<Evaluation, Failure> {
        self.evaluate_in(expression, &self.visible(scope))
    }

    /// The same for a condition that is looked at again and again: that something is missing yet is no news.
    pub(super) fn evaluate_quietly(
        &self,
        expression: &Expression,
        scope: Key,
    ) -> Result<Evaluation, Failure> {
        let variables = self.visible(scope);
        within_limits(
            expression,
            expression.evaluate(&variables, &self.environment),
        )
    }

    /// Whether a condition is true. `whose` completes "The condition ... gives null where true or false is needed".
    pub(crate) fn holds(
        &self,
        condition: &Expression,
        variables: &Visible<'_>,
        whose: impl Fn() -> String,
    ) -> Result<bool, Failure> {
        let evaluation = self.evaluate_in(condition, variables)?;
        if let Value::Boolean(answer) = evaluation.value {
            return Ok(answer);
        }
        Err(Failure::expression(format!(
            "The condition `{}` {} gives {} where true or false is needed{}",
            condition.text(),
            whose(),
            evaluation.value.kind(),
            reasons(&evaluation)
        )))
    }

    /// The value of a text in a scope.
    pub(crate) fn value(&self, text: &Text, scope: Key) -> Result<Value, Failure> {
        match text {
            Text::Literal(text) => Ok(Value::String(text.clone())),
            Text::Feel(expression) => Ok(self.evaluate(expression, scope)?.value),
        }
    }

    /// The value of a text that must give one. `what` completes "... gives null".
    pub(crate) fn required(&self, text: &Text, scope: Key, what: &str) -> Result<Value, Failure> {
        let Text::Feel(expression) = text else {
            return self.value(text, scope);
        };
        let evaluation = self.evaluate(expression, scope)?;
        if evaluation.value.is_null() {
            let reasons = reasons(&evaluation);
            let text = expression.text();
            return Err(Failure::expression(format!(
                "{what} `{text}` gives null{reasons}"
            )));
        }
        Ok(evaluation.value)
    }

    /// A text that must give a plain text, such as a name.
    pub(crate) fn required_text(
        &self,
        text: &Text,
        scope: Key,
        what: &str,
    ) -> Result<String, Failure> {
        let value = self.required(text, scope, what)?;
        crate::text::plain_text(&value).ok_or_else(|| {
            Failure::expression(format!(
                "{what} `{}` gives a {} where a text is needed",
                text.written(),
                value.kind()
            ))
        })
    }

    /// Evaluates, and keeps what went wrong. In a strict process that is a failure.
    fn evaluate_in(
        &self,
        expression: &Expression,
        variables: &dyn Variables,
    ) -> Result<Evaluation, Failure> {
        let evaluation = expression.evaluate(variables, &self.environment);
        let evaluation = within_limits(expression, evaluation)?;
        let Some(warning) = evaluation.warnings.first() else {
            return Ok(evaluation);
        };
        let text = expression.text();
        let failure = Failure::expression(format!(
            "The expression `{text}`: {warning} (the process is strict)"
        ));
        self.warned.note(text, &evaluation.warnings);
        if self.definition.is_strict() {
            return Err(failure);
        }
        Ok(evaluation)
    }

    /// The input mappings of a visit, all or none.
    pub(super) fn set_inputs(&mut self, at: At<'_>) -> Result<(), Failure> {
        let mapped = self.map(&at.node.inputs, at.key, at.key)?;
        for (name, value) in mapped.variables {
            self.set(at.key, name, value);
        }
        Ok(())
    }

    /// The output mappings of a visit, all or none.
    pub(super) fn set_outputs(&mut self, at: At<'_>) -> Result<(), Failure> {
        let from = self.outputs_from(at.key);
        let mapped = self.map(&at.node.outputs, at.key, from)?;
        for (name, value) in mapped.variables {
            let scope = self.instance.scope_of_variable(from, &name);
            self.set(scope, name, value);
        }
        for (store, value) in mapped.stores {
            self.write_store(at.key, store, value);
        }
        Ok(())
    }

    /// From where what a visit gives looks for its variables: the scope around it. An item of a loop sets its own
    /// variables first, so that they can be its result.
    pub(super) fn outputs_from(&self, visit: Key) -> Key {
        match self.instance.elements().get(&visit) {
            Some(element) if element.item().is_none() => element.scope(),
            Some(_) | None => visit,
        }
    }

    /// Evaluates mappings one after another; each sees what those before it have made.
    /// `base` is where the rest of a variable is found that is set only in part.
    fn map(&self, mappings: &[Mapping], scope: Key, base: Key) -> Result<Mapped, Failure> {
        let mut stores = BTreeMap::new();
        let mut mapped = BTreeMap::new();
        for mapping in mappings {
            let value = match &mapping.source {
                Text::Literal(text) => Value::String(text.clone()),
                Text::Feel(expression) => {
                    let before = self.with_stores(&mapping.stores, &mapped);
                    let visible = self.visible_with(scope, &before);
                    self.evaluate_in(expression, &visible)?.value
                }
            };
            let value = value.into_json_like();
            if mapping.writes_store {
                check_stored(&mapping.target[0], &value)?;
                stores.insert(mapping.target[0].clone(), value);
                continue;
            }
            check_variable(&mapping.target[0], &value, self.instance.bytes())?;
            let [name, path @ ..] = &mapping.target[..] else {
                continue;
            };
            let value = if path.is_empty() {
                value
            } else {
                let whole = mapped
                    .get(name)
                    .or_else(|| self.instance.visible_variable(base, name));
                put(whole, path, value)
            };
            mapped.insert(name.clone(), value);
        }
        Ok(Mapped {
            variables: mapped,
            stores,
        })
    }

    /// Sets the results of a visit, where its element's mappings want them.
    pub(crate) fn set_results(&mut self, at: At<'_>, results: &Context) -> Result<(), Failure> {
        for (name, value) in results.iter() {
            self.set_result(at, name.into(), value.clone())?;
        }
        Ok(())
    }

    /// Sets one result of a visit.
    pub(crate) fn set_result(
        &mut self,
        at: At<'_>,
        name: Arc<str>,
        value: Value,
    ) -> Result<(), Failure> {
        let value = value.into_json_like();
        check_variable(&name, &value, self.instance.bytes())?;
        let scope = if at.node.outputs.is_empty() || at.node.results_rise {
            self.instance.scope_of_variable(at.key, &name)
        } else {
            at.key
        };
        self.set(scope, name, value);
        Ok(())
    }

    /// The data of the process, but what is given; an expression that fails gives null.
    pub(super) fn set_data(&mut self, given: &Context) {
        let key = self.instance.key();
        for data in &self.definition.data {
            let name = data.target[0].clone();
            if given.get(&name).is_none() {
                let value = self.value(&data.source, key);
                self.set(key, name, value.unwrap_or(Value::Null));
            }
        }
    }

    /// Sets variables in a scope itself.
    pub(crate) fn set_all(&mut self, scope: Key, variables: &Context) {
        for (name, value) in variables.iter() {
            self.set(scope, name.into(), value.clone());
        }
    }

    /// Sets variables where they exist, seen from a scope, else in the instance.
    pub(super) fn set_upward(&mut self, from: Key, variables: &Context) {
        for (name, value) in variables.iter() {
            let scope = self.instance.scope_of_variable(from, name);
            self.set(scope, name.into(), value.clone());
        }
    }

    /// Every variable is set here, as plain JSON.
    pub(super) fn set(&mut self, scope: Key, name: Arc<str>, value: Value) {
        let value = value.into_json_like();
        self.emit(Record::VariableSet { scope, name, value });
    }
}

/// Sets an entry inside a context, and makes the contexts on the way to it.
fn put(whole: Option<&Value>, path: &[Arc<str>], value: Value) -> Value {
    let [name, rest @ ..] = path else {
        return value;
    };
    let mut context = whole
        .and_then(Value::as_context)
        .cloned()
        .unwrap_or_default();
    let inner = put(context.get(name), rest, value);
    context.insert(&**name, inner);
    Value::Context(context)
}

/// Why a value is null, as the end of a sentence.
pub(crate) fn reasons(evaluation: &Evaluation) -> String {
    match &evaluation.warnings[..] {
        [] => String::new(),
        warnings => {
            let first: Vec<String> = warnings.iter().take(3).map(|w| w.message.clone()).collect();
            format!(": {}", first.join("; "))
        }
    }
}

fn within_limits(expression: &Expression, evaluation: Evaluation) -> Result<Evaluation, Failure> {
    let limit = evaluation
        .warnings
        .iter()
        .find(|warning| warning.reason == Reason::Limit);
    match limit {
        Some(warning) => Err(Failure::new(
            IncidentKind::Limit,
            format!(
                "The expression `{}`: {}",
                expression.text(),
                warning.message
            ),
        )),
        None => Ok(evaluation),
    }
}

/// Refuses a variable that is too large, alone or with the `present` bytes.
pub(super) fn check_variable(name: &str, value: &Value, present: usize) -> Result<(), Failure> {
    let size = bytes(value);
    let message = if !is_within_depth(value, VARIABLE_DEPTH_MAX) {
        format!(
            "The variable \"{name}\" would be nested deeper than {VARIABLE_DEPTH_MAX} levels (VARIABLE_DEPTH_MAX)"
        )
    } else if size > VARIABLE_BYTES_MAX {
        format!(
            "The variable \"{name}\" would be larger than {VARIABLE_BYTES_MAX} bytes (VARIABLE_BYTES_MAX)"
        )
    } else if present + size > STATE_BYTES_MAX {
        format!(
            "With \"{name}\" the variables of the instance would take more than {STATE_BYTES_MAX} bytes (STATE_BYTES_MAX)"
        )
    } else {
        return Ok(());
    };
    Err(Failure::new(IncidentKind::Limit, message))
}

/// Refuses variables from outside that are too large, alone or with the `present` bytes.
pub(super) fn check_size(variables: &Context, present: usize) -> Result<(), Rejection> {
    let mut total = present;
    for (name, value) in variables.iter() {
        let size = bytes(value);
        if size > VARIABLE_BYTES_MAX {
            let name = name.to_owned();
            return Err(Rejection::VariableTooLarge { name });
        }
        if !is_within_depth(value, VARIABLE_DEPTH_MAX) {
            let name = name.to_owned();
            return Err(Rejection::VariableTooDeep { name });
        }
        total += size;
    }
    if total > STATE_BYTES_MAX {
        return Err(Rejection::StateTooLarge);
    }
    Ok(())
}
