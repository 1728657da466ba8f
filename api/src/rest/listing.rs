//! Searches among items that are read whole, because one index or the catalog gives them: those of one instance, or all that
//! is deployed. Here filters have all their operators, and every field that is known can be sorted by.

use crate::error::Error;
use crate::rest::like::is_like;
use crate::rest::search::{self, Search};
use bpmn::Key;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The most values in one `$in` or `$notIn`.
const CHOICES_MAX: usize = 1_000;
/// The longest pattern of a `$like`, in letters.
const PATTERN_MAX: usize = 200;

/// The fields of a filter, as they came.
pub(super) type Filters = Map<String, Value>;

/// What is listed, and what is known of its fields.
pub(super) struct Listing {
    /// The word for messages: `Variables`.
    pub(super) things: &'static str,
    /// The fields of an item that can be filtered and sorted by.
    pub(super) fields: &'static [(&'static str, Kind)],
    /// The field that no two items share; it orders what is equal otherwise.
    pub(super) key: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Key,
    Number,
    Time,
    Flag,
    /// One of these words; capital letters do not count.
    Word(&'static [&'static str]),
}

/// A value that can be compared: of an item, or of a filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Operand {
    Number(i64),
    Text(String),
}

#[derive(Debug)]
enum Test {
    /// It is one of these.
    In(Vec<Operand>),
    NotIn(Vec<Operand>),
    Exists(bool),
    Like(String),
    /// It compares with the value in one of these ways.
    Is(&'static [Ordering], Operand),
}

impl Listing {
    /// The page that was asked for, and how many fit in all.
    ///
    /// # Errors
    /// Names the filter, operator or field to sort by that is not known.
    pub(super) fn select(
        &self,
        mut items: Vec<Value>,
        asked: &Search<Filters>,
    ) -> Result<(Vec<Value>, u64), Error> {
        let (limit, from) = asked.window()?;
        for (name, filter) in asked.filter.iter().flatten() {
            let kind = self.kind(name)?;
            let tests = tests(kind, name, filter)?;
            items.retain(|item| {
                let value = operand(kind, &item[name.as_str()]);
                tests.iter().all(|test| test.fits(value.as_ref()))
            });
        }
        let mut order = Vec::new();
        for sort in &asked.sort {
            order.push((sort.field.as_str(), sort.descending()));
        }
        order.push((self.key, false));
        // The last field first: sorting keeps the order of what is equal.
        for (field, descending) in order.into_iter().rev() {
            let known = self.fields.iter().find(|(known, _)| *known == field);
            let (_, kind) = known.ok_or_else(|| {
                Error::Invalid(format!("{} cannot be sorted by {field}.", self.things))
            })?;
            items.sort_by(|one, other| {
                let by = |item: &Value| operand(*kind, &item[field]);
                let rising = by(one).cmp(&by(other));
                if descending { rising.reverse() } else { rising }
            });
        }
        let total = items.len() as u64;
        let page = items.into_iter().skip(from as usize).take(limit as usize);
        Ok((page.collect(), total))
    }

