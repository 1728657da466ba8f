//! Instances that stand still, and go on.

use super::*;
use axum::http::StatusCode as Code;

async fn ask(site: &Site, instance: &str, what: &str) -> Answer {
    let path = format!("/v2/process-instances/{instance}/{what}");
    site.ask_json("POST", &path, Value::Null).await
}

#[tokio::test]
async fn a_suspended_instance_refuses_what_would_let_it_go_on() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    done(&ask(&site, &key, "suspension").await);
    let again = ask(&site, &key, "suspension").await;
    refused(
        &again,
        Code::CONFLICT,
        "is suspended since 2026-03-02T06:00:00Z",
    );
    let read = site
        .get(&format!("/v2/process-instances/{key}"))
        .await
        .json();
    assert_eq!(
        (&read["state"], &read["suspendedDate"]),
        (&json!("ACTIVE"), &json!("2026-03-02T06:00:00.000Z"))
    );
    let other = start(&site, "Brian").await;
    for (filter, expected) in [
        (json!({ "state": "SUSPENDED" }), vec![&key]),
        (
            json!({ "state": "SUSPENDED", "processDefinitionId": "visit" }),
            vec![&key],
        ),
        (json!({ "state": "ACTIVE" }), vec![&other, &key]),
        (json!({ "state": { "$neq": "SUSPENDED" } }), vec![&other]),
        (json!({ "state": { "$neq": "ACTIVE" } }), vec![]),
        (
            json!({ "suspendedDate": { "$gt": "2026-03-02T05:00:00Z" } }),
            vec![&key],
        ),
        (
            json!({ "suspendedDate": { "$gt": "2026-03-02T07:00:00Z" } }),
            vec![],
        ),
    ] {
        let asked = json!({ "filter": filter });
        let found = column(&site, "process-instances", asked, "processInstanceKey").await;
        assert_eq!(json!(found), json!(expected), "{filter}");
    }
    let task = text(&task_of(&site, &key).await["userTaskKey"]);
    let complete = format!("/v2/user-tasks/{task}/completion");
    let answer = site.post_json(&complete, json!({})).await;
    refused(&answer, Code::CONFLICT, "The case is suspended since");
    done(&ask(&site, &key, "resumption").await);
    refused(
        &ask(&site, &key, "resumption").await,
        Code::CONFLICT,
        "is not suspended",
    );
    done(&site.post_json(&complete, json!({})).await);
    let read = site
        .get(&format!("/v2/process-instances/{key}"))
        .await
        .json();
    assert_eq!(read["suspendedDate"], Value::Null);
    let asked = json!({ "filter": { "state": "SUSPENDED" } });
    let found = column(&site, "process-instances", asked, "processInstanceKey").await;
    assert_eq!(found, [0; 0]);
    refused(
        &ask(&site, "7", "suspension").await,
        Code::NOT_FOUND,
        "the process instance 7",
    );
}

#[tokio::test]
async fn workers_get_no_jobs_of_a_suspended_instance_and_keep_those_that_they_have() {
    let site = site().await;
    let key = start(&site, "Amina").await;
    let task = text(&task_of(&site, &key).await["userTaskKey"]);
    let complete = format!("/v2/user-tasks/{task}/completion");
    done(&site.post_json(&complete, json!({})).await);
    let activate = |wait: i64| json!({ "type": "tell", "worker": "w", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": wait });
    let taken = site
        .post_json("/v2/jobs/activation", activate(-1))
        .await
        .json();
    let job = text(&taken["jobs"][0]["jobKey"]);
    done(&ask(&site, &key, "suspension").await);
    let complete = format!("/v2/jobs/{job}/completion");
    let answer = site.post_json(&complete, json!({})).await;
    refused(&answer, Code::CONFLICT, "suspended");
    site.wait(5).await;
    let taken = site
        .post_json("/v2/jobs/activation", activate(-1))
        .await
        .json();
    assert_eq!(taken["jobs"], json!([]));
    done(&ask(&site, &key, "resumption").await);
    done(&site.post_json(&complete, json!({})).await);
}
