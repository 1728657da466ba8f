//! Deployment: what is wrong with a form is said with its place and a way out.

use crate::sample::form;
use forms::{Form, Problem, Severity};

fn problems(json: &str) -> Vec<Problem> {
    match Form::read(json) {
        Ok(form) => form.problems().to_vec(),
        Err(problems) => problems,
    }
}

/// The first problem of the severity, for components that stand in a form.
fn check(components: &str, severity: Severity, component: Option<&str>, message: &str) {
    let json = format!("{{\"id\": \"test\", \"components\": [\n{components}]}}");
    let problems = problems(&json);
    let found = problems
        .iter()
        .find(|problem| problem.severity == severity && problem.message.contains(message));
    let found = found.unwrap_or_else(|| panic!("{components}: no {message:?} in {problems:#?}"));
    assert_eq!(found.component.as_deref(), component, "{found}");
    assert!(found.line >= 1 && !found.way_out.is_empty(), "{found:?}");
    assert_eq!(
        Form::read(&json).is_err(),
        problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    );
}

#[test]
fn a_misspelt_key_is_named_with_its_place_and_the_key_that_was_meant() {
    let json = "{\"id\": \"f\", \"components\": [\n  {\"type\": \"textfield\", \"key\": \"a\",\n   \"lable\": \"A\", \"label\": \"A\"}\n]}";
    let problems = problems(json);
    let problem = problems
        .iter()
        .find(|problem| problem.message.contains("lable"))
        .unwrap();
    assert_eq!((problem.line, problem.column), (3, 13));
    assert_eq!(problem.component.as_deref(), Some("a"));
    assert_eq!(problem.way_out, "Did you mean `label`?");
    assert_eq!(problem.severity, Severity::Warning);
}

#[test]
fn unknown_types_are_errors_and_what_is_not_supported_is_refused_by_name() {
    check(
        r#"{"type": "textfeild", "key": "a"}"#,
        Severity::Error,
        Some("a"),
        "`textfeild` is no type",
    );
    check(
        r#"{"type": "iframe", "id": "x"}"#,
        Severity::Error,
        Some("x"),
        "`iframe` is refused",
    );
    check(
        r#"{"type": "filepicker", "key": "x"}"#,
        Severity::Error,
        Some("x"),
        "`filepicker` is refused",
    );
    check(
        r#"{"type": "image", "id": "x"}"#,
        Severity::Error,
        Some("x"),
        "`image` is refused",
    );
    check(
        r#"{"type": "html", "id": "x", "content": "<b>"}"#,
        Severity::Warning,
        Some("x"),
        "`html` is left out",
    );
    check(
        r#"{"type": "button", "id": "x", "action": "reset"}"#,
        Severity::Hint,
        Some("x"),
        "`button` is left out",
    );
    check(
        r#"{"key": "x"}"#,
        Severity::Error,
        Some("x"),
        "has no `type`",
    );
    check("7", Severity::Error, None, "a component is a number");
}

