//! DMN 1.1 to 1.5 files to decisions. What is not executed is refused by name; nothing is dropped in silence.

mod boxed;
mod elements;
mod graph;
mod head;
mod model;
mod names;
mod table;
mod types;

pub use head::{Head, Import, head};

use crate::Decision;
use crate::graph::{Graph, Part};
use model::Model;
use std::sync::Arc;
use xml::Problem;

/// Everything that was found in a DMN file.
#[derive(Debug, Default)]
pub struct Reading {
    /// The `id` of the definitions.
    pub id: String,
    /// The `name` of the definitions.
    pub name: String,
    /// The `namespace` of the definitions, by which other files import them.
    pub namespace: String,
    /// The decisions and decision services of the file, in its order. They can be evaluated if no problem is an error.
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

/// Reads a DMN file that imports no other and finds all that is wrong with it.
pub fn read(xml: &str) -> Reading {
    read_all(&[xml]).remove(0)
}

/// Reads DMN files that may import each other. The readings are in the order of the files.
pub fn read_all(files: &[&str]) -> Vec<Reading> {
    let documents: Vec<Result<xml::Document, Problem>> =
        files.iter().map(|file| model::parsed(file)).collect();
    let mut models: Vec<Model<'_>> = documents
        .iter()
        .enumerate()
        .filter_map(|(file, document)| Some(Model::new(file, document.as_ref().ok()?)))
        .collect();
    let graph = Arc::new(graph_of(&mut models));
    let mut readings: Vec<Reading> = documents
        .iter()
        .map(|document| Reading {
            problems: document.as_ref().err().cloned().into_iter().collect(),
            ..Reading::default()
        })
        .collect();
    for model in models {
        let text = |name| model.root.attribute(name).unwrap_or_default().to_string();
        let decisions = model.elements.clone().filter(|index| {
            let part = &graph.elements[*index].part;
            matches!(part, Part::Decision(_) | Part::Service(_))
        });
        readings[model.file] = Reading {
            id: text("id"),
            name: text("name"),
            namespace: text("namespace"),
            decisions: decisions
                .map(|index| {
                    let source = model.sources[index - model.elements.start];
                    let tag = head::version_tag(source);
                    Arc::new(Decision::new(&graph, index, tag))
                })
                .collect(),
            problems: model.problems,
        };
    }
    readings
}

/// First all elements get their places, then types and logic are read, imported models first, and last the whole is checked.
fn graph_of(models: &mut [Model<'_>]) -> Graph {
    let mut graph = Graph::default();
    for model in &mut *models {
        elements::declare(model, &mut graph);
    }
    for at in model::imports_first(models) {
        types::read(models, at);
        names::declare(models, at, &graph);
        elements::read(&mut models[at], &mut graph);
    }
    for model in models {
        graph::check(model, &mut graph);
    }
    graph
}
