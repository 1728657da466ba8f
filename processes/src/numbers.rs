//! Numbers that people can say: one more than the last one that was given out.
//!
//! Two requests may take the same number; the document is written with `Expect::Absent`, so one of them is refused and
//! takes the next. No number is ever given out twice.

use crate::Result;
use runtime::Runtime;
use store::{Match, Order, Query};

/// How often the next number is tried before the server is called busy.
pub(crate) const ATTEMPTS: usize = 200;

/// The field by which the last number is found: `2026/0000000012`.
pub(crate) const SERIAL: &str = "serial";

/// The next number of a series in a collection, from 1.
pub(crate) async fn next(runtime: &Runtime, collection: &str, series: &str) -> Result<u32> {
    let mut query = Query::by(collection, SERIAL, Match::Prefix(format!("{series}/")));
    query.order = Order::Descending;
    query.limit = 1;
    let last = runtime.documents(&query).await?.pop();
    let number = last.and_then(|document| document.body.get("number")?.as_u64());
    Ok(u32::try_from(number.unwrap_or(0)).unwrap_or(u32::MAX - 1) + 1)
}

/// The value of the field [`SERIAL`]; sorts like the number.
pub(crate) fn serial(series: &str, number: u32) -> String {
    format!("{series}/{number:010}")
}

/// Whether the document was written by somebody else in the meantime.
pub(crate) fn taken(error: &runtime::Error) -> bool {
    matches!(error, runtime::Error::Conflict { .. })
}
