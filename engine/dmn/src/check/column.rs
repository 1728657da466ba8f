//! A column of a table, cut into cells by all values that its tests name: before the first, the first, between the first two, and
//! so on. Every test is a set of such cells.

use super::cells::Cells;
use crate::table::{Input, Table};
use feel::{Environment, Kind, Passing, Type, UnaryTests, Value};
use std::cmp::Ordering;
use std::ops::Bound;

/// A column with its tests as sets of cells.
pub(super) struct Column {
    label: String,
    /// The named values in order; cell `2 * i + 1` is the value `i`, the even ones lie around them.
    values: Vec<Value>,
    /// The cells that an input can be in.
    pub(super) possible: Cells,
    /// Those for which there should be a rule: what else a text could be is anybody's guess.
    pub(super) expected: Cells,
    /// The cells of every rule; `None` where they are not known.
    pub(super) rules: Vec<Option<Cells>>,
}

impl Column {
    /// The column of an input.
    pub(super) fn of(table: &Table, index: usize) -> Column {
        let input = &table.inputs[index];
        let tests = table.rules.iter().map(|rule| rule.inputs[index].as_ref());
        let passing: Vec<Option<Passing>> = tests
            .map(|tests| match tests {
                Some(tests) => tests.passing(),
                None => Some(Passing {
                    ranges: Vec::new(),
                    negated: true,
                }),
            })
            .collect();
        let allowed = allowed(input).and_then(UnaryTests::passing);
        let environment = Environment::at(jiff::Timestamp::UNIX_EPOCH);
        let all = passing.iter().flatten().chain(&allowed);
        let Some(values) = ordered(all, &environment) else {
            // Values of different types: nothing is known.
            let rules = table.rules.iter().map(|rule| match rule.inputs[index] {
                Some(_) => None,
                None => Some(Cells::all(1)),
            });
            return Column {
                label: input.label.clone(),
                values: Vec::new(),
                possible: Cells::all(1),
                expected: Cells::all(1),
                rules: rules.collect(),
            };
        };
        let cut = Cut {
            values: &values,
            environment: &environment,
        };
        let rules = passing.iter().map(|tests| Some(cut.cells(tests.as_ref()?)));
        let rules = rules.collect();
        let possible = cut.possible(allowed.as_ref());
        Column {
            label: input.label.clone(),
            expected: cut.expected(&possible),
            possible,
            rules,
            values,
        }
    }

    /// Whether its values are texts, of which each is a case of its own.
    pub(super) fn is_text(&self) -> bool {
        self.values.first().map(Value::kind) == Some(Kind::String)
    }

    /// The input is in these neighbouring cells, as a sentence; nothing if that says nothing.
    pub(super) fn words(&self, first: usize, last: usize) -> Option<String> {
        let label = &self.label;
        let ends = 2 * self.values.len();
        let quoted = |value: &Value| match value.as_str() {
            Some(text) => format!("\"{text}\""),
            None => value.to_string(),
        };
        let value = |cell: usize| quoted(&self.values[(cell - 1) / 2]);
        let (from, to) = (first % 2 == 1, last % 2 == 1);
        if first == last && from {
            return Some(format!("{label} = {}", value(first)));
        }
        Some(match (first, last) {
            (0, last) if last == ends => return None,
            (0, last) if to => format!("{label} <= {}", value(last)),
            (0, last) => format!("{label} < {}", value(last + 1)),
            (first, last) if last == ends && from => format!("{label} >= {}", value(first)),
            (first, last) if last == ends => format!("{label} > {}", value(first - 1)),
            (first, last) => {
                let (open, start) = if from { ("[", first) } else { ("(", first - 1) };
                let (close, end) = if to { ("]", last) } else { (")", last + 1) };
                format!("{label} in {open}{}..{}{close}", value(start), value(end))
            }
        })
    }
}

/// The values that an input can have: those that the table foresees, or those of its type.
fn allowed(input: &Input) -> Option<&UnaryTests> {
    if let Some(allowed) = &input.allowed {
        return Some(allowed);
    }
    match &input.kind {
        Type::Restricted(restricted) => Some(&restricted.1),
        _ => None,
    }
}

