//! Deadlines in the JSON API: who sees which, what can be done to a clock, and counting anew.

use crate::support::{Answer, PASSWORD, Site};
use axum::body::Body;
use axum::http::{StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use runtime::{Act, AuditQuery, Request, Resource};
use serde_json::{Value, json};

fn model(group: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:caseway="https://caseway.org/schema/1.0" id="d" targetNamespace="t">
  <bpmn:process id="of-{group}" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child" caseway:workingDays="2" caseway:source="statute" caseway:reference="Section 47">
      <bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="{group}"/></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f3" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#
    )
}

const OTHER: &str = r#"{"id": "other", "name": "The other office", "zone": "UTC", "weekend": ["friday", "saturday"],
  "office_hours": {"from": "08:00", "to": "16:00"}, "source": "invented", "years": {"from": 2026, "to": 2026},
  "holidays": [{"date": "2026-03-03", "name": "Founders' Day"}]}"#;

/// A site with one clock of the case workers and one of the supervisors, both due on Wednesday, 4 March 2026.
async fn site() -> Site {
    let site = Site::new().await;
    let resources = vec![
        Resource::new("a.bpmn", model("caseworkers")),
        Resource::new("b.bpmn", model("supervisors")),
        Resource::new("other.calendar", OTHER),
    ];
    let start = |group: &str, case: &str| Act::Start {
        process_id: format!("of-{group}"),
        version: None,
        at: None,
        business_id: Some(case.into()),
        variables: feel::Context::default(),
        calendar: None,
    };
    let request = Request::by("test")
        .act(Act::Deploy { resources })
        .act(start("caseworkers", "C-1"))
        .act(start("supervisors", "C-2"));
    site.runtime.submit(request).await.unwrap();
    site
}

async fn ask(site: &Site, who: &str, method: &str, path: &str, body: Value) -> Answer {
    let claim = BASE64_STANDARD.encode(format!("{who}:{PASSWORD}"));
    let request = axum::http::Request::builder()
        .method(method)
        .uri(format!("/v2/{path}"))
        .header(header::AUTHORIZATION, format!("Basic {claim}"))
        .header(header::CONTENT_TYPE, "application/json");
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    site.send(request.body(body).unwrap()).await
}

