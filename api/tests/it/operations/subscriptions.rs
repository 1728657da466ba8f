//! Who waits for messages.

use super::*;

const FIELDS: &[&str] = &[
    "messageSubscriptionKey",
    "processDefinitionId",
    "processDefinitionKey",
    "processInstanceKey",
    "rootProcessInstanceKey",
    "elementId",
    "elementInstanceKey",
    "messageSubscriptionState",
    "lastUpdatedDate",
    "messageName",
    "correlationKey",
    "messageSubscriptionType",
    "toolProperties",
    "processDefinitionName",
    "processDefinitionVersion",
    "toolName",
    "inboundConnectorType",
    "businessId",
    "tenantId",
];

/// Starts by a message, then waits for another.
const LETTERS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="m1" name="letter"/>
  <bpmn:message id="m2" name="reply"><bpmn:extensionElements><zeebe:subscription correlationKey="=case"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="letters" name="Letters" isExecutable="true">
    <bpmn:startEvent id="come"><bpmn:messageEventDefinition id="e1" messageRef="m1"/></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="come" targetRef="wait"/>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition id="e2" messageRef="m2"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

#[tokio::test]
async fn who_waits_for_a_message_is_found_and_what_came_of_it() {
    let site = site().await;
    site.deploy("letters.bpmn", LETTERS).await;
    let starts = json!({ "filter": { "messageSubscriptionType": "START_EVENT" } });
    let found = search(&site, "message-subscriptions", starts).await;
    assert_eq!(found["page"]["totalItems"], 1);
    let start = &found["items"][0];
    has_exactly(start, FIELDS);
    let one_of = json!({ "filter": { "messageSubscriptionType": { "$in": ["START_EVENT"] } } });
    assert_eq!(
        search(&site, "message-subscriptions", one_of).await["items"],
        found["items"]
    );
    assert_eq!(
        (&start["messageName"], &start["elementId"]),
        (&json!("letter"), &json!("come"))
    );

    let mut instances = Vec::new();
    for case in ["C-1", "C-2"] {
        let letter =
            json!({ "name": "letter", "correlationKey": case, "variables": { "case": case } });
        let come = site
            .post_json("/v2/messages/correlation", letter)
            .await
            .json();
        instances.push(text(&come["processInstanceKey"]));
    }
    for (filter, expected) in [
        (
            json!({ "messageName": "reply" }),
            vec![&instances[0], &instances[1]],
        ),
        (
            json!({ "messageName": "reply", "correlationKey": { "$like": "*2" } }),
            vec![&instances[1]],
        ),
        (
            json!({ "processDefinitionId": "letters", "messageSubscriptionState": "CREATED" }),
            vec![&instances[0], &instances[1]],
        ),
        (
            json!({ "processDefinitionId": "letters", "messageSubscriptionState": "CORRELATED" }),
            vec![],
        ),
        (
            json!({ "processInstanceKey": instances[1] }),
            vec![&instances[1]],
        ),
    ] {
        let found = column(
            &site,
            "message-subscriptions",
            json!({ "filter": filter }),
            "processInstanceKey",
        )
        .await;
        assert_eq!(json!(found), json!(expected), "{filter}");
    }
    let reply = json!({ "name": "reply", "correlationKey": "C-2" });
    site.post_json("/v2/messages/correlation", reply).await;
    let of_it = json!({ "filter": { "processInstanceKey": instances[1] } });
    let found = search(&site, "message-subscriptions", of_it).await;
    has_exactly(&found["items"][0], FIELDS);
    assert_eq!(found["items"][0]["messageSubscriptionState"], "CORRELATED");
    let open = json!({ "filter": { "messageName": "reply" } });
    assert_eq!(
        search(&site, "message-subscriptions", open).await["page"]["totalItems"],
        1
    );
}
