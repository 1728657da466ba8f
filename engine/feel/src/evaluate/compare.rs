//! Equality and order.

use super::{Evaluator, Outcome, World, with_article};
use crate::syntax::{Comparison, Node};
use crate::{DateTime, Position, Reason, Time, Value};
use std::cmp::Ordering;

impl Evaluator<'_> {
    pub(super) fn compare(
        &mut self,
        at: Position,
        comparison: Comparison,
        left: &Node,
        right: &Node,
    ) -> Outcome {
        let left = self.value(left)?;
        let right = self.value(right)?;
        self.compare_values(at, comparison, &left, &right)
    }

    pub(super) fn compare_values(
        &mut self,
        at: Position,
        comparison: Comparison,
        left: &Value,
        right: &Value,
    ) -> Outcome {
        let holds = match comparison {
            Comparison::Equal => equal(left, right, &self.world),
            Comparison::NotEqual => equal(left, right, &self.world).map(|equal| !equal),
            Comparison::Less => order(left, right, &self.world).map(Ordering::is_lt),
            Comparison::LessOrEqual => order(left, right, &self.world).map(Ordering::is_le),
            Comparison::Greater => order(left, right, &self.world).map(Ordering::is_gt),
            Comparison::GreaterOrEqual => order(left, right, &self.world).map(Ordering::is_ge),
        };
        match holds {
            Some(holds) => Ok(holds.into()),
            None => self.null(at, Reason::TypeMismatch, || {
                format!(
                    "{} cannot be compared with {}",
                    with_article(left),
                    with_article(right)
                )
            }),
        }
    }

    pub(super) fn between(&mut self, at: Position, nodes: &[Node; 3]) -> Outcome {
        let [value, low, high] = nodes;
        let value = self.value(value)?;
        let low = self.value(low)?;
        let high = self.value(high)?;
        let above = self.compare_values(at, Comparison::GreaterOrEqual, &value, &low)?;
        let below = self.compare_values(at, Comparison::LessOrEqual, &value, &high)?;
        Ok((above == Value::Boolean(true) && below == Value::Boolean(true)).into())
    }
}

/// Whether two values are equal; `None` where their types do not go together. Only null is equal to null.
pub(crate) fn equal(left: &Value, right: &Value, world: &World<'_>) -> Option<bool> {
    match (left, right) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left == right),
        (Value::String(left), Value::String(right)) => Some(left == right),
        (Value::List(left), Value::List(right)) => {
            let same = left.len() == right.len();
            if same && !world.count(left.len() as u64) {
                return None;
            }
            Some(
                same && left
                    .iter()
                    .zip(right.iter())
                    .all(|(left, right)| equal(left, right, world) == Some(true)),
            )
        }
        (Value::Context(left), Value::Context(right)) => {
            let same = left.len() == right.len();
            if same && !world.count(left.len() as u64) {
                return None;
            }
            let mut pairs = left.iter().zip(right.iter());
            Some(
                same && pairs.all(|((a, left), (b, right))| {
                    a == b && equal(left, right, world) == Some(true)
                }),
            )
        }
        (Value::Range(left), Value::Range(right)) => Some(left == right),
        // A list of one item stands for the item.
        (Value::List(items), single) | (single, Value::List(items)) if items.len() == 1 => {
            equal(&items[0], single, world)
        }
        _ => order(left, right, world).map(Ordering::is_eq),
    }
}

/// How two values stand to each other; `None` where they cannot be ordered.
pub(crate) fn order(left: &Value, right: &Value, world: &World<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => times(left, right),
        (Value::DateTime(left), Value::DateTime(right)) => date_times(left, right, world),
        (Value::Far(left), Value::Far(right)) => left.order(right),
        (Value::Far(left), right) if left.kind() == right.kind() => Some(left.to_near()),
        (left, Value::Far(right)) if left.kind() == right.kind() => Some(right.to_near().reverse()),
        (Value::DaysDuration(left), Value::DaysDuration(right)) => Some(left.cmp(right)),
        (Value::YearsDuration(left), Value::YearsDuration(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn times(left: &Time, right: &Time) -> Option<Ordering> {
    match left.zone.is_some() == right.zone.is_some() {
        true => Some(millis(left.nanoseconds()).cmp(&millis(right.nanoseconds()))),
        false => None,
    }
}

/// Two local date-times are compared as they stand; beside one with a zone the local one is read in the environment's zone.
fn date_times(left: &DateTime, right: &DateTime, world: &World<'_>) -> Option<Ordering> {
    if left.zone.is_none() && right.zone.is_none() {
        let (left, right) = (left.date_time, right.date_time);
        let clock =
            |time: jiff::civil::Time| time.duration_since(jiff::civil::Time::MIN).as_millis();
        let days = left.date().cmp(&right.date());
        return Some(days.then_with(|| clock(left.time()).cmp(&clock(right.time()))));
    }
    let zone = &world.environment.zone;
    let (left, right) = (left.to_timestamp(zone)?, right.to_timestamp(zone)?);
    Some(left.as_millisecond().cmp(&right.as_millisecond()))
}

/// Times are equal if they are so to the millisecond, as the kit of the standard wants it.
fn millis(nanoseconds: i64) -> i64 {
    nanoseconds.div_euclid(1_000_000)
}
