//! Whatever stands in the cells of a table, reading and evaluating it ends without a panic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use feel::{Context, Environment, Value};
use proptest::prelude::*;

const CELLS: [&str; 24] = [
    "-",
    "",
    "1",
    "\"a\"",
    "&lt; 5",
    "[1..5]",
    "not(1)",
    "not(",
    "?",
    "? > 1",
    "null",
    "true",
    "a, b",
    "a",
    "missing",
    "((((",
    "1 +",
    "[1, 2]",
    "{a: 1}",
    "function(x) x",
    "for i in 1..100000 return i",
    "every x in [1] satisfies x",
    "@\"2026-03-02\"",
    "\"open",
];

const POLICIES: [&str; 9] = [
    "",
    "hitPolicy=\"UNIQUE\"",
    "hitPolicy=\"FIRST\"",
    "hitPolicy=\"ANY\"",
    "hitPolicy=\"COLLECT\"",
    "hitPolicy=\"COLLECT\" aggregation=\"SUM\"",
    "hitPolicy=\"COLLECT\" aggregation=\"MIN\"",
    "hitPolicy=\"RULE ORDER\"",
    "hitPolicy=\"nonsense\"",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_table_breaks_anything(
        policy in proptest::sample::select(&POLICIES[..]),
        input in proptest::sample::select(&CELLS[..]),
        rules in proptest::collection::vec(proptest::collection::vec(proptest::sample::select(&CELLS[..]), 1..4), 0..5),
    ) {
        let rules: String = rules
            .iter()
            .map(|cells| {
                let (first, rest) = cells.split_first().unwrap();
                let outputs: String = rest.iter().map(|cell| format!("<outputEntry><text>{cell}</text></outputEntry>")).collect();
                format!("<rule><inputEntry><text>{first}</text></inputEntry>{outputs}</rule>")
            })
            .collect();
        let xml = format!(
            r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d"><decisionTable {policy}>
               <input><inputExpression><text>{input}</text></inputExpression></input><output name="o"/>{rules}</decisionTable></decision></definitions>"#
        );
        let reading = dmn::read(&xml);
        let variables: Context = [("a", Value::from(1_i64)), ("b", Value::from("text"))].into();
        let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
        for decision in &reading.decisions {
            decision.evaluate(&variables, &environment).ok();
        }
        // A table is either evaluated or refused with a reason.
        prop_assert!(!reading.decisions.is_empty() || !reading.problems.is_empty());
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
        dmn::read(&text);
        dmn::read(&format!("<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\">{text}</definitions>"));
    }
}
