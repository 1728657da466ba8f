//! Telling somebody further out while a task is open.

use crate::support::{Answer, Browser, Site};
use axum::http::StatusCode;
use runtime::{Task, TaskQuery};

/// A visit on which one can ask for help, which leaves the visit open, or call the police, which ends it.
const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:escalation id="e1" escalationCode="HELP"/>
  <bpmn:escalation id="e2" escalationCode="DANGER"/>
  <bpmn:process id="visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child">
      <bpmn:extensionElements><zeebe:formDefinition formId="seen"/><zeebe:assignmentDefinition assignee="grace"/></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="help" name="Ask a supervisor for help" attachedToRef="see" cancelActivity="false"><bpmn:escalationEventDefinition escalationRef="e1"/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="help" targetRef="advise"/>
    <bpmn:userTask id="advise" name="Advise the worker"/>
    <bpmn:boundaryEvent id="danger" name="The child is in danger now" attachedToRef="see"><bpmn:escalationEventDefinition escalationRef="e2"/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="danger" targetRef="protect"/>
    <bpmn:userTask id="protect" name="Protect the child"/>
  </bpmn:process>
</bpmn:definitions>
"#;

const FORM: &str = r#"{ "schemaVersion": 1, "type": "default", "id": "seen", "components": [
  { "type": "textarea", "key": "account", "label": "What did you see?" } ] }"#;

async fn site() -> Site {
    let site = Site::new().await;
    site.install("visit.bpmn", MODEL).await;
    site.install("seen.form", FORM).await;
    site.case_of_grace("visit", None).await;
    site
}

/// The open tasks, the oldest first.
async fn open(site: &Site) -> Vec<Task> {
    site.runtime.tasks(&TaskQuery::default()).await.unwrap()
}

/// The address of the visit.
async fn visit(site: &Site) -> String {
    format!("/tasks/{}", open(site).await[0].key)
}

/// Presses a button of the visit with something typed into its form.
async fn press(browser: &Browser<'_>, task: &str, button: &str) -> Answer {
    let page = browser.get(task).await;
    let (_, version) = page.body.split_once("name=\"version\" value=\"").unwrap();
    let version = version.split('"').next().unwrap().to_owned();
    let fields = [
        ("version", &*version),
        ("account", "She hides"),
        ("action", button),
    ];
    browser.post(task, &fields).await
}

#[tokio::test]
async fn a_worker_asks_for_help_and_keeps_the_task_and_what_was_typed() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = visit(&site).await;
    let page = grace.get(&task).await;
    assert!(
        page.body.contains("Ask a supervisor for help"),
        "{}",
        page.body
    );
    let pressed = press(&grace, &task, "escalate:help").await;
    assert_eq!(pressed.location(), format!("{task}/escalations/help"));
    let asked = grace.get(pressed.location()).await;
    assert!(asked.body.contains("stays with you"), "{}", asked.body);

    let why = format!("{task}/escalations/help");
    let empty = grace.post(&why, &[("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = grace
        .post(&why, &[("reason", "I cannot reach the family")])
        .await;
    assert_eq!(
        told.location(),
        format!("{task}?escalated=yes"),
        "{}",
        told.body
    );
    assert_eq!(site.tasks().await, ["See the child", "Advise the worker"]);
    let page = grace.get(told.location()).await;
    assert!(page.body.contains("They are told"), "{}", page.body);
    assert!(page.body.contains("She hides"), "{}", page.body);
}

#[tokio::test]
async fn what_ends_the_task_leaves_what_was_typed_to_be_read() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = visit(&site).await;
    press(&grace, &task, "escalate:danger").await;
    let why = format!("{task}/escalations/danger");
    let told = grace.post(&why, &[("reason", "Threats")]).await;
    assert!(told.location().starts_with("/cases/"), "{}", told.body);
    assert_eq!(site.tasks().await, ["Protect the child"]);
    let page = grace.get(&task).await;
    assert!(page.body.contains("She hides"), "{}", page.body);

    // Another window still shows the question.
    let late = grace.post(&why, &[("reason", "Threats again")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
    assert!(late.body.contains("Threats again"), "{}", late.body);
}

#[tokio::test]
async fn only_who_has_the_task_can_raise_it() {
    let site = site().await;
    let task = visit(&site).await;
    let ruth = site.sign_in("ruth").await;
    let page = ruth.get(&task).await;
    assert!(
        !page.body.contains("Ask a supervisor for help"),
        "{}",
        page.body
    );
    let why = format!("{task}/escalations/help");
    assert_eq!(ruth.get(&why).await.location(), task);
    let told = ruth.post(&why, &[("reason", "For Grace")]).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.body);
    assert_eq!(site.tasks().await, ["See the child"]);
}
