//! Decision services, types and imports.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use dmn::{Outcome, read, read_all};
use feel::Value;
use support::{literal, model, outcome};

const KNOWLEDGE: &str = r#"
  <businessKnowledgeModel id="k" name="Monthly rate">
    <encapsulatedLogic><formalParameter name="amount" typeRef="number"/><formalParameter name="months" typeRef="number"/>
      <literalExpression><text>if months = 0 then 0 else amount / months</text></literalExpression></encapsulatedLogic>
  </businessKnowledgeModel>"#;

fn problems(body: &str) -> Vec<String> {
    let problems = read(&model("m", body)).problems;
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

const SERVICE: &str = r##"
  <inputData id="i" name="Child age"><variable name="Child age" typeRef="number"/></inputData>
  <decision id="points" name="Points"><variable name="Points" typeRef="number"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>if Child age &lt; 5 then 20 else 0</text></literalExpression></decision>
  <decision id="level" name="Level"><informationRequirement><requiredDecision href="#points"/></informationRequirement>
    <literalExpression><text>if Points > 10 then "high" else "low"</text></literalExpression></decision>
  <decisionService id="whole" name="Assess"><outputDecision href="#level"/><encapsulatedDecision href="#points"/><inputData href="#i"/></decisionService>
  <decisionService id="part" name="Judge"><outputDecision href="#level"/><outputDecision href="#points"/><inputDecision href="#points"/></decisionService>
  <decision id="both" name="Both">
    <knowledgeRequirement><requiredKnowledge href="#whole"/></knowledgeRequirement>
    <knowledgeRequirement><requiredKnowledge href="#part"/></knowledgeRequirement>
    <literalExpression><text>[Assess(3), Judge(Points: 11).Level]</text></literalExpression></decision>"##;

#[test]
fn a_decision_service_is_a_function_and_can_be_asked_itself() {
    let reading = read(&model("m", SERVICE));
    assert_eq!(
        outcome(&reading, "both", "{}").value.to_string(),
        r#"["high", "high"]"#
    );
    let whole = outcome(&reading, "whole", r#"{"Child age": 9}"#);
    assert_eq!(whole.value, "low".into());
    let evaluated: Vec<&str> = whole
        .decisions
        .iter()
        .map(|done| done.decision_id.as_str())
        .collect();
    assert_eq!(evaluated, ["points", "level", "whole"]);
    assert_eq!(
        outcome(&reading, "part", r#"{"Points": 11}"#)
            .value
            .to_string(),
        r#"{Level: "high", Points: 11}"#
    );
    let service = reading
        .decisions
        .iter()
        .find(|decision| decision.id() == "whole");
    assert_eq!(service.unwrap().reads(), ["Child age"]);
}

const TYPES: &str = r#"
  <itemDefinition name="tAge"><typeRef>number</typeRef><allowedValues><text>[0..120]</text></allowedValues></itemDefinition>
  <itemDefinition name="tChild"><itemComponent name="date of birth"><typeRef>date</typeRef></itemComponent>
    <itemComponent name="age"><typeRef>tAge</typeRef></itemComponent></itemDefinition>
  <itemDefinition name="tAges" isCollection="true"><typeRef>tAge</typeRef></itemDefinition>"#;

fn typed(kind: &str, text: &str) -> Outcome {
    let decision = format!(
        r#"<decision id="d" name="D"><variable name="D" typeRef="{kind}"/>{}</decision>"#,
        literal(text)
    );
    outcome(&read(&model("m", &format!("{TYPES}{decision}"))), "d", "{}")
}

#[test]
fn results_are_what_their_type_says_or_null_with_a_reason() {
    assert_eq!(typed("tAge", "5").value.to_string(), "5");
    assert_eq!(typed("tAge", "[5]").value.to_string(), "5");
    assert_eq!(typed("tAges", "5").value.to_string(), "[5]");
    for (kind, text, said) in [
        (
            "tAge",
            "130",
            "the value is not among the allowed values: [0..120]",
        ),
        ("tAge", "\"old\"", "the value is a string, not a number"),
        (
            "tAges",
            "[1, 200]",
            "the value is a list, not a list<number>",
        ),
        (
            "tChild",
            "{age: 1}",
            "the value is a context, not a context<date of birth: date, age: number>",
        ),
    ] {
        let outcome = typed(kind, text);
        assert_eq!(
            (outcome.value, outcome.warnings[0].warning.message.as_str()),
            (Value::Null, said),
            "{text}"
        );
        assert_eq!(outcome.warnings[0].place, "the result of \"D\"");
    }
}

#[test]
fn inputs_that_come_as_json_get_the_types_that_json_lacks() {
    let body = r##"<inputData id="i" name="Child"><variable name="Child" typeRef="tChild"/></inputData>
      <decision id="d" name="D"><informationRequirement><requiredInput href="#i"/></informationRequirement>
        <literalExpression><text>Child.date of birth + @"P1Y"</text></literalExpression></decision>"##;
    let reading = read(&model("m", &format!("{TYPES}{body}")));
    let child = r#"{"Child": {"date of birth": "2020-02-29", "age": 6}}"#;
    assert_eq!(
        outcome(&reading, "d", child).value.to_string(),
        "2021-02-28"
    );
    let wrong = outcome(
        &reading,
        "d",
        r#"{"Child": {"date of birth": "unknown", "age": 6}}"#,
    );
    assert_eq!(wrong.value, Value::Null);
    assert_eq!(wrong.warnings[0].place, "the input \"Child\"");
}

#[test]
fn types_that_make_no_sense_are_named() {
    let said = problems(
        r#"<itemDefinition name="a"><typeRef>b</typeRef></itemDefinition><itemDefinition name="b"><typeRef>a</typeRef></itemDefinition>
        <decision id="d" name="D"><variable name="D" typeRef="tNone"/><literalExpression><text>1</text></literalExpression></decision>"#,
    );
    assert_eq!(
        said,
        [
            "the type \"a\" is made of itself",
            "there is no type \"tNone\"; the values are not checked"
        ]
    );
}

#[test]
fn models_that_are_read_together_import_each_other() {
    let library = model(
        "library",
        &format!(
            r#"{KNOWLEDGE}<itemDefinition name="tRate"><typeRef>number</typeRef></itemDefinition>
        <inputData id="i" name="Loan"/><decision id="rate" name="Base rate"><informationRequirement><requiredInput href="{}i"/></informationRequirement>
          <literalExpression><text>Loan / 10</text></literalExpression></decision>"#,
            '#'
        ),
    );
    let user = model(
        "user",
        r##"<import name="Rates" namespace="library" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>
        <decision id="d" name="D"><variable name="D" typeRef="Rates.tRate"/>
          <informationRequirement><requiredDecision href="library#rate"/></informationRequirement>
          <knowledgeRequirement><requiredKnowledge href="library#k"/></knowledgeRequirement>
          <literalExpression><text>Rates.Monthly rate(120, 12) + Rates.Base rate</text></literalExpression></decision>"##,
    );
    for files in [[&user, &library], [&library, &user]] {
        let readings = read_all(&files.map(String::as_str));
        let reading = readings
            .iter()
            .find(|reading| reading.namespace == "user")
            .unwrap();
        let outcome = outcome(reading, "d", r#"{"Loan": 50}"#);
        assert_eq!(outcome.value.to_string(), "15");
        assert_eq!(outcome.decisions.len(), 2);
        assert_eq!(reading.decisions[0].required_decisions(), ["rate"]);
        assert_eq!(reading.decisions[0].reads(), [""; 0]);
    }
    let alone = read(&user);
    assert_eq!(
        alone.problems[0].message,
        "the model \"library\" that is imported as \"Rates\" is not there"
    );
    assert!(!alone.is_deployable());
}

#[test]
fn a_decision_knows_what_its_file_is_called() {
    let check = |attributes: &str, expected: (&str, &str)| {
        let text = format!(
            r#"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="urn:a" {attributes}>
            <decision id="d" name="D"><variable name="D"/>{}</decision></definitions>"#,
            literal("1")
        );
        let readings = read_all(&[&text]);
        let decision = &readings[0].decisions[0];
        let told = (decision.model_id(), decision.model_name());
        assert_eq!(told, expected, "{attributes}");
    };
    check(r#"id="risks" name="Risks""#, ("risks", "Risks"));
    check(r#"id="risks""#, ("risks", "risks"));
    check("", ("urn:a", "urn:a"));
}
