//! Lists.

use super::{Builtin, function};
use crate::evaluate::{Call, Outcome, Stop, equal, order, sorted};
use crate::{DaysDuration, Number, Value, YearsDuration};
use jiff::SignedDuration;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("count", &["list"], count),
    function("is empty", &["list"], is_empty),
    function("min", &["list..."], |call| extreme(call, Ordering::Less)),
    function("max", &["list..."], |call| extreme(call, Ordering::Greater)),
    function("sum", &["list..."], sum),
    function("product", &["list..."], product),
    function("mean", &["list..."], mean),
    function("median", &["list..."], median),
    function("stddev", &["list..."], stddev),
    function("mode", &["list..."], mode),
    function("list contains", &["list", "element"], list_contains),
    function("append", &["list", "item..."], append),
    function("concatenate", &["list..."], concatenate),
    function(
        "insert before",
        &["list", "position", "newItem"],
        insert_before,
    ),
    function("remove", &["list", "position"], remove),
    function(
        "list replace",
        &["list", "position", "newItem"],
        list_replace,
    ),
    function("list replace", &["list", "match", "newItem"], list_replace),
    function("reverse", &["list"], reverse),
    function("index of", &["list", "match"], index_of),
    function("union", &["list..."], union),
    function("distinct values", &["list"], distinct_values),
    function("duplicate values", &["list"], duplicate_values),
    function("flatten", &["list"], flatten),
    function("sort", &["list", "precedes?"], sort),
    function("sublist", &["list", "start position", "length?"], sublist),
    function("partition", &["list", "size"], partition),
];

fn count(call: &mut Call<'_, '_>) -> Outcome {
    Ok(call.list(0)?.len().into())
}

fn is_empty(call: &mut Call<'_, '_>) -> Outcome {
    Ok(call.list(0)?.is_empty().into())
}

fn extreme(call: &mut Call<'_, '_>, wanted: Ordering) -> Outcome {
    let items = call.items()?;
    call.evaluator.charge(call.at, items.len())?;
    let Some((first, rest)) = items.split_first() else {
        return Ok(Value::Null);
    };
    let mut best = first;
    // A single value is compared with itself, so that only what has an order is accepted.
    for item in std::iter::once(first).chain(rest) {
        match order(item, best, &call.evaluator.world) {
            Some(ordering) if ordering == wanted => best = item,
            Some(_) => {}
            None => return call.mismatch(0, "list of values that can be compared"),
        }
    }
    Ok(best.clone())
}

fn numbers(call: &mut Call<'_, '_>) -> Outcome<Vec<Number>> {
    let items = call.items()?;
    call.evaluator.charge(call.at, items.len())?;
    let numbers: Option<Vec<Number>> = items.iter().map(Value::as_number).collect();
    match numbers {
        Some(numbers) => Ok(numbers),
        None => call.mismatch(0, "list of numbers"),
    }
}

fn added(numbers: &[Number]) -> Option<Number> {
    numbers
        .iter()
        .try_fold(Number::ZERO, |sum, number| sum.checked_add(*number))
}

/// The sum of numbers, or of durations of one kind; null for an empty list.
fn sum(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.items()?;
    let result = match items.first() {
        Some(Value::DaysDuration(_)) => items
            .iter()
            .try_fold(SignedDuration::ZERO, |sum, item| match item {
                Value::DaysDuration(duration) => sum.checked_add(duration.0),
                _ => None,
            })
            .map(|sum| DaysDuration(sum).into()),
        Some(Value::YearsDuration(_)) => items
            .iter()
            .try_fold(0_i64, |sum, item| match item {
                Value::YearsDuration(duration) => sum.checked_add(duration.months),
                _ => None,
            })
            .map(|months| YearsDuration { months }.into()),
        _ => {
            call.arguments = vec![Value::List(items)];
            let numbers = numbers(call)?;
            if numbers.is_empty() {
                return Ok(Value::Null);
            }
            added(&numbers).map(Value::Number)
        }
    };
    number_or_null(call, result)
}

