//! Access tokens of an issuer: who is let in, and who is not, whatever somebody tries.

use super::callers::Program;
use super::issuer::{AUDIENCE, Issuer, Key, encoded, message};
use super::rights::{given, letter, model, start, task};
use crate::support::Site;
use api::config::Options;
use axum::http::StatusCode;
use ring::hmac;
use serde_json::{Value, json};
use std::pin::pin;

const ME: &str = "/v2/authentication/me";

/// A server that believes the issuer.
async fn believing(issuer: &Issuer) -> Site {
    let site = Site::with(Options {
        issuer: Some(issuer.address.clone()),
        audience: Some(AUDIENCE.into()),
        ..Options::default()
    })
    .await;
    site.people().await;
    site
}

/// The claims of a program.
fn program(issuer: &Issuer, name: &str, roles: &[&str]) -> Value {
    let mut claims = issuer.claims("");
    claims["preferred_username"] = Value::Null;
    claims["client_id"] = json!(name);
    claims["roles"] = json!(roles);
    claims
}

async fn status(site: &Site, token: &str) -> StatusCode {
    Program::with(site, token).get(ME).await.status
}

#[tokio::test]
async fn the_claims_of_a_token_say_who_calls() {
    let (first, elliptic) = (Key::first(), Key::elliptic());
    let issuer = Issuer::with(&[&first, &elliptic]).await;
    let site = believing(&issuer).await;
    for key in [&first, &elliptic] {
        let token = key.token(&issuer.claims("sarah"));
        let me = Program::with(&site, &token).get(ME).await;
        let me = Program::told(&me, StatusCode::OK);
        assert_eq!(me["username"], "sarah");
        assert_eq!(me["groups"], json!(["helpline"]));
        assert_eq!(me["roles"], json!(["supervisor", "auditor"]));
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn who_also_signs_in_here_keeps_roles_and_teams() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let mut claims = issuer.claims("grace");
    claims["roles"] = json!([]);
    let me = Program::with(&site, &first.token(&claims))
        .get(ME)
        .await
        .json();
    assert_eq!(me["displayName"], "Grace Auma");
    assert_eq!(me["roles"], json!(["caseworker"]));
    assert_eq!(me["groups"], json!(["caseworkers", "helpline"]));

    // A program has no name here that is a user's.
    claims["preferred_username"] = Value::Null;
    claims["client_id"] = json!("grace");
    let me = Program::with(&site, &first.token(&claims))
        .get(ME)
        .await
        .json();
    assert_eq!(me["username"], "grace");
    assert_eq!(me["roles"], json!([]));
}

#[tokio::test]
async fn a_program_with_the_name_of_a_user_has_nothing_of_theirs() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let grace = Program::of(&site, "grace");
    let mine = json!({ "name": "mine", "scopes": ["read"] });
    let mine = grace.post("/v2/tokens", mine).await;
    let mine = Program::told(&mine, StatusCode::CREATED);
    let mine = format!("/v2/tokens/{}", mine["tokenId"].as_str().unwrap());

    let token = first.token(&program(&issuer, "grace", &[]));
    let program = Program::with(&site, &token);
    for (method, path, body, expected) in [
        ("GET", mine.as_str(), Value::Null, StatusCode::NOT_FOUND),
        ("DELETE", &mine, Value::Null, StatusCode::NOT_FOUND),
        (
            "POST",
            "/v2/tokens",
            json!({ "name": "n", "scopes": ["read"], "owner": "grace" }),
            StatusCode::FORBIDDEN,
        ),
        (
            "POST",
            "/v2/tokens",
            json!({ "name": "n", "scopes": ["read"] }),
            StatusCode::BAD_REQUEST,
        ),
        ("GET", "/v2/users/grace", Value::Null, StatusCode::FORBIDDEN),
    ] {
        let answer = program.ask(method, path, body).await;
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
    }
    let found = program.post("/v2/tokens/search", json!({})).await;
    let found = Program::told(&found, StatusCode::OK);
    assert_eq!(found["page"]["totalItems"], 0, "{found}");
    assert_eq!(grace.get(&mine).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_program_may_not_claim_a_task_as_the_user_of_its_name() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    site.install("visit.bpmn", &model("visit")).await;
    let visit = start(&site, "visit", "caseworkers").await;
    let path = format!("/v2/user-tasks/{}/assignment", task(&site, &visit).await);
    let authorization = json!({
        "ownerType": "CLIENT", "ownerId": "grace", "resourceType": "PROCESS_DEFINITION", "resourceId": "visit",
        "permissionTypes": ["CLAIM_USER_TASK"],
    });
    given(&site, authorization).await;
    let token = first.token(&program(&issuer, "grace", &[]));
    let assignment = json!({ "assignee": "grace" });
    let answer = Program::with(&site, &token).post(&path, assignment).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
}

#[tokio::test]
async fn documents_of_a_program_are_not_those_of_the_user_of_its_name() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let authorization = json!({
        "ownerType": "CLIENT", "ownerId": "grace", "resourceType": "DOCUMENT", "resourceId": "*",
        "permissionTypes": ["CREATE"],
    });
    given(&site, authorization).await;
    let token = first.token(&program(&issuer, "grace", &[]));
    let (user, program) = (Program::of(&site, "grace"), Program::with(&site, &token));
    let made = StatusCode::CREATED;
    assert_eq!(letter(&user, "of-user", None).await, made);
    assert_eq!(letter(&program, "of-program", None).await, made);
    let delete = async |caller: &Program<'_>, id: &str| {
        let path = format!("/v2/documents/{id}");
        caller.ask("DELETE", &path, Value::Null).await.status
    };
    assert_eq!(delete(&user, "of-program").await, StatusCode::FORBIDDEN);
    assert_eq!(delete(&program, "of-user").await, StatusCode::FORBIDDEN);
    assert_eq!(delete(&user, "of-user").await, StatusCode::NO_CONTENT);
    assert_eq!(delete(&program, "of-program").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_program_is_not_told_what_the_user_of_its_name_was_answered() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let token = first.token(&program(&issuer, "admin", &["administrator"]));
    let (user, program) = (Program::of(&site, "admin"), Program::with(&site, &token));
    let body = json!({ "name": "n", "scopes": ["read"], "owner": "grace" });
    let mut made = Vec::new();
    for caller in [&user, &program] {
        let answer = caller.post_with_key("/v2/tokens", "k", &body).await;
        assert_eq!(answer.header("idempotency-replayed"), "");
        made.push(Program::told(&answer, StatusCode::CREATED)["tokenId"].clone());
    }
    assert_ne!(made[0], made[1]);
}

