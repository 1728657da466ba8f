//! Looking for jobs.

use super::*;

const FIELDS: &[&str] = &[
    "customHeaders",
    "deadline",
    "deniedReason",
    "elementId",
    "elementInstanceKey",
    "endTime",
    "errorCode",
    "errorMessage",
    "hasFailedWithRetriesLeft",
    "isDenied",
    "jobKey",
    "kind",
    "listenerEventType",
    "processDefinitionId",
    "processDefinitionKey",
    "processInstanceKey",
    "rootProcessInstanceKey",
    "businessId",
    "retries",
    "state",
    "tenantId",
    "type",
    "worker",
    "creationTime",
    "lastUpdateTime",
    "priority",
];

/// An instance whose job waits.
async fn with_job(site: &Site, child: &str) -> String {
    let instance = start(site, child).await;
    let task = text(&task_of(site, &instance).await["userTaskKey"]);
    done(
        &site
            .post_json(&format!("/v2/user-tasks/{task}/completion"), json!({}))
            .await,
    );
    instance
}

async fn take(site: &Site) -> Value {
    let asked = json!({ "type": "tell", "worker": "letters", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": -1 });
    site.post_json("/v2/jobs/activation", asked).await.json()["jobs"][0].clone()
}

#[tokio::test]
async fn open_jobs_are_found_by_type_and_process() {
    let site = site().await;
    let one = with_job(&site, "Amina").await;
    let other = with_job(&site, "Amos").await;
    for (filter, expected) in [
        (json!({ "type": "tell" }), vec![&one, &other]),
        (
            json!({ "processDefinitionId": "visit", "retries": { "$gt": 0 } }),
            vec![&one, &other],
        ),
        (json!({ "type": { "$in": ["write", "sing"] } }), vec![]),
        (
            json!({ "type": "tell", "elementId": { "$like": "s*" } }),
            vec![],
        ),
        (json!({ "processInstanceKey": other }), vec![&other]),
    ] {
        let found = column(
            &site,
            "jobs",
            json!({ "filter": filter }),
            "processInstanceKey",
        )
        .await;
        assert_eq!(json!(found), json!(expected), "{filter}");
    }
    let found = search(
        &site,
        "jobs",
        json!({ "filter": { "type": "tell" }, "page": { "limit": 1 } }),
    )
    .await;
    has_exactly(&found["items"][0], FIELDS);
    assert_eq!(found["page"]["totalItems"], 2);
    let unnamed = site
        .post_json(
            "/v2/jobs/search",
            json!({ "filter": { "elementId": "tell" } }),
        )
        .await;
    refused(
        &unnamed,
        StatusCode::BAD_REQUEST,
        "name one of: jobKey, processInstanceKey, type",
    );
}

#[tokio::test]
async fn a_job_tells_who_has_it_how_it_failed_and_what_became_of_it() {
    let site = site().await;
    let instance = with_job(&site, "Amina").await;
    let now = async || {
        search(
            &site,
            "jobs",
            json!({ "filter": { "processInstanceKey": instance } }),
        )
        .await["items"][0]
            .clone()
    };
    let created = now().await;
    assert_eq!(
        (&created["state"], &created["worker"], &created["deadline"]),
        (&json!("CREATED"), &json!(""), &Value::Null)
    );
    let job = text(&take(&site).await["jobKey"]);
    let taken = now().await;
    assert_eq!(
        (&taken["jobKey"], &taken["worker"]),
        (&json!(job), &json!("letters"))
    );
    assert_eq!(taken["deadline"], "2026-03-02T06:01:00.000Z");
    let failed = json!({ "retries": 2, "errorMessage": "the line is dead" });
    done(
        &site
            .post_json(&format!("/v2/jobs/{job}/failure"), failed)
            .await,
    );
    let failed = now().await;
    assert_eq!(
        (
            &failed["state"],
            &failed["retries"],
            &failed["hasFailedWithRetriesLeft"]
        ),
        (&json!("FAILED"), &json!(2), &json!(true))
    );
    assert_eq!(failed["errorMessage"], "the line is dead");
    let job = text(&take(&site).await["jobKey"]);
    done(
        &site
            .post_json(&format!("/v2/jobs/{job}/completion"), json!({}))
            .await,
    );
    let over = now().await;
    assert_eq!(
        (&over["state"], &over["endTime"]),
        (&json!("COMPLETED"), &json!("2026-03-02T06:00:00.000Z"))
    );
    let open = json!({ "filter": { "type": "tell" } });
    assert_eq!(search(&site, "jobs", open).await["page"]["totalItems"], 0);
}

#[tokio::test]
async fn many_jobs_of_all_instances_are_asked_for_page_by_page() {
    let site = site().await;
    for (limit, filter, status) in [
        (1_000, json!({}), StatusCode::OK),
        (1_001, json!({}), StatusCode::BAD_REQUEST),
        (1_001, json!({ "processInstanceKey": "77" }), StatusCode::OK),
    ] {
        let asked = json!({ "filter": filter, "page": { "limit": limit } });
        let answer = site.post_json("/v2/jobs/search", asked).await;
        assert_eq!(answer.status, status, "{limit} {filter}: {}", answer.body);
    }
}
