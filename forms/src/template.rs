//! Labels, hints and texts: plain, one FEEL expression (`="Born " + dob`), or text with `{{expressions}}` in it.

use feel::{Environment, Expression, Value, Variables};

/// A text that may depend on the data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Literal(String),
    Expression(Expression),
}

/// Why a text is no template.
#[derive(Debug)]
pub(crate) struct NotTemplate(pub(crate) String);

impl Template {
    /// Compiles a text; `=` at its start makes the whole of it FEEL.
    pub(crate) fn compile(text: &str) -> Result<Template, NotTemplate> {
        if let Some(expression) = text.strip_prefix('=') {
            return Ok(Template {
                parts: vec![Part::Expression(compile(expression)?)],
            });
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else {
                return Err(NotTemplate("`{{` has no `}}` after it".to_owned()));
            };
            let inside = rest[start + 2..start + length].trim();
            if inside.starts_with(['#', '/']) {
                return Err(NotTemplate(format!(
                    "`{{{{{inside}}}}}`: blocks are not supported here"
                )));
            }
            if start > 0 {
                parts.push(Part::Literal(rest[..start].to_owned()));
            }
            parts.push(Part::Expression(compile(inside)?));
            rest = &rest[start + length + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Template { parts })
    }

    /// A text without expressions.
    pub(crate) fn plain(text: impl Into<String>) -> Template {
        Template {
            parts: vec![Part::Literal(text.into())],
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The names of the variables that the text reads.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &String> {
        self.parts.iter().flat_map(|part| match part {
            Part::Literal(_) => [].iter(),
            Part::Expression(expression) => expression.reads().iter(),
        })
    }

    /// The literal parts alone: what the designer typed, with gaps shown as `…`.
    pub(crate) fn outline(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Expression(_) => "…",
        });
        parts.collect::<String>().trim().to_owned()
    }

    /// The text for these variables; a value that is null prints nothing.
    pub(crate) fn text(&self, variables: &dyn Variables, environment: &Environment) -> String {
        self.with(variables, environment, |text| text.to_owned())
    }

    /// The same as markdown source: what comes from the data is escaped, so it never becomes markup.
    pub(crate) fn markdown(&self, variables: &dyn Variables, environment: &Environment) -> String {
        self.with(variables, environment, crate::markdown::escape)
    }

    fn with(
        &self,
        variables: &dyn Variables,
        environment: &Environment,
        escape: impl Fn(&str) -> String,
    ) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expression(expression) => {
                    let value = expression.evaluate(variables, environment).value;
                    text.push_str(&escape(&crate::words::value(&value)));
                }
            }
        }
        text
    }
}

fn compile(expression: &str) -> Result<Expression, NotTemplate> {
    Expression::compile(expression.trim())
        .map_err(|problem| NotTemplate(format!("`{}`: {problem}", expression.trim())))
}

/// Evaluates to a list of values, whatever the expression gives: null is none, one value is a list of it.
pub(crate) fn list(value: &Value) -> Vec<Value> {
    match value.as_list() {
        Some(items) => items.to_vec(),
        None if value.is_null() => Vec::new(),
        None => vec![value.clone()],
    }
}
