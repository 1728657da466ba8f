//! Whether a result is the expected one.

use feel::{Number, Value};

/// Equal; numbers up to one part in a hundred million, because the expected ones are rounded.
pub(crate) fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => close(*found, *expected),
        (Value::List(found), Value::List(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected.iter())
                    .all(|(found, expected)| same(found, expected))
        }
        (Value::Context(found), Value::Context(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected.iter())
                    .all(|((a, found), (b, expected))| a == b && same(found, expected))
        }
        (found, expected) => found == expected,
    }
}

fn close(found: Number, expected: Number) -> bool {
    if found == expected {
        return true;
    }
    let (found, expected) = (found.to_f64(), expected.to_f64());
    (found - expected).abs() <= expected.abs() * 1e-8
}
