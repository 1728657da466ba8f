//! Uploading models: good ones go live, bad and hostile ones are explained and change nothing.

use crate::support::{Answer, Browser, Site, part};
use axum::body::Body;
use axum::http::{StatusCode, header};

const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="see"/>
    <bpmn:userTask id="see" name="See the child"/>
    <bpmn:sequenceFlow id="f2" sourceRef="see" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// A process with `elements` between start and end.
fn model(elements: &str) -> String {
    GOOD.replace(
        "    <bpmn:endEvent id=\"end\"/>\n",
        &format!("    <bpmn:endEvent id=\"end\"/>\n{elements}\n"),
    )
}

async fn refused(daniel: &Browser<'_>, file: &str, bytes: &[u8], expected: &[&str]) -> Answer {
    let report = daniel.report(&[(file, bytes)]).await;
    assert_eq!(report.status, StatusCode::OK);
    for text in ["Cannot go live yet", "Nothing was changed."]
        .iter()
        .chain(expected)
    {
        assert!(
            report.body.contains(text),
            "{text:?} is missing in {}",
            report.body
        );
    }
    assert!(!report.body.contains("Go live"), "there is no button");
    assert!(
        daniel
            .get("/processes")
            .await
            .body
            .contains("No process is deployed.")
    );
    report
}

#[tokio::test]
async fn a_good_model_is_reported_then_goes_live_and_can_be_downloaded() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let upload = daniel.upload(&[("visit.bpmn", GOOD.as_bytes())]).await;
    let report = daniel.get(upload.location()).await;
    for text in [
        "Can go live",
        "is offered to nobody",
        "See the child",
        "user task",
        "executed",
    ] {
        assert!(
            report.body.contains(text),
            "{text:?} is missing in {}",
            report.body
        );
    }
    assert!(report.body.contains("&quot;Home visit&quot; is sound"));
    assert!(
        daniel
            .get("/processes")
            .await
            .body
            .contains("No process is deployed."),
        "not before the button is pressed"
    );

    let live = daniel.post(upload.location(), &[]).await;
    assert_eq!(
        (live.status, live.location()),
        (StatusCode::SEE_OTHER, "/processes/visit"),
        "{}",
        live.body
    );
    let page = daniel.get("/processes/visit").await;
    assert!(
        page.body.contains("Home visit") && page.body.contains("live version 1 since 2 March 2026"),
        "{}",
        page.body
    );
    assert!(
        page.header("content-security-policy")
            .contains("style-src-attr 'unsafe-inline'")
    );
    assert!(
        daniel
            .get("/processes")
            .await
            .body
            .contains("href=\"/processes/visit\"")
    );

    let model = daniel.get("/processes/visit/versions/1/model.bpmn").await;
    assert_eq!(model.body, GOOD);
    assert_eq!(model.header("content-disposition"), "attachment");
    assert_eq!(
        daniel.get(upload.location()).await.status,
        StatusCode::NOT_FOUND,
        "the upload is used up"
    );
}

#[tokio::test]
async fn everybody_reads_processes_and_only_designers_see_the_upload() {
    let site = Site::new().await;
    let list = site.sign_in("grace").await.get("/processes").await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(!list.body.contains("type=\"file\""));
    assert!(
        site.sign_in("admin")
            .await
            .get("/processes")
            .await
            .body
            .contains("type=\"file\"")
    );
}

#[tokio::test]
async fn two_problems_at_once_are_both_numbered_with_their_places() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let text = model(
        "    <bpmn:complexGateway id=\"odd\"/>\n    <bpmn:sequenceFlow id=\"f9\" sourceRef=\"see\" targetRef=\"gone\"/>",
    );
    let report = refused(
        &daniel,
        "two.bpmn",
        text.as_bytes(),
        &["two.bpmn:9:", "two.bpmn:10:"],
    )
    .await;
    assert!(
        report.body.contains("<li value=\"1\">") && report.body.contains("<li value=\"2\">"),
        "{}",
        report.body
    );
}

