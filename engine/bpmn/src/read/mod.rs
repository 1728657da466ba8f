//! Document to definitions: everything that is wrong is found at once, and every element gets a verdict.
//!
//! `dialect` first translates what other engines and the standard say to zeebe's words.
//! `reader` is what all parts share; `process` walks the elements of a process; `node` reads one flow node;
//! `conversation` says what message flows and correlation keys mean; `data` reads what the standard says of variables; `link` connects flows, boundary events and start events,
//! `compensation` activities and what compensates them; `lanes` reads lanes; `names` finds names of several words;
//! `check` applies the rules that need the whole process.

mod check;
mod compensation;
mod conversation;
mod data;
mod deadline;
mod dialect;
mod events;
mod lanes;
mod link;
mod names;
mod node;
mod process;
mod reader;
mod transaction;

use std::sync::Arc;

use xml::{Document, Element, Limits, Problem};

pub(crate) use deadline::days;
pub(crate) use dialect::caseway;
pub(crate) use reader::{BPMN, NodeReader, Reader, ZEEBE, extension, said};

use crate::elements::{GLOBAL_TASKS, Kind};
use crate::limits::{PROBLEMS_MAX, SOUNDNESS_STEPS_MAX};
use crate::{ProcessDefinition, Report, Verdict, soundness, triggers};

/// What a document contains.
#[derive(Debug)]
pub struct Reading {
    /// The executable processes; none where the report has errors.
    pub processes: Vec<Arc<ProcessDefinition>>,
    /// What becomes of each element, and what is wrong.
    pub report: Report,
}

/// Reads a BPMN document, and asks of its processes whether they are sound.
pub fn read(xml: &str) -> Reading {
    let mut reading = read_deployed(xml);
    let report = &mut reading.report;
    let mut steps = SOUNDNESS_STEPS_MAX;
    for process in &reading.processes {
        let (soundness, problems) = soundness::check(process, &mut steps);
        report.soundness.push(soundness);
        let room = (2 * PROBLEMS_MAX).saturating_sub(report.problems.len());
        report.problems.extend(problems.into_iter().take(room));
    }
    report
        .problems
        .sort_by_key(|problem| (problem.line, problem.column));
    reading
}

/// Reads a BPMN document that was checked when it was deployed: whether its processes are sound, which may take long to
/// tell and does not change, is not asked again.
pub fn read_deployed(xml: &str) -> Reading {
    match xml::parse(xml, &Limits::default()) {
        Ok(document) => read_document(&document),
        Err(problem) => Reading {
            processes: Vec::new(),
            report: Report {
                problems: vec![problem],
                ..Report::default()
            },
        },
    }
}

fn read_document(document: &Document) -> Reading {
    let translation = dialect::translate(document);
    let root = translation.root.as_ref().unwrap_or(document.root());
    let conversation = conversation::translate(root);
    let root = conversation.root.as_ref().unwrap_or(root);
    let mut reader = Reader::new(document);
    reader.names = names::of(root);
    let problems = translation.problems.iter();
    for problem in problems.chain(&conversation.problems) {
        reader.push(problem.clone());
    }
    let mut processes = Vec::new();
    if root.is(BPMN, "definitions") {
        collect(&mut reader, root);
        for child in &root.children {
            if child.is(BPMN, "process") {
                processes.extend(process::read(&mut reader, child));
            } else if let Some(kind) = global_task(child) {
                processes.extend(process::read_global_task(&mut reader, child, kind));
            } else {
                report_root(&mut reader, child, &conversation);
            }
        }
        if !root.children.iter().any(is_executable) {
            reader.push(Problem::error(
                root.position,
                "The document has no executable process",
                "mark a process as executable (isExecutable=\"true\")",
            ));
        }
    } else {
        let message = format!(
            "The outermost element is <{}>, not BPMN's <definitions>",
            root.name
        );
        let way_out = "upload the .bpmn file that the modeler saves";
        reader.push(Problem::error(root.position, message, way_out));
    }
    let mut report = reader.report;
    if !report.is_deployable() {
        processes.clear();
    }
    report
        .problems
        .sort_by_key(|problem| (problem.line, problem.column));
    Reading {
        processes: processes.into_iter().map(Arc::new).collect(),
        report,
    }
}

