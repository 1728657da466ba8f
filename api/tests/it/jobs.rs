//! Jobs over the JSON API: taken, done, failed, thrown; and instances whose end is awaited.

use crate::support::Site;
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

const CHECKS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:error id="e" name="Unknown" errorCode="UNKNOWN"/>
  <bpmn:process id="checks" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="police"/>
    <bpmn:serviceTask id="police" name="Ask the police">
      <bpmn:extensionElements><zeebe:taskDefinition type="police" retries="2"/>
        <zeebe:taskHeaders><zeebe:header key="desk" value="north"/></zeebe:taskHeaders></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="police" targetRef="end"/>
    <bpmn:endEvent id="end" name="Answered"/>
    <bpmn:boundaryEvent id="unknown" attachedToRef="police"><bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="unknown" targetRef="nobody"/>
    <bpmn:endEvent id="nobody" name="Nobody of that name"/>
  </bpmn:process>
</bpmn:definitions>
"#;

const SUM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="sum" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="add"/>
    <bpmn:scriptTask id="add"><bpmn:extensionElements><zeebe:script expression="=a + 1" resultVariable="b"/></bpmn:extensionElements></bpmn:scriptTask>
    <bpmn:sequenceFlow id="f2" sourceRef="add" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn site() -> Site {
    let site = Site::open_api().await;
    site.deploy("checks.bpmn", CHECKS).await;
    site.deploy("sum.bpmn", SUM).await;
    site
}

