//! What came out of a decision, and how.

use feel::Value;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The result of a decision, with the account of every decision on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The result of the decision that was asked for.
    pub value: Value,
    /// Every evaluated decision, in the order of evaluation; the one that was asked for is last.
    pub decisions: Vec<Evaluated>,
    /// What went wrong in expressions on the way: where something became null, and why.
    pub warnings: Vec<Warning>,
}

/// The account of one decision. All values are as they may be stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluated {
    /// The `id` of the decision.
    pub decision_id: String,
    /// The `name` of the decision.
    pub decision_name: String,
    /// The inputs of the table with their labels; of a literal expression the variables that it reads.
    pub inputs: Vec<(String, Value)>,
    /// The rules that matched, counted from 1; empty for a literal expression.
    pub matched_rules: Vec<usize>,
    /// What each of these rules says, in the order of the table's outputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule_outputs: Vec<Vec<Value>>,
    /// The result.
    pub output: Value,
}

/// A warning of an expression inside a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// The `id` of the decision.
    pub decision_id: String,
    /// The part of it, such as `rule 3, input "age"`.
    pub place: String,
    /// What happened there; the position is one in the text of that part.
    #[serde(flatten)]
    pub warning: feel::Warning,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "decision \"{}\", {}: {}",
            self.decision_id, self.place, self.warning
        )
    }
}

/// Why a decision has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// A table with the hit policy UNIQUE has more than one matching rule.
    #[error(
        "rules {} of \"{decision}\" match at once, and its hit policy UNIQUE allows one; make them exclude each other",
        list(rules)
    )]
    NotUnique {
        /// The name of the decision.
        decision: String,
        /// The matching rules, from 1.
        rules: Vec<usize>,
    },
    /// A table with the hit policy ANY has matching rules with different outputs.
    #[error(
        "rules {} of \"{decision}\" match with different outputs, and its hit policy ANY asks for equal ones",
        list(rules)
    )]
    NotEqual {
        /// The name of the decision.
        decision: String,
        /// The matching rules, from 1.
        rules: Vec<usize>,
    },
    /// Decisions require each other in a circle, or in a chain that is longer than the limit.
    #[error(
        "\"{decision}\" requires itself, or more than {} decisions in a chain",
        crate::graph::MAX_CHAIN
    )]
    Circle {
        /// The name of the decision where it was noticed.
        decision: String,
    },
    /// An expression has passed a limit.
    #[error("\"{decision}\", {place}: {message}")]
    Limit {
        /// The name of the decision.
        decision: String,
        /// The part of it.
        place: String,
        /// The sentence that names the limit.
        message: String,
    },
}

pub(crate) fn list(rules: &[usize]) -> String {
    let (last, others) = rules
        .split_last()
        .map_or((0, &[] as &[usize]), |(last, others)| (*last, others));
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    if others.is_empty() {
        last.to_string()
    } else {
        format!("{} and {last}", others.join(", "))
    }
}
