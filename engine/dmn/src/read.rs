//! DMN 1.1 to 1.5 files to decisions. What is not executed is refused by name; nothing is dropped in silence.

mod logic;
mod names;

use crate::decision::Decision;
use feel::Expression;
use std::collections::BTreeSet;
use std::sync::Arc;
use xml::{Document, Element, Limits, Problem};

/// Namespaces of the versions 1.1 to 1.5.
const NAMESPACES: [&str; 5] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
];

/// Everything that was found in a DMN file.
#[derive(Debug, Default)]
pub struct Reading {
    /// The `id` of the definitions.
    pub id: String,
    /// The `name` of the definitions.
    pub name: String,
    /// The decisions that can be evaluated, in the order of the file. Complete only if no problem is an error.
    pub decisions: Vec<Arc<Decision>>,
    /// What is wrong, or not executed.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// Whether no problem is an error.
    pub fn is_deployable(&self) -> bool {
        self.problems
            .iter()
            .all(|problem| problem.severity != xml::Severity::Error)
    }
}

/// Reads a DMN file and finds all that is wrong with it.
pub fn read(xml: &str) -> Reading {
    let document = match xml::parse(xml, &Limits::default()) {
        Ok(document) => document,
        Err(problem) => {
            return Reading {
                problems: vec![problem],
                ..Reading::default()
            };
        }
    };
    let root = document.root();
    if !(&*root.name == "definitions" && NAMESPACES.contains(&&*root.namespace)) {
        let message = format!(
            "this is no DMN file of version 1.1 to 1.5: its root is <{}> of \"{}\"",
            root.name, root.namespace
        );
        let problem = Problem::error(
            root.position,
            message,
            "upload a file that a DMN modeler has saved",
        );
        return Reading {
            problems: vec![problem],
            ..Reading::default()
        };
    }
    let mut reader = Reader {
        document: &document,
        namespace: &root.namespace,
        names: names::declared(root),
        problems: Vec::new(),
    };
    let decisions = reader.definitions(root);
    let text = |name| root.attribute(name).unwrap_or_default().to_string();
    Reading {
        id: text("id"),
        name: text("name"),
        decisions,
        problems: reader.problems,
    }
}

/// The state of reading one file.
struct Reader<'d> {
    document: &'d Document,
    namespace: &'d str,
    /// The names that the model declares; they may have spaces.
    names: Vec<String>,
    problems: Vec<Problem>,
}

impl<'d> Reader<'d> {
    fn definitions(&mut self, root: &'d Element) -> Vec<Arc<Decision>> {
        let mut decisions = Vec::new();
        for child in &root.children {
            if *child.namespace != *self.namespace {
                continue;
            }
            match &*child.name {
                "decision" => decisions.extend(self.decision(child)),
                "import" => self.refuse(
                    child,
                    "an import of another model",
                    "put the decisions into one file",
                ),
                "businessKnowledgeModel" => self.refuse(
                    child,
                    "a business knowledge model",
                    "make a decision of it, or write its expression where it is used",
                ),
                "decisionService" => {
                    self.refuse(child, "a decision service", "call its decision directly")
                }
                "itemDefinition" => self.problems.push(about(
                    child,
                    Problem::warning(
                        child.position,
                        format!(
                            "the type \"{}\" is not checked yet",
                            child.attribute("name").unwrap_or_default()
                        ),
                        "state the allowed values at the inputs and outputs of the tables",
                    ),
                )),
                // Documentation, and what only the diagram needs.
                _ => {}
            }
        }
        self.check_graph(root, &mut decisions);
        decisions.into_iter().map(Arc::new).collect()
    }

    fn decision(&mut self, element: &'d Element) -> Option<Decision> {
        let id = element.attribute("id").unwrap_or_default().to_string();
        let name = element.attribute("name").unwrap_or(&id).to_string();
        if id.is_empty() {
            self.error(
                element,
                format!("the decision \"{name}\" has no id"),
                "give it an id; processes call it by that",
            );
        }
        let variable = element
            .child(self.namespace, "variable")
            .and_then(|variable| variable.attribute("name"));
        let required = self.required(element);
        let (logic, mut reads) = self.logic(element, &name)?;
        reads.sort_unstable();
        reads.dedup();
        Some(Decision {
            id,
            name,
            variable: variable.map(str::to_string),
            logic,
            required,
            reads,
        })
    }

