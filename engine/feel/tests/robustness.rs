//! Whatever the text, reading and running it ends: with a value or a problem, never with a panic or an overflow of the stack.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use feel::{Context, Environment, Expression, Limits, Reason, UnaryTests, Value};
use proptest::prelude::*;

/// Half of what a thread of the runtime has.
const STACK_BYTES: usize = 1024 * 1024;

fn environment() -> Environment {
    let limits = Limits {
        steps: 20_000,
        list_items: 5_000,
        string_bytes: 20_000,
        ..Limits::default()
    };
    Environment {
        limits,
        ..Environment::at("2026-03-02T06:00:00Z".parse().unwrap())
    }
}

fn variables() -> Context {
    let json = serde_json::json!({"a": 1, "b": "text", "c": [1, 2, null], "d": {"e": [{"f": 1}]}});
    Value::from_json(json).as_context().unwrap().clone()
}

fn run(text: &str) -> Option<Value> {
    let (variables, environment) = (variables(), environment());
    if let Ok(tests) = UnaryTests::compile(text) {
        tests.test(&Value::from(1_i64), &variables, &environment);
    }
    let evaluation = Expression::compile(text)
        .ok()?
        .evaluate(&variables, &environment);
    // What comes out can be written down and read again.
    let stored = evaluation.value.clone().into_json_like();
    let written = serde_json::to_string(&stored).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&written).unwrap(),
        stored,
        "{text}"
    );
    Some(evaluation.value)
}

fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap()
}

/// Pieces that make texts which get past the lexer.
const PIECES: [&str; 98] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "x",
    "item",
    "partial",
    "missing",
    "1",
    "2",
    "0",
    "-1",
    "1.5",
    "1e5",
    "1e28",
    "1e6144",
    "1e-6176",
    "\"s\"",
    "\"\"",
    "null",
    "true",
    "false",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "..",
    "+",
    "-",
    "*",
    "/",
    "**",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "?",
    "@",
    "`a b`",
    "if",
    "then",
    "else",
    "for",
    "in",
    "return",
    "some",
    "every",
    "satisfies",
    "and",
    "or",
    "between",
    "instance of",
    "function",
    "not(",
    "number",
    "list<",
    "@\"2026-03-02\"",
    "@\"P1D\"",
    "@\"P1M\"",
    "@\"09:00:00\"",
    "@\"2026-03-02T09:00:00Z\"",
    "count(",
    "sum(",
    "string(",
    "sort(",
    "replace(",
    "matches(",
    "split(",
    "substring(",
    "date(",
    "duration(",
    "context put(",
    "flatten(",
    "concatenate(",
    "append(",
    "[1..3]",
    "(a)",
    "[c]",
    "{a: 1}",
    "function(x) x",
    "for x in c return",
    "if a = 1 then",
    "add working days(",
    "is defined(",
    "number(",
    "exp(",
    "log(",
    "round(",
    "decimal(",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_characters_breaks_anything(text in "\\PC{0,60}") {
        run(&text);
    }

    #[test]
    fn no_text_of_pieces_breaks_anything(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..25)) {
        run(&pieces.join(" "));
        run(&pieces.concat());
    }

    #[test]
    fn no_call_of_a_function_breaks_anything(
        name in proptest::sample::select(&FUNCTIONS[..]),
        arguments in proptest::collection::vec(proptest::sample::select(&VALUES[..]), 0..4),
    ) {
        run(&format!("{name}({})", arguments.join(", ")));
    }

    #[test]
    fn no_operator_between_values_breaks_anything(
        left in proptest::sample::select(&VALUES[..]),
        operator in proptest::sample::select(&["+", "-", "*", "/", "**", "=", "<", ">=", "in", ".", "and"][..]),
        right in proptest::sample::select(&VALUES[..]),
    ) {
        run(&format!("{left} {operator} {right}"));
    }
}

