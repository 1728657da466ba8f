//! Whether a value passes a test: `in`, and the cells of decision tables.

use super::{Evaluator, Outcome, Stop, World, equal};
use crate::syntax::{Node, Slot, Test};
use crate::{Position, Value};

impl Evaluator<'_> {
    pub(super) fn is_in(&mut self, at: Position, node: &Node, tests: &[Test]) -> Outcome {
        let value = self.value(node)?;
        self.any(at, &value, tests)
    }

    pub(super) fn tests(
        &mut self,
        at: Position,
        input: Slot,
        tests: &[Test],
        negated: bool,
    ) -> Outcome {
        let value = self.locals[self.base + input].clone();
        let passed = self.any(at, &value, tests)?;
        Ok(match passed.as_bool() {
            Some(passed) => (passed != negated).into(),
            None => Value::Null,
        })
    }

    /// Three-valued: one test that holds is enough, and one that cannot be decided leaves it open if no other holds.
    fn any(&mut self, at: Position, value: &Value, tests: &[Test]) -> Outcome {
        let mut unknown = false;
        for test in tests {
            match self.passes(at, value, test) {
                Ok(Value::Boolean(true)) => return Ok(true.into()),
                Ok(Value::Null) | Err(Stop::Null) => unknown = true,
                Ok(_) => {}
                Err(Stop::Limit) => return Err(Stop::Limit),
            }
        }
        Ok(if unknown { Value::Null } else { false.into() })
    }

    fn passes(&mut self, at: Position, value: &Value, test: &Test) -> Outcome {
        match test {
            Test::Any => Ok(true.into()),
            Test::Compare(comparison, node) => {
                let other = self.value(node)?;
                self.compare_values(at, *comparison, value, &other)
            }
            Test::Condition(node) => {
                let holds = self.value(node)?;
                match holds {
                    Value::Boolean(_) | Value::Null => Ok(holds),
                    // A test such as `[1..?]` is a set after all.
                    set => Ok(matches(value, &set, &self.world).into()),
                }
            }
            Test::Value(node) => {
                let set = self.value(node)?;
                self.charge(at, set.as_list().map_or(0, <[Value]>::len))?;
                Ok(matches(value, &set, &self.world).into())
            }
        }
    }
}

/// Whether a value is what a test names, or one of its items, or inside its range; `None` where that cannot be decided.
fn matches(value: &Value, set: &Value, world: &World<'_>) -> Option<bool> {
    match set {
        Value::Range(range) if value != set => range.contains(value, world),
        Value::List(items) => {
            let whole = equal(value, set, world) == Some(true);
            Some(whole || items.iter().any(|item| matches_item(value, item, world)))
        }
        // A condition that is true by itself holds for every input but a boolean one, which it is compared with.
        Value::Boolean(true) if value.as_bool().is_none() && !value.is_null() => Some(true),
        single => Some(equal(value, single, world) == Some(true)),
    }
}

fn matches_item(value: &Value, item: &Value, world: &World<'_>) -> bool {
    match item {
        Value::Range(range) => value == item || range.contains(value, world) == Some(true),
        item => equal(value, item, world) == Some(true),
    }
}