#[test]
fn properties_that_nothing_reads_are_pointed_out() {
    let field = |properties: &str| {
        format!(
            r#"{{"type": "textfield", "key": "a", "label": "A", "properties": {{{properties}}}}}"#
        )
    };
    check(
        &field(r#""widgt": "signature""#),
        Severity::Hint,
        Some("a"),
        "`widgt` is not known",
    );
    check(
        &field(r#""widget": "telepathy""#),
        Severity::Warning,
        Some("a"),
        "`telepathy` is no widget",
    );
    check(
        &field(r#""hint.yes": "Really""#)
            .replace("textfield", "radio")
            .replace("\"label\"", "\"values\": [{\"value\": \"no\"}], \"label\""),
        Severity::Warning,
        Some("a"),
        "the option `yes`",
    );
}

#[test]
fn fields_need_a_key_that_feel_can_read_and_a_label() {
    check(
        r#"{"type": "textfield", "label": "A", "id": "x"}"#,
        Severity::Error,
        Some("x"),
        "has no `key`",
    );
    check(
        r#"{"type": "number", "key": "a"}"#,
        Severity::Error,
        Some("a"),
        "has no label",
    );
    check(
        r#"{"type": "number", "key": "a b", "label": "A"}"#,
        Severity::Error,
        Some("component 1"),
        "`a b` in `key` is no name",
    );
    check(
        r#"{"type": "number", "key": "a", "label": "Age:"}"#,
        Severity::Warning,
        Some("a"),
        "ends with a colon",
    );
    let twice = r#"{"type": "number", "key": "a", "label": "A"}, {"type": "textfield", "key": "a", "label": "B"}"#;
    check(
        twice,
        Severity::Error,
        Some("a"),
        "the name of two components",
    );
    let inside = r#"{"type": "number", "key": "a", "label": "A"}, {"type": "group", "path": "a", "components": []}"#;
    check(
        inside,
        Severity::Error,
        Some("a"),
        "the name of two components",
    );
}

#[test]
fn options_come_from_one_place_and_differ() {
    let radio =
        |source: &str| format!(r#"{{"type": "radio", "key": "a", "label": "A", {source}}}"#);
    check(
        &radio(r#""validate": {}"#),
        Severity::Error,
        Some("a"),
        "has no options",
    );
    check(
        &radio(r#""values": [{"value": "x", "label": "X"}], "valuesKey": "k""#),
        Severity::Error,
        Some("a"),
        "more than one source",
    );
    check(
        &radio(r#""values": [{"value": "x", "label": "X"}, {"value": "x", "label": "Y"}]"#),
        Severity::Error,
        Some("a"),
        "`x` is there twice",
    );
    check(
        &radio(r#""values": [{"label": "X"}]"#),
        Severity::Error,
        Some("a"),
        "an option has no value",
    );
    check(
        &radio(r#""values": [{"value": "x", "label": "X"}], "defaultValue": "y""#),
        Severity::Warning,
        Some("a"),
        "default value `y`",
    );
}

#[test]
fn rules_that_cannot_work_are_pointed_out() {
    let field = |kind: &str, rules: &str| {
        format!(r#"{{"type": "{kind}", "key": "a", "label": "A", "validate": {{{rules}}}}}"#)
    };
    check(
        &field("textfield", r#""pattern": "(""#),
        Severity::Error,
        Some("a"),
        "no regular expression",
    );
    check(
        &field("textfield", r#""required": "yes""#),
        Severity::Error,
        Some("a"),
        "`required` is a text",
    );
    check(
        &field("textfield", r#""min": 3"#),
        Severity::Warning,
        Some("a"),
        "`min` has no effect",
    );
    check(
        &field("number", r#""min": 3, "max": 1"#),
        Severity::Error,
        Some("a"),
        "no number is both",
    );
    check(
        &field("number", r#""minn": 3"#),
        Severity::Warning,
        Some("a"),
        "`minn` is not known",
    );
    check(
        &field("textfield", r#""validationType": "fax""#),
        Severity::Error,
        Some("a"),
        "`fax` is no validationType",
    );
}

#[test]
fn expressions_are_compiled_at_deployment() {
    let hidden = |hide: &str| {
        format!(
            r#"{{"type": "textfield", "key": "a", "label": "A", "conditional": {{"hide": "{hide}"}}}}"#
        )
    };
    check(
        &hidden("=risk >"),
        Severity::Error,
        Some("a"),
        "`hide` is not FEEL: line 1",
    );
    check(
        &hidden("=risk = 1"),
        Severity::Hint,
        Some("a"),
        "reads `risk`",
    );
    check(
        r#"{"type": "text", "id": "x", "text": "Hello {{name"}"#,
        Severity::Error,
        Some("x"),
        "`{{` has no `}}`",
    );
    check(
        r#"{"type": "text", "id": "x", "text": "{{#if a}}b{{/if}}"}"#,
        Severity::Error,
        Some("x"),
        "blocks are not supported",
    );
}

#[test]
fn computed_fields_that_wait_for_each_other_are_refused() {
    let circle = r#"{"type": "expression", "key": "a", "label": "A", "expression": "=b + 1"},
                    {"type": "expression", "key": "b", "label": "B", "expression": "=a + 1"}"#;
    check(
        circle,
        Severity::Error,
        Some("a"),
        "wait for each other: a, b",
    );
    let itself = r#"{"type": "expression", "key": "a", "label": "A", "expression": "=a + 1"}"#;
    check(itself, Severity::Error, Some("a"), "wait for each other: a");
}

#[test]
fn long_forms_and_crowded_reveals_get_a_hint() {
    let field = |key: usize| format!(r#"{{"type": "textfield", "key": "k{key}", "label": "K"}}"#);
    let many: Vec<_> = (0..13).map(field).collect();
    check(&many.join(","), Severity::Hint, None, "asks 13 questions");
    let reveal = |key: &str| {
        format!(
            r#"{{"type": "textfield", "key": "{key}", "label": "K", "conditional": {{"hide": "=seen != \"yes\""}}}}"#
        )
    };
    let seen = r#"{"type": "radio", "key": "seen", "label": "Seen", "values": [{"value": "yes", "label": "Yes"}]}"#;
    check(
        &format!("{seen},{},{}", reveal("x"), reveal("y")),
        Severity::Hint,
        Some("y"),
        "reveals more than one question",
    );
}

#[test]
fn several_problems_are_found_at_once_in_the_order_of_the_text() {
    let json = "{\"components\": [\n{\"type\": \"nope\"},\n{\"type\": \"textfield\"}]}";
    let lines: Vec<u32> = problems(json).iter().map(|problem| problem.line).collect();
    assert!(lines.len() >= 4 && lines.is_sorted(), "{lines:?}");
}

#[test]
fn a_text_that_is_no_form_is_refused_with_a_message() {
    let cases = [
        ("", "not JSON"),
        ("<html>", "not JSON"),
        ("[]", "a form is a JSON object, and this is a list"),
        ("{}", "has no `id`"),
        (r#"{"id": "x"}"#, "has no `components`"),
        (
            r#"{"id": "x", "components": {}}"#,
            "`components` is an object",
        ),
        (
            r#"{"id": "x", "components": [], "type": "other"}"#,
            "the form's type is `other`",
        ),
    ];
    for (text, message) in cases {
        let problems = Form::read(text).expect_err(text);
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains(message)),
            "{text}: {problems:?}"
        );
    }
}

#[test]
fn hostile_sizes_are_refused_by_the_name_of_the_limit() {
    let huge = format!(r#"{{"id": "{}"}}"#, "x".repeat(forms::limits::FORM_BYTES));
    assert!(
        Form::read(&huge).unwrap_err()[0]
            .message
            .contains("larger than")
    );
    let deep = format!(
        "{}{}",
        r#"{"type":"group","components":["#.repeat(100),
        "]}".repeat(100)
    );
    let deep = format!(r#"{{"id": "x", "components": [{deep}]}}"#);
    assert!(
        Form::read(&deep)
            .unwrap_err()
            .iter()
            .any(|problem| problem.message.contains("deeper than"))
    );
    let many = vec![r#"{"type":"separator"}"#; forms::limits::COMPONENTS + 5].join(",");
    let many = format!(r#"{{"id": "x", "components": [{many}]}}"#);
    assert!(
        Form::read(&many)
            .unwrap_err()
            .iter()
            .any(|problem| problem.message.contains("more than 1000"))
    );
}

#[test]
fn a_title_is_the_forms_own_or_its_first_heading() {
    assert_eq!(
        Form::read(r#"{"id": "x", "title": "Visit", "components": []}"#)
            .unwrap()
            .title(),
        "Visit"
    );
    assert_eq!(
        form(r##"{"type": "text", "text": "# Record a visit\nmore"}"##).title(),
        "Record a visit"
    );
    assert_eq!(form("").title(), "test");
}

#[test]
fn fields_are_listed_with_their_names_and_labels() {
    let form = form(
        r#"{"type": "group", "path": "plan", "components": [
             {"type": "dynamiclist", "path": "goals", "label": "Goals", "components": [
               {"type": "textfield", "key": "goal", "label": "Goal of {{name}}", "validate": {"required": true}}]}]}"#,
    );
    let fields = form.fields();
    assert_eq!(fields.len(), 1);
    assert_eq!(
        (
            fields[0].name.as_str(),
            fields[0].label.as_str(),
            fields[0].required
        ),
        ("plan.goals[].goal", "Goal of …", true)
    );
}
