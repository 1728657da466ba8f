//! Looks whether what models name is there: forms, decisions, called processes, in the version that is meant.
//!
//! What is missing may be deployed later, so these are warnings; but without its calendar a process would count wrong days, and of two
//! calendars for one team nobody knows which counts, so these are errors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bpmn::elements::{Binding, BusinessRuleTask, Element};
use bpmn::{Catalog, FlowNode, Key, ProcessDefinition, Text};
use calendar::Calendar;
use store::DefinitionKind;
use xml::{Position, Problem, Severity};

use super::prepare::{Contents, Prepared};

/// Adds a problem for each name that neither the files nor the catalog know.
pub(super) fn check(catalog: &Catalog, prepared: &mut [Prepared]) {
    let mut known = Known {
        catalog,
        files: BTreeMap::new(),
    };
    for file in prepared.iter() {
        for defined in &file.report.definitions {
            let id = (defined.kind, defined.id.clone());
            let tags = known.files.entry(id).or_default();
            tags.extend(file.contents.version_tag(&defined.id));
        }
    }
    for file in prepared.iter_mut() {
        let Contents::Processes(processes) = &file.contents else {
            continue;
        };
        let missing = processes
            .iter()
            .flat_map(|process| known.missing_in(process))
            .collect::<Vec<_>>();
        file.report.report.problems.extend(missing);
    }
    calendars(catalog, prepared);
}

/// Two calendars cannot both be that of one team, process or organisation.
fn calendars(catalog: &Catalog, prepared: &mut [Prepared]) {
    let mut known: BTreeMap<String, Arc<Calendar>> = catalog
        .calendars()
        .map(|deployed| (deployed.calendar.id().to_owned(), deployed.calendar.clone()))
        .collect();
    for file in prepared.iter() {
        if let Contents::Calendar(calendar) = &file.contents {
            known.insert(calendar.id().to_owned(), calendar.clone());
        }
    }
    for file in prepared {
        let Contents::Calendar(calendar) = &file.contents else {
            continue;
        };
        let others = known.values().filter(|other| other.id() != calendar.id());
        let shared = others.flat_map(|other| {
            let (ours, theirs) = (calendar.used(), other.used());
            let organisation =
                (ours.organisation && theirs.organisation).then(|| "the organisation".to_owned());
            let teams = ours.teams.intersection(&theirs.teams);
            let processes = ours.processes.intersection(&theirs.processes);
            organisation
                .into_iter()
                .chain(teams.map(|team| format!("the team \"{team}\"")))
                .chain(processes.map(|id| format!("the process \"{id}\"")))
                .map(|who| (who, other.id().to_owned()))
                .collect::<Vec<_>>()
        });
        let problems: Vec<Problem> = shared
            .map(|(who, other)| {
                let message = format!("The calendar \"{other}\" is that of {who} already");
                let way_out = "take it out of \"for\" in one of them, and deploy both together";
                Problem::error(Position::START, message, way_out)
            })
            .collect();
        file.report.report.problems.extend(problems);
    }
}

/// What can be referred to.
struct Known<'a> {
    catalog: &'a Catalog,
    /// What the files define, with the version tags of each.
    files: BTreeMap<(DefinitionKind, String), BTreeSet<String>>,
}

/// What an element names.
struct Reference<'a> {
    kind: DefinitionKind,
    id: &'a Text,
    binding: &'a Binding,
}

impl Known<'_> {
    fn missing_in(&self, process: &ProcessDefinition) -> Vec<Problem> {
        let nodes = process.nodes().iter();
        let missing = nodes.filter_map(|node| self.missing_at(node));
        missing.chain(self.missing_calendar(process)).collect()
    }

    fn missing_calendar(&self, process: &ProcessDefinition) -> Option<Problem> {
        let id = process.calendar()?;
        let kind = DefinitionKind::Calendar;
        if self.files.contains_key(&(kind, id.to_owned()))
            || self.is_deployed(kind, id, &Binding::Latest)
        {
            return None;
        }
        let message = format!(
            "\"{}\" names the calendar \"{id}\", which is not deployed",
            process.name()
        );
        let way_out = "deploy the .calendar file first, or together with the model";
        Some(Problem::error(process.position(), message, way_out).about(process.id()))
    }

    /// Nothing where the name is computed: then only the instance knows.
    fn missing_at(&self, node: &FlowNode) -> Option<Problem> {
        let Reference { kind, id, binding } = reference(node.element())?;
        let id = id.literal()?;
        let label = node.label();
        let (what, way_out) = words(kind);
        let named = format!("\"{label}\" names the {what} \"{id}\"");
        let tags = self.files.get(&(kind, id.to_owned()));
        let is_deployed = self.is_deployed(kind, id, &Binding::Latest);
        let problem = match binding {
            _ if tags.is_none() && !is_deployed => Problem::warning(
                node.position(),
                format!("{named}, which is not deployed"),
                way_out,
            ),
            Binding::Latest => return None,
            Binding::Deployment if tags.is_some() => return None,
            Binding::Deployment => {
                let message = format!(
                    "{named} of its own deployment, and no file has it: its latest version is used, also when a newer one comes"
                );
                let way_out = "deploy the two together, if that is not meant";
                Problem {
                    severity: Severity::Hint,
                    ..Problem::warning(node.position(), message, way_out)
                }
            }
            Binding::VersionTag(tag) => {
                let is_in_files = tags.is_some_and(|tags| tags.contains(tag));
                if is_in_files || self.is_deployed(kind, id, binding) {
                    return None;
                }
                let message =
                    format!("{named} with the version tag \"{tag}\", which no version of it has");
                let way_out = "deploy the version with this tag before a case reaches this step, or correct the tag";
                Problem::warning(node.position(), message, way_out)
            }
        };
        Some(problem.about(node.id()))
    }

    fn is_deployed(&self, kind: DefinitionKind, id: &str, binding: &Binding) -> bool {
        // The deployment of the model is to come; it is looked for among the files.
        let own = Key(0);
        match kind {
            DefinitionKind::Process => self.catalog.bound_process(id, binding, own).is_some(),
            DefinitionKind::Decision => self.catalog.bound_decision(id, binding, own).is_some(),
            DefinitionKind::Form => self.catalog.bound_form(id, binding, own).is_some(),
            DefinitionKind::Calendar => self.catalog.latest_calendar(id).is_some(),
        }
    }
}

/// What a kind is called, and the way out where it is missing.
fn words(kind: DefinitionKind) -> (&'static str, &'static str) {
    match kind {
        DefinitionKind::Form => (
            "form",
            "deploy the .form file, or the task is shown without a form",
        ),
        DefinitionKind::Decision => (
            "decision",
            "deploy the .dmn file before a case reaches this step, or the step stops with an incident",
        ),
        // Flow nodes name none; processes do.
        DefinitionKind::Calendar => ("calendar", "deploy the .calendar file"),
        DefinitionKind::Process => (
            "process",
            "deploy the .bpmn file before a case reaches this step, or the step stops with an incident",
        ),
    }
}

/// What an element names.
fn reference(element: &Element) -> Option<Reference<'_>> {
    let named = if let Element::BusinessRuleTask(BusinessRuleTask::Decision {
        id, binding, ..
    }) = element
    {
        (DefinitionKind::Decision, id, binding)
    } else if let Element::CallActivity(call) = element {
        (DefinitionKind::Process, &call.process_id, &call.binding)
    } else {
        let form = element.form()?;
        (DefinitionKind::Form, &form.id, &form.binding)
    };
    let (kind, id, binding) = named;
    Some(Reference { kind, id, binding })
}
