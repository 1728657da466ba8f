//! The JSON API in the shapes that existing clients speak.

use crate::support::Site;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child">
      <bpmn:extensionElements><zeebe:assignmentDefinition candidateGroups="=group"/></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// A site whose API asks for no password, with the model deployed.
async fn open_site() -> Site {
    let site = Site::open_api().await;
    site.deploy("visit.bpmn", MODEL).await;
    site
}

async fn start(site: &Site, group: &str) -> String {
    let body = json!({ "processDefinitionId": "visit", "variables": { "group": group } });
    let answer = site.post_json("/v2/process-instances", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["processInstanceKey"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn tasks(site: &Site, filter: Value) -> Value {
    let body = json!({ "filter": filter, "page": { "limit": 5 } });
    let answer = site.post_json("/v2/user-tasks/search", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn clients_find_a_version_that_they_know() {
    let site = open_site().await;
    let topology = site.get("/v2/topology").await.json();
    assert!(
        topology["gatewayVersion"]
            .as_str()
            .unwrap()
            .starts_with("8.")
    );
    assert_eq!(topology["brokers"][0]["partitions"][0]["role"], "leader");
}

#[tokio::test]
async fn a_deployment_answers_the_definitions_and_the_same_file_the_same_version() {
    let site = open_site().await;
    let again = site.try_deploy("visit.bpmn", MODEL).await.json();
    let process = &again["deployments"][0]["processDefinition"];
    assert_eq!(process["processDefinitionId"], "visit");
    assert_eq!(process["processDefinitionVersion"], 1);
    assert_eq!(process["resourceName"], "visit.bpmn");
    assert!(process["processDefinitionKey"].is_string());
    assert_eq!(again["deployments"][0]["form"], Value::Null);
    let file = &again["report"]["files"][0];
    assert_eq!(file["soundness"][0]["result"], "sound");
    assert_eq!(file["elements"][0]["verdict"]["verdict"], "executed");

    let broken = site.try_deploy("bad.bpmn", "hello").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(
        broken.json()["detail"]
            .as_str()
            .unwrap()
            .contains("bad.bpmn:1:"),
        "{}",
        broken.body
    );
    let report = &broken.json()["report"];
    assert_eq!(report["deployable"], false);
    assert_eq!(report["files"][0]["problems"][0]["severity"], "error");
}

#[tokio::test]
async fn a_task_is_found_claimed_and_completed() {
    let site = open_site().await;
    let instance = start(&site, "caseworkers").await;
    start(&site, "helpline").await;

    let found = tasks(
        &site,
        json!({ "candidateGroup": "caseworkers", "state": "CREATED" }),
    )
    .await;
    assert_eq!(found["page"]["totalItems"], 1);
    let task = &found["items"][0];
    assert_eq!(task["processInstanceKey"], instance);
    assert_eq!(task["name"], "See the child");
    assert_eq!(task["assignee"], Value::Null);
    assert_eq!(task["processName"], "Home visit");
    let key = task["userTaskKey"].as_str().unwrap();

    let assignment = format!("/v2/user-tasks/{key}/assignment");
    assert_eq!(
        site.post_json(&assignment, json!({ "assignee": "grace" }))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let refused = site
        .post_json(
            &assignment,
            json!({ "assignee": "joseph", "allowOverride": false }),
        )
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert_eq!(
        tasks(&site, json!({ "assignee": "grace" })).await["items"][0]["userTaskKey"],
        key
    );

    let completion = format!("/v2/user-tasks/{key}/completion");
    let done = site
        .post_json(&completion, json!({ "variables": { "seen": true } }))
        .await;
    assert_eq!(
        (done.status, done.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    let twice = site.post_json(&completion, json!({})).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    assert_eq!(twice.header("content-type"), "application/problem+json");

    let ended = site
        .post_json(
            "/v2/process-instances/search",
            json!({ "filter": { "state": "ACTIVE" } }),
        )
        .await
        .json();
    assert_eq!(ended["page"]["totalItems"], 1);
}

#[tokio::test]
async fn an_empty_body_and_null_mean_everything() {
    let site = open_site().await;
    start(&site, "a").await;
    for body in ["", "null", "{}"] {
        let request = Request::post("/v2/user-tasks/search")
            .body(Body::from(body))
            .unwrap();
        assert_eq!(
            site.send(request).await.json()["page"]["totalItems"],
            1,
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_and_not_ignored() {
    let site = open_site().await;
    for body in [
        json!({ "filter": { "colour": "red" } }),
        json!({ "filter": { "state": "GONE" } }),
        json!({ "filter": { "processInstanceKey": "abc" } }),
        json!({ "filter": { "assignee": { "$like": "g*" } } }),
        json!({ "sort": [{ "field": "colour" }] }),
        json!({ "page": { "limit": 0 } }),
        json!([]),
    ] {
        let answer = site.post_json("/v2/user-tasks/search", body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let nothing = site
        .post_json(
            "/v2/process-instances",
            json!({ "processDefinitionId": "gone" }),
        )
        .await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.post_json("/v2/process-instances", json!({}))
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn no_site_reaches_an_open_api_through_a_browser() {
    let site = open_site().await;
    let with = |name: &'static str, value: &'static str| {
        Request::post("/v2/user-tasks/search")
            .header(name, value)
            .body(Body::empty())
            .unwrap()
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.example:8080"),
        ("host", "127.0.0.1.evil.example"),
    ] {
        assert_eq!(
            site.send(with(name, value)).await.status,
            StatusCode::FORBIDDEN,
            "{name}: {value}"
        );
    }
    for host in [
        "localhost:8080",
        "127.0.0.1:8080",
        "[::1]:8080",
        "[::1]",
        "localhost",
    ] {
        assert_eq!(
            site.send(with("host", host)).await.status,
            StatusCode::OK,
            "{host}"
        );
    }
}

#[tokio::test]
async fn the_api_asks_for_a_name_and_password_and_takes_no_cookie() {
    let site = Site::new().await;
    let asked = site.get("/v2/topology").await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(asked.header("www-authenticate").starts_with("Basic "));

    let with =
        |value: &'static str| Request::get("/v2/topology").header(header::AUTHORIZATION, value);
    // grace:a long password
    let right = with("Basic Z3JhY2U6YSBsb25nIHBhc3N3b3Jk")
        .body(Body::empty())
        .unwrap();
    assert_eq!(site.send(right).await.status, StatusCode::OK);
    let wrong = with("Basic Z3JhY2U6d3Jvbmc=").body(Body::empty()).unwrap();
    assert_eq!(site.send(wrong).await.status, StatusCode::UNAUTHORIZED);

    let browser = site.sign_in("grace").await;
    assert_eq!(
        browser.get("/v2/topology").await.status,
        StatusCode::UNAUTHORIZED
    );
}

const APPLICATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="m" name="application"/>
  <bpmn:message id="r" name="reply"><bpmn:extensionElements><zeebe:subscription correlationKey="=family"/></bpmn:extensionElements></bpmn:message>
  <bpmn:signal id="s" name="storm"/>
  <bpmn:process id="support" isExecutable="true">
    <bpmn:startEvent id="applied"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="applied" targetRef="reply"/>
    <bpmn:intermediateCatchEvent id="reply"><bpmn:messageEventDefinition messageRef="r"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="reply" targetRef="storm"/>
    <bpmn:intermediateCatchEvent id="storm"><bpmn:signalEventDefinition signalRef="s"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="storm" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn states(site: &Site) -> Vec<Value> {
    let body = json!({ "filter": { "processDefinitionId": "support" } });
    let found = site
        .post_json("/v2/process-instances/search", body)
        .await
        .json();
    let items = found["items"].as_array().unwrap();
    items.iter().map(|item| item["state"].clone()).collect()
}

#[tokio::test]
async fn a_message_starts_a_case_another_goes_on_with_it_and_a_signal_ends_it() {
    let site = open_site().await;
    let deployed = site.try_deploy("support.bpmn", APPLICATION).await;
    assert_eq!(deployed.status, StatusCode::OK, "{}", deployed.body);
    let application = json!({ "name": "application", "variables": { "family": "F-1" } });
    let published = site
        .post_json("/v2/messages/publication", application)
        .await;
    assert_eq!(published.status, StatusCode::OK, "{}", published.body);
    assert!(published.json()["messageKey"].is_string());
    assert_eq!(states(&site).await, ["ACTIVE"]);

    let reply = |key: &str| json!({ "name": "reply", "correlationKey": key });
    let nobody = site
        .post_json("/v2/messages/correlation", reply("F-2"))
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{}", nobody.body);
    let found = site
        .post_json("/v2/messages/correlation", reply("F-1"))
        .await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.body);
    assert!(found.json()["processInstanceKey"].is_string());

    let storm = json!({ "signalName": "storm" });
    let broadcast = site.post_json("/v2/signals/broadcast", storm).await;
    assert_eq!(broadcast.status, StatusCode::OK, "{}", broadcast.body);
    assert!(broadcast.json()["signalKey"].is_string());
    assert_eq!(states(&site).await, ["COMPLETED"]);
}

#[tokio::test]
async fn a_message_is_kept_and_its_id_taken_once() {
    let site = open_site().await;
    let kept =
        json!({ "name": "reply", "correlationKey": "F-1", "messageId": "a", "timeToLive": 60000 });
    let first = site
        .post_json("/v2/messages/publication", kept.clone())
        .await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let second = site.post_json("/v2/messages/publication", kept).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.body);
    for (path, body) in [
        ("/v2/messages/publication", json!({})),
        (
            "/v2/messages/publication",
            json!({ "name": "reply", "timeToLive": -1 }),
        ),
        ("/v2/messages/correlation", json!({ "name": "" })),
        (
            "/v2/signals/broadcast",
            json!({ "signalName": "storm", "variables": 3 }),
        ),
    ] {
        let refused = site.post_json(path, body).await;
        assert_eq!(
            refused.status,
            StatusCode::BAD_REQUEST,
            "{path}: {}",
            refused.body
        );
    }
}

const AD_HOC: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="support" name="Support" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="help"/>
    <bpmn:adHocSubProcess id="help" name="Help" ordering="Sequential">
      <bpmn:userTask id="call" name="Call the family"/>
      <bpmn:userTask id="visit" name="Visit the family"/>
    </bpmn:adHocSubProcess>
    <bpmn:sequenceFlow id="f2" sourceRef="help" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

#[tokio::test]
async fn a_client_starts_what_an_ad_hoc_subprocess_offers() {
    let site = open_site().await;
    let answer = site.try_deploy("support.bpmn", AD_HOC).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let answer = site
        .post_json(
            "/v2/process-instances",
            json!({ "processDefinitionId": "support" }),
        )
        .await;
    let instance: i64 = answer.json()["processInstanceKey"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let view = site
        .runtime
        .instance(instance.into())
        .await
        .unwrap()
        .unwrap();
    let mut visits = view.state.elements().iter();
    let (key, _) = visits
        .find(|(_, visit)| &**visit.element() == "help")
        .unwrap();
    let address = |key: &str| format!("/v2/element-instances/ad-hoc-activities/{key}/activation");
    let help = address(&key.to_string());

    let call = json!([{ "elementId": "call", "variables": { "why": "missed" } }]);
    for (address, body, expected) in [
        (&help, json!({}), StatusCode::BAD_REQUEST),
        (&help, json!({ "elements": [{}] }), StatusCode::BAD_REQUEST),
        (
            &help,
            json!({ "elements": [{ "elementId": "call", "variables": 1 }] }),
            StatusCode::BAD_REQUEST,
        ),
        (
            &help,
            json!({ "elements": [{ "elementId": "end" }] }),
            StatusCode::NOT_FOUND,
        ),
        (
            &address("7"),
            json!({ "elements": call }),
            StatusCode::NOT_FOUND,
        ),
        (
            &address("seven"),
            json!({ "elements": call }),
            StatusCode::BAD_REQUEST,
        ),
        (&help, json!({ "elements": call }), StatusCode::NO_CONTENT),
        // One at a time, says the model.
        (
            &help,
            json!({ "elements": [{ "elementId": "visit" }] }),
            StatusCode::CONFLICT,
        ),
        (
            &help,
            json!({ "elements": [{ "elementId": "visit" }], "cancelRemainingInstances": true }),
            StatusCode::NO_CONTENT,
        ),
    ] {
        let answer = site.post_json(address, body.clone()).await;
        assert_eq!(answer.status, expected, "{body}: {}", answer.body);
        if expected != StatusCode::NO_CONTENT {
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    let open = tasks(
        &site,
        json!({ "state": "CREATED", "processDefinitionId": "support" }),
    )
    .await;
    assert_eq!(open["page"]["totalItems"], 1);
    assert_eq!(open["items"][0]["name"], "Visit the family");
}
