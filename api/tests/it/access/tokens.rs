//! API tokens, and who the API says that the caller is.

use super::callers::Program;
use crate::support::{Folder, PASSWORD, Site};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};
use store::AuditQuery;

async fn made(site: &Site, user: &str, body: Value) -> Value {
    let answer = Program::of(site, user).post("/v2/tokens", body).await;
    Program::told(&answer, StatusCode::CREATED)
}

async fn token(site: &Site, user: &str, scopes: &[&str]) -> String {
    let made = made(site, user, json!({ "name": "nightly", "scopes": scopes })).await;
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_is_told_once_and_lets_its_user_in() {
    let site = Site::new().await;
    let made = made(
        &site,
        "grace",
        json!({ "name": "nightly", "scopes": ["read"] }),
    )
    .await;
    assert_eq!(made["owner"], "grace");
    assert_eq!(made["scopes"], json!(["read"]));
    assert_eq!(made["creationDate"], "2026-03-02T06:00:00.000Z");
    assert_eq!(made["expiryDate"], "2026-05-31T06:00:00.000Z");
    let text = made["token"].as_str().unwrap();
    let me = Program::with(&site, text)
        .get("/v2/authentication/me")
        .await;
    assert_eq!(Program::told(&me, StatusCode::OK)["username"], "grace");

    let grace = Program::of(&site, "grace");
    let one = format!("/v2/tokens/{}", made["tokenId"].as_str().unwrap());
    for path in [one.as_str(), "/v2/tokens/search"] {
        let method = if path == one { "GET" } else { "POST" };
        let answer = grace.ask(method, path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("nightly"), "{}", answer.body);
        assert!(!answer.body.contains("caseway_"), "{}", answer.body);
        assert!(!answer.body.contains("hash"), "{}", answer.body);
    }
    let stored = site
        .runtime
        .documents(&store::Query::all("tokens"))
        .await
        .unwrap();
    let secret = text.rsplit_once('_').unwrap().1;
    assert!(!stored[0].body.to_string().contains(secret));
}

#[tokio::test]
async fn a_token_that_is_wrong_revoked_or_over_lets_nobody_in() {
    let site = Site::new().await;
    let made = made(
        &site,
        "grace",
        json!({ "name": "nightly", "scopes": ["read"] }),
    )
    .await;
    let text = made["token"].as_str().unwrap();
    let me = "/v2/authentication/me";
    let mut wrong = text.to_owned();
    let last = if wrong.pop() == Some('0') { '1' } else { '0' };
    wrong.push(last);
    let refused = Program::with(&site, &wrong).get(me).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let asked: Vec<_> = refused.headers.get_all("www-authenticate").iter().collect();
    assert!(
        asked
            .iter()
            .any(|asked| *asked == "Bearer realm=\"caseway\""),
        "{asked:?}"
    );

    assert_eq!(
        Program::with(&site, text).get(me).await.status,
        StatusCode::OK
    );
    let one = format!("/v2/tokens/{}", made["tokenId"].as_str().unwrap());
    let grace = Program::of(&site, "grace");
    let gone = grace.ask("DELETE", &one, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        Program::with(&site, text).get(me).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(grace.get(&one).await.status, StatusCode::NOT_FOUND);

    let text = token(&site, "grace", &["read"]).await;
    site.wait(90 * 24 * 60 - 1).await;
    assert_eq!(
        Program::with(&site, &text).get(me).await.status,
        StatusCode::OK
    );
    site.wait(1).await;
    assert_eq!(
        Program::with(&site, &text).get(me).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_no_more_than_its_user_may() {
    let site = Site::new().await;
    let check = async |user: &str, scopes: &[&str], path: &str, expected: StatusCode| {
        let text = token(&site, user, scopes).await;
        let answer = Program::with(&site, &text).post(path, json!({})).await;
        assert_eq!(
            answer.status, expected,
            "{user} {scopes:?} {path}: {}",
            answer.body
        );
    };
    let (ok, forbidden, missing) = (StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND);
    check("ruth", &["read"], "/v2/user-tasks/search", ok).await;
    check("ruth", &["work"], "/v2/user-tasks/search", forbidden).await;
    check(
        "ruth",
        &["read"],
        "/v2/process-instances/1048576/cancellation",
        forbidden,
    )
    .await;
    check(
        "ruth",
        &["operate"],
        "/v2/process-instances/1048576/cancellation",
        missing,
    )
    .await;
    check(
        "grace",
        &["operate"],
        "/v2/process-instances/1048576/cancellation",
        forbidden,
    )
    .await;
    check(
        "ruth",
        &["read", "work", "operate", "design"],
        "/v2/tokens",
        forbidden,
    )
    .await;

    // What makes tokens makes none that may do more.
    let text = token(&site, "ruth", &["administer", "read"]).await;
    let program = Program::with(&site, &text);
    let more = program
        .post("/v2/tokens", json!({ "name": "n", "scopes": ["operate"] }))
        .await;
    assert_eq!(more.status, forbidden);
    let less = program
        .post("/v2/tokens", json!({ "name": "n", "scopes": ["read"] }))
        .await;
    assert_eq!(less.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_token_is_seen_and_revoked_by_its_owner_and_administrators_only() {
    let site = Site::new().await;
    let made = made(
        &site,
        "grace",
        json!({ "name": "nightly", "scopes": ["read"] }),
    )
    .await;
    let one = format!("/v2/tokens/{}", made["tokenId"].as_str().unwrap());
    let ruth = Program::of(&site, "ruth");
    assert_eq!(ruth.get(&one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        ruth.ask("DELETE", &one, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    let found = ruth.post("/v2/tokens/search", json!({})).await;
    assert_eq!(
        Program::told(&found, StatusCode::OK)["page"]["totalItems"],
        0
    );
    let of_grace = json!({ "name": "n", "scopes": ["read"], "owner": "grace" });
    assert_eq!(
        ruth.post("/v2/tokens", of_grace).await.status,
        StatusCode::FORBIDDEN
    );

    let admin = Program::of(&site, "admin");
    let found = admin
        .post(
            "/v2/tokens/search",
            json!({ "filter": { "owner": "grace" } }),
        )
        .await;
    assert_eq!(
        Program::told(&found, StatusCode::OK)["items"][0]["tokenId"],
        made["tokenId"]
    );
    assert_eq!(
        admin.ask("DELETE", &one, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );

    let query = AuditQuery {
        subject: Some(format!("tokens/{}", made["tokenId"].as_str().unwrap())),
        ..AuditQuery::default()
    };
    let lines = site.runtime.audit(&query).await.unwrap();
    let lines: Vec<_> = lines
        .iter()
        .map(|line| (line.actor.as_str(), line.action.as_str()))
        .collect();
    assert_eq!(
        lines,
        [("admin", "token-revoked"), ("grace", "token-created")]
    );
}

#[tokio::test]
async fn the_last_use_is_noted_to_the_hour() {
    let site = Site::new().await;
    let made = made(
        &site,
        "grace",
        json!({ "name": "nightly", "scopes": ["read"] }),
    )
    .await;
    let program = Program::with(&site, made["token"].as_str().unwrap());
    let one = format!("/v2/tokens/{}", made["tokenId"].as_str().unwrap());
    let used = async |minutes: i64| {
        site.wait(minutes).await;
        assert_eq!(
            program.get("/v2/authentication/me").await.status,
            StatusCode::OK
        );
        Program::of(&site, "grace").get(&one).await.json()["lastUsedDate"].clone()
    };
    assert_eq!(used(1).await, "2026-03-02T06:01:00.000Z");
    assert_eq!(used(59).await, "2026-03-02T06:01:00.000Z");
    assert_eq!(used(1).await, "2026-03-02T07:01:00.000Z");
}

#[tokio::test]
async fn what_is_no_token_is_refused_by_name() {
    let site = Site::new().await;
    let grace = Program::of(&site, "grace");
    let check = async |body: Value, expected: &str| {
        let answer = grace.post("/v2/tokens", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(expected), "{detail}");
    };
    check(json!({ "scopes": ["read"] }), "name says").await;
    check(json!({ "name": "n" }), "scopes is missing").await;
    check(
        json!({ "name": "n", "scopes": ["all"] }),
        "no scope \"all\"",
    )
    .await;
    let ends = |at: &str| json!({ "name": "n", "scopes": ["read"], "expiryDate": at });
    check(ends("2026-03-02T06:00:00Z"), "within the next 366 days").await;
    check(ends("2027-04-01T00:00:00Z"), "within the next 366 days").await;
}

#[tokio::test]
async fn the_api_says_who_the_caller_is() {
    let site = Site::new().await;
    let me = Program::of(&site, "ruth")
        .get("/v2/authentication/me")
        .await;
    let expected = json!({
        "username": "ruth", "displayName": "Ruth Namatovu", "email": null,
        "authorizedComponents": ["tasklist", "operate"],
        "tenants": [{ "tenantId": "<default>", "name": "Default", "description": null }],
        "groups": ["supervisors"], "roles": ["supervisor"], "salesPlanType": null, "c8Links": {},
        "canLogout": false,
    });
    assert_eq!(Program::told(&me, StatusCode::OK), expected);
    let nobody = site.get("/v2/authentication/me").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let everybody = Site::open_api().await.get("/v2/authentication/me").await;
    assert_eq!(everybody.json()["authorizedComponents"], json!(["*"]));
}

#[tokio::test]
async fn licence_and_status_are_told_to_everybody() {
    let site = Site::new().await;
    let license = site.get("/v2/license").await;
    assert_eq!(
        Program::told(&license, StatusCode::OK)["validLicense"],
        true
    );
    assert_eq!(site.get("/v2/status").await.status, StatusCode::NO_CONTENT);
    site.runtime.stop().await;
    let later = std::time::Duration::from_secs(3);
    // A look is told again for two seconds.
    tokio::time::sleep(later).await;
    assert_eq!(
        site.get("/v2/status").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

fn caseway(folder: &Folder, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caseway"));
    command.args(arguments).current_dir(&folder.0);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CASEWAY_")) {
        command.env_remove(name);
    }
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn tokens_are_made_listed_and_revoked_on_the_command_line() {
    let folder = Folder::new();
    let out = |arguments: &[&str], input: &str| {
        let output = caseway(&folder, arguments, input);
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{problem}");
        String::from_utf8(output.stdout).unwrap()
    };
    let add = [
        "token", "add", "nightly", "--owner", "grace", "--scope", "read", "--scope", "work",
    ];
    let nobody = caseway(&folder, &add, "");
    let problem = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(problem.contains("there is no user \"grace\""), "{problem}");

    let user = [
        "user",
        "add",
        "grace",
        "--role",
        "caseworker",
        "--password-stdin",
    ];
    out(&user, &format!("{PASSWORD}\n"));
    let added = out(&add, "");
    assert!(added.starts_with("caseway_"), "{added}");
    let id = added.split('_').nth(1).unwrap();
    let listed = out(&["token", "list"], "");
    assert!(
        listed.starts_with(&format!("{id}\tgrace\tnightly\tread work\tuntil ")),
        "{listed}"
    );
    out(&["token", "revoke", id], "");
    assert_eq!(out(&["token", "list", "--owner", "grace"], ""), "");
    let gone = caseway(&folder, &["token", "revoke", id], "");
    assert!(!gone.status.success());
}
