//! What is particular to a bucket: parts, a server that does not answer, a key that opens nothing.

use super::object_server::ObjectServer;
use super::{hash, in_bucket, letter, refused, upload};
use crate::support::{Site, part};
use axum::body::Body;
use axum::http::{Request, StatusCode};

#[tokio::test]
async fn a_long_document_comes_to_a_bucket_in_parts_and_back_whole() {
    let place = in_bucket().await;
    let bytes: Vec<u8> = (0..21_000_000_u32).map(|n| (n % 251) as u8).collect();
    let file = part("file", Some("scan.tif"), &bytes);
    let made = upload(&place.site, "/v2/documents?documentId=scan", &[file]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.json()["contentHash"], hash(&bytes));
    place.has(1).await;
    let answer = place.site.get("/v2/documents/scan").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.body == String::from_utf8_lossy(&bytes),
        "other bytes"
    );
}

#[tokio::test]
async fn a_document_that_breaks_off_after_its_first_parts_leaves_none_of_them() {
    let place = in_bucket().await;
    let mut body = part("file", Some("scan.tif"), &vec![b'x'; 20_000_000]);
    body.truncate(body.len() - 2);
    let request =
        Request::post("/v2/documents").header("content-type", "multipart/form-data; boundary=edge");
    let answer = place.site.send(request.body(Body::from(body)).unwrap());
    assert_eq!(answer.await.status, StatusCode::BAD_REQUEST);
    place.has(0).await;
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_is_told_and_nothing_is_named_that_is_not_there() {
    let place = in_bucket().await;
    letter(&place.site, "letter").await;
    place.server.as_ref().unwrap().stop();
    let file = part("file", Some("a"), b"a");
    let refusal = upload(&place.site, "/v2/documents?documentId=lost", &[file]).await;
    refused(&refusal, 503, "place where documents lie");
    let refusal = place.site.get("/v2/documents/letter").await;
    refused(&refusal, 503, "place where documents lie");
    let lost = place.site.get("/v2/documents/lost").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND, "{}", lost.body);
}

#[tokio::test]
async fn a_key_that_opens_nothing_keeps_nothing() {
    let server = ObjectServer::start().await;
    let options = api::config::Options {
        documents_key: Some("another".into()),
        ..server.options()
    };
    let site = Site::with(options).await;
    let file = part("file", Some("a"), b"a");
    let refusal = upload(&site, "/v2/documents?documentId=lost", &[file]).await;
    refused(&refusal, 503, "place where documents lie");
    let lost = site.get("/v2/documents/lost").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND, "{}", lost.body);
}
