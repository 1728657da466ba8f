//! How points and ranges stand to each other (DMN 1.5, 10.3.4.10).

use super::{Builtin, function};
use crate::evaluate::{Call, Outcome, order};
use crate::parser;
use crate::syntax::{Form, Node};
use crate::{Value, Vocabulary};
use std::cmp::Ordering;
use std::ops::Bound;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("range", &["from"], range),
    function("before", &["value1", "value2"], |call| {
        related(call, before)
    }),
    function("after", &["value1", "value2"], |call| swapped(call, before)),
    function("meets", &["range1", "range2"], |call| related(call, meets)),
    function("met by", &["range1", "range2"], |call| swapped(call, meets)),
    function("overlaps", &["range1", "range2"], |call| {
        related(call, overlaps)
    }),
    function("overlaps before", &["range1", "range2"], |call| {
        related(call, overlaps_before)
    }),
    function("overlaps after", &["range1", "range2"], |call| {
        swapped(call, overlaps_before)
    }),
    function("finishes", &["value1", "range2"], |call| {
        related(call, finishes)
    }),
    function("finished by", &["range1", "value2"], |call| {
        swapped(call, finishes)
    }),
    function("includes", &["range", "value"], |call| {
        related(call, includes)
    }),
    function("during", &["value", "range"], |call| {
        swapped(call, includes)
    }),
    function("starts", &["value1", "range2"], |call| {
        related(call, starts)
    }),
    function("started by", &["range1", "value2"], |call| {
        swapped(call, starts)
    }),
    function("coincides", &["value1", "value2"], |call| {
        related(call, coincides)
    }),
];

/// The longest text of a range: two date-times with their zones. It bounds the stack that reading it needs on top of the running
/// expression.
const MAX_RANGE_BYTES: usize = 120;

/// `range("[1..10)")`: text to range. Its ends are literals, or made of literals by a function such as `date`.
fn range(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0)?;
    if text.len() > MAX_RANGE_BYTES {
        return call.invalid(|| format!("a range has at most {MAX_RANGE_BYTES} bytes"));
    }
    let parsed = parser::expression(&text, &Vocabulary::new()).ok();
    let read = match parsed.filter(|parsed| is_range_of_literals(&parsed.root)) {
        Some(parsed) => call.evaluator.value(&parsed.root)?,
        None => Value::Null,
    };
    match &read {
        Value::Range(range) if range.has_order(&call.evaluator.world) => Ok(read),
        Value::Range(_) => call.invalid(|| format!("{text} does not end after it begins")),
        _ => call.invalid(|| format!("\"{text}\" is no range in the form [1..10)")),
    }
}

fn is_range_of_literals(node: &Node) -> bool {
    const MADE: [&str; 4] = ["date", "time", "date and time", "duration"];
    let is_literal = |end: &Option<Node>| match end.as_ref().map(|node| &node.form) {
        None | Some(Form::Constant(_)) => true,
        Some(Form::Builtin(builtin, arguments, _)) => {
            MADE.contains(&builtin.name)
                && arguments.iter().all(|node| node.form.constant().is_some())
        }
        Some(_) => false,
    };
    match &node.form {
        Form::Constant(_) => true,
        Form::Range(ends) => is_literal(&ends.start) && is_literal(&ends.end),
        _ => false,
    }
}

/// A range, or a point as the range of itself alone.
#[derive(Clone)]
struct Span {
    start: Bound<Value>,
    end: Bound<Value>,
}

/// `None` where the ends cannot be compared.
type Relation = fn(&Span, &Span, &Compare<'_>) -> Option<bool>;

type Compare<'c> = dyn Fn(&Value, &Value) -> Option<Ordering> + 'c;

fn related(call: &mut Call<'_, '_>, relation: Relation) -> Outcome {
    let (first, second) = (span(call, 0)?, span(call, 1)?);
    decided(call, relation, &first, &second)
}

fn swapped(call: &mut Call<'_, '_>, relation: Relation) -> Outcome {
    let (first, second) = (span(call, 0)?, span(call, 1)?);
    decided(call, relation, &second, &first)
}

fn decided(call: &mut Call<'_, '_>, relation: Relation, first: &Span, second: &Span) -> Outcome {
    let compare = |left: &Value, right: &Value| order(left, right, &call.evaluator.world);
    match relation(first, second, &compare) {
        Some(holds) => Ok(holds.into()),
        None => call.mismatch(1, "value that can be compared with the other"),
    }
}

fn span(call: &mut Call<'_, '_>, index: usize) -> Outcome<Span> {
    match call.argument(index) {
        Value::Null => call.mismatch(index, "range or point"),
        Value::Range(range) => Ok(Span {
            start: range.start.clone(),
            end: range.end.clone(),
        }),
        point => Ok(Span {
            start: Bound::Included(point.clone()),
            end: Bound::Included(point.clone()),
        }),
    }
}

/// How an end of one stands to a start of another; `Equal` only if both belong to their ranges.
fn end_to_start(
    end: &Bound<Value>,
    start: &Bound<Value>,
    compare: &Compare<'_>,
) -> Option<Ordering> {
    match (end, start) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => Some(Ordering::Greater),
        (Bound::Included(end), Bound::Included(start)) => compare(end, start),
        (
            Bound::Included(end) | Bound::Excluded(end),
            Bound::Included(start) | Bound::Excluded(start),
        ) => compare(end, start).map(|ordering| {
            if ordering.is_gt() {
                ordering
            } else {
                Ordering::Less
            }
        }),
    }
}

