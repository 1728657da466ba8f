//! Versions that are deleted: nothing begins with them any more.

use super::*;
use axum::http::StatusCode as Code;

async fn versions(site: &Site, filter: Value) -> Vec<(Value, Value)> {
    let asked = json!({ "filter": filter, "sort": [{ "field": "version" }] });
    let found = search(site, "process-definitions", asked).await;
    let items = found["items"].as_array().unwrap();
    let told = |item: &Value| (item["version"].clone(), item["state"].clone());
    items.iter().map(told).collect()
}

async fn delete(site: &Site, key: &Value, asked: Value) -> Answer {
    let path = format!("/v2/resources/{}/deletion", text(key));
    site.post_json(&path, asked).await
}

#[tokio::test]
async fn a_deleted_version_drains_and_the_one_before_it_is_the_latest() {
    let site = site().await;
    let other = VISIT.replace("Home visit", "Visit at home");
    site.deploy("visit.bpmn", &other).await;
    let latest = json!({ "processDefinitionId": "visit", "isLatestVersion": true });
    let found = search(&site, "process-definitions", json!({ "filter": latest })).await;
    let key = found["items"][0]["processDefinitionKey"].clone();
    let running = start(&site, "Nambi").await;
    let answer = delete(&site, &key, json!({})).await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    assert_eq!(
        answer.json(),
        json!({ "resourceKey": key, "batchOperation": null })
    );
    let all = json!({ "processDefinitionId": "visit" });
    let expected = vec![(json!(1), json!("ACTIVE")), (json!(2), json!("DRAINING"))];
    assert_eq!(versions(&site, all.clone()).await, expected);
    assert_eq!(versions(&site, latest).await, expected[..1]);
    let start = json!({ "processDefinitionKey": key });
    let refusal = site.post_json("/v2/process-instances", start).await;
    assert_eq!(refusal.status, Code::NOT_FOUND, "{}", refusal.body);
    let again = delete(&site, &key, json!({})).await;
    refused(&again, Code::NOT_FOUND, "the resource");

    // Once nothing runs by it, it is gone from lists, and still read by its key.
    let path = format!("/v2/process-instances/{running}/cancellation");
    done(&site.post_json(&path, json!({})).await);
    assert_eq!(versions(&site, all).await, expected[..1]);
    let deleted = json!({ "state": "DELETED" });
    let expected = vec![(json!(2), json!("DELETED"))];
    assert_eq!(versions(&site, deleted).await, expected);
    let path = format!("/v2/process-definitions/{}", text(&key));
    assert_eq!(site.get(&path).await.json()["state"], "DELETED");
}

#[tokio::test]
async fn the_ended_instances_of_a_deleted_version_go_where_that_is_asked() {
    let site = site().await;
    let ended = start(&site, "Amina").await;
    let path = format!("/v2/process-instances/{ended}/cancellation");
    done(&site.post_json(&path, json!({})).await);
    let running = start(&site, "Nambi").await;
    let by_id = json!({ "filter": { "processDefinitionId": "visit" } });
    let found = search(&site, "process-definitions", by_id).await;
    let key = &found["items"][0]["processDefinitionKey"];
    let answer = delete(
        &site,
        key,
        json!({ "deleteHistory": true, "reason": "tests" }),
    )
    .await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    let batch = answer.json()["batchOperation"].clone();
    assert_eq!(batch["batchOperationType"], "DELETE_PROCESS_INSTANCE");
    site.runtime.wait_idle().await;
    let left = column(&site, "process-instances", json!({}), "processInstanceKey").await;
    assert_eq!(left, [json!(running)]);
}

/// The version goes first, then a batch operation begins that deletes its instances.
#[tokio::test]
async fn a_deletion_is_whole_wherever_its_client_leaves() {
    let site = site().await;
    let mut asked = 0;
    let mut is_answered = false;
    while !is_answered {
        asked += 1;
        let name = format!("Visit {asked}");
        let model = VISIT.replace("Home visit", &name);
        site.deploy("visit.bpmn", &model).await;
        let latest = json!({ "processDefinitionId": "visit", "isLatestVersion": true });
        let found = search(&site, "process-definitions", json!({ "filter": latest })).await;
        let key = text(&found["items"][0]["processDefinitionKey"]);
        let request = axum::http::Request::post(format!("/v2/resources/{key}/deletion"))
            .header("content-type", "application/json")
            .body(json!({ "deleteHistory": true }).to_string().into());
        is_answered = site.send_and_leave(request.unwrap(), asked).await;
    }
    assert!(asked > 1, "nobody has left");
    let mut done = (0, 0);
    // Each look lets the server work on.
    for _ in 0..500 {
        let deleted = versions(&site, json!({ "state": "DELETED" })).await.len();
        let batches = site.runtime.batch_operations(1_000).await.unwrap().len();
        done = (deleted, batches);
        if done == (asked, asked) {
            break;
        }
    }
    assert_eq!(done, (asked, asked), "deleted, and batch operations");
}

#[tokio::test]
async fn the_decisions_of_a_file_are_found_and_deleted_together() {
    let site = site().await;
    const RISK: &str = include_str!("../../../../engine/runtime/tests/models/risk.dmn");
    let answer = site.try_deploy("risk.dmn", RISK).await.json();
    let deployed = answer["deployments"].as_array().unwrap();
    let file = deployed
        .iter()
        .find(|one| one["decisionRequirements"].is_object())
        .unwrap()["decisionRequirements"]
        .clone();
    let key = &file["decisionRequirementsKey"];
    for one in deployed
        .iter()
        .filter(|one| !one["decisionDefinition"].is_null())
    {
        assert_eq!(one["decisionDefinition"]["decisionRequirementsKey"], *key);
    }
    let named = json!({ "filter": { "resourceName": "risk.dmn" } });
    let found = search(&site, "decision-requirements", named.clone()).await;
    assert_eq!(found["page"]["totalItems"], 1);
    assert_eq!(found["items"][0], file);
    let path = format!("/v2/decision-requirements/{}", text(key));
    assert_eq!(site.get(&path).await.json(), file);
    assert_eq!(site.get(&format!("{path}/xml")).await.body, RISK);
    refused(
        &site.get("/v2/decision-requirements/7").await,
        Code::NOT_FOUND,
        "the decision requirements 7",
    );

    let of_file = json!({ "filter": { "decisionRequirementsKey": key } });
    let found = search(&site, "decision-definitions", of_file.clone()).await;
    assert_ne!(found["page"]["totalItems"], 0);
    let answer = delete(&site, key, json!({})).await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    for (what, asked) in [
        ("decision-definitions", of_file),
        ("decision-requirements", named),
    ] {
        let found = search(&site, what, asked).await;
        assert_eq!(found["page"]["totalItems"], 0, "{what}");
    }
}

#[tokio::test]
async fn a_calendar_is_not_deleted() {
    let site = site().await;
    const OFFICE: &str = r#"{"id": "office", "name": "The office", "zone": "UTC",
  "weekend": ["saturday", "sunday"], "office_hours": {"from": "08:00", "to": "16:00"}, "source": "invented",
  "years": {"from": 2026, "to": 2026}, "holidays": [{"date": "2026-04-06", "name": "Easter Monday"}],
  "for": {"organisation": true}}"#;
    let answer = site.try_deploy("office.calendar", OFFICE).await;
    let key = &answer.json()["deployments"][0]["calendar"]["calendarKey"];
    refused(
        &delete(&site, key, json!({})).await,
        Code::BAD_REQUEST,
        "A calendar cannot be deleted",
    );
}
