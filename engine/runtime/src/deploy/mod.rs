//! Deployment: files are read and checked first, then those that are new get versions, all in one request.

mod imports;
mod load;
mod prepare;
mod references;

use std::collections::BTreeMap;

use bpmn::{Catalog, Key};
use store::{DefinitionKind, Hash};

pub(crate) use load::{DATA_STORES, data_stores, load};
pub(crate) use prepare::{Contents, Prepared, prepare};

/// The latest version of each definition, by kind and id.
pub(crate) type Latest = BTreeMap<(DefinitionKind, String), LatestVersion>;

/// The latest version of a definition, withdrawn or not: its number is never given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LatestVersion {
    pub(crate) key: Key,
    pub(crate) version: u32,
    /// The hash of its file, to see that a file is the same as before. `None` where the version is withdrawn: whoever
    /// deploys its file again wants a new one.
    pub(crate) sha256: Option<Hash>,
}

/// The catalog with all definitions of a file of a deployment, under the keys and versions that they have.
pub(crate) fn with_contents(
    mut catalog: Catalog,
    contents: &Contents,
    text: &str,
    deployment: Key,
    numbered: impl Fn(&str) -> Option<(Key, u32)>,
) -> Catalog {
    match contents {
        Contents::Processes(processes) => {
            for process in processes {
                if let Some((key, version)) = numbered(process.id()) {
                    catalog = catalog.with_deployed(bpmn::Deployed {
                        key,
                        version,
                        deployment,
                        definition: process.clone(),
                    });
                }
            }
        }
        Contents::Decisions(file) => {
            for decision in &file.decisions {
                if let Some((key, version)) = numbered(decision.id()) {
                    catalog = catalog.with_deployed_decision(bpmn::DeployedDecision {
                        key,
                        version,
                        deployment,
                        decision: decision.clone(),
                    });
                }
            }
        }
        Contents::Form { id, version_tag } => {
            if let Some((key, version)) = numbered(id) {
                let text = text.to_owned();
                catalog = catalog.with_form(
                    bpmn::FormResource {
                        id: id.clone(),
                        key,
                        version,
                        version_tag: version_tag.clone(),
                        deployment,
                        text,
                    }
                    .into(),
                );
            }
        }
        Contents::Calendar(calendar) => {
            if let Some((key, version)) = numbered(calendar.id()) {
                let calendar = calendar.clone();
                catalog = catalog.with_calendar(bpmn::DeployedCalendar {
                    key,
                    version,
                    calendar,
                });
            }
        }
        Contents::Unreadable => {}
    }
    catalog
}
