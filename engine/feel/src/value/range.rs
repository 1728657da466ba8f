//! Everything between two ends.

use crate::evaluate::{World, equal, order};
use crate::{Kind, Value};
use std::fmt;
use std::ops::Bound;

/// A range such as `[1..10]`, `(date("2026-01-01")..today()]` or `(> 18)`. An end that is null is unknown, and so is what lies
/// inside; `(> 18)` has no such end.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The lower end.
    pub start: Bound<Value>,
    /// The upper end.
    pub end: Bound<Value>,
    pub(crate) form: Form,
}

/// How a range was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With its ends.
    Ends,
    /// `(=10)`
    Equal,
    /// `(!=10)`: everything but what lies between the ends.
    NotEqual,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.start, &self.end) {
            (Bound::Included(only), _) if self.form == Form::Equal => quoted(f, "(= ", only, ")"),
            (Bound::Included(only), _) if self.form == Form::NotEqual => {
                quoted(f, "(!= ", only, ")")
            }
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
                Kind::Boolean | Kind::List | Kind::Context | Kind::Range | Kind::Function
            ) {
                return Err(format!("a range cannot end at a {}", value.kind()));
            }
        }
        if let (Some(start), Some(end)) = (&start, &end)
            && start.kind() != end.kind()
            && !start.is_null()
            && !end.is_null()
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
            form: Form::Ends,
        })
    }

    /// The range of a value alone, or of everything else.
    pub(crate) fn of(value: Value, form: Form) -> Range {
        Range {
            start: Bound::Included(value.clone()),
            end: Bound::Included(value),
            form,
        }
    }

    /// Whether a value lies inside; `None` where they cannot be compared.
    pub(crate) fn contains(&self, value: &Value, world: &World<'_>) -> Option<bool> {
        if let (Form::Equal | Form::NotEqual, Bound::Included(only)) = (self.form, &self.start) {
            return Some(equal(value, only, world)? == (self.form == Form::Equal));
        }
        let above = match &self.start {
            Bound::Unbounded => true,
            Bound::Included(start) => order(value, start, world)?.is_ge(),
            Bound::Excluded(start) => order(value, start, world)?.is_gt(),
        };
        let below = match &self.end {
            Bound::Unbounded => true,
            Bound::Included(end) => order(value, end, world)?.is_le(),
            Bound::Excluded(end) => order(value, end, world)?.is_lt(),
        };
        Some(above && below)
    }

    /// Whether it has ends that can be compared, the end not before the start; an open end is fine.
    pub(crate) fn has_order(&self, world: &World<'_>) -> bool {
        let is_unknown = |end: &Bound<Value>| {
            matches!(
                end,
                Bound::Included(Value::Null) | Bound::Excluded(Value::Null)
            )
        };
        let unknown = is_unknown(&self.start) && is_unknown(&self.end);
        !unknown && !self.is_reversed(world)
    }

    /// Whether it ends before it begins.
    pub(crate) fn is_reversed(&self, world: &World<'_>) -> bool {
        let (Bound::Included(start) | Bound::Excluded(start)) = &self.start else {
            return false;
        };
        let (Bound::Included(end) | Bound::Excluded(end)) = &self.end else {
            return false;
        };
        order(start, end, world).is_some_and(|order| order.is_gt())
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
