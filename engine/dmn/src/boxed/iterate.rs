//! Boxed `for`, `some`, `every` and filters.

use super::{Boxed, Iteration, no_boolean};
use crate::DecisionError;
use crate::scope::Scope;
use feel::{Context, Expression, Reason, Value};
use std::sync::{Arc, LazyLock};

/// Counts through whatever FEEL can iterate over.
static ITEMS: LazyLock<Expression> = LazyLock::new(|| {
    Expression::compile("for item in source return item").expect("it is right as it stands")
});

/// The item at a position.
static AT: LazyLock<Expression> =
    LazyLock::new(|| Expression::compile("list[at]").expect("it is right as it stands"));

/// The items of a source; `None` where it has none, which has been noted.
fn items(source: &Boxed, scope: &mut Scope<'_>) -> Result<Option<Arc<Vec<Value>>>, DecisionError> {
    let value = source.evaluate(scope)?;
    if let Value::List(items) = value {
        return Ok(Some(items));
    }
    let variables = Context::from([("source", value)]);
    let world = scope.world;
    let evaluation = ITEMS.evaluate_within(&variables, world.environment, world.budget);
    match scope.kept(evaluation, || source.place.clone())? {
        Value::List(items) => Ok(Some(items)),
        _ => Ok(None),
    }
}

/// Runs a turn for every item with the variable set to it, until a turn says `false`.
fn each(
    iteration: &Iteration,
    items: &[Value],
    scope: &mut Scope<'_>,
    turn: &mut dyn FnMut(&mut Scope<'_>) -> Result<bool, DecisionError>,
) -> Result<(), DecisionError> {
    let outside = scope.locals.clone();
    let mut outcome = Ok(());
    for item in items {
        scope.locals.insert(&*iteration.variable, item.clone());
        match turn(scope) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    scope.locals = outside;
    outcome
}

pub(super) fn for_each(
    iteration: &Iteration,
    scope: &mut Scope<'_>,
) -> Result<Value, DecisionError> {
    let Some(items) = items(&iteration.source, scope)? else {
        return Ok(Value::Null);
    };
    let mut results: Arc<Vec<Value>> = Arc::default();
    let limits = scope.world.environment.limits;
    let most = limits.list_items;
    each(iteration, &items, scope, &mut |scope| {
        if results.len() >= most {
            let message =
                format!("the limit `list_items` was passed: at most {most} items in a list");
            return Err(scope.limit(iteration.body.place.clone(), message));
        }
        scope.locals.insert("partial", Value::List(results.clone()));
        let value = iteration.body.evaluate(scope)?;
        scope.locals.insert("partial", Value::Null);
        // Who keeps the results so far makes them be copied.
        let copied = if Arc::strong_count(&results) > 1 {
            results.len()
        } else {
            0
        };
        if !scope.world.budget.charge(copied as u64, &limits) {
            let message = format!(
                "the limit `steps` was passed: at most {} steps",
                limits.steps
            );
            return Err(scope.limit(iteration.body.place.clone(), message));
        }
        Arc::make_mut(&mut results).push(value);
        Ok(true)
    })?;
    Ok(Value::List(results))
}

/// `some` is decided by the first true, `every` by the first false; what is neither leaves it open.
pub(super) fn quantified(
    iteration: &Iteration,
    scope: &mut Scope<'_>,
    decides: bool,
) -> Result<Value, DecisionError> {
    let Some(items) = items(&iteration.source, scope)? else {
        return Ok(Value::Null);
    };
    let mut answer = Value::Boolean(!decides);
    each(iteration, &items, scope, &mut |scope| {
        match iteration.body.evaluate(scope)? {
            Value::Boolean(holds) if holds == decides => answer = decides.into(),
            Value::Boolean(_) => return Ok(true),
            Value::Null => {
                answer = Value::Null;
                return Ok(true);
            }
            other => answer = no_boolean(&iteration.body, &other, scope),
        }
        Ok(false)
    })?;
    Ok(answer)
}

/// The items for which the condition is true, or the one at the position that it names. It sees the item and its entries.
pub(super) fn filter(
    source: &Boxed,
    condition: &Boxed,
    scope: &mut Scope<'_>,
) -> Result<Value, DecisionError> {
    let items = match source.evaluate(scope)? {
        Value::List(items) => items,
        Value::Null => {
            let message = "null has no items".into();
            scope.note(Reason::TypeMismatch, message, &|| source.place.clone());
            return Ok(Value::Null);
        }
        single => Arc::new(vec![single]),
    };
    let outside = scope.locals.clone();
    let mut kept = Vec::new();
    for item in items.iter() {
        let mut locals = outside.clone();
        if let Value::Context(entries) = item {
            locals.merge(entries);
        }
        locals.insert("item", item.clone());
        scope.locals = locals;
        let holds = condition.evaluate(scope);
        scope.locals = outside.clone();
        match holds? {
            Value::Boolean(true) => kept.push(item.clone()),
            Value::Number(at) => {
                let variables = Context::from([
                    ("list", Value::List(items.clone())),
                    ("at", Value::Number(at)),
                ]);
                let world = scope.world;
                let evaluation = AT.evaluate_within(&variables, world.environment, world.budget);
                return scope.kept(evaluation, || condition.place.clone());
            }
            Value::Boolean(false) | Value::Null => {}
            other => return Ok(no_boolean(condition, &other, scope)),
        }
    }
    Ok(kept.into())
}