#[tokio::test]
async fn an_unknown_element_is_refused_by_name_with_its_place() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let text = model("    <bpmn:teleportTask id=\"odd\"/>");
    refused(
        &daniel,
        "a.bpmn",
        text.as_bytes(),
        &["teleportTask", "a.bpmn:9:"],
    )
    .await;
}

#[tokio::test]
async fn what_is_no_model_at_all_is_explained() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    refused(&daniel, "a.bpmn", b"hello", &["a.bpmn:1:"]).await;
    refused(&daniel, "a.bpmn", b"", &["a.bpmn:1:"]).await;
    refused(
        &daniel,
        "a.bpmn",
        b"\xff\xfe\x00",
        &["the text is not UTF-8"],
    )
    .await;
    refused(
        &daniel,
        "a.pdf",
        b"%PDF",
        &["neither a process, a decision, a form nor a calendar"],
    )
    .await;
    refused(&daniel, "a.form", b"{", &["a.form:1:"]).await;
    refused(&daniel, "a.dmn", b"<x/>", &["a.dmn:1:"]).await;
}

#[tokio::test]
async fn a_document_type_declaration_is_refused() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let bomb = GOOD.replacen(
        '\n',
        "\n<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n",
        1,
    );
    refused(&daniel, "bomb.bpmn", bomb.as_bytes(), &["bomb.bpmn:2:"]).await;
}

#[tokio::test]
async fn a_model_ten_thousand_levels_deep_is_refused() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let deep = model(&format!(
        "{}{}",
        "<bpmn:subProcess>".repeat(10_000),
        "</bpmn:subProcess>".repeat(10_000)
    ));
    refused(&daniel, "deep.bpmn", deep.as_bytes(), &["deep.bpmn:9:"]).await;
}

#[tokio::test]
async fn fifty_megabytes_are_refused_with_the_limit() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let answer = daniel
        .upload(&[("big.bpmn", &vec![b' '; 50 * 1024 * 1024])])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        answer.body.contains("One request may have 12 MiB."),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn one_bad_file_keeps_the_good_ones_from_going_live() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let upload = daniel
        .upload(&[("visit.bpmn", GOOD.as_bytes()), ("a.form", b"{")])
        .await;
    let forced = daniel.post(upload.location(), &[]).await;
    assert_eq!(forced.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        daniel
            .get("/processes")
            .await
            .body
            .contains("No process is deployed.")
    );
}

#[tokio::test]
async fn an_upload_without_files_or_with_a_broken_body_is_refused() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let answer = daniel.upload(&[("", b"")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("No file was chosen."));

    let mut body = part("csrf", None, daniel.csrf.as_bytes());
    body.extend(b"--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.bpmn\"\r\n\r\nhalf");
    let request = daniel.request("POST", "/processes/uploads");
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    assert_eq!(
        site.send(request.body(Body::from(body)).unwrap())
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn names_from_a_model_are_printed_as_text() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let text = GOOD.replace("See the child", "&lt;script&gt;alert(1)&lt;/script&gt;");
    let report = daniel.report(&[("<b>.bpmn", text.as_bytes())]).await;
    assert!(
        report.body.contains("&lt;script&gt;alert(1)"),
        "{}",
        report.body
    );
    assert!(!report.body.contains("<script>alert") && !report.body.contains("<b>.bpmn"));
}

#[tokio::test]
async fn the_way_to_what_is_wrong_is_a_list_and_drawn() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    let text = GOOD.replace(
        "targetRef=\"see\"/>",
        r#"targetRef="f"/><bpmn:parallelGateway id="f" name="Both"/>
        <bpmn:sequenceFlow id="a" sourceRef="f" targetRef="see"/><bpmn:sequenceFlow id="b" sourceRef="f" targetRef="see"/>"#,
    );
    let report = daniel.report(&[("twice.bpmn", text.as_bytes())]).await;
    for text in [
        "Not sound",
        "&quot;Home visit&quot; is not sound: 1 problem",
        "can be reached a second time, from &quot;Both&quot;",
        "<li>Both</li><li>See the child</li>",
        "data-show-path=\"[&quot;start&quot;,&quot;f1&quot;,&quot;f&quot;,&quot;a&quot;,&quot;b&quot;,&quot;see&quot;]\"",
    ] {
        assert!(
            report.body.contains(text),
            "{text:?} is missing in {}",
            report.body
        );
    }
}

