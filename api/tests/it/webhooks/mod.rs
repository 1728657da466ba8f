//! Events that leave the house, to a receiver of this test, and events that come in.

mod delivering;
mod incoming;
mod managing;
mod receiver;

use crate::support::{Answer, Site};
use api::config::Options;
use api::webhooks::{Deliverer, Rules};
use axum::http::StatusCode;
use jiff::SignedDuration;
use receiver::Receiver;
use serde_json::{Value, json};
use std::time::Duration;

const RULES: Rules = Rules {
    http: true,
    private: true,
    timeout: Duration::from_millis(400),
};

/// A server that may tell this machine what happens.
async fn site() -> Site {
    let site = Site::with(Options {
        insecure_no_auth: Some(true),
        webhooks_over_http: Some(true),
        webhooks_to_private_networks: Some(true),
        ..Options::default()
    })
    .await;
    site.install("visit.bpmn", &process("visit")).await;
    site.install("other.bpmn", &process("other")).await;
    site
}

/// A start, a task, an end.
fn process(id: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="{id}" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child"/>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#
    )
}

fn deliverer(site: &Site) -> Deliverer {
    Deliverer::new(site.runtime.clone(), RULES)
}

async fn start(site: &Site, process: &str) -> String {
    let asked = json!({ "processDefinitionId": process, "businessId": "CASE-1", "variables": { "child": "Amina" } });
    let answer = site.post_json("/v2/process-instances", asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    text(&answer.json()["processInstanceKey"])
}

/// Lets time pass.
async fn pass(site: &Site, seconds: i64) {
    site.clock.advance(SignedDuration::from_secs(seconds));
    site.runtime.wait_idle().await;
}

async fn cancel(site: &Site, instance: &str) {
    let path = format!("/v2/process-instances/{instance}/cancellation");
    let answer = site.post_json(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

/// A webhook that leads to a receiver; its id and secret.
async fn webhook(site: &Site, receiver: &Receiver, more: Value) -> (String, String) {
    let mut asked = json!({ "url": receiver.url });
    asked
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = site.post_json("/v2/webhooks", asked).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let made = answer.json();
    (text(&made["webhookId"]), text(&made["secret"]))
}

async fn webhook_now(site: &Site, id: &str) -> Value {
    let answer = site.get(&format!("/v2/webhooks/{id}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

async fn dead_letters(site: &Site, id: &str, asked: Value) -> Value {
    let path = format!("/v2/webhooks/{id}/dead-letters/search");
    let answer = site.post_json(&path, asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, says: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(says), "{says}: {}", answer.body);
}
