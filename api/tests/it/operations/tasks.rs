//! User tasks: read, taken back, changed; their forms.

use super::*;
use axum::http::StatusCode as Code;
use runtime::AuditQuery;

const FIELDS: &[&str] = &[
    "name",
    "state",
    "assignee",
    "elementId",
    "candidateGroups",
    "candidateUsers",
    "processDefinitionId",
    "creationDate",
    "completionDate",
    "followUpDate",
    "dueDate",
    "tenantId",
    "externalFormReference",
    "processDefinitionVersion",
    "customHeaders",
    "priority",
    "userTaskKey",
    "elementInstanceKey",
    "processName",
    "processDefinitionKey",
    "processInstanceKey",
    "rootProcessInstanceKey",
    "businessId",
    "formKey",
    "tags",
];

#[tokio::test]
async fn a_task_is_read_by_its_key_and_that_is_noted() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let found = task_of(&site, &instance).await;
    let key = text(&found["userTaskKey"]);
    let read = site.get(&format!("/v2/user-tasks/{key}")).await;
    assert_eq!(read.status, Code::OK);
    has_exactly(&read.json(), FIELDS);
    assert_eq!(read.json(), found);
    assert_eq!(
        (&found["name"], &found["state"]),
        (&json!("See the child"), &json!("CREATED"))
    );
    let trail = site.runtime.audit(&AuditQuery::default()).await.unwrap();
    assert_eq!(trail[0].subject, format!("user-tasks/{key}"));

    refused(
        &site.get("/v2/user-tasks/7").await,
        Code::NOT_FOUND,
        "the task 7",
    );
    refused(
        &site.get("/v2/user-tasks/seven").await,
        Code::BAD_REQUEST,
        "is no key",
    );
}

#[tokio::test]
async fn a_task_is_taken_back() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let key = text(&task_of(&site, &instance).await["userTaskKey"]);
    let assignment = format!("/v2/user-tasks/{key}/assignment");
    done(
        &site
            .post_json(&assignment, json!({ "assignee": "grace" }))
            .await,
    );
    let assignee = format!("/v2/user-tasks/{key}/assignee");
    done(&site.ask_json("DELETE", &assignee, Value::Null).await);
    assert_eq!(task_of(&site, &instance).await["assignee"], Value::Null);
    done(
        &site
            .post_json(&format!("/v2/user-tasks/{key}/completion"), json!({}))
            .await,
    );
    let late = site.ask_json("DELETE", &assignee, Value::Null).await;
    refused(&late, Code::NOT_FOUND, "is not open");
}

#[tokio::test]
async fn a_task_is_changed_by_what_the_changeset_names() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let key = text(&task_of(&site, &instance).await["userTaskKey"]);
    let path = format!("/v2/user-tasks/{key}");
    let change = |changeset: Value| {
        let (site, path) = (&site, &path);
        async move {
            site.ask_json("PATCH", path, json!({ "changeset": changeset }))
                .await
        }
    };
    done(&change(json!({ "dueDate": "2026-04-01T12:00:00+02:00", "priority": 80, "candidateUsers": ["joseph"] })).await);
    let task = task_of(&site, &instance).await;
    assert_eq!(task["dueDate"], "2026-04-01T10:00:00.000Z");
    assert_eq!(task["priority"], 80);
    assert_eq!(task["candidateUsers"], json!(["joseph"]));
    assert_eq!(task["candidateGroups"], json!(["caseworkers"]));
    assert_eq!(task["followUpDate"], Value::Null);

    let second = json!({ "followUpDate": "2026-03-05T08:00:00Z", "candidateGroups": ["supervisors"], "dueDate": null });
    done(&change(second).await);
    let task = task_of(&site, &instance).await;
    assert_eq!(task["followUpDate"], "2026-03-05T08:00:00.000Z");
    assert_eq!(task["candidateGroups"], json!(["supervisors"]));
    assert_eq!(task["dueDate"], "2026-04-01T10:00:00.000Z");
    let mine = json!({ "filter": { "candidateUser": "joseph", "state": "CREATED" } });
    assert_eq!(
        column(&site, "user-tasks", mine, "userTaskKey").await,
        [json!(key)]
    );

    for (changeset, says) in [
        (json!({}), "changes nothing"),
        (
            json!({ "priority": 101 }),
            "changeset.priority is from 0 to 100, not 101",
        ),
        (json!({ "priority": -1 }), "not -1"),
        (
            json!({ "dueDate": "tomorrow" }),
            "changeset.dueDate is a time",
        ),
        (json!({ "dueDate": "" }), "cannot be taken away"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        refused(&change(changeset).await, Code::BAD_REQUEST, says);
    }
    refused(
        &site.ask_json("PATCH", &path, Value::Null).await,
        Code::BAD_REQUEST,
        "changes nothing",
    );
    let gone = site
        .ask_json(
            "PATCH",
            "/v2/user-tasks/7",
            json!({ "changeset": { "priority": 1 } }),
        )
        .await;
    assert_eq!(gone.status, Code::NOT_FOUND, "{}", gone.body);
}

#[tokio::test]
async fn a_task_has_the_form_that_its_model_names() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let task = task_of(&site, &instance).await;
    let path = format!("/v2/user-tasks/{}/form", text(&task["userTaskKey"]));
    let answer = site.get(&path).await;
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
    let form = answer.json();
    has_exactly(
        &form,
        &["tenantId", "formId", "schema", "version", "formKey"],
    );
    assert_eq!(
        (&form["formId"], &form["version"]),
        (&json!("seen"), &json!(1))
    );
    assert_eq!(form["formKey"], task["formKey"]);
    let schema: Value = serde_json::from_str(&text(&form["schema"])).unwrap();
    assert_eq!(schema["components"][0]["text"], "Hello");
    refused(
        &site.get("/v2/user-tasks/7/form").await,
        Code::NOT_FOUND,
        "the task 7",
    );
}

#[tokio::test]
async fn what_the_engine_refuses_has_its_code_for_a_title() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let key = text(&task_of(&site, &instance).await["userTaskKey"]);
    let title = async |path: &str, asked: Value| {
        let answer = site.post_json(&format!("/v2/{path}"), asked).await;
        (answer.status.as_u16(), text(&answer.json()["title"]))
    };
    let assignment = format!("user-tasks/{key}/assignment");
    done(
        &site
            .post_json(&format!("/v2/{assignment}"), json!({ "assignee": "grace" }))
            .await,
    );
    let taken = title(
        &assignment,
        json!({ "assignee": "ruth", "allowOverride": false }),
    )
    .await;
    assert_eq!(taken, (409, "INVALID_STATE".into()));
    let completion = format!("user-tasks/{key}/completion");
    done(
        &site
            .post_json(&format!("/v2/{completion}"), json!({}))
            .await,
    );
    assert_eq!(
        title(&completion, json!({})).await,
        (404, "NOT_FOUND".into())
    );
    let message = json!({ "name": "m", "messageId": "1", "timeToLive": 60000 });
    done_with(
        &site
            .post_json("/v2/messages/publication", message.clone())
            .await,
    );
    assert_eq!(
        title("messages/publication", message).await,
        (409, "ALREADY_EXISTS".into())
    );
    assert_eq!(title("nowhere", json!({})).await, (404, "Not Found".into()));
    assert_eq!(
        title("user-tasks/search", json!({ "page": { "limit": 0 } })).await,
        (400, "Bad Request".into())
    );
}

#[track_caller]
fn done_with(answer: &Answer) {
    assert_eq!(answer.status, Code::OK, "{}", answer.body);
}
