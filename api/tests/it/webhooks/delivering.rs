//! Delivered in order, at least once, signed; tried again, given up, tried anew.

use super::*;
use api::webhooks::ATTEMPTS_MAX;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use receiver::{Does, Got};
use sha2::Sha256;

/// Whether one of the signatures of an event is that of a secret.
fn is_signed(got: &Got, secret: &str) -> bool {
    let key = BASE64_STANDARD.decode(&secret["whsec_".len()..]).unwrap();
    let (id, at) = (got.header("webhook-id"), got.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.{}", got.body).as_bytes());
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    let mut signatures = got.header("webhook-signature").split(' ');
    signatures.any(|signature| signature == expected)
}

#[tokio::test]
async fn events_come_in_order_signed_and_without_what_is_about_people() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let deliverer = deliverer(&site);
    let (_, secret) = webhook(&site, &receiver, json!({})).await;
    let instance = start(&site, "visit").await;
    cancel(&site, &instance).await;
    deliverer.tick().await;
    let got = receiver.got();
    let types: Vec<Value> = got.iter().map(|got| got.event()["type"].clone()).collect();
    assert_eq!(
        types,
        [
            "org.caseway.instance.started",
            "org.caseway.task.created",
            "org.caseway.task.withdrawn",
            "org.caseway.instance.terminated"
        ]
    );
    for got in &got {
        let event = got.event();
        assert_eq!(event["id"], got.header("webhook-id"));
        assert_eq!(event["partitionkey"], instance.as_str());
        assert_eq!(event["data"]["processDefinitionId"], "visit");
        assert!(is_signed(got, &secret) && !is_signed(got, "whsec_AAAA"));
        let kind = got.header("content-type");
        assert!(kind.starts_with("application/cloudevents+json"), "{kind}");
        assert!(!got.body.contains("CASE-1") && !got.body.contains("Amina"));
    }
    deliverer.tick().await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn what_is_not_taken_comes_again_with_its_id_before_what_is_younger() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let deliverer = deliverer(&site);
    let (id, _) = webhook(&site, &receiver, json!({})).await;
    start(&site, "visit").await;
    receiver.will([Does::Answers(500), Does::Waits(60)]);
    deliverer.tick().await;
    let first = receiver.got();
    assert_eq!(first.len(), 1, "the second event waits for the first one");
    deliverer.tick().await;
    assert!(receiver.got().is_empty(), "it rests");
    pass(&site, 7).await;
    deliverer.tick().await;
    assert_eq!(receiver.got().len(), 1);
    pass(&site, 30).await;
    deliverer.tick().await;
    assert!(receiver.got().is_empty(), "it wants to be left alone");
    pass(&site, 60).await;
    deliverer.tick().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].event(), first[0].event());
    assert_eq!(webhook_now(&site, &id).await["waitingEvents"], 0);
}

