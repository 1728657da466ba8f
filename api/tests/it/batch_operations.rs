//! The same for many process instances: begun by a filter, found with a result for each item, steered.

use crate::support::{Answer, Site};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Two tasks after another, then a job that can fail.
fn process(id: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="{id}" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child"/>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="tell"/>
    <bpmn:serviceTask id="tell" name="Tell the school">
      <bpmn:extensionElements><zeebe:taskDefinition type="tell" retries="1"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="tell" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#
    )
}

async fn site() -> Site {
    let site = Site::open_api().await;
    site.install("visit.bpmn", &process("visit")).await;
    site.install("other.bpmn", &process("other")).await;
    site
}

async fn start(site: &Site, process: &str, number: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for _ in 0..number {
        let asked = json!({ "processDefinitionId": process });
        let answer = site.post_json("/v2/process-instances", asked).await;
        keys.push(text(&answer.json()["processInstanceKey"]));
    }
    keys
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

/// Begins a batch operation and waits until it is worked off; its key.
async fn begin(site: &Site, what: &str, asked: Value, kind: &str) -> String {
    let answer = site
        .post_json(&format!("/v2/process-instances/{what}"), asked)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let begun = answer.json();
    assert_eq!(begun["batchOperationType"], kind);
    site.runtime.wait_idle().await;
    text(&begun["batchOperationKey"])
}

async fn batch(site: &Site, key: &str) -> Value {
    let answer = site.get(&format!("/v2/batch-operations/{key}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

async fn search(site: &Site, things: &str, asked: Value) -> Value {
    let answer = site.post_json(&format!("/v2/{things}/search"), asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// Keys and states of the items that a filter finds.
async fn items(site: &Site, filter: Value) -> Vec<(String, String)> {
    let found = search(site, "batch-operation-items", json!({ "filter": filter })).await;
    let items = found["items"].as_array().unwrap();
    let pair = |item: &Value| (text(&item["itemKey"]), text(&item["state"]));
    items.iter().map(pair).collect()
}

async fn state_of(site: &Site, instance: &str) -> Option<String> {
    let answer = site.get(&format!("/v2/process-instances/{instance}")).await;
    (answer.status == StatusCode::OK).then(|| text(&answer.json()["state"]))
}

async fn steer(site: &Site, key: &str, what: &str) -> Answer {
    site.post_json(&format!("/v2/batch-operations/{key}/{what}"), json!({}))
        .await
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, says: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(says), "{says}: {}", answer.body);
}

fn fields(item: &Value) -> Vec<&str> {
    let mut fields: Vec<&str> = item
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    fields
}

#[tokio::test]
async fn instances_that_a_filter_finds_are_cancelled_and_all_of_it_is_told() {
    let site = site().await;
    let visits = start(&site, "visit", 3).await;
    let other = start(&site, "other", 1).await;
    let asked = json!({ "filter": { "processDefinitionId": "visit" }, "reason": "moved away" });
    let key = begin(&site, "cancellation", asked, "CANCEL_PROCESS_INSTANCE").await;
    let shown = batch(&site, &key).await;
    let expected = [
        "actorId",
        "actorType",
        "batchOperationKey",
        "batchOperationType",
        "endDate",
        "errors",
        "operationsCompletedCount",
        "operationsFailedCount",
        "operationsTotalCount",
        "startDate",
        "state",
    ];
    assert_eq!(fields(&shown), expected);
    assert_eq!(
        (&shown["state"], &shown["operationsCompletedCount"]),
        (&json!("COMPLETED"), &json!(3))
    );
    for visit in &visits {
        assert_eq!(state_of(&site, visit).await.as_deref(), Some("TERMINATED"));
    }
    assert_eq!(state_of(&site, &other[0]).await.as_deref(), Some("ACTIVE"));

    let found = search(&site, "batch-operations", json!({ "filter": { "state": "completed", "operationType": { "$neq": "RESOLVE_INCIDENT" } } })).await;
    assert_eq!(found["items"], json!([shown]));
    let found = search(
        &site,
        "batch-operation-items",
        json!({ "filter": { "batchOperationKey": key } }),
    )
    .await;
    let expected = [
        "batchOperationKey",
        "errorMessage",
        "itemKey",
        "operationType",
        "processInstanceKey",
        "processedDate",
        "rootProcessInstanceKey",
        "state",
    ];
    assert_eq!(fields(&found["items"][0]), expected);
    let by_instance = items(&site, json!({ "processInstanceKey": visits[1] })).await;
    assert_eq!(by_instance, [(visits[1].clone(), "COMPLETED".to_owned())]);
    assert_eq!(items(&site, json!({})).await.len(), 3);
    assert!(
        items(
            &site,
            json!({ "batchOperationKey": key, "state": "FAILED" })
        )
        .await
        .is_empty()
    );

    // Nobody is left to be cancelled.
    let asked = json!({ "filter": { "processDefinitionId": "visit" } });
    let none = begin(&site, "cancellation", asked, "CANCEL_PROCESS_INSTANCE").await;
    assert_eq!(batch(&site, &none).await["operationsTotalCount"], 0);
    for what in ["suspension", "resumption", "cancellation"] {
        let over = steer(&site, &none, what).await;
        refused(&over, StatusCode::NOT_FOUND, "batch operation");
    }
    refused(
        &steer(&site, &none, "retry").await,
        StatusCode::CONFLICT,
        "nothing of it failed",
    );
    refused(
        &steer(&site, "7", "retry").await,
        StatusCode::NOT_FOUND,
        "batch operation",
    );
}

#[tokio::test]
async fn incidents_are_resolved_and_their_jobs_tried_again() {
    let site = site().await;
    let keys = start(&site, "visit", 2).await;
    let tasks = search(&site, "user-tasks", json!({})).await;
    for task in tasks["items"].as_array().unwrap() {
        let path = format!("/v2/user-tasks/{}/completion", text(&task["userTaskKey"]));
        site.post_json(&path, json!({})).await;
    }
    let asked = json!({ "type": "tell", "worker": "w", "timeout": 60_000, "maxJobsToActivate": 9, "requestTimeout": -1 });
    let jobs = site
        .post_json("/v2/jobs/activation", asked.clone())
        .await
        .json();
    for job in jobs["jobs"].as_array().unwrap() {
        let path = format!("/v2/jobs/{}/failure", text(&job["jobKey"]));
        site.post_json(&path, json!({ "retries": 0 })).await;
    }
    let filter = json!({ "filter": { "processDefinitionId": "visit" } });
    let key = begin(&site, "incident-resolution", filter, "RESOLVE_INCIDENT").await;
    let done = batch(&site, &key).await;
    assert_eq!(
        (
            &done["operationsTotalCount"],
            &done["operationsCompletedCount"]
        ),
        (&json!(2), &json!(2)),
        "{done}"
    );
    let jobs = site.post_json("/v2/jobs/activation", asked).await.json();
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 2);

    let one = format!("{}/incident-resolution", keys[0]);
    let key = begin(&site, &one, json!({}), "RESOLVE_INCIDENT").await;
    assert_eq!(batch(&site, &key).await["operationsTotalCount"], 0);
    let nobody = site
        .post_json("/v2/process-instances/1/incident-resolution", json!({}))
        .await;
    refused(&nobody, StatusCode::NOT_FOUND, "the process instance 1");
}

#[tokio::test]
async fn ended_instances_are_deleted_and_what_is_held_stays_until_it_is_tried_again() {
    let site = site().await;
    let keys = start(&site, "visit", 3).await;
    let asked = json!({ "filter": { "processInstanceKey": { "$in": [keys[0], keys[1]] } } });
    begin(&site, "cancellation", asked, "CANCEL_PROCESS_INSTANCE").await;
    let hold = format!("/v2/process-instances/{}/hold", keys[1]);
    site.ask_json("PUT", &hold, json!({ "reason": "asked for" }))
        .await;
    let asked = json!({ "filter": { "processDefinitionId": "visit" } });
    let key = begin(&site, "deletion", asked, "DELETE_PROCESS_INSTANCE").await;
    let failed = items(
        &site,
        json!({ "batchOperationKey": key, "state": "FAILED" }),
    )
    .await;
    assert_eq!(failed, [(keys[1].clone(), "FAILED".to_owned())]);
    assert_eq!(state_of(&site, &keys[0]).await, None);
    assert_eq!(state_of(&site, &keys[2]).await.as_deref(), Some("ACTIVE"));

    site.ask_json("DELETE", &hold, json!({ "reason": "answered" }))
        .await;
    assert_eq!(
        steer(&site, &key, "retry").await.status,
        StatusCode::NO_CONTENT
    );
    site.runtime.wait_idle().await;
    let done = batch(&site, &key).await;
    assert_eq!(
        (
            &done["operationsFailedCount"],
            &done["operationsCompletedCount"]
        ),
        (&json!(0), &json!(2))
    );
    assert_eq!(state_of(&site, &keys[1]).await, None);

    let path = format!("/v2/process-instances/{}/deletion", keys[2]);
    refused(
        &site.post_json(&path, json!({})).await,
        StatusCode::CONFLICT,
        "runs",
    );
    let cancel = format!("/v2/process-instances/{}/cancellation", keys[2]);
    site.post_json(&cancel, json!({})).await;
    assert_eq!(
        site.post_json(&path, json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    refused(
        &site.post_json(&path, json!({})).await,
        StatusCode::NOT_FOUND,
        "process instance",
    );
}

#[tokio::test]
async fn tokens_are_moved_in_many_instances_and_who_has_none_there_fails() {
    let site = site().await;
    let keys = start(&site, "visit", 2).await;
    let task = search(
        &site,
        "user-tasks",
        json!({ "filter": { "processInstanceKey": keys[0] } }),
    )
    .await;
    let path = format!(
        "/v2/user-tasks/{}/completion",
        text(&task["items"][0]["userTaskKey"])
    );
    site.post_json(&path, json!({})).await;
    let asked = json!({
        "filter": { "processDefinitionId": "visit" },
        "moveInstructions": [{ "sourceElementId": "see", "targetElementId": "tell" }],
    });
    let key = begin(&site, "modification", asked, "MODIFY_PROCESS_INSTANCE").await;
    let mut states = items(&site, json!({ "batchOperationKey": key })).await;
    states.sort();
    let expected = [
        (keys[0].clone(), "FAILED".to_owned()),
        (keys[1].clone(), "COMPLETED".to_owned()),
    ];
    assert_eq!(states, expected);
    assert!(site.tasks().await.is_empty());
}

#[tokio::test]
async fn instances_go_on_with_another_version() {
    let site = site().await;
    let keys = start(&site, "visit", 2).await;
    let again = process("visit").replace("See the child", "See the child again");
    site.install("visit.bpmn", &again).await;
    let asked = json!({ "filter": { "processDefinitionId": "visit", "isLatestVersion": true } });
    let versions = search(&site, "process-definitions", asked).await;
    let target = &versions["items"][0]["processDefinitionKey"];
    let asked = json!({
        "filter": { "processDefinitionId": "visit" },
        "migrationPlan": {
            "targetProcessDefinitionKey": target,
            "mappingInstructions": [{ "sourceElementId": "see", "targetElementId": "see" }],
        },
    });
    let key = begin(&site, "migration", asked, "MIGRATE_PROCESS_INSTANCE").await;
    assert_eq!(batch(&site, &key).await["operationsCompletedCount"], 2);
    let path = format!("/v2/process-instances/{}", keys[0]);
    let moved = site.get(&path).await.json();
    assert_eq!(moved["processDefinitionVersion"], 2);
}

#[tokio::test]
async fn instances_stand_still_and_go_on() {
    let site = site().await;
    let keys = start(&site, "visit", 3).await;
    let one = json!({ "filter": { "processInstanceKey": keys[0] } });
    begin(&site, "suspension", one, "SUSPEND_PROCESS_INSTANCE").await;
    let all = json!({ "filter": { "processDefinitionId": "visit" } });
    let key = begin(&site, "suspension", all.clone(), "SUSPEND_PROCESS_INSTANCE").await;
    assert_eq!(batch(&site, &key).await["operationsCompletedCount"], 2);
    let task = search(
        &site,
        "user-tasks",
        json!({ "filter": { "processInstanceKey": keys[1] } }),
    )
    .await;
    let path = format!(
        "/v2/user-tasks/{}/completion",
        text(&task["items"][0]["userTaskKey"])
    );
    let refused = site.post_json(&path, json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    let key = begin(&site, "resumption", all, "RESUME_PROCESS_INSTANCE").await;
    assert_eq!(batch(&site, &key).await["operationsCompletedCount"], 3);
    let done = site.post_json(&path, json!({})).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
}

#[tokio::test]
async fn what_is_not_said_is_not_done() {
    let site = site().await;
    start(&site, "visit", 1).await;
    for (what, asked, says) in [
        ("cancellation", json!({}), "filter is missing"),
        ("deletion", json!({ "filter": {} }), "filter is missing"),
        (
            "cancellation",
            json!({ "filter": { "surprise": 1 } }),
            "surprise",
        ),
        (
            "modification",
            json!({ "filter": { "processDefinitionId": "visit" } }),
            "moveInstructions",
        ),
    ] {
        let path = format!("/v2/process-instances/{what}");
        let answer = site.post_json(&path, asked).await;
        refused(&answer, StatusCode::BAD_REQUEST, says);
    }
    assert_eq!(
        search(&site, "batch-operations", json!({})).await["items"],
        json!([])
    );
    assert_eq!(site.tasks().await.len(), 1);
}
