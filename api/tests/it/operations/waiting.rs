//! What process instances wait for.

use super::*;
use axum::http::StatusCode as Code;

const FIELDS: &[&str] = &[
    "rootProcessInstanceKey",
    "processInstanceKey",
    "elementInstanceKey",
    "elementId",
    "elementType",
    "tenantId",
    "bpmnProcessId",
    "details",
];

/// Waits for everything at once: a person with a limit of time, a worker, a message, a signal, a condition, a date.
const PATIENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="m" name="reply"><bpmn:extensionElements><zeebe:subscription correlationKey="=case"/></bpmn:extensionElements></bpmn:message>
  <bpmn:signal id="s" name="storm"/>
  <bpmn:process id="patient" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="fork"/>
    <bpmn:parallelGateway id="fork"/>
    <bpmn:sequenceFlow id="f1" sourceRef="fork" targetRef="see"/>
    <bpmn:userTask id="see"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:boundaryEvent id="late" attachedToRef="see" cancelActivity="false">
      <bpmn:timerEventDefinition id="e0"><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R3/P1D</bpmn:timeCycle></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="tell"/>
    <bpmn:serviceTask id="tell"><bpmn:extensionElements><zeebe:taskDefinition type="tell" retries="2"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="answer"/>
    <bpmn:intermediateCatchEvent id="answer"><bpmn:messageEventDefinition id="e1" messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f4" sourceRef="fork" targetRef="weather"/>
    <bpmn:intermediateCatchEvent id="weather"><bpmn:signalEventDefinition id="e2" signalRef="s"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f5" sourceRef="fork" targetRef="risk"/>
    <bpmn:intermediateCatchEvent id="risk"><bpmn:conditionalEventDefinition id="e3">
      <bpmn:condition xsi:type="bpmn:tFormalExpression">=risk = "high"</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f6" sourceRef="fork" targetRef="pause"/>
    <bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition id="e4">
      <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn waits(site: &Site, filter: Value) -> Vec<Value> {
    let asked = json!({ "filter": filter, "sort": [{ "field": "elementId" }] });
    let found = search(site, "element-instances/wait-states", asked).await;
    found["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn everything_that_an_instance_waits_for_is_told() {
    let site = Site::open_api().await;
    site.deploy("patient.bpmn", PATIENT).await;
    let asked =
        json!({ "processDefinitionId": "patient", "variables": { "case": "C-1", "risk": "low" } });
    let started = site.post_json("/v2/process-instances", asked).await.json();
    let instance = text(&started["processInstanceKey"]);
    let all = waits(&site, json!({ "processInstanceKey": instance })).await;
    let told: Vec<(&Value, &Value, &Value)> = all
        .iter()
        .map(|wait| {
            has_exactly(wait, FIELDS);
            (
                &wait["elementId"],
                &wait["elementType"],
                &wait["details"]["waitStateType"],
            )
        })
        .collect();
    let catching = json!("INTERMEDIATE_CATCH_EVENT");
    let expected = [
        (&json!("answer"), &catching, &json!("MESSAGE")),
        (&json!("late"), &json!("BOUNDARY_EVENT"), &json!("TIMER")),
        (&json!("pause"), &catching, &json!("TIMER")),
        (&json!("risk"), &catching, &json!("CONDITION")),
        (&json!("see"), &json!("USER_TASK"), &json!("USER_TASK")),
        (&json!("tell"), &json!("SERVICE_TASK"), &json!("JOB")),
        (&json!("weather"), &catching, &json!("SIGNAL")),
    ];
    assert_eq!(told, expected);
    let details = |number: usize| &all[number]["details"];
    assert_eq!(details(0)["messageName"], "reply");
    assert_eq!(details(0)["correlationKey"], "C-1");
    // The first of three times is awaited, two are left after it.
    assert_eq!(details(1)["repetitions"], 2);
    assert_eq!(details(1)["dueDate"], 1_772_517_600_000_i64);
    assert_eq!(details(2)["repetitions"], Value::Null);
    assert_eq!(details(3)["expression"], "risk = \"high\"");
    assert_eq!(details(3)["events"], json!(["create", "update"]));
    assert!(details(4)["taskKey"].is_string());
    assert_eq!(
        (&details(5)["jobType"], &details(5)["retries"]),
        (&json!("tell"), &json!(2))
    );
    assert_eq!(details(6)["signalName"], "storm");
    // The limit of time waits at the task.
    assert_eq!(all[1]["elementInstanceKey"], all[4]["elementInstanceKey"]);

    let at_task =
        json!({ "elementInstanceKey": all[4]["elementInstanceKey"], "waitStateType": "USER_TASK" });
    assert_eq!(waits(&site, at_task).await, [all[4].clone()]);
    let path = format!("/v2/process-instances/{instance}/statistics/wait-states");
    let counts = site.get(&path).await.json();
    let names: Vec<&Value> = counts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["elementId"])
        .collect();
    assert_eq!(
        names,
        ["answer", "late", "pause", "risk", "see", "tell", "weather"]
    );
    assert!(
        counts["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["waitingCount"] == 1)
    );
}

#[tokio::test]
async fn what_is_over_waits_for_nothing_and_no_instance_is_refused() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let path = format!("/v2/process-instances/{instance}");
    done(
        &site
            .post_json(&format!("{path}/cancellation"), json!({}))
            .await,
    );
    assert_eq!(
        waits(&site, json!({ "processInstanceKey": instance })).await,
        Vec::<Value>::new()
    );
    let counts = site.get(&format!("{path}/statistics/wait-states")).await;
    assert_eq!(counts.json(), json!({ "items": [] }));
    let all = site
        .post_json("/v2/element-instances/wait-states/search", json!({}))
        .await;
    refused(
        &all,
        Code::BAD_REQUEST,
        "processInstanceKey, elementInstanceKey",
    );
    let unknown = site
        .get("/v2/process-instances/7/statistics/wait-states")
        .await;
    refused(&unknown, Code::NOT_FOUND, "the process instance 7");
}
