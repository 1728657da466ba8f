//! How far an instance is: its callers, its sequence flows, its visits by element.

use super::*;
use axum::http::StatusCode as Code;

#[tokio::test]
async fn the_callers_of_an_instance_come_before_it() {
    let site = site().await;
    let (caller, called) = called_visit(&site).await;
    let answer = site
        .get(&format!("/v2/process-instances/{called}/call-hierarchy"))
        .await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    let calls = answer.json();
    has_exactly(
        &calls[0],
        &[
            "processInstanceKey",
            "processDefinitionKey",
            "processDefinitionName",
        ],
    );
    let told: Vec<_> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (&call["processInstanceKey"], &call["processDefinitionName"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(caller), &json!("caller")),
            (&json!(called), &json!("Home visit"))
        ]
    );
    let gone = site.get("/v2/process-instances/7/call-hierarchy").await;
    refused(&gone, Code::NOT_FOUND, "the process instance 7");
}

#[tokio::test]
async fn all_that_belongs_to_what_was_called_names_where_calls_came_from() {
    let site = site().await;
    let (caller, called) = called_visit(&site).await;
    let waiting = task_of(&site, &called).await;
    assert_eq!(waiting["rootProcessInstanceKey"], json!(caller));
    let task = format!("/v2/user-tasks/{}", text(&waiting["userTaskKey"]));
    let read = site.get(&task).await.json();
    assert_eq!(read["rootProcessInstanceKey"], json!(caller));
    done(
        &site
            .post_json(&format!("{task}/completion"), json!({}))
            .await,
    );
    let asked = json!({ "type": "tell", "worker": "w", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": -1 });
    let taken = site.post_json("/v2/jobs/activation", asked).await.json();
    let job = &taken["jobs"][0];
    assert_eq!(job["rootProcessInstanceKey"], json!(caller));
    let failure = format!("/v2/jobs/{}/failure", text(&job["jobKey"]));
    done(&site.post_json(&failure, json!({ "retries": 0 })).await);
    for instance in [&called, &caller] {
        for things in [
            "process-instances",
            "element-instances",
            "jobs",
            "incidents",
            "variables",
            "audit-logs",
        ] {
            let asked = json!({ "filter": { "processInstanceKey": instance } });
            let roots = column(&site, things, asked, "rootProcessInstanceKey").await;
            let is_whole = roots.iter().all(|root| *root == json!(caller));
            assert!(is_whole, "{things} of {instance}: {roots:?}");
            assert!(!roots.is_empty() || *instance == caller, "{things}");
        }
    }
    let open = column(&site, "jobs", json!({}), "rootProcessInstanceKey").await;
    assert_eq!(open, [json!(caller)]);
}

#[tokio::test]
async fn the_flows_that_were_taken_and_the_visits_are_told_by_element() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    incident_of(&site, &instance).await;
    let flows = site
        .get(&format!("/v2/process-instances/{instance}/sequence-flows"))
        .await
        .json();
    has_exactly(
        &flows["items"][0],
        &[
            "sequenceFlowId",
            "processInstanceKey",
            "rootProcessInstanceKey",
            "processDefinitionKey",
            "processDefinitionId",
            "elementId",
            "tenantId",
        ],
    );
    let ids: Vec<_> = flows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flow| flow["sequenceFlowId"].clone())
        .collect();
    assert_eq!(ids, [format!("{instance}_f1"), format!("{instance}_f2")]);

    let statistics = format!("/v2/process-instances/{instance}/statistics/element-instances");
    let count = |element: &str, active: u64, canceled: u64, incidents: u64, completed: u64| json!({ "elementId": element, "active": active, "canceled": canceled, "incidents": incidents, "completed": completed });
    let expected = json!({ "items": [count("see", 0, 0, 0, 1), count("start", 0, 0, 0, 1), count("tell", 0, 0, 1, 0)] });
    assert_eq!(site.get(&statistics).await.json(), expected);
    done(
        &site
            .ask_json(
                "POST",
                &format!("/v2/process-instances/{instance}/cancellation"),
                Value::Null,
            )
            .await,
    );
    assert_eq!(
        site.get(&statistics).await.json()["items"][2],
        count("tell", 0, 1, 0, 0)
    );

    for what in ["sequence-flows", "statistics/element-instances"] {
        let nothing = site.get(&format!("/v2/process-instances/7/{what}")).await;
        assert_eq!(
            (nothing.status, nothing.json()),
            (Code::OK, json!({ "items": [] }))
        );
        refused(
            &site.get(&format!("/v2/process-instances/x/{what}")).await,
            Code::BAD_REQUEST,
            "is no key",
        );
    }
}

