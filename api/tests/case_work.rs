//! Case work in the browser: starting, drafting, completing, and what happens when two people meet.
#![allow(clippy::unwrap_used)] // a failed step fails the test

mod support;

use axum::body::Body;
use axum::http::{StatusCode, header};
use runtime::{Act, Request, Resource, TaskQuery};
use support::{Answer, Browser, Site, leads_to, says, worker};

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
async fn site() -> Site {
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
async fn start(browser: &Browser<'_>) -> String {
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

#[tokio::test]
async fn a_case_goes_from_the_search_to_its_end_without_script() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let searched = grace
        .post(
            "/referrals/new",
            &[("step", "search"), ("name", "Amina Nakato"), ("age", "7")],
        )
        .await;
    says(&searched, StatusCode::OK, &["Nobody of this name is known"]);
    let task = start(&grace).await;
    says(
        &grace.get(&task).await,
        StatusCode::OK,
        &[
            "See the child",
            "Amina Nakato",
            "about 7 years",
            "See the child alone.",
            "Supervisors decide",
        ],
    );

    leads_to(
        &grace
            .post(
                &task,
                &[("version", "0"), ("action", "save"), ("said", "half a sen")],
            )
            .await,
        format!("{task}?saved=yes"),
    );
    says(
        &grace.get("/inbox").await,
        StatusCode::OK,
        &["Draft saved 06:00", "Continue", "Amina Nakato"],
    );
    says(&grace.get(&task).await, StatusCode::OK, &["half a sen"]);

    leads_to(
        &grace
            .post(
                &task,
                &[("version", "1"), ("action", "check"), ("said", "")],
            )
            .await,
        format!("{task}?check=yes"),
    );
    says(
        &grace.get(&format!("{task}?check=yes")).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["There is a problem", "Error: See the child"],
    );
    leads_to(
        &grace
            .post(
                &task,
                &[
                    ("version", "2"),
                    ("action", "check"),
                    ("said", "I like school."),
                ],
            )
            .await,
        format!("{task}/check"),
    );
    says(
        &grace.get(&format!("{task}/check")).await,
        StatusCode::OK,
        &["Check your answers", "I like school."],
    );
    leads_to(
        &grace
            .post(&format!("{task}/check"), &[("version", "3")])
            .await,
        format!("{task}/done"),
    );
    says(
        &grace.get(&format!("{task}/done")).await,
        StatusCode::OK,
        &["Approve the visit", "Waits for: Supervisors"],
    );

    let ruth = site.sign_in("ruth").await;
    let open = site.runtime.tasks(&TaskQuery::default()).await.unwrap();
    let approve = format!("/tasks/{}", open[0].key);
    leads_to(
        &ruth.post(&approve, &[("action", "claim")]).await,
        format!("{approve}?claimed=yes"),
    );
    leads_to(
        &ruth
            .post(&format!("{approve}/check"), &[("version", "0")])
            .await,
        format!("{approve}/done"),
    );
    says(
        &ruth.get(&format!("{approve}/done")).await,
        StatusCode::OK,
        &["come to its end"],
    );
    says(
        &grace.get("/cases").await,
        StatusCode::OK,
        &["Amina Nakato", "Closed"],
    );
}

#[tokio::test]
async fn somebody_known_is_found_before_a_second_record_is_made() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    start(&grace).await;
    let found = grace
        .post(
            "/referrals/new",
            &[("step", "search"), ("name", "Nakato Amina"), ("age", "8")],
        )
        .await;
    says(
        &found,
        StatusCode::OK,
        &[
            "One person may be the same",
            "Very alike",
            "value=\"p-000001\"",
        ],
    );
    let unchosen = grace
        .post(
            "/referrals/new",
            &[("step", "start"), ("name", "Nakato Amina"), ("age", "8")],
        )
        .await;
    says(
        &unchosen,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["Choose one of these people"],
    );
    let chosen = grace
        .post(
            "/referrals/new",
            &[
                ("step", "start"),
                ("name", "Nakato Amina"),
                ("age", "8"),
                ("person", "p-000001"),
            ],
        )
        .await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER);
    says(&grace.get("/cases").await, StatusCode::OK, &["2 cases"]);
}

#[tokio::test]
async fn a_stale_page_loses_no_word_and_can_be_saved_over_the_newer_draft() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = start(&grace).await;
    grace
        .post(
            &task,
            &[
                ("version", "0"),
                ("action", "save"),
                ("said", "in the first window"),
            ],
        )
        .await;
    let stale = grace
        .post(
            &task,
            &[
                ("version", "0"),
                ("action", "save"),
                ("said", "in the second window"),
            ],
        )
        .await;
    says(
        &stale,
        StatusCode::CONFLICT,
        &[
            "There is a newer draft",
            "in the second window",
            "in the first window",
            "Save what I typed",
        ],
    );
    says(
        &grace.get(&task).await,
        StatusCode::OK,
        &["in the first window"],
    );
    grace
        .post(
            &task,
            &[
                ("version", "1"),
                ("action", "save"),
                ("said", "in the second window"),
            ],
        )
        .await;
    says(
        &grace.get(&task).await,
        StatusCode::OK,
        &["in the second window"],
    );
}

