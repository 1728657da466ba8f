//! Documents: uploaded, given back, linked to, deleted; nothing leads out of their folder.

mod bucket;
mod inventory;
mod object_server;
use crate::support::{Answer, Site, part};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use object_server::ObjectServer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

const VISIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// A part of a form that is JSON.
fn said(name: &str, metadata: &Value) -> Vec<u8> {
    part(name, None, metadata.to_string().as_bytes())
}

async fn upload(site: &Site, path: &str, parts: &[Vec<u8>]) -> Answer {
    let mut body = parts.concat();
    body.extend(b"--edge--\r\n");
    let request = Request::post(path).header("content-type", "multipart/form-data; boundary=edge");
    site.send(request.body(Body::from(body)).unwrap()).await
}

/// A letter under this id.
async fn letter(site: &Site, id: &str) -> Value {
    let file = part("file", Some("letter.txt"), b"Dear Amina");
    let path = format!("/v2/documents?documentId={id}");
    let answer = upload(site, &path, &[file]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.json()
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server, and where it keeps documents.
struct Place {
    site: Site,
    store_id: &'static str,
    folder: PathBuf,
    server: Option<ObjectServer>,
}

/// One that keeps them in a folder.
async fn on_disk() -> Place {
    let site = Site::open_api().await;
    Place {
        folder: site.folder.join("documents"),
        site,
        store_id: "disk",
        server: None,
    }
}

/// One that keeps them in a bucket.
async fn in_bucket() -> Place {
    let server = ObjectServer::start().await;
    Place {
        site: Site::with(server.options()).await,
        store_id: "s3",
        folder: server.folder(),
        server: Some(server),
    }
}

/// What every document goes through in both.
async fn places() -> [Place; 2] {
    [on_disk().await, in_bucket().await]
}

impl Place {
    /// How many files lie there, also unfinished ones, without what a server of objects notes beside them.
    fn files(&self) -> usize {
        let mut folders = vec![self.folder.clone()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_none_or(|kind| kind != "json") {
                    files += 1;
                }
            }
        }
        files
    }

    /// So many files lie there, perhaps in a moment: a bucket is told to forget when nobody waits for it any more.
    #[track_caller]
    fn has(&self, files: usize) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            for _ in 0..500 {
                if self.files() == files {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!(
                "{} files, not {files}: {}, {caller}",
                self.files(),
                self.store_id
            );
        }
    }
}

#[track_caller]
fn refused(answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert!(answer.body.contains(says), "{says}: {}", answer.body);
}

#[tokio::test]
async fn a_document_comes_back_as_it_was_and_is_only_to_be_saved() {
    for place in places().await {
        let site = &place.site;
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        site.deploy("visit.bpmn", VISIT).await;
        let started = json!({ "processDefinitionId": "visit" });
        let started = site.post_json("/v2/process-instances", started).await;
        let instance = started.json()["processInstanceKey"].clone();
        let metadata = json!({
            "contentType": "text/html", "fileName": "../Grüße.html", "processInstanceKey": instance, "size": 1,
            "expiresAt": "2026-03-09T06:00:00Z", "processDefinitionId": "visit", "customProperties": { "of": "school" },
        });
        let parts = [said("metadata", &metadata), part("file", Some("x"), &bytes)];
        let made = upload(site, "/v2/documents", &parts).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let made = made.json();
        let id = made["documentId"].as_str().unwrap();
        let expected = json!({
            "camunda.document.type": "camunda", "storeId": place.store_id, "documentId": id, "contentHash": hash(&bytes),
            "metadata": {
                "contentType": "text/html", "fileName": "Grüße.html", "expiresAt": "2026-03-09T06:00:00.000Z",
                "size": bytes.len(), "processDefinitionId": "visit", "processInstanceKey": instance,
                "customProperties": { "of": "school" },
            },
        });
        assert_eq!(made, expected);

        let path = format!("/v2/documents/{id}");
        let wrong = format!("{path}?contentHash={}", hash(b"other"));
        refused(&site.get(&wrong).await, 400, "contentHash");
        let right = format!("{path}?contentHash={}&storeId=disk", hash(&bytes));
        let answer = site.get(&right).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, String::from_utf8_lossy(&bytes));
        assert_eq!(answer.header("content-type"), "text/html");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, "default-src 'none'; sandbox");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; "), "{disposition}");
        let audit = runtime::AuditQuery {
            subject: Some(format!("documents/{id}")),
            ..runtime::AuditQuery::default()
        };
        let audit = site.runtime.audit(&audit).await.unwrap();
        let actions: Vec<&str> = audit.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["read", "create"]);

        // A week later it is gone.
        site.wait(7 * 24 * 60).await;
        assert_eq!(site.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_deleted_document_leaves_nothing() {
    for place in places().await {
        let site = &place.site;
        letter(site, "letter").await;
        let again = part("file", None, b"other");
        let twice = upload(site, "/v2/documents?documentId=letter", &[again]).await;
        refused(&twice, 409, "a document letter already");
        place.has(1).await;
        let path = "/v2/documents/letter";
        let gone = site.ask_json("DELETE", path, Value::Null).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
        place.has(0).await;
        let gone = site.ask_json("DELETE", path, Value::Null).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_link_needs_no_sign_in_and_is_good_for_its_time_and_its_document() {
    let site = Site::open_api().await;
    letter(&site, "letter").await;
    letter(&site, "other").await;
    let asked = json!({ "timeToLive": 60_000 });
    let made = site.post_json("/v2/documents/letter/links", asked).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://localhost").unwrap();
    let answer = site.get(path).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "Dear Amina")
    );
    let lengthened = path.replace("expires=1", "expires=2");
    let of_other = path.replace("/letter/", "/other/");
    for wrong in [
        lengthened,
        of_other,
        format!("{path}A"),
        path.replace("signature=", "signature=A"),
    ] {
        assert_eq!(
            site.get(&wrong).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
    // Another document of the same name is not what the link was for.
    site.ask_json("DELETE", "/v2/documents/letter", Value::Null)
        .await;
    letter(&site, "letter").await;
    assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND);

    let made = site
        .post_json("/v2/documents/letter/links", json!({}))
        .await;
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://localhost").unwrap();
    site.clock.advance(SignedDuration::from_mins(59));
    site.runtime.wait_idle().await;
    assert_eq!(site.get(path).await.status, StatusCode::OK);
    site.wait(2).await;
    assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND);
    let long = json!({ "timeToLive": 8 * 24 * 60 * 60 * 1_000_i64 });
    let long = site.post_json("/v2/documents/letter/links", long).await;
    refused(&long, 400, "timeToLive");
}

#[tokio::test]
async fn several_documents_come_at_once_and_what_fails_is_told() {
    for place in places().await {
        let site = &place.site;
        let file = |name: &str, text: &str| part("files", Some(name), text.as_bytes());
        let parts = [file("one.txt", "1"), file("two.txt", "2")];
        let made = upload(site, "/v2/documents/batch", &parts).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let made = made.json();
        assert_eq!(made["failedDocuments"], json!([]));
        let names: Vec<&Value> = made["createdDocuments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|document| &document["metadata"]["fileName"])
            .collect();
        assert_eq!(names, ["one.txt", "two.txt"]);

        let list = json!([{ "fileName": "a" }, { "expiresAt": "yesterday" }]);
        let parts = [
            file("one.txt", "1"),
            file("two.txt", "2"),
            said("metadataList", &list),
        ];
        let made = upload(site, "/v2/documents/batch", &parts).await;
        assert_eq!(made.status, StatusCode::MULTI_STATUS, "{}", made.body);
        let made = made.json();
        assert_eq!(made["createdDocuments"][0]["metadata"]["fileName"], "a");
        let failed = &made["failedDocuments"][0];
        assert_eq!(
            (&failed["fileName"], &failed["status"]),
            (&json!("two.txt"), &json!(400))
        );
        assert_eq!(failed["title"], "Bad Request");
        place.has(3).await;

        let parts = [
            file("one.txt", "1"),
            file("two.txt", "2"),
            said("metadataList", &json!({})),
        ];
        let answer = upload(site, "/v2/documents/batch", &parts).await;
        refused(&answer, 400, "as many metadataList");
        place.has(3).await;
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_leaves_nothing() {
    for place in places().await {
        let site = &place.site;
        let file = || part("file", Some("a"), b"a");
        let metadata = |number| vec![said("metadataList", &json!({})); number];
        for (path, parts, status, says) in [
            (
                "/v2/documents?documentId=..%2Fa",
                vec![file()],
                400,
                "documentId",
            ),
            (
                "/v2/documents?documentId=.a",
                vec![file()],
                400,
                "documentId",
            ),
            (
                "/v2/documents?storeId=gcp",
                vec![file()],
                400,
                "no document store",
            ),
            ("/v2/documents", vec![], 400, "one part with the name file"),
            (
                "/v2/documents",
                vec![file(), file()],
                400,
                "one part with the name file",
            ),
            (
                "/v2/documents",
                vec![file(), part("metadata", None, b"{")],
                400,
                "cannot be read",
            ),
            (
                "/v2/documents",
                vec![
                    file(),
                    said("metadata", &json!({ "expiresAt": "2026-03-01T00:00:00Z" })),
                ],
                400,
                "over already",
            ),
            (
                "/v2/documents",
                vec![file(), said("metadata", &json!({ "contentType": "a\nb" }))],
                400,
                "contentType",
            ),
            (
                "/v2/documents",
                vec![
                    file(),
                    said("metadata", &json!({ "fileName": "a".repeat(70_000) })),
                ],
                400,
                "at most 65536 bytes",
            ),
            (
                "/v2/documents/batch",
                [vec![part("files", Some("a"), b"a")], metadata(51)].concat(),
                400,
                "at most 50 documents",
            ),
        ] {
            refused(&upload(site, path, &parts).await, status, says);
        }
        let json = site.post_json("/v2/documents", json!({})).await;
        refused(&json, 415, "multipart/form-data");
        for path in [
            "/v2/documents/..%2F..%2Ftest.db",
            "/v2/documents/unknown",
            "/v2/documents/%2e%2e",
        ] {
            assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        place.has(0).await;
    }
}

#[tokio::test]
async fn one_that_is_too_large_is_refused_and_the_others_are_kept() {
    for place in places().await {
        let site = &place.site;
        let large = vec![b'x'; 100 * 1024 * 1024 + 1];
        let parts = [
            part("files", Some("large"), &large),
            part("files", Some("small"), b"x"),
        ];
        let answer = upload(site, "/v2/documents/batch", &parts).await;
        assert_eq!(answer.status, StatusCode::MULTI_STATUS, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(answer["failedDocuments"][0]["status"], 413);
        assert_eq!(
            answer["createdDocuments"][0]["metadata"]["fileName"],
            "small"
        );
        place.has(1).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing() {
    for place in places().await {
        let site = &place.site;
        // No more than a few bytes wait: what was written was read.
        let (mut client, server) = tokio::io::duplex(64);
        let request = Request::post("/v2/documents/batch")
            .header("content-type", "multipart/form-data; boundary=edge")
            .body(Body::from_stream(ReaderStream::new(server)))
            .unwrap();
        let first = part("files", Some("first"), b"whole");
        let mut second = part("files", Some("second"), &[b'x'; 10_000]);
        second.truncate(second.len() - 2);
        {
            let mut answer = pin!(site.send(request));
            let mut written = pin!(async {
                client.write_all(&first).await.unwrap();
                client.write_all(&second).await.unwrap();
            });
            tokio::select! {
                answer = &mut answer => panic!("answered too early: {}", answer.body),
                () = &mut written => {}
            }
            // The second waits in memory for the rest of its first part where a bucket takes it.
            place
                .has(if place.store_id == "disk" { 2 } else { 1 })
                .await;
        }
        place.has(0).await;
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    for place in places().await {
        let site = &place.site;
        let mut body = part("file", Some("a"), b"the beginning of");
        body.truncate(body.len() - 2);
        let request = Request::post("/v2/documents")
            .header("content-type", "multipart/form-data; boundary=edge");
        let answer = site.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        place.has(0).await;
    }
}
