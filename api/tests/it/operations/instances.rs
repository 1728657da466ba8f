//! Process instances: read, found page by page, cancelled with what they have called.

use super::*;
use axum::http::StatusCode as Code;
use runtime::AuditQuery;

const FIELDS: &[&str] = &[
    "processDefinitionId",
    "processDefinitionName",
    "processDefinitionVersion",
    "processDefinitionVersionTag",
    "startDate",
    "endDate",
    "state",
    "suspendedDate",
    "hasIncident",
    "tenantId",
    "processInstanceKey",
    "processDefinitionKey",
    "parentProcessInstanceKey",
    "parentElementInstanceKey",
    "rootProcessInstanceKey",
    "tags",
    "businessId",
];

#[tokio::test]
async fn an_instance_is_read_by_its_key_and_that_is_noted() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    let read = site.get(&format!("/v2/process-instances/{key}")).await;
    assert_eq!(read.status, Code::OK, "{}", read.body);
    let read = read.json();
    has_exactly(&read, FIELDS);
    assert_eq!(read["processDefinitionVersionTag"], "v1");
    assert_eq!(
        (&read["state"], &read["hasIncident"]),
        (&json!("ACTIVE"), &json!(false))
    );
    assert_eq!(read["startDate"], "2026-03-02T06:00:00.000Z");
    let trail = site.runtime.audit(&AuditQuery::default()).await.unwrap();
    assert_eq!(trail[0].subject, "cases/C-Amina");
    refused(
        &site.get("/v2/process-instances/7").await,
        Code::NOT_FOUND,
        "the process instance 7",
    );
    refused(
        &site.get("/v2/process-instances/x").await,
        Code::BAD_REQUEST,
        "is no key",
    );
}

#[tokio::test]
async fn pages_follow_each_other_and_tell_how_many_there_are() {
    let site = site().await;
    let mut keys = Vec::new();
    for child in ["a", "b", "c"] {
        keys.push(json!(start(&site, child).await));
    }
    let page = |from: u32, limit: u32, order: &str| json!({ "sort": [{ "field": "processInstanceKey", "order": order }], "page": { "from": from, "limit": limit } });
    for (asked, expected) in [
        (page(0, 2, "ASC"), &keys[0..2]),
        (page(2, 2, "asc"), &keys[2..3]),
        (page(1, 1, "ASC"), &keys[1..2]),
        (page(0, 1, "DESC"), &keys[2..3]),
        (page(9, 5, "ASC"), &[]),
    ] {
        let found = search(&site, "process-instances", asked.clone()).await;
        assert_eq!(found["page"]["totalItems"], 3, "{asked}");
        assert_eq!(found["page"]["hasMoreTotalItems"], false);
        let found = column(&site, "process-instances", asked, "processInstanceKey").await;
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn only_what_has_an_index_is_searched_for() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    for (filter, number) in [
        (
            json!({ "processInstanceKey": key, "tenantId": "<default>" }),
            1,
        ),
        (
            json!({ "businessId": { "$eq": "C-Amina" }, "state": "active" }),
            1,
        ),
        (json!({ "parentProcessInstanceKey": key }), 0),
        (
            json!({ "processDefinitionId": "visit", "tenantId": "other" }),
            0,
        ),
    ] {
        let found = search(&site, "process-instances", json!({ "filter": filter })).await;
        assert_eq!(found["page"]["totalItems"], number, "{filter}");
    }
    let path = "/v2/process-instances/search";
    for (asked, says) in [
        (
            json!({ "filter": { "startDate": { "$gt": "2026-03-02T06:00:00Z" } } }),
            "Process instances have no index for this search; name one of: processInstanceKey, businessId",
        ),
        (
            json!({ "filter": { "state": "LOST" } }),
            "filter.state is one of ACTIVE, COMPLETED, SUSPENDED, TERMINATED",
        ),
        (
            json!({ "sort": [{ "field": "startDate" }] }),
            "no index for this search",
        ),
        (
            json!({ "sort": [{ "field": "colour" }] }),
            "cannot be sorted by colour",
        ),
        (
            json!({ "sort": [{ "field": "processInstanceKey", "order": "up" }] }),
            "ASC or DESC",
        ),
        (json!({ "page": { "limit": 0 } }), "page.limit"),
        (
            json!({ "page": { "after": "b2xk" } }),
            "page.after is no cursor",
        ),
    ] {
        refused(&site.post_json(path, asked).await, Code::BAD_REQUEST, says);
    }
}

#[tokio::test]
async fn an_instance_is_cancelled_once_and_with_it_what_it_has_called() {
    let site = site().await;
    let asked = json!({ "processDefinitionId": "caller" });
    let started = site.post_json("/v2/process-instances", asked).await.json();
    let key = text(&started["processInstanceKey"]);
    let called = json!({ "filter": { "parentProcessInstanceKey": key } });
    let found = search(&site, "process-instances", called.clone()).await;
    assert_eq!(found["page"]["totalItems"], 1);
    assert!(found["items"][0]["parentElementInstanceKey"].is_string());

    let path = format!("/v2/process-instances/{key}/cancellation");
    done(
        &site
            .ask_json("POST", &path, json!({ "operationReference": 3 }))
            .await,
    );
    assert_eq!(
        column(&site, "process-instances", called, "state").await,
        ["TERMINATED"]
    );
    refused(
        &site.ask_json("POST", &path, Value::Null).await,
        Code::NOT_FOUND,
        "has ended",
    );
    let nothing = site
        .ask_json("POST", "/v2/process-instances/7/cancellation", Value::Null)
        .await;
    refused(&nothing, Code::NOT_FOUND, "the process instance 7");
}

#[tokio::test]
async fn caseworkers_do_not_put_right_what_runs() {
    let site = Site::new().await;
    let claim = "Basic Z3JhY2U6YSBsb25nIHBhc3N3b3Jk"; // grace:a long password
    for (method, path) in [
        ("POST", "/v2/process-instances/1048576/cancellation"),
        ("POST", "/v2/incidents/1048577/resolution"),
        ("PUT", "/v2/element-instances/1048576/variables"),
    ] {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", claim)
            .body(axum::body::Body::empty())
            .unwrap();
        refused(
            &site.send(request).await,
            Code::FORBIDDEN,
            "no authorization for",
        );
    }
}
