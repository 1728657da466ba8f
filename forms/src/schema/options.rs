//! Where the options of a select, radio or checklist come from.

use super::read::Reader;
use crate::json::{Located, Node, Object};
use crate::problem::Severity::{Error, Warning};
use feel::{Expression, Value};

/// `values`, `valuesKey` or `valuesExpression`.
#[derive(Clone, Debug)]
pub(crate) enum Options {
    Static(Vec<StaticOption>),
    /// A variable that holds a list.
    Variable(String),
    Expression(Expression),
}

/// One option of `values`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StaticOption {
    pub(crate) value: Value,
    pub(crate) label: String,
}

pub(super) fn read(reader: &mut Reader<'_, '_>, name: &str, object: &Object, at: usize) -> Options {
    let sources = ["values", "valuesKey", "valuesExpression"];
    let present: Vec<_> = sources
        .into_iter()
        .filter(|source| object.get(source).is_some())
        .collect();
    if present.len() > 1 {
        let message = format!(
            "has more than one source of options: {}.",
            present.join(", ")
        );
        reader
            .problems
            .add(Error, Some(name), at, message, "Keep one of them.");
    }
    if let Some(expression) = reader.expression(name, object, "valuesExpression") {
        return Options::Expression(expression);
    }
    if let Some(variable) = reader
        .text(name, object, "valuesKey")
        .filter(|variable| !variable.trim().is_empty())
    {
        return Options::Variable(variable);
    }
    let Some(values) = object.get("values") else {
        if present.is_empty() {
            let way_out = "Add `values`, `valuesKey` or `valuesExpression`.";
            reader
                .problems
                .add(Error, Some(name), at, "has no options.", way_out);
        }
        return Options::Static(Vec::new());
    };
    let Node::Array(items) = &values.node else {
        let message = format!("`values` is {}, not a list.", values.node.kind());
        reader.problems.add(
            Error,
            Some(name),
            values.offset,
            message,
            "Write a list of {label, value}.",
        );
        return Options::Static(Vec::new());
    };
    let mut options: Vec<StaticOption> = Vec::new();
    for item in items {
        let Some(option) = option(item) else {
            let way_out = "Write {\"label\": ..., \"value\": ...}.";
            reader.problems.add(
                Error,
                Some(name),
                item.offset,
                "an option has no value.",
                way_out,
            );
            continue;
        };
        if option.label.trim().is_empty() {
            reader.problems.add(
                Error,
                Some(name),
                item.offset,
                "an option has no label.",
                "Say what it means.",
            );
        }
        if options.iter().any(|other| other.value == option.value) {
            let message = format!(
                "the option value `{}` is there twice.",
                crate::words::value(&option.value)
            );
            reader.problems.add(
                Error,
                Some(name),
                item.offset,
                message,
                "Give each option its own value.",
            );
        }
        options.push(option);
    }
    if options.is_empty() {
        reader.problems.add(
            Warning,
            Some(name),
            values.offset,
            "has an empty list of options.",
            "Add options.",
        );
    }
    if options.len() > crate::limits::OPTIONS {
        let message = format!("has more than {} options.", crate::limits::OPTIONS);
        reader.problems.add(
            Error,
            Some(name),
            values.offset,
            message,
            "Split the question.",
        );
        options.truncate(crate::limits::OPTIONS);
    }
    Options::Static(options)
}

fn option(item: &Located) -> Option<StaticOption> {
    let Node::Object(object) = &item.node else {
        let value = scalar(&item.node)?;
        let label = crate::words::value(&value);
        return Some(StaticOption { value, label });
    };
    let value = scalar(&object.get("value")?.node)?;
    let label = match object.get("label").map(|label| &label.node) {
        Some(Node::String(label)) => label.clone(),
        _ => crate::words::value(&value),
    };
    Some(StaticOption { value, label })
}

fn scalar(node: &Node) -> Option<Value> {
    match node {
        Node::String(text) => Some(Value::from(text.clone())),
        Node::Boolean(value) => Some(Value::from(*value)),
        Node::Number(number) => Some(Value::from_json(serde_json::Value::Number(number.clone()))),
        Node::Null | Node::Array(_) | Node::Object(_) => None,
    }
}