/// What `who` finds, the first due first.
async fn find(site: &Site, who: &str, filter: Value) -> Vec<Value> {
    let body = json!({ "filter": filter, "sort": [{ "field": "dueDate" }] });
    let answer = ask(site, who, "POST", "deadlines/search", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let found = answer.json();
    let items = found["items"].as_array().unwrap().clone();
    assert_eq!(found["page"]["totalItems"], items.len());
    items
}

/// The key of the deadline of a case.
async fn key(site: &Site, case: &str) -> String {
    let found = find(site, "ruth", json!({ "businessId": case })).await;
    found[0]["deadlineKey"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn everybody_finds_the_deadlines_that_they_may_see() {
    let site = site().await;
    let all = json!({});
    assert_eq!(find(&site, "ruth", all.clone()).await.len(), 2);
    assert_eq!(find(&site, "grace", all.clone()).await.len(), 1);
    assert_eq!(find(&site, "daniel", all).await.len(), 0);
    let own = &find(&site, "grace", json!({ "state": "running" })).await[0];
    assert_eq!(own["name"], "See the child");
    assert_eq!(own["dueDate"], "2026-03-04T17:00:00.000Z");
    assert_eq!(
        (
            own["source"].as_str(),
            own["changes"].as_array().unwrap().len()
        ),
        (Some("statute"), 0)
    );
    for (filter, number) in [
        (json!({ "source": "statute", "elementId": "see" }), 2),
        (json!({ "source": "local" }), 0),
        (json!({ "businessId": "C-1" }), 1),
        (json!({ "state": "PAUSED" }), 0),
        (json!({ "dueDate": { "$lt": "2026-03-04T00:00:00Z" } }), 0),
        (json!({ "dueDate": { "$gte": "2026-03-04T00:00:00Z" } }), 2),
        (json!({ "calendarId": "other" }), 0),
    ] {
        assert_eq!(
            find(&site, "ruth", filter.clone()).await.len(),
            number,
            "{filter}"
        );
    }
    let theirs = key(&site, "C-2").await;
    let path = format!("deadlines/{theirs}");
    let answer = ask(&site, "grace", "GET", &path, Value::Null).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let wrong = json!({ "filter": { "state": "LATE" } });
    let answer = ask(&site, "ruth", "POST", "deadlines/search", wrong).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("RUNNING, PAUSED"), "{}", answer.body);
}

#[tokio::test]
async fn a_supervisor_pauses_lets_go_on_and_extends() {
    let site = site().await;
    let key = key(&site, "C-1").await;
    let path = |what: &str| format!("deadlines/{key}/{what}");
    let why = json!({ "reason": "The family is abroad", "authority": "Service manager" });
    let refused = ask(&site, "grace", "POST", &path("pause"), why.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    let without = ask(&site, "ruth", "POST", &path("pause"), json!({})).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    let paused = ask(&site, "ruth", "POST", &path("pause"), why.clone()).await;
    assert_eq!(paused.status, StatusCode::NO_CONTENT, "{}", paused.body);
    let twice = ask(&site, "ruth", "POST", &path("pause"), why).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert_eq!(twice.header("content-type"), "application/problem+json");
    let read = ask(
        &site,
        "grace",
        "GET",
        &format!("deadlines/{key}"),
        Value::Null,
    )
    .await;
    let read = read.json();
    assert_eq!(
        (read["state"].as_str(), &read["dueDate"]),
        (Some("PAUSED"), &Value::Null)
    );
    assert_eq!(read["changes"][0]["reason"], "The family is abroad");
    assert_eq!(read["changes"][0]["by"], "ruth");
    let audit = site.runtime.audit(&AuditQuery::default()).await.unwrap();
    let subject = format!("deadlines/{key}");
    assert!(
        audit
            .iter()
            .any(|row| row.actor == "grace" && row.subject == subject)
    );

    let resumed = ask(&site, "ruth", "POST", &path("resumption"), Value::Null).await;
    assert_eq!(resumed.status, StatusCode::NO_CONTENT, "{}", resumed.body);
    for body in [
        json!({ "reason": "More time" }),
        json!({ "reason": "More time", "workingDays": 0 }),
        json!({ "reason": "More time", "workingDays": 2, "until": "2026-03-09T12:00:00Z" }),
    ] {
        let answer = ask(&site, "ruth", "POST", &path("extension"), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
    let more = json!({ "reason": "More time", "workingDays": 1 });
    let extended = ask(&site, "ruth", "POST", &path("extension"), more).await;
    assert_eq!(extended.status, StatusCode::NO_CONTENT, "{}", extended.body);
    let now = &find(&site, "ruth", json!({ "deadlineKey": key })).await[0];
    assert_eq!(now["dueDate"], "2026-03-05T17:00:00.000Z");
}

#[tokio::test]
async fn whoever_works_on_a_case_says_why_a_deadline_was_missed() {
    let site = site().await;
    let key = key(&site, "C-1").await;
    let path = format!("deadlines/{key}/explanation");
    let why = json!({ "reason": "Nobody was at home" });
    let early = ask(&site, "grace", "POST", &path, why.clone()).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.body);
    site.wait(4 * 24 * 60).await;
    let said = ask(&site, "grace", "POST", &path, why).await;
    assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    let now = &find(&site, "grace", json!({})).await[0];
    assert_eq!(now["missReason"], "Nobody was at home");
    let gone = ask(
        &site,
        "ruth",
        "POST",
        "deadlines/1/explanation",
        json!({ "reason": "x" }),
    )
    .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deadlines_are_counted_anew_and_a_case_gets_its_calendar() {
    let site = site().await;
    let asked = json!({ "reason": "To be sure" });
    let refused = ask(
        &site,
        "ruth",
        "POST",
        "deadlines/recomputation",
        asked.clone(),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let done = ask(&site, "admin", "POST", "deadlines/recomputation", asked).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.body);
    site.runtime.wait_idle().await;
    let progress = ask(
        &site,
        "admin",
        "GET",
        "deadlines/recomputation",
        Value::Null,
    )
    .await;
    assert_eq!(progress.json(), json!({ "items": [] }));
    let gone = json!({ "calendarId": "gone", "reason": "x" });
    let gone = ask(&site, "admin", "POST", "deadlines/recomputation", gone).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    let other = json!({ "calendarId": "other", "reason": "The family has moved" });
    let refused = ask(&site, "grace", "PUT", "cases/C-1/calendar", other.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let chosen = ask(&site, "ruth", "PUT", "cases/C-1/calendar", other).await;
    assert_eq!(chosen.json(), json!({ "movedDeadlines": 1 }));
    let moved = &find(&site, "ruth", json!({ "calendarId": "other" })).await[0];
    assert_eq!(moved["dueDate"], "2026-03-05T16:00:00.000Z");
    let back = json!({ "calendarId": null, "reason": "They came back" });
    let back = ask(&site, "ruth", "PUT", "cases/C-1/calendar", back).await;
    assert_eq!(back.json(), json!({ "movedDeadlines": 1 }));
    let unknown = json!({ "calendarId": "other", "reason": "x" });
    let unknown = ask(&site, "ruth", "PUT", "cases/C-9/calendar", unknown).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deadlines_are_found_by_operators_in_any_order_page_by_page() {
    let site = site().await;
    let later = key(&site, "C-2").await;
    let path = format!("deadlines/{later}/extension");
    let more = json!({ "reason": "More time", "workingDays": 2 });
    let extended = ask(&site, "ruth", "POST", &path, more).await;
    assert_eq!(extended.status, StatusCode::NO_CONTENT, "{}", extended.body);
    let cases = async |asked: Value| {
        let answer = ask(&site, "ruth", "POST", "deadlines/search", asked.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{asked}: {}", answer.body);
        let found = answer.json();
        let mut cases = Vec::new();
        for item in found["items"].as_array().unwrap() {
            let is_later = item["deadlineKey"] == json!(later);
            cases.push(if is_later { "C-2" } else { "C-1" });
        }
        (cases, found["page"].clone())
    };
    for (filter, expected) in [
        (
            json!({ "businessId": { "$in": ["C-2", "C-3"] } }),
            vec!["C-2"],
        ),
        (json!({ "businessId": { "$neq": "C-1" } }), vec!["C-2"]),
        (json!({ "name": { "$like": "See*" } }), vec!["C-1", "C-2"]),
        (json!({ "calendarId": { "$exists": true } }), vec![]),
        (
            json!({ "missReason": { "$exists": false } }),
            vec!["C-1", "C-2"],
        ),
        (json!({ "state": { "$notIn": ["RUNNING"] } }), vec![]),
        (
            json!({ "dueDate": { "$gt": "2026-03-05T00:00:00Z" } }),
            vec!["C-2"],
        ),
        (
            json!({ "processDefinitionId": "of-caseworkers" }),
            vec!["C-1"],
        ),
        (
            json!({ "userTaskKey": later, "isBeyondCalendar": false }),
            vec!["C-2"],
        ),
        (
            json!({ "$or": [{ "businessId": "C-1" }, { "state": "PAUSED" }, { "deadlineKey": later }] }),
            vec!["C-1", "C-2"],
        ),
    ] {
        let (found, page) = cases(json!({ "filter": filter })).await;
        assert_eq!(found, expected, "{filter}");
        assert_eq!(page["totalItems"], expected.len(), "{filter}");
    }
    let last_first = json!([{ "field": "dueDate", "order": "DESC" }]);
    let (first, page) = cases(json!({ "sort": last_first, "page": { "limit": 1 } })).await;
    assert_eq!((first, &page["totalItems"]), (vec!["C-2"], &json!(2)));
    let after = json!({ "limit": 1, "after": page["endCursor"] });
    let (second, page) = cases(json!({ "sort": last_first, "page": after })).await;
    assert_eq!((second, &page["totalItems"]), (vec!["C-1"], &json!(2)));
    let before = json!({ "limit": 1, "before": page["startCursor"] });
    let (back, _) = cases(json!({ "sort": last_first, "page": before })).await;
    assert_eq!(back, ["C-2"]);
    for (asked, says) in [
        (
            json!({ "filter": { "colour": "red" } }),
            "Deadlines cannot be filtered by colour",
        ),
        (
            json!({ "sort": [{ "field": "changes" }] }),
            "Deadlines cannot be sorted by changes",
        ),
        (
            json!({ "page": { "after": page["endCursor"] } }),
            "page.after is no cursor",
        ),
    ] {
        let answer = ask(&site, "ruth", "POST", "deadlines/search", asked).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    }
    // Nobody pages through what they may not see.
    let all = json!({ "page": { "limit": 1 } });
    let answer = ask(&site, "grace", "POST", "deadlines/search", all).await;
    let page = answer.json()["page"].clone();
    assert_eq!(page["totalItems"], 1);
    let next = json!({ "page": { "limit": 1, "after": page["endCursor"] } });
    let answer = ask(&site, "grace", "POST", "deadlines/search", next).await;
    assert_eq!(answer.json()["items"], json!([]));
}