#[tokio::test]
async fn a_step_that_was_given_away_meanwhile_keeps_what_was_typed() {
    let site = site().await;
    let (grace, ruth) = (site.sign_in("grace").await, site.sign_in("ruth").await);
    let task = start(&grace).await;
    let key = task.rsplit('/').next().unwrap();
    let moved = ruth
        .post(
            "/team",
            &[
                ("task", key),
                ("to", "joseph"),
                ("reason", "Grace is on leave"),
            ],
        )
        .await;
    leads_to(&moved, "/team?moved=1&missed=0");
    let late = grace
        .post(
            &task,
            &[
                ("version", "0"),
                ("action", "save"),
                ("said", "my long text"),
            ],
        )
        .await;
    says(
        &late,
        StatusCode::CONFLICT,
        &[
            "Joseph Okello has this task now",
            "my long text",
            "Keep it as a note of the case",
        ],
    );
    let late = grace
        .post(&format!("{task}/check"), &[("version", "0")])
        .await;
    says(
        &late,
        StatusCode::CONFLICT,
        &["Joseph Okello has this task now"],
    );
    let reference = site.runtime.tasks(&TaskQuery::default()).await.unwrap()[0]
        .business_id
        .clone()
        .unwrap();
    says(
        &grace.get(&format!("/cases/{reference}")).await,
        StatusCode::OK,
        &["Reason: Grace is on leave", "Given to Joseph Okello"],
    );
}

#[tokio::test]
async fn a_step_is_completed_once() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = start(&grace).await;
    grace
        .post(
            &task,
            &[("version", "0"), ("action", "save"), ("said", "once")],
        )
        .await;
    grace
        .post(&format!("{task}/check"), &[("version", "1")])
        .await;
    let again = grace
        .post(&format!("{task}/check"), &[("version", "1")])
        .await;
    says(
        &again,
        StatusCode::CONFLICT,
        &["This step is complete already", "You completed it"],
    );
    says(
        &grace.get(&task).await,
        StatusCode::OK,
        &["Grace Auma completed this step"],
    );
}

