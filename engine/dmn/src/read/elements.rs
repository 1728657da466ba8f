//! The elements of the requirements graph: decisions, inputs, business knowledge, services.

use super::model::Model;
use super::names;
use crate::function::Definition;
use crate::graph::{self, Graph, Index, Names, Part, Requirement, Service};
use feel::Type;
use std::collections::BTreeSet;
use std::sync::Arc;
use xml::Element;

/// Gives every element of a model its place in the graph.
pub(super) fn declare(model: &mut Model<'_>, graph: &mut Graph) {
    let start = graph.elements.len();
    let said = |name| model.root.attribute(name).filter(|text| !text.is_empty());
    let id = said("id").unwrap_or(&model.namespace);
    let called = Arc::new(Names {
        namespace: model.namespace.clone(),
        id: id.to_owned(),
        name: said("name").unwrap_or(id).to_owned(),
    });
    for child in &model.root.children {
        if child.namespace != model.root.namespace {
            continue;
        }
        let part = match &*child.name {
            "decision" => Part::Decision(None),
            "inputData" => Part::Input,
            "businessKnowledgeModel" => Part::Knowledge(None),
            "decisionService" => Part::Service(Service::default()),
            // Types and imports are read elsewhere; the rest is documentation, or what only the diagram needs.
            _ => continue,
        };
        let id = child.attribute("id").unwrap_or_default().to_string();
        let name = child.attribute("name").unwrap_or(&id).to_string();
        if id.is_empty() && matches!(part, Part::Decision(_)) {
            let message = format!("the decision \"{name}\" has no id");
            model.error(child, message, "give it an id; processes call it by that");
        }
        let variable = model.child(child, "variable");
        let variable = variable.and_then(|variable| variable.attribute("name"));
        graph.elements.push(graph::Element {
            model: called.clone(),
            variable: variable
                .filter(|variable| *variable != name)
                .map(str::to_string),
            id,
            name,
            kind: Type::Any,
            part,
            required: Vec::new(),
            reads: Vec::new(),
        });
        model.sources.push(child);
    }
    model.elements = start..graph.elements.len();
}

/// Reads types, requirements and logic of the elements of a model.
pub(super) fn read(model: &mut Model<'_>, graph: &mut Graph) {
    let known = model.vocabulary.clone();
    for (index, source) in model.elements.clone().zip(model.sources.clone()) {
        names::inside(source, &mut model.vocabulary);
        let kind = match model.child(source, "variable") {
            Some(variable) => model.type_of(variable, "typeRef"),
            None => Type::Any,
        };
        let required = model.requirements(source, graph);
        let element = &graph.elements[index];
        let (name, mut reads) = (element.name.clone(), BTreeSet::new());
        let part = match &element.part {
            Part::Input => Part::Input,
            Part::Decision(_) => {
                let logic = model.decision_logic(source, &name);
                if let Some(logic) = &logic {
                    logic.reads(&mut Vec::new(), &mut reads);
                }
                Part::Decision(logic)
            }
            Part::Knowledge(_) => Part::Knowledge(model.knowledge(source, &name).map(Arc::new)),
            Part::Service(_) => Part::Service(model.service(source, graph)),
        };
        let element = &mut graph.elements[index];
        element.kind = match (kind, &part) {
            // A variable of a function may be typed as the function; what counts is what comes out.
            (Type::Function(_, result), Part::Knowledge(_) | Part::Service(_)) => (*result).clone(),
            (kind, _) => kind,
        };
        element.part = part;
        element.required = required;
        element.reads = reads.into_iter().collect();
        model.vocabulary = known.clone();
    }
    // Parameters have the types of what they stand for, which are known only now.
    for index in model.elements.clone() {
        if let Part::Service(service) = &graph.elements[index].part {
            let parameters = service.given.iter().map(|given| {
                let given = &graph.elements[*given];
                (given.visible_name().into(), given.kind.clone())
            });
            let parameters = parameters.collect();
            if let Part::Service(service) = &mut graph.elements[index].part {
                service.parameters = parameters;
            }
        }
    }
}

