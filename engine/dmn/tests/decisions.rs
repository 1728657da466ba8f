//! Decisions from file to outcome, and what is said of files that are wrong.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use dmn::{DecisionError, Outcome, read};
use feel::{Context, Environment, Value};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="Definitions" namespace="https://example.org">"#;

fn model(body: &str) -> String {
    format!("{HEAD}\n{body}\n</definitions>")
}

/// A table over `age` and `risk` with the given hit policy, outputs and rules (`age | risk | output | ...`).
fn table(policy: &str, outputs: &str, rules: &[&str]) -> String {
    let escape = |text: &str| text.trim().replace('<', "&lt;");
    let rule = |rule: &&str| {
        let cells: Vec<&str> = rule.split('|').collect();
        let cell =
            |kind: &str, text: &str| format!("<{kind}><text>{}</text></{kind}>", escape(text));
        let inputs: String = cells[..2]
            .iter()
            .map(|text| cell("inputEntry", text))
            .collect();
        let outputs: String = cells[2..]
            .iter()
            .map(|text| cell("outputEntry", text))
            .collect();
        format!("<rule>{inputs}{outputs}</rule>")
    };
    let rules: String = rules.iter().map(rule).collect();
    model(&format!(
        r#"<decision id="level" name="Risk level"><decisionTable {policy}>
             <input label="age"><inputExpression><text>age</text></inputExpression></input>
             <input label="risk"><inputExpression><text>risk</text></inputExpression></input>
             {outputs}{rules}</decisionTable></decision>"#
    ))
}

fn decide(xml: &str, id: &str, variables: &str) -> Result<Outcome, DecisionError> {
    let reading = read(xml);
    assert!(reading.is_deployable(), "{:?}", reading.problems);
    let variables: Context = serde_json::from_str(variables).unwrap();
    let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
    let decision = reading
        .decisions
        .iter()
        .find(|decision| decision.id() == id)
        .unwrap();
    decision.evaluate(&variables, &environment)
}

/// The result as JSON, and the rules that matched.
fn check(xml: &str, variables: &str, expected: &str, rules: &[usize]) {
    let outcome = decide(xml, "level", variables).unwrap();
    let expected: Value = serde_json::from_str(expected).unwrap();
    assert_eq!(outcome.value, expected, "{variables}");
    assert_eq!(
        outcome.decisions.last().unwrap().matched_rules,
        rules,
        "{variables}"
    );
}

fn problems(xml: &str) -> Vec<String> {
    read(xml).problems.iter().map(ToString::to_string).collect()
}

const LEVEL: &str = r#"<output name="level"/>"#;

