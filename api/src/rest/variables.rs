//! Variables as the API takes and gives them: JSON objects.

use feel::{Context, Value as FeelValue};
use serde_json::{Map, Value, json};

use crate::error::Error;

/// What came with a request; nothing where nothing came.
pub(super) fn variables(json: Option<Value>) -> Result<Context, Error> {
    match json.map(FeelValue::from_json) {
        None | Some(FeelValue::Null) => Ok(Context::default()),
        Some(FeelValue::Context(context)) => Ok(context),
        Some(_) => Err(Error::Invalid("variables is an object.".into())),
    }
}

/// Those that were asked for by name; all of them where no name was given.
pub(super) fn chosen(variables: &Context, names: Option<&[String]>) -> Value {
    let wanted = |name: &str| {
        names.is_none_or(|names| names.is_empty() || names.iter().any(|asked| asked == name))
    };
    let chosen: Map<String, Value> = variables
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_string(), json!(value)))
        .collect();
    Value::Object(chosen)
}
