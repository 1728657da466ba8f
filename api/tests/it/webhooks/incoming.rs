//! CloudEvents that come in are messages, each once.

use super::*;
use axum::body::Body;
use axum::http::Request;

const WAITS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="m" name="example.school.replied"><bpmn:extensionElements><zeebe:subscription correlationKey="=child"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="waits" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="reply"/>
    <bpmn:intermediateCatchEvent id="reply"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="reply" targetRef="read"/>
    <bpmn:userTask id="read" name="Read the reply"/>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn variables(site: &Site, instance: &str) -> Value {
    let asked = json!({ "filter": { "processInstanceKey": instance } });
    let found = site.post_json("/v2/variables/search", asked).await.json();
    let items = found["items"].as_array().unwrap().clone();
    let pair = |item: &Value| (text(&item["name"]), item["value"].clone());
    items
        .iter()
        .map(pair)
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn structured(site: &Site, event: Value) -> Answer {
    let request = Request::post("/v2/events").header(
        "content-type",
        "application/cloudevents+json; charset=utf-8",
    );
    site.send(request.body(Body::from(event.to_string())).unwrap())
        .await
}

fn event(id: &str, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/school", "type": "example.school.replied", "subject": "Amina",
        "datacontenttype": "application/json", "data": data, "comexampleextension": "is let be",
    })
}

#[tokio::test]
async fn an_event_in_either_mode_is_a_message_that_comes_once() {
    let site = site().await;
    site.install("waits.bpmn", WAITS).await;
    // One comes before anybody waits for it, twice.
    for repeated in [false, true] {
        let answer = structured(&site, event("1", json!({ "seen": true }))).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        assert_eq!(answer.json()["repeated"], repeated);
    }
    let first = start(&site, "waits").await;
    let second = start(&site, "waits").await;
    assert_eq!(site.tasks().await.len(), 1);
    assert_eq!(variables(&site, &first).await["seen"], "true");

    let request = Request::post("/v2/events?timeToLive=0")
        .header("ce-specversion", "1.0")
        .header("ce-id", "2")
        .header("ce-source", "/school")
        .header("ce-type", "example.school.replied")
        .header("ce-subject", "%41mina")
        .header("content-type", "text/plain");
    let answer = site.send(request.body(Body::from("She is well")).unwrap());
    let answer = answer.await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(site.tasks().await.len(), 2);
    assert_eq!(variables(&site, &second).await["data"], "\"She is well\"");
}

#[tokio::test]
async fn what_is_no_event_is_refused_with_the_reason() {
    let site = site().await;
    let mut old = event("1", json!({}));
    old["specversion"] = "0.3".into();
    let mut nameless = event("1", json!({}));
    nameless["type"] = "".into();
    let mut bytes = event("1", Value::Null);
    bytes["data_base64"] = "AAAA".into();
    let mut long = event("1", json!({}));
    long["subject"] = "x".repeat(1_025).into();
    for (event, says) in [
        (old, "specversion"),
        (nameless, "type is missing"),
        (bytes, "data_base64"),
        (long, "subject is missing, or longer"),
        (json!([]), "cannot be read"),
    ] {
        refused(
            &structured(&site, event).await,
            StatusCode::BAD_REQUEST,
            says,
        );
    }
    let plain = site.post_json("/v2/events", event("1", json!({}))).await;
    refused(&plain, StatusCode::BAD_REQUEST, "This is no CloudEvent");
    let request = Request::post("/v2/events?timeToLive=999999999999")
        .header("content-type", "application/cloudevents+json");
    let late = site.send(request.body(Body::empty()).unwrap()).await;
    refused(&late, StatusCode::BAD_REQUEST, "timeToLive");
}
