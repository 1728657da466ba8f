//! A decision table as it was drawn, for those who look at it: its columns and rules in words, and what its checks have found.

/// A decision table as it was drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The hit policy, with the aggregation after it: `COLLECT SUM`.
    pub hit_policy: String,
    /// What is tested.
    pub inputs: Vec<SheetColumn>,
    /// What is answered.
    pub outputs: Vec<SheetColumn>,
    /// The rules in their order.
    pub rules: Vec<SheetRule>,
    /// What the checks of the table have found.
    pub findings: Vec<SheetFinding>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetColumn {
    /// The `id` in the model; empty where it has none.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// The expression of an input; the name of an output.
    pub text: String,
    /// The type that it says to have.
    pub kind: Option<String>,
    /// The values that are foreseen.
    pub values: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRule {
    /// The `id` in the model; empty where it has none.
    pub id: String,
    /// What its author noted on it.
    pub note: String,
    /// A text for each input; empty where any value will do.
    pub inputs: Vec<String>,
    /// A text for each output.
    pub outputs: Vec<String>,
}

/// Something that a check of the table has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetFinding {
    /// The rules that it is about, from 1, the one to look at first; empty where it is about the whole table.
    pub rules: Vec<usize>,
    /// A sentence.
    pub message: String,
    /// What to do.
    pub way_out: String,
}