#[tokio::test]
async fn who_has_no_part_in_a_case_finds_neither_case_nor_task() {
    let site = site().await;
    let (grace, helen) = (site.sign_in("grace").await, site.sign_in("helen").await);
    let task = start(&grace).await;
    let reference = site.runtime.tasks(&TaskQuery::default()).await.unwrap()[0]
        .business_id
        .clone()
        .unwrap();
    for path in [
        task.clone(),
        format!("{task}/check"),
        format!("{task}/done"),
        format!("/cases/{reference}"),
    ] {
        assert_eq!(
            helen.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
        assert_eq!(
            helen
                .post(&path, &[("note", "x"), ("version", "0")])
                .await
                .status
                .as_u16()
                / 100,
            4,
            "{path}"
        );
    }
    assert_eq!(
        helen
            .post(&format!("{task}/draft"), &[("said", "x")])
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    for path in ["/inbox", "/inbox/team", "/cases"] {
        assert!(!helen.get(path).await.body.contains("Amina"), "{path}");
    }
    helen.post("/cases", &[("q", "amina")]).await;
    assert!(
        !helen
            .get("/cases?search=yes")
            .await
            .body
            .contains("Amina Nakato")
    );
    // Joseph's team may take the step: he reads, and cannot write.
    let joseph = site.sign_in("joseph").await;
    says(
        &joseph.get(&task).await,
        StatusCode::OK,
        &["Grace Auma has this task. You can read it."],
    );
    assert_eq!(
        joseph
            .post(
                &task,
                &[("version", "0"), ("action", "save"), ("said", "x")]
            )
            .await
            .status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn the_queue_gives_a_task_to_whoever_claims_it_first() {
    let site = site().await;
    let (grace, joseph) = (site.sign_in("grace").await, site.sign_in("joseph").await);
    let task = start(&grace).await;
    let key = task.rsplit('/').next().unwrap();
    let ruth = site.sign_in("ruth").await;
    ruth.post(
        "/team",
        &[("task", key), ("to", "-"), ("reason", "Back to the team")],
    )
    .await;
    says(
        &joseph.get("/inbox/team").await,
        StatusCode::OK,
        &["Amina Nakato", "1 task that nobody has claimed yet"],
    );
    leads_to(
        &joseph.post("/inbox/team", &[("claim", key)]).await,
        format!("/inbox/team?claimed={key}"),
    );
    let late = grace
        .post("/inbox/team", &[("task", key), ("selected", "claim")])
        .await;
    leads_to(&late, format!("/inbox/team?taken={key}"));
    says(
        &grace.get(late.location()).await,
        StatusCode::OK,
        &["Joseph Okello claimed it just before you"],
    );
    says(
        &joseph.get("/inbox").await,
        StatusCode::OK,
        &["Amina Nakato"],
    );
}

#[tokio::test]
async fn saving_as_one_types_answers_the_new_version_and_refuses_an_old_one() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = start(&grace).await;
    let saved = draft(&grace, &task, "0", "typed").await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    assert_eq!(saved.json()["version"], 1);
    assert_eq!(
        saved.json()["savedAt"],
        "Draft saved 06:00. Kept if you sign out."
    );
    let old = draft(&grace, &task, "0", "typed in another window").await;
    assert_eq!(old.status, StatusCode::CONFLICT, "{}", old.body);
    assert!(
        old.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("There is a newer draft.")
    );
}

#[tokio::test]
async fn the_last_words_of_a_page_that_is_left_overtake_or_follow_a_save_under_way() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = start(&grace).await;
    let first = draft_by(&grace, &task, "0", "page1 1", "first words").await;
    assert_eq!(first.json()["version"], 1);
    let last = draft_by(&grace, &task, "0", "page1 3", "last words").await;
    assert_eq!(last.json()["version"], 2, "it had not seen the answer");
    let overtaken = draft_by(&grace, &task, "0", "page1 2", "middle words").await;
    assert_eq!(overtaken.json()["version"], 2, "nothing is written");
    says(&grace.get(&task).await, StatusCode::OK, &["last words"]);
    let other = draft_by(&grace, &task, "0", "page2 1", "another page").await;
    assert_eq!(other.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_was_sent_is_saved_also_when_the_browser_is_gone() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    let task = start(&grace).await;
    let gone = draft(&grace, &task, "0", "typed a moment before");
    let answer = tokio::time::timeout(std::time::Duration::ZERO, gone).await;
    assert!(answer.is_err(), "nobody waits for the answer");
    for _ in 0..1_000 {
        if grace
            .get(&task)
            .await
            .body
            .contains("typed a moment before")
        {
            return;
        }
    }
    panic!("the draft did not arrive");
}

async fn draft(browser: &Browser<'_>, task: &str, version: &str, said: &str) -> Answer {
    draft_by(browser, task, version, "", said).await
}

async fn draft_by(
    browser: &Browser<'_>,
    task: &str,
    version: &str,
    save: &str,
    said: &str,
) -> Answer {
    let request = browser
        .request("POST", &format!("{task}/draft"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::IF_MATCH, version)
        .header("x-draft-save", save);
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", browser.csrf.as_str()), ("said", said)])
        .finish();
    browser.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_late_step_is_escalated_to_the_team_page() {
    let site = site().await;
    let (grace, ruth) = (site.sign_in("grace").await, site.sign_in("ruth").await);
    start(&grace).await;
    says(&ruth.get("/team").await, StatusCode::OK, &["Nothing here"]);
    site.wait(3 * 24 * 60).await;
    let ruth = site.sign_in("ruth").await;
    let page = ruth.get("/team").await;
    says(
        &page,
        StatusCode::OK,
        &[
            "Escalated",
            "Decide on the late visit",
            "2 working days overdue",
            "1 overdue",
        ],
    );
    says(
        &ruth.get("/team?show=escalated").await,
        StatusCode::OK,
        &["Decide on the late visit"],
    );
    assert_eq!(
        site.sign_in("grace").await.get("/team").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_reassignment_without_reason_changes_nothing_and_keeps_the_choice() {
    let site = site().await;
    let (grace, ruth) = (site.sign_in("grace").await, site.sign_in("ruth").await);
    let task = start(&grace).await;
    let key = task.rsplit('/').next().unwrap();
    let refused = ruth
        .post(
            "/team",
            &[("task", key), ("to", "joseph"), ("back", "/team?show=all")],
        )
        .await;
    says(
        &refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["Enter a reason", " checked>", "value=\"joseph\" selected"],
    );
    assert_eq!(
        site.runtime.tasks(&TaskQuery::default()).await.unwrap()[0]
            .assignee
            .as_deref(),
        Some("grace")
    );
}

#[tokio::test]
async fn a_search_never_puts_a_name_into_an_address() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    start(&grace).await;
    let answer = grace.post("/cases", &[("q", "nakato")]).await;
    leads_to(&answer, "/cases?search=yes");
    says(
        &grace.get("/cases?search=yes").await,
        StatusCode::OK,
        &["1 case found", "Amina Nakato"],
    );
    grace.post("/cases", &[("q", "nobody")]).await;
    says(
        &grace.get("/cases?search=yes").await,
        StatusCode::OK,
        &["Nothing found"],
    );
}

#[tokio::test]
async fn a_note_becomes_part_of_the_chronology_and_stays_text() {
    let site = site().await;
    let grace = site.sign_in("grace").await;
    start(&grace).await;
    let reference = site.runtime.tasks(&TaskQuery::default()).await.unwrap()[0]
        .business_id
        .clone()
        .unwrap();
    let case = format!("/cases/{reference}");
    says(
        &grace.post(&case, &[("note", "  ")]).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["Write the note first"],
    );
    leads_to(
        &grace.post(&case, &[("note", "Seen <b>well</b>")]).await,
        format!("{case}?noted=yes"),
    );
    says(
        &grace.get(&case).await,
        StatusCode::OK,
        &["Seen &lt;b&gt;well", "Case opened: Home visit"],
    );
}
