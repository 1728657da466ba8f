//! What tests let pass, as far as that is the same in every evaluation: what is checked of decision tables before they run.

use crate::syntax::{Comparison, Form, Node, Test};
use crate::value::range;
use crate::{Environment, Expression, Range, UnaryTests, Value};
use std::cmp::Ordering;
use std::ops::Bound;

/// The values that pass tests which compare with constants only.
#[derive(Debug, Clone, PartialEq)]
pub struct Passing {
    /// A value inside one of them passes. Null passes none.
    pub ranges: Vec<Range>,
    /// Whether it is the other way round.
    pub negated: bool,
}

impl UnaryTests {
    /// What passes; `None` where that depends on more than the tested value.
    pub fn passing(&self) -> Option<Passing> {
        let Form::Tests { tests, negated, .. } = &self.root().form else {
            return None;
        };
        let mut ranges = Vec::new();
        for test in tests {
            match test {
                Test::Any => ranges.push(between(Bound::Unbounded, Bound::Unbounded)),
                Test::Compare(comparison, node) => {
                    compared(*comparison, constant(node)?, &mut ranges)
                }
                Test::Value(node) => named(constant(node)?, &mut ranges)?,
                Test::Condition(_) => return None,
            }
        }
        Some(Passing {
            ranges,
            negated: *negated,
        })
    }
}

impl Expression {
    /// The value, if it is the same in every evaluation.
    pub fn constant(&self) -> Option<&Value> {
        self.root().form.constant()
    }
}

impl Value {
    /// How two values stand to each other; `None` where they cannot be ordered.
    pub fn compare(&self, other: &Value, environment: &Environment) -> Option<Ordering> {
        let budget = crate::Budget::default();
        let world = crate::evaluate::World {
            environment,
            budget: &budget,
        };
        match (self, other) {
            (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
            (left, right) => crate::evaluate::order(left, right, &world),
        }
    }
}

fn constant(node: &Node) -> Option<&Value> {
    node.form.constant()
}

fn between(start: Bound<Value>, end: Bound<Value>) -> Range {
    let form = range::Form::Ends;
    Range { start, end, form }
}

fn compared(comparison: Comparison, value: &Value, ranges: &mut Vec<Range>) {
    let open = Bound::Unbounded;
    let (included, excluded) = (
        Bound::Included(value.clone()),
        Bound::Excluded(value.clone()),
    );
    match comparison {
        Comparison::Equal => ranges.push(between(included.clone(), included)),
        Comparison::NotEqual => {
            ranges.push(between(open.clone(), excluded.clone()));
            ranges.push(between(excluded, open));
        }
        Comparison::Less => ranges.push(between(open, excluded)),
        Comparison::LessOrEqual => ranges.push(between(open, included)),
        Comparison::Greater => ranges.push(between(excluded, open)),
        Comparison::GreaterOrEqual => ranges.push(between(included, open)),
    }
}

/// A value, a range, or a list of both. What is compared with a list or a context is not looked at.
fn named(value: &Value, ranges: &mut Vec<Range>) -> Option<()> {
    let value = match value {
        Value::List(items) => {
            for item in items.iter() {
                if item.as_list().is_some() {
                    return None;
                }
                named(item, ranges)?;
            }
            return Some(());
        }
        Value::Range(range) => match (range.form, &range.start) {
            (range::Form::Ends, _) => {
                ranges.push((**range).clone());
                return Some(());
            }
            (range::Form::NotEqual, Bound::Included(value)) => {
                compared(Comparison::NotEqual, value, ranges);
                return Some(());
            }
            (range::Form::Equal, Bound::Included(value)) => value,
            (range::Form::Equal | range::Form::NotEqual, _) => return None,
        },
        value => value,
    };
    match value {
        Value::Null => {}
        Value::Context(_) | Value::Function(_) => return None,
        value => compared(Comparison::Equal, value, ranges),
    }
    Some(())
}
