//! The calendars page: what is deployed and for whom, what a new version changes before it is live, and giving one to others.

use crate::support::{Browser, Site};
use axum::http::StatusCode;
use runtime::{Act, Request, Resource};

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:caseway="https://caseway.org/schema/1.0" id="d" targetNamespace="t">
  <bpmn:process id="home-visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child" caseway:workingDays="2">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="caseworkers"/>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f3" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

fn office(holidays: &str, used: &str) -> String {
    format!(
        r#"{{"id": "office", "name": "The office", "zone": "UTC", "weekend": ["saturday", "sunday"],
  "office_hours": {{"from": "08:00", "to": "16:00"}}, "source": "invented", "years": {{"from": 2026, "to": 2026}},
  "holidays": [{holidays}], "for": {used}}}"#
    )
}

const EASTER: &str = r#"{"date": "2026-04-06", "name": "Easter Monday"}"#;
const EVERYBODY: &str = r#"{"organisation": true}"#;

/// A site with the office's calendar and one running clock, due on Wednesday, 4 March 2026.
async fn site() -> Site {
    let site = Site::new().await;
    let resources = vec![
        Resource::new("visit.bpmn", MODEL),
        Resource::new("office.calendar", office(EASTER, EVERYBODY)),
    ];
    let start = Act::Start {
        process_id: "home-visit".into(),
        version: None,
        at: None,
        business_id: Some("HV-2026-0001".into()),
        variables: feel::Context::default(),
        calendar: None,
    };
    let request = Request::by("test")
        .act(Act::Deploy { resources })
        .act(start);
    site.runtime.submit(request).await.unwrap();
    site
}

async fn go_live(browser: &Browser<'_>, report: &str) -> String {
    let answer = browser.post(report, &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().to_owned()
}

#[track_caller]
fn check(body: &str, texts: &[&str]) {
    for text in texts {
        assert!(body.contains(text), "{text:?} is missing in {body}");
    }
}

#[tokio::test]
async fn administrators_and_designers_see_calendars_and_others_do_not() {
    let site = site().await;
    for (name, status) in [
        ("admin", StatusCode::OK),
        ("daniel", StatusCode::OK),
        ("ruth", StatusCode::FORBIDDEN),
        ("grace", StatusCode::FORBIDDEN),
    ] {
        let browser = site.sign_in(name).await;
        let answer = browser.get("/admin/calendars").await;
        assert_eq!(answer.status, status, "{name}");
        if status == StatusCode::OK {
            let told = [
                "The office",
                "The whole organisation",
                "Off on Saturday and Sunday · 08:00 to 16:00 · UTC",
                "Holidays known for 2026",
                "Mon 6 April 2026: Easter Monday",
                "Come with the program",
            ];
            check(&answer.body, &told);
        }
        let one = browser.get("/admin/calendars/office").await;
        assert_eq!(one.status, status, "{name}");
    }
    let admin = site.sign_in("admin").await;
    let gone = admin.get("/admin/calendars/gone").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_version_says_what_it_changes_before_it_is_live() {
    let site = site().await;
    let admin = site.sign_in("admin").await;
    let jubilee = format!(r#"{EASTER}, {{"date": "2026-03-03", "name": "Jubilee"}}"#);
    let text = office(&jubilee, EVERYBODY);
    let answer = admin.upload(&[("office.calendar", text.as_bytes())]).await;
    let place = answer.location().to_owned();
    let report = admin.get(&place).await;
    let told = [
        "What the calendar changes",
        "Becomes a day off",
        "Tue 3 March 2026: Jubilee",
        "Running clocks that move: 1 of 1 that are looked at",
        "HV-2026-0001",
        "4 March 2026, 16:00",
        "5 March 2026, 16:00",
    ];
    check(&report.body, &told);
    assert_eq!(go_live(&admin, &place).await, "/admin/calendars");
    site.runtime.wait_idle().await;
    let tasks = site.runtime.tasks(&runtime::TaskQuery::default()).await;
    let due = tasks.unwrap()[0].due.unwrap().to_string();
    assert_eq!(due, "2026-03-05T16:00:00Z");
    let one = admin.get("/admin/calendars/office").await.body;
    check(
        &one,
        &["Version 2", "Version 1", "Tue 3 March 2026", "Jubilee"],
    );
}

#[tokio::test]
async fn problems_of_an_icalendar_file_are_shown_by_line() {
    let site = site().await;
    let admin = site.sign_in("admin").await;
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-CASEWAY-ID:town\r\nX-CASEWAY-WEEKEND:SA,XX\r\nEND:VCALENDAR\r\n";
    let report = admin.report(&[("town.ics", text.as_bytes())]).await;
    check(&report.body, &["Cannot go live yet", "town.ics:5:"]);
    assert!(!report.body.contains("What the calendar changes"));
}

#[tokio::test]
async fn a_calendar_that_comes_with_the_program_is_given_to_a_team() {
    let site = site().await;
    let admin = site.sign_in("admin").await;
    let taken = [("shipped", "uganda.calendar")];
    let answer = admin.post("/admin/calendars", &taken).await;
    let report = admin.get(answer.location()).await;
    check(
        &report.body,
        &["Uganda", "Nobody, until it is given to somebody"],
    );
    go_live(&admin, answer.location()).await;

    let chosen = [("team", "caseworkers")];
    let answer = admin.post("/admin/calendars/uganda", &chosen).await;
    let report = admin.get(answer.location()).await;
    check(
        &report.body,
        &[
            "Team: Caseworkers, instead of nobody",
            "Running clocks that move: 1 of 1",
        ],
    );
    go_live(&admin, answer.location()).await;
    site.runtime.wait_idle().await;
    let tasks = site.runtime.tasks(&runtime::TaskQuery::default()).await;
    // Five o'clock in Kampala.
    let due = tasks.unwrap()[0].due.unwrap().to_string();
    assert_eq!(due, "2026-03-04T14:00:00Z");

    // Two calendars are never for the same: what one gets, the other loses in the same deployment.
    let both = [("organisation", "yes"), ("team", "caseworkers")];
    let answer = admin.post("/admin/calendars/uganda", &both).await;
    let report = admin.get(answer.location()).await;
    check(
        &report.body,
        &[
            "nobody, instead of The whole organisation",
            "office.calendar",
            "uganda.calendar",
        ],
    );
    go_live(&admin, answer.location()).await;
    let catalog = site.runtime.catalog();
    assert_eq!(
        catalog.organisation_calendar().unwrap().calendar.id(),
        "uganda"
    );
    // As it is: nothing to do.
    let again = admin.post("/admin/calendars/uganda", &both).await;
    assert_eq!(again.location(), "/admin/calendars/uganda");
}
