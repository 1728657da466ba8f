//! A pathway of one visit and its approval, and people to work on it.

use super::{Browser, Site, worker};
use axum::http::StatusCode;
use runtime::{Act, Request, Resource};

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="home-visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="visit"/>
        <zeebe:assignmentDefinition candidateGroups="caseworkers"/>
        <zeebe:taskSchedule dueDate="2026-03-03T17:00:00Z"/>
        <zeebe:properties>
          <zeebe:property name="stage" value="Visit"/><zeebe:property name="guidance" value="See the child alone."/>
        </zeebe:properties>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="late" name="Visit is late" attachedToRef="see" cancelActivity="false">
      <bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P2D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="late" targetRef="overdue"/>
    <bpmn:userTask id="overdue" name="Decide on the late visit">
      <bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="supervisors"/></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f3" sourceRef="see" targetRef="approve"/>
    <bpmn:userTask id="approve" name="Approve the visit">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="supervisors"/>
        <zeebe:properties><zeebe:property name="stage" value="Approval"/></zeebe:properties>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f4" sourceRef="approve" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

const FORM: &str = r#"{"schemaVersion": 16, "type": "default", "id": "visit", "components": [
  {"type": "textarea", "id": "c1", "key": "said", "label": "What did the child say?", "validate": {"required": true}}
]}"#;

/// A site with the model and two more caseworkers: Joseph in Grace's team, Helen in another.
pub(crate) async fn site() -> Site {
    let site = Site::new().await;
    let resources = vec![
        Resource::new("visit.bpmn", MODEL),
        Resource::new("visit.form", FORM),
    ];
    let mut request = Request::by("test").act(Act::Deploy { resources });
    for user in [
        worker("joseph", "Joseph Okello", "caseworkers"),
        worker("helen", "Helen Adong", "helpline"),
    ] {
        request = request.act(user.added());
    }
    site.runtime.submit(request).await.unwrap();
    site
}

/// Starts a case about a new person; answers the address of its first step, which is with the starter.
pub(crate) async fn start(browser: &Browser<'_>) -> String {
    let fields = [
        ("step", "start"),
        ("name", "Amina Nakato"),
        ("age", "7"),
        ("person", "new"),
        ("sex", "female"),
    ];
    let answer = browser.post("/referrals/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().split('?').next().unwrap().to_owned()
}
