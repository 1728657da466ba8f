//! Reads and checks files, without looking at the database.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;

use bpmn::{Catalog, ProcessDefinition, Report};
use dmn::Decision;
use sha2::{Digest, Sha256};
use store::{DefinitionKind, Hash};
use xml::{Position, Problem};

use super::imports::{ModelFile, Models};
use super::references;
use crate::limits::{RESOURCE_BYTES_MAX, RESOURCES_MAX};
use crate::{Defined, Error, Resource, ResourceReport, Result};

/// A file that was read.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) text: String,
    pub(crate) sha256: Hash,
    pub(crate) contents: Contents,
    pub(crate) report: ResourceReport,
}

/// What a file defines.
#[derive(Debug, Clone)]
pub(crate) enum Contents {
    Processes(Vec<Arc<ProcessDefinition>>),
    Decisions(Decisions),
    Form {
        id: String,
        version_tag: Option<String>,
    },
    Calendar(Arc<calendar::Calendar>),
    Unreadable,
}

/// What a DMN file defines, and what it shares with others.
#[derive(Debug, Clone)]
pub(crate) struct Decisions {
    pub(crate) decisions: Vec<Arc<Decision>>,
    /// By which others import it.
    pub(crate) namespace: String,
    /// The namespaces that it imports.
    pub(crate) imports: Vec<String>,
}

impl Contents {
    /// The tag that the author of a process, decision or form of this file gave this version of it.
    pub(crate) fn version_tag(&self, id: &str) -> Option<String> {
        let tag = match self {
            Contents::Processes(processes) => {
                let mut processes = processes.iter();
                processes.find(|process| process.id() == id)?.version_tag()
            }
            Contents::Decisions(file) => {
                let mut decisions = file.decisions.iter();
                decisions
                    .find(|decision| decision.id() == id)?
                    .version_tag()
            }
            Contents::Form { version_tag, .. } => version_tag.as_deref(),
            Contents::Calendar(_) | Contents::Unreadable => None,
        };
        tag.map(str::to_owned)
    }
}

/// Reads all files and checks each by itself, then against each other and against what is deployed.
pub(crate) fn prepare(catalog: &Catalog, resources: Vec<Resource>) -> Result<Vec<Prepared>> {
    if resources.len() > RESOURCES_MAX {
        let what = format!("a deployment of {} files", resources.len());
        return Err(Error::Limit {
            what,
            name: "RESOURCES_MAX",
            limit: RESOURCES_MAX,
        });
    }
    let models = Models {
        files: model_files(&resources),
        catalog,
        at: None,
    };
    let read = |resource| read(resource, bpmn::read, &models);
    let mut prepared: Vec<Prepared> = resources.iter().map(read).collect();
    refuse_doubles(&mut prepared);
    references::check(catalog, &mut prepared);
    Ok(prepared)
}

/// The DMN files among the files of a deployment.
fn model_files(resources: &[Resource]) -> Vec<ModelFile<'_>> {
    let models = resources
        .iter()
        .filter(|resource| is_dmn(&resource.name) && resource.text.len() <= RESOURCE_BYTES_MAX);
    models
        .filter_map(|resource| {
            Some(ModelFile {
                name: &resource.name,
                text: &resource.text,
                namespace: dmn::head(&resource.text)?.namespace,
            })
        })
        .collect()
}

fn is_dmn(name: &str) -> bool {
    name.to_lowercase().ends_with(".dmn")
}

/// Reads one file by the ending of its name; a model with `read_model`.
pub(super) fn read(
    resource: &Resource,
    read_model: fn(&str) -> bpmn::Reading,
    models: &Models<'_>,
) -> Prepared {
    let Resource { name, text } = resource.clone();
    let (contents, definitions, report) = if text.len() > RESOURCE_BYTES_MAX {
        let message = format!(
            "The file has {} bytes, and at most {RESOURCE_BYTES_MAX} are read",
            text.len()
        );
        refused(&message, "split the model, or move large texts out of it")
    } else {
        match name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_lowercase())
            .as_deref()
        {
            Some("bpmn") => read_bpmn(read_model(&text)),
            Some("dmn") => read_dmn(&text, models),
            Some("form") => read_form(&text),
            Some("calendar" | "ics") => read_calendar(&text),
            Some(_) | None => refused(
                &format!("\"{name}\" is not a file that can be deployed"),
                "name it *.bpmn for a process, *.dmn for decisions, *.form for a form, *.calendar or *.ics for a calendar",
            ),
        }
    };
    let sha256 = Sha256::digest(text.as_bytes()).into();
    Prepared {
        text,
        sha256,
        contents,
        report: ResourceReport {
            name,
            definitions,
            report,
        },
    }
}

