//! What a large table costs: `cargo bench -p dmn`.

use divan::{Bencher, black_box};
use feel::{Context, Environment, Value};

fn main() {
    divan::main();
}

/// A table of so many rules over eight inputs, of which the last rule matches.
fn table(rules: usize, policy: &str) -> String {
    let input =
        |at: usize| format!("<input><inputExpression><text>i{at}</text></inputExpression></input>");
    let rule = |number: usize| {
        let from = number * 10;
        let cells = [
            format!("[{from}..{})", from + 10),
            "\"open\", \"new\"".into(),
            "-".into(),
            "&lt; 100".into(),
            "not(\"closed\")".into(),
            "true".into(),
            format!("&gt;= {number}"),
            "? != null".into(),
        ];
        let cells = cells.map(|text| format!("<inputEntry><text>{text}</text></inputEntry>"));
        let output = format!("<outputEntry><text>{number}</text></outputEntry>");
        format!("<rule>{}{output}</rule>", cells.concat())
    };
    let inputs: String = (0..8).map(input).collect();
    let rules: String = (0..rules).map(rule).collect();
    format!(
        r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="n"><decision id="d" name="D">
        <decisionTable hitPolicy="{policy}">{inputs}<output name="o"/>{rules}</decisionTable></decision></definitions>"#
    )
}

#[divan::bench(args = [10, 200])]
fn evaluate(bencher: Bencher<'_, '_>, rules: usize) {
    let reading = dmn::read(&table(rules, "UNIQUE"));
    let last = i64::try_from(rules * 10 - 1).unwrap_or(0);
    let variables = Context::from([
        ("i0", Value::from(last)),
        ("i1", "new".into()),
        ("i2", Value::Null),
        ("i3", 5_i64.into()),
        ("i4", "open".into()),
        ("i5", true.into()),
        ("i6", last.into()),
        ("i7", 1_i64.into()),
    ]);
    let environment = Environment::at(jiff::Timestamp::UNIX_EPOCH);
    let outcome = reading.decisions[0].evaluate(&variables, &environment);
    assert!(outcome.is_ok_and(|outcome| !outcome.value.is_null()));
    bencher.bench_local(|| reading.decisions[0].evaluate(black_box(&variables), &environment));
}

#[divan::bench(args = [10, 200])]
fn read_and_check(bencher: Bencher<'_, '_>, rules: usize) {
    let text = table(rules, "UNIQUE");
    bencher.bench_local(|| dmn::read(black_box(&text)));
}
