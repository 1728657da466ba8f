//! The language itself: one line a rule.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use feel::{Context, Environment, Evaluation, Expression, Reason, UnaryTests, Value};

fn environment() -> Environment {
    let zone = jiff::tz::TimeZone::get("Africa/Kampala").unwrap();
    Environment::at("2026-03-02T06:00:00Z".parse().unwrap()).in_zone(zone)
}

fn variables() -> Context {
    let json = serde_json::json!({
        "amount": 1500, "status": "open", "age": 7, "score": null, "full name": "Grace Auma", "name": "outer",
        "child": {"age": 4, "address": {"town": "Nakawa"}},
        "visits": [{"kind": "home", "risk": "high", "days": 3}, {"kind": "school", "risk": "low", "days": 10}, {"kind": "home", "risk": "low", "days": 7}],
    });
    Value::from_json(json).as_context().unwrap().clone()
}

fn evaluate(text: &str) -> Evaluation {
    let expression =
        Expression::compile(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    expression.evaluate(&variables(), &environment())
}

/// The value equals that of the other expression, and there are no warnings.
fn check(text: &str, expected: &str) {
    let (found, wanted) = (evaluate(text), evaluate(expected));
    assert_eq!(found.value, wanted.value, "{text}: {:?}", found.warnings);
    assert_eq!(found.warnings, [], "{text}");
}

/// The value is null, and the only warning says this.
fn warned(text: &str, reason: Reason, message: &str) {
    let found = evaluate(text);
    assert_eq!(found.value, Value::Null, "{text}");
    let said: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(said, [message], "{text}");
    assert_eq!(found.warnings[0].reason, reason, "{text}");
}

/// The text is refused with this problem.
fn refused(text: &str, problem: &str) {
    match Expression::compile(text) {
        Ok(_) => panic!("{text} was accepted"),
        Err(found) => assert_eq!(found.to_string(), problem, "{text}"),
    }
}

fn reads(text: &str, expected: &[&str]) {
    assert_eq!(
        Expression::compile(text).unwrap().reads(),
        expected,
        "{text}"
    );
}

/// Whether the input passes the tests: `true`, `false` or `null`.
fn tested(tests: &str, input: &str, expected: &str) {
    let compiled =
        UnaryTests::compile(tests).unwrap_or_else(|problem| panic!("{tests}: {problem}"));
    let found = compiled.test(&evaluate(input).value, &variables(), &environment());
    assert_eq!(found.value.to_string(), expected, "{input} against {tests}");
}

#[test]
fn operators_bind_as_in_arithmetic() {
    check("1 + 2 * 3", "7");
    check("(1 + 2) * 3", "9");
    check("10 - 3 - 2", "5");
    check("12 / 3 * 2", "8");
    check("2 ** 3 ** 2", "64");
    check("-3 ** 2", "9");
    check("0.1 + 0.2", "0.3");
    check("1 / 4", "0.25");
    check("--1", "1");
    check("amount-1", "1499");
    check("1 + 2 > 2 and 3 = 3", "true");
    check("true or false and false", "true");
    warned(
        "1 / 0",
        Reason::InvalidValue,
        "line 1, column 3: 1 cannot be divided by zero",
    );
    warned(
        "1e6144 * 10",
        Reason::InvalidValue,
        "line 1, column 8: the result of multiplying 1e6144 and 10 is no number, or too large",
    );
}

#[test]
fn text_is_joined_but_never_with_something_else() {
    check(r#""a" + "b""#, r#""ab""#);
    warned(
        r#""a" + 1"#,
        Reason::TypeMismatch,
        "line 1, column 5: a string and a number cannot be joined; use string() to make text of a value",
    );
}

#[test]
fn time_is_counted() {
    check(r#"@"2026-03-02" + @"P1D""#, r#"@"2026-03-03""#);
    check(r#"@"2026-01-31" + @"P1M""#, r#"@"2026-02-28""#);
    check(r#"@"2026-03-02" - @"2026-03-01""#, r#"@"P1D""#);
    check(
        r#"@"2026-03-02T09:00:00Z" + @"PT24H""#,
        r#"@"2026-03-03T09:00:00Z""#,
    );
    check(
        r#"now() + duration("P3D")"#,
        r#"@"2026-03-05T09:00:00@Africa/Kampala""#,
    );
    check(
        r#"@"2026-03-02T09:00:00" - @"2026-03-01T08:00:00""#,
        r#"@"P1DT1H""#,
    );
    check(r#"@"23:00:00" + @"PT2H""#, r#"@"01:00:00""#);
    check(r#"@"PT1H" * 1.5"#, r#"@"PT1H30M""#);
    check(r#"@"P1Y" / 2"#, r#"@"P6M""#);
    check(r#"@"PT3H" / @"PT2H""#, "1.5");
    check(r#"-@"P1D""#, r#"@"-P1D""#);
    check(r#"(today() - @"2026-02-20").days"#, "10");
    check(
        r#"@"2026-03-02T09:00:00+03:00" = @"2026-03-02T06:00:00Z""#,
        "true",
    );
    check(r#"@"2026-03-02T09:00:00" = now()"#, "true");
    warned(
        r#"@"2026-03-02" + 1"#,
        Reason::TypeMismatch,
        "line 1, column 15: a date and a number cannot be added",
    );
    warned(
        r#"@"9999-12-31" + @"P1D""#,
        Reason::InvalidValue,
        "line 1, column 15: the result of adding is out of range",
    );
}

#[test]
fn comparisons_know_their_types() {
    check(r#""a" < "b""#, "true");
    check("amount >= 1500", "true");
    check("amount != 1500", "false");
    check("[1, 2] = [1, 2]", "true");
    check("{a: 1} = {a: 1.0}", "true");
    check("null = null", "true");
    check("score = null", "true");
    check("5 between 1 and 10", "true");
    check("age between 10 and 20 or age between 5 and 8", "true");
    warned(
        r#"1 = "1""#,
        Reason::TypeMismatch,
        "line 1, column 3: a number cannot be compared with a string",
    );
    warned(
        "score > 5",
        Reason::TypeMismatch,
        "line 1, column 7: null cannot be compared with a number",
    );
}

#[test]
fn what_is_missing_is_null_and_named() {
    warned(
        "missing",
        Reason::MissingVariable,
        "line 1, column 1: there is no variable `missing`",
    );
    warned(
        "child.height",
        Reason::MissingEntry,
        "line 1, column 6: the context has no entry `height`",
    );
    warned(
        "missing.a.b",
        Reason::MissingVariable,
        "line 1, column 1: there is no variable `missing`",
    );
    check("missing = null", "true");
    check("child.height != null", "false");
    check("null != missing", "false");
    let found = evaluate("missing > 5");
    assert_eq!(found.value, Value::Null);
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
}

#[test]
fn logic_has_three_values() {
    check("true and true", "true");
    check("false and null", "false");
    check("true or null", "true");
    check("(true and null) = null", "true");
    check("(false or null) = null", "true");
    let found = evaluate("true and 1");
    assert_eq!((found.value, found.warnings.len()), (Value::Null, 1));
}

#[test]
fn a_condition_that_is_not_true_takes_else() {
    check(r#"if age < 18 then "child" else "adult""#, r#""child""#);
    check("if false then 1 else if true then 2 else 3", "2");
    let found = evaluate("if score then 1 else 2");
    assert_eq!((found.value, found.warnings.len()), (Value::from(2_i64), 1));
}

#[test]
fn loops_make_lists() {
    check("for x in [1, 2, 3] return x * 2", "[2, 4, 6]");
    check("for i in 1..3 return i", "[1, 2, 3]");
    check("for i in 3..1 return i", "[3, 2, 1]");
    check("for i in [1..3) return i", "[1, 2]");
    check(
        "for x in [1, 2], y in [10, 20] return x + y",
        "[11, 21, 12, 22]",
    );
    check("for x in [[1, 2], [3]], y in x return y", "[1, 2, 3]");
    check(
        "for i in 0..4 return if i = 0 then 1 else i * partial[-1]",
        "[1, 1, 2, 6, 24]",
    );
    check(
        r#"for d in @"2026-03-02"..@"2026-03-04" return day of week(d)"#,
        r#"["Monday", "Tuesday", "Wednesday"]"#,
    );
    check("for v in visits return v.days", "[3, 10, 7]");
    check("count(for i in 1..10000 return i)", "10000");
    warned(
        "for x in null return x",
        Reason::TypeMismatch,
        "line 1, column 10: null cannot be iterated over",
    );
}

#[test]
fn some_and_every_stop_at_what_decides() {
    check(r#"some v in visits satisfies v.risk = "high""#, "true");
    check("every v in visits satisfies v.days > 5", "false");
    check("some x in [1, 2], y in [2, 3] satisfies x = y", "true");
    check("every x in [] satisfies false", "true");
    check("(some x in [null] satisfies x) = null", "true");
}

#[test]
fn filters_see_the_entries_of_their_items() {
    check(r#"count(visits[item.risk = "low"])"#, "2");
    check(r#"count(visits[risk = "low"])"#, "2");
    check("visits[days > age].kind", r#"["school"]"#);
    check("[5, 6, 7][item > 5]", "[6, 7]");
    check("[5, 6, 7][1]", "5");
    check("[5, 6, 7][-1]", "7");
    check("visits[1].kind", r#""home""#);
    check("[1, 2, 3][count([1, 2])]", "2");
    check("visits[kind = \"home\"][risk = \"low\"].days", "[7]");
    check("[{item: 1}, {item: 2}][item >= 2]", "[{item: 2}]");
    check("[[1, 2], [3]][count(item) = 1]", "[[3]]");
    check("5[item = 5]", "[5]");
    warned(
        "[1][2]",
        Reason::MissingEntry,
        "line 1, column 4: a list of 1 has no item 2",
    );
}

#[test]
fn paths_reach_into_contexts_lists_and_times() {
    check("child.address.town", r#""Nakawa""#);
    check("visits.days", "[3, 10, 7]");
    check("max(visits.days)", "10");
    check(r#"@"2026-03-02".year"#, "2026");
    check(r#"@"2026-03-02".weekday"#, "1");
    check(r#"@"2026-03-02T09:30:00+03:00".hour"#, "9");
    check(r#"@"2026-03-02T09:30:00+03:00".time offset"#, r#"@"PT3H""#);
    check(r#"@"P1Y6M".months"#, "6");
    check("[1..5).end included", "false");
    check("`full name`", r#""Grace Auma""#);
    check("{`a b`: 1}.`a b`", "1");
    warned(
        "\"text\".length",
        Reason::MissingEntry,
        "line 1, column 7: a string has no property `length`",
    );
}

#[test]
fn contexts_see_their_earlier_entries() {
    check("{a: 1, b: a + 1, c: {d: a + b}}.c.d", "3");
    check(r#"{"any key!": 1}"#, r#"{"any key!": 1}"#);
    check(
        "{first name: \"A\", greeting: \"Dear \" + first name}.greeting",
        r#""Dear A""#,
    );
    check("{name: \"inner\", x: name}.x", r#""inner""#);
    refused(
        "{a: 1, a: 2}",
        "line 1, column 9: the context has two entries `a`",
    );
}

#[test]
fn membership_takes_values_lists_ranges_and_tests() {
    check("age in [1..10]", "true");
    check("age in (7..10]", "false");
    check("age in ]1..7[", "false");
    check(r#"status in ("open", "new")"#, "true");
    check(r#"status in ["closed", "new"]"#, "false");
    check("age in (< 5, > 6)", "true");
    check("age in < 5", "false");
    check("age in (1 + 2) * 2 + 1", "true");
    check("age in (>= 5)", "true");
    check("2 in [[2..4], [1..3]]", "true");
    check("\"a\" in !=\"b\"", "true");
    check("1 in [2, 3, 1] and true", "true");
}

#[test]
fn functions_are_values() {
    check("{double: function(x) x * 2, y: double(4)}.y", "8");
    check("(function(a, b) a - b)(b: 1, a: 3)", "2");
    check("{add: function(a) function(b) a + b, y: add(1)(2)}.y", "3");
    check(
        "{factorial: function(n) if n <= 1 then 1 else n * factorial(n - 1), y: factorial(5)}.y",
        "120",
    );
    check("(function(x: number) x)(1)", "1");
    check(
        "for f in [function(x) x + 1, function(x) x * 10] return f(5)",
        "[6, 50]",
    );
    warned(
        r#"(function(x: number) x)("a")"#,
        Reason::TypeMismatch,
        "line 1, column 24: the argument `x` of function(x) is a string, not a number",
    );
    warned(
        "(function(x) x)()",
        Reason::TypeMismatch,
        "line 1, column 16: function(x) was called with 0 arguments",
    );
    warned(
        "child.age(1)",
        Reason::TypeMismatch,
        "line 1, column 10: a number cannot be called",
    );
}

#[test]
fn types_can_be_asked_for() {
    check("1 instance of number", "true");
    check("\"a\" instance of number", "false");
    check("[1, 2] instance of list<number>", "true");
    check("[1, \"a\"] instance of list<number>", "false");
    check("{a: 1} instance of context<a: number>", "true");
    check(r#"@"P1D" instance of days and time duration"#, "true");
    check(
        r#"@"2026-03-02T09:00:00" instance of date and time"#,
        "true",
    );
    check("null instance of Any", "false");
    refused(
        "1 instance of integer",
        "line 1, column 15: there is no type `integer`",
    );
}

#[test]
fn the_variables_that_an_expression_reads_are_known() {
    reads("amount > 1000 and status = \"open\"", &["amount", "status"]);
    reads("child.age + 1", &["child"]);
    reads("for x in items return x + offset", &["items", "offset"]);
    reads("{a: b, c: a}", &["b"]);
    reads("visits[risk = limit]", &["limit", "risk", "visits"]);
    reads("visits[item.risk = limit]", &["limit", "visits"]);
    reads("(function(x) x + y)(z)", &["y", "z"]);
    reads("count(today())", &[] as &[&str]);
    reads("`full name` + other", &["full name", "other"]);
}

#[test]
fn a_problem_says_where_and_what() {
    refused("", "line 1, column 1: expected a value, found the end");
    refused("1 +", "line 1, column 4: expected a value, found the end");
    refused(
        "(1",
        "line 1, column 3: expected `)` after the expression, found the end",
    );
    refused(
        "if a then b",
        "line 1, column 12: expected `else` after the value of `then`, found the end",
    );
    refused(
        "a b",
        "line 1, column 3: expected an operator or the end, found `b`",
    );
    refused(
        "1 +\n  * 2",
        "line 2, column 3: expected a value, found `*`",
    );
    refused(
        "cuont([1])",
        "line 1, column 1: there is no function `cuont`; did you mean `count`?",
    );
    refused(
        "stringLength(\"a\")",
        "line 1, column 1: there is no function `stringLength`; did you mean `string length`?",
    );
    refused(
        "floor()",
        "line 1, column 1: `floor` takes (n, scale?), not 0 arguments",
    );
    refused(
        "@\"yesterday\"",
        "line 1, column 1: \"yesterday\" is no date, time, date and time or duration of ISO 8601",
    );
    refused(
        "? > 1",
        "line 1, column 1: `?` is the tested value and has a meaning only in the cells of a decision table",
    );
    refused(
        "function(x) external {}",
        "line 1, column 13: functions outside of FEEL (`external`) are not executed",
    );
    refused(
        "[1..\"a\"]",
        "line 1, column 1: a range cannot go from a number to a string",
    );
}

#[test]
fn a_declared_name_may_have_spaces_and_signs() {
    let names = [
        "Risk level".to_string(),
        "Pre-bureau risk".to_string(),
        "score model".to_string(),
        "Applicant's age".to_string(),
    ];
    let run = |text: &str| {
        let variables: Context = [
            ("Risk level", Value::from("high")),
            ("Pre-bureau risk", Value::from(2_i64)),
            ("Applicant's age", Value::from(30_i64)),
            ("score model", evaluate("function(x) x + 1").value),
        ]
        .into();
        Expression::compile_knowing(text, &names.iter().collect())
            .unwrap()
            .evaluate(&variables, &environment())
            .value
            .to_string()
    };
    assert_eq!(run("Risk level = \"high\""), "true");
    assert_eq!(run("Pre-bureau risk + 1"), "3");
    assert_eq!(run("score model(4)"), "5");
    assert_eq!(run("Applicant's age >= 18"), "true");
}

#[test]
fn cells_test_their_input() {
    tested("-", "1", "true");
    tested("< 5", "3", "true");
    tested("\"a\", \"b\"", "\"b\"", "true");
    tested("not(\"a\", \"b\")", "\"b\"", "false");
    tested("not(null)", "1", "true");
    tested("[1..5]", "5", "true");
    tested("]1..5[", "5", "false");
    tested("< 5, > 10", "12", "true");
    tested("? > age", "8", "true");
    tested("? > 1 and ? < 5", "3", "true");
    tested("starts with(?, \"a\")", "\"abc\"", "true");
    tested("not(starts with(?, \"a\"))", "\"abc\"", "false");
    tested("true", "true", "true");
    tested("true", "false", "false");
    tested("null", "null", "true");
    tested("-1", "-1", "true");
    tested("age", "7", "true");
    tested("[5, 7]", "7", "true");
    tested("> @\"2026-01-01\"", "@\"2026-03-02\"", "true");
    tested("< 5", "null", "null");
    tested("[1..5]", "null", "null");
    tested("< 5", "\"a\"", "null");
    tested("\"high\"", "null", "false");
    tested("not(age > 5) and age < 3", "1", "false");
}

#[test]
fn an_expression_says_whether_it_counts_working_days() {
    let counts = |text: &str| Expression::compile(text).unwrap().counts_working_days();
    assert!(counts("add working days(now(), 3)"));
    assert!(counts("if is working day(today()) then 1 else 2"));
    assert!(counts("[1, 2][next working day(today()) > today()]"));
    assert!(!counts("now() + duration(\"P3D\")"));
    // What is only named so is none.
    assert!(!counts("{ `add working days`: function(a) a, b: 1 }.b"));
}
