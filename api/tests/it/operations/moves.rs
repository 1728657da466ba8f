//! Tokens moved by hand: modification, and instances that begin and end where somebody says.

use super::*;
use axum::http::StatusCode as Code;

/// The ids of the elements at which an instance is.
async fn active(site: &Site, instance: &str) -> Vec<Value> {
    let filter = json!({ "processInstanceKey": instance, "state": "ACTIVE" });
    column(
        site,
        "element-instances",
        json!({ "filter": filter }),
        "elementId",
    )
    .await
}

async fn modify(site: &Site, instance: &str, asked: Value) -> Answer {
    let path = format!("/v2/process-instances/{instance}/modification");
    site.post_json(&path, asked).await
}

async fn visit_of(site: &Site, instance: &str, element: &str) -> String {
    let filter = json!({ "processInstanceKey": instance, "elementId": element, "state": "ACTIVE" });
    let asked = json!({ "filter": filter });
    let keys = column(site, "element-instances", asked, "elementInstanceKey").await;
    text(&keys[0])
}

#[tokio::test]
async fn tokens_are_moved_with_all_three_kinds_of_instructions() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    let asked = json!({
        "operationReference": 7,
        "activateInstructions": [{ "elementId": "tell", "ancestorElementInstanceKey": "-1",
            "variableInstructions": [{ "variables": { "note": 1 } }, { "variables": { "own": 2 }, "scopeId": "tell" }] }],
        "terminateInstructions": [{ "elementId": "see" }],
        "reason": "the child was seen elsewhere",
    });
    done(&modify(&site, &key, asked).await);
    assert_eq!(active(&site, &key).await, [json!("tell")]);
    let filter = json!({ "filter": { "processInstanceKey": key, "name": "note" } });
    assert_eq!(
        column(&site, "variables", filter, "value").await,
        [json!("1")]
    );

    let source = visit_of(&site, &key, "tell").await;
    let asked = json!({ "moveInstructions": [{
        "sourceElementInstruction": { "sourceType": "byKey", "sourceElementInstanceKey": source },
        "targetElementId": "see", "ancestorScopeInstruction": { "ancestorScopeType": "sourceParent" } }] });
    done(&modify(&site, &key, asked).await);
    assert_eq!(active(&site, &key).await, [json!("see")]);
    let asked = json!({ "moveInstructions": [{
        "sourceElementInstruction": { "sourceType": "byId", "sourceElementId": "see" }, "targetElementId": "tell",
        "ancestorScopeInstruction": { "ancestorScopeType": "direct", "ancestorElementInstanceKey": key } }] });
    done(&modify(&site, &key, asked).await);
    let last = visit_of(&site, &key, "tell").await;
    let asked = json!({ "terminateInstructions": [{ "elementInstanceKey": last }] });
    done(&modify(&site, &key, asked).await);
    let read = site
        .get(&format!("/v2/process-instances/{key}"))
        .await
        .json();
    assert_eq!(read["state"], "TERMINATED");

    let instance = key.parse().unwrap();
    let history = site.runtime.history(instance).await.unwrap();
    let row = history.iter().find(|row| row.command == "modify").unwrap();
    assert_eq!(row.reason.as_deref(), Some("the child was seen elsewhere"));
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused_with_the_reason_and_nothing_happens() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    let activate = |element: &str| json!({ "activateInstructions": [{ "elementId": "tell" }, { "elementId": element }] });
    for (asked, says) in [
        (json!({}), "give at least one instruction"),
        (activate("nowhere"), "has no element \"nowhere\""),
        (activate(""), "elementId is missing"),
        (
            json!({ "terminateInstructions": [{ "elementId": "tell" }] }),
            "nothing is active at \"Tell the school\"",
        ),
        (
            json!({ "terminateInstructions": [{ "elementInstanceKey": "7" }] }),
            "element instance 7 is not active",
        ),
        (
            json!({ "terminateInstructions": [{}] }),
            "either elementId or elementInstanceKey",
        ),
        (
            json!({ "moveInstructions": [{ "sourceElementInstruction": { "sourceType": "byName" }, "targetElementId": "see" }] }),
            "byId or byKey",
        ),
    ] {
        let says = says.to_lowercase();
        let answer = modify(&site, &key, asked).await;
        assert_eq!(answer.status, Code::BAD_REQUEST, "{}", answer.body);
        let detail = text(&answer.json()["detail"]).to_lowercase();
        assert!(detail.contains(&says), "{says}: {detail}");
    }
    assert_eq!(active(&site, &key).await, [json!("see")]);
    refused(
        &modify(&site, "7", activate("see")).await,
        Code::NOT_FOUND,
        "the process instance 7",
    );
}

#[tokio::test]
async fn an_instance_begins_and_ends_where_somebody_says() {
    let site = site().await;
    let create = |before: &str, after: &str| {
        json!({ "processDefinitionId": "visit", "startInstructions": [{ "elementId": before }],
            "runtimeInstructions": [{ "type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": after }] })
    };
    let answer = site
        .post_json("/v2/process-instances", create("tell", "tell"))
        .await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    let key = text(&answer.json()["processInstanceKey"]);
    assert_eq!(active(&site, &key).await, [json!("tell")]);
    let asked = json!({ "type": "tell", "worker": "w", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": -1 });
    let taken = site.post_json("/v2/jobs/activation", asked).await.json();
    let job = text(&taken["jobs"][0]["jobKey"]);
    done(
        &site
            .post_json(&format!("/v2/jobs/{job}/completion"), json!({}))
            .await,
    );
    let read = site
        .get(&format!("/v2/process-instances/{key}"))
        .await
        .json();
    assert_eq!(read["state"], "TERMINATED");
    for (before, after) in [("nowhere", "tell"), ("tell", "nowhere")] {
        let answer = site
            .post_json("/v2/process-instances", create(before, after))
            .await;
        refused(&answer, Code::BAD_REQUEST, "has no element \"nowhere\"");
    }
}
