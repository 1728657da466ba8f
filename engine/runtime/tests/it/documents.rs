//! Documents, their revisions, their fields, and the audit trail.

use crate::support::*;
use runtime::{Act, Error, Expect, Outcome, Put, Request};
use serde_json::json;
use store::{AuditQuery, Match, Order, Query};

fn person(id: &str, name: &str, expect: Expect) -> Act {
    Act::Put(Put {
        collection: "people",
        id: id.into(),
        expect,
        body: json!({ "name": name }),
        fields: vec![("name", name.to_lowercase()), ("kind", "child".into())],
    })
}

fn names(documents: &[store::Document]) -> Vec<&str> {
    documents
        .iter()
        .map(|document| document.body["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn of_two_writers_with_the_same_revision_one_is_told_of_the_conflict() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let put =
        |name: &str, expect| runtime.submit(Request::by("grace").act(person("p-1", name, expect)));
    assert_eq!(
        put("Amina", Expect::Absent).await.unwrap().outcomes,
        [Outcome::Put { revision: 1 }]
    );
    let (first, second) = tokio::join!(
        put("Amina N", Expect::Revision(1)),
        put("Aminah", Expect::Revision(1))
    );
    assert_eq!(first.unwrap().outcomes, [Outcome::Put { revision: 2 }]);
    assert!(matches!(second, Err(Error::Conflict { .. })));
    assert!(matches!(
        put("Amina", Expect::Absent).await,
        Err(Error::Conflict { .. })
    ));
    let document = runtime.document("people", "p-1").await.unwrap().unwrap();
    assert_eq!(
        (document.revision, names(&[document])),
        (2, vec!["Amina N"])
    );
    runtime.stop().await;
}

#[tokio::test]
async fn documents_are_found_by_their_fields_and_no_longer_by_old_ones() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let mut request = Request::by("grace");
    for (id, name) in [("p-1", "Okello"), ("p-2", "Okot"), ("p-3", "Adong")] {
        request = request.act(person(id, name, Expect::Absent));
    }
    runtime.submit(request).await.unwrap();
    let by_name = |value| Query::by("people", "name", value);
    let found = |query: Query| {
        let runtime = runtime.clone();
        async move { runtime.documents(&query).await.unwrap() }
    };
    assert_eq!(
        names(&found(by_name(Match::Prefix("ok".into()))).await),
        ["Okello", "Okot"]
    );
    assert_eq!(
        names(&found(by_name(Match::Equals("adong".into()))).await),
        ["Adong"]
    );
    assert_eq!(
        names(&found(by_name(Match::Range("b".into(), "oko".into()))).await),
        ["Okello"]
    );
    let backwards = Query {
        order: Order::Descending,
        limit: 2,
        ..by_name(Match::Any)
    };
    assert_eq!(names(&found(backwards.clone()).await), ["Okot", "Okello"]);
    let next = Query {
        after: Some(("okello".into(), "p-1".into())),
        ..backwards
    };
    assert_eq!(names(&found(next).await), ["Adong"]);
    assert_eq!(
        runtime.document_count(&by_name(Match::Any)).await.unwrap(),
        3
    );

    runtime
        .submit(Request::by("grace").act(person("p-1", "Achen", Expect::Any)))
        .await
        .unwrap();
    assert_eq!(
        names(&found(by_name(Match::Prefix("ok".into()))).await),
        ["Okot"]
    );
    let delete = Act::Delete {
        collection: "people",
        id: "p-2".into(),
        expect: Expect::Revision(1),
    };
    runtime
        .submit(Request::by("grace").act(delete))
        .await
        .unwrap();
    assert_eq!(
        names(&found(by_name(Match::Prefix("ok".into()))).await),
        Vec::<&str>::new()
    );
    assert_eq!(
        names(&found(Query::all("people")).await),
        ["Achen", "Adong"]
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_document_and_a_step_are_written_together_or_not_at_all() {
    let folder = Folder::new();
    let runtime = with_models(&folder, &morning()).await;
    let request = || {
        Request::by("grace")
            .act(start("work"))
            .act(person("p-1", "Amina", Expect::Absent))
    };
    runtime.submit(request()).await.unwrap();
    assert!(matches!(
        runtime.submit(request()).await,
        Err(Error::Conflict { .. })
    ));
    assert_eq!(
        runtime
            .task_count(&store::TaskQuery::default())
            .await
            .unwrap(),
        1
    );
    runtime.stop().await;
}

#[tokio::test]
async fn the_trail_says_who_read_what_and_why() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let read = |subject: &str| Act::AppendAudit {
        action: "read".into(),
        subject: subject.into(),
        detail: None,
    };
    runtime
        .submit(
            Request::by("grace")
                .because("visit today")
                .act(read("people/p-1")),
        )
        .await
        .unwrap();
    runtime
        .submit(Request::by("ruth").act(read("people/p-2")))
        .await
        .unwrap();
    let query = AuditQuery {
        subject: Some("people/p-1".into()),
        ..AuditQuery::default()
    };
    let lines = runtime.audit(&query).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].actor.as_str(), lines[0].reason.as_deref()),
        ("grace", Some("visit today"))
    );
    assert_eq!(lines[0].at, at(MORNING));
    assert_eq!(
        runtime.audit(&AuditQuery::default()).await.unwrap()[0].actor,
        "ruth"
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_document_that_is_too_large_is_refused_by_the_name_of_the_limit() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let text = "x".repeat(runtime::limits::DOCUMENT_BYTES_MAX);
    let error = runtime
        .submit(Request::by("grace").act(person("p-1", &text, Expect::Any)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("DOCUMENT_BYTES_MAX"), "{error}");
    runtime.stop().await;
}

/// Counts in a data store how often it was started.
const COUNTING: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="count" isExecutable="true">
    <dataStoreReference id="r" name="Register"/><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="A"/>
    <task id="A"><ioSpecification><dataInput id="i" name="known"/></ioSpecification>
    <dataInputAssociation><sourceRef>r</sourceRef><targetRef>i</targetRef></dataInputAssociation>
    <dataOutputAssociation><targetRef>r</targetRef>
    <transformation>if known = null then 1 else known + 1</transformation></dataOutputAssociation></task></process></definitions>"#;

#[tokio::test]
async fn a_data_store_is_a_document_with_a_revision_for_each_request_that_writes_it() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let resources = vec![runtime::Resource::new("count.bpmn", COUNTING)];
    let deploy = Request::by("grace").act(Act::Deploy { resources });
    runtime.submit(deploy).await.unwrap();
    let once = || Request::by("grace").act(start("count"));
    runtime.submit(once()).await.unwrap();
    // What a refused request has written is gone.
    let refused = runtime.submit(once().act(start("nothing"))).await;
    assert!(matches!(refused, Err(Error::NoSuchProcess { .. })));
    let (second, third) = tokio::join!(
        runtime.submit(once()),
        runtime.submit(once().act(start("count")))
    );
    second.unwrap();
    third.unwrap();
    let document = runtime.document("data-stores", "Register").await.unwrap();
    let document = document.unwrap();
    assert_eq!(document.body, json!({ "value": 4 }));
    assert_eq!(document.revision, 3);
    runtime.stop().await;
}
