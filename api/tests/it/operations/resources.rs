//! Resources and forms by their keys.

use super::*;
use axum::http::StatusCode as Code;

const RISK: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="risks" name="Risks" namespace="t">
  <decision id="risk" name="Risk"><variable name="risk"/><literalExpression><text>"low"</text></literalExpression></decision>
  <decision id="urgency" name="Urgency"><variable name="urgency"/><literalExpression><text>1</text></literalExpression></decision>
</definitions>
"#;

const FIELDS: &[&str] = &[
    "resourceName",
    "version",
    "versionTag",
    "resourceId",
    "tenantId",
    "resourceKey",
];

#[tokio::test]
async fn resources_are_found_and_read_whatever_they_are() {
    let site = site().await;
    site.deploy("risks.dmn", RISK).await;
    let sorted = json!({ "sort": [{ "field": "resourceId" }] });
    let all = search(&site, "resources", sorted).await;
    assert_eq!(all["page"]["totalItems"], 5);
    let told: Vec<(&Value, &Value)> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            has_exactly(one, FIELDS);
            (&one["resourceId"], &one["resourceName"])
        })
        .collect();
    let expected = [
        (&json!("caller"), &json!("caller.bpmn")),
        (&json!("referral"), &json!("referral.form")),
        (&json!("risks"), &json!("risks.dmn")),
        (&json!("seen"), &json!("seen.form")),
        (&json!("visit"), &json!("visit.bpmn")),
    ];
    assert_eq!(told, expected);
    for (number, content) in [(2, RISK), (3, form("seen").as_str()), (4, VISIT)] {
        let key = text(&all["items"][number]["resourceKey"]);
        let read = site.get(&format!("/v2/resources/{key}")).await;
        assert_eq!(read.json(), all["items"][number]);
        let file = site
            .get(&format!("/v2/resources/{key}/content/binary"))
            .await;
        assert_eq!((file.status, file.body.as_str()), (Code::OK, content));
        assert_eq!(file.header("content-type"), "application/octet-stream");
    }
    let tagged = json!({ "filter": { "versionTag": "v1" } });
    assert_eq!(
        column(&site, "resources", tagged, "resourceId").await,
        ["visit"]
    );
    let unknown = site.get("/v2/resources/7/content/binary").await;
    refused(&unknown, Code::NOT_FOUND, "the resource 7");
}

#[tokio::test]
async fn what_is_deleted_is_no_resource_any_more() {
    let site = site().await;
    let visits = json!({ "filter": { "resourceId": "visit" } });
    let key = column(&site, "resources", visits.clone(), "resourceKey").await;
    let key = text(&key[0]);
    let deleted = site
        .post_json(&format!("/v2/resources/{key}/deletion"), json!({}))
        .await;
    assert_eq!(deleted.status, Code::OK, "{}", deleted.body);
    assert_eq!(
        column(&site, "resources", visits, "resourceKey").await,
        Vec::<Value>::new()
    );
    let gone = site.get(&format!("/v2/resources/{key}")).await;
    refused(&gone, Code::NOT_FOUND, "the resource");
}

#[tokio::test]
async fn a_form_is_read_by_its_key() {
    let site = site().await;
    let seen = json!({ "filter": { "resourceId": "seen" } });
    let key = text(&column(&site, "resources", seen, "resourceKey").await[0]);
    site.deploy("seen.form", &form("seen").replace("Hello", "Good day"))
        .await;
    let read = site.get(&format!("/v2/forms/{key}")).await;
    assert_eq!(read.status, Code::OK, "{}", read.body);
    let read = read.json();
    has_exactly(
        &read,
        &["tenantId", "formId", "schema", "version", "formKey"],
    );
    assert_eq!(
        (&read["formId"], &read["version"]),
        (&json!("seen"), &json!(1))
    );
    assert_eq!(read["schema"], form("seen"));
    let unknown = site.get("/v2/forms/7").await;
    refused(&unknown, Code::NOT_FOUND, "the form 7");
}
