//! What every answer has: headers, health, error pages.
#![allow(clippy::unwrap_used)] // a failed step fails the test

mod support;

use axum::http::StatusCode;
use support::Site;

#[tokio::test]
async fn live_and_ready_are_told_to_everybody() {
    let site = Site::new().await;
    assert_eq!(site.get("/health/live").await.body, "live\n");
    assert_eq!(site.get("/health/ready").await.body, "ready\n");
    site.runtime.stop().await;
    assert_eq!(site.get("/health/live").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_page_tells_the_browser_how_little_it_may_do() {
    let site = Site::new().await;
    for path in ["/signin", "/nowhere", "/assets/nothing.js", "/v2/nothing"] {
        let answer = site.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn an_unknown_page_keeps_the_chrome_and_has_a_reference() {
    let site = Site::new().await;
    let page = site.sign_in("grace").await.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    for text in ["There is no such page", "Grace Auma", "reference"] {
        assert!(
            page.body.contains(text),
            "{text:?} is missing in {}",
            page.body
        );
    }
}

#[tokio::test]
async fn the_api_explains_itself_as_a_problem_document() {
    let site = Site::new().await;
    let answer = site.get("/v2/nothing").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["instance"], "/v2/nothing");
    for field in ["type", "title", "detail"] {
        assert!(problem[field].is_string(), "{field} in {problem}");
    }
}
