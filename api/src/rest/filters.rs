//! Filters of searches: fields, operators, values. What they come to is a [`Test`], for a list in memory or a table.

use crate::error::Error;
use crate::rest::search;
use crate::rest::table::Words;
use bpmn::Key;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use store::search::{Operand, Test};

/// The most values in one `$in` or `$notIn`.
const CHOICES_MAX: usize = 1_000;
/// The longest pattern of a `$like`, in letters.
const PATTERN_MAX: usize = 200;

/// The fields of a filter, as they came.
pub(super) type Filters = Map<String, Value>;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Key,
    Number,
    Time,
    Flag,
    /// A list of texts, all of which are wanted.
    Texts,
    /// One of these words; capital letters do not count.
    Word(&'static [&'static str]),
    /// The same, each with the words that stand for it in the database.
    Words(Words),
}

impl Kind {
    /// The JSON Schema of a value.
    pub(super) fn schema(self) -> Value {
        match self {
            Kind::Text => json!({ "type": "string" }),
            Kind::Key => json!({ "type": "string", "pattern": "^-?[0-9]{1,25}$" }),
            Kind::Number => json!({ "type": "integer" }),
            Kind::Time => json!({ "type": "string", "format": "date-time" }),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Kind::Word(words) => json!({ "type": "string", "enum": words }),
            Kind::Words(words) => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                json!({ "type": "string", "enum": words })
            }
        }
    }
}

/// The keys that a filter wants: one key, `$eq` or `$in`. `None` where it does not narrow to some keys.
pub(super) fn wanted_keys(
    filters: Option<&Filters>,
    name: &str,
) -> Result<Option<BTreeSet<Key>>, Error> {
    let one = |value: &Value| match value {
        Value::String(text) => search::key(text),
        Value::Number(number) => search::key(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(Error::Invalid(format!("filter.{name} is no key.")))
        }
    };
    let Some(filter) = filters.and_then(|filters| filters.get(name)) else {
        return Ok(None);
    };
    match filter {
        Value::Null => Ok(None),
        Value::Object(operators) => match (operators.get("$eq"), operators.get("$in")) {
            (Some(value), _) => one(value).map(|key| Some(BTreeSet::from([key]))),
            (None, Some(Value::Array(values))) => {
                values.iter().map(one).collect::<Result<_, _>>().map(Some)
            }
            (None, Some(_) | None) => Ok(None),
        },
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            one(filter).map(|key| Some(BTreeSet::from([key])))
        }
    }
}

/// The instances in which to look: the keys in these fields of a filter tell in which they were born. `None` where no field
/// narrows to some keys.
pub(super) fn named_instances(
    filters: Option<&Filters>,
    fields: &[&str],
) -> Result<Option<BTreeSet<Key>>, Error> {
    let mut named: Option<BTreeSet<Key>> = None;
    for field in fields {
        if let Some(keys) = wanted_keys(filters, field)? {
            let keys: BTreeSet<Key> = keys.into_iter().map(Key::instance).collect();
            named = Some(named.map_or_else(|| keys.clone(), |one| &one & &keys));
        }
    }
    Ok(named)
}

/// What a filter asks of its field.
pub(super) fn tests(kind: Kind, name: &str, filter: &Value) -> Result<Vec<Test>, Error> {
    match filter {
        Value::Array(texts) if matches!(kind, Kind::Texts) => texts
            .iter()
            .map(|text| Ok(Test::In(vec![asked(Kind::Text, name, text)?])))
            .collect(),
        Value::Null => Ok(Vec::new()),
        Value::Object(operators) => operators
            .iter()
            .map(|(operator, value)| test(kind, name, operator, value))
            .collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Ok(vec![Test::In(vec![asked(kind, name, filter)?])])
        }
    }
}

