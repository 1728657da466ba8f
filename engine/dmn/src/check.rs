//! What can be said of a decision table before it runs: rules that overlap, never match or say what cannot be, and cases for
//! which there is no rule.
//!
//! Only tests that compare with constants are looked at. Where a rule tests anything else, nothing is said of which it is not sure.

mod cells;
mod column;
mod gaps;
mod overlaps;
mod types;

use crate::table::Table;
use column::Column;

/// More of a kind would hide the others.
const MOST: usize = 5;

/// Tables with more rules are not compared rule by rule.
const MAX_RULES: usize = 1000;

/// Something that was found.
pub(crate) struct Finding {
    /// The rule that it is about, from 1; `None` for the whole table.
    pub(crate) rule: Option<usize>,
    /// The rules with which that one is at odds.
    pub(crate) others: Vec<usize>,
    pub(crate) message: String,
    pub(crate) way_out: &'static str,
}

/// Everything that is found in a table.
pub(crate) fn table(table: &Table, name: &str) -> Vec<Finding> {
    let mut findings = types::check(table);
    let unclear = !findings.is_empty() || table.inputs.is_empty() || is_repeated(table);
    if unclear || table.rules.len() > MAX_RULES {
        return findings;
    }
    let columns: Vec<Column> = (0..table.inputs.len())
        .map(|index| Column::of(table, index))
        .collect();
    findings.extend(overlaps::check(table, &columns));
    findings.extend(gaps::unreachable(table, &columns));
    findings.extend(gaps::check(table, &columns, name));
    findings
}

/// Whether two inputs are the same: then one rules out cases of the other.
fn is_repeated(table: &Table) -> bool {
    let texts = || {
        table
            .inputs
            .iter()
            .map(|input| input.expression.text().trim())
    };
    texts()
        .enumerate()
        .any(|(at, text)| texts().skip(at + 1).any(|other| other == text))
}

/// `1`, `1 and 2`, `1, 2 and 3`.
fn list(rules: &[usize]) -> String {
    crate::outcome::list(rules)
}
