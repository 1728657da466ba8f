//! Deployment for the core alone: definitions get keys and versions, and nothing is stored.

use std::iter;
use std::sync::Arc;

use bpmn::{Deployed, DeployedCalendar, DeployedDecision, FormResource, Key};
use processes::Calendar;

use super::Core;

impl Core {
    /// Deploys files, given as names and texts, in one deployment.
    pub(super) fn deploy_files(&mut self, resources: &[(String, String)]) -> Result<(), String> {
        let deployment = self.next_deployed();
        for (name, text) in resources {
            if name.ends_with(".bpmn") {
                self.deploy_model(name, text, deployment)?;
            } else if name.ends_with(".dmn") {
                let others = resources
                    .iter()
                    .filter(|(other, _)| other.ends_with(".dmn") && other != name);
                let others: Vec<&str> = others.map(|(_, text)| text.as_str()).collect();
                self.deploy_decisions(name, text, &others, deployment)?;
            } else if name.ends_with(".calendar") || name.ends_with(".ics") {
                self.add_calendar(name, text)?;
            } else {
                self.deploy_form(name, text, deployment)?;
            }
        }
        Ok(())
    }

    fn deploy_model(&mut self, name: &str, text: &str, deployment: Key) -> Result<(), String> {
        let reading = bpmn::read_deployed(text);
        refused(name, &reading.report.problems)?;
        for process in reading.processes {
            let latest = self.catalog.latest(process.id());
            let deployed = Deployed {
                version: latest.map_or(0, |latest| latest.version) + 1,
                key: self.next_deployed(),
                deployment,
                definition: process,
            };
            self.catalog = self.catalog.clone().with_deployed(deployed);
        }
        Ok(())
    }

    /// `others` are the files that it may import.
    fn deploy_decisions(
        &mut self,
        name: &str,
        text: &str,
        others: &[&str],
        deployment: Key,
    ) -> Result<(), String> {
        let imports = dmn::head(text).is_some_and(|head| !head.imports.is_empty());
        let others = others.iter().copied().filter(|_| imports);
        let files: Vec<&str> = iter::once(text).chain(others).collect();
        let reading = dmn::read_all(&files).remove(0);
        refused(name, &reading.problems)?;
        for decision in reading.decisions {
            let key = self.next_deployed();
            let deployed = DeployedDecision {
                key,
                // Versions only need to grow.
                version: u32::try_from(key.0).map_err(|error| error.to_string())?,
                deployment,
                decision,
            };
            self.catalog = self.catalog.clone().with_deployed_decision(deployed);
        }
        Ok(())
    }

    fn add_calendar(&mut self, name: &str, text: &str) -> Result<(), String> {
        let calendar = Calendar::read(text).map_err(|problem| format!("{name}: {problem}"))?;
        let latest = self.catalog.latest_calendar(calendar.id());
        let deployed = DeployedCalendar {
            version: latest.map_or(0, |latest| latest.version) + 1,
            key: self.next_deployed(),
            calendar: Arc::new(calendar),
        };
        self.catalog = self.catalog.clone().with_calendar(deployed);
        Ok(())
    }

    fn deploy_form(&mut self, name: &str, text: &str, deployment: Key) -> Result<(), String> {
        let form: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        let id = form["id"].as_str();
        let id = id.ok_or_else(|| format!("{name}: a form has an id"))?;
        let latest = self.catalog.form(id);
        let form = FormResource {
            version: latest.map_or(0, |latest| latest.version) + 1,
            id: id.to_owned(),
            key: self.next_deployed(),
            version_tag: form["versionTag"].as_str().map(str::to_owned),
            deployment,
            text: text.to_owned(),
        };
        self.catalog = self.catalog.clone().with_form(Arc::new(form));
        Ok(())
    }

    fn next_deployed(&mut self) -> Key {
        self.deployed += 1;
        Key::from(self.deployed)
    }
}

/// The errors of a file, one a line.
fn refused(name: &str, problems: &[xml::Problem]) -> Result<(), String> {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == xml::Severity::Error);
    let lines: Vec<String> = errors
        .map(|problem| {
            format!(
                "{name}:{}:{}: {}",
                problem.line, problem.column, problem.message
            )
        })
        .collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(lines.join("\n"))
    }
}