fn test(kind: Kind, name: &str, operator: &str, value: &Value) -> Result<Test, Error> {
    let unknown = || {
        let sentence =
            format!("filter.{name} does not know the operator {operator}, or not with this value.");
        Error::Invalid(sentence)
    };
    let some = || match value {
        Value::Array(values) if values.len() <= CHOICES_MAX => values
            .iter()
            .map(|value| asked(kind, name, value))
            .collect::<Result<Vec<_>, _>>(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => Err(unknown()),
    };
    let is_measured = matches!(kind, Kind::Number | Kind::Time);
    let limit = |ways| asked(kind, name, value).map(|limit| Test::Is(ways, limit));
    match operator {
        "$eq" => Ok(Test::In(vec![asked(kind, name, value)?])),
        "$neq" => Ok(Test::NotIn(vec![asked(kind, name, value)?])),
        "$in" => Ok(Test::In(some()?)),
        "$notIn" => Ok(Test::NotIn(some()?)),
        "$exists" => value.as_bool().map(Test::Exists).ok_or_else(unknown),
        "$like" if matches!(kind, Kind::Text | Kind::Word(_) | Kind::Words(_)) => {
            let pattern = value
                .as_str()
                .filter(|pattern| pattern.chars().count() <= PATTERN_MAX);
            pattern
                .map(|pattern| Test::Like(pattern.into()))
                .ok_or_else(unknown)
        }
        "$gt" if is_measured => limit(&[Ordering::Greater]),
        "$gte" if is_measured => limit(&[Ordering::Greater, Ordering::Equal]),
        "$lt" if is_measured => limit(&[Ordering::Less]),
        "$lte" if is_measured => limit(&[Ordering::Less, Ordering::Equal]),
        _ => Err(unknown()),
    }
}

/// A value that a filter names.
fn asked(kind: Kind, name: &str, value: &Value) -> Result<Operand, Error> {
    operand(kind, value).ok_or_else(|| {
        let rule = match kind {
            Kind::Text => "a text".to_owned(),
            Kind::Key => "a key, which is a decimal number".to_owned(),
            Kind::Number => "a whole number".to_owned(),
            Kind::Time => "a time such as 2026-03-02T06:00:00Z".to_owned(),
            Kind::Flag => "true or false".to_owned(),
            Kind::Texts => "a list of texts".to_owned(),
            Kind::Word(words) => format!("one of {}", words.join(", ")),
            Kind::Words(words) => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                format!("one of {}", words.join(", "))
            }
        };
        Error::Invalid(format!("filter.{name} is {rule}."))
    })
}

/// `None` where there is no value, or none of this kind.
pub(super) fn operand(kind: Kind, value: &Value) -> Option<Operand> {
    match kind {
        Kind::Text => value.as_str().map(|text| Operand::Text(text.to_owned())),
        Kind::Key => {
            let written = value.as_str().and_then(|text| text.parse().ok());
            written.or_else(|| value.as_i64()).map(Operand::Number)
        }
        Kind::Number => value.as_i64().map(Operand::Number),
        Kind::Time => {
            let time: Timestamp = value.as_str()?.parse().ok()?;
            Some(Operand::Number(time.as_microsecond()))
        }
        Kind::Texts => None,
        Kind::Flag => value.as_bool().map(|yes| Operand::Number(yes.into())),
        Kind::Word(words) => one_of(words.iter().copied(), value),
        Kind::Words(words) => one_of(words.iter().map(|(word, _)| *word), value),
    }
}

/// Refuses a filter that names more process instances than are looked through at once.
pub(super) fn at_most(instances: &BTreeSet<Key>, most: usize, things: &str) -> Result<(), Error> {
    if instances.len() <= most {
        return Ok(());
    }
    let rule = format!("{things} are listed of so many process instances at once");
    Err(Error::Invalid(format!("{rule}: {most}.")))
}

/// A word, as it is known.
fn one_of(mut words: impl Iterator<Item = &'static str>, value: &Value) -> Option<Operand> {
    let word = value.as_str()?;
    let known = words.find(|known| known.eq_ignore_ascii_case(word));
    known.map(|known| Operand::Text(known.to_owned()))
}

/// The failure for a field that is not known.
pub(super) fn unknown_field<'a>(
    things: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    let known: Vec<&str> = known.collect();
    Error::Invalid(format!(
        "{things} cannot be filtered by {name}; the fields are {}.",
        known.join(", ")
    ))
}
