//! Multi-instance (BPMN 2.0.2, 10.3.8 and 13.3.7): an activity is done once for each item of a collection, or
//! as often as a number says, one after another or all at once.
//!
//! The items see `loopCounter`, from 1, and where the model names it a variable with the item of the
//! collection. `outputElement` is evaluated when an item completes; the values become the output collection when
//! all is over, in the order of the collection, null for items that were cut short. If it is a plain name, each
//! item has a variable of that name of its own, so that items do not overwrite one another's results; output
//! mappings, too, set variables of the item first. The completion condition is asked when an item completes,
//! sees its variables and the standard's counts (`numberOfInstances` ...), and ends the others when true.
//!
//! `behavior` throws events as items complete: with `None` at each, with `One` at the first, with `Complex` where a
//! condition is true; they can be caught on the activity, and an interrupting catch ends the items that are left.
//!
//! Plain BPMN names data where zeebe names variables: the name of what `loopDataInputRef` refers to (of the
//! source of its association, for a data input) is the variable, or its id where it has no name.
//! Deviation: a collection of which only `loopDataOutputRef` is known gets the last `outputDataItem` variable of
//! each item.

use std::sync::Arc;

use feel::Expression;
use xml::Element as Xml;

use crate::read::{BPMN, NodeReader, extension, local_name};
use crate::triggers::{Triggers, definitions, read_implicit};

/// How an activity is done once for each item.
#[derive(Debug)]
pub struct MultiInstance {
    /// Whether one item is done after another.
    pub sequential: bool,
    /// For what.
    pub(crate) items: Items,
    /// The variable that holds the item.
    pub element: Option<Arc<str>>,
    /// What becomes of the results.
    pub(crate) output: Option<Output>,
    /// When it is true, the remaining items are cut short.
    pub(crate) condition: Option<Expression>,
    /// What it throws as items complete.
    pub(crate) throws: Vec<Throw>,
}

/// An event that is thrown as items complete; it can be caught on the activity.
#[derive(Debug)]
pub(crate) struct Throw {
    pub(crate) when: When,
    pub(crate) triggers: Triggers,
}

/// At the completion of which items an event is thrown.
#[derive(Debug)]
pub(crate) enum When {
    /// Each (`behavior="None"`).
    Each,
    /// The first (`behavior="One"`).
    First,
    /// Those at which a condition is true (`behavior="Complex"`).
    Holds(Expression),
}

/// For what an activity is done.
#[derive(Debug)]
pub(crate) enum Items {
    /// Each item of a list.
    Collection(Expression),
    /// So many times.
    Cardinality(Expression),
}

/// What becomes of the results of the items.
#[derive(Debug)]
pub(crate) struct Output {
    /// The variable that gets them all.
    pub(crate) collection: Arc<str>,
    /// The result of one item.
    pub(crate) element: Expression,
    /// The variable that `element` names, where it is a plain name.
    pub(crate) variable: Option<Arc<str>>,
}

pub(crate) fn read<'d>(node: &mut NodeReader<'_, 'd>, xml: &'d Xml) -> Option<MultiInstance> {
    let throws = throws(node, xml)?;
    let zeebe = extension(xml, "loopCharacteristics");
    let items = items(node, xml, zeebe);
    let written = xml
        .child(BPMN, "completionCondition")
        .filter(|condition| !condition.text().trim().is_empty());
    let condition = match written {
        Some(written) => Some(node.reader.content_expression(node.xml, written)?),
        None => None,
    };
    let named = |zeebe: Option<&'d Xml>, attribute: &str| {
        let name = zeebe.and_then(|zeebe| zeebe.attribute(attribute));
        name.map(str::trim).filter(|name| !name.is_empty())
    };
    let plain = |child: &str| {
        let item = xml.child(BPMN, child);
        item.and_then(|item| item.attribute("name").or(item.attribute("id")))
    };
    Some(MultiInstance {
        sequential: xml.attribute("isSequential") == Some("true"),
        items: items?,
        element: named(zeebe, "inputElement")
            .or_else(|| plain("inputDataItem"))
            .map(Arc::from),
        output: output(node, xml, zeebe)?,
        condition,
        throws,
    })
}

/// The events that are thrown as items complete (`behavior`).
fn throws<'d>(node: &mut NodeReader<'_, 'd>, xml: &'d Xml) -> Option<Vec<Throw>> {
    let behavior = xml.attribute("behavior").unwrap_or("All");
    let (when, reference) = match behavior {
        "All" => return Some(Vec::new()),
        "None" => (When::Each, "noneBehaviorEventRef"),
        "One" => (When::First, "oneBehaviorEventRef"),
        "Complex" => return complex(node, xml),
        _ => {
            let message = format!(
                "{} has the behavior \"{behavior}\", which does not exist",
                node.label()
            );
            node.error_in(xml, message, "write All, None, One or Complex");
            return None;
        }
    };
    let Some(id) = xml.attribute(reference) else {
        return Some(Vec::new());
    };
    let definition = node.reader.with_id(local_name(id));
    let triggers = definition.and_then(|definition| read_implicit(node, &[definition]));
    let Some(triggers) = triggers else {
        let message = format!(
            "{} throws \"{id}\", which is no message, signal, escalation or error definition",
            node.label()
        );
        node.error_in(
            xml,
            message,
            "name an event definition beside the processes",
        );
        return None;
    };
    Some(vec![Throw { when, triggers }])
}

