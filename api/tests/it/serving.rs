//! What every answer has: headers, health, error pages.

use crate::support::{Site, part};
use api::assets::Assets;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

#[tokio::test]
async fn live_and_ready_are_told_to_everybody() {
    let site = Site::new().await;
    assert_eq!(site.get("/health/live").await.body, "live\n");
    assert_eq!(site.get("/health/ready").await.body, "ready\n");
    site.runtime.stop().await;
    assert_eq!(site.get("/health/live").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_has_begun_is_finished_when_the_server_is_told_to_stop() {
    let (begun, has_begun) = oneshot::channel::<()>();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let gates = Arc::new(Mutex::new(Some((begun, may_go_on))));
    let slow = move || async move {
        let (begun, may_go_on) = gates.lock().unwrap().take().unwrap();
        begun.send(()).unwrap();
        may_go_on.await.unwrap();
        "finished"
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, told) = oneshot::channel::<()>();
    let told = async { told.await.unwrap() };
    let server = tokio::spawn(api::server::run(
        listener,
        Router::new().route("/", get(slow)),
        told,
    ));

    let mut connection = TcpStream::connect(address).await.unwrap();
    connection
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    has_begun.await.unwrap();
    stop.send(()).unwrap();
    go_on.send(()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("finished"),
        "{answer}"
    );
    assert_eq!(server.await.unwrap(), Ok(()));
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nothing new is taken"
    );
}

#[test]
fn without_browser_assets_the_way_to_build_them_is_named() {
    let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/dist/manifest.json")
        .exists();
    match Assets::load() {
        Ok(_) => assert!(built),
        Err(problem) => {
            assert!(!built);
            assert_eq!(
                problem,
                "browser assets are missing: run `cargo assets` (needs Node 20 or later)"
            );
        }
    }
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
async fn answers_are_packed_as_the_client_takes_them() {
    let site = Site::new().await;
    let (headers, plain) = site.packed("/v2/openapi.json", "identity").await;
    assert_eq!(headers.get("content-encoding"), None);
    for (encodings, expected) in [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, br;q=0.1", "gzip"),
    ] {
        for path in ["/v2/openapi.json", "/signin"] {
            let (headers, packed) = site.packed(path, encodings).await;
            assert_eq!(headers["content-encoding"], expected, "{path} {encodings}");
            assert_eq!(headers["vary"], "accept-encoding", "{path}");
            assert!(packed.len() < plain.len() / 5, "{path} {encodings}");
        }
    }
    let (_, packed) = site.packed("/v2/openapi.json", "br").await;
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut packed.as_slice(), &mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
}

#[tokio::test]
async fn documents_are_packed_with_gzip_or_not_at_all() {
    let site = Site::open_api().await;
    let letter = "Dear Amina, ".repeat(1_000);
    let mut body = part("file", Some("letter.txt"), letter.as_bytes());
    body.extend(b"--edge--\r\n");
    let request = Request::post("/v2/documents?documentId=letter")
        .header("content-type", "multipart/form-data; boundary=edge");
    let made = site.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = "/v2/documents/letter";
    let (headers, packed) = site.packed(path, "gzip, br").await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert!(packed.len() < letter.len() / 5);
    let (headers, plain) = site.packed(path, "identity").await;
    assert_eq!(headers.get("content-encoding"), None);
    assert_eq!(headers["content-length"], letter.len().to_string());
    assert_eq!(plain, letter.as_bytes());
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
