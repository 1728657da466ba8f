//! Listeners over the JSON API: taken by workers like other jobs, and said to be what they are.

use crate::support::Site;
use axum::http::StatusCode;
use serde_json::{Value, json};

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

const PLAN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="plan" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="write"/>
    <bpmn:userTask id="write" name="Write the plan">
      <bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="team"/>
        <zeebe:taskListeners><zeebe:taskListener eventType="assigning" type="deputy"/><zeebe:taskListener eventType="completing" type="check"/></zeebe:taskListeners>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="write" targetRef="end"/>
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

async fn task(site: &Site) -> Value {
    let found = site.post_json("/v2/user-tasks/search", json!({})).await;
    found.json()["items"][0].clone()
}

#[tokio::test]
async fn a_task_listener_corrects_and_denies() {
    let site = Site::open_api().await;
    site.deploy("plan.bpmn", PLAN).await;
    let asked = json!({ "processDefinitionId": "plan" });
    site.post_json("/v2/process-instances", asked).await;
    let key = task(&site).await["userTaskKey"]
        .as_str()
        .unwrap()
        .to_owned();

    let assignment = format!("/v2/user-tasks/{key}/assignment");
    let assigned = site
        .post_json(&assignment, json!({ "assignee": "grace" }))
        .await;
    assert_eq!(assigned.status, StatusCode::NO_CONTENT, "{}", assigned.body);
    let waiting = task(&site).await;
    assert_eq!(
        (&waiting["state"], &waiting["assignee"]),
        (&json!("ASSIGNING"), &Value::Null)
    );
    let deputy = take(&site, "deputy").await[0].clone();
    assert_eq!(deputy["kind"], "TASK_LISTENER");
    assert_eq!(deputy["listenerEventType"], "ASSIGNING");
    assert_eq!(deputy["userTask"]["assignee"], "grace");
    assert_eq!(deputy["userTask"]["action"], "assign");
    assert_eq!(deputy["userTask"]["changedAttributes"], json!(["assignee"]));
    assert_eq!(deputy["userTask"]["userTaskKey"], json!(key));
    let corrections = json!({ "assignee": "ruth", "priority": 80, "dueDate": "2026-03-09T09:00:00Z", "candidateUsers": null });
    let result = json!({ "type": "userTask", "denied": false, "corrections": corrections });
    complete(&site, &deputy, json!({ "result": result })).await;
    let now = task(&site).await;
    assert_eq!(
        (&now["state"], &now["assignee"], &now["priority"]),
        (&json!("CREATED"), &json!("ruth"), &json!(80))
    );

    let completion = format!("/v2/user-tasks/{key}/completion");
    let asked = json!({ "variables": { "signed": false } });
    let completed = site.post_json(&completion, asked.clone()).await;
    assert_eq!(
        completed.status,
        StatusCode::NO_CONTENT,
        "{}",
        completed.body
    );
    let again = site.post_json(&completion, asked).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
    assert!(
        again.body.contains("waits for the completing listener"),
        "{}",
        again.body
    );
    let check = take(&site, "check").await[0].clone();
    assert_eq!(check["variables"], json!({ "signed": false }));
    let result = json!({ "type": "userTask", "denied": true, "deniedReason": "not signed" });
    complete(&site, &check, json!({ "result": result })).await;
    assert_eq!(task(&site).await["state"], "CREATED");

    site.post_json(&completion, json!({ "variables": { "signed": true } }))
        .await;
    let check = take(&site, "check").await[0].clone();
    complete(&site, &check, json!({})).await;
    assert_eq!(task(&site).await["state"], "COMPLETED");
}