fn complex<'d>(node: &mut NodeReader<'_, 'd>, xml: &'d Xml) -> Option<Vec<Throw>> {
    let mut throws = Vec::new();
    for part in xml.children_named(BPMN, "complexBehaviorDefinition") {
        let condition = part.child(BPMN, "condition");
        let event = part.child(BPMN, "event");
        let definitions: Vec<&Xml> = event.map_or_else(Vec::new, |event| {
            definitions(event, &node.reader.roots)
                .into_iter()
                .map(|(_, definition)| definition)
                .collect()
        });
        let triggers = read_implicit(node, &definitions);
        let (Some(condition), Some(triggers)) = (condition, triggers) else {
            let message = format!(
                "{} has a complex behavior without a condition and a message, signal, escalation or error",
                node.label()
            );
            node.error_in(part, message, "give it both");
            return None;
        };
        let condition = node.reader.content_expression(node.xml, condition)?;
        let when = When::Holds(condition);
        throws.push(Throw { when, triggers });
    }
    Some(throws)
}

/// What the activity is done for, which must be said.
fn items<'d>(node: &mut NodeReader<'_, 'd>, xml: &'d Xml, zeebe: Option<&'d Xml>) -> Option<Items> {
    if let Some(written) = zeebe.and_then(|zeebe| written(zeebe, "inputCollection")) {
        let collection = node.reader.attribute_expression(node.xml, written)?;
        return Some(Items::Collection(collection));
    }
    let cardinality = xml
        .child(BPMN, "loopCardinality")
        .filter(|cardinality| !cardinality.text().trim().is_empty());
    if let Some(cardinality) = cardinality {
        let number = node.reader.content_expression(node.xml, cardinality)?;
        return Some(Items::Cardinality(number));
    }
    if let Some(reference) = xml.child(BPMN, "loopDataInputRef") {
        return variable(node, reference).map(Items::Collection);
    }
    let message = format!("{} does not say for what it is done", node.label());
    let way_out = "give it an input collection, or a number (loopCardinality)";
    node.error_in(xml, message, way_out);
    None
}

/// What becomes of the results; the outer `None` where that is wrong.
pub(super) fn output<'d>(
    node: &mut NodeReader<'_, 'd>,
    xml: &'d Xml,
    zeebe: Option<&'d Xml>,
) -> Option<Option<Output>> {
    let collection = zeebe.and_then(|zeebe| written(zeebe, "outputCollection"));
    let element = zeebe.and_then(|zeebe| written(zeebe, "outputElement"));
    match (zeebe, collection, element) {
        (_, Some(collection), Some(element)) => {
            let element = node.reader.attribute_expression(node.xml, element)?;
            return Some(Some(Output {
                collection: collection.value.trim().into(),
                variable: plain_name(&element),
                element,
            }));
        }
        (_, None, None) => {}
        (zeebe, collection, _) => {
            let (has, lacks) = match collection {
                Some(_) => ("outputCollection", "outputElement"),
                None => ("outputElement", "outputCollection"),
            };
            let message = format!("{} has an {has} without {lacks}", node.label());
            let part = zeebe.unwrap_or(xml);
            node.error_in(part, message, "fill in both, or none");
            return None;
        }
    }
    let (Some(reference), Some(item)) = (
        xml.child(BPMN, "loopDataOutputRef"),
        xml.child(BPMN, "outputDataItem"),
    ) else {
        return Some(None);
    };
    let collection = node
        .reader
        .name_of_data(node.xml, local_name(reference.text().trim()));
    let name = item.attribute("name").or(item.attribute("id"))?;
    let element = Expression::compile(name).ok()?;
    Some(Some(Output {
        collection: collection.into(),
        variable: plain_name(&element),
        element,
    }))
}

/// The collection that a reference of plain BPMN means.
fn variable<'d>(node: &mut NodeReader<'_, 'd>, reference: &'d Xml) -> Option<Expression> {
    let name = node
        .reader
        .name_of_data(node.xml, local_name(reference.text().trim()));
    if let Ok(expression) = Expression::compile(&name) {
        return Some(expression);
    }
    let message = format!(
        "{} is done for each item of \"{name}\", which is not the name of a variable",
        node.label()
    );
    node.error_in(reference, message, "name an input collection");
    None
}

/// The variable that an expression is the name of.
fn plain_name(expression: &Expression) -> Option<Arc<str>> {
    match expression.reads() {
        [name] if name == expression.text().trim() => Some(name.as_str().into()),
        _ => None,
    }
}

fn written<'d>(part: &'d Xml, attribute: &str) -> Option<&'d xml::Attribute> {
    let written = part.attribute_named("", attribute)?;
    (!written.value.trim().is_empty()).then_some(written)
}

#[cfg(test)]
mod tests;