const VALUES: [&str; 44] = [
    "null",
    "true",
    "0",
    "1",
    "-1",
    "2.5",
    "100000",
    "1e28",
    "-1e28",
    "0.0000000000000000000000000001",
    "9223372036854775807",
    "-9223372036854775808",
    "\"\"",
    "\"größe🐎\"",
    "\"(\"",
    "\"$1\"",
    "\"2026-03-02\"",
    "\"P9999999999Y\"",
    "[]",
    "[1, 2, 3]",
    "[null]",
    "[\"a\", 1]",
    "[[1], [2]]",
    "{}",
    "{a: 1}",
    "{key: \"a\", value: 1}",
    "@\"0001-01-01\"",
    "@\"9999-12-31\"",
    "@\"-9999-01-01\"",
    "@\"2026-03-02T09:00:00\"",
    "@\"9999-12-31T23:59:59Z\"",
    "@\"-9999-01-01T00:00:00+14:00\"",
    "@\"2026-03-29T02:30:00@Europe/Berlin\"",
    "@\"09:00:00\"",
    "@\"09:00:00+03:00\"",
    "@\"P1D\"",
    "@\"-P106751991167300D\"",
    "@\"P1M\"",
    "@\"P768614336404564650Y\"",
    "[1..3]",
    "(< 5)",
    "[@\"2026-03-02\"..@\"2026-03-05\"]",
    "function(x) x",
    "function(x, y) x < y",
];

const FUNCTIONS: [&str; 91] = [
    "not",
    "all",
    "any",
    "is defined",
    "get or else",
    "is",
    "number",
    "abs",
    "floor",
    "ceiling",
    "round",
    "decimal",
    "round up",
    "round down",
    "round half up",
    "round half down",
    "modulo",
    "sqrt",
    "log",
    "exp",
    "odd",
    "even",
    "string",
    "string length",
    "substring",
    "upper case",
    "lower case",
    "trim",
    "substring before",
    "substring after",
    "contains",
    "starts with",
    "ends with",
    "is blank",
    "matches",
    "replace",
    "split",
    "extract",
    "string join",
    "count",
    "is empty",
    "min",
    "max",
    "sum",
    "product",
    "mean",
    "median",
    "stddev",
    "mode",
    "list contains",
    "append",
    "concatenate",
    "insert before",
    "remove",
    "list replace",
    "reverse",
    "index of",
    "union",
    "distinct values",
    "duplicate values",
    "flatten",
    "sort",
    "sublist",
    "partition",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "context",
    "now",
    "today",
    "date",
    "time",
    "date and time",
    "duration",
    "years and months duration",
    "day of week",
    "day of year",
    "week of year",
    "month of year",
    "last day of month",
    "add working days",
    "working days between",
    "is working day",
    "next working day",
    "-",
    "[1, 2]",
    "{a: 1}.a",
    "for i in 1..100 return",
    "function(x) x",
    "every x in",
];

#[test]
fn deep_texts_are_refused_and_long_ones_read() {
    on_a_small_stack(|| {
        let n = 20_000;
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{a: ", "1", "}"),
            ("-", "1", ""),
            ("not(", "true", ")"),
            ("if true then ", "1", " else 2"),
            ("if ", "true", " then 1 else 2"),
            ("for x in ", "[]", " return x"),
            ("function(x) ", "1", ""),
            ("1 in (", "1", ")"),
            ("1 in ", "1", ""),
            ("1 ** (", "1", ")"),
            ("a[", "1", "]"),
            ("count(", "[]", ")"),
            ("[1..", "1", "]"),
            ("]", "1", "..1]"),
            ("1 instance of list<", "number", ">"),
            ("some x in [1] satisfies ", "true", ""),
            ("x < ", "1", ""),
            ("1 between 1 and ", "1", ""),
        ] {
            let text = format!("{}{middle}{}", open.repeat(n), close.repeat(n));
            if let Err(problem) = Expression::compile(&text) {
                assert!(
                    problem.message.contains("deep") || problem.message.contains("expected"),
                    "{open}: {problem}"
                );
            }
            UnaryTests::compile(&text).ok();
            // Within the limit it is read, and run.
            let text = format!("{}{middle}{}", open.repeat(60), close.repeat(60));
            run(&text);
        }
        for (first, next) in [
            ("1", " + 1"),
            ("1", " * 1"),
            ("true", " and true"),
            ("false", " or false"),
            ("a", ".a"),
            ("c", "[1]"),
            ("a", "(1)"),
            ("1", " = 1"),
            ("1", " in [1]"),
            ("1", " between 1 and 2"),
            ("1", " instance of number"),
            ("\"a\"", " + \"a\""),
        ] {
            run(&format!("{first}{}", next.repeat(n)));
        }
        run(&format!("[{}]", vec!["1"; n].join(",")));
        run(&format!("[{}]", vec!["a"; n].join(",")));
        run(&format!(
            "{{{}}}",
            (0..500)
                .map(|i| format!("k{i}: a"))
                .collect::<Vec<_>>()
                .join(",")
        ));
        run(&format!("for {} return 1", vec!["x in [1]"; n].join(",")));
    });
}

