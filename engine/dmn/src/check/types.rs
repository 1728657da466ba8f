//! Cells whose values are of another type than their column, or not among those that are foreseen.

use super::{Finding, MOST};
use crate::table::Table;
use feel::{Environment, Kind, Type, Value};
use std::ops::Bound;

/// Tests that no value of the input's type can pass, and outputs that the output's type does not allow.
pub(super) fn check(table: &Table) -> Vec<Finding> {
    let environment = Environment::at(jiff::Timestamp::UNIX_EPOCH);
    let mut findings = Vec::new();
    for (index, rule) in table.rules.iter().enumerate() {
        let number = index + 1;
        for (input, tests) in table.inputs.iter().zip(&rule.inputs) {
            let (Some(kind), Some(tests)) = (kind_of(&input.kind), tests) else {
                continue;
            };
            let named = tests.passing().map(|passing| passing.ranges);
            let ends = named
                .iter()
                .flatten()
                .flat_map(|range| [&range.start, &range.end]);
            let other = ends.filter_map(inside).find(|value| value.kind() != kind);
            if let Some(other) = other {
                let (label, found) = (&input.label, other.kind());
                findings.push(Finding {
                    rule: Some(number),
                    others: Vec::new(),
                    message: format!(
                        "rule {number} compares \"{label}\", a {kind}, with a {found}"
                    ),
                    way_out: "correct the test, or the type of the input",
                });
            }
        }
        for (output, cell) in table.outputs.iter().zip(&rule.outputs) {
            let Some(value) = cell.as_ref().and_then(|cell| cell.constant()) else {
                continue;
            };
            let label = &output.name;
            if let Err(reason) = output.kind.coerced(value.clone(), &environment) {
                findings.push(Finding {
                    rule: Some(number),
                    others: Vec::new(),
                    message: format!("rule {number}: the output \"{label}\" {reason}"),
                    way_out: "correct the output, or its type",
                });
            } else if let Some(allowed) = &output.allowed
                && !value.is_null()
                && allowed.passing().is_some()
                && allowed.test(value, &(), &environment).value == Value::Boolean(false)
            {
                let values = allowed.text().trim();
                findings.push(Finding {
                    rule: Some(number),
others: Vec::new(),
                    message: format!("rule {number}: the output \"{label}\" is not among the foreseen values {values}"),
                    way_out: "correct the output, or add the value to the list",
                });
            }
        }
    }
    findings.truncate(2 * MOST);
    findings
}

/// The kind of all values of a simple type.
fn kind_of(kind: &Type) -> Option<Kind> {
    match kind {
        Type::Kind(kind) => Some(*kind),
        Type::Restricted(restricted) => kind_of(&restricted.0),
        _ => None,
    }
}

fn inside(end: &Bound<Value>) -> Option<&Value> {
    match end {
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
        Bound::Unbounded => None,
    }
}
