use std::collections::BTreeMap;

use super::{Meaning, Setting, translate};

const SETTING: Setting<'static> = Setting {
    in_loop: true,
    element_id: "Visit",
    element_name: Some("Visit the \"home\""),
};

#[track_caller]
fn check(juel: &str, feel: &str) {
    let read = translate(juel, SETTING);
    assert_eq!(read, Ok(Meaning::Feel(feel.to_owned())));
}

/// An expression and what FEEL computes for its translation.
#[track_caller]
fn check_value(juel: &str, variables: serde_json::Value, expected: serde_json::Value) {
    let Ok(Meaning::Feel(text)) = translate(juel, Setting::default()) else {
        panic!("{juel} is not translated");
    };
    let values: BTreeMap<std::sync::Arc<str>, ::feel::Value> = variables
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().into(),
                ::feel::Value::from_json(value.clone()),
            )
        })
        .collect();
    let expression = ::feel::Expression::compile(&text).expect("FEEL");
    let catalog = crate::Catalog::default();
    let environment = catalog.environment("2026-03-02T06:00:00Z".parse().expect("a moment"));
    let found = expression.evaluate(&Known(values), &environment).value;
    assert_eq!(
        found.into_json_like(),
        ::feel::Value::from_json(expected),
        "{juel} as {text}"
    );
}

struct Known(BTreeMap<std::sync::Arc<str>, ::feel::Value>);

impl ::feel::Variables for Known {
    fn get(&self, name: &str) -> Option<::feel::Value> {
        self.0.get(name).cloned()
    }
}

#[test]
fn both_spellings_of_operators_are_read() {
    check(
        "${a == 'x' && b != 3 || !c}",
        "a = \"x\" and b != 3 or c != true",
    );
    check(
        "#{a eq 'x' and b ne 3 or not c}",
        "a = \"x\" and b != 3 or c != true",
    );
    check(
        "${a lt 1 || a gt 2 || a le 3 || a ge 4}",
        "a < 1 or a > 2 or a <= 3 or a >= 4",
    );
    check("${a < 1.5}", "a < 1.5");
    check("${1e3}", "1000");
    check("${a % 2 == b mod 3}", "modulo(a, 2) = modulo(b, 3)");
    check(
        "${(a + b) * -c div 2 - (d - e)}",
        "(a + b) * -c / 2 - (d - e)",
    );
    check(
        "${a ? b : c ? d : e}",
        "if a then b else if c then d else e",
    );
    check("${(a ? 1 : 2) + 3}", "(if a then 1 else 2) + 3");
    check("${(a == b) == (c < d)}", "(a = b) = (c < d)");
}

#[test]
fn paths_and_items_are_read() {
    check("${case.child.age}", "case.child.age");
    check("${visits[0].date}", "visits[1].date");
    check(
        "${case['age of child']}",
        "get value(case, \"age of child\")",
    );
    check("${in.function}", "`in`.`function`");
    check("${größe$1}", "`größe$1`");
    check_value(
        "${visits[i]}",
        serde_json::json!({"visits": [5, 6], "i": 1}),
        serde_json::json!(6),
    );
    check_value(
        "${a[k]}",
        serde_json::json!({"a": {"x": 7}, "k": "x"}),
        serde_json::json!(7),
    );
    check_value(
        "${a[0].b}",
        serde_json::json!({"a": [{"b": 3}]}),
        serde_json::json!(3),
    );
}

#[test]
fn texts_are_joined_with_expressions() {
    check(
        "Dear ${name}, ${'you'}!",
        "string join([\"Dear \", string(name), \", \", \"you\", \"!\"])",
    );
    check_value(
        "Dear ${name}: ${n}",
        serde_json::json!({"name": "Amara", "n": 3}),
        serde_json::json!("Dear Amara: 3"),
    );
    check_value(
        "Dear ${name}!",
        serde_json::json!({"name": null}),
        serde_json::json!("Dear !"),
    );
    assert_eq!(
        translate("price \\${x}", SETTING),
        Ok(Meaning::Literal("price ${x}".into()))
    );
    assert_eq!(
        translate("plain", SETTING),
        Ok(Meaning::Literal("plain".into()))
    );
    check("${'it\\'s \"so\"'}", "\"it's \\\"so\\\"\"");
}