#[test]
fn a_sum_of_twenty_thousand_terms_is_computed() {
    let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
    let text = format!("1{}", " + 1".repeat(20_000));
    assert_eq!(
        Expression::compile(&text)
            .unwrap()
            .evaluate(&(), &environment)
            .value,
        Value::from(20_001_i64)
    );
}

/// The expression ends with this limit.
fn stops(text: &str, limit: &str) {
    let text = text.to_string();
    let limit = limit.to_string();
    on_a_small_stack(move || {
        let environment = Environment::at("2026-03-02T06:00:00Z".parse().unwrap());
        let found = Expression::compile(&text)
            .unwrap()
            .evaluate(&(), &environment);
        assert_eq!(found.value, Value::Null, "{text}");
        let said = found
            .warnings
            .iter()
            .find(|warning| warning.reason == Reason::Limit);
        assert!(
            said.is_some_and(|warning| warning.message.contains(&format!("`{limit}`"))),
            "{text}: {:?}",
            found.warnings
        );
    });
}

#[test]
fn what_would_run_for_ever_stops_at_a_limit() {
    stops("{f: function(n) f(n + 1), x: f(1)}.x", "depth");
    stops("(function(f) f(f))(function(f) f(f))", "depth");
    stops(
        "for a in 1..1000, b in 1..1000, c in 1..1000 return null",
        "list_items",
    );
    stops("count(for i in 1..99999999999 return i)", "list_items");
    stops(
        "every a in 1..1000, b in 1..1000, c in 1..1000 satisfies true",
        "steps",
    );
    stops("for i in 1..100 return partial", "steps");
    stops("for i in 1..90000 return [partial[-1]]", "levels");
}

#[test]
fn what_would_fill_the_memory_stops_at_a_limit() {
    stops("for i in 1..60 return [partial, partial]", "steps");
    let doubled: String = (1..60)
        .map(|i| format!("a{i}: [a{0}, a{0}], ", i - 1))
        .collect();
    stops(&format!("{{a0: [1, 1], {doubled} end: 1}}"), "steps");
    let again: String = (1..60)
        .map(|i| format!("b{i}: [b{0}, b{0}], ", i - 1))
        .collect();
    stops(
        &format!("{{a0: [1, 1], {doubled} b0: [1, 1], {again} end: a59 = b59}}.end"),
        "steps",
    );
    stops(
        &format!("{{a0: [1, 1], {doubled} end: flatten(a59)}}.end"),
        "steps",
    );
    stops(
        &format!("{{a0: [1, 1], {doubled} end: string(a59)}}.end"),
        "string_bytes",
    );
    let text: String = (1..40)
        .map(|i| format!("a{i}: a{0} + a{0}, ", i - 1))
        .collect();
    stops(
        &format!("{{a0: \"xxxxxxxx\", {text} end: 1}}"),
        "string_bytes",
    );
    stops(
        "{a: for i in 1..100000 return i, b: for i in 1..1000 return append(a, i)}",
        "list_items",
    );
    stops(
        "{a: for i in 1..90000 return i, b: for i in 1..1000 return append(a, i)}",
        "steps",
    );
    let long = format!("\"{}\"", "x".repeat(10_000));
    stops(&format!("replace({long}, \"\", {long})"), "string_bytes");
    stops(
        &format!("string join(for i in 1..10000 return {long}, \"\")"),
        "string_bytes",
    );
    stops(
        "@\"2026-03-02\" in [@\"2026-03-02\", add working days(@\"2026-03-02\", 2000000)]",
        "steps",
    );
}