impl<'d> Model<'d> {
    fn requirements(&mut self, source: &'d Element, graph: &Graph) -> Vec<Requirement> {
        let mut required: Vec<Requirement> = Vec::new();
        for (requirement, targets) in [
            (
                "informationRequirement",
                ["requiredDecision", "requiredInput"],
            ),
            ("knowledgeRequirement", ["requiredKnowledge", ""]),
        ] {
            for element in self.children_of(source, requirement) {
                let target = targets.iter().find_map(|name| self.child(element, name));
                let Some(target) = target else { continue };
                let Some((index, import)) = self.referred(target, source, graph) else {
                    continue;
                };
                if required.iter().all(|known| known.element != index) {
                    let element = index;
                    required.push(Requirement { element, import });
                }
            }
        }
        // What is encapsulated in business knowledge of old models requires knowledge by itself.
        required
    }

    /// The element that an `href` means, and the name of the import that it comes through.
    fn referred(
        &mut self,
        reference: &'d Element,
        owner: &'d Element,
        graph: &Graph,
    ) -> Option<(Index, Option<Arc<str>>)> {
        let href = reference.attribute("href").unwrap_or_default();
        let Some((namespace, id)) = href.rsplit_once('#') else {
            let message = "the requirement does not say which element it means";
            self.error(reference, message, "draw the arrow again");
            return None;
        };
        let own = namespace.is_empty() || *namespace == *self.namespace;
        let namespace = if own { &*self.namespace } else { namespace };
        let found = match own {
            true => self
                .elements
                .clone()
                .find(|index| graph.elements[*index].id == id),
            false => graph
                .elements
                .iter()
                .position(|element| *element.model.namespace == *namespace && element.id == id),
        };
        let import = self
            .imports
            .iter()
            .find(|import| import.namespace == namespace);
        let import = import.map(|import| import.name.clone());
        if found.is_none() && (own || self.is_read(namespace)) {
            let what = match &*reference.name {
                "requiredDecision"
                | "inputDecision"
                | "outputDecision"
                | "encapsulatedDecision" => "decision",
                "requiredInput" | "inputData" => "input",
                _ => "knowledge",
            };
            let name = owner.attribute("name").unwrap_or_default();
            let message =
                format!("\"{name}\" requires the {what} \"{id}\", which is not in this file");
            let way_out = "put it into the file, or take the requirement away";
            self.error(owner, message, way_out);
        }
        let import = import.filter(|name| !own && !name.is_empty());
        found.map(|index| (index, import))
    }

    /// Whether the import of that namespace is there; if not, that has been said.
    fn is_read(&self, namespace: &str) -> bool {
        let mut imports = self.imports.iter();
        imports.any(|import| import.namespace == namespace && import.model.is_some())
    }

    fn knowledge(&mut self, source: &'d Element, name: &str) -> Option<Definition> {
        let Some(logic) = self.child(source, "encapsulatedLogic") else {
            let message = format!("the business knowledge model \"{name}\" has no logic");
            self.error(source, message, "give it an expression");
            return None;
        };
        self.definition(logic, source, &format!("the logic of \"{name}\""), 0)
    }

    fn service(&mut self, source: &'d Element, graph: &Graph) -> Service {
        let mut service = Service::default();
        for name in ["inputData", "inputDecision"] {
            for reference in self.children_of(source, name) {
                let given = self.referred(reference, source, graph);
                service.given.extend(given.map(|(index, _)| index));
            }
        }
        for reference in self.children_of(source, "outputDecision") {
            let output = self.referred(reference, source, graph);
            service.outputs.extend(output.map(|(index, _)| index));
        }
        if service.outputs.is_empty() {
            let name = source.attribute("name").unwrap_or_default();
            let message = format!("the decision service \"{name}\" answers nothing");
            self.error(source, message, "draw an output decision into it");
        }
        service
    }
}