#[tokio::test]
async fn one_instance_that_is_not_taken_does_not_keep_the_others() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let deliverer = deliverer(&site);
    let types = json!({ "types": ["org.caseway.instance.started"] });
    webhook(&site, &receiver, types).await;
    receiver.will([Does::Answers(400)]);
    for _ in 0..3 {
        start(&site, "visit").await;
    }
    deliverer.tick().await;
    let mut got: Vec<Value> = receiver
        .got()
        .iter()
        .map(|got| got.event()["id"].clone())
        .collect();
    got.sort_by_key(ToString::to_string);
    got.dedup();
    assert_eq!(got.len(), 3);
    pass(&site, 7).await;
    deliverer.tick().await;
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn dead_letters_are_found_by_operators_in_any_order_page_by_page() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let deliverer = deliverer(&site);
    let (started, created) = ("org.caseway.instance.started", "org.caseway.task.created");
    let types = json!({ "types": [started, created] });
    let (id, _) = webhook(&site, &receiver, types).await;
    start(&site, "visit").await;
    receiver.will((0..2 * ATTEMPTS_MAX).map(|_| Does::Answers(422)));
    for _ in 0..2 * ATTEMPTS_MAX {
        deliverer.tick().await;
        pass(&site, 8 * 60 * 60).await;
    }
    let types = async |asked: Value| {
        let found = dead_letters(&site, &id, asked).await;
        let items = found["items"].as_array().unwrap().iter();
        let types: Vec<String> = items.map(|item| text(&item["type"])).collect();
        (types, found["page"].clone())
    };
    let (all, page) = types(json!({})).await;
    assert_eq!(
        all,
        [created, started],
        "what was given up last comes first"
    );
    assert_eq!(page["totalItems"], 2);
    for (filter, expected) in [
        (json!({ "type": { "$like": "*.task.*" } }), vec![created]),
        (json!({ "type": { "$neq": created } }), vec![started]),
        (
            json!({ "failure": "HTTP 422", "attempts": { "$gte": ATTEMPTS_MAX } }),
            vec![created, started],
        ),
        (json!({ "diedAt": { "$exists": false } }), vec![]),
        (
            json!({ "$or": [{ "type": started }, { "type": "another" }] }),
            vec![started],
        ),
    ] {
        assert_eq!(
            types(json!({ "filter": filter })).await.0,
            expected,
            "{filter}"
        );
    }
    let oldest_first = json!([{ "field": "diedAt" }]);
    let (first, page) = types(json!({ "sort": oldest_first, "page": { "limit": 1 } })).await;
    assert_eq!(
        (first, &page["totalItems"]),
        (vec![text(&json!(started))], &json!(2))
    );
    let after = json!({ "limit": 1, "after": page["endCursor"] });
    let (second, page) = types(json!({ "sort": oldest_first, "page": after })).await;
    assert_eq!(second, [created]);
    let before = json!({ "limit": 1, "before": page["startCursor"] });
    assert_eq!(
        types(json!({ "sort": oldest_first, "page": before }))
            .await
            .0,
        [started]
    );
    let path = format!("/v2/webhooks/{id}/dead-letters/search");
    let wrong = site
        .post_json(&path, json!({ "filter": { "colour": "red" } }))
        .await;
    refused(
        &wrong,
        StatusCode::BAD_REQUEST,
        "Dead letters cannot be filtered by colour",
    );
}

#[tokio::test]
async fn what_nobody_takes_is_given_up_found_and_sent_anew() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let deliverer = deliverer(&site);
    let types = json!({ "types": ["org.caseway.instance.started", "org.caseway.task.created"] });
    let (id, _) = webhook(&site, &receiver, types).await;
    let instance = start(&site, "visit").await;
    receiver.will((0..ATTEMPTS_MAX).map(|_| Does::Answers(422)));
    for _ in 0..ATTEMPTS_MAX {
        deliverer.tick().await;
        pass(&site, 8 * 60 * 60).await;
    }
    let got = receiver.got();
    assert_eq!(
        got.len(),
        ATTEMPTS_MAX as usize + 1,
        "then the next one comes"
    );
    let now = webhook_now(&site, &id).await;
    assert_eq!(
        (&now["waitingEvents"], &now["deadLetters"]),
        (&json!(0), &json!(1))
    );

    let told = site.metrics().await;
    assert!(told.contains("caseway_webhook_dead_letters 1.0"), "{told}");

    let asked = json!({ "filter": { "processInstanceKey": instance, "type": "org.caseway.instance.started" } });
    let found = dead_letters(&site, &id, asked).await;
    assert_eq!(found["page"]["totalItems"], 1);
    let letter = &found["items"][0];
    assert_eq!(
        (&letter["failure"], &letter["attempts"]),
        (&json!("HTTP 422"), &json!(ATTEMPTS_MAX))
    );
    assert_eq!(letter["event"], got[0].event());
    let none = json!({ "filter": { "type": "org.caseway.task.created" } });
    assert_eq!(dead_letters(&site, &id, none).await["items"], json!([]));

    let path = format!("/v2/webhooks/{id}/dead-letters/replay");
    let asked = json!({ "eventIds": [letter["eventId"]] });
    let replayed = site.post_json(&path, asked).await.json();
    assert_eq!(replayed, json!({ "replayed": 1, "left": 0 }));
    deliverer.tick().await;
    let again = receiver.got();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].event(), got[0].event());
    let all = site.post_json(&path, json!({})).await.json();
    assert_eq!(all, json!({ "replayed": 0, "left": 0 }));
    // That something was sent again is told, and that nothing was is not.
    let query = runtime::AuditQuery {
        subject: Some(format!("webhooks/{id}")),
        ..runtime::AuditQuery::default()
    };
    let audit = site.runtime.audit(&query).await.unwrap();
    let told: Vec<_> = audit
        .iter()
        .filter(|row| row.action == "replay")
        .map(|row| row.detail.as_deref())
        .collect();
    assert_eq!(told, [Some("dead letters: 1")]);
    refused(
        &site.post_json(&path, json!({ "eventIds": ["x"] })).await,
        StatusCode::BAD_REQUEST,
        "is no id of an event",
    );
}

