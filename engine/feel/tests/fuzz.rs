//! Expressions that a program has made up: whatever they say, they end, twice with the same value, and ask only for what they
//! have announced.
//!
//! `FEEL_FUZZ_RUNS=1000000 cargo test -p feel --test fuzz` makes a long run; `FEEL_FUZZ_SEED` repeats one that failed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use feel::{Context, Environment, Expression, Limits, UnaryTests, Value, Variables};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Half of what a thread of the runtime has.
const STACK_BYTES: usize = 1024 * 1024;

/// Xorshift: the same numbers for the same seed on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    fn of<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }
}

const ATOMS: [&str; 40] = [
    "1",
    "0",
    "-2",
    "1.5",
    "3e40",
    "1e-6000",
    "9999999999999999999999999999999999",
    "\"a\"",
    "\"\"",
    "\"größe\"",
    "\"2026-03-02\"",
    "\"[1..3]\"",
    "\"(a|b)*\"",
    "true",
    "false",
    "null",
    "a",
    "b",
    "c",
    "d",
    "missing",
    "`full name`",
    "@\"2026-03-02\"",
    "@\"2026-03-02T09:00:00Z\"",
    "@\"09:00:00@Europe/London\"",
    "@\"P1D\"",
    "@\"-P1Y2M\"",
    "@\"9999-12-31\"",
    "[]",
    "{}",
    "[1, 2, 3]",
    "[1..5]",
    "(< 3)",
    "(!= 1)",
    "[null..2]",
    "item",
    "x",
    "partial",
    "abs",
    "today()",
];

const OPERATORS: [&str; 14] = [
    "+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in",
];

const FUNCTIONS: [&str; 60] = [
    "not",
    "all",
    "any",
    "is defined",
    "get or else",
    "is",
    "number",
    "abs",
    "floor",
    "round up",
    "decimal",
    "modulo",
    "sqrt",
    "log",
    "exp",
    "odd",
    "string",
    "string length",
    "substring",
    "upper case",
    "substring before",
    "contains",
    "matches",
    "replace",
    "split",
    "extract",
    "string join",
    "count",
    "min",
    "max",
    "sum",
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
    "index of",
    "union",
    "distinct values",
    "flatten",
    "sort",
    "sublist",
    "partition",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "date",
    "time",
    "date and time",
    "duration",
    "years and months duration",
    "range",
    "overlaps",
    "add working days",
];

/// An expression of at most so many levels.
fn expression(random: &mut Random, levels: usize) -> String {
    if levels == 0 {
        return random.of(&ATOMS).into();
    }
    let mut inner = || expression(random, levels - 1);
    let (one, two, three) = (inner(), inner(), inner());
    match random.below(20) {
        0..=3 => format!("{one} {} {two}", random.of(&OPERATORS)),
        4 => format!("({one})"),
        5 => format!("if {one} then {two} else {three}"),
        6 => format!("for x in {one} return {two}"),
        7 => format!(
            "{} x in {one} satisfies {two}",
            random.of(&["some", "every"])
        ),
        8 => format!("({one})[{two}]"),
        9 => format!(
            "({one}).{}",
            random.of(&["a", "year", "start", "time offset", "f"])
        ),
        10 => format!("[{one}, {two}]"),
        11 => format!("{{f: {one}, x: {two}}}"),
        12 => format!("{one} between {two} and {three}"),
        13 => format!("[{one}..{two}{}", random.of(&["]", ")", "["])),
        14 => format!("(function(x, a) {one})({two}, {three})"),
        15 => format!("{{f: function(n) if n <= 0 then {one} else f(n - 1)}}.f({two})"),
        16 => format!(
            "{one} instance of {}",
            random.of(&[
                "number",
                "list<string>",
                "context<a: date>",
                "range<number>",
                "Any"
            ])
        ),
        _ => {
            let arguments = [one, two, three];
            let given = &arguments[..random.below(4)];
            format!("{}({})", random.of(&FUNCTIONS), given.join(", "))
        }
    }
}

/// A text that is a little wrong.
fn damaged(random: &mut Random, text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (from, to) = (
        random.below(characters.len() + 1),
        random.below(characters.len() + 1),
    );
    let (from, to) = (from.min(to), from.max(to));
    let part: String = characters[from..to.min(from + 5)].iter().collect();
    let (before, after): (String, String) = (
        characters[..from].iter().collect(),
        characters[from..].iter().collect(),
    );
    match random.below(3) {
        0 => format!("{before}{}", after.strip_prefix(&part).unwrap_or_default()),
        1 => format!("{before}{part}{after}"),
        _ => format!(
            "{before}{}{after}",
            random.of(&["(", "]", "..", "\"", "for ", "@", "?", ",", "{"])
        ),
    }
}

/// Variables that remember which were asked for.
struct Watched {
    values: Context,
    asked: RefCell<BTreeSet<String>>,
}

impl Variables for Watched {
    fn get(&self, name: &str) -> Option<Value> {
        self.asked.borrow_mut().insert(name.into());
        self.values.get(name).cloned()
    }
}

fn run(text: &str) {
    let limits = Limits {
        steps: 20_000,
        list_items: 2_000,
        string_bytes: 10_000,
        ..Limits::default()
    };
    let now = "2026-03-02T06:00:00Z".parse().unwrap();
    let environment = Environment {
        limits,
        ..Environment::at(now)
    };
    let json = serde_json::json!({"a": 1, "b": "text", "c": [1, 2, null, {"a": 3}], "d": {"a": [{"f": 1}]}, "full name": "A B"});
    let watched = Watched {
        values: Value::from_json(json).as_context().unwrap().clone(),
        asked: RefCell::default(),
    };
    let asks_only_for = |reads: &[String]| {
        let asked = watched.asked.take();
        let secret: Vec<&String> = asked.iter().filter(|name| !reads.contains(name)).collect();
        assert!(
            secret.is_empty(),
            "reads {reads:?}, and asks for {secret:?}"
        );
    };
    if let Ok(tests) = UnaryTests::compile(text) {
        tests.test(&Value::from(1_i64), &watched, &environment);
        asks_only_for(tests.reads());
        tests.passing();
    }
    let Ok(expression) = Expression::compile(text) else {
        return;
    };
    let first = expression.evaluate(&watched, &environment);
    asks_only_for(expression.reads());
    let second = expression.evaluate(&watched, &environment);
    assert_eq!(
        first.value.clone().into_json_like(),
        second.value.into_json_like()
    );
    assert_eq!(first.warnings, second.warnings);
    let stored = first.value.into_json_like();
    let written = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), stored);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_expression_that_a_program_makes_up_breaks_anything() {
    let runs = setting("FEEL_FUZZ_RUNS").unwrap_or(3_000);
    let seed = setting("FEEL_FUZZ_SEED").unwrap_or(20_260_302);
    let all = move || {
        for number in 0..runs {
            let seed = seed
                .wrapping_add(number)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                | 1;
            let mut random = Random(seed);
            let levels = 1 + random.below(4);
            let mut text = expression(&mut random, levels);
            if random.below(3) == 0 {
                text = damaged(&mut random, &text);
            }
            let outcome = std::panic::catch_unwind(|| run(&text));
            assert!(
                outcome.is_ok(),
                "FEEL_FUZZ_RUNS=1 FEEL_FUZZ_SEED={seed}: {text}"
            );
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(all).unwrap().join().unwrap();
}
