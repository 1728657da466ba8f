//! The operations of the JSON API that read and repair what runs: status codes, all required fields, problem documents.

mod definitions;
mod deletions;
mod document;
mod elements;
mod incidents;
mod instances;
mod jobs;
mod migrations;
mod moves;
mod progress;
mod resources;
mod searches;
mod subscriptions;
mod suspensions;
mod tasks;
mod variables;
mod waiting;

use crate::support::{Answer, Site};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A visit with a form at its start and another at its task, then a job that can fail.
const VISIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="visit" name="Home visit" isExecutable="true">
    <bpmn:extensionElements><zeebe:versionTag value="v1"/></bpmn:extensionElements>
    <bpmn:startEvent id="start">
      <bpmn:extensionElements><zeebe:formDefinition formId="referral"/></bpmn:extensionElements>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child">
      <bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="seen"/>
        <zeebe:assignmentDefinition candidateGroups="caseworkers"/>
        <zeebe:ioMapping><zeebe:input source="=child" target="name"/></zeebe:ioMapping></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="tell"/>
    <bpmn:serviceTask id="tell" name="Tell the school">
      <bpmn:extensionElements><zeebe:taskDefinition type="tell" retries="1"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="tell" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// Calls the visit.
const CALLER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="caller" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
    <bpmn:callActivity id="call">
      <bpmn:extensionElements><zeebe:calledElement processId="visit" propagateAllChildVariables="false"/></bpmn:extensionElements>
    </bpmn:callActivity>
    <bpmn:sequenceFlow id="f2" sourceRef="call" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

fn form(id: &str) -> String {
    format!(
        r#"{{"id": "{id}", "type": "default", "schemaVersion": 16, "components": [{{"type": "text", "text": "Hello", "id": "t"}}]}}"#
    )
}

/// An open API with both processes.
async fn site() -> Site {
    let site = Site::open_api().await;
    site.deploy("seen.form", &form("seen")).await;
    site.deploy("referral.form", &form("referral")).await;
    site.deploy("visit.bpmn", VISIT).await;
    site.deploy("caller.bpmn", CALLER).await;
    site
}

/// Starts a visit of a child; the key of the instance.
async fn start(site: &Site, child: &str) -> String {
    let asked = json!({ "processDefinitionId": "visit", "businessId": format!("C-{child}"), "variables": { "child": child } });
    let answer = site.post_json("/v2/process-instances", asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    text(&answer.json()["processInstanceKey"])
}

/// An instance that has called a visit, and the visit.
async fn called_visit(site: &Site) -> (String, String) {
    let asked = json!({ "processDefinitionId": "caller", "variables": { "child": "Amina" } });
    let started = site.post_json("/v2/process-instances", asked).await.json();
    let caller = text(&started["processInstanceKey"]);
    let called = json!({ "filter": { "parentProcessInstanceKey": caller } });
    let called = column(site, "process-instances", called, "processInstanceKey").await;
    (caller, text(&called[0]))
}

/// The only task of an instance.
async fn task_of(site: &Site, instance: &str) -> Value {
    let found = search(
        site,
        "user-tasks",
        json!({ "filter": { "processInstanceKey": instance } }),
    )
    .await;
    found["items"][0].clone()
}

/// Completes the task of an instance and fails its job for good; the key of the incident.
async fn incident_of(site: &Site, instance: &str) -> String {
    let task = text(&task_of(site, instance).await["userTaskKey"]);
    let done = site
        .post_json(&format!("/v2/user-tasks/{task}/completion"), json!({}))
        .await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
    let asked = json!({ "type": "tell", "worker": "w", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": -1 });
    let taken = site.post_json("/v2/jobs/activation", asked).await.json();
    let job = text(&taken["jobs"][0]["jobKey"]);
    let failed = json!({ "retries": 0, "errorMessage": "the line is dead" });
    let failed = site
        .post_json(&format!("/v2/jobs/{job}/failure"), failed)
        .await;
    assert_eq!(failed.status, StatusCode::NO_CONTENT, "{}", failed.body);
    let asked = json!({ "filter": { "processInstanceKey": instance, "state": "ACTIVE" } });
    text(&search(site, "incidents", asked).await["items"][0]["incidentKey"])
}

async fn search(site: &Site, things: &str, asked: Value) -> Value {
    let answer = site
        .post_json(&format!("/v2/{things}/search"), asked.clone())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{asked}: {}", answer.body);
    let found = answer.json();
    has_exactly(&found, &["items", "page"]);
    has_exactly(
        &found["page"],
        &[
            "totalItems",
            "hasMoreTotalItems",
            "startCursor",
            "endCursor",
        ],
    );
    found
}

/// One field of what is found.
async fn column(site: &Site, things: &str, asked: Value, field: &str) -> Vec<Value> {
    let found = search(site, things, asked).await;
    let items = found["items"].as_array().unwrap();
    items.iter().map(|item| item[field].clone()).collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// It has these fields and no others.
#[track_caller]
fn has_exactly(item: &Value, fields: &[&str]) {
    let mut there: Vec<&str> = item
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut wanted = fields.to_vec();
    there.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(there, wanted);
}

/// It is a problem document with this status, and says this.
#[track_caller]
fn refused(answer: &Answer, status: StatusCode, says: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    has_exactly(
        &problem,
        &["type", "title", "status", "detail", "instance", "reference"],
    );
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["status"], status.as_u16());
    let code = match status {
        StatusCode::CONFLICT => "INVALID_STATE",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        other => other.canonical_reason().unwrap(),
    };
    let title = text(&problem["title"]);
    let names = [code, status.canonical_reason().unwrap()];
    assert!(names.contains(&title.as_str()), "{problem}");
    assert!(text(&problem["instance"]).starts_with("/v2/"), "{problem}");
    assert!(text(&problem["detail"]).contains(says), "{says}: {problem}");
}

/// It was done, and there is nothing to say.
#[track_caller]
fn done(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
}