fn number_or_null(call: &mut Call<'_, '_>, result: Option<Value>) -> Outcome {
    match result {
        Some(value) => Ok(value),
        None => {
            call.invalid(|| "the items do not go together or the result is out of range".into())
        }
    }
}

fn product(call: &mut Call<'_, '_>) -> Outcome {
    let numbers = numbers(call)?;
    if numbers.is_empty() {
        return Ok(Value::Null);
    }
    let product = numbers
        .iter()
        .try_fold(Number::ONE, |product, number| product.checked_mul(*number));
    number_or_null(call, product.map(Value::Number))
}

fn average(numbers: &[Number]) -> Option<Number> {
    added(numbers)?.checked_div(numbers.len().into())
}

fn mean(call: &mut Call<'_, '_>) -> Outcome {
    let numbers = numbers(call)?;
    match numbers.is_empty() {
        true => Ok(Value::Null),
        false => number_or_null(call, average(&numbers).map(Value::Number)),
    }
}

fn median(call: &mut Call<'_, '_>) -> Outcome {
    let mut numbers = numbers(call)?;
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => Ok(Value::Null),
        odd if odd % 2 == 1 => Ok(numbers[middle].into()),
        _ => number_or_null(
            call,
            average(&numbers[middle - 1..=middle]).map(Value::Number),
        ),
    }
}

/// The standard deviation of a sample.
fn stddev(call: &mut Call<'_, '_>) -> Outcome {
    let numbers = numbers(call)?;
    if numbers.len() < 2 {
        return call.invalid(|| "at least two numbers are needed".into());
    }
    let deviation = || {
        let mean = average(&numbers)?;
        let squares: Option<Vec<Number>> = numbers
            .iter()
            .map(|number| {
                let difference = number.checked_sub(mean)?;
                difference.checked_mul(difference)
            })
            .collect();
        added(&squares?)?
            .checked_div((numbers.len() - 1).into())?
            .square_root()
    };
    let result = deviation();
    number_or_null(call, result.map(Value::Number))
}

/// The most frequent numbers, in ascending order.
fn mode(call: &mut Call<'_, '_>) -> Outcome {
    let mut numbers = numbers(call)?;
    numbers.sort_unstable();
    let runs: Vec<&[Number]> = numbers.chunk_by(|left, right| left == right).collect();
    let most = runs.iter().map(|run| run.len()).max().unwrap_or(0);
    Ok(runs
        .iter()
        .filter(|run| run.len() == most)
        .map(|run| Value::from(run[0]))
        .collect())
}

fn list_contains(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    call.evaluator.charge(call.at, items.len())?;
    let element = call.argument(1);
    Ok(items.iter().any(|item| same(call, item, element)).into())
}

fn same(call: &Call<'_, '_>, left: &Value, right: &Value) -> bool {
    equal(left, right, &call.evaluator.world) == Some(true)
}

fn append(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    call.evaluator
        .list_of(call.at, items.len() + call.arguments.len())?;
    let mut list = items.to_vec();
    list.extend(call.arguments.drain(1..));
    Ok(list.into())
}

/// The items of all lists together.
fn joined(call: &mut Call<'_, '_>) -> Outcome<Vec<Value>> {
    let mut joined = Vec::new();
    for index in 0..call.arguments.len() {
        let items = call.list(index)?;
        call.evaluator
            .list_of(call.at, joined.len() + items.len())?;
        joined.extend(items.iter().cloned());
    }
    Ok(joined)
}

fn concatenate(call: &mut Call<'_, '_>) -> Outcome {
    Ok(joined(call)?.into())
}

fn union(call: &mut Call<'_, '_>) -> Outcome {
    let joined = joined(call)?;
    distinct(call, &joined)
}

/// The place of a position that is counted from 1, or from the end if it is negative.
fn place(call: &mut Call<'_, '_>, length: usize) -> Outcome<usize> {
    let position = call.whole(1)?;
    let place = match position {
        1.. => usize::try_from(position - 1).ok(),
        0 => None,
        _ => usize::try_from(position.unsigned_abs())
            .ok()
            .and_then(|back| length.checked_sub(back)),
    };
    match place.filter(|place| *place < length) {
        Some(place) => Ok(place),
        None => call.invalid(|| format!("a list of {length} has no position {position}")),
    }
}