#[test]
fn null_and_empty_mean_what_they_mean_in_juel() {
    use serde_json::json;
    check_value("${a == null}", json!({"a": null}), json!(true));
    check_value("${null eq a}", json!({"a": 3}), json!(false));
    check_value("${!a}", json!({"a": null}), json!(true));
    check_value("${!(a < 3)}", json!({"a": null}), json!(true));
    check_value("${!(a && b)}", json!({"a": true, "b": null}), json!(true));
    for (value, is_empty) in [
        (json!(null), true),
        (json!(""), true),
        (json!([]), true),
        (json!({}), true),
        (json!("x"), false),
        (json!([null]), false),
        (json!({"a": 1}), false),
        (json!(0), false),
        (json!(false), false),
    ] {
        check_value("${empty x}", json!({"x": value}), json!(is_empty));
        check_value("${!empty x}", json!({"x": value}), json!(!is_empty));
        check_value(
            "${not empty x && true}",
            json!({"x": value}),
            json!(!is_empty),
        );
    }
    check_value("${empty nothing}", json!({}), json!(true));
    check_value("${a != null and a.b}", json!({"a": null}), json!(false));
}

#[test]
fn names_of_the_engine_are_translated() {
    check("${loopCounter}", "loopCounter - 1");
    check("${loopCounter * 2}", "(loopCounter - 1) * 2");
    check(
        "${nrOfCompletedInstances / nrOfInstances >= 0.6}",
        "numberOfCompletedInstances / numberOfInstances >= 0.6",
    );
    check("${execution.processBusinessKey}", "caseway.businessId");
    check("${execution.getVariable('risk') > 3}", "risk > 3");
    check("${execution.currentActivityId}", "\"Visit\"");
    check("${task.name}", "\"Visit the \\\"home\\\"\"");
    check(
        "${variables:equals(risk, 3) || vars:isNotEmpty('x')}",
        "risk = 3 or not(list contains([null, \"\", [], {}], x))",
    );
    check("${a ? variables : c}", "if a then variables else c");
    assert_eq!(
        translate("${loopCounter}", Setting::default()),
        Ok(Meaning::Feel("loopCounter".into()))
    );
}

#[track_caller]
fn check_refused(juel: &str, at: usize, message: &str) {
    let refused = translate(juel, SETTING).expect_err("a refusal");
    assert_eq!((refused.at, refused.message.as_str()), (at, message));
}

#[test]
fn what_needs_a_program_is_refused_at_its_place() {
    check_refused(
        "${a > bean.compute(3)}",
        6,
        "calls the method `compute`, which is not executed",
    );
    check_refused(
        "Dear ${x.toString()}",
        7,
        "calls the method `toString`, which is not executed",
    );
    check_refused(
        "${currentUser()}",
        2,
        "calls the function `currentUser`, which is not executed",
    );
    check_refused(
        "${task.assignee}",
        2,
        "reads `task.assignee`, which has no counterpart here",
    );
    check_refused(
        "${list.stream().map(x -> x)}",
        22,
        "has a lambda, which is not executed",
    );
    check_refused("${a = 3}", 4, "changes something while it is evaluated");
    check_refused(
        "${execution}",
        2,
        "uses `execution` as a value, which only a program inside its own engine can",
    );
    check_refused("${a", 0, "is not closed");
    check_refused("${}", 0, "is empty");
    check_refused("${a b}", 4, "is not understood at `b`");
    check_refused("${'a}", 2, "has a text without end");
    check_refused("${a # b}", 4, "has the sign `#`, which is not read");
    check_refused("${(a}", 4, "is not understood at the end");
}

#[test]
fn hostile_depth_is_refused() {
    for text in [
        format!("${{{}a{}}}", "(".repeat(5000), ")".repeat(5000)),
        format!("${{{}a}}", "!".repeat(5000)),
        format!("${{a{}}}", ".b".repeat(5000)),
        format!("${{a{}}}", " + a".repeat(5000)),
    ] {
        assert!(translate(&text, SETTING).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn every_text_gets_an_answer(text in "([$#][{]|[a-c.!?:+ '\"\\[\\]()<>=&|}]|empty |loopCounter|[0-9]){0,24}") {
        if let Ok(Meaning::Feel(feel)) = translate(&text, SETTING) {
            proptest::prop_assert!(::feel::Expression::compile(&feel).is_ok());
        }
    }
}
