//! Boxed expressions and functions.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use dmn::read;
use feel::{Environment, Value};
use support::{literal, model, outcome};

/// The result of the decision `d` with this logic, as FEEL writes it, and the warnings.
fn check(logic: &str, variables: &str, expected: &str) {
    let xml = model(
        "m",
        &format!(r#"<decision id="d" name="D">{logic}</decision>"#),
    );
    let outcome = outcome(&read(&xml), "d", variables);
    assert_eq!(
        outcome.value.to_string(),
        expected,
        "{:?}",
        outcome.warnings
    );
}

fn problems(body: &str) -> Vec<String> {
    let problems = read(&model("m", body)).problems;
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

fn entry(name: &str, value: &str) -> String {
    let variable = match name {
        "" => String::new(),
        name => format!(r#"<variable name="{name}"/>"#),
    };
    format!("<contextEntry>{variable}{value}</contextEntry>")
}

#[test]
fn the_entries_of_a_context_know_those_before_them() {
    let entries = [
        entry("monthly income", &literal("amount * 2")),
        entry("b", &literal("monthly income + 1")),
    ];
    check(
        &format!("<context>{}</context>", entries.concat()),
        r#"{"amount": 5}"#,
        r#"{b: 11, "monthly income": 10}"#,
    );
    let result = entry("", &literal("b * 2"));
    check(
        &format!("<context>{}{result}</context>", entries.concat()),
        r#"{"amount": 5}"#,
        "22",
    );
}

#[test]
fn lists_and_relations_are_written_in_cells() {
    check(
        &format!("<list>{}{}</list>", literal("1 + 1"), literal("\"a\"")),
        "{}",
        r#"[2, "a"]"#,
    );
    let row = |name: &str, age: &str| format!("<row>{}{}</row>", literal(name), literal(age));
    let relation = format!(
        r#"<relation><column name="name"/><column name="age"/>{}{}</relation>"#,
        row("\"Ada\"", "3"),
        row("\"Ben\"", "1 + 4"),
    );
    check(
        &relation,
        "{}",
        r#"[{age: 3, name: "Ada"}, {age: 5, name: "Ben"}]"#,
    );
}

#[test]
fn conditionals_iterate_and_filter_as_their_texts_would() {
    let part = |name: &str, text: &str| format!("<{name}>{}</{name}>", literal(text));
    let conditional = |text: &str| {
        let parts = [part("if", text), part("then", "1"), part("else", "2")];
        format!("<conditional>{}</conditional>", parts.concat())
    };
    check(&conditional("true"), "{}", "1");
    check(&conditional("null"), "{}", "2");
    check(&conditional("\"yes\""), "{}", "null");
    let filter = |text: &str| {
        let source = part("in", "[{age: 3}, {age: 8}, {age: 12}]");
        format!("<filter>{source}{}</filter>", part("match", text))
    };
    check(&filter("age > 5"), "{}", "[{age: 8}, {age: 12}]");
    check(&filter("item.age = limit"), r#"{"limit": 3}"#, "[{age: 3}]");
    check(&filter("-1"), "{}", "{age: 12}");
    let each = |tag: &str, source: &str, body: &str| {
        let (source, inner) = (
            part("in", source),
            if tag == "for" { "return" } else { "satisfies" },
        );
        format!(
            r#"<{tag} iteratorVariable="x">{source}{}</{tag}>"#,
            part(inner, body)
        )
    };
    check(
        &each("for", "[1..4]", "x * 2 + count(partial)"),
        "{}",
        "[2, 5, 8, 11]",
    );
    check(&each("some", "[1, 2]", "x > 1"), "{}", "true");
    check(&each("every", "[1, 2]", "x > 1"), "{}", "false");
    check(&each("every", "[]", "x > 1"), "{}", "true");
    check(&each("some", "[1, null]", "x > 1"), "{}", "null");
}

const KNOWLEDGE: &str = r#"
  <businessKnowledgeModel id="k" name="Monthly rate">
    <encapsulatedLogic><formalParameter name="amount" typeRef="number"/><formalParameter name="months" typeRef="number"/>
      <literalExpression><text>if months = 0 then 0 else amount / months</text></literalExpression></encapsulatedLogic>
  </businessKnowledgeModel>"#;

fn using_knowledge(logic: &str) -> String {
    let requirement =
        r##"<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>"##;
    let decision = format!(r#"<decision id="d" name="D">{requirement}{logic}</decision>"#);
    model("m", &format!("{KNOWLEDGE}{decision}"))
}

#[test]
fn business_knowledge_is_called_and_invoked() {
    let result = |logic: &str| outcome(&read(&using_knowledge(logic)), "d", "{}");
    assert_eq!(
        result(&literal("Monthly rate(120, 12)")).value.to_string(),
        "10"
    );
    assert_eq!(
        result(&literal("Monthly rate(months: 12, amount: 24)"))
            .value
            .to_string(),
        "2"
    );
    let binding = |name: &str, text: &str| {
        format!(
            r#"<binding><parameter name="{name}"/>{}</binding>"#,
            literal(text)
        )
    };
    let invoked = |bindings: &[String]| {
        let bindings = bindings.concat();
        result(&format!(
            "<invocation>{}{bindings}</invocation>",
            literal("Monthly rate")
        ))
    };
    assert_eq!(
        invoked(&[binding("amount", "60"), binding("months", "12")])
            .value
            .to_string(),
        "5"
    );
    let wrong = invoked(&[binding("sum", "60")]);
    assert_eq!(wrong.value, Value::Null);
    assert_eq!(
        wrong.warnings[0].warning.message,
        "function(amount, months) has no parameter `sum`"
    );
    let wrong = result(&literal("Monthly rate(\"much\", 12)"));
    assert_eq!(wrong.value, Value::Null);
    assert_eq!(
        wrong.warnings[0].warning.message,
        "the argument `amount` of function(amount, months) is a string, not a number"
    );
}

#[test]
fn what_is_required_and_named_inside_is_not_read_from_outside() {
    let body = entry("rate", &literal("Monthly rate(loan, 12)"));
    let result = entry("", &literal("for r in [rate] return r + fees"));
    let reading = read(&using_knowledge(&format!(
        "<context>{body}{result}</context>"
    )));
    assert_eq!(reading.decisions[0].reads(), ["fees", "loan"]);
}

#[test]
fn functions_keep_what_they_saw_and_may_call_themselves() {
    let parameter = r#"<formalParameter name="n"/>"#;
    let logic = literal("if n <= 1 then 1 else n * factorial(n - 1)");
    let function = format!("<functionDefinition>{parameter}{logic}</functionDefinition>");
    let entries = entry("factorial", &function) + &entry("", &literal("factorial(5)"));
    check(&format!("<context>{entries}</context>"), "{}", "120");
    let adder = format!(
        "<functionDefinition>{parameter}{}</functionDefinition>",
        literal("n + base")
    );
    let entries = [
        entry("base", &literal("10")),
        entry("add", &adder),
        entry("", &literal("add(1)")),
    ];
    check(
        &format!("<context>{}</context>", entries.concat()),
        "{}",
        "11",
    );
}

#[test]
fn knowledge_that_calls_itself_without_end_ends_at_the_limit() {
    let body = r##"<businessKnowledgeModel id="k" name="Again"><encapsulatedLogic><formalParameter name="n"/>
        <literalExpression><text>Again(n + 1)</text></literalExpression></encapsulatedLogic>
        <knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement></businessKnowledgeModel>
      <decision id="d" name="D"><knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>
        <literalExpression><text>Again(1)</text></literalExpression></decision>"##;
    let reading = read(&model("m", body));
    assert!(reading.is_deployable(), "{:?}", reading.problems);
    let run = move || {
        let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
        reading.decisions[0]
            .evaluate(&(), &environment)
            .unwrap_err()
    };
    let thread = std::thread::Builder::new().stack_size(1024 * 1024);
    let error = thread.spawn(run).unwrap().join().unwrap();
    assert!(
        error.to_string().contains("the limit `depth` was passed"),
        "{error}"
    );
}

#[test]
fn every_part_that_is_wrong_is_named_with_its_place() {
    let context = format!(
        r#"<context>{}{}{}</context>"#,
        entry("a", &literal("1 +")),
        entry(
            "b",
            "<conditional><if><literalExpression><text>true</text></literalExpression></if></conditional>"
        ),
        entry(
            "c",
            "<list><relation><column name=\"x\"/><row/></relation></list>"
        ),
    );
    let deep = format!(
        "{}{}{}",
        "<list>".repeat(40),
        literal("1"),
        "</list>".repeat(40)
    );
    let said = problems(&format!(
        r#"<decision id="d" name="D">{context}</decision><decision id="e" name="E">{deep}</decision>"#
    ));
    assert_eq!(
        said,
        [
            "the entry \"a\": expected a value, found the end",
            "the entry \"b\", `then` is missing",
            "the entry \"b\", `else` is missing",
            "row 1 has 0 cells, the relation 1 columns",
            "item 1 is nested more than 24 levels deep",
        ]
    );
}

#[test]
fn a_long_iteration_is_done_in_no_time_and_one_without_end_stops() {
    let source = |end: &str| format!("<in>{}</in>", literal(&format!("[1..{end}]")));
    let loop_over = |end: &str, body: &str| {
        format!(
            r#"<for iteratorVariable="x">{}<return>{}</return></for>"#,
            source(end),
            literal(body)
        )
    };
    let context = |logic: &str| {
        format!(
            "<context>{}{}</context>",
            entry("l", logic),
            entry("", &literal("count(l)"))
        )
    };
    check(&context(&loop_over("50000", "x")), "{}", "50000");
    let xml = model(
        "m",
        &format!(
            r#"<decision id="d" name="D">{}</decision>"#,
            loop_over("99999", "[partial]")
        ),
    );
    let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
    let error = read(&xml).decisions[0]
        .evaluate(&(), &environment)
        .unwrap_err();
    assert!(error.to_string().contains("limit"), "{error}");
}

#[test]
fn priority_and_output_order_follow_the_list_of_values() {
    let table = |policy: &str| {
        let rule = |input: &str, output: &str| {
            let input = input.replace('<', "&lt;");
            format!(
                "<rule><inputEntry><text>{input}</text></inputEntry><outputEntry><text>{output}</text></outputEntry></rule>"
            )
        };
        let rules = [
            rule("< 18", "\"low\""),
            rule("< 5", "\"high\""),
            rule("< 10", "\"medium\""),
        ];
        format!(
            r#"<decisionTable hitPolicy="{policy}"><input><inputExpression><text>age</text></inputExpression></input>
            <output><outputValues><text>"high", "medium", "low"</text></outputValues></output>{}</decisionTable>"#,
            rules.concat()
        )
    };
    check(&table("PRIORITY"), r#"{"age": 3}"#, "high");
    check(&table("PRIORITY"), r#"{"age": 12}"#, "low");
    check(
        &table("OUTPUT ORDER"),
        r#"{"age": 3}"#,
        r#"["high", "medium", "low"]"#,
    );
    check(&table("OUTPUT ORDER"), r#"{"age": 30}"#, "[]");
}
