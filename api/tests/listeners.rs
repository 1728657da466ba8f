//! Listeners over the JSON API: taken by workers like other jobs, and said to be what they are.
#![allow(clippy::unwrap_used)] // a failed step fails the test

mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::Site;

const VISIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="police"/>
    <bpmn:serviceTask id="police" name="Ask the police">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="police"/><zeebe:taskHeaders><zeebe:header key="desk" value="north"/></zeebe:taskHeaders>
        <zeebe:executionListeners><zeebe:executionListener eventType="start" type="note" retries="1"/></zeebe:executionListeners>
      </bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="police" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn take(site: &Site, kind: &str) -> Vec<Value> {
    let asked =
        json!({ "type": kind, "timeout": 60000, "maxJobsToActivate": 10, "requestTimeout": -1 });
    let answer = site.post_json("/v2/jobs/activation", asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["jobs"].as_array().unwrap().clone()
}

async fn complete(site: &Site, job: &Value, asked: Value) {
    let path = format!("/v2/jobs/{}/completion", job["jobKey"].as_str().unwrap());
    let answer = site.post_json(&path, asked).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

#[tokio::test]
async fn a_worker_is_told_that_its_job_is_a_listener() {
    let site = Site::open_api().await;
    site.deploy("visit.bpmn", VISIT).await;
    let asked = json!({ "processDefinitionId": "visit" });
    let started = site.post_json("/v2/process-instances", asked).await;
    assert_eq!(started.status, StatusCode::OK, "{}", started.body);

    assert_eq!(take(&site, "police").await, Vec::<Value>::new());
    let note = take(&site, "note").await[0].clone();
    assert_eq!(note["kind"], "EXECUTION_LISTENER");
    assert_eq!(note["listenerEventType"], "START");
    assert_eq!(note["elementId"], "police");
    assert_eq!(note["retries"], 1);
    assert_eq!(note["customHeaders"], json!({ "desk": "north" }));
    complete(&site, &note, json!({ "variables": { "noted": true } })).await;

    let job = take(&site, "police").await[0].clone();
    assert_eq!(job["kind"], "BPMN_ELEMENT");
    assert_eq!(job["listenerEventType"], "UNSPECIFIED");
    assert_eq!(job["variables"], json!({ "noted": true }));
}