fn read_bpmn(reading: bpmn::Reading) -> (Contents, Vec<Defined>, Report) {
    let defined = |process: &Arc<ProcessDefinition>| Defined {
        kind: DefinitionKind::Process,
        id: process.id().to_owned(),
        name: Some(process.name().to_owned()),
    };
    let definitions = reading.processes.iter().map(defined).collect();
    (
        Contents::Processes(reading.processes),
        definitions,
        reading.report,
    )
}

fn read_dmn(text: &str, models: &Models<'_>) -> (Contents, Vec<Defined>, Report) {
    let head = dmn::head(text);
    let (imported, mut problems) = match &head {
        Some(head) => models.imported_by(head),
        None => (Vec::new(), Vec::new()),
    };
    let files: Vec<&str> = iter::once(text).chain(imported).collect();
    let reading = dmn::read_all(&files).remove(0);
    let defined = |decision: &Arc<Decision>| Defined {
        kind: DefinitionKind::Decision,
        id: decision.id().to_owned(),
        name: Some(decision.name().to_owned()),
    };
    let definitions = reading.decisions.iter().map(defined).collect();
    problems.extend(reading.problems);
    let report = Report {
        problems,
        ..Report::default()
    };
    let imports = head.into_iter().flat_map(|head| head.imports);
    let decisions = Decisions {
        decisions: reading.decisions,
        namespace: reading.namespace,
        imports: imports.map(|import| import.namespace).collect(),
    };
    (Contents::Decisions(decisions), definitions, report)
}

/// A form is opaque here, but for its id.
fn read_form(text: &str) -> (Contents, Vec<Defined>, Report) {
    let form: serde_json::Value = match serde_json::from_str(text) {
        Ok(form) => form,
        Err(error) => {
            let position = Position {
                line: small(error.line()),
                column: small(error.column()),
            };
            let way_out = "upload the .form file that the form editor saves";
            let problem = Problem::error(
                position,
                format!("The form is not valid JSON: {error}"),
                way_out,
            );
            return (
                Contents::Unreadable,
                Vec::new(),
                Report {
                    problems: vec![problem],
                    ..Report::default()
                },
            );
        }
    };
    let Some(id) = form
        .get("id")
        .and_then(|id| id.as_str())
        .filter(|id| !id.is_empty())
    else {
        return refused(
            "The form has no id",
            "give it an \"id\"; user tasks name it with formId",
        );
    };
    let name = form
        .get("title")
        .or_else(|| form.get("name"))
        .and_then(|name| name.as_str())
        .map(str::to_owned);
    let defined = Defined {
        kind: DefinitionKind::Form,
        id: id.to_owned(),
        name,
    };
    (
        Contents::Form {
            id: id.to_owned(),
            version_tag: form["versionTag"].as_str().map(str::to_owned),
        },
        vec![defined],
        Report::default(),
    )
}

fn read_calendar(text: &str) -> (Contents, Vec<Defined>, Report) {
    let reading = calendar::read(text);
    let report = Report {
        problems: reading.problems,
        ..Report::default()
    };
    let Some(calendar) = reading.calendar else {
        return (Contents::Unreadable, Vec::new(), report);
    };
    let defined = vec![Defined {
        kind: DefinitionKind::Calendar,
        id: calendar.id().to_owned(),
        name: Some(calendar.name().to_owned()),
    }];
    (Contents::Calendar(Arc::new(calendar)), defined, report)
}

fn refused(message: &str, way_out: &str) -> (Contents, Vec<Defined>, Report) {
    let problem = Problem::error(Position::START, message.to_owned(), way_out);
    (
        Contents::Unreadable,
        Vec::new(),
        Report {
            problems: vec![problem],
            ..Report::default()
        },
    )
}

/// Two files of one deployment cannot define the same thing: which of them would be the latest?
fn refuse_doubles(prepared: &mut [Prepared]) {
    let mut seen: BTreeMap<(DefinitionKind, String), String> = BTreeMap::new();
    for file in prepared {
        for defined in &file.report.definitions {
            let kind = defined.kind.as_str();
            let id = (defined.kind, defined.id.clone());
            if let Some(other) = seen.get(&id) {
                let message = format!("The {kind} \"{}\" is also defined in {other}", defined.id);
                let way_out = "give one of them another id, or leave one file out";
                file.report
                    .report
                    .problems
                    .push(Problem::error(Position::START, message, way_out));
            } else {
                seen.insert(id, file.report.name.clone());
            }
        }
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
