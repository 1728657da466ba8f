//! How large and how deep values are, for the limits.

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
        | Value::Far(_)
        | Value::DaysDuration(_)
        | Value::YearsDuration(_)
        | Value::Range(_)
        | Value::Function(_) => 8,
    }
}

/// Whether lists and contexts are nested no deeper than this.
pub(crate) fn is_within_depth(value: &Value, depth: usize) -> bool {
    let Some(inside) = depth.checked_sub(1) else {
        return value.as_list().is_none() && value.as_context().is_none();
    };
    if let Some(items) = value.as_list() {
        return items.iter().all(|item| is_within_depth(item, inside));
    }
    let mut entries = value
        .as_context()
        .into_iter()
        .flat_map(|context| context.iter());
    entries.all(|(_, value)| is_within_depth(value, inside))
}