#[tokio::test]
async fn what_runs_and_what_cannot_go_on_is_counted_by_process_and_by_version() {
    let site = site().await;
    let stuck = start(&site, "Amina").await;
    incident_of(&site, &stuck).await;
    start(&site, "Ben").await;
    let ended = start(&site, "Chloe").await;
    let path = format!("/v2/process-instances/{ended}/cancellation");
    done(&site.post_json(&path, json!({})).await);
    let newer = VISIT.replace("Home visit", "Visit at home");
    site.deploy("visit.bpmn", &newer).await;
    start(&site, "Dora").await;
    let ask = async |what: &str, asked: Value| {
        let path = format!("/v2/process-definitions/statistics/{what}");
        let answer = site.post_json(&path, asked).await;
        assert_eq!(answer.status, Code::OK, "{}", answer.body);
        answer.json()["items"].clone()
    };
    assert_eq!(
        ask("process-instances", json!({})).await,
        json!([{
            "processDefinitionId": "visit", "tenantId": "<default>", "latestProcessDefinitionName": "Visit at home",
            "hasMultipleVersions": true, "activeInstancesWithIncidentCount": 1, "activeInstancesWithoutIncidentCount": 2,
        }])
    );
    let by_version = json!({
        "filter": { "processDefinitionId": "visit" },
        "sort": [{ "field": "activeInstancesWithIncidentCount", "order": "DESC" }],
    });
    let items = ask("process-instances-by-version", by_version).await;
    let told = items.as_array().unwrap().iter();
    let told = told.map(|item| {
        let counts = ["With", "Without"]
            .map(|word| item[format!("activeInstances{word}IncidentCount")].clone());
        (item["processDefinitionVersion"].clone(), counts)
    });
    let expected = [(1, [1, 1]), (2, [0, 1])];
    assert_eq!(json!(told.collect::<Vec<_>>()), json!(expected));
    let path = "/v2/process-definitions/statistics/process-instances-by-version";
    refused(
        &site.post_json(path, json!({})).await,
        Code::BAD_REQUEST,
        "filter.processDefinitionId is missing",
    );
}

#[tokio::test]
async fn the_elements_of_a_process_are_counted_over_its_instances() {
    let site = site().await;
    let stuck = start(&site, "Amina").await;
    incident_of(&site, &stuck).await;
    start(&site, "Ben").await;
    let definitions = json!({ "filter": { "processDefinitionId": "visit" } });
    let key = column(
        &site,
        "process-definitions",
        definitions,
        "processDefinitionKey",
    )
    .await;
    let path = format!(
        "/v2/process-definitions/{}/statistics/element-instances",
        text(&key[0])
    );
    let counted = async |filter: Value| {
        let answer = site.post_json(&path, json!({ "filter": filter })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let items = answer.json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| {
                format!(
                    "{} {} {} {}",
                    text(&item["elementId"]),
                    item["active"],
                    item["incidents"],
                    item["completed"]
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        counted(json!({})).await,
        ["see 1 0 1", "start 0 0 2", "tell 0 1 0"]
    );
    assert_eq!(
        counted(json!({ "hasIncident": true })).await,
        ["see 0 0 1", "start 0 0 1", "tell 0 1 0"]
    );
    assert_eq!(counted(json!({ "businessId": "C-nobody" })).await, [""; 0]);
    let unknown = site
        .post_json(
            "/v2/process-definitions/7/statistics/element-instances",
            json!({}),
        )
        .await;
    refused(&unknown, StatusCode::NOT_FOUND, "7");
}
