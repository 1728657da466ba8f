//! Process definitions: found, read, with the models themselves and the forms with which they begin.

use super::*;
use axum::http::StatusCode as Code;

const FIELDS: &[&str] = &[
    "name",
    "resourceName",
    "version",
    "versionTag",
    "processDefinitionId",
    "tenantId",
    "processDefinitionKey",
    "hasStartForm",
    "state",
];

#[tokio::test]
async fn definitions_are_found_by_every_field() {
    let site = site().await;
    site.deploy("visit.bpmn", &VISIT.replace("Home visit", "Visit at home"))
        .await;
    let all = search(&site, "process-definitions", json!({})).await;
    assert_eq!(all["page"]["totalItems"], 3);
    has_exactly(&all["items"][0], FIELDS);
    for (filter, expected) in [
        (
            json!({ "isLatestVersion": true, "processDefinitionId": "visit" }),
            vec![2],
        ),
        (json!({ "isLatestVersion": false }), vec![1]),
        (json!({ "name": { "$like": "*visit*" } }), vec![1]),
        (
            json!({ "resourceName": "visit.bpmn", "version": 2 }),
            vec![2],
        ),
        (
            json!({ "versionTag": "v1", "hasStartForm": true }),
            vec![2, 1],
        ),
        (json!({ "state": "deleted" }), vec![]),
    ] {
        let asked = json!({ "filter": filter, "sort": [{ "field": "version", "order": "desc" }] });
        assert_eq!(
            column(&site, "process-definitions", asked, "version").await,
            expected,
            "{filter}"
        );
    }
    let path = "/v2/process-definitions/search";
    for (asked, says) in [
        (
            json!({ "filter": { "colour": "red" } }),
            "filtered by colour",
        ),
        (
            json!({ "filter": { "version": "two" } }),
            "filter.version is a whole number",
        ),
        (
            json!({ "sort": [{ "field": "colour" }] }),
            "sorted by colour",
        ),
    ] {
        refused(&site.post_json(path, asked).await, Code::BAD_REQUEST, says);
    }
}

#[tokio::test]
async fn a_definition_is_read_with_its_model_and_its_form() {
    let site = site().await;
    let by_id = |id: &str| json!({ "filter": { "processDefinitionId": id } });
    let found = search(&site, "process-definitions", by_id("visit")).await["items"][0].clone();
    let key = text(&found["processDefinitionKey"]);
    let path = format!("/v2/process-definitions/{key}");
    let read = site.get(&path).await;
    assert_eq!((read.status, read.json()), (Code::OK, found.clone()));
    assert_eq!(
        (&found["name"], &found["hasStartForm"]),
        (&json!("Home visit"), &json!(true))
    );
    let xml = site.get(&format!("{path}/xml")).await;
    assert_eq!((xml.status, xml.body.as_str()), (Code::OK, VISIT));
    assert!(xml.header("content-type").starts_with("text/xml"));
    let form = site.get(&format!("{path}/form")).await;
    assert_eq!(form.status, Code::OK, "{}", form.body);
    has_exactly(
        &form.json(),
        &["tenantId", "formId", "schema", "version", "formKey"],
    );
    assert_eq!(form.json()["formId"], "referral");

    let caller = column(
        &site,
        "process-definitions",
        by_id("caller"),
        "processDefinitionKey",
    )
    .await;
    done(
        &site
            .get(&format!(
                "/v2/process-definitions/{}/form",
                text(&caller[0])
            ))
            .await,
    );
    for path in ["7", "7/xml", "7/form"] {
        let gone = site.get(&format!("/v2/process-definitions/{path}")).await;
        refused(&gone, Code::NOT_FOUND, "the process definition 7");
    }
}