const OVERLAPS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="risks" name="Risks" namespace="https://example.org/risks">
  <decision id="risk" name="Risk level"><decisionTable id="table" hitPolicy="UNIQUE">
    <input id="in" label="Age of the child"><inputExpression typeRef="number"><text>age</text></inputExpression></input>
    <output id="out" name="level" typeRef="string"/>
    <rule id="r1"><description>The youngest</description><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
    <rule id="r2"><inputEntry><text>[3..9]</text></inputEntry><outputEntry><text>"medium"</text></outputEntry></rule>
    <rule id="r3"><inputEntry><text>&gt; 9</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>
"#;

#[tokio::test]
async fn the_checks_of_a_decision_table_stand_on_its_rules() {
    let site = Site::open_api().await;
    site.people().await;
    let daniel = site.sign_in("daniel").await;
    let upload = daniel.upload(&[("risk.dmn", OVERLAPS.as_bytes())]).await;
    let report = daniel.get(upload.location()).await;
    daniel.post(upload.location(), &[]).await;
    let asked = serde_json::json!({ "decisionDefinitionId": "risk", "variables": { "age": 12 } });
    site.post_json("/v2/decision-definitions/evaluation", asked)
        .await;
    let page = daniel.get("/decisions/risk").await;
    for answer in [&report, &page] {
        for text in [
            "Age of the child",
            "The youngest",
            "rule 2 matches together with rule 1",
            "make them exclude each other",
        ] {
            assert!(
                answer.body.contains(text),
                "{text:?} is missing in {}",
                answer.body
            );
        }
        // Both rules of the overlap are marked, and the third is not.
        assert_eq!(answer.body.matches("sheet__marked").count(), 2);
    }
    assert!(page.body.contains("asked 1 time in"), "{}", page.body);
    assert!(
        page.body.contains(r#"<td class="num">1</td>"#),
        "rule 3 has matched once"
    );
    assert!(daniel.get("/processes").await.body.contains("1 found"));
    assert_eq!(
        daniel.get("/decisions/nothing").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_designer_tries_expressions_and_is_told_where_something_was_missing() {
    let site = Site::new().await;
    let daniel = site.sign_in("daniel").await;
    assert_eq!(daniel.get("/expressions").await.status, StatusCode::OK);
    let fields = [
        ("expression", "=age * 2 + more"),
        ("context", r#"{"age": 7}"#),
    ];
    let tried = daniel.post("/expressions", &fields).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    for text in ["line 1, column 11", "no variable &#x60;more&#x60;", "null"] {
        assert!(
            tried.body.contains(text),
            "{text:?} is missing in {}",
            tried.body
        );
    }
    let fields = [("expression", "{a: age * 2}"), ("context", r#"{"age": 7}"#)];
    let tried = daniel.post("/expressions", &fields).await;
    assert!(tried.body.contains("&quot;a&quot;: 14"), "{}", tried.body);
    assert!(tried.body.contains("No warnings."));
    let wrong = daniel
        .post("/expressions", &[("expression", "a +"), ("context", "[1]")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["cannot be read: line 1", "The data is a JSON object"] {
        assert!(
            wrong.body.contains(text),
            "{text:?} is missing in {}",
            wrong.body
        );
    }
    // Who only designs reads no case; who works on cases does not design.
    assert!(!tried.body.contains("Data of a case"));
    let grace = site.sign_in("grace").await;
    assert_eq!(
        grace.get("/expressions").await.status,
        StatusCode::FORBIDDEN
    );
}
