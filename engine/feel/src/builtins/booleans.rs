//! Logic, and whether something is there.

use super::{Builtin, function};
use crate::Value;
use crate::evaluate::{Call, Outcome, equal};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("not", &["negand"], not),
    function("all", &["list..."], all),
    function("any", &["list..."], any),
    function("is defined", &["value"], is_defined).asking_for_presence(),
    function("get or else", &["value", "default"], get_or_else).asking_for_presence(),
    function("is", &["value1?", "value2?"], is),
];

fn not(call: &mut Call<'_, '_>) -> Outcome {
    match call.argument(0) {
        Value::Boolean(boolean) => Ok((!boolean).into()),
        Value::Null => Ok(Value::Null),
        _ => call.mismatch(0, "boolean"),
    }
}

fn all(call: &mut Call<'_, '_>) -> Outcome {
    decided(call, false)
}

fn any(call: &mut Call<'_, '_>) -> Outcome {
    decided(call, true)
}

/// The first item that decides wins; otherwise one that is no boolean leaves it open.
fn decided(call: &mut Call<'_, '_>, decides: bool) -> Outcome {
    let items = call.items()?;
    call.evaluator.charge(call.at, items.len())?;
    if items.iter().any(|item| item.as_bool() == Some(decides)) {
        return Ok(decides.into());
    }
    match items.iter().find(|item| item.as_bool().is_none()) {
        Some(Value::Null) => Ok(Value::Null),
        Some(_) => call.mismatch(0, "list of booleans"),
        None => Ok((!decides).into()),
    }
}

fn is_defined(call: &mut Call<'_, '_>) -> Outcome {
    Ok((!call.lacks(0)).into())
}

fn get_or_else(call: &mut Call<'_, '_>) -> Outcome {
    Ok(call.argument(if call.lacks(0) { 1 } else { 0 }).clone())
}

/// Equal and of the same type, where `=` would look through types.
fn is(call: &mut Call<'_, '_>) -> Outcome {
    let (left, right) = (call.argument(0), call.argument(1));
    let same = match (left, right) {
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::DateTime(left), Value::DateTime(right)) => left == right,
        _ => left.kind() == right.kind() && equal(left, right, &call.evaluator.world) == Some(true),
    };
    Ok(same.into())
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn negation_keeps_what_is_unknown() {
        check("not(true)", "false");
        check("not(null) = null", "true");
        check("not(1)", "null");
    }

    #[test]
    fn one_item_decides_all_and_any() {
        check("all([true, true])", "true");
        check("all([true, null, false])", "false");
        check("all([])", "true");
        check("all(true, true)", "true");
        check("any([false, true])", "true");
        check("any([false, null]) = null", "true");
        check("any([])", "false");
        check("any([1])", "null");
    }

    #[test]
    fn whether_something_is_there_can_be_asked() {
        check("is defined(1)", "true");
        check("is defined(missing)", "false");
        check("is defined(missing.entry)", "false");
        check("get or else(missing, 5)", "5");
        check("get or else({a: 1}.a, 5)", "1");
        check("get or else(value: missing, default: 2)", "2");
        check(r#"is(date("2026-01-01"), date("2026-01-01"))"#, "true");
        check(r#"is(@"09:00:00Z", @"10:00:00+01:00")"#, "false");
        check("is([1], 1)", "false");
    }
}
