//! Decisions and expressions in the JSON API: asked, found again, explained.

use crate::support::Site;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A level that requires points.
const RISK: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="risks" name="Risks" namespace="https://example.org/risks">
  <decision id="level" name="Level">
    <informationRequirement id="needs"><requiredDecision href="#points"/></informationRequirement>
    <decisionTable id="level_table" hitPolicy="UNIQUE">
      <input id="level_in" label="Points"><inputExpression typeRef="number"><text>points</text></inputExpression></input>
      <output id="level_out" name="level" label="Suggested level" typeRef="string"/>
      <rule id="high"><inputEntry><text>&gt;= 40</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
      <rule id="low"><inputEntry><text>&lt; 40</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="points" name="Points">
    <decisionTable id="points_table" hitPolicy="COLLECT" aggregation="SUM">
      <input id="alone_in" label="Alone"><inputExpression><text>alone</text></inputExpression></input>
      <input id="age_in" label="Age"><inputExpression><text>age</text></inputExpression></input>
      <output id="points_out" name="points" typeRef="number"/>
      <rule id="is_alone"><inputEntry><text>true</text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>30</text></outputEntry></rule>
      <rule id="is_young"><inputEntry><text>-</text></inputEntry><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>20</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"##;

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="screening" name="Screening" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="suggest"/>
    <bpmn:businessRuleTask id="suggest" name="Suggest">
      <bpmn:extensionElements><zeebe:calledDecision decisionId="level" resultVariable="level"/></bpmn:extensionElements>
    </bpmn:businessRuleTask>
    <bpmn:sequenceFlow id="f2" sourceRef="suggest" targetRef="decide"/>
    <bpmn:userTask id="decide" name="Decide"/>
    <bpmn:sequenceFlow id="f3" sourceRef="decide" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

async fn site() -> Site {
    let site = Site::open_api().await;
    site.deploy("risks.dmn", RISK).await;
    site.deploy("screening.bpmn", MODEL).await;
    site
}

