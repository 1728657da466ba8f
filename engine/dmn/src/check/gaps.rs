//! Cases for which there is no rule, and rules for which there is no case.

use super::cells::Cells;
use super::column::Column;
use super::{Finding, MOST};
use crate::table::{HitPolicy, Table};
use std::collections::BTreeSet;

/// Tables that need more steps are too intertwined to be checked.
const MAX_STEPS: usize = 50_000;

/// Rules that never match: a cell that no value passes, or, where the first one counts, rules that leave nothing to it.
pub(super) fn unreachable(table: &Table, columns: &[Column]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in 0..table.rules.len() {
        let empty = columns.iter().enumerate().find(|(_, column)| {
            let cells = column.rules[rule].as_ref();
            cells.is_some_and(|cells| cells.common(&column.possible).is_empty())
        });
        let number = rule + 1;
        let finding = match empty {
            Some((at, _)) => {
                let tests = table.rules[rule].inputs[at].as_ref();
                // A test for null is about what is not known, and that is no value of the column.
                if tests.is_none_or(|tests| tests.text().contains("null")) {
                    continue;
                }
                let label = &table.inputs[at].label;
                Finding {
                    rule: Some(number),
                    others: Vec::new(),
                    message: format!(
                        "rule {number} never matches: no value of \"{label}\" passes its test"
                    ),
                    way_out: "correct the test, or take the rule away",
                }
            }
            None if matches!(table.hit_policy, HitPolicy::First) && is_covered(columns, rule) => {
                Finding {
                    rule: Some(number),
                    others: Vec::new(),
                    message: format!(
                        "rule {number} is never reached: rules before it match whatever it matches"
                    ),
                    way_out: "put it before them, or take it away",
                }
            }
            None => continue,
        };
        findings.push(finding);
        if findings.len() == MOST {
            break;
        }
    }
    findings
}

/// Whether the rules before one surely cover it.
fn is_covered(columns: &[Column], rule: usize) -> bool {
    let mut within = Vec::new();
    for column in columns {
        match &column.rules[rule] {
            Some(cells) => within.push(cells.common(&column.possible)),
            None => return false,
        }
    }
    let known = |before: &usize| columns.iter().all(|column| column.rules[*before].is_some());
    let rules: Vec<usize> = (0..rule).filter(known).collect();
    let mut search = Search {
        columns,
        within,
        gaps: Vec::new(),
        most: 1,
        seen: BTreeSet::new(),
        steps: 0,
    };
    search.go(&mut Vec::new(), &rules) && search.gaps.is_empty()
}

/// Cases that no rule covers, where each should have one.
pub(super) fn check(table: &Table, columns: &[Column], name: &str) -> Vec<Finding> {
    let wanted = match table.hit_policy {
        HitPolicy::Unique | HitPolicy::First | HitPolicy::Any | HitPolicy::Priority => true,
        HitPolicy::Collect | HitPolicy::OutputOrder | HitPolicy::Aggregate(_) => false,
    };
    let has_default = table.outputs.iter().any(|output| output.default.is_some());
    if !wanted || has_default || table.rules.is_empty() {
        return Vec::new();
    }
    let within = columns.iter().map(|column| column.expected.clone());
    let rules: Vec<usize> = (0..table.rules.len()).collect();
    let mut search = Search {
        columns,
        within: within.collect(),
        gaps: Vec::new(),
        most: MOST,
        seen: BTreeSet::new(),
        steps: 0,
    };
    if !search.go(&mut Vec::new(), &rules) && search.gaps.len() < MOST {
        return Vec::new();
    }
    let words = |gap: &Vec<(usize, usize)>| {
        let cells = gap.iter().zip(columns);
        let words: Vec<String> = cells
            .filter_map(|((first, last), column)| column.words(*first, *last))
            .collect();
        words.join(" and ")
    };
    let gaps = search
        .gaps
        .iter()
        .map(words)
        .filter(|words| !words.is_empty());
    gaps.map(|words| Finding {
        rule: None,
        others: Vec::new(),
        message: format!("no rule of \"{name}\" is about {words}"),
        way_out: "add a rule or a default output, or state the values that the input can have",
    })
    .collect()
}

/// Looks for combinations of cells that no rule covers, column by column.
struct Search<'c> {
    columns: &'c [Column],
    /// The cells that are looked at.
    within: Vec<Cells>,
    /// First and last cell in each column; columns at the end that do not matter are left out.
    gaps: Vec<Vec<(usize, usize)>>,
    most: usize,
    /// Rules that are left at a column, which have been found to cover all that follows.
    seen: BTreeSet<(usize, Vec<usize>)>,
    steps: usize,
}

impl Search<'_> {
    /// Goes through the cells of the next column with the rules that are left. `false` if it was too much.
    fn go(&mut self, path: &mut Vec<(usize, usize)>, rules: &[usize]) -> bool {
        if rules.is_empty() {
            self.gaps.push(path.clone());
            return self.gaps.len() < self.most;
        }
        let at = path.len();
        let Some(column) = self.columns.get(at) else {
            return true;
        };
        if self.seen.contains(&(at, rules.to_vec())) {
            return true;
        }
        let found = self.gaps.len();
        let cells: Vec<usize> = self.within[at].iter().collect();
        let left = |cell: usize| -> Vec<usize> {
            // What is not known of a rule may cover anything.
            let covers = |rule: &usize| {
                let cells = column.rules[*rule].as_ref();
                cells.is_none_or(|cells| cells.contains(cell))
            };
            rules.iter().copied().filter(covers).collect()
        };
        let mut next = 0;
        while let Some(first) = cells.get(next).copied() {
            let rules = left(first);
            let mut last = first;
            next += 1;
            // Neighbours with the same rules are one case.
            while !column.is_text()
                && let Some(cell) = cells.get(next).copied()
                && (last + 1..cell).all(|between| !column.possible.contains(between))
                && left(cell) == rules
            {
                last = cell;
                next += 1;
            }
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return false;
            }
            path.push((first, last));
            let goes_on = self.go(path, &rules);
            path.pop();
            if !goes_on {
                return false;
            }
        }
        if self.gaps.len() == found {
            self.seen.insert((at, rules.to_vec()));
        }
        true
    }
}
