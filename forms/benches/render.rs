//! How long a form of 40 fields takes: to read, to fill, and to print.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark stops where a value is missing"
)]

use divan::{Bencher, black_box};
use feel::{Context, Environment};
use forms::{Data, Form, Mode, Renderer, View};

fn main() {
    divan::main();
}

/// Ten each of text, number, date and radio, a condition on every fourth.
fn schema() -> String {
    let mut components = String::new();
    for number in 0..10 {
        components.push_str(&format!(
            r#"{{"type": "textfield", "key": "text{number}", "label": "Text", "description": "A hint", "validate": {{"required": true}}}},
               {{"type": "number", "key": "number{number}", "label": "Number", "validate": {{"min": 0}}}},
               {{"type": "radio", "key": "radio{number}", "label": "Radio", "values": [{{"value": "yes", "label": "Yes"}}, {{"value": "no", "label": "No"}}]}},
               {{"type": "datetime", "key": "date{number}", "label": "Date", "conditional": {{"hide": "=radio{number} != \"yes\""}}}},"#
        ));
    }
    components.pop();
    format!(r#"{{"id": "bench", "components": [{components}]}}"#)
}

fn view(form: &Form) -> View {
    let environment = Environment::at("2026-11-22T10:42:00+03:00".parse().unwrap());
    let variables = Context::from([
        ("text1", "Amara"),
        ("radio1", "yes"),
        ("date1", "2026-11-12"),
    ]);
    let data = Data {
        variables: &variables,
        draft: None,
        errors: &[],
    };
    form.view(&data, &environment, Mode::Edit)
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    let schema = schema();
    bencher.bench(|| Form::read(black_box(&schema)).unwrap());
}

#[divan::bench]
fn fill(bencher: Bencher<'_, '_>) {
    let form = Form::read(&schema()).unwrap();
    bencher.bench(|| view(black_box(&form)));
}

#[divan::bench]
fn print(bencher: Bencher<'_, '_>) {
    let view = view(&Form::read(&schema()).unwrap());
    let renderer = Renderer::new();
    bencher.bench(|| renderer.html(black_box(&view)));
}
