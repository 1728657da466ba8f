//! Conversations between the pools of a document: which message a message flow carries, and for whom it is by the
//! standard's own correlation (BPMN 2.0.2, 8.4.2 and 9.3).
//!
//! It becomes what zeebe says: an event that names no message has that of its message flow, and a message whose
//! correlation properties make up a correlation key gets a `zeebe:subscription`. The key is read off the variables: by
//! the retrieval expressions of the message itself, else by those of the other messages of the conversation, because
//! what a message has brought is kept in the instance. A key of one property is its value; of several, the list of their values
//! as FEEL writes it. In a process with a correlation subscription the bindings say the key of who waits
//! (context-based correlation). Retrieval and data paths are FEEL.
//!
//! Deviations: the first message does not fix the key apart from the variables: who overwrites them leaves the conversation.
//! Of several correlation keys that a message carries, the first counts.

use std::collections::{BTreeMap, BTreeSet};

use xml::{Element, Problem};

use super::reader::about;
use super::{BPMN, ZEEBE, extension, local_name};

/// A document whose conversations are said in zeebe's words.
#[derive(Default)]
pub(super) struct Translation {
    /// The new tree; `None` where there is nothing to say.
    pub(super) root: Option<Element>,
    /// What was noticed on the way.
    pub(super) problems: Vec<Problem>,
    /// The message flows that connect who sends with who receives, by where they stand.
    pub(super) flows: BTreeSet<usize>,
}

/// Translates the tree that the dialects have left.
pub(super) fn translate(root: &Element) -> Translation {
    let mut edits = Edits::default();
    let (mut problems, mut flows) = (Vec::new(), BTreeSet::new());
    let mut nodes = BTreeMap::new();
    for process in root.children_named(BPMN, "process") {
        if process.attribute("isExecutable") != Some("false") {
            collect(process, process, &mut nodes);
        }
    }
    for collaboration in root.children_named(BPMN, "collaboration") {
        for flow in collaboration.children_named(BPMN, "messageFlow") {
            let end = |name: &str| nodes.get(local_name(flow.attribute(name)?));
            if let (Some(source), Some(target)) = (end("sourceRef"), end("targetRef"))
                && !source.receives
                && target.receives
            {
                flows.insert(flow.span.start);
                problems.extend(name_by_flow(flow, source, target, &mut edits));
            }
        }
    }
    let keys = keys(root);
    let messages = edits
        .messages
        .iter()
        .chain(root.children_named(BPMN, "message"));
    let messages: Vec<Element> = messages
        .map(|message| copy(message, &Edits::default()))
        .collect();
    for message in &messages {
        correlate(message, &keys, &mut edits);
    }
    for process in root.children_named(BPMN, "process") {
        problems.extend(subscribe(process, &keys, &nodes, &messages, &mut edits));
    }
    if edits.is_empty() {
        return Translation {
            root: None,
            problems,
            flows,
        };
    }
    let mut made = copy(root, &edits);
    let messages = std::mem::take(&mut edits.messages);
    made.children
        .extend(messages.iter().map(|message| copy(message, &edits)));
    Translation {
        root: Some(made),
        problems,
        flows,
    }
}

/// What is changed.
#[derive(Default)]
struct Edits {
    /// The message of a definition or task, by where it stands.
    references: BTreeMap<usize, String>,
    /// The correlation key of a message, by its id.
    keys: BTreeMap<String, String>,
    /// Messages that are made.
    messages: Vec<Element>,
}

impl Edits {
    fn is_empty(&self) -> bool {
        self.references.is_empty() && self.keys.is_empty() && self.messages.is_empty()
    }
}

/// A node that can send or receive.
struct Node<'d> {
    /// Its process.
    process: &'d Element,
    /// What carries `messageRef`: its definition, or the task itself.
    carrier: &'d Element,
    /// Whether it waits for the message.
    receives: bool,
}

