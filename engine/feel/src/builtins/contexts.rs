//! Contexts.

use super::{Builtin, function};
use crate::evaluate::{Call, Outcome};
use crate::{Context, Value};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("get value", &["context", "key"], get_value),
    function("get value", &["m", "key"], get_value),
    function("get entries", &["context"], get_entries),
    function("get entries", &["m"], get_entries),
    function("context put", &["context", "keys", "value"], context_put),
    function("context put", &["context", "key", "value"], context_put_key),
    function("put", &["context", "key", "value"], context_put_key),
    function("put all", &["contexts..."], context_merge),
    function("context merge", &["contexts..."], context_merge),
    function("context", &["entries"], context),
];

/// The most keys of a path: as many as contexts may be nested.
const MAX_KEYS: usize = 64;

/// A key or a path of keys.
fn keys(call: &mut Call<'_, '_>) -> Outcome<Vec<Arc<str>>> {
    let keys: Option<Vec<Arc<str>>> = match call.argument(1) {
        Value::String(key) => Some(vec![key.clone()]),
        Value::List(keys) if !keys.is_empty() && keys.len() <= MAX_KEYS => keys
            .iter()
            .map(|key| {
                if let Value::String(key) = key {
                    Some(key.clone())
                } else {
                    None
                }
            })
            .collect(),
        _ => None,
    };
    match keys {
        Some(keys) => Ok(keys),
        None => call.mismatch(1, "string or list of strings"),
    }
}

fn get_value(call: &mut Call<'_, '_>) -> Outcome {
    let mut value = Value::Context(call.context(0)?);
    for key in keys(call)? {
        match value
            .as_context()
            .and_then(|context| context.get(&key))
            .cloned()
        {
            Some(entry) => value = entry,
            None => return call.invalid(|| format!("there is no entry `{key}`")),
        }
    }
    Ok(value)
}

fn get_entries(call: &mut Call<'_, '_>) -> Outcome {
    let context = call.context(0)?;
    let entry = |(key, value): (&str, &Value)| {
        Value::Context(Context::from([
            ("key", Value::from(key)),
            ("value", value.clone()),
        ]))
    };
    call.made(context.iter().map(entry).collect())
}

/// By name, a key is one key and no path.
fn context_put_key(call: &mut Call<'_, '_>) -> Outcome {
    match call.argument(1) {
        Value::String(_) => context_put(call),
        _ => call.mismatch(1, "string"),
    }
}

fn context_put(call: &mut Call<'_, '_>) -> Outcome {
    let context = call.context(0)?;
    let keys = keys(call)?;
    call.evaluator.list_of(call.at, context.len())?;
    match put(context, &keys, call.argument(2).clone()) {
        Some(context) => Ok(context.into()),
        None => call.invalid(|| "the keys lead to something that is no context".into()),
    }
}

fn put(mut context: Context, keys: &[Arc<str>], value: Value) -> Option<Context> {
    let (first, rest) = keys.split_first()?;
    let value = match rest.is_empty() {
        true => value,
        false => match context.get(first) {
            None | Some(Value::Null) => put(Context::new(), rest, value)?.into(),
            Some(inner) => put(inner.as_context()?.clone(), rest, value)?.into(),
        },
    };
    context.insert(&**first, value);
    Some(context)
}

fn context_merge(call: &mut Call<'_, '_>) -> Outcome {
    let contexts = call.items()?;
    let mut merged = Context::new();
    for context in contexts.iter() {
        let Some(context) = context.as_context() else {
            return call.mismatch(0, "list of contexts");
        };
        call.evaluator.list_of(call.at, context.len())?;
        merged.merge(context);
    }
    Ok(merged.into())
}

/// `context([{key: "a", value: 1}])`
fn context(call: &mut Call<'_, '_>) -> Outcome {
    let entries = call.list(0)?;
    let mut context = Context::new();
    for entry in entries.iter() {
        let parts = entry.as_context().and_then(|entry| {
            entry
                .get("key")
                .and_then(Value::as_str)
                .zip(entry.get("value"))
        });
        let Some((key, value)) = parts else {
            return call.mismatch(0, "list of contexts with key and value");
        };
        if context.insert(key, value.clone()).is_some() {
            return call.invalid(|| format!("the key `{key}` comes twice"));
        }
    }
    Ok(context.into())
}

#[cfg(test)]
mod tests {
    use crate::builtins::checks::check;

    #[test]
    fn entries_are_read() {
        check(r#"get value({a: 1}, "a")"#, "1");
        check(r#"get value({a: {b: 2}}, ["a", "b"])"#, "2");
        check(r#"get value({a: 1}, "b")"#, "null");
        check(
            r#"get entries({a: 1, b: "x"})"#,
            r#"[{key: "a", value: 1}, {key: "b", value: "x"}]"#,
        );
        check("get entries(1)", "null");
    }

    #[test]
    fn contexts_are_changed_by_making_new_ones() {
        check(r#"context put({a: 1}, "b", 2)"#, "{a: 1, b: 2}");
        check(r#"context put({a: {b: 1}}, ["a", "b"], 2)"#, "{a: {b: 2}}");
        check(r#"context put({}, ["a", "b"], 2)"#, "{a: {b: 2}}");
        check(
            r#"context put(context: {}, keys: ["a"], value: 2)"#,
            "{a: 2}",
        );
        check(r#"context put({a: 1}, ["a", "b"], 2)"#, "null");
        check("context merge([{a: 1, b: 1}, {b: 2}])", "{a: 1, b: 2}");
        check("context merge({a: 1}, {b: 2})", "{a: 1, b: 2}");
        check(r#"context([{key: "a", value: 1}])"#, "{a: 1}");
        check(
            r#"context([{key: "a", value: 1}, {key: "a", value: 2}])"#,
            "null",
        );
    }
}
