//! JSON as a tree in which every value knows its place in the text, so that problems can point at it.

use crate::limits;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A value and the byte offset at which it starts.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) offset: usize,
    pub(crate) node: Node,
}

/// A JSON value whose parts are [`Located`].
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    String(String),
    Array(Vec<Located>),
    Object(Object),
}

/// Members in the order of the text; a name that is written twice is there twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object(pub(crate) Vec<(String, Located)>);

/// Why a text is no JSON that a form may be written in.
#[derive(Debug)]
pub(crate) struct NotJson {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
}

/// Reads the text into a tree.
pub(crate) fn read(text: &str) -> Result<Located, NotJson> {
    let raw: &RawValue = serde_json::from_str(text).map_err(not_json)?;
    tree(raw, text, 0)
}

impl Object {
    pub(crate) fn get(&self, name: &str) -> Option<&Located> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Located)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl Node {
    /// What a person would call this kind of value.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Boolean(_) => "true or false",
            Node::Number(_) => "a number",
            Node::String(_) => "a text",
            Node::Array(_) => "a list",
            Node::Object(_) => "an object",
        }
    }
}

/// Nesting of arrays and objects together: each level of components takes two.
const NESTING: usize = 2 * limits::DEPTH + 8;

fn tree(raw: &RawValue, text: &str, depth: usize) -> Result<Located, NotJson> {
    let part = raw.get();
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    if depth > NESTING {
        let message = format!("the JSON is nested deeper than {NESTING} levels");
        return Err(NotJson {
            line: 1,
            column: 1,
            message,
        });
    }
    let node = match part.as_bytes().first() {
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(part).map_err(not_json)?;
            let mut object = Object::default();
            for (name, value) in members.0 {
                object.0.push((name, tree(value, text, depth + 1)?));
            }
            Node::Object(object)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(part).map_err(not_json)?;
            let items = items.into_iter().map(|item| tree(item, text, depth + 1));
            Node::Array(items.collect::<Result<_, _>>()?)
        }
        _ => match serde_json::from_str(part).map_err(not_json)? {
            serde_json::Value::Bool(value) => Node::Boolean(value),
            serde_json::Value::Number(value) => Node::Number(value),
            serde_json::Value::String(value) => Node::String(value),
            serde_json::Value::Null
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => Node::Null,
        },
    };
    Ok(Located { offset, node })
}

fn not_json(error: serde_json::Error) -> NotJson {
    NotJson {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
        column: u32::try_from(error.column()).unwrap_or(u32::MAX).max(1),
        message: error.to_string(),
    }
}

/// An object's members as they stand in the text, doubles included.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'t> serde::Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'t> Visitor<'t> for Reader {
            type Value = Members<'t>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &[&str], expected_offset: usize) {
        let mut at = read(text).expect("valid JSON");
        for step in path {
            at = match at.node {
                Node::Object(object) => object.get(step).expect("member").clone(),
                Node::Array(items) => items[step.parse::<usize>().expect("index")].clone(),
                Node::Null | Node::Boolean(_) | Node::Number(_) | Node::String(_) => {
                    panic!("no part {step}")
                }
            };
        }
        assert_eq!(at.offset, expected_offset, "{text}");
    }

    #[test]
    fn every_value_knows_where_it_starts() {
        check("{}", &[], 0);
        check("  {\"a\": 1}", &["a"], 8);
        check("{\"a\": [10, {\"b\": \"x\"}]}", &["a", "1", "b"], 17);
        check("{\"é\\n\": true}", &["é\n"], 9);
    }

    #[test]
    fn a_text_that_is_no_json_is_refused_with_its_position() {
        let error = read("{\n  \"a\": ,\n}").expect_err("no JSON");
        assert_eq!((error.line, error.column), (2, 8));
        assert!(read("").is_err());
        assert!(read("{} {}").is_err());
    }

    #[test]
    fn ten_thousand_levels_are_refused_without_overflow() {
        let text = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(read(&text).is_err());
    }
}
