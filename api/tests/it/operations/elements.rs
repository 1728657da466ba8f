//! Element instances: where an instance is, and where it was.

use super::*;
use axum::http::StatusCode as Code;

const FIELDS: &[&str] = &[
    "processDefinitionId",
    "startDate",
    "endDate",
    "elementId",
    "elementName",
    "type",
    "state",
    "hasIncident",
    "tenantId",
    "elementInstanceKey",
    "processInstanceKey",
    "rootProcessInstanceKey",
    "processDefinitionKey",
    "incidentKey",
];

#[tokio::test]
async fn the_way_of_an_instance_is_told_visit_by_visit() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    site.wait(5).await;
    let incident = incident_of(&site, &instance).await;
    let asked = json!({ "filter": { "processInstanceKey": instance } });
    let found = search(&site, "element-instances", asked).await;
    let items = found["items"].as_array().unwrap();
    has_exactly(&items[0], FIELDS);
    let told: Vec<(String, String, String)> = items
        .iter()
        .map(|item| {
            (
                text(&item["elementId"]),
                text(&item["type"]),
                text(&item["state"]),
            )
        })
        .collect();
    let expected = [
        ("start", "START_EVENT", "COMPLETED"),
        ("see", "USER_TASK", "COMPLETED"),
        ("tell", "SERVICE_TASK", "ACTIVE"),
    ];
    let expected = expected.map(|(id, kind, state)| (id.into(), kind.into(), state.into()));
    assert_eq!(told, expected);
    assert_eq!(items[1]["elementName"], "See the child");
    assert_eq!(items[1]["startDate"], "2026-03-02T06:00:00.000Z");
    assert_eq!(items[1]["endDate"], "2026-03-02T06:05:00.000Z");
    assert_eq!(
        (&items[2]["hasIncident"], &items[2]["incidentKey"]),
        (&json!(true), &json!(incident))
    );

    let key = text(&items[2]["elementInstanceKey"]);
    let read = site.get(&format!("/v2/element-instances/{key}")).await;
    assert_eq!((read.status, &read.json()), (Code::OK, &items[2]));
    done(
        &site
            .ask_json(
                "POST",
                &format!("/v2/process-instances/{instance}/cancellation"),
                Value::Null,
            )
            .await,
    );
    let read = site
        .get(&format!("/v2/element-instances/{key}"))
        .await
        .json();
    assert_eq!(
        (&read["state"], &read["hasIncident"]),
        (&json!("TERMINATED"), &json!(false))
    );
}

#[tokio::test]
async fn element_instances_are_filtered_by_every_field_of_named_instances_only() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    for (filter, expected) in [
        (
            json!({ "processInstanceKey": instance, "state": "ACTIVE" }),
            vec!["see"],
        ),
        (
            json!({ "elementInstanceScopeKey": instance, "type": "START_EVENT" }),
            vec!["start"],
        ),
        (
            json!({ "processInstanceKey": instance, "elementId": { "$in": ["see", "end"] } }),
            vec!["see"],
        ),
        (
            json!({ "processInstanceKey": instance, "hasIncident": true }),
            vec![],
        ),
        (json!({ "processInstanceKey": "1" }), vec![]),
    ] {
        let found = column(
            &site,
            "element-instances",
            json!({ "filter": filter }),
            "elementId",
        )
        .await;
        assert_eq!(found, expected, "{filter}");
    }
    for (asked, says) in [
        (json!({}), "Element instances are found by one of these"),
        (
            json!({ "filter": { "elementId": "see" } }),
            "Element instances are found by one of these",
        ),
        (
            json!({ "filter": { "processInstanceKey": instance, "type": "LAMP" } }),
            "filter.type is one of",
        ),
    ] {
        refused(
            &site.post_json("/v2/element-instances/search", asked).await,
            Code::BAD_REQUEST,
            says,
        );
    }
    refused(
        &site.get("/v2/element-instances/7").await,
        Code::NOT_FOUND,
        "the element instance 7",
    );
}
