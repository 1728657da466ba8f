//! Gives keys and versions to the files of a deployment.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::{Definition, DefinitionKind, Deployment, StoredResource};
use xml::{Position, Problem};

use super::attempt::Attempt;
use crate::deploy::{Contents, LatestVersion, Prepared, with_contents};
use crate::starts::Starts;
use crate::{Defined, Deployed, DeployedDefinition, Result};

impl Attempt<'_> {
    /// Deploys files that were found deployable. A file whose definitions are all as they were before is left alone.
    pub(super) async fn deploy(&mut self, files: Vec<Prepared>) -> Result<Deployed> {
        let mut deployed = Deployed {
            deployment: None,
            definitions: Vec::new(),
            reports: Vec::new(),
        };
        let imported = imported(&files);
        let is_news = files
            .iter()
            .any(|file| self.is_unchanged(file, &imported).is_none());
        for mut file in files {
            // What means others of its own deployment is new with them.
            let unchanged = self.is_unchanged(&file, &imported);
            match unchanged.filter(|_| !(is_news && uses_its_deployment(&file.contents))) {
                Some(definitions) => deployed.definitions.extend(definitions),
                None => {
                    let problems = self.deploy_file(&file, &mut deployed).await?;
                    let way_out = "write it without variables: they begin with the instance";
                    let warnings = problems
                        .into_iter()
                        .map(|problem| Problem::warning(Position::START, problem, way_out));
                    file.report.report.problems.extend(warnings);
                }
            }
            deployed.reports.push(file.report);
        }
        if deployed.deployment.is_some() {
            let starts = Starts::of(&self.draft.catalog, self.work.now);
            self.draft.starts = Arc::new(starts);
        }
        Ok(deployed)
    }

    fn is_unchanged(
        &self,
        file: &Prepared,
        imported: &BTreeSet<String>,
    ) -> Option<Vec<DeployedDefinition>> {
        if let Contents::Decisions(model) = &file.contents
            && (model.decisions.is_empty() || imported.contains(&model.namespace))
        {
            let latest = self.draft.catalog.decision_model(&model.namespace, None);
            latest.filter(|latest| *latest.text == *file.text)?;
        }
        let definitions = file.report.definitions.iter();
        definitions
            .map(|defined| self.unchanged(file, defined))
            .collect()
    }

    /// The latest version of a definition, withdrawn or not.
    pub(super) fn latest(&self, kind: DefinitionKind, id: &str) -> Option<&LatestVersion> {
        let id = (kind, id.to_owned());
        let drafted = self.draft.latest.get(&id);
        drafted.or_else(|| self.work.latest.get(&id))
    }

    fn unchanged(&self, file: &Prepared, defined: &Defined) -> Option<DeployedDefinition> {
        let latest = self
            .latest(defined.kind, &defined.id)
            .filter(|latest| latest.sha256 == Some(file.sha256))?;
        Some(outcome(file, defined, latest, false))
    }

    /// Gives sentences about what cannot start the new versions by itself.
    async fn deploy_file(
        &mut self,
        file: &Prepared,
        deployed: &mut Deployed,
    ) -> Result<Vec<String>> {
        let (at, actor) = (self.work.now, self.who.actor.clone());
        let deployment = match deployed.deployment {
            Some(key) => key,
            None => {
                let key = self.next_key().await?;
                self.draft
                    .changes
                    .deployments
                    .push(Deployment { key, at, actor });
                deployed.deployment = Some(key);
                key
            }
        };
        let resource = self.next_key().await?;
        self.draft.changes.resources.push(StoredResource {
            key: resource,
            deployment,
            name: file.report.name.clone(),
            sha256: file.sha256,
            text: file.text.clone(),
        });
        if let Contents::Calendar(calendar) = &file.contents {
            let catalog = self.draft.catalog.clone();
            let before = catalog.latest_calendar(calendar.id());
            self.recompute_for(before.map(|before| &*before.calendar), calendar)
                .await?;
        }
        let mut processes = Vec::new();
        for defined in &file.report.definitions {
            let before = self.draft.catalog.latest(&defined.id);
            let before = before.map(|before| before.key);
            let version = self.latest(defined.kind, &defined.id);
            let version = version.map_or(1, |latest| latest.version + 1);
            let latest = LatestVersion {
                key: self.next_key().await?,
                version,
                sha256: Some(file.sha256),
            };
            self.draft.changes.definitions.push(Definition {
                key: latest.key,
                kind: defined.kind,
                id: defined.id.clone(),
                version,
                name: defined.name.clone(),
                version_tag: file.contents.version_tag(&defined.id),
                resource,
                deployed_at: at,
                withdrawn_at: None,
            });
            deployed
                .definitions
                .push(outcome(file, defined, &latest, true));
            if defined.kind == DefinitionKind::Process {
                processes.push((before, latest.key));
            }
            self.draft
                .latest
                .insert((defined.kind, defined.id.clone()), latest);
        }
        let catalog = with_contents(
            (*self.draft.catalog).clone(),
            &file.contents,
            &file.text,
            deployment,
            |id| {
                let found =
                    self.draft.latest.iter().find(|((_, other), latest)| {
                        other == id && latest.sha256 == Some(file.sha256)
                    });
                found.map(|(_, latest)| (latest.key, latest.version))
            },
        );
        let catalog = match &file.contents {
            Contents::Decisions(model) => catalog.with_decision_model(bpmn::DecisionModel {
                namespace: model.namespace.clone(),
                deployment,
                text: file.text.as_str().into(),
            }),
            Contents::Processes(_)
            | Contents::Form { .. }
            | Contents::Calendar(_)
            | Contents::Unreadable => catalog,
        };
        self.draft.catalog = Arc::new(catalog);
        let mut problems = Vec::new();
        for (before, definition) in processes {
            if let Some(before) = before {
                self.unschedule(before).await?;
            }
            problems.extend(self.schedule(definition).await?);
        }
        Ok(problems)
    }
}

/// The namespaces of all that DMN files import.
fn imported(files: &[Prepared]) -> BTreeSet<String> {
    let imports = files.iter().flat_map(|file| match &file.contents {
        Contents::Decisions(model) => model.imports.clone(),
        Contents::Processes(_)
        | Contents::Form { .. }
        | Contents::Calendar(_)
        | Contents::Unreadable => Vec::new(),
    });
    imports.collect()
}

fn uses_its_deployment(contents: &Contents) -> bool {
    match contents {
        Contents::Processes(processes) => processes
            .iter()
            .any(|process| process.uses_its_deployment()),
        Contents::Decisions(model) => !model.imports.is_empty(),
        Contents::Form { .. } | Contents::Calendar(_) | Contents::Unreadable => false,
    }
}

fn outcome(
    file: &Prepared,
    defined: &Defined,
    latest: &LatestVersion,
    is_new: bool,
) -> DeployedDefinition {
    DeployedDefinition {
        key: latest.key,
        kind: defined.kind,
        id: defined.id.clone(),
        name: defined.name.clone(),
        version: latest.version,
        resource: file.report.name.clone(),
        is_new,
    }
}
