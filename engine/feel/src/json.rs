//! Values as plain JSON, with serde and without.

use crate::{Context, Number, Value};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.to_i64(), self.to_u64()) {
            (Some(whole), _) => serializer.serialize_i64(whole),
            (None, Some(whole)) => serializer.serialize_u64(whole),
            (None, None) => serializer.serialize_f64(self.to_f64()),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        let value = Value::deserialize(deserializer)?;
        value.as_number().ok_or_else(|| {
            de::Error::custom(format_args!("expected a number, found {}", value.kind()))
        })
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Context, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let context = value.as_context().cloned();
        context.ok_or_else(|| {
            de::Error::custom(format_args!("expected an object, found {}", value.kind()))
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null | Value::Function(_) => serializer.serialize_unit(),
            Value::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Value::Context(context) => context.serialize(serializer),
            Value::DateTime(moment) => serializer.serialize_str(&moment.to_iso()),
            Value::Date(_)
            | Value::Time(_)
            | Value::Far(_)
            | Value::DaysDuration(_)
            | Value::YearsDuration(_)
            | Value::Range(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Plain { levels: LEVELS })
    }
}

/// Lists and objects in each other: what is deeper is refused, so that whatever was read can be written and read again inside
/// the documents of the engine (serde_json itself stops at 128).
pub(crate) const LEVELS: usize = 64;

/// Reads a value that may nest so many levels.
#[derive(Clone, Copy)]
struct Plain {
    levels: usize,
}

impl Plain {
    fn inner<E: de::Error>(self) -> Result<Plain, E> {
        let levels = self.levels.checked_sub(1);
        levels.map(|levels| Plain { levels }).ok_or_else(|| {
            E::custom(format_args!(
                "lists and objects are nested more than {LEVELS} levels deep"
            ))
        })
    }
}

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(boolean.into())
    }

    fn visit_i64<E>(self, whole: i64) -> Result<Value, E> {
        Ok(whole.into())
    }

    fn visit_u64<E>(self, whole: u64) -> Result<Value, E> {
        Ok(Value::Number(whole.into()))
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        Number::from_f64(float)
            .map(Value::Number)
            .ok_or_else(|| E::custom(format_args!("the number {float:e} is no number")))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        let inner = self.inner()?;
        while let Some(item) = sequence.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        let inner = self.inner()?;
        while let Some(name) = map.next_key()? {
            entries.push((name, map.next_value_seed(inner)?));
        }
        Ok(Value::Context(entries.into_iter().collect()))
    }
}

impl Value {
    /// The same value. What serde refuses becomes null here: a number of more than 6145 digits before the point, and what is nested
    /// more than 64 levels deep. Where somebody can be told so, deserialise instead.
    pub fn from_json(json: serde_json::Value) -> Value {
        Value::from_nested(json, LEVELS)
    }

    fn from_nested(json: serde_json::Value, levels: usize) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(boolean) => boolean.into(),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => whole.into(),
                None => number
                    .to_string()
                    .parse()
                    .map_or(Value::Null, Value::Number),
            },
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(_) | serde_json::Value::Object(_) if levels == 0 => {
                Value::Null
            }
            serde_json::Value::Array(items) => items
                .into_iter()
                .map(|item| Value::from_nested(item, levels - 1))
                .collect(),
            serde_json::Value::Object(map) => {
                let entries = map
                    .into_iter()
                    .map(|(name, value)| (name, Value::from_nested(value, levels - 1)));
                Value::Context(entries.collect())
            }
        }
    }

    /// Plain JSON; temporal values become their ISO 8601 text and functions null.
    pub fn to_json(&self) -> serde_json::Value {
        // Writing a value into a JSON tree can only fail for map keys that are not strings, and ours are.
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_survives_the_round_trip() {
        for json in [
            json!(null),
            json!(true),
            json!(1),
            json!(-9_223_372_036_854_775_808_i64),
            json!(18_446_744_073_709_551_615_u64),
            json!(0.1),
            json!(1234.5678),
            json!("text"),
            json!([1, [2, {"a": "b"}]]),
            json!({"z": 1, "a": {"b": null}}),
        ] {
            assert_eq!(Value::from_json(json.clone()).to_json(), json);
            assert_eq!(
                serde_json::from_value::<Value>(json.clone())
                    .unwrap()
                    .to_json(),
                json
            );
            assert_eq!(
                serde_json::from_str::<Value>(&json.to_string()).unwrap(),
                Value::from_json(json)
            );
        }
    }

    #[test]
    fn what_is_stored_reads_back_as_the_same_value() {
        let third = Number::ONE.checked_div(Number::from(3_i64)).unwrap();
        let context: Context = [
            ("third", Value::Number(third)),
            ("day", Value::Date(jiff::civil::date(2026, 3, 2))),
            ("list", Value::from(vec![third.into()])),
        ]
        .into();
        let stored = Value::Context(context).into_json_like();
        let text = serde_json::to_string(&stored).unwrap();
        assert_eq!(
            text,
            r#"{"day":"2026-03-02","list":[0.3333333333333333],"third":0.3333333333333333}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), stored);
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(serde_json::from_str::<Value>(&nested(LEVELS)).is_ok());
        let refusal = serde_json::from_str::<Value>(&nested(LEVELS + 1)).unwrap_err();
        assert!(
            refusal.to_string().contains("more than 64 levels"),
            "{refusal}"
        );
    }

    #[test]
    fn large_numbers_are_read_and_written() {
        let large: Value = serde_json::from_str("1e300").unwrap();
        assert_eq!(large, Value::Number("1e300".parse().unwrap()));
        assert_eq!(large.to_json(), json!(1e300));
        assert_eq!(Value::from_json(json!(1e300)), large);
    }
}
