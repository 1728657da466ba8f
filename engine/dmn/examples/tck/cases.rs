//! The files of test cases: what is given, and what is expected.

use feel::{Context, DateTime, Value};
use xml::{Element, Limits};

/// A file of test cases.
pub(crate) struct Tests {
    /// The file of the model.
    pub(crate) model: String,
    pub(crate) cases: Vec<Case>,
}

/// One test case.
pub(crate) struct Case {
    pub(crate) id: String,
    /// The decision service that is asked, if not the decisions themselves.
    pub(crate) service: Option<String>,
    pub(crate) inputs: Context,
    pub(crate) expected: Vec<Expected>,
}

/// One expected result.
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) value: Value,
}

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads a file of test cases.
pub(crate) fn read(text: &str) -> Result<Tests, String> {
    let document = xml::parse(text, &Limits::default()).map_err(|problem| problem.to_string())?;
    let root = document.root();
    let model = named(root, "modelName").next().map(Element::text);
    Ok(Tests {
        model: model.unwrap_or_default().trim().to_string(),
        cases: named(root, "testCase").map(case).collect(),
    })
}

fn named<'e>(element: &'e Element, name: &'e str) -> impl Iterator<Item = &'e Element> {
    let children = element.children.iter();
    children.filter(move |child| &*child.name == name)
}

fn attribute(element: &Element, name: &str) -> String {
    element.attribute(name).unwrap_or_default().to_string()
}

fn case(element: &Element) -> Case {
    let is_service = element.attribute("type") == Some("decisionService");
    let service = element.attribute("invocableName");
    let inputs = named(element, "inputNode").map(|node| (attribute(node, "name"), value(node)));
    let expected = named(element, "resultNode").map(|node| Expected {
        name: attribute(node, "name"),
        value: named(node, "expected")
            .next()
            .map(value)
            .unwrap_or_default(),
    });
    Case {
        id: attribute(element, "id"),
        service: service.filter(|_| is_service).map(str::to_string),
        inputs: inputs.collect(),
        expected: expected.collect(),
    }
}

/// The value inside a node: a simple one, a list, or components.
fn value(node: &Element) -> Value {
    if let Some(list) = named(node, "list").next() {
        return match is_nil(list) {
            true => Value::Null,
            false => named(list, "item").map(value).collect(),
        };
    }
    if let Some(simple) = named(node, "value").next() {
        return match is_nil(simple) {
            true => Value::Null,
            false => self::simple(simple),
        };
    }
    let components = named(node, "component").map(|node| {
        let value = match is_nil(node) {
            true => Value::Null,
            false => value(node),
        };
        (attribute(node, "name"), value)
    });
    let components: Context = components.collect();
    match components.is_empty() {
        true => Value::Null,
        false => components.into(),
    }
}

fn is_nil(element: &Element) -> bool {
    let nil = element.attribute_named(XSI, "nil");
    nil.is_some_and(|nil| nil.value == "true")
}

fn simple(element: &Element) -> Value {
    let text = element.text();
    let kind = element.attribute_named(XSI, "type");
    let kind = kind.map_or("", |kind| kind.value.as_str());
    let kind = kind.rsplit(':').next().unwrap_or_default();
    let trimmed = text.trim();
    let read = match kind {
        "boolean" => trimmed.parse().ok().map(|boolean: bool| boolean.into()),
        "decimal" | "double" | "float" | "integer" | "int" | "long" => {
            trimmed.parse().ok().map(Value::Number)
        }
        "date" => feel_literal("date", trimmed),
        "time" => feel_literal("time", trimmed),
        "dateTime" => trimmed.parse::<DateTime>().ok().map(Value::from),
        "duration" => feel_literal("duration", trimmed),
        _ => Some(text.into()),
    };
    // What cannot be read differs from everything.
    read.unwrap_or_else(|| format!("the {kind} {trimmed}").into())
}

fn feel_literal(function: &str, text: &str) -> Option<Value> {
    let environment = feel::Environment::at("2026-03-02T06:00:00Z".parse().ok()?);
    let expression = feel::Expression::compile(&format!("{function}({text:?})")).ok()?;
    let value = expression.evaluate(&(), &environment).value;
    (!value.is_null()).then_some(value)
}
