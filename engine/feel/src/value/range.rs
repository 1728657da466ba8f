//! Everything between two ends.

use crate::{Kind, Value};
use std::fmt;
use std::ops::Bound;

/// A range such as `[1..10]`, `(date("2026-01-01")..today()]` or `(> 18)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The lower end.
    pub start: Bound<Value>,
    /// The upper end.
    pub end: Bound<Value>,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.start, &self.end) {
            (Bound::Unbounded, Bound::Unbounded) => f.write_str("(null..null)"),
            (Bound::Unbounded, Bound::Included(end)) => quoted(f, "(<= ", end, ")"),
            (Bound::Unbounded, Bound::Excluded(end)) => quoted(f, "(< ", end, ")"),
            (Bound::Included(start), Bound::Unbounded) => quoted(f, "(>= ", start, ")"),
            (Bound::Excluded(start), Bound::Unbounded) => quoted(f, "(> ", start, ")"),
            (Bound::Included(start), _) => {
                quoted(f, "[", start, "..").and_then(|()| self.write_end(f))
            }
            (Bound::Excluded(start), _) => {
                quoted(f, "(", start, "..").and_then(|()| self.write_end(f))
            }
        }
    }
}

impl Range {
    /// A range between values of one type that can be ordered; an end that is `None` is open. The error is a sentence.
    pub fn new(
        start: Option<Value>,
        start_included: bool,
        end: Option<Value>,
        end_included: bool,
    ) -> Result<Range, String> {
        for value in [&start, &end].into_iter().flatten() {
            if matches!(
                value.kind(),
                Kind::Null
                    | Kind::Boolean
                    | Kind::List
                    | Kind::Context
                    | Kind::Range
                    | Kind::Function
            ) {
                return Err(format!("a range cannot end at a {}", value.kind()));
            }
        }
        if let (Some(start), Some(end)) = (&start, &end)
            && start.kind() != end.kind()
        {
            return Err(format!(
                "a range cannot go from a {} to a {}",
                start.kind(),
                end.kind()
            ));
        }
        let bound = |end: Option<Value>, included: bool| match end {
            None => Bound::Unbounded,
            Some(value) if included => Bound::Included(value),
            Some(value) => Bound::Excluded(value),
        };
        Ok(Range {
            start: bound(start, start_included),
            end: bound(end, end_included),
        })
    }

    fn write_end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            Bound::Included(end) => quoted(f, "", end, "]"),
            Bound::Excluded(end) => quoted(f, "", end, ")"),
            Bound::Unbounded => f.write_str(")"),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, before: &str, value: &Value, after: &str) -> fmt::Result {
    f.write_str(before)?;
    value.write_quoted(f)?;
    f.write_str(after)
}
