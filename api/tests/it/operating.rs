//! What an operator watches and decides: metrics, readiness, holds.

use crate::support::{Answer, PASSWORD, Site, part};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bpmn::Key;
use serde_json::{Value, json};

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:caseway="https://caseway.org/schema/1.0" id="d" targetNamespace="t">
  <bpmn:process id="visit" name="Home visit" isExecutable="true">
    <bpmn:extensionElements><caseway:retention duration="P30D"/></bpmn:extensionElements>
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:serviceTask id="see" name="Tell the school">
      <bpmn:extensionElements><zeebe:taskDefinition type="letter"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:boundaryEvent id="late" attachedToRef="see">
      <bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f3" sourceRef="late" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// Asks the JSON API in somebody's name.
async fn ask(site: &Site, who: &str, method: &str, path: &str, body: Value) -> Answer {
    let claim = BASE64_STANDARD.encode(format!("{who}:{PASSWORD}"));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Basic {claim}"))
        .header(header::CONTENT_TYPE, "application/json");
    site.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn with_model() -> Site {
    let site = Site::new().await;
    let mut body = part("resources", Some("visit.bpmn"), MODEL.as_bytes());
    body.extend(b"--edge--\r\n");
    let claim = BASE64_STANDARD.encode(format!("daniel:{PASSWORD}"));
    let request = Request::post("/v2/deployments")
        .header(header::AUTHORIZATION, format!("Basic {claim}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    let answer = site.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    site
}

async fn start(site: &Site) -> Key {
    let body = json!({ "processDefinitionId": "visit", "businessId": "CP-2026-0001" });
    let answer = ask(site, "grace", "POST", "/v2/process-instances", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let key = answer.json()["processInstanceKey"].clone();
    key.as_str().unwrap().parse().unwrap()
}

/// The number of a line of the metrics.
fn number(metrics: &str, name: &str) -> f64 {
    let lines = metrics.lines().filter_map(|line| line.rsplit_once(' '));
    let mut found = lines.filter(|(left, _)| *left == name);
    let (_, number) = found
        .next()
        .unwrap_or_else(|| panic!("{name} is missing in\n{metrics}"));
    number.parse().unwrap()
}

#[tokio::test]
async fn metrics_tell_what_is_open_and_how_long_things_take() {
    let site = with_model().await;
    for _ in 0..3 {
        start(&site).await;
    }
    let told = site.metrics().await;
    assert!(told.ends_with("# EOF\n"), "{told}");
    assert_eq!(
        number(&told, "caseway_active_instances{process=\"visit\"}"),
        3.0
    );
    assert_eq!(number(&told, "caseway_open_jobs{job_type=\"letter\"}"), 3.0);
    assert_eq!(number(&told, "caseway_open_incidents"), 0.0);
    assert_eq!(number(&told, "caseway_queue_depth"), 0.0);
    assert!(
        number(&told, "caseway_commit_seconds_count") >= 4.0,
        "{told}"
    );
    assert!(
        number(&told, "caseway_batch_messages_count") >= 4.0,
        "{told}"
    );
    let posted = "caseway_http_requests_total{method=\"POST\",route=\"/v2/process-instances\",status=\"200\"}";
    assert_eq!(number(&told, posted), 3.0);
    let times = "caseway_http_request_seconds_count{route=\"/v2/process-instances\"}";
    assert_eq!(number(&told, times), 3.0);
    assert!(number(&told, "caseway_requests_total{outcome=\"Done\"}") >= 4.0);
    site.wait(61).await;
    let told = site.metrics().await;
    assert_eq!(number(&told, "caseway_timer_lateness_seconds_count"), 3.0);
    // Who asked for what is nobody's business here, and a made-up address makes no label.
    site.get("/people/amara").await;
    let told = site.metrics().await;
    for word in ["grace", "CP-2026-0001", "amara"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
}

#[tokio::test]
async fn readiness_is_told_by_a_write_and_not_by_hope() {
    let site = Site::new().await;
    assert_eq!(site.get("/health/ready").await.body, "ready\n");
    let probes = site.metrics().await;
    assert!(number(&probes, "caseway_batch_messages_count") > 0.0);
    site.runtime.stop().await;
    // What was seen is told for two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let answer = site.get("/health/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, "not ready: the server is stopping\n");
    assert_eq!(site.get("/health/live").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_database_that_somebody_else_has_locked_is_not_ready() {
    use sqlx::{Connection, Executor, SqliteConnection};
    let site = Site::new().await;
    let address = format!("sqlite:{}", site.folder.join("test.db").display());
    let mut other = SqliteConnection::connect(&address).await.unwrap();
    other.execute("begin immediate").await.unwrap();
    let answer = site.get("/health/ready").await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.body
    );
    assert!(
        answer.body.starts_with("not ready: the database"),
        "{}",
        answer.body
    );
    other.execute("rollback").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(site.get("/health/ready").await.body, "ready\n");
}

#[tokio::test]
async fn a_supervisor_holds_history_and_releases_it() {
    let site = with_model().await;
    let instance = start(&site).await;
    let path = format!("/v2/process-instances/{instance}/hold");
    let reason = json!({ "reason": "a court has asked for it" });
    let refused = ask(&site, "grace", "PUT", &path, reason.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    let refused = ask(&site, "ruth", "PUT", &path, json!({})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
    let held = ask(&site, "ruth", "PUT", &path, reason.clone()).await;
    assert_eq!(held.status, StatusCode::NO_CONTENT, "{}", held.body);
    let case = "/v2/cases/CP-2026-0009/hold";
    let held = ask(&site, "admin", "PUT", case, reason.clone()).await;
    assert_eq!(held.status, StatusCode::NO_CONTENT, "{}", held.body);
    let list = ask(&site, "ruth", "GET", "/v2/holds", json!({}))
        .await
        .json();
    assert_eq!(list["items"][0]["businessId"], "CP-2026-0009");
    assert_eq!(list["items"][1]["processInstanceKey"], instance.to_string());
    assert_eq!(list["items"][1]["by"], "ruth");
    // It ends after an hour, and its time is over after a month.
    site.wait(60 * 24 * 32).await;
    assert_eq!(site.runtime.delete_expired().await.unwrap(), 0);
    let released = ask(&site, "ruth", "DELETE", &path, reason.clone()).await;
    assert_eq!(released.status, StatusCode::NO_CONTENT, "{}", released.body);
    assert_eq!(site.runtime.delete_expired().await.unwrap(), 1);
    let gone = ask(&site, "ruth", "PUT", &path, reason).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "{}", gone.body);
}
