//! `POST /v2/deployments`: all files, or none. Both answers carry the deployment report.

use crate::access::ANY;
use crate::access::words::{CREATE, RESOURCE};
use crate::error::Error;
use crate::report::{File, Report};
use crate::rest::auth::Caller;
use crate::rest::{TENANT, decisions};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Multipart, State};
use bpmn::Key;
use runtime::{Act, DeployedDefinition, Outcome, Request};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::DefinitionKind;
use xml::Severity;

pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    mut multipart: Multipart,
) -> Result<Json<Value>, Error> {
    caller.rights().need(RESOURCE, CREATE, ANY)?;
    let broken =
        |problem: axum::extract::multipart::MultipartError| Error::Invalid(problem.body_text());
    let mut files = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        if field.name() == Some("resources") {
            let name = field.file_name().unwrap_or_default().to_owned();
            files.push(File::new(
                &name,
                field.bytes().await.map_err(broken)?.into(),
            ));
        }
    }
    if files.is_empty() {
        return Err(Error::Invalid(
            "There is no part with the name resources.".into(),
        ));
    }
    let report = Report::beside(&state.runtime, files).await?;
    if !report.is_deployable() {
        return Err(Error::Undeployable {
            errors: errors(&report),
            report: report.json(),
        });
    }
    let told = report.json();
    let act = Act::Deploy {
        resources: report.resources,
    };
    let answer = state.runtime.submit(Request::by(&caller).act(act)).await?;
    let mut deployments = Vec::new();
    let mut key = Value::Null;
    for outcome in answer.outcomes {
        if let Outcome::Deployed(deployed) = outcome {
            key = deployed
                .deployment
                .map_or("0".into(), |key| key.to_string())
                .into();
            let decisions = deployed.definitions.iter();
            let decisions = decisions.filter(|one| one.kind == DefinitionKind::Decision);
            let decisions = decisions.map(|decision| decision.key).collect();
            let told = decisions::told(&state, &decisions).await?;
            deployments.extend(deployed.definitions.iter().map(|one| item(one, &told)));
            deployments.extend(requirements(&deployed.definitions, &told));
        }
    }
    Ok(Json(json!({
        "deploymentKey": key, "tenantId": TENANT, "deployments": deployments, "report": told,
    })))
}

/// The errors as lines: `file:line:column: message; way out`.
fn errors(report: &Report) -> String {
    let errors = report.files.iter().flat_map(|file| {
        file.problems
            .iter()
            .map(move |problem| (&file.name, problem))
    });
    let errors = errors.filter(|(_, problem)| problem.severity == Severity::Error);
    let lines = errors.map(|(name, problem)| {
        format!(
            "{name}:{}:{}: {}; {}",
            problem.line, problem.column, problem.message, problem.way_out
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The files of the decisions, each once.
fn requirements(definitions: &[DeployedDefinition], told: &BTreeMap<Key, Value>) -> Vec<Value> {
    let mut files: BTreeMap<String, Value> = BTreeMap::new();
    for one in definitions {
        if let Some(decision) = told.get(&one.key) {
            let file = decision["decisionRequirementsKey"].to_string();
            files.entry(file).or_insert_with(|| {
                let mut item = empty();
                item["decisionRequirements"] = json!({
                    "decisionRequirementsId": decision["decisionRequirementsId"],
                    "decisionRequirementsName": decision["decisionRequirementsName"],
                    "version": decision["decisionRequirementsVersion"], "resourceName": one.resource,
                    "tenantId": TENANT, "decisionRequirementsKey": decision["decisionRequirementsKey"],
                });
                item
            });
        }
    }
    files.into_values().collect()
}

fn empty() -> Value {
    json!({
        "processDefinition": null, "decisionDefinition": null, "decisionRequirements": null, "form": null,
        "resource": null,
    })
}

fn item(one: &DeployedDefinition, decisions: &BTreeMap<Key, Value>) -> Value {
    let (id, version, key) = (&one.id, one.version, one.key.to_string());
    let mut item = empty();
    match one.kind {
        DefinitionKind::Process => {
            item["processDefinition"] = json!({
                "processDefinitionId": id, "processDefinitionVersion": version, "resourceName": one.resource,
                "tenantId": TENANT, "processDefinitionKey": key,
            })
        }
        DefinitionKind::Decision => {
            let told = decisions.get(&one.key).unwrap_or(&Value::Null);
            item["decisionDefinition"] = json!({
                "decisionDefinitionId": id, "version": version, "name": told["name"], "tenantId": TENANT,
                "decisionRequirementsId": told["decisionRequirementsId"], "decisionDefinitionKey": key,
                "decisionRequirementsKey": told["decisionRequirementsKey"],
            })
        }
        DefinitionKind::Calendar => {
            item["calendar"] = json!({
                "calendarId": id, "version": version, "resourceName": one.resource, "tenantId": TENANT,
                "calendarKey": key,
            })
        }
        DefinitionKind::Form => {
            item["form"] = json!({
                "formId": id, "version": version, "resourceName": one.resource, "tenantId": TENANT, "formKey": key,
            })
        }
    }
    item
}
