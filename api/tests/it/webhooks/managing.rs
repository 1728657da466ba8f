//! Made, read, changed, deleted: by administrators, with a secret that is told once.

use super::*;

#[tokio::test]
async fn a_webhook_is_made_read_changed_and_deleted() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let asked = json!({
        "name": "School", "types": ["org.caseway.task.created"], "processDefinitionIds": ["visit"],
        "include": ["businessId"], "source": "https://caseway.example",
    });
    let (id, secret) = webhook(&site, &receiver, asked).await;
    assert!(secret.starts_with("whsec_"));
    let shown = webhook_now(&site, &id).await;
    assert_eq!(shown["name"], "School");
    assert_eq!(shown["url"], receiver.url.as_str());
    assert_eq!(
        (&shown["paused"], &shown["createdBy"]),
        (&json!(false), &json!("api"))
    );
    assert!(shown.get("secret").is_none() && !shown.to_string().contains(&secret));
    let list = site.get("/v2/webhooks").await.json();
    assert_eq!(list["items"], json!([shown]));

    start(&site, "other").await;
    start(&site, "visit").await;
    deliverer(&site).tick().await;
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    let event = got[0].event();
    assert_eq!(event["data"]["businessId"], "CASE-1");
    assert_eq!(event["source"], "https://caseway.example");

    let path = format!("/v2/webhooks/{id}");
    let change = json!({ "types": [], "name": "All" });
    let changed = site.patch_json(&path, change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.json()["processDefinitionIds"], json!(["visit"]));
    start(&site, "visit").await;
    deliverer(&site).tick().await;
    assert_eq!(receiver.types(), ["instance.started", "task.created"]);

    let gone = site.ask_json("DELETE", &path, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(&path).await.status, StatusCode::NOT_FOUND);
    start(&site, "visit").await;
    deliverer(&site).tick().await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let site = site().await;
    for (asked, says) in [
        (json!({}), "url is missing"),
        (json!({ "url": "nowhere" }), "is no address"),
        (
            json!({ "url": "ftp://there.example" }),
            "neither with https",
        ),
        (
            json!({ "url": "https://there.example", "types": ["x"] }),
            "unknown variant",
        ),
        (
            json!({ "url": "https://there.example", "surprise": 1 }),
            "unknown field",
        ),
    ] {
        let answer = site.post_json("/v2/webhooks", asked).await;
        refused(&answer, StatusCode::BAD_REQUEST, says);
    }
    let strict = Site::open_api().await;
    let asked = json!({ "url": "http://there.example" });
    let answer = strict.post_json("/v2/webhooks", asked).await;
    refused(&answer, StatusCode::BAD_REQUEST, "--webhooks-over-http");
    let asked = json!({ "url": "https://169.254.169.254/latest" });
    let answer = strict.post_json("/v2/webhooks", asked).await;
    refused(
        &answer,
        StatusCode::BAD_REQUEST,
        "--webhooks-to-private-networks",
    );
}

#[tokio::test]
async fn there_are_no_more_webhooks_than_the_limit() {
    let site = site().await;
    let asked = json!({ "url": "https://there.example" });
    for _ in 0..runtime::limits::WEBHOOKS_MAX {
        let answer = site.post_json("/v2/webhooks", asked.clone()).await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    let answer = site.post_json("/v2/webhooks", asked).await;
    refused(&answer, StatusCode::PAYLOAD_TOO_LARGE, "WEBHOOKS_MAX");
}

#[tokio::test]
async fn only_administrators_see_webhooks() {
    use axum::body::Body;
    use axum::http::Request;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    let site = Site::new().await;
    for (name, expected) in [("grace", 403), ("daniel", 403), ("admin", 200)] {
        let login = BASE64_STANDARD.encode(format!("{name}:{}", crate::support::PASSWORD));
        let request =
            Request::get("/v2/webhooks").header("authorization", format!("Basic {login}"));
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), expected, "{name}: {}", answer.body);
    }
}
