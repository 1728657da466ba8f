//! What typical expressions cost: `cargo bench -p feel`.

use divan::{Bencher, black_box};
use feel::{Context, Environment, Expression, UnaryTests, Value};

fn main() {
    divan::main();
}

/// A condition, a computed value, a count, a deadline, a search: what pathways are made of.
const EXPRESSIONS: [&str; 12] = [
    "amount > 1000 and status = \"open\"",
    "if age < 18 then \"child\" else \"adult\"",
    "risk_screen.life_threat = \"yes\" or risk_screen.points >= 80",
    "status in (\"open\", \"new\", \"waiting\")",
    "age in [5..17]",
    "missing = null",
    "count(visits[item.risk = \"high\"]) > 2",
    "some v in visits satisfies v.met = false",
    "date and time(\"2026-03-02T09:00:00+03:00\") + duration(\"P3D\")",
    "add working days(today(), 10)",
    "string join(visits.risk, \", \")",
    "{level: status, due: today() + @\"P7D\"}",
];

fn variables() -> Context {
    let visits = ["high", "low", "high", "medium", "high"]
        .map(|risk| serde_json::json!({"risk": risk, "met": true}));
    let json = serde_json::json!({
        "amount": 1500, "status": "open", "age": 7, "risk_screen": {"life_threat": "no", "points": 85}, "visits": visits,
    });
    Value::from_json(json)
        .as_context()
        .cloned()
        .unwrap_or_default()
}

fn environment() -> Environment {
    Environment::at(jiff::Timestamp::UNIX_EPOCH)
}

#[divan::bench(args = EXPRESSIONS)]
fn evaluate(bencher: Bencher<'_, '_>, text: &str) {
    let expression = Expression::compile(text).expect("the expression is right");
    let (variables, environment) = (variables(), environment());
    bencher.bench_local(|| expression.evaluate(black_box(&variables), &environment));
}

#[divan::bench(args = EXPRESSIONS)]
fn compile(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench_local(|| Expression::compile(black_box(text)));
}

#[divan::bench(args = ["\"yes\"", "< 5", "[1..5], > 10", "not(\"yes\", \"no\")"])]
fn test(bencher: Bencher<'_, '_>, text: &str) {
    let tests = UnaryTests::compile(text).expect("the tests are right");
    let (input, environment) = (Value::from(12_i64), environment());
    bencher.bench_local(|| tests.test(black_box(&input), &(), &environment));
}

#[divan::bench]
fn loop_over_ten_thousand(bencher: Bencher<'_, '_>) {
    let expression = Expression::compile("count(for x in 1..10000 return x * 2)")
        .expect("the expression is right");
    let environment = environment();
    bencher.bench_local(|| expression.evaluate(&(), &environment));
}
