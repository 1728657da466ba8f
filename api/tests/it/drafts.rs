//! Drafts in the browser: nothing that somebody typed is lost, whoever else works on the task.

use crate::support::home_visit::{site, start};
use crate::support::{Answer, Browser, leads_to, says};
use axum::body::Body;
use axum::http::{StatusCode, header};
use runtime::TaskQuery;

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