fn insert_before(call: &mut Call<'_, '_>) -> Outcome {
    let mut items = call.list(0)?.to_vec();
    let place = place(call, items.len())?;
    items.insert(place, call.argument(2).clone());
    call.made(items)
}

fn remove(call: &mut Call<'_, '_>) -> Outcome {
    let mut items = call.list(0)?.to_vec();
    let place = place(call, items.len())?;
    items.remove(place);
    call.made(items)
}

/// Replaces the item at a position, or all for which a function of the item and the new one says so.
fn list_replace(call: &mut Call<'_, '_>) -> Outcome {
    let mut items = call.list(0)?.to_vec();
    let new = call.argument(2).clone();
    let function = call.argument(1).clone();
    if !matches!(function, Value::Function(_)) {
        let place = place(call, items.len())?;
        items[place] = new;
        return call.made(items);
    }
    for item in &mut items {
        match call.invoke(&function, vec![item.clone(), new.clone()])? {
            Value::Boolean(true) => *item = new.clone(),
            Value::Boolean(false) => {}
            _ => return call.mismatch(1, "function that gives a boolean"),
        }
    }
    call.made(items)
}

fn reverse(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    call.made(items.iter().rev().cloned().collect())
}

fn index_of(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    call.evaluator.charge(call.at, items.len())?;
    let wanted = call.argument(1);
    let found = items
        .iter()
        .enumerate()
        .filter(|(_, item)| same(call, item, wanted));
    let positions: Vec<Value> = found.map(|(index, _)| Value::from(index + 1)).collect();
    call.made(positions)
}

fn distinct_values(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    distinct(call, &items)
}

fn distinct(call: &mut Call<'_, '_>, items: &[Value]) -> Outcome {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        // Every item is compared with all that are kept.
        call.evaluator.charge(call.at, kept.len() / 8 + 1)?;
        if !kept.iter().any(|known| same(call, known, item)) {
            kept.push(item.clone());
        }
    }
    call.made(kept)
}

fn duplicate_values(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    let mut twice: Vec<Value> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        call.evaluator.charge(call.at, items.len() / 8 + 1)?;
        let again = items[index + 1..]
            .iter()
            .any(|other| same(call, other, item));
        if again && !twice.iter().any(|known| same(call, known, item)) {
            twice.push(item.clone());
        }
    }
    call.made(twice)
}

fn flatten(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    let mut flat = Vec::new();
    let mut open = vec![items.as_slice()];
    while let Some(items) = open.pop() {
        let Some((first, rest)) = items.split_first() else {
            continue;
        };
        call.evaluator.charge(call.at, 1)?;
        open.push(rest);
        match first {
            Value::List(inner) => open.push(inner),
            other => flat.push(other.clone()),
        }
    }
    call.made(flat)
}

fn sort(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    call.evaluator.list_of(call.at, items.len())?;
    let function = call.argument(1).clone();
    let sorted = match function {
        Value::Null => sorted(&items, &mut |left, right| match order(
            left,
            right,
            &call.evaluator.world,
        ) {
            Some(ordering) => call.evaluator.charge(call.at, 1).map(|()| ordering.is_lt()),
            None => Err(Stop::Null),
        }),
        _ => sorted(&items, &mut |left, right| {
            let precedes = call.invoke(&function, vec![left.clone(), right.clone()])?;
            precedes.as_bool().ok_or(Stop::Null)
        }),
    };
    match sorted {
        Err(Stop::Null) if call.lacks(1) => call.mismatch(0, "list of values that can be compared"),
        Err(Stop::Null) => call.mismatch(1, "function that gives a boolean"),
        sorted => Ok(sorted?.into()),
    }
}

fn sublist(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    let start = place(call, items.len())?;
    let most = items.len() - start;
    let length = match call.lacks(2) {
        true => most,
        false => usize::try_from(call.whole(2)?).unwrap_or(0),
    };
    if length > most {
        return call.invalid(|| format!("there are only {most} items from there on"));
    }
    call.made(items[start..start + length].to_vec())
}

