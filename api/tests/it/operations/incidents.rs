//! Incidents: found, read, resolved.

use super::*;
use axum::http::StatusCode as Code;

const FIELDS: &[&str] = &[
    "processDefinitionId",
    "errorType",
    "errorMessage",
    "elementId",
    "creationTime",
    "state",
    "tenantId",
    "incidentKey",
    "processDefinitionKey",
    "processInstanceKey",
    "rootProcessInstanceKey",
    "elementInstanceKey",
    "jobKey",
];

#[tokio::test]
async fn an_incident_is_found_read_and_resolved() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let key = incident_of(&site, &instance).await;
    let read = site.get(&format!("/v2/incidents/{key}")).await;
    assert_eq!(read.status, Code::OK, "{}", read.body);
    let read = read.json();
    has_exactly(&read, FIELDS);
    assert_eq!(read["errorType"], "JOB_NO_RETRIES");
    assert_eq!(
        (&read["elementId"], &read["state"]),
        (&json!("tell"), &json!("ACTIVE"))
    );
    assert!(
        text(&read["errorMessage"]).contains("the line is dead"),
        "{read}"
    );
    assert!(read["jobKey"].is_string());
    let open = search(
        &site,
        "incidents",
        json!({ "filter": { "state": "ACTIVE" } }),
    )
    .await;
    assert_eq!(
        (&open["items"], &open["page"]["totalItems"]),
        (&json!([read]), &json!(1))
    );

    let path = format!("/v2/incidents/{key}/resolution");
    done(&site.ask_json("POST", &path, Value::Null).await);
    refused(
        &site.ask_json("POST", &path, Value::Null).await,
        Code::NOT_FOUND,
        "is not open",
    );
    let nothing = site
        .ask_json("POST", "/v2/incidents/7/resolution", Value::Null)
        .await;
    refused(&nothing, Code::NOT_FOUND, "the incident 7");
    refused(
        &site.get("/v2/incidents/7").await,
        Code::NOT_FOUND,
        "the incident 7",
    );
    let read = site.get(&format!("/v2/incidents/{key}")).await.json();
    assert_eq!(
        (&read["state"], &read["jobKey"]),
        (&json!("RESOLVED"), &Value::Null)
    );
    assert_eq!(
        search(&site, "incidents", json!({})).await["page"]["totalItems"],
        1
    );
    let open = search(
        &site,
        "incidents",
        json!({ "filter": { "state": "ACTIVE" } }),
    )
    .await;
    assert_eq!(open["page"]["totalItems"], 0);
}

#[tokio::test]
async fn incidents_come_in_pages_and_within_an_instance_by_any_field() {
    let site = site().await;
    let mut keys = Vec::new();
    for child in ["a", "b", "c"] {
        let instance = start(&site, child).await;
        keys.push((instance.clone(), json!(incident_of(&site, &instance).await)));
        site.wait(1).await;
    }
    let page = |from: u32, order: &str| json!({ "filter": { "state": "ACTIVE" }, "sort": [{ "field": "creationTime", "order": order }], "page": { "from": from, "limit": 1 } });
    for (asked, expected) in [
        (page(0, "ASC"), 0),
        (page(1, "ASC"), 1),
        (page(0, "DESC"), 2),
    ] {
        let found = search(&site, "incidents", asked.clone()).await;
        assert_eq!(found["page"]["totalItems"], 3, "{asked}");
        assert_eq!(
            found["items"][0]["incidentKey"], keys[expected].1,
            "{asked}"
        );
    }
    let (instance, key) = &keys[1];
    for (filter, number) in [
        (
            json!({ "processInstanceKey": instance, "errorType": { "$in": ["JOB_NO_RETRIES", "UNKNOWN"] } }),
            1,
        ),
        (
            json!({ "processInstanceKey": instance, "elementId": { "$like": "se*" } }),
            0,
        ),
        (
            json!({ "processInstanceKey": instance, "creationTime": { "$gte": "2026-03-02T06:01:00Z" } }),
            1,
        ),
        (json!({ "incidentKey": key, "state": "RESOLVED" }), 0),
        (json!({ "incidentKey": { "$in": [key, keys[2].1] } }), 2),
    ] {
        let found = search(&site, "incidents", json!({ "filter": filter })).await;
        assert_eq!(found["page"]["totalItems"], number, "{filter}");
    }
    for (asked, says) in [
        (
            json!({ "filter": { "errorType": "UNKNOWN" } }),
            "Incidents have no index for this search",
        ),
        (
            json!({ "filter": { "state": "RESOLVED" } }),
            "creationTime with state ACTIVE",
        ),
        (
            json!({ "filter": { "processInstanceKey": instance, "colour": "red" } }),
            "filtered by colour",
        ),
        (
            json!({ "filter": { "processInstanceKey": "x" } }),
            "filter.processInstanceKey is a key",
        ),
        (
            json!({ "sort": [{ "field": "errorType" }] }),
            "no index for this search",
        ),
    ] {
        refused(
            &site.post_json("/v2/incidents/search", asked).await,
            Code::BAD_REQUEST,
            says,
        );
    }
}