#[test]
fn unique_takes_the_one_rule_that_matches() {
    let xml = table(
        "",
        LEVEL,
        &[
            "< 5 | - | \"high\"",
            ">= 5 | \"yes\" | \"medium\"",
            ">= 5 | not(\"yes\") | \"low\"",
        ],
    );
    check(&xml, r#"{"age": 3, "risk": "yes"}"#, r#""high""#, &[1]);
    check(&xml, r#"{"age": 5, "risk": "yes"}"#, r#""medium""#, &[2]);
    check(&xml, r#"{"age": 9, "risk": "no"}"#, r#""low""#, &[3]);
}

#[test]
fn unique_with_two_matches_is_an_error_that_names_the_rules() {
    let xml = table("", LEVEL, &["< 5 | - | 1", "- | - | 2", "< 9 | - | 3"]);
    let error = decide(&xml, "level", r#"{"age": 3, "risk": null}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rules 1, 2 and 3 of \"Risk level\" match at once, and its hit policy UNIQUE allows one; make them exclude each other"
    );
}

#[test]
fn first_takes_the_first_rule_and_looks_no_further() {
    let xml = table(
        "hitPolicy=\"FIRST\"",
        LEVEL,
        &["< 5 | - | \"high\"", "- | - | \"low\""],
    );
    check(&xml, r#"{"age": 3, "risk": 1}"#, r#""high""#, &[1]);
    check(&xml, r#"{"age": 30, "risk": 1}"#, r#""low""#, &[2]);
}

#[test]
fn any_takes_rules_that_agree() {
    let xml = table(
        "hitPolicy=\"ANY\"",
        LEVEL,
        &[
            "< 5 | - | \"high\"",
            "- | \"yes\" | \"high\"",
            "> 90 | - | \"low\"",
        ],
    );
    check(&xml, r#"{"age": 3, "risk": "yes"}"#, r#""high""#, &[1, 2]);
    let error = decide(&xml, "level", r#"{"age": 99, "risk": "yes"}"#).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("rules 2 and 3 of \"Risk level\" match with different outputs"),
        "{error}"
    );
}

#[test]
fn collect_gives_the_outputs_in_the_order_of_the_rules() {
    for policy in ["hitPolicy=\"COLLECT\"", "hitPolicy=\"RULE ORDER\""] {
        let xml = table(policy, LEVEL, &["< 5 | - | \"b\"", "- | \"yes\" | \"a\""]);
        check(
            &xml,
            r#"{"age": 3, "risk": "yes"}"#,
            r#"["b", "a"]"#,
            &[1, 2],
        );
        check(&xml, r#"{"age": 30, "risk": "no"}"#, "[]", &[]);
    }
}

#[test]
fn collect_can_sum_count_and_find_extremes() {
    let rules = ["< 5 | - | 20", "- | \"yes\" | 40", "- | - | 1.5"];
    for (aggregation, expected, without) in [
        ("SUM", "61.5", "null"),
        ("MIN", "1.5", "null"),
        ("MAX", "40", "null"),
        ("COUNT", "3", "0"),
    ] {
        let policy = format!("hitPolicy=\"COLLECT\" aggregation=\"{aggregation}\"");
        check(
            &table(&policy, LEVEL, &rules),
            r#"{"age": 3, "risk": "yes"}"#,
            expected,
            &[1, 2, 3],
        );
        check(
            &table(&policy, LEVEL, &["< 0 | - | 1"]),
            r#"{"age": 3, "risk": "yes"}"#,
            without,
            &[],
        );
    }
}

#[test]
fn several_outputs_become_a_context() {
    let outputs = r#"<output name="level"/><output name="hours"/>"#;
    let xml = table(
        "hitPolicy=\"FIRST\"",
        outputs,
        &["< 5 | - | \"high\" | 24", "- | - | \"low\" | 24 * 7"],
    );
    check(
        &xml,
        r#"{"age": 3, "risk": 1}"#,
        r#"{"level": "high", "hours": 24}"#,
        &[1],
    );
    check(
        &xml,
        r#"{"age": 9, "risk": 1}"#,
        r#"{"level": "low", "hours": 168}"#,
        &[2],
    );
}

#[test]
fn without_a_match_the_default_counts_or_null() {
    let default = r#"<output name="level"><defaultOutputEntry><text>"none"</text></defaultOutputEntry></output>"#;
    check(
        &table("", default, &["< 5 | - | 1"]),
        r#"{"age": 9, "risk": 1}"#,
        r#""none""#,
        &[],
    );
    check(
        &table("", LEVEL, &["< 5 | - | 1"]),
        r#"{"age": 9, "risk": 1}"#,
        "null",
        &[],
    );
}

#[test]
fn empty_cells_match_everything_and_null_matches_only_null() {
    let xml = table(
        "hitPolicy=\"FIRST\"",
        LEVEL,
        &["null | | \"unknown\"", "< 5 | | \"young\"", " | - | "],
    );
    let outcome = decide(&xml, "level", r#"{"risk": 1, "age": null}"#).unwrap();
    assert_eq!(
        (outcome.value, outcome.warnings),
        ("unknown".into(), vec![])
    );
    check(&xml, r#"{"age": 4, "risk": 1}"#, r#""young""#, &[2]);
    check(&xml, r#"{"age": 40, "risk": 1}"#, "null", &[3]);
}

#[test]
fn warnings_say_where_something_became_null() {
    let xml = table("", LEVEL, &["< 5 | - | missing"]);
    let outcome = decide(&xml, "level", r#"{"age": 3, "risk": null}"#).unwrap();
    let said: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "decision \"level\", rule 1, output \"level\": line 1, column 1: there is no variable `missing`"
        ]
    );
    let outcome = decide(&xml, "level", r#"{"age": "three", "risk": null}"#).unwrap();
    assert_eq!(outcome.warnings[0].place, "rule 1, input \"age\"");
}

#[test]
fn a_value_that_is_not_foreseen_is_used_with_a_warning() {
    let output =
        r#"<output name="level"><outputValues><text>"high", "low"</text></outputValues></output>"#;
    let outcome = decide(
        &table("", output, &["- | - | \"medium\""]),
        "level",
        r#"{"age": 3, "risk": 1}"#,
    )
    .unwrap();
    assert_eq!(outcome.value, "medium".into());
    assert_eq!(
        outcome.warnings[0].warning.message,
        "the value is not among those foreseen: \"high\", \"low\""
    );
}

const GRAPH: &str = r##"
  <inputData id="i1" name="Child age"/>
  <decision id="points" name="Risk points">
    <variable name="risk_points"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <literalExpression><text>if Child age &lt; 5 then 20 else 0</text></literalExpression>
  </decision>
  <decision id="bonus" name="Bonus"><literalExpression><text>extra + 1</text></literalExpression></decision>
  <decision id="level" name="Level">
    <informationRequirement><requiredDecision href="#points"/></informationRequirement>
    <informationRequirement><requiredDecision href="#bonus"/></informationRequirement>
    <literalExpression><text>[risk_points, Risk points, points, Bonus]</text></literalExpression>
  </decision>"##;

#[test]
fn required_decisions_come_first_and_are_known_by_variable_name_and_id() {
    let xml = model(GRAPH);
    let outcome = decide(&xml, "level", r#"{"Child age": 4, "extra": 6}"#).unwrap();
    assert_eq!(outcome.value.to_string(), "[20, 20, 20, 7]");
    let evaluated: Vec<&str> = outcome
        .decisions
        .iter()
        .map(|evaluated| evaluated.decision_id.as_str())
        .collect();
    assert_eq!(evaluated, ["points", "bonus", "level"]);
    assert_eq!(
        outcome.decisions[0].inputs,
        [("Child age".to_string(), Value::from(4_i64))]
    );
    assert_eq!(outcome.warnings, []);
}

#[test]
fn what_a_decision_reads_leaves_out_what_it_requires() {
    let reading = read(&model(GRAPH));
    let reads: Vec<&[String]> = reading
        .decisions
        .iter()
        .map(|decision| decision.reads())
        .collect();
    assert_eq!(
        reads,
        [
            &["Child age".to_string()] as &[String],
            &["extra".to_string()],
            &[]
        ]
    );
    assert_eq!(
        reading.decisions[2].required_decisions(),
        ["points", "bonus"]
    );
    assert_eq!(
        (reading.id.as_str(), reading.name.as_str()),
        ("defs", "Definitions")
    );
}

#[test]
fn all_problems_are_found_with_their_places() {
    let xml = table(
        "hitPolicy=\"PRIORITY\"",
        LEVEL,
        &["< | - | 1", "1 | - | 1 +", "1 | - "],
    );
    assert_eq!(
        problems(&xml),
        [
            "line 3, column 40: error: the hit policy PRIORITY of \"Risk level\" needs a list of output values; list the values of the outputs, the most important first",
            "line 6, column 64: error: rule 1, input \"age\": expected a value, found the end; correct the FEEL expression",
            "line 6, column 277: error: rule 2, output \"level\": expected a value, found the end; correct the FEEL expression",
            "line 6, column 305: error: rule 3 of \"Risk level\" has 2 inputs and 0 outputs, the table has 2 and 1; give the rule one cell a column",
        ]
    );
    assert_eq!(read(&xml).problems[0].element_id.as_deref(), Some("level"));
    assert!(!read(&xml).is_deployable());
}

#[test]
fn what_is_not_executed_is_refused_by_name() {
    let said = problems(&model(
        r##"<import name="scores" namespace="x" importType="http://www.dmg.org/PMML-4_1"/>
        <import name="other" namespace="y" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>
        <businessKnowledgeModel id="b" name="Score"/>
        <businessKnowledgeModel id="j" name="Java"><encapsulatedLogic kind="Java"><context/></encapsulatedLogic></businessKnowledgeModel>
        <decisionService id="s" name="Service"/>
        <itemDefinition id="t" name="tLevel"><typeRef>tNothing</typeRef></itemDefinition>
        <decision id="a" name="A"><expression/></decision>
        <decision id="a" name="B"/>
        <decision id="c" name="C"><literalExpression expressionLanguage="groovy"><text>1</text></literalExpression></decision>
        <decision id="d" name="D"><literalExpression><text> </text></literalExpression></decision>
        <decision id="e" name="E"><informationRequirement><requiredDecision href="#zz"/></informationRequirement><literalExpression><text>1</text></literalExpression></decision>"##,
    ));
    let messages: Vec<&str> = said
        .iter()
        .map(|problem| {
            problem
                .splitn(3, ": ")
                .nth(2)
                .unwrap()
                .split(';')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(
        messages,
        [
            "the import \"scores\" is no DMN model, and only those are read",
            "the model \"y\" that is imported as \"other\" is not there",
            "there is no type \"tNothing\"",
            "the business knowledge model \"Score\" has no logic",
            "the logic of \"Java\": functions outside of FEEL (Java) are not executed",
            "the decision service \"Service\" answers nothing",
            "the logic of \"A\": <expression> says nothing that can be executed",
            "the decision \"B\" has no logic",
            "expressions in the language \"groovy\" are not executed",
            "the expression of \"D\" is empty",
            "\"E\" requires the decision \"zz\", which is not in this file",
            "there are two decisions with the id \"a\"",
        ]
    );
}

#[test]
fn decisions_that_require_each_other_are_refused() {
    let xml = model(
        r##"<decision id="a" name="A"><informationRequirement><requiredDecision href="#b"/></informationRequirement><literalExpression><text>b</text></literalExpression></decision>
        <decision id="b" name="B"><informationRequirement><requiredDecision href="#a"/></informationRequirement><literalExpression><text>a</text></literalExpression></decision>"##,
    );
    let reading = read(&xml);
    assert_eq!(reading.problems.len(), 2);
    assert!(
        reading.problems[0].message.contains("requires itself"),
        "{:?}",
        reading.problems
    );
    let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
    let error = reading.decisions[0]
        .evaluate(&(), &environment)
        .unwrap_err();
    assert!(matches!(error, DecisionError::Circle { .. }), "{error}");
}

#[test]
fn what_is_no_dmn_says_so() {
    assert!(
        problems("<a/>")[0].contains("this is no DMN file of version 1.1 to 1.5: its root is <a>")
    );
    assert_eq!(problems("not xml").len(), 1);
    assert_eq!(problems("").len(), 1);
}

#[test]
fn every_version_of_the_namespace_is_read() {
    for namespace in [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ] {
        let xml = table("", LEVEL, &["- | - | 1"])
            .replace("https://www.omg.org/spec/DMN/20191111/MODEL/", namespace);
        check(&xml, r#"{"age": 3, "risk": 1}"#, "1", &[1]);
    }
}
