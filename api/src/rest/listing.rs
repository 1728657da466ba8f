//! Searches among items that are read whole, because one index or the catalog gives them: those of one instance, or all that
//! is deployed. Here filters have all their operators, and every field that is known can be sorted by.

use crate::error::Error;
use crate::rest::cursors::cursor;
use crate::rest::filters::{Filters, Kind, operand, tests, unknown_field};
use crate::rest::search::{Cursors, Found, Search};
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Ordering;
use store::search::{Part, Place};

/// What is listed, and what is known of its fields.
pub(super) struct Listing {
    /// The word for messages: `Variables`.
    pub(super) things: &'static str,
    /// The fields of an item that can be filtered and sorted by.
    pub(super) fields: &'static [(&'static str, Kind)],
    /// The field that no two items share; it orders what is equal otherwise.
    pub(super) key: &'static str,
}

/// What was found in a list.
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    total: u64,
    cursors: Cursors,
}

impl Page {
    /// The answer, with each item as it is told.
    pub(super) fn answer<T: Serialize>(self, tell: impl FnMut(Value) -> T) -> Response {
        Json(self.found(tell)).into_response()
    }

    /// The same before it is written.
    pub(super) fn found<T: Serialize>(self, tell: impl FnMut(Value) -> T) -> Found<T> {
        // A list is read whole, and counted whole.
        let total = (self.total, false);
        Found::new(self.items.into_iter().map(tell), total, self.cursors)
    }
}

impl Listing {
    /// The fields that can be filtered and sorted by, and what they hold.
    pub(super) fn named(&self) -> Vec<(&'static str, Kind)> {
        self.fields.to_vec()
    }

    /// The page that was asked for, of the items that fit.
    ///
    /// # Errors
    /// Names the filter, operator or field to sort by that is not known.
    pub(super) fn select(
        &self,
        mut items: Vec<Value>,
        asked: &Search<Filters>,
    ) -> Result<Page, Error> {
        let (limit, part) = asked.page()?;
        for (name, filter) in asked.filter.iter().flatten() {
            let kind = self.kind(name)?;
            let tests = tests(kind, name, filter)?;
            items.retain(|item| {
                let value = operand(kind, &item[name.as_str()]);
                tests.iter().all(|test| test.fits(value.as_ref()))
            });
        }
        let order = self.order(asked)?;
        let name = order
            .iter()
            .map(|by| format!("{}{}", if by.descending { "-" } else { "" }, by.field));
        let name = name.collect::<Vec<_>>().join(",");
        let mut placed: Vec<(Place, Value)> = items
            .into_iter()
            .map(|item| (place(&order, &item), item))
            .collect();
        let total = placed.len() as u64;
        placed.sort_by(|(one, _), (other, _)| compare(&order, one, other));
        let limit = limit as usize;
        match part.part(&name)? {
            Part::From(offset) => {
                placed.drain(..placed.len().min(offset as usize));
            }
            Part::After(from) => placed.retain(|(place, _)| compare(&order, place, &from).is_gt()),
            Part::Before(until) => {
                placed.retain(|(place, _)| compare(&order, place, &until).is_lt());
                placed.drain(..placed.len().saturating_sub(limit));
            }
        }
        placed.truncate(limit);
        let cursors = placed
            .first()
            .zip(placed.last())
            .map(|((first, _), (last, _))| (cursor(&name, first), cursor(&name, last)));
        let items = placed.into_iter().map(|(_, item)| item).collect();
        Ok(Page {
            items,
            total,
            cursors,
        })
    }

    /// The fields to order by: at the end the one that no two items share.
    fn order<'a>(&self, asked: &'a Search<Filters>) -> Result<Vec<By<'a>>, Error> {
        let asked = asked
            .sort
            .iter()
            .map(|sort| (sort.field.as_str(), sort.descending()));
        let mut order = Vec::new();
        for (field, descending) in asked.chain([(self.key, false)]) {
            let known = self.fields.iter().find(|(known, _)| *known == field);
            let (_, kind) = known.ok_or_else(|| {
                Error::Invalid(format!("{} cannot be sorted by {field}.", self.things))
            })?;
            let kind = *kind;
            order.push(By {
                field,
                kind,
                descending,
            });
        }
        Ok(order)
    }

    fn kind(&self, name: &str) -> Result<Kind, Error> {
        let known = self.fields.iter().find(|(field, _)| *field == name);
        let names = self.fields.iter().map(|(field, _)| *field);
        known
            .map(|(_, kind)| *kind)
            .ok_or_else(|| unknown_field(self.things, name, names))
    }
}

/// An item as it is told: without what only filters and cursors know.
pub(super) fn without(mut item: Value, fields: &[&str]) -> Value {
    if let Some(known) = item.as_object_mut() {
        for field in fields {
            known.remove(*field);
        }
    }
    item
}

/// A field by which items are ordered.
struct By<'a> {
    field: &'a str,
    kind: Kind,
    descending: bool,
}

fn place(order: &[By<'_>], item: &Value) -> Place {
    order
        .iter()
        .map(|by| operand(by.kind, &item[by.field]))
        .collect()
}

/// Items without a value come first; last where it is descending.
fn compare(order: &[By<'_>], one: &Place, other: &Place) -> Ordering {
    let mut values = order.iter().zip(one.iter().zip(other));
    let first = values.find_map(|(by, (one, other))| {
        let rising = one.cmp(other);
        let order = if by.descending {
            rising.reverse()
        } else {
            rising
        };
        order.is_ne().then_some(order)
    });
    first.unwrap_or(Ordering::Equal)
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
            .map(|page| {
                let names = page.items.into_iter().map(|item| item["name"].clone());
                (names.collect(), page.total)
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