/// Which of two starts comes first.
fn starts_order(
    left: &Bound<Value>,
    right: &Bound<Value>,
    compare: &Compare<'_>,
) -> Option<Ordering> {
    ends(left, right, Ordering::Less, compare)
}

/// Which of two ends comes first.
fn ends_order(
    left: &Bound<Value>,
    right: &Bound<Value>,
    compare: &Compare<'_>,
) -> Option<Ordering> {
    ends(left, right, Ordering::Greater, compare)
}

/// `outward` is where a bound lies that is open, or that includes its value where the other does not.
fn ends(
    left: &Bound<Value>,
    right: &Bound<Value>,
    outward: Ordering,
    compare: &Compare<'_>,
) -> Option<Ordering> {
    match (left, right) {
        (Bound::Unbounded, Bound::Unbounded) => Some(Ordering::Equal),
        (Bound::Unbounded, _) => Some(outward),
        (_, Bound::Unbounded) => Some(outward.reverse()),
        (Bound::Included(a), Bound::Excluded(b)) => {
            compare(a, b).map(|ordering| ordering.then(outward))
        }
        (Bound::Excluded(a), Bound::Included(b)) => {
            compare(a, b).map(|ordering| ordering.then(outward.reverse()))
        }
        (Bound::Included(a), Bound::Included(b)) | (Bound::Excluded(a), Bound::Excluded(b)) => {
            compare(a, b)
        }
    }
}

fn before(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    end_to_start(&first.end, &second.start, compare).map(Ordering::is_lt)
}

fn meets(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    end_to_start(&first.end, &second.start, compare).map(Ordering::is_eq)
}

fn overlaps(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    Some(!before(first, second, compare)? && !before(second, first, compare)?)
}

fn overlaps_before(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    Some(
        overlaps(first, second, compare)?
            && starts_order(&first.start, &second.start, compare)?.is_lt()
            && ends_order(&first.end, &second.end, compare)?.is_le(),
    )
}

fn finishes(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    Some(
        ends_order(&first.end, &second.end, compare)?.is_eq()
            && starts_order(&first.start, &second.start, compare)?.is_ge(),
    )
}

fn includes(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    Some(
        starts_order(&first.start, &second.start, compare)?.is_le()
            && ends_order(&first.end, &second.end, compare)?.is_ge(),
    )
}

fn starts(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    Some(
        starts_order(&first.start, &second.start, compare)?.is_eq()
            && ends_order(&first.end, &second.end, compare)?.is_le(),
    )
}

fn coincides(first: &Span, second: &Span, compare: &Compare<'_>) -> Option<bool> {
    Some(
        starts_order(&first.start, &second.start, compare)?.is_eq()
            && ends_order(&first.end, &second.end, compare)?.is_eq(),
    )
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn text_becomes_a_range() {
        check(r#"range("[1..10)")"#, "[1..10)");
        check(r#"range("(\"a\"..\"z\"]")"#, r#"("a".."z"]"#);
        check(r#"range("[@\"2026-03-02\"..]")"#, "null");
        check(r#"range("1 + 1")"#, "null");
        check("range(1)", "null");
    }

    #[test]
    fn points_and_ranges_stand_before_and_after_each_other() {
        check("before(1, 10)", "true");
        check("before([1..10], 10)", "false");
        check("before([1..10), 10)", "true");
        check("before([1..5], (5..10])", "true");
        check("after(12, [1..10])", "true");
        check("meets([1..5], [5..10])", "true");
        check("meets([1..5), [5..10])", "false");
        check("met by([5..10], [1..5])", "true");
        check(r#"before(1, "a")"#, "null");
    }

    #[test]
    fn ranges_cover_each_other_whole_or_in_part() {
        check("overlaps([1..5], [3..8])", "true");
        check("overlaps([1..5), [5..8])", "false");
        check("overlaps before([1..5], [3..8])", "true");
        check("overlaps before([3..8], [1..5])", "false");
        check("overlaps after([3..8], [1..5])", "true");
        check("includes([1..10], 5)", "true");
        check("includes([1..10), 10)", "false");
        check("includes([1..10], (1..10))", "true");
        check("during(5, [1..10])", "true");
        check("starts([1..5], [1..10])", "true");
        check("started by([1..10], 1)", "true");
        check("finishes(10, [1..10])", "true");
        check("finished by([1..10], [5..10])", "true");
        check("coincides([1..5], [1..5])", "true");
        check("coincides([1..5], [1..5))", "false");
    }
}