fn is_executable(element: &Element) -> bool {
    element.is(BPMN, "process") && element.attribute("isExecutable") != Some("false")
        || global_task(element).is_some()
}

/// What kind of task beside the processes it is.
fn global_task(element: &Element) -> Option<&'static Kind> {
    GLOBAL_TASKS
        .iter()
        .find(|kind| element.is(BPMN, kind.xml_name))
}

/// What processes refer to.
fn collect<'d>(reader: &mut Reader<'d>, root: &'d Element) {
    for kind in ["error", "message", "signal", "escalation"] {
        for element in root.children_named(BPMN, kind) {
            if let Some(id) = reader.unique_id(element, kind) {
                reader.roots.insert(id, element);
            }
        }
    }
    for element in &root.children {
        if let Some(kind) = triggers::kind_named(element)
            && let Some(id) = reader.unique_id(element, kind.name)
        {
            reader.roots.insert(id, element);
        }
    }
    for collaboration in root.children_named(BPMN, "collaboration") {
        for participant in collaboration.children_named(BPMN, "participant") {
            let process = participant.attribute("processRef").map(local_name);
            if let (Some(process), Some(name)) = (process, participant.attribute("name")) {
                reader.participants.insert(process, name);
            }
        }
    }
}

/// Elements beside the processes.
fn report_root(
    reader: &mut Reader<'_>,
    element: &Element,
    conversation: &conversation::Translation,
) {
    if &*element.namespace != BPMN {
        return; // the diagram, and what other tools keep beside the model
    }
    if let Some(kind) = triggers::kind_named(element) {
        let word = format!("{} event definition", kind.name);
        return reader.verdict(element, &word, Verdict::Executed);
    }
    match &*element.name {
        "collaboration" => report_collaboration(reader, element, conversation),
        // Nobody wrote a message that was made of its message flow.
        "message" if is_made(element) => {}
        "error" | "message" | "signal" | "escalation" | "correlationProperty" => {
            reader.verdict(element, &element.name, Verdict::Executed);
        }
        "choreography" | "globalChoreographyTask" | "conversation" | "globalConversation" => {
            reader.ignored(element, &element.name, "it describes, and is not executed");
        }
        "documentation" | "extensionElements" => {}
        _ => reader.ignored(element, &element.name, "it has no effect on execution"),
    }
}

fn report_collaboration(
    reader: &mut Reader<'_>,
    collaboration: &Element,
    conversation: &conversation::Translation,
) {
    for child in &collaboration.children {
        if &*child.namespace != BPMN {
            continue;
        }
        match &*child.name {
            "participant" if child.attribute("processRef").is_some() => {
                reader.verdict(child, "pool", Verdict::Executed);
            }
            "participant" => reader.ignored(child, "pool", "it has no process of its own"),
            "messageFlow" if conversation.flows.contains(&child.span.start) => {
                reader.verdict(child, "message flow", Verdict::Executed);
            }
            "messageFlow" => {
                let why = "it does not lead from an event or task that sends to one that receives";
                reader.ignored(child, "message flow", why);
            }
            "correlationKey" => reader.verdict(child, "correlation key", Verdict::Executed),
            "documentation" | "extensionElements" => {}
            _ => reader.ignored(child, &child.name, "it describes, and is not executed"),
        }
    }
}

/// Whether its id was made by us.
fn is_made(element: &Element) -> bool {
    let id = element.attribute_named("", "id");
    id.is_some_and(|id| id.is_made)
}

/// A reference without the prefix that some tools write in front of ids.
pub(crate) fn local_name(reference: &str) -> &str {
    reference.rsplit(':').next().unwrap_or(reference)
}

#[cfg(test)]
mod tests;