    fn required(&mut self, element: &'d Element) -> Vec<String> {
        let mut required = Vec::new();
        for requirement in element.children_named(self.namespace, "informationRequirement") {
            let Some(decision) = requirement.child(self.namespace, "requiredDecision") else {
                continue;
            };
            match decision
                .attribute("href")
                .and_then(|href| href.split_once('#'))
            {
                Some((_, id)) if !required.iter().any(|known| known == id) => {
                    required.push(id.to_string())
                }
                Some(_) => {}
                None => self.error(
                    decision,
                    "the requirement does not say which decision it means",
                    "draw the arrow again",
                ),
            }
        }
        required
    }

    /// Ids are unique, requirements exist, none leads back to itself; the results of required decisions are no variables.
    fn check_graph(&mut self, root: &'d Element, decisions: &mut [Decision]) {
        let mut ids = BTreeSet::new();
        let elements = || root.children_named(self.namespace, "decision");
        let mut found = Vec::new();
        for element in elements() {
            let id = element.attribute("id").unwrap_or_default();
            if !id.is_empty() && !ids.insert(id) {
                found.push((
                    element,
                    format!("there are two decisions with the id \"{id}\""),
                    "give one of them another id",
                ));
            }
        }
        for decision in &*decisions {
            let element = elements().find(|element| element.attribute("id") == Some(&decision.id));
            for required in &decision.required {
                if let (false, Some(element)) = (ids.contains(required.as_str()), element) {
                    let message = format!(
                        "\"{}\" requires the decision \"{required}\", which is not in this file",
                        decision.name
                    );
                    found.push((
                        element,
                        message,
                        "put it into the file, or take the requirement away",
                    ));
                }
            }
            if let (true, Some(element)) = (requires_itself(decision, decisions), element) {
                let message = format!(
                    "\"{}\" requires itself through its requirements",
                    decision.name
                );
                found.push((element, message, "take one requirement of the circle away"));
            }
        }
        for (element, message, way_out) in found {
            self.error(element, message, way_out);
        }
        let results: Vec<BTreeSet<String>> = decisions
            .iter()
            .map(|decision| {
                let required = decisions
                    .iter()
                    .filter(|other| decision.required.contains(&other.id));
                required
                    .flat_map(Decision::names)
                    .map(str::to_string)
                    .collect()
            })
            .collect();
        for (decision, results) in decisions.iter_mut().zip(results) {
            decision.reads.retain(|name| !results.contains(name));
        }
    }

    /// The text of a child `<text>`, if it says something.
    fn text(&self, element: &'d Element) -> Option<&'d Element> {
        element
            .child(self.namespace, "text")
            .filter(|text| !text.text().trim().is_empty())
    }

    /// A problem of a FEEL text, at its place in the file.
    fn feel_problem(
        &mut self,
        text: &'d Element,
        owner: &Element,
        place: &str,
        problem: &feel::Problem,
    ) {
        let position = self
            .document
            .position_in_text(text, problem.position.offset as usize);
        let problem = Problem::error(
            position,
            format!("{place}: {}", problem.message),
            "correct the FEEL expression",
        );
        self.problems.push(about(owner, problem));
    }

    fn expression(
        &mut self,
        text: &'d Element,
        owner: &Element,
        place: &str,
    ) -> Option<Expression> {
        match Expression::compile_knowing(text.text(), &self.names) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                self.feel_problem(text, owner, place, &problem);
                None
            }
        }
    }

    fn refuse(&mut self, element: &Element, what: &str, way_out: &str) {
        let name = element
            .attribute("name")
            .map(|name| format!(" \"{name}\""))
            .unwrap_or_default();
        self.error(
            element,
            format!("{what}{name} is not executed yet"),
            way_out,
        );
    }

    fn error(&mut self, element: &Element, message: impl Into<String>, way_out: &str) {
        self.problems.push(about(
            element,
            Problem::error(element.position, message, way_out),
        ));
    }
}

fn about(element: &Element, problem: Problem) -> Problem {
    match element.attribute("id") {
        Some(id) => problem.about(id),
        None => problem,
    }
}

fn requires_itself(decision: &Decision, decisions: &[Decision]) -> bool {
    let mut open: Vec<&str> = decision.required.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if id == decision.id {
            return true;
        }
        if seen.insert(id) {
            let required = decisions
                .iter()
                .filter(|other| other.id == id)
                .flat_map(|other| &other.required);
            open.extend(required.map(String::as_str));
        }
    }
    false
}

/// Whether an element says that its text is FEEL, or says nothing.
fn is_feel(element: &Element) -> bool {
    element
        .attribute("expressionLanguage")
        .is_none_or(|language| language.is_empty() || language.to_lowercase().contains("feel"))
}
