//! The clock of a server that was started for tests, moved by programs.

use crate::support::Site;
use api::config::Options;
use axum::http::StatusCode;
use serde_json::{Value, json};

const WAITS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="waits" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="week"/>
    <bpmn:intermediateCatchEvent id="week">
      <bpmn:timerEventDefinition><bpmn:timeDuration>P7D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="week" targetRef="call"/>
    <bpmn:userTask id="call" name="Call the family"/>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn pinned(site: &Site, timestamp: Value) -> crate::support::Answer {
    site.ask_json("PUT", "/v2/clock", json!({ "timestamp": timestamp }))
        .await
}

#[tokio::test]
async fn a_pinned_clock_lets_timers_on_the_way_fire() {
    let site = Site::with(Options {
        insecure_no_auth: Some(true),
        test_clock: Some("2026-03-02T06:00:00Z".parse().unwrap()),
        ..Options::default()
    })
    .await;
    site.deploy("waits.bpmn", WAITS).await;
    let start = json!({ "processDefinitionId": "waits" });
    site.post_json("/v2/process-instances", start).await;
    let due = site.runtime.now().as_millisecond() + 7 * 24 * 60 * 60 * 1_000;

    let answer = pinned(&site, json!(due - 1)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert!(site.tasks().await.is_empty());
    assert_eq!(
        pinned(&site, json!(due)).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(site.tasks().await, ["Call the family"]);
    // Back again: what has happened stays.
    assert_eq!(
        pinned(&site, json!(due - 5)).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(site.runtime.now().as_millisecond(), due - 5);
    assert_eq!(site.tasks().await.len(), 1);

    for wrong in [json!(null), json!(i64::MAX)] {
        let answer = pinned(&site, wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
    let reset = site.post_json("/v2/clock/reset", json!({})).await;
    assert_eq!(
        (reset.status, reset.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    let now = runtime::Clock::system().now();
    assert!(now.duration_since(site.runtime.now()).as_secs().abs() < 60);
}

#[tokio::test]
async fn the_clock_of_a_working_server_is_not_moved() {
    let site = Site::open_api().await;
    let before = site.runtime.now();
    let answers = [
        pinned(&site, json!(0)).await,
        site.post_json("/v2/clock/reset", json!({})).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        assert!(answer.body.contains("--test-clock"), "{}", answer.body);
    }
    assert_eq!(site.runtime.now(), before);
}
