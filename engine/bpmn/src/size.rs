//! How large values are, for the limits.

use feel::Value;

/// Approximate size of a value as JSON.
pub(crate) fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::List(items) => 2 + items.iter().map(|item| bytes(item) + 1).sum::<usize>(),
        Value::Context(context) => {
            let entries = context.iter();
            2 + entries
                .map(|(name, value)| name.len() + 4 + bytes(value))
                .sum::<usize>()
        }
        Value::Null
        | Value::Boolean(_)
        | Value::Number(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::DaysDuration(_)
        | Value::YearsDuration(_)
        | Value::Range(_)
        | Value::Function(_) => 8,
    }
}