/// All nodes below an element that send or receive, by id.
fn collect<'d>(process: &'d Element, below: &'d Element, nodes: &mut BTreeMap<&'d str, Node<'d>>) {
    for element in &below.children {
        if &*element.namespace != BPMN {
            continue;
        }
        let receives = match &*element.name {
            "receiveTask" | "startEvent" | "intermediateCatchEvent" | "boundaryEvent" => true,
            "sendTask" | "intermediateThrowEvent" | "endEvent" => false,
            _ => {
                collect(process, element, nodes);
                continue;
            }
        };
        let carrier = match &*element.name {
            "receiveTask" | "sendTask" => Some(element),
            _ => element.child(BPMN, "messageEventDefinition"),
        };
        if let (Some(id), Some(carrier)) = (element.attribute("id"), carrier) {
            let node = Node {
                process,
                carrier,
                receives,
            };
            nodes.insert(id, node);
        }
    }
}

fn reference(carrier: &Element) -> Option<&str> {
    carrier.attribute("messageRef").map(local_name)
}

/// Both ends of a message flow speak of one message.
fn name_by_flow(
    flow: &Element,
    source: &Node<'_>,
    target: &Node<'_>,
    edits: &mut Edits,
) -> Option<Problem> {
    let (sent, awaited) = (reference(source.carrier), reference(target.carrier));
    if let (Some(sent), Some(awaited)) = (sent, awaited) {
        let message = format!(
            "The message flow leads from the message \"{sent}\" to \"{awaited}\": they never meet"
        );
        let way_out = "let both ends name the same message";
        return (sent != awaited)
            .then(|| about(Problem::warning(flow.position, message, way_out), flow));
    }
    let named = flow.attribute("messageRef").map(local_name);
    let id = match named.or(sent).or(awaited) {
        Some(id) => id.to_owned(),
        None => {
            let flow_id = flow.attribute("id").unwrap_or("messageFlow");
            let id = format!("{flow_id}.message");
            let mut message = Element::made(BPMN, "message", flow);
            message.set_made("id", id.as_str(), flow.span.start);
            let name = flow.attribute("name").unwrap_or(flow_id);
            message.set_made("name", name, flow.span.start);
            edits.messages.push(message);
            id
        }
    };
    for end in [source, target] {
        if reference(end.carrier).is_none() {
            edits.references.insert(end.carrier.span.start, id.clone());
        }
    }
    None
}

/// A correlation key: its properties in order.
struct Key<'d> {
    id: Option<&'d str>,
    properties: Vec<&'d str>,
    /// What the messages say of the properties: message, property, FEEL.
    retrievals: Vec<(&'d str, &'d str, String)>,
}

impl Key<'_> {
    /// The key as one message says it; `None` where it does not say all properties.
    fn of(&self, message: &str) -> Option<String> {
        let one = |property: &&str| {
            let mut said = self.retrievals.iter();
            let said = said.find(|(of, name, _)| *of == message && name == property);
            said.map(|(_, _, feel)| feel.as_str())
        };
        let parts: Option<Vec<&str>> = self.properties.iter().map(one).collect();
        Some(whole(&parts?))
    }

    fn messages(&self) -> BTreeSet<&str> {
        self.retrievals
            .iter()
            .map(|(message, _, _)| *message)
            .collect()
    }
}

/// One text of the values of all properties; null as long as one is missing.
fn whole(parts: &[&str]) -> String {
    match parts {
        [only] => format!("({only})"),
        several => {
            let missing: Vec<String> = several
                .iter()
                .map(|part| format!("({part}) = null"))
                .collect();
            format!(
                "(if {} then null else string([{}]))",
                missing.join(" or "),
                several.join(", ")
            )
        }
    }
}

