//! A decision suggests, a person decides: how it came about stands under the question, and what was chosen instead is data.

use crate::support::{Browser, Site};
use axum::http::StatusCode;
use processes::suggestions::{self, Count};
use runtime::TaskQuery;

const RISK: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="risks" name="Risks" namespace="https://example.org/risks">
  <decision id="risk" name="Risk level">
    <informationRequirement id="needs"><requiredDecision href="#points"/></informationRequirement>
    <decisionTable id="table" hitPolicy="UNIQUE">
      <input id="in" label="Points"><inputExpression typeRef="number"><text>points</text></inputExpression></input>
      <output id="out" name="level" typeRef="string"/>
      <rule id="r1"><inputEntry><text>&lt; 40</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>&gt;= 40</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="points" name="Risk points">
    <decisionTable id="points_table" hitPolicy="COLLECT" aggregation="SUM">
      <input id="p1" label="Age"><inputExpression><text>age</text></inputExpression></input>
      <input id="p2" label="Alone"><inputExpression><text>alone</text></inputExpression></input>
      <output id="po" name="points" typeRef="number"/>
      <rule id="q1"><inputEntry><text>&lt; 5</text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>30</text></outputEntry></rule>
      <rule id="q2"><inputEntry><text>-</text></inputEntry><inputEntry><text>false</text></inputEntry><outputEntry><text>0</text></outputEntry></rule>
      <rule id="q3"><inputEntry><text>-</text></inputEntry><inputEntry><text>true</text></inputEntry><outputEntry><text>30</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"##;

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="screening" name="Screening" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="suggest"/>
    <bpmn:businessRuleTask id="suggest" name="Suggest the risk level">
      <bpmn:extensionElements>
        <zeebe:calledDecision decisionId="risk" resultVariable="risk"/>
        <zeebe:ioMapping><zeebe:input source="=3" target="age"/><zeebe:input source="=not(left_with = null)" target="alone"/><zeebe:output source="=risk" target="risk"/></zeebe:ioMapping>
      </bpmn:extensionElements>
    </bpmn:businessRuleTask>
    <bpmn:sequenceFlow id="f2" sourceRef="suggest" targetRef="decide"/>
    <bpmn:userTask id="decide" name="Decide the risk level">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="decide"/><zeebe:assignmentDefinition candidateGroups="caseworkers"/>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f3" sourceRef="decide" targetRef="look"/>
    <bpmn:userTask id="look" name="Look again">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="caseworkers"/>
        <zeebe:ioMapping><zeebe:input source="=next.visit" target="visit"/></zeebe:ioMapping>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f4" sourceRef="look" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

const FORM: &str = r#"{"schemaVersion": 16, "type": "default", "id": "decide", "components": [
  {"type": "radio", "id": "c1", "key": "level", "label": "Risk level", "validate": {"required": true},
   "values": [{"value": "high", "label": "High"}, {"value": "low", "label": "Low"}],
   "properties": {"widget": "decision", "suggestion": "=risk", "decision": "risk", "reason": "why"}},
  {"type": "textarea", "id": "c2", "key": "why", "label": "Why?", "validate": {"required": true},
   "conditional": {"hide": "=level = null or level = risk"}}
]}"#;

/// The reference of the only case.
async fn reference(site: &Site) -> String {
    let tasks = site.runtime.tasks(&TaskQuery::default()).await.unwrap();
    tasks[0].business_id.clone().unwrap()
}

/// A case that waits at the question; the address of its task.
async fn asked(site: &Site, grace: &Browser<'_>) -> String {
    site.deploy("risks.dmn", RISK).await;
    site.deploy("decide.form", FORM).await;
    site.deploy("screening.bpmn", MODEL).await;
    let fields = [
        ("step", "start"),
        ("name", "Amina Nakato"),
        ("age", "7"),
        ("person", "new"),
        ("sex", "female"),
    ];
    let answer = grace.post("/referrals/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().split('?').next().unwrap().to_owned()
}

async fn decide(grace: &Browser<'_>, task: &str, level: &str, why: &str) {
    let typed = [
        ("version", "0"),
        ("level", level),
        ("why", why),
        ("action", "check"),
    ];
    let saved = grace.post(task, &typed).await;
    assert_eq!(saved.location(), format!("{task}/check"), "{}", saved.body);
    let done = grace
        .post(&format!("{task}/check"), &[("version", "1")])
        .await;
    assert_eq!(done.location(), format!("{task}/done"), "{}", done.body);
}

#[tokio::test]
async fn a_departure_from_a_suggestion_is_explained_told_and_counted() {
    let site = Site::open_api().await;
    site.people().await;
    let grace = site.sign_in("grace").await;
    let task = asked(&site, &grace).await;
    let page = grace.get(&task).await;
    let said =
        "Risk level suggests “Low”: rule 1. Risk points: rules 1 and 2. Version 1 of the table.";
    assert!(page.body.contains(said), "{}", page.body);

    decide(&grace, &task, "high", "The aunt drinks.").await;
    let reference = reference(&site).await;
    let told = grace.get(&format!("/cases/{reference}")).await;
    for text in [
        "Chose “High” where Risk level suggested “Low” (rule 1)",
        "Reason: The aunt drinks.",
    ] {
        assert!(
            told.body.contains(text),
            "{text:?} is missing in {}",
            told.body
        );
    }
    let count = suggestions::count(&site.runtime, "risk").await.unwrap();
    assert_eq!(
        count,
        Count {
            followed: 0,
            departed: 1
        }
    );
    let kept = suggestions::of_case(&site.runtime, &reference)
        .await
        .unwrap();
    assert_eq!((kept[0].version, kept[0].by.as_str()), (1, "grace"));
}

#[tokio::test]
async fn a_suggestion_that_was_followed_is_counted_too() {
    let site = Site::open_api().await;
    site.people().await;
    let grace = site.sign_in("grace").await;
    let task = asked(&site, &grace).await;
    decide(&grace, &task, "low", "").await;
    let count = suggestions::count(&site.runtime, "risk").await.unwrap();
    assert_eq!(
        count,
        Count {
            followed: 1,
            departed: 0
        }
    );
}

#[tokio::test]
async fn who_leads_sees_what_the_rules_did_without() {
    let site = Site::open_api().await;
    site.people().await;
    let grace = site.sign_in("grace").await;
    let task = asked(&site, &grace).await;
    decide(&grace, &task, "low", "").await;
    let case = format!("/cases/{}", reference(&site).await);
    let title = "What the rules did without";
    assert!(!grace.get(&case).await.body.contains(title));
    let page = site.sign_in("ruth").await.get(&case).await;
    for text in [title, "Look again", "next.visit", "line 1, column"] {
        assert!(
            page.body.contains(text),
            "{text:?} is missing in {}",
            page.body
        );
    }
}
