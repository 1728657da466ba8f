//! Deadlines on the pages: what lists say of a paused clock, and the working days of a case.

use crate::support::Site;
use axum::http::StatusCode;
use bpmn::{Command, Key};
use runtime::{Request, Task, TaskQuery};

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:caseway="https://caseway.org/schema/1.0" id="d" targetNamespace="t">
  <bpmn:process id="home-visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child" caseway:workingDays="2" caseway:source="statute">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="caseworkers"/>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="late" name="Tell the manager" attachedToRef="see" cancelActivity="false" caseway:workingDays="4" caseway:source="local">
      <bpmn:timerEventDefinition><bpmn:timeDuration>P9D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="late" targetRef="told"/>
    <bpmn:endEvent id="told"/>
    <bpmn:sequenceFlow id="f3" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// Monday to Friday is the calendar of the organisation; the other office is open from Sunday to Thursday, and closed on the third.
const OTHER: &str = r#"{"id": "other", "name": "The other office", "zone": "UTC", "weekend": ["friday", "saturday"],
  "office_hours": {"from": "08:00", "to": "16:00"}, "source": "invented", "years": {"from": 2026, "to": 2026},
  "holidays": [{"date": "2026-03-03", "name": "Founders' Day"}]}"#;

async fn site() -> Site {
    let site = Site::new().await;
    site.install("visit.bpmn", MODEL).await;
    site.install("other.calendar", OTHER).await;
    site
}

async fn task(site: &Site, reference: &str) -> Task {
    let query = TaskQuery {
        business_id: Some(reference.into()),
        ..TaskQuery::default()
    };
    site.runtime.tasks(&query).await.unwrap().remove(0)
}

async fn pause(site: &Site, deadline: Key) {
    let command = Command::PauseDeadline {
        deadline,
        reason: "The family is abroad".into(),
        authority: None,
        by: Some("ruth".into()),
    };
    let request = Request::by("ruth").command(deadline.instance(), command);
    site.runtime.submit(request).await.unwrap();
}

#[tokio::test]
async fn lists_say_of_a_paused_task_since_when_and_why() {
    let site = site().await;
    let reference = site.case_of_grace("home-visit", None).await;
    let grace = site.sign_in("grace").await;
    let queue = grace.get("/inbox/team").await.body;
    assert!(queue.contains("Due in 2 working days"), "{queue}");
    let task = task(&site, &reference).await;
    pause(&site, task.key).await;
    let pages = ["/inbox/team".to_owned(), format!("/cases/{reference}")];
    for page in pages.into_iter().chain([format!("/tasks/{}", task.key)]) {
        let body = grace.get(&page).await.body;
        assert!(body.contains("Paused"), "{page}: {body}");
        assert!(body.contains("The family is abroad"), "{page}: {body}");
        assert!(!body.contains("No due date"), "{page}: {body}");
    }
    let team = site.sign_in("ruth").await.get("/team?show=all").await.body;
    assert!(team.contains("since Mon 2 Mar"), "{team}");
}

#[tokio::test]
async fn the_page_of_a_case_says_the_date_of_a_task_once() {
    let site = site().await;
    let reference = site.case_of_grace("home-visit", None).await;
    let ruth = site.sign_in("ruth").await;
    let page = ruth.get(&format!("/cases/{reference}")).await.body;
    let tasks = page.split_once("<h2>Open tasks</h2>").unwrap().1;
    let (tasks, others) = tasks.split_once("<h2>Other deadlines</h2>").unwrap();
    assert!(tasks.contains("See the child") && tasks.contains("Pause or extend"));
    assert!(tasks.contains("Wed 4 Mar"), "{tasks}");
    let others = others.split_once("</section>").unwrap().0;
    assert!(others.contains("Tell the manager") && !others.contains("See the child"));
}

#[tokio::test]
async fn a_supervisor_chooses_the_working_days_of_a_case() {
    let site = site().await;
    let reference = site.case_of_grace("home-visit", None).await;
    let page = format!("/cases/{reference}/calendar");
    let before = task(&site, &reference).await.due.unwrap().to_string();
    assert_eq!(before, "2026-03-04T17:00:00Z");
    let grace = site.sign_in("grace").await;
    assert_eq!(grace.get(&page).await.status, StatusCode::FORBIDDEN);
    let case_page = grace.get(&format!("/cases/{reference}")).await.body;
    assert!(case_page.contains("Working days: Monday to Friday") && !case_page.contains(&page));

    let ruth = site.sign_in("ruth").await;
    let shown = ruth.get(&page).await.body;
    assert!(shown.contains("The other office") && shown.contains("Off on Friday and Saturday"));
    let without = ruth.post(&page, &[("calendar", "other")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.body.contains("Enter a reason"));
    let why = ("reason", "The family has moved");
    let chosen = ruth.post(&page, &[("calendar", "other"), why]).await;
    assert_eq!(chosen.location(), format!("/cases/{reference}?moved=2"));
    let told = ruth.get(chosen.location()).await.body;
    assert!(told.contains("2 deadlines moved") && told.contains("Working days: The other office"));
    assert!(told.contains("The family has moved"), "{told}");
    assert!(told.contains("Due 5 March 2026, 16:00"), "{told}");
    // The third and the weekend of the other office are off.
    let after = task(&site, &reference).await.due.unwrap().to_string();
    assert_eq!(after, "2026-03-05T16:00:00Z");
    let unknown = ruth.post(&page, &[("calendar", "gone"), why]).await;
    assert_eq!(unknown.status, StatusCode::CONFLICT, "{}", unknown.body);
    let back = ruth.post(&page, &[("calendar", ""), why]).await;
    assert_eq!(back.location(), format!("/cases/{reference}?moved=2"));
    assert_eq!(
        task(&site, &reference).await.due.unwrap().to_string(),
        before
    );
}

#[tokio::test]
async fn a_case_can_begin_with_its_own_working_days() {
    let site = site().await;
    let reference = site.case_of_grace("home-visit", Some("other")).await;
    let due = task(&site, &reference).await.due.unwrap().to_string();
    assert_eq!(due, "2026-03-05T16:00:00Z");
    let grace = site.sign_in("grace").await;
    let search = [("step", "search"), ("name", "Amara Kizza")];
    let asked = grace.post("/referrals/new", &search).await.body;
    assert!(asked.contains("Working days of the case") && asked.contains("The other office"));
    let fields = [
        ("step", "start"),
        ("name", "Amara Kizza"),
        ("person", "new"),
        ("calendar", "other"),
    ];
    let started = grace.post("/referrals/new", &fields).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    let page = started.location().split('?').next().unwrap();
    let page = grace.get(page).await.body;
    assert!(page.contains("Due Thursday 5 March"), "{page}");
}