/// All values that tests name, in order and each once; `None` where they cannot be ordered.
fn ordered<'p>(
    passing: impl Iterator<Item = &'p Passing>,
    environment: &Environment,
) -> Option<Vec<Value>> {
    let mut values: Vec<Value> = Vec::new();
    for range in passing.flat_map(|passing| &passing.ranges) {
        for end in [&range.start, &range.end] {
            if let Bound::Included(value) | Bound::Excluded(value) = end {
                values.push(value.clone());
            }
        }
    }
    if values
        .first()
        .is_some_and(|first| first.as_bool().is_some())
    {
        values.extend([false.into(), true.into()]);
    }
    let first = values.first().cloned();
    let comparable = |value: &Value| first.as_ref()?.compare(value, environment);
    if !values.iter().all(|value| comparable(value).is_some()) {
        return None;
    }
    // Moments with a zone and without are compared by the zone of whoever asks, which is not known here.
    let zoned = |value: &Value| match value {
        Value::DateTime(moment) => moment.zone.is_some(),
        Value::Time(time) => time.zone.is_some(),
        _ => false,
    };
    if first.is_some_and(|first| values.iter().any(|value| zoned(value) != zoned(&first))) {
        return None;
    }
    let order = |left: &Value, right: &Value| left.compare(right, environment);
    values.sort_by(|left, right| order(left, right).unwrap_or(Ordering::Equal));
    values.dedup_by(|left, right| order(left, right) == Some(Ordering::Equal));
    Some(values)
}

struct Cut<'c> {
    values: &'c [Value],
    environment: &'c Environment,
}

impl Cut<'_> {
    fn length(&self) -> usize {
        2 * self.values.len() + 1
    }

    fn cells(&self, passing: &Passing) -> Cells {
        let mut cells = Cells::none(self.length());
        for range in &passing.ranges {
            let start = match &range.start {
                Bound::Unbounded => 0,
                Bound::Included(value) => self.cell_of(value),
                Bound::Excluded(value) => self.cell_of(value) + 1,
            };
            let end = match &range.end {
                Bound::Unbounded => self.length(),
                Bound::Included(value) => self.cell_of(value) + 1,
                Bound::Excluded(value) => self.cell_of(value),
            };
            (start..end).for_each(|cell| cells.insert(cell));
        }
        match passing.negated {
            true => Cells::all(self.length()).without(&cells),
            false => cells,
        }
    }

    fn cell_of(&self, value: &Value) -> usize {
        let before = |known: &Value| known.compare(value, self.environment) == Some(Ordering::Less);
        2 * self.values.partition_point(before) + 1
    }

    /// The cells that an input can be in. Between two neighbours of whole things there is nothing.
    fn possible(&self, allowed: Option<&Passing>) -> Cells {
        let mut possible = match allowed {
            Some(allowed) => self.cells(allowed),
            None => Cells::all(self.length()),
        };
        let kind = self.values.first().map(Value::kind);
        let whole = self.values.iter().all(|value| match value {
            Value::Number(number) => number.is_integer(),
            _ => true,
        });
        match kind {
            Some(Kind::Boolean) => {
                let around = (0..self.length()).step_by(2);
                around.for_each(|cell| possible.remove(cell));
            }
            Some(Kind::Number | Kind::Date) if whole => {
                for (at, pair) in self.values.windows(2).enumerate() {
                    if are_neighbours(&pair[0], &pair[1]) {
                        possible.remove(2 * at + 2);
                    }
                }
            }
            _ => {}
        }
        if possible.is_empty() {
            possible = Cells::all(self.length());
        }
        possible
    }

    fn expected(&self, possible: &Cells) -> Cells {
        let mut expected = possible.clone();
        // What is counted from zero is hardly ever less.
        if self.values.first() == Some(&Value::Number(feel::Number::ZERO)) {
            expected.remove(0);
        }
        if self
            .values
            .first()
            .is_some_and(|value| value.as_str().is_some())
        {
            let around = (0..self.length()).step_by(2);
            around.for_each(|cell| expected.remove(cell));
        }
        expected
    }
}

fn are_neighbours(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left.checked_add(feel::Number::ONE) == Some(*right)
        }
        (Value::Date(left), Value::Date(right)) => left.tomorrow().is_ok_and(|next| next == *right),
        _ => false,
    }
}
