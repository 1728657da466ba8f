//! `for`, `some`, `every`, and sorting.

use super::{Evaluator, Outcome, with_article};
use crate::syntax::{Iteration, Node};
use crate::{Number, Position, Range, Reason, Value};
use jiff::civil::Date;
use std::ops::Bound;
use std::sync::Arc;

/// What an iterator runs over; ranges are counted, never written out.
enum Sequence {
    Items(Arc<Vec<Value>>),
    Numbers {
        from: i64,
        step: i64,
        length: usize,
    },
    Days {
        from: Date,
        step: i64,
        length: usize,
    },
}

impl Sequence {
    fn len(&self) -> usize {
        match self {
            Sequence::Items(items) => items.len(),
            Sequence::Numbers { length, .. } | Sequence::Days { length, .. } => *length,
        }
    }

    fn get(&self, index: usize) -> Value {
        let offset = i64::try_from(index).unwrap_or(i64::MAX);
        match self {
            Sequence::Items(items) => items[index].clone(),
            Sequence::Numbers { from, step, .. } => (from + step * offset).into(),
            Sequence::Days { from, step, .. } => from
                .checked_add(jiff::Span::new().days(step * offset))
                .ok()
                .into(),
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn for_loop(
        &mut self,
        at: Position,
        iterations: &[Iteration],
        body: &Node,
        reads_partial: bool,
    ) -> Outcome {
        let mut results: Arc<Vec<Value>> = Arc::default();
        self.each(iterations, &mut |evaluator| {
            let partial = if reads_partial {
                Value::List(results.clone())
            } else {
                Value::Null
            };
            evaluator.locals.push(partial);
            let value = evaluator.value(body);
            evaluator.locals.pop();
            let value = value?;
            if reads_partial {
                // Results that hold earlier results grow with every turn.
                evaluator.storable(at, value.clone())?;
                if Arc::strong_count(&results) > 1 {
                    evaluator.charge(at, results.len())?;
                }
            }
            let most = evaluator.limits().list_items;
            if results.len() >= most {
                return evaluator
                    .limit(at, "list_items", most as u64, "items in a list")
                    .map(|_| false);
            }
            Arc::make_mut(&mut results).push(value);
            Ok(true)
        })?;
        Ok(Value::List(results))
    }

    /// `some` is decided by the first true, `every` by the first false; what is neither leaves it open.
    pub(super) fn quantified(
        &mut self,
        iterations: &[Iteration],
        condition: &Node,
        decides: bool,
    ) -> Outcome {
        let mut unknown = false;
        let undecided = self.each(iterations, &mut |evaluator| {
            let value = evaluator.value(condition)?;
            unknown |= value.as_bool().is_none();
            Ok(value.as_bool() != Some(decides))
        })?;
        Ok(match (undecided, unknown) {
            (false, _) => decides.into(),
            (true, true) => Value::Null,
            (true, false) => (!decides).into(),
        })
    }

    /// Runs a turn for every combination of the iterators' values, the last iterator fastest, until a turn says `false`.
    fn each(
        &mut self,
        iterations: &[Iteration],
        turn: &mut dyn FnMut(&mut Self) -> Outcome<bool>,
    ) -> Outcome<bool> {
        let Some((first, rest)) = iterations.split_first() else {
            return turn(self);
        };
        let sequence = self.sequence(first)?;
        for index in 0..sequence.len() {
            self.locals.push(sequence.get(index));
            let goes_on = self.each(rest, turn);
            self.locals.pop();
            if !goes_on? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn sequence(&mut self, iteration: &Iteration) -> Outcome<Sequence> {
        let at = iteration.source.at;
        let source = self.value(&iteration.source)?;
        let Some(to) = &iteration.to else {
            return match source {
                Value::List(items) => Ok(Sequence::Items(items)),
                Value::Range(range) => self.counted_range(at, &range),
                Value::Null => self.null(at, Reason::TypeMismatch, || {
                    "null cannot be iterated over".into()
                }),
                single => Ok(Sequence::Items(Arc::new(vec![single]))),
            };
        };
        let to = self.value(to)?;
        self.counted(at, &source, &to, true)
    }

    fn counted_range(&mut self, at: Position, range: &Range) -> Outcome<Sequence> {
        if range.is_reversed(&self.world) {
            return self.null(at, Reason::InvalidValue, || {
                format!("the range {range} ends before it begins")
            });
        }
        let (Some(from), Some(to)) = (closed(&range.start, 1), closed(&range.end, -1)) else {
            return self.null(at, Reason::TypeMismatch, || {
                format!("the range {range} cannot be counted through")
            });
        };
        self.counted(at, &from, &to, false)
    }

    fn counted(
        &mut self,
        at: Position,
        from: &Value,
        to: &Value,
        downwards: bool,
    ) -> Outcome<Sequence> {
        let ends = match (from, to) {
            (Value::Number(from), Value::Number(to)) => from.to_i64().zip(to.to_i64()),
            (Value::Date(from), Value::Date(to)) => Some((0, (*to - *from).get_days().into())),
            _ => None,
        };
        let Some((first, last)) = ends else {
            return self.null(at, Reason::TypeMismatch, || {
                let (from, to) = (with_article(from), with_article(to));
                format!(
                    "only whole numbers and dates can be counted through, not from {from} to {to}"
                )
            });
        };
        let step = if first <= last { 1 } else { -1 };
        let length = if step == 1 || downwards {
            first.abs_diff(last).saturating_add(1)
        } else {
            0
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match from {
            Value::Date(from) => Ok(Sequence::Days {
                from: *from,
                step,
                length,
            }),
            _ => Ok(Sequence::Numbers {
                from: first,
                step,
                length,
            }),
        }
    }
}

/// The first or last value inside a range of whole numbers or dates.
fn closed(end: &Bound<Value>, inwards: i64) -> Option<Value> {
    match end {
        Bound::Included(value) => Some(value.clone()),
        Bound::Excluded(Value::Number(number)) => {
            number.checked_add(Number::from(inwards)).map(Value::Number)
        }
        Bound::Excluded(Value::Date(date)) => date
            .checked_add(jiff::Span::new().days(inwards))
            .ok()
            .map(Value::Date),
        Bound::Excluded(_) | Bound::Unbounded => None,
    }
}

/// Sorts with a comparison that may fail or contradict itself: a merge sort, which ends in any case. `precedes(a, b)` says
/// whether `a` must stand before `b`.
pub(crate) fn sorted(
    items: &[Value],
    precedes: &mut dyn FnMut(&Value, &Value) -> Outcome<bool>,
) -> Outcome<Vec<Value>> {
    if items.len() < 2 {
        return Ok(items.to_vec());
    }
    let (left, right) = items.split_at(items.len() / 2);
    let left = sorted(left, precedes)?;
    let right = sorted(right, precedes)?;
    let mut merged = Vec::with_capacity(items.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        // Equal items keep their order: the right one goes first only if it must.
        let from_right = precedes(b, a)?;
        merged.extend(if from_right {
            right.next()
        } else {
            left.next()
        });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
