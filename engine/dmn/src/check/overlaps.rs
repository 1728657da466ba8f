//! Rules that match at once where that is not allowed.

use super::column::Column;
use super::{Finding, MOST, list};
use crate::table::{HitPolicy, Rule, Table};

/// Rules of a UNIQUE table that match at once, and of an ANY table that then say different things.
pub(super) fn check(table: &Table, columns: &[Column]) -> Vec<Finding> {
    let differ = match &table.hit_policy {
        HitPolicy::Unique => |_: &Rule, _: &Rule| true,
        HitPolicy::Any => say_different_things,
        HitPolicy::First
        | HitPolicy::Priority
        | HitPolicy::Collect
        | HitPolicy::OutputOrder
        | HitPolicy::Aggregate(_) => return Vec::new(),
    };
    let mut findings = Vec::new();
    for (second, rule) in table.rules.iter().enumerate() {
        let firsts = 0..second;
        let overlapping: Vec<usize> = firsts
            .filter(|first| differ(&table.rules[*first], rule))
            .filter(|first| overlap(columns, *first, second))
            .collect();
        let Some(first) = overlapping.first() else {
            continue;
        };
        let rules: Vec<usize> = overlapping.iter().map(|first| first + 1).collect();
        let place = common(columns, *first, second);
        let (what, way_out) = match table.hit_policy {
            HitPolicy::Any => ("contradicts", "make their outputs equal"),
            _ => (
                "matches together with",
                "make them exclude each other, or choose another hit policy",
            ),
        };
        let which = if rules.len() == 1 { "rule" } else { "rules" };
        let (with, number) = (list(&rules), second + 1);
        let message = format!("rule {number} {what} {which} {with}{place}");
        findings.push(Finding {
            rule: Some(number),
            others: rules,
            message,
            way_out,
        });
        if findings.len() == MOST {
            break;
        }
    }
    findings
}

/// Whether two rules surely match some input both.
fn overlap(columns: &[Column], first: usize, second: usize) -> bool {
    columns.iter().all(
        |column| match (&column.rules[first], &column.rules[second]) {
            (Some(first), Some(second)) => {
                !first.common(second).common(&column.possible).is_empty()
            }
            _ => false,
        },
    )
}

/// Where two rules match both, as the end of a sentence.
fn common(columns: &[Column], first: usize, second: usize) -> String {
    let mut words = Vec::new();
    for column in columns {
        let (Some(first), Some(second)) = (&column.rules[first], &column.rules[second]) else {
            continue;
        };
        let both = first.common(second).common(&column.possible);
        let Some(start) = both.iter().next() else {
            continue;
        };
        let run = both.iter().zip(start..).take_while(|(cell, at)| cell == at);
        let end = run.last().map_or(start, |(cell, _)| cell);
        words.extend(column.words(start, end));
    }
    match words.is_empty() {
        true => String::new(),
        false => format!(", for instance where {}", words.join(" and ")),
    }
}

fn say_different_things(first: &Rule, second: &Rule) -> bool {
    let mut outputs = first.outputs.iter().zip(&second.outputs);
    outputs.any(|(first, second)| match (first, second) {
        (Some(first), Some(second)) => match (first.constant(), second.constant()) {
            (Some(first), Some(second)) => first != second,
            _ => false,
        },
        (None, None) => false,
        _ => true,
    })
}
