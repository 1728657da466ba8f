//! Forms, answers and a fixed clock for the tests.

use feel::{Context, Environment, Value};
use forms::{Answers, Data, FieldError, Form, Mode, Renderer, View};
use jiff::tz::{TimeZone, offset};
use std::sync::LazyLock;

/// The templates, read once.
pub(crate) static RENDERER: LazyLock<Renderer> = LazyLock::new(Renderer::new);

/// Sunday 22 November 2026, 10:42 in Kampala.
pub(crate) fn environment() -> Environment {
    let now = "2026-11-22T10:42:00+03:00".parse().unwrap();
    Environment::at(now).in_zone(TimeZone::fixed(offset(3)))
}

/// A form of these components, which are a JSON list without its brackets.
pub(crate) fn form(components: &str) -> Form {
    let json = format!(r#"{{"id": "test", "components": [{components}]}}"#);
    Form::read(&json).unwrap_or_else(|problems| panic!("{components}: {problems:#?}"))
}

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

pub(crate) fn context(json: &str) -> Context {
    let value: Value = serde_json::from_str(json).unwrap();
    value.as_context().unwrap().clone()
}

pub(crate) fn json(context: Context) -> String {
    serde_json::to_string(&Value::from(context)).unwrap()
}

/// Submits posted pairs: the JSON of the variables, or the messages.
pub(crate) fn submit(
    form: &Form,
    variables: &str,
    posted: &[(&str, &str)],
) -> Result<String, Vec<String>> {
    let answers = form.parse_post(&pairs(posted));
    let submitted = form.submit(&answers, &context(variables), &environment());
    submitted
        .map(json)
        .map_err(|errors| errors.into_iter().map(|error| error.message).collect())
}

pub(crate) fn view(
    form: &Form,
    variables: &str,
    draft: Option<&Answers>,
    errors: &[FieldError],
    mode: Mode,
) -> View {
    let variables = context(variables);
    form.view(
        &Data {
            variables: &variables,
            draft,
            errors,
        },
        &environment(),
        mode,
    )
}

/// The page of a form that nobody has typed into.
pub(crate) fn html(form: &Form, variables: &str) -> String {
    RENDERER.html(&view(form, variables, None, &[], Mode::Edit))
}

/// The page of a form with what was posted.
pub(crate) fn html_of_post(form: &Form, posted: &[(&str, &str)], mode: Mode) -> String {
    let answers = form.parse_post(&pairs(posted));
    RENDERER.html(&view(form, "{}", Some(&answers), &[], mode))
}
