//! What is made of the words of other engines, and what is reported.

mod camunda;
mod corpus;
mod flowable;
mod plain;

use xml::{Document, Element, Limits};

use super::translate;

const NAMESPACES: &str = r#"xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:z="http://camunda.org/schema/zeebe/1.0" xmlns:c="http://camunda.org/schema/1.0/bpmn"
    xmlns:f="http://flowable.org/bpmn" xmlns:a="http://activiti.org/bpmn""#;

/// A document; dialects have the prefixes `c`, `f` and `a`.
fn document(body: &str) -> Document {
    let text = format!("<definitions {NAMESPACES}>{body}</definitions>");
    xml::parse(&text, &Limits::default()).expect("XML")
}

/// What is made on the element with this id or, where there is none, with this name, one line each.
fn made(root: &Element, wanted: &str) -> Vec<String> {
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        if element.attribute("id") == Some(wanted) || &*element.name == wanted {
            let extensions = element
                .children
                .iter()
                .filter(|child| &*child.name == "extensionElements");
            let made = extensions.flat_map(|extensions| &extensions.children);
            return made
                .filter(|child| !super::is_dialect(&child.namespace))
                .map(shown)
                .collect();
        }
        open.extend(element.children.iter().rev());
    }
    panic!("no element {wanted}");
}

/// `name attribute="value" [inner, inner]`
fn shown(element: &Element) -> String {
    let mut text = match &*element.namespace {
        super::CASEWAY => format!("caseway:{}", element.name),
        _ => element.name.to_string(),
    };
    for attribute in &element.attributes {
        text += &format!(" {}=\"{}\"", attribute.name, attribute.value);
    }
    let inner: Vec<String> = element.children.iter().map(shown).collect();
    if !inner.is_empty() {
        text += &format!(" [{}]", inner.join("; "));
    }
    text
}

/// The problems of a translation, with their places.
fn problems(document: &Document) -> Vec<String> {
    let problems = translate(document).problems;
    let shown = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.severity, problem.message));
    shown.collect()
}

/// Translates the body of a process, and compares what is made on `wanted`, and all problems.
#[track_caller]
fn check(body: &str, wanted: &str, expected: &[&str], reported: &[&str]) {
    let document = document(&format!(
        r#"<process id="p" isExecutable="true">{body}</process>"#
    ));
    let root = translate(&document).root;
    let found = made(root.as_ref().unwrap_or(document.root()), wanted);
    assert_eq!(found, expected);
    assert_eq!(problems(&document), reported);
}