#[tokio::test]
async fn the_incidents_of_an_instance_are_also_those_of_what_it_has_called() {
    let site = site().await;
    let (caller, called) = called_visit(&site).await;
    let key = incident_of(&site, &called).await;
    for instance in [&caller, &called] {
        let found = column(
            &site,
            &format!("process-instances/{instance}/incidents"),
            json!({}),
            "incidentKey",
        )
        .await;
        assert_eq!(found, [json!(key)]);
    }
    let nothing = site
        .post_json("/v2/process-instances/7/incidents/search", json!({}))
        .await;
    refused(&nothing, Code::NOT_FOUND, "the process instance 7");
}

#[tokio::test]
async fn the_incidents_of_a_visit_are_those_inside_it_and_of_what_it_has_called() {
    let site = site().await;
    let (caller, called) = called_visit(&site).await;
    let incident = json!(incident_of(&site, &called).await);
    let visit = async |instance: &str, element: &str| {
        let asked = json!({ "filter": { "processInstanceKey": instance, "elementId": element } });
        let found = column(&site, "element-instances", asked, "elementInstanceKey").await;
        text(&found[0])
    };
    for (instance, element, expected) in [
        (&caller, "call", vec![&incident]),
        (&caller, "start", vec![]),
        (&called, "tell", vec![&incident]),
        (&called, "see", vec![]),
    ] {
        let at = visit(instance, element).await;
        let things = format!("element-instances/{at}/incidents");
        let found = column(&site, &things, json!({}), "incidentKey").await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{element}");
        let resolved = json!({ "filter": { "state": "RESOLVED" } });
        let found = column(&site, &things, resolved, "incidentKey").await;
        assert_eq!(found, Vec::<Value>::new(), "{element}");
    }
    let nothing = site
        .post_json("/v2/element-instances/7/incidents/search", json!({}))
        .await;
    refused(&nothing, Code::NOT_FOUND, "the element instance 7");
}

#[tokio::test]
async fn running_instances_are_counted_by_what_holds_them_up() {
    let site = site().await;
    for child in ["Amina", "Joseph"] {
        let instance = start(&site, child).await;
        incident_of(&site, &instance).await;
    }
    let over = start(&site, "Grace").await;
    incident_of(&site, &over).await;
    let path = format!("/v2/process-instances/{over}/cancellation");
    done(&site.post_json(&path, json!({})).await);
    let path = "/v2/incidents/statistics/process-instances-by-error";
    let found = site.post_json(path, json!({})).await.json();
    assert_eq!(found["page"]["totalItems"], 1);
    let error = &found["items"][0];
    assert_eq!(error["activeInstancesWithErrorCount"], 2);
    assert!(text(&error["errorMessage"]).contains("the line is dead"));
    let asked = json!({ "filter": { "errorHashCode": error["errorHashCode"] } });
    let path = "/v2/incidents/statistics/process-instances-by-definition";
    let found = site.post_json(path, asked).await.json();
    let version = &found["items"][0];
    assert_eq!(
        (
            &version["processDefinitionId"],
            &version["processDefinitionVersion"],
            &version["processDefinitionName"]
        ),
        (&json!("visit"), &json!(1), &json!("Home visit"))
    );
    assert_eq!(version["activeInstancesWithErrorCount"], 2);
    let other = json!({ "filter": { "errorHashCode": 7 } });
    let found = site.post_json(path, other).await.json();
    assert_eq!(found["items"], json!([]));
    let unnamed = site.post_json(path, json!({})).await;
    refused(
        &unnamed,
        Code::BAD_REQUEST,
        "filter.errorHashCode is missing",
    );
}