async fn asked(site: &Site, path: &str, body: Value) -> Value {
    let answer = site.post_json(path, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

async fn refused(site: &Site, path: &str, body: Value, status: StatusCode) -> String {
    let answer = site.post_json(path, body).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    answer.json()["detail"].as_str().unwrap().to_owned()
}

async fn start(site: &Site, variables: Value) -> String {
    let body = json!({ "processDefinitionId": "screening", "variables": variables });
    let started = asked(site, "/v2/process-instances", body).await;
    started["processInstanceKey"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_decision_is_asked_by_id_or_key_and_tells_every_decision_on_the_way() {
    let site = site().await;
    let path = "/v2/decision-definitions/evaluation";
    let variables = json!({ "alone": true, "age": 3 });
    let by_id = json!({ "decisionDefinitionId": "level", "variables": variables });
    let answer = asked(&site, path, by_id).await;
    assert_eq!(answer["output"], "\"high\"");
    assert_eq!(answer["failureMessage"], Value::Null);
    let parts = answer["evaluatedDecisions"].as_array().unwrap();
    assert_eq!(parts[0]["decisionDefinitionId"], "points");
    assert_eq!(parts[0]["output"], "50");
    assert_eq!(parts[0]["decisionDefinitionType"], "DECISION_TABLE");
    let rules = parts[0]["matchedRules"].as_array().unwrap();
    assert_eq!(
        (&rules[1]["ruleId"], &rules[1]["ruleIndex"]),
        (&json!("is_young"), &json!(2))
    );
    assert_eq!(
        rules[1]["evaluatedOutputs"][0],
        json!({ "outputId": "points_out", "outputName": "points", "outputValue": "20", "ruleId": "is_young", "ruleIndex": 2 })
    );
    assert_eq!(
        parts[0]["evaluatedInputs"][1],
        json!({ "inputId": "age_in", "inputName": "Age", "inputValue": "3" })
    );
    let key = answer["decisionDefinitionKey"].clone();
    let by_key = json!({ "decisionDefinitionKey": key, "variables": { "alone": false, "age": 3 } });
    assert_eq!(asked(&site, path, by_key).await["output"], "\"low\"");

    let both = json!({ "decisionDefinitionKey": key, "decisionDefinitionId": "level" });
    refused(&site, path, both, StatusCode::BAD_REQUEST).await;
    let unknown = json!({ "decisionDefinitionId": "nothing" });
    refused(&site, path, unknown, StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn what_was_decided_is_found_by_decision_instance_element_and_time() {
    let site = site().await;
    let instance = start(&site, json!({ "alone": true, "age": 12 })).await;
    start(&site, json!({ "alone": false, "age": 12 })).await;
    let path = "/v2/decision-instances/search";
    let search = async |filter: Value| asked(&site, path, json!({ "filter": filter })).await;
    let found =
        search(json!({ "processInstanceKey": instance, "decisionDefinitionId": "level" })).await;
    assert_eq!(found["page"]["totalItems"], 1);
    let one = &found["items"][0];
    assert_eq!(
        (&one["state"], &one["result"]),
        (&json!("EVALUATED"), &json!("\"low\""))
    );
    assert_eq!(one["processInstanceKey"], *instance);
    let total = async |filter: Value| search(filter).await["page"]["totalItems"].clone();
    assert_eq!(total(json!({})).await, 4);
    assert_eq!(total(json!({ "decisionDefinitionId": "points" })).await, 2);
    assert_eq!(
        total(json!({ "elementId": "suggest", "state": "FAILED" })).await,
        0
    );
    assert_eq!(
        total(json!({ "elementInstanceKey": one["elementInstanceKey"] })).await,
        2
    );
    let at = one["evaluationDate"].as_str().unwrap();
    assert_eq!(total(json!({ "evaluationDate": { "$lt": at } })).await, 0);
    assert_eq!(total(json!({ "evaluationDate": { "$gte": at } })).await, 4);
    assert_eq!(
        total(json!({ "decisionDefinitionName": { "$like": "Lev*" }, "$or": [{ "state": "FAILED" }, { "elementId": "suggest" }] })).await,
        2
    );
    let whole = |key: &Value| json!({ "decisionEvaluationInstanceKey": key });
    assert_eq!(total(whole(&one["decisionEvaluationInstanceKey"])).await, 1);
    assert_eq!(total(whole(&json!("77-1"))).await, 0);
    // Page by page, none twice and none left out, although two are made at once.
    for order in ["ASC", "DESC"] {
        let mut seen = Vec::new();
        let mut page = json!({ "limit": 1 });
        for _ in 0..4 {
            let sort = json!([{ "field": "evaluationDate", "order": order }]);
            let found = asked(&site, path, json!({ "sort": sort, "page": page })).await;
            seen.push(found["items"][0]["decisionEvaluationInstanceKey"].to_string());
            page = json!({ "limit": 1, "after": found["page"]["endCursor"] });
        }
        let end = asked(
            &site,
            path,
            json!({ "page": page, "sort": [{ "field": "evaluationDate", "order": order }] }),
        )
        .await;
        assert_eq!(end["items"], json!([]));
        let all: std::collections::BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(all.len(), 4, "{seen:?}");
    }
    let odd = json!({ "filter": { "evaluationDate": "yesterday" } });
    refused(&site, path, odd, StatusCode::BAD_REQUEST).await;

    let key = one["decisionEvaluationInstanceKey"].as_str().unwrap();
    assert!(key.ends_with("-2"), "{key}");
    let whole = site
        .get(&format!("/v2/decision-instances/{key}"))
        .await
        .json();
    assert_eq!(whole["matchedRules"][0]["ruleId"], "low");
    assert_eq!(whole["evaluatedInputs"][0]["inputValue"], "30");
    let missing = site.get("/v2/decision-instances/77-1").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let odd = site.get("/v2/decision-instances/77").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn deployed_decisions_are_found_and_their_file_is_given_as_it_came() {
    let site = site().await;
    let path = "/v2/decision-definitions/search";
    let all = asked(&site, path, json!({})).await;
    assert_eq!(all["page"]["totalItems"], 2);
    let filter = json!({ "filter": { "decisionDefinitionId": "level", "isLatestVersion": true } });
    let level = asked(&site, path, filter).await["items"][0].clone();
    assert_eq!(
        (&level["name"], &level["version"]),
        (&json!("Level"), &json!(1))
    );
    assert_eq!(
        (
            &level["decisionRequirementsId"],
            &level["decisionRequirementsName"]
        ),
        (&json!("risks"), &json!("Risks"))
    );
    let key = level["decisionDefinitionKey"].as_str().unwrap();
    let place = format!("/v2/decision-definitions/{key}");
    assert_eq!(site.get(&place).await.json(), level);
    let file = site.get(&format!("{place}/xml")).await;
    assert_eq!(file.body, RISK);
    assert!(file.header("content-type").starts_with("text/xml"));
    // A new version of the file: the old one is not the latest any more.
    site.deploy("risks.dmn", &RISK.replace("&gt;= 40", "&gt;= 41"))
        .await;
    let old = json!({ "filter": { "decisionDefinitionKey": key, "isLatestVersion": true } });
    assert_eq!(asked(&site, path, old).await["page"]["totalItems"], 0);
    assert_eq!(
        site.get("/v2/decision-definitions/1").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_expression_is_tried_on_given_data_and_on_a_running_instance() {
    let site = site().await;
    let path = "/v2/expression/evaluation";
    let answer = asked(
        &site,
        path,
        json!({ "expression": "=a + b", "variables": { "a": 1 } }),
    )
    .await;
    assert_eq!(
        (&answer["expression"], &answer["result"]),
        (&json!("=a + b"), &Value::Null)
    );
    let warning = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(warning.starts_with("line 1, column "), "{warning}");
    assert_eq!(answer["referencedSecrets"], json!([]));

    let instance = start(&site, json!({ "alone": true, "age": 12 })).await;
    let seen = json!({ "expression": "if alone then age * 2 else 0", "scopeKey": instance });
    let answer = asked(&site, path, seen).await;
    assert_eq!(
        (&answer["result"], &answer["warnings"]),
        (&json!(24), &json!([]))
    );
    let given = json!({ "expression": "age", "scopeKey": instance, "variables": { "age": 1 } });
    assert_eq!(asked(&site, path, given).await["result"], 1);

    let broken = refused(
        &site,
        path,
        json!({ "expression": "a +" }),
        StatusCode::BAD_REQUEST,
    )
    .await;
    assert!(broken.contains("cannot be read: line 1"), "{broken}");
    refused(&site, path, json!({}), StatusCode::BAD_REQUEST).await;
    let nowhere = json!({ "expression": "1", "scopeKey": "123456789012" });
    refused(&site, path, nowhere, StatusCode::NOT_FOUND).await;
}
