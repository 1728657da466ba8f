//! Pages of searches: which part is asked for, and the cursors by which the next part is asked for.
//!
//! A cursor is the place of an item in the order of its search: what comes or goes meanwhile moves no other item to another page.

use crate::error::Error;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use store::search::{Operand, Part, Place};

/// The longest cursor that is read, in letters.
const CURSOR_MAX: usize = 20_000;

/// The cursor of a place, in Base64 with its padding, which clients check; it says in which order the place is.
pub(super) fn cursor(order: &str, place: &Place) -> String {
    let values = place.iter().map(|value| match value {
        Some(Operand::Number(number)) => Value::from(*number),
        Some(Operand::Text(text)) => Value::from(text.as_str()),
        None => Value::Null,
    });
    let whole: Vec<Value> = [Value::from(order)].into_iter().chain(values).collect();
    BASE64_STANDARD.encode(Value::from(whole).to_string())
}

/// The place that a cursor of this order tells.
pub(super) fn place(order: &str, cursor: &str, name: &str) -> Result<Place, Error> {
    let foreign = || {
        let rule = "is no cursor of a search in this order; take startCursor or endCursor of the page before";
        Error::Invalid(format!("page.{name} {rule}."))
    };
    let bytes = Some(cursor).filter(|cursor| cursor.len() <= CURSOR_MAX);
    let bytes = bytes
        .and_then(|cursor| BASE64_STANDARD.decode(cursor).ok())
        .ok_or_else(foreign)?;
    let whole: Vec<Value> = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    let (first, values) = whole.split_first().ok_or_else(foreign)?;
    let columns = order.split(',').count();
    if first.as_str() != Some(order) || values.len() != columns {
        return Err(foreign());
    }
    let value = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::Number(number) => number
            .as_i64()
            .map(Operand::Number)
            .map(Some)
            .ok_or_else(foreign),
        Value::String(text) => Ok(Some(Operand::Text(text.clone()))),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(foreign()),
    };
    values.iter().map(value).collect()
}

/// A part of what a search finds, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Asked<'a> {
    From(u32),
    After(&'a str),
    Before(&'a str),
}

impl Asked<'_> {
    /// The same in an order of these columns.
    pub(super) fn part(self, order: &str) -> Result<Part, Error> {
        match self {
            Asked::From(offset) => Ok(Part::From(offset)),
            Asked::After(cursor) => place(order, cursor, "after").map(Part::After),
            Asked::Before(cursor) => place(order, cursor, "before").map(Part::Before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_tells_its_place_in_its_order_only() {
        let there = vec![
            Some(Operand::Text("Grace".into())),
            None,
            Some(Operand::Number(7)),
        ];
        let text = cursor("name,-due,key", &there);
        assert_eq!(place("name,-due,key", &text, "after").unwrap(), there);
        for (order, text) in [
            ("due,-name,key", text.as_str()),
            ("name,-due,key", "rubbish"),
            ("name", &text),
        ] {
            let refused = place(order, text, "after").unwrap_err().to_string();
            assert!(refused.contains("page.after is no cursor"), "{refused}");
        }
    }
}
