//! How often and how much programs may ask, what happens when they ask twice, and from where.

use super::callers::Program;
use crate::support::{Answer, PASSWORD, Site};
use api::config::Options;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::net::SocketAddr;

const OK: StatusCode = StatusCode::OK;

/// A request of a user with more headers.
async fn send(site: &Site, user: &str, call: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let (method, path) = call.split_once(' ').unwrap();
    let claim = BASE64_STANDARD.encode(format!("{user}:{PASSWORD}"));
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/v2{path}"))
        .header(header::CONTENT_TYPE, "application/json");
    if !user.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Basic {claim}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn who_asks_too_often_is_told_how_long_to_wait() {
    let options = Options {
        requests_per_second: Some(1),
        requests_at_once: Some(3),
        ..Options::default()
    };
    let site = Site::with(options).await;
    site.people().await;
    let grace = Program::of(&site, "grace");
    let token = json!({ "name": "n", "scopes": ["read"] });
    let made = Program::told(&grace.post("/v2/tokens", token).await, StatusCode::CREATED);
    for _ in 0..2 {
        assert_eq!(grace.get("/v2/topology").await.status, OK);
    }
    let refused = grace.get("/v2/topology").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["title"], "Too Many Requests");
    // Others, and a token of the same user, are counted by themselves.
    assert_eq!(
        Program::of(&site, "ruth").get("/v2/topology").await.status,
        OK
    );
    let token = Program::with(&site, made["token"].as_str().unwrap());
    assert_eq!(token.get("/v2/topology").await.status, OK);
    site.wait(1).await;
    assert_eq!(grace.get("/v2/topology").await.status, OK);
}

