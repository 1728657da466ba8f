//! Who sees and does what of what runs: by authorization, and by case. What is hidden is not counted either.

use super::callers::Program;
use crate::support::{PASSWORD, Site, part};
use axum::http::StatusCode;
use serde_json::{Value, json};

const OK: StatusCode = StatusCode::OK;
const DONE: StatusCode = StatusCode::NO_CONTENT;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
const MISSING: StatusCode = StatusCode::NOT_FOUND;

/// One task for a group, with a variable.
pub(crate) fn model(id: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="{id}" name="{id}" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child">
      <bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="=group"/></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="write"/>
    <bpmn:serviceTask id="write"><bpmn:extensionElements><zeebe:taskDefinition type="write"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="write" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#
    )
}

/// Grace, Ruth and the others, and two processes.
async fn site() -> Site {
    let site = Site::new().await;
    for id in ["visit", "review"] {
        site.install(&format!("{id}.bpmn"), &model(id)).await;
    }
    site
}

/// Starts a process for a group; gives the key of the instance.
pub(crate) async fn start(site: &Site, process: &str, group: &str) -> String {
    let body = json!({ "processDefinitionId": process, "variables": { "group": group } });
    let answer = Program::of(site, "ruth")
        .post("/v2/process-instances", body)
        .await;
    let told = Program::told(&answer, OK);
    told["processInstanceKey"].as_str().unwrap().to_owned()
}

pub(crate) async fn task(site: &Site, instance: &str) -> String {
    let filter = json!({ "filter": { "processInstanceKey": instance } });
    let answer = Program::of(site, "ruth")
        .post("/v2/user-tasks/search", filter)
        .await;
    let told = Program::told(&answer, OK);
    told["items"][0]["userTaskKey"].as_str().unwrap().to_owned()
}

/// How many things a search counts, and shows.
async fn counted(program: &Program<'_>, path: &str, filter: Value) -> u64 {
    let answer = program.post(path, json!({ "filter": filter })).await;
    let told = Program::told(&answer, OK);
    let shown = told["items"].as_array().unwrap().len() as u64;
    // Also where the page itself does not tell how many there are.
    let full = program
        .post(path, json!({ "filter": filter, "page": { "limit": 1 } }))
        .await;
    assert_eq!(
        Program::told(&full, OK)["page"]["totalItems"],
        shown,
        "{path}"
    );
    assert_eq!(told["page"]["totalItems"], shown, "{path}");
    shown
}

pub(crate) async fn given(site: &Site, body: Value) {
    let answer = Program::of(site, "admin")
        .post("/v2/authorizations", body)
        .await;
    Program::told(&answer, StatusCode::CREATED);
}

fn authorization(owner: &str, id: &str, permissions: &[&str], effect: &str) -> Value {
    json!({
        "ownerType": "USER", "ownerId": owner, "resourceType": "PROCESS_DEFINITION", "resourceId": id,
        "permissionTypes": permissions, "effect": effect,
    })
}

const READS: &[&str] = &[
    "READ_PROCESS_DEFINITION",
    "READ_PROCESS_INSTANCE",
    "READ_USER_TASK",
];

#[tokio::test]
async fn a_caseworker_finds_only_what_is_in_their_cases() {
    let site = site().await;
    let own = start(&site, "visit", "caseworkers").await;
    let other = start(&site, "visit", "supervisors").await;
    let (grace, ruth) = (Program::of(&site, "grace"), Program::of(&site, "ruth"));
    for path in ["/v2/process-instances/search", "/v2/user-tasks/search"] {
        assert_eq!(counted(&grace, path, json!({})).await, 1, "{path}");
        assert_eq!(counted(&ruth, path, json!({})).await, 2, "{path}");
    }
    let both = json!({ "processInstanceKey": { "$in": [own, other] } });
    for path in [
        "/v2/variables/search",
        "/v2/element-instances/search",
        "/v2/element-instances/wait-states/search",
    ] {
        let (seen, all) = (
            counted(&grace, path, both.clone()).await,
            counted(&ruth, path, both.clone()).await,
        );
        assert!(seen > 0 && seen * 2 == all, "{path}: {seen} of {all}");
    }
}