fn keys(root: &Element) -> Vec<Key<'_>> {
    let mut retrievals = Vec::new();
    for property in root.children_named(BPMN, "correlationProperty") {
        let Some(id) = property.attribute("id") else {
            continue;
        };
        for retrieval in property.children_named(BPMN, "correlationPropertyRetrievalExpression") {
            let message = retrieval.attribute("messageRef").map(local_name);
            let path = retrieval.child(BPMN, "messagePath").and_then(feel);
            if let (Some(message), Some(path)) = (message, path) {
                retrievals.push((message, id, path));
            }
        }
    }
    let mut keys = Vec::new();
    let mut open: Vec<&Element> = root.children_named(BPMN, "collaboration").collect();
    while let Some(element) = open.pop() {
        for child in &element.children {
            if child.is(BPMN, "correlationKey") {
                let properties = child.children_named(BPMN, "correlationPropertyRef");
                let properties: Vec<&str> = properties
                    .map(|property| local_name(property.text().trim()))
                    .collect();
                if !properties.is_empty() {
                    keys.push(Key {
                        id: child.attribute("id"),
                        properties,
                        retrievals: retrievals.clone(),
                    });
                }
            } else if child.is(BPMN, "conversation") || child.is(BPMN, "subConversation") {
                open.push(child);
            }
        }
    }
    keys
}