#[tokio::test]
async fn wrong_tokens_keep_nobody_from_signing_in_as_wrong_passwords_do() {
    let site = Site::new().await;
    let status = async |shown: &str| {
        let mut request = Request::get("/v2/topology")
            .header(header::AUTHORIZATION, shown)
            .body(Body::empty())
            .unwrap();
        let address = SocketAddr::from(([10, 0, 0, 7], 40_000));
        request.extensions_mut().insert(ConnectInfo(address));
        site.send(request).await.status
    };
    let right = BASE64_STANDARD.encode(format!("grace:{PASSWORD}"));
    let right = format!("Basic {right}");
    for _ in 0..100 {
        assert_eq!(status("Bearer wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&right).await, OK);

    let wrong = BASE64_STANDARD.encode("grace:wrong");
    for _ in 0..10 {
        let refused = status(&format!("Basic {wrong}")).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&right).await, StatusCode::TOO_MANY_REQUESTS);
    // A program with a token is not one that guesses passwords.
    assert_eq!(status("Bearer wrong").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_same_key_with_the_same_body_is_answered_again_and_done_once() {
    let site = Site::new().await;
    let body = json!({ "name": "nightly", "scopes": ["read"] }).to_string();
    let ask = async |user: &str, key: &str, body: &str| {
        send(
            &site,
            user,
            "POST /tokens",
            &[("idempotency-key", key)],
            body,
        )
        .await
    };
    let first = ask("grace", "k-1", &body).await;
    let made = Program::told(&first, StatusCode::CREATED);
    assert!(made["token"].is_string());
    let again = ask("grace", "k-1", &body).await;
    let told = Program::told(&again, StatusCode::CREATED);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(told["tokenId"], made["tokenId"]);
    // A token is told once.
    assert_eq!(told["token"], Value::Null);
    let kept = site
        .runtime
        .documents(&store::Query::all("idempotency"))
        .await
        .unwrap();
    assert!(
        !kept[0].body.to_string().contains("caseway_"),
        "{}",
        kept[0].body
    );

    let other = json!({ "name": "another", "scopes": ["read"] }).to_string();
    let refused = ask("grace", "k-1", &other).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.body
    );
    assert_eq!(refused.json()["status"], 422);
    // Keys of others, other keys, and no key are other requests.
    assert_eq!(ask("ruth", "k-1", &other).await.status, StatusCode::CREATED);
    assert_eq!(ask("grace", "k-2", &body).await.status, StatusCode::CREATED);
    let without = send(&site, "grace", "POST /tokens", &[], &body).await;
    assert_eq!(without.status, StatusCode::CREATED);
    let found = Program::of(&site, "grace")
        .post("/v2/tokens/search", json!({}))
        .await;
    assert_eq!(Program::told(&found, OK)["page"]["totalItems"], 3);

    // After a day the key is free.
    site.wait(24 * 60).await;
    assert_eq!(
        ask("grace", "k-1", &other).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn what_was_refused_frees_its_key_and_what_is_no_key_is_refused() {
    let site = Site::new().await;
    let ask = async |key: &str, body: Value| {
        send(
            &site,
            "grace",
            "POST /tokens",
            &[("idempotency-key", key)],
            &body.to_string(),
        )
        .await
    };
    let wrong = ask("k", json!({ "name": "n" })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let right = ask("k", json!({ "name": "n", "scopes": ["read"] })).await;
    assert_eq!(right.status, StatusCode::CREATED, "{}", right.body);
    for key in ["", "a b", &"k".repeat(256)] {
        let refused = ask(key, json!({ "name": "n", "scopes": ["read"] })).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{key:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_being_done_is_not_done_a_second_time() {
    let site = Site::new().await;
    let body = json!({ "name": "n", "scopes": ["read"] }).to_string();
    let ask = || {
        send(
            &site,
            "grace",
            "POST /tokens",
            &[("idempotency-key", "k")],
            &body,
        )
    };
    let (one, other) = tokio::join!(ask(), ask());
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert!(
        [
            [StatusCode::CREATED, StatusCode::CREATED],
            [StatusCode::CREATED, StatusCode::CONFLICT]
        ]
        .contains(&statuses),
        "{statuses:?}"
    );
    let found = Program::of(&site, "grace")
        .post("/v2/tokens/search", json!({}))
        .await;
    assert_eq!(Program::told(&found, OK)["page"]["totalItems"], 1);
}

#[tokio::test]
async fn every_answer_has_the_name_of_its_request() {
    let site = Site::new().await;
    let own = send(
        &site,
        "grace",
        "GET /topology",
        &[("x-request-id", "order-17")],
        "",
    )
    .await;
    assert_eq!(own.header("x-request-id"), "order-17");
    let refused = send(
        &site,
        "",
        "GET /topology",
        &[("x-request-id", "a b\"c")],
        "",
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.header("x-request-id").len(), 32);
    let page = site.get("/signin").await;
    assert_eq!(page.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn pages_of_other_sites_use_the_api_only_where_their_origin_is_allowed() {
    let asks = |origin: &'static str| [("origin", origin), ("sec-fetch-site", "cross-site")];
    let preflight = |origin: &'static str| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "authorization,idempotency-key",
            ),
        ]
    };
    let (tools, evil) = ("https://tools.example.org", "https://evil.example");
    let closed = Site::new().await;
    let told = send(&closed, "", "OPTIONS /tokens", &preflight(tools), "").await;
    assert_eq!(told.header("access-control-allow-origin"), "");
    let refused = send(&closed, "grace", "GET /topology", &asks(tools), "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let site = Site::with(Options {
        allowed_origins: vec![tools.into()],
        ..Options::default()
    })
    .await;
    site.people().await;
    let told = send(&site, "", "OPTIONS /tokens", &preflight(tools), "").await;
    assert_eq!(told.status, OK);
    assert_eq!(told.header("access-control-allow-origin"), tools);
    assert_eq!(told.header("access-control-allow-credentials"), "");
    let body = json!({ "name": "n", "scopes": ["read"] });
    let made = Program::of(&site, "grace").post("/v2/tokens", body).await;
    let token = Program::told(&made, StatusCode::CREATED)["token"].clone();
    let shown = format!("Bearer {}", token.as_str().unwrap());
    let mut headers = asks(tools).to_vec();
    headers.push(("authorization", &shown));
    let answer = send(&site, "", "GET /topology", &headers, "").await;
    assert_eq!(answer.status, OK, "{}", answer.body);
    assert_eq!(answer.header("access-control-allow-origin"), tools);
    let refused = send(&site, "grace", "GET /topology", &asks(evil), "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.header("access-control-allow-origin"), "");

    // A form there, or a script that asks for no answer, comes with a password that the browser remembers.
    let body = json!({ "name": "stolen", "scopes": ["administer"] }).to_string();
    for origin in [tools, evil] {
        let mut headers = asks(origin).to_vec();
        headers.push(("content-type", "text/plain"));
        let refused = send(&site, "grace", "POST /tokens", &headers, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_too_deep_is_refused() {
    let site = Site::new().await;
    let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(2 * 1024 * 1024));
    for headers in [&[][..], &[("idempotency-key", "k")]] {
        let refused = send(&site, "grace", "POST /tokens", headers, &large).await;
        assert_eq!(
            refused.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{}",
            refused.body
        );
        assert!(refused.body.contains("2 MiB"), "{}", refused.body);
    }
    let deep =
        |levels: usize| format!("{}{}", r#"{"a":"#.repeat(levels), "0") + &"}".repeat(levels);
    let refused = send(&site, "grace", "POST /user-tasks/search", &[], &deep(200)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("recursion limit"), "{detail}");
}