fn partition(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.list(0)?;
    match usize::try_from(call.whole(1)?) {
        Ok(size) if size > 0 => call.made(
            items
                .chunks(size)
                .map(|chunk| Value::from(chunk.to_vec()))
                .collect(),
        ),
        _ => call.invalid(|| "the size is at least 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn lists_are_counted_and_measured() {
        check("count([1, 2, 3])", "3");
        check("count([])", "0");
        check("count(null)", "null");
        check("is empty([])", "true");
        check("min([3, 1, 2])", "1");
        check("max(3, 1, 2)", "3");
        check(r#"max(["a", "c", "b"])"#, r#""c""#);
        check(r#"min([@"2026-03-02", @"2026-03-01"])"#, r#"@"2026-03-01""#);
        check("min([]) = null", "true");
        check(r#"max([1, "a"])"#, "null");
    }

    #[test]
    fn numbers_are_summed_up() {
        check("sum([1, 2, 3.5])", "6.5");
        check("sum(1, 2)", "3");
        check("sum([]) = null", "true");
        check(r#"sum([1, "2"])"#, "null");
        check(r#"sum([@"PT1H", @"PT2H"])"#, r#"@"PT3H""#);
        check("product([2, 3, 4])", "24");
        check("mean([1, 2, 3])", "2");
        check("median(8, 2, 5, 3, 4)", "4");
        check("median([6, 1, 2, 3])", "2.5");
        check(
            "stddev(2, 4, 7, 5) > 2.081 and stddev(2, 4, 7, 5) < 2.082",
            "true",
        );
        check("stddev([1])", "null");
        check("mode([6, 3, 9, 6, 6])", "[6]");
        check("mode([6, 1, 9, 6, 1])", "[1, 6]");
        check("mode([])", "[]");
    }

    #[test]
    fn lists_are_put_together_and_taken_apart() {
        check("list contains([1, 2], 2)", "true");
        check("list contains([1, null], null)", "true");
        check("append([1], 2, 3)", "[1, 2, 3]");
        check("concatenate([1, 2], [3])", "[1, 2, 3]");
        check("insert before([1, 3], 2, 2)", "[1, 2, 3]");
        check("insert before([1, 3], 5, 2)", "null");
        check("remove([1, 2, 3], -1)", "[1, 2]");
        check("list replace([2, 4], 1, 6)", "[6, 4]");
        check(
            "list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)",
            "[5, 5, 7, 8]",
        );
        check("reverse([1, 2, 3])", "[3, 2, 1]");
        check("index of([1, 2, 3, 2], 2)", "[2, 4]");
        check("union([1, 2], [2, 3])", "[1, 2, 3]");
        check("distinct values([1, 2, 3, 2, 1])", "[1, 2, 3]");
        check("duplicate values([1, 2, 3, 2, 1])", "[1, 2]");
        check("flatten([[1, 2], [[3]], 4])", "[1, 2, 3, 4]");
        check("sublist([4, 5, 6], 1, 2)", "[4, 5]");
        check("sublist([4, 5, 6], -2)", "[5, 6]");
        check("sublist([4, 5, 6], 2, 5)", "null");
        check("partition([1, 2, 3, 4, 5], 2)", "[[1, 2], [3, 4], [5]]");
        check("partition([1], 0)", "null");
    }

    #[test]
    fn sorting_takes_any_comparison_and_always_ends() {
        check("sort([3, 1, 2])", "[1, 2, 3]");
        check("sort([3, 1, 2], function(x, y) x > y)", "[3, 2, 1]");
        check(
            "sort(list: [1, 2], precedes: function(x, y) y < x)",
            "[2, 1]",
        );
        check("count(sort([1, 2, 3], function(x, y) true))", "3");
        check(r#"sort([1, "a"])"#, "null");
        check("sort([2, 1], function(x, y) 1)", "null");
        check(
            r#"sort([{a: 2}, {a: 1}], function(x, y) x.a < y.a)"#,
            "[{a: 1}, {a: 2}]",
        );
    }
}
