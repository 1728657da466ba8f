//! What all searches share: pages, filters and their answers.

use crate::error::Error;
use crate::rest::cursors::Asked;
use axum::Json;
use axum::response::{IntoResponse, Response};
use bpmn::Key;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt::Display;

const DEFAULT_LIMIT: u32 = 100;
const MOST: u32 = 10_000;

/// `{"filter": {}, "sort": [{"field", "order"}], "page": {"limit", "from"}}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Search<F> {
    pub(super) filter: Option<F>,
    pub(super) sort: Vec<Sort>,
    pub(super) page: Option<PageAsked>,
}

/// One field to sort by.
#[derive(Debug, Deserialize)]
pub(super) struct Sort {
    pub(super) field: String,
    #[serde(default)]
    pub(super) order: Option<String>,
}

impl Sort {
    pub(super) fn descending(&self) -> bool {
        self.order
            .as_deref()
            .is_some_and(|order| order.eq_ignore_ascii_case("desc"))
    }

    fn check(&self) -> Result<(), Error> {
        let order = self.order.as_deref().unwrap_or("ASC");
        if ["ASC", "DESC"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(order))
        {
            Ok(())
        } else {
            Err(Error::Invalid(format!(
                "sort.order is ASC or DESC, not {order}."
            )))
        }
    }
}

/// Which part of what was found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageAsked {
    pub(super) limit: Option<u32>,
    pub(super) from: u32,
    /// The `endCursor` of the page before.
    after: Option<String>,
    /// The `startCursor` of the page behind.
    before: Option<String>,
}

impl<F> Search<F> {
    /// How many, and which part.
    pub(super) fn page(&self) -> Result<(u32, Asked<'_>), Error> {
        for sort in &self.sort {
            sort.check()?;
        }
        let Some(page) = &self.page else {
            return Ok((DEFAULT_LIMIT, Asked::From(0)));
        };
        let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > MOST {
            return Err(Error::Invalid(format!(
                "page.limit is from 1 to {MOST}, not {limit}."
            )));
        }
        match (&page.after, &page.before) {
            (None, None) => Ok((limit, Asked::From(page.from))),
            (Some(cursor), None) if page.from == 0 => Ok((limit, Asked::After(cursor))),
            (None, Some(cursor)) if page.from == 0 => Ok((limit, Asked::Before(cursor))),
            (_, _) => {
                let rule = "page has one of from, after and before.";
                Err(Error::Invalid(rule.into()))
            }
        }
    }

    /// Asks for the first ones, so many.
    pub(super) fn limit_to(&mut self, limit: u32) {
        self.page = Some(PageAsked {
            limit: Some(limit),
            ..PageAsked::default()
        });
    }
}

/// A filter of equality: the value itself, or `{"$eq": value}`.
pub(super) fn equal(filter: &Option<Value>, name: &str) -> Result<Option<String>, Error> {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let unknown = || Error::Invalid(format!("filter.{name} is a text, or an object with $eq."));
    match filter {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(operators)) if operators.len() == 1 => operators
            .get("$eq")
            .and_then(plain)
            .map(Some)
            .ok_or_else(unknown),
        Some(value) => plain(value).map(Some).ok_or_else(unknown),
    }
}

/// The same for a key.
pub(super) fn equal_key(filter: &Option<Value>, name: &str) -> Result<Option<Key>, Error> {
    equal(filter, name)?.map(|text| key(&text)).transpose()
}

/// A key from its decimal text.
pub(super) fn key(text: &str) -> Result<Key, Error> {
    text.parse::<i64>()
        .map(Key::from)
        .map_err(|_| Error::Invalid(format!("{text:?} is no key; keys are decimal numbers.")))
}

/// How many there are in all, where the page itself tells because it is the last one.
pub(super) fn told_by_page(items: usize, (limit, from): (u32, u32)) -> Option<u64> {
    let items = items as u64;
    let is_last = items < u64::from(limit) && (items > 0 || from == 0);
    is_last.then_some(u64::from(from) + items)
}

/// What a search answers: `{"items": [], "page": {...}}`.
#[derive(Debug, Serialize)]
pub(super) struct Found<T> {
    items: Vec<T>,
    page: PageFound,
}

impl<T> Found<T> {
    /// Some of what there is: how many there are in all, and whether there are more than that.
    pub(super) fn new(
        items: impl IntoIterator<Item = T>,
        (total_items, has_more_total_items): (u64, bool),
        cursors: Cursors,
    ) -> Found<T> {
        let (start_cursor, end_cursor) = cursors.unzip();
        Found {
            items: items.into_iter().collect(),
            page: PageFound {
                total_items,
                has_more_total_items,
                start_cursor,
                end_cursor,
            },
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PageFound {
    total_items: u64,
    has_more_total_items: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

/// The cursors of the first and the last item of a page.
pub(super) type Cursors = Option<(String, String)>;

/// The answer to a search that counts no more than [`store::COUNT_MAX`] and one.
pub(super) fn answer<T: Serialize>(
    items: impl IntoIterator<Item = T>,
    counted: u64,
    cursors: Cursors,
) -> Response {
    let most = u64::from(store::COUNT_MAX);
    let total = (counted.min(most), counted > most);
    Json(Found::new(items, total, cursors)).into_response()
}

/// A key as clients read it: decimal text.
pub(super) fn text<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// The same where there may be none.
pub(super) fn optional_text<T: Display, S: Serializer>(
    value: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

/// A time as clients read it: RFC 3339 with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Time(pub(super) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:.3}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_is_a_value_or_equals() {
        let text =
            |value: Value| equal(&Some(value), "assignee").map_err(|problem| problem.to_string());
        assert_eq!(text(json!("grace")), Ok(Some("grace".into())));
        assert_eq!(text(json!({ "$eq": "grace" })), Ok(Some("grace".into())));
        assert_eq!(text(json!(null)), Ok(None));
        assert!(
            text(json!({ "$like": "g*" }))
                .unwrap_err()
                .contains("filter.assignee is a text")
        );
    }

    #[test]
    fn the_last_page_tells_how_many_there_are() {
        assert_eq!(told_by_page(3, (10, 0)), Some(3));
        assert_eq!(told_by_page(3, (10, 20)), Some(23));
        assert_eq!(told_by_page(0, (10, 0)), Some(0));
        // A full page may go on; one behind the end tells nothing.
        assert_eq!(told_by_page(10, (10, 0)), None);
        assert_eq!(told_by_page(0, (10, 20)), None);
    }

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(
            json!(Time("2026-03-02T06:00:00.1234Z".parse().unwrap())),
            json!("2026-03-02T06:00:00.123Z")
        );
    }
}