async fn start(site: &Site, asked: Value) -> Value {
    let answer = site.post_json("/v2/process-instances", asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

async fn take(site: &Site, more: Value) -> Vec<Value> {
    let mut asked = json!({ "type": "police", "worker": "desk", "timeout": 60000, "maxJobsToActivate": 10, "requestTimeout": -1 });
    asked
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = site.post_json("/v2/jobs/activation", asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["jobs"].as_array().unwrap().clone()
}

/// What became of the only instance of the checks.
async fn state(site: &Site) -> Value {
    let asked = json!({ "filter": { "processDefinitionId": "checks" } });
    let found = site
        .post_json("/v2/process-instances/search", asked)
        .await
        .json();
    found["items"][0]["state"].clone()
}

#[tokio::test]
async fn a_worker_takes_a_job_once_and_does_it_once() {
    let site = site().await;
    let variables = json!({ "name": "Amina", "born": 2019 });
    let asked =
        json!({ "processDefinitionId": "checks", "variables": variables, "businessId": "C-1" });
    let instance = start(&site, asked).await["processInstanceKey"].clone();

    let taken = take(&site, json!({ "fetchVariable": ["name"] })).await;
    assert_eq!(taken.len(), 1);
    let job = &taken[0];
    assert_eq!(job["processInstanceKey"], instance);
    assert_eq!(job["elementId"], "police");
    assert_eq!(job["customHeaders"], json!({ "desk": "north" }));
    assert_eq!(job["variables"], json!({ "name": "Amina" }));
    assert_eq!(job["retries"], 2);
    assert_eq!(job["businessId"], "C-1");
    assert_eq!(job["leaseToken"], Value::Null);
    assert!(job["deadline"].as_i64().unwrap() > 0);
    assert_eq!(take(&site, json!({})).await, Vec::<Value>::new());

    let completion = format!("/v2/jobs/{}/completion", job["jobKey"].as_str().unwrap());
    let done = site
        .post_json(&completion, json!({ "variables": { "known": false } }))
        .await;
    assert_eq!(
        (done.status, done.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(state(&site).await, "COMPLETED");
    let twice = site.post_json(&completion, json!({})).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND, "{}", twice.body);
}

#[tokio::test]
async fn a_lease_that_is_over_is_worth_nothing() {
    let site = site().await;
    start(&site, json!({ "processDefinitionId": "checks" })).await;
    let first = take(&site, json!({ "withLease": true })).await[0].clone();
    site.wait(2).await;
    let second = take(&site, json!({ "withLease": true })).await[0].clone();
    assert_eq!(first["jobKey"], second["jobKey"]);
    assert_ne!(first["leaseToken"], second["leaseToken"]);

    let completion = format!("/v2/jobs/{}/completion", first["jobKey"].as_str().unwrap());
    let late = site
        .post_json(&completion, json!({ "leaseToken": first["leaseToken"] }))
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
    let in_time = site
        .post_json(&completion, json!({ "leaseToken": second["leaseToken"] }))
        .await;
    assert_eq!(in_time.status, StatusCode::NO_CONTENT, "{}", in_time.body);
}

#[tokio::test]
async fn a_job_that_fails_comes_again_and_an_error_takes_its_own_way() {
    let site = site().await;
    start(&site, json!({ "processDefinitionId": "checks" })).await;
    let job = take(&site, json!({})).await[0]["jobKey"].clone();
    let job = job.as_str().unwrap();
    let failed = site
        .post_json(
            &format!("/v2/jobs/{job}/failure"),
            json!({ "retries": 1, "errorMessage": "no line" }),
        )
        .await;
    assert_eq!(failed.status, StatusCode::NO_CONTENT, "{}", failed.body);
    let again = take(&site, json!({})).await;
    assert_eq!(
        (&again[0]["jobKey"], &again[0]["retries"]),
        (&json!(job), &json!(1))
    );

    let thrown = site
        .post_json(
            &format!("/v2/jobs/{job}/error"),
            json!({ "errorCode": "UNKNOWN" }),
        )
        .await;
    assert_eq!(thrown.status, StatusCode::NO_CONTENT, "{}", thrown.body);
    assert_eq!(state(&site).await, "COMPLETED");
}

#[tokio::test]
async fn a_worker_that_finds_nothing_is_answered_when_a_job_comes() {
    let site = site().await;
    let waiting = take(&site, json!({ "requestTimeout": 20_000 }));
    let (taken, _) = tokio::join!(waiting, async {
        // The first look finds nothing: the job comes while the request is held.
        tokio::task::yield_now().await;
        start(&site, json!({ "processDefinitionId": "checks" })).await
    });
    assert_eq!(taken.len(), 1);
    let none = take(&site, json!({ "requestTimeout": 20 })).await;
    assert_eq!(none, Vec::<Value>::new());
}

#[tokio::test]
async fn what_a_worker_asks_must_make_sense() {
    let site = site().await;
    for asked in [
        json!({ "timeout": 1000, "maxJobsToActivate": 1 }),
        json!({ "type": "police", "maxJobsToActivate": 1 }),
        json!({ "type": "police", "timeout": 1000 }),
        json!({ "type": "police", "timeout": -1, "maxJobsToActivate": 1 }),
    ] {
        let answer = site.post_json("/v2/jobs/activation", asked.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{asked}");
    }
}

#[tokio::test]
async fn the_end_of_an_instance_can_be_awaited() {
    let site = site().await;
    let asked = json!({
        "processDefinitionId": "sum", "variables": { "a": 1 }, "awaitCompletion": true, "fetchVariables": ["b"],
    });
    assert_eq!(start(&site, asked).await["variables"], json!({ "b": 2 }));

    let waits =
        json!({ "processDefinitionId": "checks", "awaitCompletion": true, "requestTimeout": 50 });
    let answer = site.post_json("/v2/process-instances", waits).await;
    assert_eq!(
        answer.status,
        StatusCode::GATEWAY_TIMEOUT,
        "{}",
        answer.body
    );
    assert_eq!(state(&site).await, "ACTIVE");
}

#[tokio::test]
async fn a_worker_at_a_long_job_asks_for_more_time_and_an_operator_for_more_tries() {
    let site = site().await;
    start(&site, json!({ "processDefinitionId": "checks" })).await;
    let job = take(&site, json!({ "withLease": true })).await.remove(0);
    let address = format!("/v2/jobs/{}", job["jobKey"].as_str().unwrap());
    let more_time = json!({ "changeset": { "timeout": 120_000 }, "leaseToken": job["leaseToken"] });
    let update = async |body: Value| site.patch_json(&address, body).await.status;
    assert_eq!(update(more_time.clone()).await, StatusCode::NO_CONTENT);
    // The first minute is over, the second is not.
    site.clock.advance(SignedDuration::from_secs(90));
    site.runtime.wait_idle().await;
    assert_eq!(take(&site, json!({})).await, Vec::<Value>::new());

    let more_tries = json!({ "changeset": { "retries": 5 } });
    assert_eq!(update(more_tries).await, StatusCode::NO_CONTENT);
    assert_eq!(update(more_time).await, StatusCode::CONFLICT);
    assert_eq!(take(&site, json!({})).await[0]["retries"], 5);
    for wrong in [
        json!({}),
        json!({ "changeset": { "retries": 1, "timeout": 1 } }),
        json!({ "changeset": { "priority": 1 } }),
        json!({ "changeset": { "timeout": 0 } }),
    ] {
        assert_eq!(update(wrong).await, StatusCode::BAD_REQUEST);
    }
}