/// The FEEL of a path, with or without the `=` that other expressions have.
fn feel(path: &Element) -> Option<String> {
    let text = path.text().trim();
    let text = text.strip_prefix('=').unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A message of a conversation gets its correlation key, unless it says one itself.
fn correlate(message: &Element, keys: &[Key<'_>], edits: &mut Edits) {
    let Some(id) = message.attribute("id") else {
        return;
    };
    let found = keys.iter().find_map(|key| Some((key, key.of(id)?)));
    let Some((key, own)) = found.filter(|_| extension(message, "subscription").is_none()) else {
        return;
    };
    let mut all = vec![own];
    let others = key.messages();
    for other in others.into_iter().filter_map(|other| key.of(other)) {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    // The first that is not null, without warnings about those that are.
    let mut reversed = all.into_iter().rev();
    let last = reversed.next().unwrap_or_default();
    let text = reversed.fold(last, |rest, one| format!("get or else({one}, {rest})"));
    edits.keys.insert(id.to_owned(), format!("={text}"));
}

/// In a process with a correlation subscription, who waits says its key by the bindings.
fn subscribe(
    process: &Element,
    keys: &[Key<'_>],
    nodes: &BTreeMap<&str, Node<'_>>,
    messages: &[Element],
    edits: &mut Edits,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for subscription in process.children_named(BPMN, "correlationSubscription") {
        let wanted = subscription.attribute("correlationKeyRef").map(local_name);
        let mut problem = |message: &str, way_out: &str| {
            let problem = Problem::error(subscription.position, message, way_out);
            problems.push(about(problem, subscription));
        };
        let key = keys.iter().find(|key| wanted.is_some() && key.id == wanted);
        let Some(key) = key else {
            let message =
                "The correlation subscription names no correlation key of a collaboration";
            problem(message, "choose its correlation key");
            continue;
        };
        let mut bound = BTreeMap::new();
        for binding in subscription.children_named(BPMN, "correlationPropertyBinding") {
            let property = binding.attribute("correlationPropertyRef").map(local_name);
            let path = binding.child(BPMN, "dataPath").and_then(feel);
            bound.extend(property.zip(path));
        }
        let parts: Option<Vec<&str>> = key
            .properties
            .iter()
            .map(|property| bound.get(property).map(String::as_str))
            .collect();
        let (Some(parts), Some(process_id)) = (parts, process.attribute("id")) else {
            let message = "The correlation subscription does not bind every property of its key";
            problem(message, "give each property a binding with a data path");
            continue;
        };
        let text = format!("={}", whole(&parts));
        for node in nodes.values() {
            if !node.receives || !std::ptr::eq(node.process, process) {
                continue;
            }
            let named = edits.references.get(&node.carrier.span.start).cloned();
            let named = named.or_else(|| reference(node.carrier).map(str::to_owned));
            let message = messages
                .iter()
                .find(|message| message.attribute("id") == named.as_deref());
            let Some(message) =
                message.filter(|_| named.as_deref().is_some_and(|id| key.of(id).is_some()))
            else {
                continue;
            };
            let id = format!("{}.{process_id}", named.unwrap_or_default());
            if !edits.keys.contains_key(&id) {
                let mut own = Element::made(BPMN, "message", message);
                own.set_made("id", id.as_str(), message.span.start);
                let name = message.attribute("name").unwrap_or_default();
                own.set_made("name", name, message.span.start);
                edits.messages.push(own);
                edits.keys.insert(id.clone(), text.clone());
            }
            edits.references.insert(node.carrier.span.start, id);
        }
    }
    problems
}

/// A copy with the edits.
fn copy(element: &Element, edits: &Edits) -> Element {
    let mut made = element.without_children();
    made.children = element
        .children
        .iter()
        .map(|child| copy(child, edits))
        .collect();
    if &*element.namespace != BPMN {
        return made;
    }
    if matches!(
        &*element.name,
        "messageEventDefinition" | "receiveTask" | "sendTask"
    ) && let Some(id) = edits.references.get(&element.span.start)
    {
        made.set_made("messageRef", id.as_str(), element.span.start);
    }
    let key = element.attribute("id").and_then(|id| edits.keys.get(id));
    if let Some(key) = key.filter(|_| &*element.name == "message") {
        let mut subscription = Element::made(ZEEBE, "subscription", element);
        subscription.set_made("correlationKey", key.as_str(), element.span.start);
        match made
            .children
            .iter_mut()
            .find(|child| child.is(BPMN, "extensionElements"))
        {
            Some(extensions) => extensions.children.push(subscription),
            None => {
                let mut extensions = Element::made(BPMN, "extensionElements", element);
                extensions.children.push(subscription);
                made.children.push(extensions);
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use crate::read;
    use crate::testing::{document, flows};

    fn problems(collaboration: &str, process: &str) -> Vec<String> {
        let text = document(&format!(
            r#"<message id="M" name="m"/><message id="N" name="n"/>
            <correlationProperty id="P"><correlationPropertyRetrievalExpression messageRef="M"><messagePath>case</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
            <collaboration id="c">{collaboration}</collaboration>
            <process id="p" isExecutable="true">{process}<startEvent id="s"/><receiveTask id="r" messageRef="M"/>{}</process>
            <process id="q" isExecutable="true"><startEvent id="t"/><sendTask id="a" messageRef="N"/>{}</process>"#,
            flows("s>r"),
            flows("t>a")
        ));
        let report = read(&text).report;
        let problems = report.problems.iter();
        problems.map(|problem| problem.message.clone()).collect()
    }

    const KEY: &str = r#"<correlationKey id="k"><correlationPropertyRef>P</correlationPropertyRef></correlationKey>"#;

    #[test]
    fn a_message_of_a_conversation_needs_no_other_key() {
        assert_eq!(problems(KEY, ""), Vec::<String>::new());
        let found = problems("", "");
        assert!(found[0].contains("without correlation key"), "{found:?}");
    }

    #[test]
    fn ends_of_a_message_flow_that_never_meet_are_found() {
        let flow = format!(r#"{KEY}<messageFlow id="f" sourceRef="a" targetRef="r"/>"#);
        let found = problems(&flow, "");
        assert_eq!(
            found,
            ["The message flow leads from the message \"N\" to \"M\": they never meet"]
        );
    }

    #[test]
    fn a_correlation_subscription_binds_every_property_of_its_key() {
        let subscription = |reference: &str| {
            format!(r#"<correlationSubscription id="u" correlationKeyRef="{reference}"/>"#)
        };
        let found = problems(KEY, &subscription("k"));
        assert!(
            found[0].contains("does not bind every property"),
            "{found:?}"
        );
        let found = problems(KEY, &subscription("other"));
        assert!(found[0].contains("names no correlation key"), "{found:?}");
    }
}