    fn kind(&self, name: &str) -> Result<Kind, Error> {
        let known = self.fields.iter().find(|(field, _)| *field == name);
        known.map(|(_, kind)| *kind).ok_or_else(|| {
            let names: Vec<&str> = self.fields.iter().map(|(field, _)| *field).collect();
            Error::Invalid(format!(
                "{} cannot be filtered by {name}; the fields are {}.",
                self.things,
                names.join(", ")
            ))
        })
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

impl Test {
    fn fits(&self, value: Option<&Operand>) -> bool {
        match (self, value) {
            (Test::In(wanted), value) => value.is_some_and(|value| wanted.contains(value)),
            (Test::NotIn(unwanted), value) => value.is_none_or(|value| !unwanted.contains(value)),
            (Test::Exists(wanted), value) => value.is_some() == *wanted,
            (Test::Like(pattern), Some(Operand::Text(text))) => is_like(text, pattern),
            (Test::Is(ways, limit), Some(value)) => ways.contains(&value.cmp(limit)),
            (Test::Like(_), Some(Operand::Number(_)) | None) | (Test::Is(..), None) => false,
        }
    }
}

fn tests(kind: Kind, name: &str, filter: &Value) -> Result<Vec<Test>, Error> {
    match filter {
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
        "$like" if matches!(kind, Kind::Text | Kind::Word(_)) => {
            let pattern = value
                .as_str()
                .filter(|pattern| pattern.chars().count() <= PATTERN_MAX);
            pattern
                .map(|pattern| Test::Like(pattern.to_owned()))
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
            Kind::Word(words) => format!("one of {}", words.join(", ")),
        };
        Error::Invalid(format!("filter.{name} is {rule}."))
    })
}

/// `None` where there is no value, or none of this kind.
fn operand(kind: Kind, value: &Value) -> Option<Operand> {
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
        Kind::Flag => value.as_bool().map(|yes| Operand::Number(yes.into())),
        Kind::Word(words) => {
            let word = value.as_str()?;
            let known = words.iter().find(|known| known.eq_ignore_ascii_case(word));
            known.map(|known| Operand::Text((*known).to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CHILDREN: Listing = Listing {
        things: "Children",
        fields: &[
            ("key", Kind::Key),
            ("name", Kind::Text),
            ("age", Kind::Number),
            ("seen", Kind::Time),
            ("open", Kind::Flag),
            ("state", Kind::Word(&["ACTIVE", "CLOSED"])),
        ],
        key: "key",
    };

    fn search(asked: Value) -> Result<(Vec<Value>, u64), String> {
        let asked: Search<Filters> = serde_json::from_value(asked).unwrap();
        let items = vec![
            json!({ "key": "3", "name": "Amina", "age": 4, "seen": "2026-03-02T06:00:00Z", "open": true, "state": "ACTIVE" }),
            json!({ "key": "1", "name": "Joseph", "age": 9, "seen": null, "open": false, "state": "CLOSED" }),
            json!({ "key": "2", "name": "Amos", "age": 9, "seen": "2026-03-03T06:00:00Z", "open": true, "state": "CLOSED" }),
        ];
        let found = CHILDREN.select(items, &asked);
        found
            .map(|(items, total)| {
                (
                    items.into_iter().map(|item| item["name"].clone()).collect(),
                    total,
                )
            })
            .map_err(|problem| problem.to_string())
    }

    #[track_caller]
    fn check(filter: Value, expected: &[&str]) {
        let found = search(json!({ "filter": filter }));
        let expected: Vec<Value> = expected.iter().map(|name| json!(name)).collect();
        let total = expected.len() as u64;
        assert_eq!(found, Ok((expected, total)), "{filter}");
    }

    #[test]
    fn filters_have_all_their_operators() {
        check(json!({}), &["Joseph", "Amos", "Amina"]);
        check(json!({ "name": "Amos" }), &["Amos"]);
        check(json!({ "name": null }), &["Joseph", "Amos", "Amina"]);
        check(json!({ "name": { "$like": "Am*" } }), &["Amos", "Amina"]);
        check(
            json!({ "name": { "$in": ["Amos", "Joseph"], "$neq": "Amos" } }),
            &["Joseph"],
        );
        check(json!({ "key": { "$notIn": ["1", 2] } }), &["Amina"]);
        check(
            json!({ "age": { "$gt": 4, "$lte": 9 } }),
            &["Joseph", "Amos"],
        );
        check(
            json!({ "seen": { "$gte": "2026-03-02T07:00:00+01:00" } }),
            &["Amos", "Amina"],
        );
        check(json!({ "seen": { "$exists": false } }), &["Joseph"]);
        check(json!({ "open": true, "state": "closed" }), &["Amos"]);
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (asked, named) in [
            (
                json!({ "filter": { "colour": "red" } }),
                "Children cannot be filtered by colour",
            ),
            (
                json!({ "filter": { "name": { "$near": "A" } } }),
                "filter.name does not know the operator $near",
            ),
            (json!({ "filter": { "name": { "$gt": "A" } } }), "$gt"),
            (
                json!({ "filter": { "age": "old" } }),
                "filter.age is a whole number",
            ),
            (
                json!({ "filter": { "state": "GONE" } }),
                "one of ACTIVE, CLOSED",
            ),
            (json!({ "filter": { "key": "x" } }), "filter.key is a key"),
            (
                json!({ "sort": [{ "field": "colour" }] }),
                "cannot be sorted by colour",
            ),
        ] {
            let refused = search(asked.clone()).unwrap_err();
            assert!(refused.contains(named), "{asked}: {refused}");
        }
    }

    #[test]
    fn pages_are_sorted_and_ties_broken_by_key() {
        let names = |asked| {
            let (items, total) = search(asked).unwrap();
            assert_eq!(total, 3);
            items
        };
        let by_age = json!({ "sort": [{ "field": "age", "order": "desc" }] });
        assert_eq!(names(by_age), ["Joseph", "Amos", "Amina"]);
        let by_both = json!({ "sort": [{ "field": "age" }, { "field": "name" }], "page": { "from": 1, "limit": 1 } });
        assert_eq!(names(by_both), ["Amos"]);
    }
}
