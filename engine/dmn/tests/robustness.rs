//! Whatever stands in the cells of a table, reading and evaluating it ends without a panic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use feel::{Context, Environment, Limits, Value};
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

    #[test]
    fn no_boxed_expression_breaks_anything(logic in boxed(), kind in proptest::sample::select(&["number", "tList", "tSelf", "tNone"][..])) {
        let xml = format!(
            r##"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n">
            <itemDefinition name="tList" isCollection="true"><typeRef>number</typeRef></itemDefinition>
            <itemDefinition name="tSelf"><itemComponent name="x"><typeRef>tSelf</typeRef></itemComponent></itemDefinition>
            <businessKnowledgeModel id="f" name="f"><knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement>
              <encapsulatedLogic><formalParameter name="x" typeRef="{kind}"/>{logic}</encapsulatedLogic></businessKnowledgeModel>
            <decision id="d" name="d"><variable name="d" typeRef="{kind}"/><knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement>{logic}</decision>
            <decisionService id="s" name="s"><outputDecision href="#d"/></decisionService></definitions>"##
        );
        let run = move || {
            let limits = Limits { steps: 20_000, ..Limits::default() };
            let environment = Environment { limits, ..Environment::at("2026-03-02T06:00:00Z".parse().unwrap()) };
            let variables: Context = [("a", Value::from(1_i64))].into();
            for decision in dmn::read(&xml).decisions {
                let first = decision.evaluate(&variables, &environment).map(|outcome| outcome.decisions);
                let second = decision.evaluate(&variables, &environment).map(|outcome| outcome.decisions);
                assert_eq!(first, second, "{xml}");
            }
        };
        // Half of the stack that a thread of the runtime has.
        let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(run).unwrap();
        prop_assert!(thread.join().is_ok());
    }
}

/// Boxed expressions in each other.
fn boxed() -> impl Strategy<Value = String> {
    let texts = [
        "1",
        "x",
        "a",
        "item",
        "[1..100]",
        "[1, 2, 3]",
        "f(x)",
        "f",
        "f(f)",
        "partial",
        "null",
        "true",
        "for i in 1..1000 return f(i)",
        "{x: x}",
        "function(x) f(x)",
        "1 +",
        "\"b\"",
    ];
    let literal = proptest::sample::select(texts.to_vec())
        .prop_map(|text| format!("<literalExpression><text>{text}</text></literalExpression>"));
    literal.prop_recursive(5, 40, 4, |inner| {
        let all = proptest::collection::vec(inner, 3);
        (0..10_usize, all).prop_map(|(form, parts)| {
            let [a, b, c] = [&parts[0], &parts[1], &parts[2]];
            match form {
                0 => format!("<list>{a}{b}</list>"),
                1 => format!("<context><contextEntry><variable name=\"x\"/>{a}</contextEntry><contextEntry><variable name=\"f\"/>{b}</contextEntry><contextEntry>{c}</contextEntry></context>"),
                2 => format!("<relation><column name=\"x\"/><row>{a}</row><row>{b}</row></relation>"),
                3 => format!("<invocation>{a}<binding><parameter name=\"x\"/>{b}</binding></invocation>"),
                4 => format!("<functionDefinition><formalParameter name=\"x\"/>{a}</functionDefinition>"),
                5 => format!("<conditional><if>{a}</if><then>{b}</then><else>{c}</else></conditional>"),
                6 => format!("<filter><in>{a}</in><match>{b}</match></filter>"),
                7 => format!("<for iteratorVariable=\"x\"><in>{a}</in><return>{b}</return></for>"),
                8 => format!("<some iteratorVariable=\"x\"><in>{a}</in><satisfies>{b}</satisfies></some>"),
                _ => format!("<every iteratorVariable=\"x\"><in>{a}</in><satisfies>{b}</satisfies></every>"),
            }
        })
    })
}
