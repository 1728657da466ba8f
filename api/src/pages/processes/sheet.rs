//! A decision table on a page: its rules, and on them what its checks have found.

use bpmn::DeployedDecision;
use dmn::{Decision, Sheet, SheetColumn, SheetRule};
use serde::Serialize;
use std::collections::BTreeMap;

/// A table to print.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SheetView {
    /// The id of the decision.
    id: String,
    name: String,
    hit_policy: String,
    inputs: Vec<ColumnView>,
    outputs: Vec<ColumnView>,
    rules: Vec<RuleView>,
    findings: Vec<FindingView>,
    has_notes: bool,
    /// Whether it is known how often each rule has matched.
    has_hits: bool,
}

#[derive(Serialize)]
struct ColumnView {
    label: String,
    /// The expression, where it is not the label.
    text: String,
    kind: String,
    values: String,
}

#[derive(Serialize)]
struct RuleView {
    number: usize,
    inputs: Vec<String>,
    outputs: Vec<String>,
    note: String,
    /// The numbers of the findings about it.
    marks: Vec<usize>,
    hits: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingView {
    number: usize,
    message: String,
    way_out: String,
}

/// How often each rule has matched, from 1.
pub(super) type Hits = BTreeMap<usize, u64>;

impl SheetView {
    /// The table of a decision, if it is one. Findings are numbered within it.
    pub(super) fn of(decision: &Decision, hits: Option<&Hits>) -> Option<SheetView> {
        let sheet = decision.sheet()?;
        Some(SheetView {
            id: decision.id().to_owned(),
            name: decision.name().to_owned(),
            hit_policy: sheet.hit_policy.clone(),
            inputs: sheet.inputs.iter().map(column).collect(),
            outputs: sheet.outputs.iter().map(column).collect(),
            rules: sheet
                .rules
                .iter()
                .zip(1..)
                .map(|(rule, number)| rule_view(rule, number, sheet, hits))
                .collect(),
            findings: sheet
                .findings
                .iter()
                .zip(1..)
                .map(|(finding, number)| FindingView {
                    number,
                    message: finding.message.clone(),
                    way_out: finding.way_out.clone(),
                })
                .collect(),
            has_notes: sheet.rules.iter().any(|rule| !rule.note.is_empty()),
            has_hits: hits.is_some(),
        })
    }

    /// The table of a deployed decision.
    pub(super) fn deployed(deployed: &DeployedDecision, hits: &Hits) -> Option<SheetView> {
        SheetView::of(&deployed.decision, Some(hits))
    }
}

fn column(column: &SheetColumn) -> ColumnView {
    ColumnView {
        label: column.label.clone(),
        text: if column.text == column.label {
            String::new()
        } else {
            column.text.clone()
        },
        kind: column.kind.clone().unwrap_or_default(),
        values: column.values.clone().unwrap_or_default(),
    }
}

fn rule_view(rule: &SheetRule, number: usize, sheet: &Sheet, hits: Option<&Hits>) -> RuleView {
    let about_it = sheet
        .findings
        .iter()
        .zip(1..)
        .filter(|(finding, _)| finding.rules.contains(&number));
    let any = |text: &String| match text.as_str() {
        "" => "–".to_owned(),
        _ => text.clone(),
    };
    RuleView {
        number,
        inputs: rule.inputs.iter().map(any).collect(),
        outputs: rule.outputs.iter().map(any).collect(),
        note: rule.note.clone(),
        marks: about_it.map(|(_, mark)| mark).collect(),
        hits: hits
            .and_then(|hits| hits.get(&number).copied())
            .unwrap_or_default(),
    }
}
