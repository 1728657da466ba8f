//! What is said of a table before it runs.

use dmn::read;

/// What is said of a table over `age` (a number) and `risk` with these rules: `age | risk | output`. `head` goes into the table's tag.
fn said(head: &str, inputs: [&str; 2], output: &str, rules: &[&str]) -> Vec<String> {
    let cell = |kind: &str, text: &str| {
        let text = text.trim().replace('<', "&lt;");
        format!("<{kind}><text>{text}</text></{kind}>")
    };
    let rule = |rule: &&str| {
        let cells: Vec<&str> = rule.split('|').collect();
        let inputs = format!(
            "{}{}",
            cell("inputEntry", cells[0]),
            cell("inputEntry", cells[1])
        );
        format!("<rule>{inputs}{}</rule>", cell("outputEntry", cells[2]))
    };
    let rules: String = rules.iter().map(rule).collect();
    let [age, risk] = inputs;
    let xml = format!(
        r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="D" namespace="n">
        <itemDefinition id="t" name="tRisk"><typeRef>string</typeRef><allowedValues><text>"yes", "no"</text></allowedValues></itemDefinition>
        <decision id="level" name="Level"><decisionTable {head}>
          <input label="age"><inputExpression {age}><text>age</text></inputExpression></input>
          <input label="risk"><inputExpression {risk}><text>risk</text></inputExpression></input>
          {output}{rules}</decisionTable></decision></definitions>"#
    );
    let reading = read(&xml);
    assert!(reading.is_deployable(), "{:?}", reading.problems);
    let messages = reading.problems.into_iter();
    messages.map(|problem| problem.message).collect()
}

/// What is said of a UNIQUE table without types.
fn unique(rules: &[&str]) -> Vec<String> {
    said("", ["", ""], r#"<output name="o"/>"#, rules)
}

#[test]
fn a_table_that_is_whole_and_unambiguous_passes_in_silence() {
    let none: [&str; 0] = [];
    assert_eq!(
        unique(&[
            "< 5 | - | 1",
            "[5..17] | \"yes\" | 2",
            "[5..17] | not(\"yes\") | 3",
            ">= 18 | - | 4"
        ]),
        none
    );
    assert_eq!(unique(&["- | - | 1"]), none);
    assert_eq!(unique(&["<= 5 | - | 1", ">= 6 | - | 2"]), none);
    assert_eq!(unique(&["[0..5) | - | 1", ">= 5 | - | 2"]), none);
    assert_eq!(unique(&["true | - | 1", "false | - | 2"]), none);
}

#[test]
fn overlaps_of_a_unique_table_are_named_with_a_case() {
    assert_eq!(
        unique(&[
            "< 10 | - | 1",
            "[5..20] | \"yes\" | 2",
            ">= 10 | \"no\" | 3",
            ">= 18 | - | 4"
        ]),
        [
            "rule 2 matches together with rule 1, for instance where age in [5..10) and risk = \"yes\"",
            "rule 4 matches together with rules 2 and 3, for instance where age in [18..20] and risk = \"yes\"",
        ]
    );
}

#[test]
fn rules_of_an_any_table_may_overlap_if_they_agree() {
    let any = |rules: &[&str]| {
        said(
            "hitPolicy=\"ANY\"",
            ["", ""],
            r#"<output name="o"/>"#,
            rules,
        )
    };
    assert_eq!(any(&["- | - | 1", "< 5 | - | 1"]), [""; 0]);
    assert_eq!(
        any(&["- | - | 1", "< 5 | - | 2"]),
        ["rule 2 contradicts rule 1, for instance where age < 5"]
    );
}

#[test]
fn gaps_are_named_unless_there_is_a_default_or_a_list() {
    let rules = ["< 5 | - | 1", "[6..18) | \"yes\" | 2", ">= 18 | - | 3"];
    assert_eq!(unique(&rules), ["no rule of \"Level\" is about age = 5"]);
    let typed = |output: &str, head: &str| said(head, ["", "typeRef=\"tRisk\""], output, &rules);
    let output = r#"<output name="o"/>"#;
    assert_eq!(
        typed(output, ""),
        [
            "no rule of \"Level\" is about age = 5",
            "no rule of \"Level\" is about age in [6..18) and risk = \"no\"",
        ]
    );
    let default =
        r#"<output name="o"><defaultOutputEntry><text>0</text></defaultOutputEntry></output>"#;
    assert_eq!(typed(default, ""), [""; 0]);
    assert_eq!(typed(output, "hitPolicy=\"COLLECT\""), [""; 0]);
}

#[test]
fn gaps_between_dates_and_fractions_are_found() {
    assert_eq!(
        unique(&["< @\"2026-01-01\" | - | 1", "> @\"2026-01-02\" | - | 2"]),
        ["no rule of \"Level\" is about age in [2026-01-01..2026-01-02]"]
    );
    assert_eq!(
        unique(&["< 1.5 | - | 1", "> 1.5 | - | 2"]),
        ["no rule of \"Level\" is about age = 1.5"]
    );
}

#[test]
fn rules_that_cannot_be_reached_are_named() {
    let first = |rules: &[&str]| {
        said(
            "hitPolicy=\"FIRST\"",
            ["", "typeRef=\"tRisk\""],
            r#"<output name="o"/>"#,
            rules,
        )
    };
    assert_eq!(
        first(&[
            "< 10 | - | 1",
            ">= 10 | \"yes\" | 2",
            "[3..20] | \"yes\" | 3",
            "- | - | 4"
        ]),
        ["rule 3 is never reached: rules before it match whatever it matches"]
    );
    assert_eq!(
        first(&["- | \"maybe\" | 1", "- | - | 2"]),
        ["rule 1 never matches: no value of \"risk\" passes its test"]
    );
}

#[test]
fn values_of_the_wrong_type_are_named() {
    let output = r#"<output name="o" typeRef="number"><outputValues><text>1, 2</text></outputValues></output>"#;
    assert_eq!(
        said(
            "",
            ["typeRef=\"number\"", ""],
            output,
            &[
                "\"five\" | - | 1",
                "- | \"no\" | 3",
                "- | \"yes\" | \"two\""
            ]
        ),
        [
            "rule 1 compares \"age\", a number, with a string",
            "rule 2: the output \"o\" is not among the foreseen values 1, 2",
            "rule 3: the output \"o\" is a string, not a number",
        ]
    );
}

#[test]
fn nothing_is_said_of_tests_that_depend_on_more_than_the_input() {
    let none: [&str; 0] = [];
    assert_eq!(unique(&["< limit | - | 1", ">= limit | - | 2"]), none);
    assert_eq!(unique(&["? < 5 | - | 1", "[4..9] | - | 2"]), none);
    assert_eq!(unique(&["null | - | 1", "- | - | 2"]), none);
    assert_eq!(
        unique(&["1 | - | 1", "\"one\" | - | 2", "- | \"x\" | 3"]),
        none
    );
}

#[test]
fn a_large_table_is_checked_in_no_time() {
    let rules: Vec<String> = (0..300)
        .map(|at| {
            format!(
                "[{}..{}) | \"{}\" | {at}",
                at * 7 % 90,
                at * 7 % 90 + 11,
                at % 7
            )
        })
        .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    assert!(!unique(&rules).is_empty());
}
