//! Looks whether what models name is there: forms, decisions, called processes.
//!
//! What is missing may be deployed later, so these are warnings.

use std::collections::BTreeSet;

use bpmn::elements::{Binding, BusinessRuleTask, Element};
use bpmn::{Catalog, FlowNode, ProcessDefinition};
use store::DefinitionKind;
use xml::Problem;

use super::prepare::{Contents, Prepared};

/// Adds a warning for each name that neither the files nor the catalog know.
pub(super) fn check(catalog: &Catalog, prepared: &mut [Prepared]) {
    let mut known = Known {
        catalog,
        files: BTreeSet::new(),
        tags: BTreeSet::new(),
    };
    for file in prepared.iter() {
        for defined in &file.report.definitions {
            known.files.insert((defined.kind, defined.id.clone()));
        }
        if let Contents::Processes(processes) = &file.contents {
            let tagged = processes.iter().filter_map(|process| {
                Some((process.id().to_owned(), process.version_tag()?.to_owned()))
            });
            known.tags.extend(tagged);
        }
    }
    for file in prepared {
        let Contents::Processes(processes) = &file.contents else {
            continue;
        };
        let missing = processes
            .iter()
            .flat_map(|process| known.missing_in(process))
            .collect::<Vec<_>>();
        file.report.report.problems.extend(missing);
    }
}

/// What can be referred to.
struct Known<'a> {
    catalog: &'a Catalog,
    files: BTreeSet<(DefinitionKind, String)>,
    /// Ids and version tags of the processes among the files.
    tags: BTreeSet<(String, String)>,
}

impl Known<'_> {
    fn missing_in(&self, process: &ProcessDefinition) -> Vec<Problem> {
        let nodes = process.nodes().iter();
        nodes.filter_map(|node| self.missing_at(node)).collect()
    }

    fn missing_at(&self, node: &FlowNode) -> Option<Problem> {
        let (kind, id) = reference(node.element())?;
        if self.files.contains(&(kind, id.to_owned())) || self.is_deployed(kind, id) {
            return self.missing_version(node);
        }
        let label = node.label();
        let (what, way_out) = match kind {
            DefinitionKind::Form => (
                "form",
                "deploy the .form file, or the task is shown without a form",
            ),
            DefinitionKind::Decision => (
                "decision",
                "deploy the .dmn file before a case reaches this step, or the step stops with an incident",
            ),
            DefinitionKind::Process => (
                "process",
                "deploy the .bpmn file before a case reaches this step, or the step stops with an incident",
            ),
        };
        let message = format!("\"{label}\" names the {what} \"{id}\", which is not deployed");
        Some(Problem::warning(node.position(), message, way_out).about(node.id()))
    }

    /// A called process that is there, but not with the tag that is asked for.
    fn missing_version(&self, node: &FlowNode) -> Option<Problem> {
        let Element::CallActivity(call) = node.element() else {
            return None;
        };
        let Binding::VersionTag(tag) = &call.binding else {
            return None;
        };
        let id = call.process_id.literal()?;
        let mut deployed = self.catalog.versions(id);
        if self.tags.contains(&(id.to_owned(), tag.clone()))
            || deployed.any(|deployed| deployed.definition.version_tag() == Some(tag.as_str()))
        {
            return None;
        }
        let message = format!(
            "\"{}\" calls the process \"{id}\" with the version tag \"{tag}\", which no version of it has",
            node.label()
        );
        let way_out =
            "deploy the version with this tag before a case reaches this step, or correct the tag";
        Some(Problem::warning(node.position(), message, way_out).about(node.id()))
    }

    fn is_deployed(&self, kind: DefinitionKind, id: &str) -> bool {
        match kind {
            DefinitionKind::Process => self.catalog.latest(id).is_some(),
            DefinitionKind::Decision => self.catalog.decision(id).is_some(),
            DefinitionKind::Form => self.catalog.form(id).is_some(),
        }
    }
}

/// What an element names, where the name is fixed and not computed.
fn reference(element: &Element) -> Option<(DefinitionKind, &str)> {
    match element {
        Element::StartEvent(start) => Some((DefinitionKind::Form, start.form.as_deref()?)),
        Element::UserTask(task) => Some((DefinitionKind::Form, task.form.as_deref()?)),
        Element::BusinessRuleTask(BusinessRuleTask::Decision { id, .. }) => {
            Some((DefinitionKind::Decision, id.literal()?))
        }
        Element::CallActivity(call) => Some((DefinitionKind::Process, call.process_id.literal()?)),
        Element::IntermediateCatchEvent(_)
        | Element::IntermediateThrowEvent(_)
        | Element::BoundaryEvent(_)
        | Element::EndEvent(_)
        | Element::Task
        | Element::ManualTask
        | Element::ServiceTask(_)
        | Element::SendTask(_)
        | Element::ScriptTask(_)
        | Element::BusinessRuleTask(BusinessRuleTask::Job(_))
        | Element::Subprocess(_)
        | Element::ExclusiveGateway
        | Element::ParallelGateway
        | Element::InclusiveGateway
        | Element::ComplexGateway(_)
        | Element::EventBasedGateway(_)
        | Element::ReceiveTask(_) => None,
    }
}
