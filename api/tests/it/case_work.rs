//! Case work in the browser: starting, completing, and what happens when two people meet.

use crate::support::home_visit::{site, start};
use crate::support::{leads_to, says};
use axum::http::StatusCode;
use runtime::TaskQuery;

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