#[tokio::test]
async fn a_token_for_others_or_another_time_lets_nobody_in() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let check = async |name: &str, value: Value, expected: StatusCode| {
        let mut claims = issuer.claims("sarah");
        claims[name] = value.clone();
        assert_eq!(
            status(&site, &first.token(&claims)).await,
            expected,
            "{name} {value}"
        );
    };
    let (ok, no) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    check("aud", json!(["others", AUDIENCE]), ok).await;
    check("aud", json!("others"), no).await;
    check("aud", Value::Null, no).await;
    check("iss", json!("http://127.0.0.1:1/realms/work"), no).await;
    check("iss", Value::Null, no).await;
    check("exp", json!(1_772_431_200 - 59), ok).await;
    check("exp", json!(1_772_431_200 - 60), no).await;
    check("exp", Value::Null, no).await;
    check("nbf", json!(1_772_431_200 + 60), ok).await;
    check("nbf", json!(1_772_431_200 + 61), no).await;
    check("preferred_username", json!(""), no).await;
}

#[tokio::test]
async fn a_token_that_nobody_or_somebody_else_has_signed_lets_nobody_in() {
    let (first, second) = (Key::first(), Key::second());
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let claims = issuer.claims("sarah");
    let good = first.token(&claims);
    assert_eq!(status(&site, &good).await, StatusCode::OK);

    let unsigned = message(&json!({ "alg": "none", "kid": "first" }), &claims);
    // What everybody knows, the published key, taken as a secret.
    let known = first.public()["n"].as_str().unwrap().to_owned();
    let header = message(&json!({ "alg": "HS256", "kid": "first" }), &claims);
    let secret = hmac::Key::new(hmac::HMAC_SHA256, known.as_bytes());
    let signature = hmac::sign(&secret, header.as_bytes());
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signed) = rest.split_once('.').unwrap();
    let mut other = claims.clone();
    other["preferred_username"] = json!("admin");
    let swapped = message(&json!({}), &other);
    let wrong = [
        format!("{unsigned}."),
        format!("{header}.{}", encoded(signature.as_ref())),
        second.token_with(&json!({ "alg": "RS256", "kid": "first" }), &claims),
        second.token(&claims),
        first.token_with(&json!({ "alg": "RS512", "kid": "first" }), &claims),
        first.token_with(&json!({ "alg": "ES256", "kid": "first" }), &claims),
        first.token_with(
            &json!({ "alg": "RS256", "kid": "first", "crit": ["b64"] }),
            &claims,
        ),
        format!("{head}.{}.{signed}", swapped.split_once('.').unwrap().1),
        format!("{good}.{signed}"),
        "a.b.c".to_owned(),
        "x".repeat(20_000),
    ];
    for token in wrong {
        assert_eq!(
            status(&site, &token).await,
            StatusCode::UNAUTHORIZED,
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_unknown_ones_do_not_bother_the_issuer() {
    let (first, second, elliptic) = (Key::first(), Key::second(), Key::elliptic());
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let mut claims = issuer.claims("sarah");
    claims["exp"] = json!(1_772_431_200 + 86_400);
    let (ok, no) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&site, &first.token(&claims)).await, ok);

    issuer.publish(&[&second]);
    for _ in 0..5 {
        assert_eq!(status(&site, &second.token(&claims)).await, no);
    }
    assert_eq!(issuer.asked(), 1);
    site.wait(1).await;
    assert_eq!(status(&site, &second.token(&claims)).await, ok);
    assert_eq!(issuer.asked(), 2);
    // The first key is not published any more.
    assert_eq!(status(&site, &first.token(&claims)).await, no);
    site.wait(1).await;
    assert_eq!(status(&site, &elliptic.token(&claims)).await, no);
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test]
async fn while_the_issuer_hangs_nobody_waits_whose_key_is_known() {
    let (first, second) = (Key::first(), Key::second());
    let issuer = Issuer::with(&[&first]).await;
    let site = believing(&issuer).await;
    let mut claims = issuer.claims("sarah");
    claims["exp"] = json!(1_772_431_200 + 86_400);
    let (known, asking) = (first.token(&claims), second.token(&claims));
    assert_eq!(status(&site, &known).await, StatusCode::OK);

    issuer.publish(&[&first, &second]);
    // Once while the keys are fresh, and once when they are old.
    for minutes in [1, 60] {
        site.wait(minutes).await;
        let (hanging, before) = (issuer.hang().await, issuer.asked());
        let mut waiting = pin!(status(&site, &asking));
        tokio::select! {
            status = &mut waiting => panic!("{status}"),
            status = async {
                while issuer.asked() == before {
                    tokio::task::yield_now().await;
                }
                status(&site, &known).await
            } => assert_eq!(status, StatusCode::OK),
        }
        drop(hanging);
        assert_eq!(waiting.await, StatusCode::OK);
    }
}

#[tokio::test]
async fn while_the_issuer_is_away_nobody_can_say_who_calls() {
    let site = Site::with(Options {
        issuer: Some("http://127.0.0.1:9/realms/work".into()),
        audience: Some(AUDIENCE.into()),
        ..Options::default()
    })
    .await;
    site.people().await;
    let claims = json!({ "iss": "http://127.0.0.1:9/realms/work", "aud": AUDIENCE });
    let answer = Program::with(&site, &Key::first().token(&claims))
        .get(ME)
        .await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.body
    );
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(
        Program::of(&site, "grace").get(ME).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn without_an_issuer_no_access_token_is_believed() {
    let first = Key::first();
    let issuer = Issuer::with(&[&first]).await;
    let site = Site::new().await;
    let token = first.token(&issuer.claims("grace"));
    assert_eq!(status(&site, &token).await, StatusCode::UNAUTHORIZED);
}