#[tokio::test]
async fn a_receiver_that_hangs_hurts_neither_the_engine_nor_other_receivers() {
    let (site, hanging, other) = (site().await, Receiver::new().await, Receiver::new().await);
    let (id, _) = webhook(&site, &hanging, json!({})).await;
    webhook(&site, &other, json!({})).await;
    hanging.always(Some(Does::Hangs));
    let running = tokio::spawn(deliverer(&site).run());
    let mut got = Vec::new();
    for _ in 0..3 {
        let instance = start(&site, "visit").await;
        cancel(&site, &instance).await;
    }
    let all_came = async {
        while got.len() < 12 {
            got.extend(other.got());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_came)
        .await
        .unwrap();
    let now = webhook_now(&site, &id).await;
    assert_eq!(now["waitingEvents"], 12);
    running.abort();
}

#[tokio::test]
async fn what_was_being_sent_when_the_program_died_is_sent_again() {
    let (site, receiver) = (site().await, Receiver::new().await);
    webhook(&site, &receiver, json!({})).await;
    start(&site, "visit").await;
    receiver.will([Does::Hangs]);
    let dying = tokio::spawn(deliverer(&site).run());
    let sent = async {
        loop {
            let got = receiver.got();
            if !got.is_empty() {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let sent = tokio::time::timeout(Duration::from_secs(20), sent).await;
    let sent = sent.unwrap();
    dying.abort();
    let _ = dying.await;

    let next = deliverer(&site);
    next.tick().await;
    assert!(receiver.got().is_empty(), "the claim of the dead holds");
    pass(&site, 61).await;
    next.tick().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].event(), sent[0].event());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (site, receiver, elsewhere) = (site().await, Receiver::new().await, Receiver::new().await);
    let (id, _) = webhook(&site, &receiver, json!({})).await;
    receiver.always(Some(Does::Redirects(elsewhere.url.clone())));
    start(&site, "visit").await;
    deliverer(&site).tick().await;
    assert_eq!(receiver.got().len(), 1);
    assert!(elsewhere.got().is_empty());
    assert_eq!(webhook_now(&site, &id).await["waitingEvents"], 2);
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let url = receiver.url.replace("127.0.0.1", "localhost");
    let made = site.post_json("/v2/webhooks", json!({ "url": url })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    start(&site, "visit").await;
    let strict = Deliverer::new(
        site.runtime.clone(),
        Rules {
            private: false,
            ..RULES
        },
    );
    strict.tick().await;
    assert!(receiver.got().is_empty());
    pass(&site, 7).await;
    deliverer(&site).tick().await;
    assert_eq!(receiver.got().len(), 2, "it was only not allowed");
}

#[tokio::test]
async fn both_secrets_sign_after_a_rotation_and_what_waits_while_paused_comes_later() {
    let (site, receiver) = (site().await, Receiver::new().await);
    let deliverer = deliverer(&site);
    let (id, old) = webhook(&site, &receiver, json!({})).await;
    let path = format!("/v2/webhooks/{id}");
    let paused = site.post_json(&format!("{path}/pause"), json!({})).await;
    assert_eq!(paused.status, StatusCode::NO_CONTENT);
    start(&site, "visit").await;
    deliverer.tick().await;
    assert!(receiver.got().is_empty());
    let asked = json!({ "overlapHours": 1 });
    let rotated = site
        .post_json(&format!("{path}/secret-rotation"), asked)
        .await;
    let new = text(&rotated.json()["secret"]);
    site.post_json(&format!("{path}/resumption"), json!({}))
        .await;
    deliverer.tick().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert!(is_signed(&got[0], &old) && is_signed(&got[0], &new));
    pass(&site, 60 * 60).await;
    start(&site, "visit").await;
    deliverer.tick().await;
    let got = receiver.got();
    assert!(!is_signed(&got[0], &old) && is_signed(&got[0], &new));
}
