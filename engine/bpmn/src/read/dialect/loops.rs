//! Multi-instance: the collection, its items, and what is collected.

use xml::{Attribute, Element};

use super::editing::{Editing, Written};
use super::juel::{self, Meaning};

/// `collection`: the name of a variable, or an expression.
pub(super) fn collection(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let feel = match editing.read(Written::Attribute(attribute)) {
        None => return,
        Some(Meaning::Literal(variable)) => juel::name(variable.trim()),
        Some(Meaning::Feel(feel)) => feel,
    };
    let characteristics = editing.zeebe("loopCharacteristics");
    characteristics.set_made("inputCollection", format!("={feel}"), attribute.offset);
}

/// `elementIndexVariable` of flowable: counts from 0.
pub(super) fn index_variable(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let mut input = Element::made(super::ZEEBE, "input", editing.xml);
    input.set_made("source", "=loopCounter - 1", attribute.offset);
    input.set_made("target", attribute.value.trim(), attribute.offset);
    editing.zeebe_above("ioMapping").children.push(input);
}

/// `variableAggregation` of flowable: a list with an entry for each item.
pub(super) fn aggregation<'d>(editing: &mut Editing<'_, 'd>, aggregation: &'d Element) {
    editing.only(aggregation, &["target", "targetExpression"]);
    let Some(target) = aggregation.attribute_named("", "target") else {
        editing.inert("variableAggregation", "it names no target");
        return;
    };
    let mut entries = Vec::new();
    for variable in &aggregation.children {
        editing.only(variable, &["source", "sourceExpression", "target"]);
        let source = variable.attribute("source");
        let feel = match variable.attribute_named("", "sourceExpression") {
            Some(attribute) => match editing.feel(Written::Attribute(attribute)) {
                Some(feel) => feel,
                None => return,
            },
            None => juel::name(source.unwrap_or_default().trim()),
        };
        let name = variable.attribute("target").or(source).unwrap_or_default();
        entries.push(format!("{}: {feel}", juel::quoted(name)));
    }
    let element = format!("={{{}}}", entries.join(", "));
    let (name, offset) = (target.value.trim().to_owned(), target.offset);
    let characteristics = editing.zeebe("loopCharacteristics");
    characteristics.set_made("outputCollection", name, offset);
    characteristics.set_made("outputElement", element, offset);
}
