//! The OpenAPI document: it is whole, and it is what the server answers to. Every answer of every test is held against it (`support/described.rs`).

use super::*;

#[tokio::test]
async fn the_document_is_served_and_describes_what_is_there() {
    let site = site().await;
    let document = site.get("/v2/openapi.json").await.json();
    assert_eq!(&document, api::openapi::document());
    assert_eq!(document["openapi"], "3.1.1");
    let mut ids = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            ids.push(text(&operation["operationId"]));
            let address = path.replace(['{', '}'], "");
            let asked = site
                .ask_json(&method.to_uppercase(), &address, Value::Null)
                .await;
            let nowhere = format!("the address {address}");
            assert!(
                !asked.body.contains(&nowhere),
                "{method} {path} is described but not there"
            );
            assert_ne!(
                asked.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            assert!(
                !asked.status.is_server_error(),
                "{method} {path}: {}",
                asked.body
            );
        }
    }
    let number = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), number, "two operations have one name");
}

#[tokio::test]
async fn a_search_is_described_by_what_its_handler_knows() {
    let document = api::openapi::document();
    let body = &document["paths"]["/v2/user-tasks/search"]["post"]["requestBody"];
    let search = &body["content"]["application/json"]["schema"]["properties"];
    let filters = search["filter"]["properties"].as_object().unwrap();
    assert!(filters.contains_key("assignee") && filters.contains_key("candidateGroup"));
    let sorts = search["sort"]["items"]["properties"]["field"]["enum"]
        .as_array()
        .unwrap();
    assert!(sorts.contains(&json!("dueDate")));
}

#[tokio::test]
async fn the_page_to_read_names_every_operation() {
    let site = Site::new().await;
    let browser = site.sign_in("daniel").await;
    let page = browser.get("/docs/api").await;
    assert_eq!(page.status, StatusCode::OK);
    for path in api::openapi::document()["paths"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(page.body.contains(&format!("{path}</code>")), "{path}");
    }
}
