//! In which shape the answer of a decision is kept. The decision itself says so (its hit policy), unless the model
//! comes from camunda 7: there a result is a list of rules that matched, each with its outputs by name, and the task
//! says what is made of it (`caseway:decisionResult`).

use dmn::Outputs;
use feel::{Context, Value};

use crate::read::{NodeReader, caseway};

/// The shape of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionResult {
    /// As the decision gives it.
    AsGiven,
    /// The only output of the only rule that matched.
    SingleEntry,
    /// The outputs of the only rule that matched, by name.
    SingleResult,
    /// The only output of each rule that matched.
    CollectEntries,
    /// The outputs of each rule that matched, by name.
    ResultList,
    /// Each output as a variable of its name, of the only rule that matched; else as a list (flowable).
    Variables,
}

/// Reads the shape that a task wants.
pub(super) fn read(node: &NodeReader<'_, '_>) -> DecisionResult {
    let wanted = caseway(node.xml, "decisionResult");
    match wanted.and_then(|wanted| wanted.attribute("shape")) {
        Some("singleEntry") => DecisionResult::SingleEntry,
        Some("singleResult") => DecisionResult::SingleResult,
        Some("collectEntries") => DecisionResult::CollectEntries,
        Some("variables") => DecisionResult::Variables,
        Some("resultList") => DecisionResult::ResultList,
        _ => DecisionResult::AsGiven,
    }
}

impl DecisionResult {
    /// The answer in this shape, or why it does not fit.
    pub(super) fn of(self, value: Value, outputs: &Outputs<'_>) -> Result<Value, String> {
        if self == DecisionResult::AsGiven {
            return Ok(value);
        }
        let matched = if value.is_null() {
            Vec::new()
        } else if outputs.is_list {
            value.as_list().map_or_else(Vec::new, <[Value]>::to_vec)
        } else {
            vec![value]
        };
        match self {
            DecisionResult::AsGiven => Ok(Value::Null),
            DecisionResult::ResultList => Ok(list(matched, outputs)),
            DecisionResult::Variables if outputs.is_list => Ok(list(matched, outputs)),
            DecisionResult::SingleResult | DecisionResult::Variables => {
                let rule = only(matched)?.map(|rule| named(rule, outputs));
                Ok(rule.unwrap_or_default())
            }
            DecisionResult::CollectEntries => {
                let entries = matched.into_iter().map(|rule| entry(rule, outputs));
                entries
                    .collect::<Result<Vec<Value>, String>>()
                    .map(Value::from)
            }
            DecisionResult::SingleEntry => match only(matched)? {
                Some(rule) => entry(rule, outputs),
                None => Ok(Value::Null),
            },
        }
    }
}

/// The outputs of a rule by name; with one output only, the decision gives the value alone.
fn named(rule: Value, outputs: &Outputs<'_>) -> Value {
    match &outputs.names[..] {
        [name] => {
            let mut context = Context::default();
            context.insert(*name, rule);
            Value::Context(context)
        }
        _ => rule,
    }
}

fn list(matched: Vec<Value>, outputs: &Outputs<'_>) -> Value {
    let rules = matched.into_iter().map(|rule| named(rule, outputs));
    rules.collect()
}

fn entry(rule: Value, outputs: &Outputs<'_>) -> Result<Value, String> {
    match outputs.names.len() {
        1 => Ok(rule),
        count => Err(format!("has {count} outputs where one entry is wanted")),
    }
}

fn only(mut matched: Vec<Value>) -> Result<Option<Value>, String> {
    match matched.len() {
        0 | 1 => Ok(matched.pop()),
        count => Err(format!("matched {count} rules where one result is wanted")),
    }
}

#[cfg(test)]
mod tests {
    use dmn::Outputs;
    use feel::Value;
    use serde_json::{Value as Json, json};

    use super::DecisionResult::{self, CollectEntries, ResultList, SingleEntry, SingleResult};

    #[track_caller]
    fn check(shape: DecisionResult, value: Json, names: &[&str], is_list: bool, expected: Json) {
        let outputs = Outputs {
            names: names.to_vec(),
            is_list,
        };
        let found = shape
            .of(Value::from_json(value), &outputs)
            .unwrap_or_else(Value::from);
        assert_eq!(found, Value::from_json(expected));
    }

    #[test]
    fn one_output_of_one_rule() {
        check(SingleEntry, json!("high"), &["level"], false, json!("high"));
        check(
            SingleResult,
            json!("high"),
            &["level"],
            false,
            json!({"level": "high"}),
        );
        check(
            CollectEntries,
            json!("high"),
            &["level"],
            false,
            json!(["high"]),
        );
        check(
            ResultList,
            json!("high"),
            &["level"],
            false,
            json!([{"level": "high"}]),
        );
    }

    #[test]
    fn one_output_of_several_rules() {
        check(CollectEntries, json!([1, 2]), &["n"], true, json!([1, 2]));
        check(
            ResultList,
            json!([1, 2]),
            &["n"],
            true,
            json!([{"n": 1}, {"n": 2}]),
        );
        check(SingleEntry, json!([1]), &["n"], true, json!(1));
        let why = "matched 2 rules where one result is wanted";
        check(SingleEntry, json!([1, 2]), &["n"], true, json!(why));
    }

    #[test]
    fn several_outputs() {
        let (rule, names) = (json!({"a": 1, "b": 2}), ["a", "b"]);
        check(SingleResult, rule.clone(), &names, false, rule.clone());
        check(ResultList, json!([rule]), &names, true, json!([rule]));
        let why = "has 2 outputs where one entry is wanted";
        check(SingleEntry, rule, &names, false, json!(why));
    }

    #[test]
    fn nothing_matched() {
        check(SingleEntry, json!(null), &["n"], false, json!(null));
        check(SingleResult, json!([]), &["n"], true, json!(null));
        check(CollectEntries, json!(null), &["n"], false, json!([]));
        check(ResultList, json!([]), &["n"], true, json!([]));
    }
}
