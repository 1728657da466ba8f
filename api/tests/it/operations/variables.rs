//! Variables one by one: found, read, set; those that a task sees.

use super::*;
use axum::http::StatusCode as Code;
use runtime::AuditQuery;

const FIELDS: &[&str] = &[
    "name",
    "tenantId",
    "variableKey",
    "scopeKey",
    "processInstanceKey",
    "rootProcessInstanceKey",
    "value",
];

#[tokio::test]
async fn a_variable_is_found_and_read_by_a_key_that_stays() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let asked = json!({ "filter": { "processInstanceKey": instance, "name": "child" } });
    let found = search(&site, "variables", asked.clone()).await;
    assert_eq!(found["page"]["totalItems"], 1);
    let item = &found["items"][0];
    let mut fields = FIELDS.to_vec();
    fields.push("isTruncated");
    has_exactly(item, &fields);
    assert_eq!(item["value"], "\"Amina\"");
    assert_eq!(
        (&item["scopeKey"], &item["isTruncated"]),
        (&json!(instance), &json!(false))
    );
    let trail = site.runtime.audit(&AuditQuery::default()).await.unwrap();
    assert_eq!(trail[0].subject, "cases/C-Amina");

    let key = text(&item["variableKey"]);
    let other = json!({ "variables": { "aunt": "Ruth", "child": "Amina N." } });
    done(
        &site
            .ask_json(
                "PUT",
                &format!("/v2/element-instances/{instance}/variables"),
                other,
            )
            .await,
    );
    let read = site.get(&format!("/v2/variables/{key}")).await;
    assert_eq!(read.status, Code::OK, "{}", read.body);
    has_exactly(&read.json(), FIELDS);
    assert_eq!(read.json()["value"], "\"Amina N.\"");
    let by_key = json!({ "filter": { "variableKey": key } });
    assert_eq!(column(&site, "variables", by_key, "name").await, ["child"]);
    for nobody in ["7", "-7", "9223372036854775807"] {
        let gone = site.get(&format!("/v2/variables/{nobody}")).await;
        refused(&gone, Code::NOT_FOUND, "the variable");
    }
}

#[tokio::test]
async fn variables_are_filtered_by_every_field_of_named_instances_only() {
    let site = site().await;
    let one = start(&site, "Amina").await;
    let other = start(&site, "Joseph").await;
    for (filter, expected) in [
        (
            json!({ "processInstanceKey": { "$in": [one, other] }, "value": "\"Joseph\"", "scopeKey": other }),
            vec!["child"],
        ),
        (
            json!({ "processInstanceKey": one, "name": { "$like": "?hild" } }),
            vec!["child"],
        ),
        (
            json!({ "processInstanceKey": one, "name": { "$neq": "child" } }),
            vec!["name"],
        ),
        (json!({ "scopeKey": one }), vec!["child"]),
        (
            json!({ "scopeKey": one, "processInstanceKey": other }),
            vec![],
        ),
    ] {
        let asked = json!({ "filter": filter, "sort": [{ "field": "name" }] });
        assert_eq!(
            column(&site, "variables", asked, "name").await,
            expected,
            "{filter}"
        );
    }
    for (asked, says) in [
        (json!({}), "Variables are found by processInstanceKey"),
        (
            json!({ "filter": { "name": "child" } }),
            "Variables are found by processInstanceKey",
        ),
        (
            json!({ "filter": { "processInstanceKey": one, "colour": 1 } }),
            "filtered by colour",
        ),
        (
            json!({ "filter": { "processInstanceKey": one }, "sort": [{ "field": "colour" }] }),
            "sorted by colour",
        ),
    ] {
        refused(
            &site.post_json("/v2/variables/search", asked).await,
            Code::BAD_REQUEST,
            says,
        );
    }
}

#[tokio::test]
async fn long_values_are_cut_unless_they_are_wanted_whole() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let long = json!({ "variables": { "child": "ü".repeat(9_000) } });
    done(
        &site
            .ask_json(
                "PUT",
                &format!("/v2/element-instances/{instance}/variables"),
                long,
            )
            .await,
    );
    let asked = json!({ "filter": { "processInstanceKey": instance, "name": "child" } });
    let cut = search(&site, "variables", asked.clone()).await["items"][0].clone();
    assert_eq!(
        (text(&cut["value"]).chars().count(), &cut["isTruncated"]),
        (8_191, &json!(true))
    );
    let whole = search_whole(&site, asked).await;
    assert_eq!(
        (text(&whole["value"]).chars().count(), &whole["isTruncated"]),
        (9_002, &json!(false))
    );
    let read = site
        .get(&format!("/v2/variables/{}", text(&cut["variableKey"])))
        .await
        .json();
    assert_eq!(read["value"], whole["value"]);
}

async fn search_whole(site: &Site, asked: Value) -> Value {
    let answer = site
        .post_json("/v2/variables/search?truncateValues=false", asked)
        .await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    answer.json()["items"][0].clone()
}

#[tokio::test]
async fn a_task_sees_its_own_variables_and_those_around_it() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let task = task_of(&site, &instance).await;
    let (key, visit) = (
        text(&task["userTaskKey"]),
        text(&task["elementInstanceKey"]),
    );
    let local = json!({ "variables": { "child": "A." }, "local": true });
    done(
        &site
            .ask_json(
                "PUT",
                &format!("/v2/element-instances/{visit}/variables"),
                local,
            )
            .await,
    );
    let sorted = json!({ "sort": [{ "field": "name" }, { "field": "scopeKey" }] });
    let names = column(
        &site,
        &format!("user-tasks/{key}/variables"),
        sorted.clone(),
        "name",
    )
    .await;
    assert_eq!(names, ["child", "child", "name"]);
    let values = column(
        &site,
        &format!("user-tasks/{key}/effective-variables"),
        sorted,
        "value",
    )
    .await;
    assert_eq!(values, ["\"A.\"", "\"Amina\""]);
    let only = json!({ "filter": { "name": "name" } });
    assert_eq!(
        column(
            &site,
            &format!("user-tasks/{key}/variables"),
            only,
            "scopeKey"
        )
        .await,
        [json!(visit)]
    );
    let gone = site
        .post_json("/v2/user-tasks/7/variables/search", json!({}))
        .await;
    refused(&gone, Code::NOT_FOUND, "the task 7");
}

#[tokio::test]
async fn variables_are_set_in_scopes_that_are_there() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let path = format!("/v2/element-instances/{instance}/variables");
    refused(
        &site.ask_json("PUT", &path, json!({})).await,
        Code::BAD_REQUEST,
        "variables is missing",
    );
    let number = json!({ "variables": 3 });
    refused(
        &site.ask_json("PUT", &path, number).await,
        Code::BAD_REQUEST,
        "variables is an object",
    );
    let some = json!({ "variables": { "a": 1 } });
    let nowhere = site
        .ask_json("PUT", "/v2/element-instances/7/variables", some.clone())
        .await;
    assert_eq!(nowhere.status, Code::NOT_FOUND, "{}", nowhere.body);
    let cancel = format!("/v2/process-instances/{instance}/cancellation");
    done(&site.ask_json("POST", &cancel, Value::Null).await);
    refused(
        &site.ask_json("PUT", &path, some).await,
        Code::NOT_FOUND,
        "has ended",
    );
}