/// An element instance of a process instance.
async fn elements(site: &Site, instance: &str) -> String {
    let asked = json!({ "filter": { "processInstanceKey": instance } });
    let ruth = Program::of(site, "ruth");
    let found = ruth
        .post("/v2/element-instances/search", asked)
        .await
        .json();
    found["items"][0]["elementInstanceKey"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn files_are_read_by_those_who_deploy_them() {
    let site = site().await;
    let path = "/v2/resources/search";
    let daniel = Program::of(&site, "daniel");
    let all = counted(&daniel, path, json!({})).await;
    assert!(all > 0);
    let found = daniel.post(path, json!({})).await.json();
    let key = found["items"][0]["resourceKey"]
        .as_str()
        .unwrap()
        .to_owned();
    let grace = Program::of(&site, "grace");
    assert_eq!(counted(&grace, path, json!({})).await, 0);
    for place in ["", "/content/binary"] {
        let place = format!("/v2/resources/{key}{place}");
        assert_eq!(grace.get(&place).await.status, MISSING);
        assert_eq!(daniel.get(&place).await.status, OK);
    }
    let mut one = authorization("grace", "visit", &["READ"], "ALLOW");
    one["resourceType"] = json!("RESOURCE");
    given(&site, one).await;
    assert_eq!(counted(&grace, path, json!({})).await, 1);
}

#[tokio::test]
async fn what_is_not_in_their_cases_is_not_there_for_a_caseworker() {
    let site = site().await;
    let own = start(&site, "visit", "caseworkers").await;
    let other = start(&site, "visit", "supervisors").await;
    let (own_task, other_task) = (task(&site, &own).await, task(&site, &other).await);
    let grace = Program::of(&site, "grace");
    let check = async |method: &str, path: String, expected: StatusCode| {
        let answer = grace.ask(method, &path, json!({})).await;
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
    };
    for (instance, task, found) in [(&own, &own_task, OK), (&other, &other_task, MISSING)] {
        check("GET", format!("/v2/process-instances/{instance}"), found).await;
        check(
            "GET",
            format!("/v2/process-instances/{instance}/sequence-flows"),
            found,
        )
        .await;
        check(
            "GET",
            format!("/v2/process-instances/{instance}/call-hierarchy"),
            found,
        )
        .await;
        check(
            "GET",
            format!("/v2/process-instances/{instance}/statistics/element-instances"),
            found,
        )
        .await;
        check(
            "GET",
            format!("/v2/process-instances/{instance}/statistics/wait-states"),
            found,
        )
        .await;
        let visit = elements(&site, instance).await;
        check(
            "POST",
            format!("/v2/element-instances/{visit}/incidents/search"),
            found,
        )
        .await;
        check(
            "POST",
            format!("/v2/process-instances/{instance}/incidents/search"),
            found,
        )
        .await;
        check("GET", format!("/v2/user-tasks/{task}"), found).await;
        check(
            "POST",
            format!("/v2/user-tasks/{task}/variables/search"),
            found,
        )
        .await;
        // A right that the role has nowhere.
        check(
            "POST",
            format!("/v2/process-instances/{instance}/cancellation"),
            FORBIDDEN,
        )
        .await;
    }
    check("GET", format!("/v2/user-tasks/{other_task}/form"), MISSING).await;
    check(
        "POST",
        format!("/v2/user-tasks/{other_task}/completion"),
        MISSING,
    )
    .await;
    let assignment = format!("/v2/user-tasks/{own_task}/assignment");
    let answer = grace
        .post(&assignment, json!({ "assignee": "grace" }))
        .await;
    assert_eq!(answer.status, DONE, "{}", answer.body);
    check(
        "POST",
        format!("/v2/user-tasks/{own_task}/completion"),
        DONE,
    )
    .await;
    // Who had a task still sees the case.
    check("GET", format!("/v2/process-instances/{own}"), OK).await;
}

#[tokio::test]
async fn one_task_of_a_case_opens_the_whole_case() {
    let site = site().await;
    for (process, group) in [
        ("visit", "caseworkers"),
        ("review", "supervisors"),
        ("review", "supervisors"),
    ] {
        let reference = if process == "visit" || site.tasks().await.len() == 1 {
            "C-1"
        } else {
            "C-2"
        };
        let body = json!({ "processDefinitionId": process, "businessId": reference, "variables": { "group": group } });
        let answer = Program::of(&site, "ruth")
            .post("/v2/process-instances", body)
            .await;
        Program::told(&answer, OK);
    }
    let grace = Program::of(&site, "grace");
    assert_eq!(
        counted(&grace, "/v2/process-instances/search", json!({})).await,
        2
    );
    assert_eq!(
        counted(
            &grace,
            "/v2/user-tasks/search",
            json!({ "processDefinitionId": "review" })
        )
        .await,
        1
    );
}

#[tokio::test]
async fn who_has_no_role_sees_what_was_given_and_nothing_else() {
    let site = site().await;
    let sarah = json!({ "username": "sarah", "password": PASSWORD });
    Program::of(&site, "admin").post("/v2/users", sarah).await;
    let visit = start(&site, "visit", "caseworkers").await;
    let review = start(&site, "review", "caseworkers").await;
    let sarah = Program::of(&site, "sarah");
    let counts = async || {
        let mut counts = Vec::new();
        for path in ["process-definitions", "process-instances", "user-tasks"] {
            counts.push(counted(&sarah, &format!("/v2/{path}/search"), json!({})).await);
        }
        counts
    };
    assert_eq!(counts().await, [0, 0, 0]);
    let path = format!("/v2/process-instances/{review}");
    assert_eq!(sarah.get(&path).await.status, FORBIDDEN);

    given(&site, authorization("sarah", "review", READS, "ALLOW")).await;
    assert_eq!(counts().await, [1, 1, 1]);
    assert_eq!(sarah.get(&path).await.status, OK);
    assert_eq!(
        sarah
            .get(&format!("/v2/process-instances/{visit}"))
            .await
            .status,
        FORBIDDEN
    );
    let start = json!({ "processDefinitionId": "review" });
    assert_eq!(
        sarah
            .post("/v2/process-instances", start.clone())
            .await
            .status,
        FORBIDDEN
    );
    let completion = format!("/v2/user-tasks/{}/completion", task(&site, &review).await);
    assert_eq!(sarah.post(&completion, json!({})).await.status, FORBIDDEN);

    let more = &["CREATE_PROCESS_INSTANCE", "COMPLETE_USER_TASK"];
    given(&site, authorization("sarah", "review", more, "ALLOW")).await;
    assert_eq!(sarah.post(&completion, json!({})).await.status, DONE);
    let visit = json!({ "processDefinitionId": "visit" });
    assert_eq!(
        sarah.post("/v2/process-instances", visit).await.status,
        FORBIDDEN
    );
    assert_eq!(sarah.post("/v2/process-instances", start).await.status, OK);
}

#[tokio::test]
async fn what_is_denied_to_a_supervisor_is_hidden_and_cannot_be_done() {
    let site = site().await;
    let visit = start(&site, "visit", "caseworkers").await;
    let review = start(&site, "review", "caseworkers").await;
    let review_task = task(&site, &review).await;
    let ruth = Program::of(&site, "ruth");
    given(&site, authorization("ruth", "review", READS, "DENY")).await;
    for path in ["process-definitions", "process-instances", "user-tasks"] {
        let path = format!("/v2/{path}/search");
        assert_eq!(counted(&ruth, &path, json!({})).await, 1, "{path}");
    }
    let both = json!({ "processInstanceKey": { "$in": [visit, review] } });
    assert_eq!(counted(&ruth, "/v2/variables/search", both).await, 1);
    assert_eq!(
        ruth.get(&format!("/v2/process-instances/{review}"))
            .await
            .status,
        FORBIDDEN
    );
    assert_eq!(
        ruth.get(&format!("/v2/user-tasks/{review_task}"))
            .await
            .status,
        FORBIDDEN
    );
    let cancel = |key: &str| format!("/v2/process-instances/{key}/cancellation");
    assert_eq!(ruth.post(&cancel(&review), json!({})).await.status, DONE);

    // Another authorization that permits does not help.
    given(
        &site,
        authorization("ruth", "*", &["CANCEL_PROCESS_INSTANCE"], "DENY"),
    )
    .await;
    given(
        &site,
        authorization("ruth", "visit", &["CANCEL_PROCESS_INSTANCE"], "ALLOW"),
    )
    .await;
    assert_eq!(
        ruth.post(&cancel(&visit), json!({})).await.status,
        FORBIDDEN
    );
}

#[tokio::test]
async fn workers_who_may_not_have_every_job_get_none() {
    let site = site().await;
    let visit = start(&site, "visit", "caseworkers").await;
    let completion = format!("/v2/user-tasks/{}/completion", task(&site, &visit).await);
    Program::told(
        &Program::of(&site, "grace")
            .post(&completion, json!({}))
            .await,
        DONE,
    );
    let daniel = Program::of(&site, "daniel");
    let activation =
        json!({ "type": "write", "maxJobsToActivate": 1, "timeout": 1000, "requestTimeout": -1 });
    let jobs = daniel.post("/v2/jobs/activation", activation.clone()).await;
    let job = Program::told(&jobs, OK)["jobs"][0]["jobKey"]
        .as_str()
        .unwrap()
        .to_owned();
    given(
        &site,
        authorization("daniel", "visit", &["UPDATE_PROCESS_INSTANCE"], "DENY"),
    )
    .await;
    assert_eq!(
        daniel.post("/v2/jobs/activation", activation).await.status,
        FORBIDDEN
    );
    let completion = format!("/v2/jobs/{job}/completion");
    assert_eq!(daniel.post(&completion, json!({})).await.status, FORBIDDEN);
    assert_eq!(
        Program::of(&site, "grace")
            .post(&completion, json!({}))
            .await
            .status,
        DONE
    );
}

#[tokio::test]
async fn only_designers_and_administrators_deploy() {
    let site = site().await;
    let all = [
        ("grace", FORBIDDEN),
        ("ruth", FORBIDDEN),
        ("daniel", OK),
        ("admin", OK),
    ];
    for (name, expected) in all {
        let answer = Program::of(&site, name)
            .deploy("more.bpmn", &model("more"))
            .await;
        assert_eq!(answer.status, expected, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn each_way_to_put_right_what_runs_has_its_permission() {
    let site = site().await;
    let visit = start(&site, "visit", "caseworkers").await;
    let ruth = Program::of(&site, "ruth");
    let ways = [
        ("suspension", "SUSPEND_PROCESS_INSTANCE"),
        ("resumption", "SUSPEND_PROCESS_INSTANCE"),
        ("modification", "MODIFY_PROCESS_INSTANCE"),
        ("migration/undo", "UPDATE_PROCESS_INSTANCE"),
        ("cancellation", "CANCEL_PROCESS_INSTANCE"),
    ];
    for (way, permission) in ways {
        let path = format!("/v2/process-instances/{visit}/{way}");
        let is_denied = way == "resumption";
        if !is_denied && way != "cancellation" {
            assert_ne!(ruth.post(&path, json!({})).await.status, FORBIDDEN, "{way}");
        }
        given(&site, authorization("ruth", "visit", &[permission], "DENY")).await;
        let refused = ruth.post(&path, json!({})).await;
        assert_eq!(refused.status, FORBIDDEN, "{way}: {}", refused.body);
        // Who has no right to it anywhere is not told whether there is such an instance.
        let grace = Program::of(&site, "grace").post(&path, json!({})).await;
        assert_eq!(grace.status, FORBIDDEN, "{way}: {}", grace.body);
    }
}

/// Uploads a letter under an id, to an instance or to none.
pub(crate) async fn letter(program: &Program<'_>, id: &str, instance: Option<&str>) -> StatusCode {
    let file = part("file", Some("letter.txt"), b"Dear Amina");
    let metadata = json!({ "processInstanceKey": instance }).to_string();
    let parts = [file, part("metadata", None, metadata.as_bytes())];
    let path = format!("/v2/documents?documentId={id}");
    program.upload(&path, &parts).await.status
}

#[tokio::test]
async fn documents_have_permissions_of_their_own() {
    let site = site().await;
    let sarah = json!({ "username": "sarah", "password": PASSWORD });
    Program::of(&site, "admin").post("/v2/users", sarah).await;
    let sarah = Program::of(&site, "sarah");
    let give = async |owner: &str, permission: &str, effect: &str| {
        let mut one = authorization(owner, "*", &[permission], effect);
        one["resourceType"] = json!("DOCUMENT");
        given(&site, one).await;
    };
    let delete = async |program: &Program<'_>, id: &str| {
        let path = format!("/v2/documents/{id}");
        program.ask("DELETE", &path, Value::Null).await.status
    };
    assert_eq!(letter(&sarah, "one", None).await, FORBIDDEN);
    give("sarah", "CREATE", "ALLOW").await;
    assert_eq!(letter(&sarah, "one", None).await, StatusCode::CREATED);
    let (one, links) = ("/v2/documents/one", "/v2/documents/one/links");
    assert_eq!(sarah.get(one).await.status, FORBIDDEN);
    assert_eq!(sarah.post(links, json!({})).await.status, FORBIDDEN);
    give("sarah", "READ", "ALLOW").await;
    assert_eq!(sarah.get(one).await.status, OK);

    // Caseworkers delete what they have made, and supervisors everything, unless they are denied it.
    let (grace, ruth) = (Program::of(&site, "grace"), Program::of(&site, "ruth"));
    assert_eq!(delete(&grace, "one").await, FORBIDDEN);
    for id in ["two", "three"] {
        assert_eq!(letter(&grace, id, None).await, StatusCode::CREATED);
    }
    assert_eq!(delete(&grace, "two").await, DONE);
    give("grace", "DELETE", "DENY").await;
    assert_eq!(delete(&grace, "three").await, FORBIDDEN);
    assert_eq!(delete(&ruth, "three").await, DONE);
}

#[tokio::test]
async fn a_document_comes_into_no_instance_that_its_sender_does_not_see() {
    let site = site().await;
    let own = start(&site, "visit", "caseworkers").await;
    let other = start(&site, "visit", "supervisors").await;
    let (grace, ruth) = (Program::of(&site, "grace"), Program::of(&site, "ruth"));
    let made = StatusCode::CREATED;
    assert_eq!(letter(&grace, "own", Some(&own)).await, made);
    assert_eq!(letter(&grace, "other", Some(&other)).await, MISSING);
    assert_eq!(letter(&ruth, "other", Some(&other)).await, made);
    // Not yet there: the next one to be started would have it.
    assert_eq!(letter(&ruth, "next", Some("99999744")).await, MISSING);
}

#[tokio::test]
async fn who_may_begin_no_batch_learns_nothing_from_trying() {
    let site = site().await;
    let visit = start(&site, "visit", "caseworkers").await;
    let grace = Program::of(&site, "grace");
    let plan = json!({ "targetProcessDefinitionKey": "99", "mappingInstructions": [] });
    for (path, body) in [
        ("cancellation", json!({})),
        ("incident-resolution", json!({})),
        ("suspension", json!({})),
        ("migration", json!({ "migrationPlan": plan })),
        (&format!("{visit}0/incident-resolution"), json!({})),
    ] {
        let path = format!("/v2/process-instances/{path}");
        let answer = grace.post(&path, body).await;
        assert_eq!(answer.status, FORBIDDEN, "{path}: {}", answer.body);
    }
}
