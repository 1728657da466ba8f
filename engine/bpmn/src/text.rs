//! Texts of a model that are literal or, after `=`, FEEL.

use std::sync::Arc;

use feel::{Expression, Value};

/// A text of the model: what it says, or what its expression gives.
#[derive(Debug, Clone)]
pub enum Text {
    /// The text itself.
    Literal(Arc<str>),
    /// A FEEL expression.
    Feel(Expression),
}

impl Text {
    /// The literal text; `None` for an expression.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Text::Literal(text) => Some(text),
            Text::Feel(_) => None,
        }
    }

    /// The text as it is written in the model.
    pub fn written(&self) -> String {
        match self {
            Text::Literal(text) => text.to_string(),
            Text::Feel(expression) => format!("={}", expression.text()),
        }
    }
}

/// A value as a plain text: strings as they are, numbers and booleans as written.
pub(crate) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Boolean(boolean) => Some(boolean.to_string()),
        Value::Null
        | Value::List(_)
        | Value::Context(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Far(_)
        | Value::DaysDuration(_)
        | Value::YearsDuration(_)
        | Value::Range(_)
        | Value::Function(_) => None,
    }
}

/// Texts separated by commas, without the blanks around them.
pub(crate) fn split_commas(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
