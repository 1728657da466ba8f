//! Migration to another definition, the look before it, and the way back.

use super::*;
use axum::http::StatusCode as Code;

/// Version 2 of the visit: other ids, one step more.
fn second() -> String {
    VISIT
        .replace("\"see\"", "\"meet\"")
        .replace("name=\"See the child\"", "name=\"Meet the child\"")
        .replace("\"tell\"", "\"inform\"")
        .replace("type=\"inform\"", "type=\"tell\"")
}

async fn key_of(site: &Site, version: u32) -> String {
    let filter = json!({ "filter": { "processDefinitionId": "visit", "version": version } });
    let keys = column(site, "process-definitions", filter, "processDefinitionKey").await;
    text(&keys[0])
}

async fn ask(site: &Site, instance: &str, what: &str, asked: Value) -> Answer {
    let path = format!("/v2/process-instances/{instance}/migration{what}");
    site.post_json(&path, asked).await
}

fn mapping(target: &str, pairs: &[(&str, &str)]) -> Value {
    let pairs: Vec<Value> = pairs
        .iter()
        .map(|(from, to)| json!({ "sourceElementId": from, "targetElementId": to }))
        .collect();
    json!({ "targetProcessDefinitionKey": target, "mappingInstructions": pairs, "operationReference": 7 })
}

#[tokio::test]
async fn an_instance_goes_on_with_another_definition_and_back() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    let before = task_of(&site, &key).await;
    site.deploy("visit.bpmn", &second()).await;
    let target = key_of(&site, 2).await;
    let plan = mapping(&target, &[("see", "meet"), ("tell", "inform")]);

    let checked = ask(&site, &key, "/check", plan.clone()).await;
    assert_eq!(checked.status, Code::OK, "{}", checked.body);
    assert_eq!(
        checked.json(),
        json!({ "migratable": true, "blockers": [] })
    );
    done(&ask(&site, &key, "", plan.clone()).await);
    let after = task_of(&site, &key).await;
    assert_eq!(after["userTaskKey"], before["userTaskKey"]);
    assert_eq!(
        (
            &after["elementId"],
            &after["processDefinitionKey"],
            &after["processDefinitionVersion"]
        ),
        (&json!("meet"), &json!(target), &json!(2))
    );
    let read = site
        .get(&format!("/v2/process-instances/{key}"))
        .await
        .json();
    assert_eq!(read["processDefinitionKey"], target);
    let filter = json!({ "processInstanceKey": key, "state": "ACTIVE" });
    let found = search(&site, "element-instances", json!({ "filter": filter })).await;
    let visit = &found["items"][0];
    assert_eq!(
        (
            &visit["elementId"],
            &visit["elementName"],
            &visit["processDefinitionKey"]
        ),
        (&json!("meet"), &json!("Meet the child"), &json!(target))
    );

    done(&ask(&site, &key, "/undo", json!({ "reason": "too early" })).await);
    assert_eq!(task_of(&site, &key).await, before);
    let filter = json!({ "processInstanceKey": key, "state": "ACTIVE" });
    let asked = json!({ "filter": filter });
    assert_eq!(
        column(&site, "element-instances", asked, "elementId").await,
        [json!("see")]
    );

    done(&ask(&site, &key, "", plan).await);
    let incident = incident_of(&site, &key).await;
    refused(
        &ask(&site, &key, "/undo", Value::Null).await,
        Code::CONFLICT,
        "Something has happened since the migration: completeTask by",
    );
    let incident = site.get(&format!("/v2/incidents/{incident}")).await.json();
    assert_eq!(incident["elementId"], "inform");
}

#[tokio::test]
async fn all_that_is_in_the_way_is_named_and_nothing_happens() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    site.deploy("visit.bpmn", &second()).await;
    let target = key_of(&site, 2).await;
    let checked = ask(&site, &key, "/check", mapping(&target, &[])).await;
    let blocker = json!({ "type": "UNMAPPED", "elementId": "see", "detail": "\"see\" is active and not mapped." });
    assert_eq!(
        checked.json(),
        json!({ "migratable": false, "blockers": [blocker] })
    );
    let says = "\"see\" is active and not mapped";
    refused(
        &ask(&site, &key, "", mapping(&target, &[])).await,
        Code::CONFLICT,
        says,
    );
    let wrong = mapping(&target, &[("see", "inform")]);
    let says = "\"see\" (user task) cannot become \"inform\" (service task)";
    refused(&ask(&site, &key, "", wrong).await, Code::CONFLICT, says);
    let wrong = mapping(&target, &[("see", "nowhere")]);
    refused(
        &ask(&site, &key, "", wrong).await,
        Code::BAD_REQUEST,
        "nowhere",
    );
    let unknown = mapping("99", &[("see", "meet")]);
    refused(
        &ask(&site, &key, "", unknown).await,
        Code::NOT_FOUND,
        "the process definition 99",
    );
    let nobody = mapping(&target, &[("see", "meet")]);
    refused(
        &ask(&site, "7", "", nobody).await,
        Code::NOT_FOUND,
        "the process instance 7",
    );
    refused(
        &ask(&site, &key, "", json!({})).await,
        Code::BAD_REQUEST,
        "targetProcessDefinitionKey",
    );
    refused(
        &ask(&site, &key, "/undo", Value::Null).await,
        Code::CONFLICT,
        "was not migrated",
    );
    assert_eq!(task_of(&site, &key).await["elementId"], "see");
}
