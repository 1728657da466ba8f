//! Versions that are withdrawn: nothing begins by them, what runs by them goes on, the version before is the latest again.

use crate::support::*;
use bpmn::Key;
use jiff::SignedDuration;
use runtime::{Act, Error, InstanceQuery, Outcome, Request, Resource, Runtime};

async fn withdraw(runtime: &Runtime, definition: Key) -> Result<(), Error> {
    let definitions = vec![definition];
    let act = Act::Withdraw { definitions };
    let answer = runtime.submit(Request::by("daniel").act(act)).await?;
    assert_eq!(answer.outcomes, [Outcome::Withdrawn]);
    Ok(())
}

/// The version of its process that an instance runs by.
async fn version(runtime: &Runtime, instance: Key) -> u32 {
    runtime.instance(instance).await.unwrap().unwrap().version
}

/// A process that begins at a time, or by a message.
fn daily(event: &str) -> Resource {
    let text = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
        <message id="m" name="call"/>
        <process id="daily" isExecutable="true"><startEvent id="s">{event}</startEvent>
        <sequenceFlow id="f" sourceRef="s" targetRef="do"/>
        <userTask id="do"><extensionElements><z:userTask/></extensionElements></userTask></process></definitions>"#
    );
    Resource::new("daily.bpmn", text)
}

fn hours(number: u32) -> Resource {
    let time = format!("<timeCycle>R/PT{number}H</timeCycle>");
    daily(&format!(
        "<timerEventDefinition>{time}</timerEventDefinition>"
    ))
}

async fn running(runtime: &Runtime) -> usize {
    let query = InstanceQuery::default();
    runtime.instances(&query).await.unwrap().len()
}

#[tokio::test]
async fn a_withdrawn_version_begins_nothing_and_ends_what_it_began() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let mut later = model("work");
    later.text = later.text.replace("Do the work", "Do more work");
    let old = deployed(&runtime, vec![model("work")]).await;
    let new = deployed(&runtime, vec![later.clone()]).await.definitions[0].key;
    let instance = started(&runtime, "work").await;
    withdraw(&runtime, new).await.unwrap();

    let next = started(&runtime, "work").await;
    assert_eq!(version(&runtime, next).await, 1);
    let mut exact = start("work");
    if let Act::Start { version, .. } = &mut exact {
        *version = Some(2);
    }
    let refused = runtime.submit(Request::by("grace").act(exact)).await;
    assert!(matches!(refused, Err(Error::NoSuchProcess { .. })));
    let again = withdraw(&runtime, new).await;
    assert!(matches!(again, Err(Error::NoSuchDefinition(key)) if key == new));

    // The same after the program was started again; and what began goes on.
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    let next = started(&runtime, "work").await;
    assert_eq!(version(&runtime, next).await, 1);
    let task = only_task(&runtime, instance).await;
    assert_eq!(task.name, "Do more work");
    let done = Request::by("grace").act(complete(&task, &[]));
    runtime.submit(done).await.unwrap();
    assert_eq!(tasks_of(&runtime, instance).await, []);

    // Its file, deployed again, is a version of its own: numbers are not given twice.
    let third = deployed(&runtime, vec![later]).await;
    assert_eq!(
        (third.definitions[0].version, third.definitions[0].is_new),
        (3, true)
    );
    for key in [third.definitions[0].key, old.definitions[0].key] {
        withdraw(&runtime, key).await.unwrap();
    }
    let none = runtime
        .submit(Request::by("grace").act(start("work")))
        .await;
    assert!(matches!(none, Err(Error::NoSuchProcess { .. })));
    runtime.stop().await;
}

#[tokio::test]
async fn the_times_and_messages_of_the_version_before_count_again() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let every_three = deployed(&runtime, vec![hours(3)]).await.definitions[0].key;
    let hourly = deployed(&runtime, vec![hours(1)]).await.definitions[0].key;
    withdraw(&runtime, hourly).await.unwrap();
    clock.advance(SignedDuration::from_mins(179));
    runtime.wait_idle().await;
    assert_eq!(running(&runtime).await, 0);
    clock.advance(SignedDuration::from_mins(1));
    runtime.wait_idle().await;
    assert_eq!(running(&runtime).await, 1);

    let called = r#"<messageEventDefinition messageRef="m"/>"#;
    let by_call = deployed(&runtime, vec![daily(called)]).await.definitions[0].key;
    withdraw(&runtime, every_three).await.unwrap();
    let call = || {
        Act::PublishMessage(runtime::Publication {
            name: "call".into(),
            ..runtime::Publication::default()
        })
    };
    clock.advance(SignedDuration::from_hours(12));
    runtime.wait_idle().await;
    assert_eq!(running(&runtime).await, 1, "an old version was withdrawn");
    let request = || Request::by("grace").act(call());
    runtime.submit(request()).await.unwrap();
    assert_eq!(running(&runtime).await, 2);
    withdraw(&runtime, by_call).await.unwrap();
    runtime.submit(request()).await.unwrap();
    clock.advance(SignedDuration::from_hours(12));
    runtime.wait_idle().await;
    assert_eq!(running(&runtime).await, 2, "nothing is left that starts");
    runtime.stop().await;
}

#[tokio::test]
async fn an_open_task_keeps_a_withdrawn_form_until_there_is_another() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let form = |number: u32| {
        let text = format!(r#"{{"id": "intake", "components": [], "number": {number}}}"#);
        Resource::new("intake.form", text)
    };
    let first = deployed(&runtime, vec![model("references"), form(1)]).await;
    let second = deployed(&runtime, vec![form(2)]).await.definitions[0].key;
    let process = runtime.catalog().latest("references").unwrap().key;
    let shown = || {
        let catalog = runtime.catalog();
        catalog
            .task_form("intake", process, "fill")
            .unwrap()
            .version
    };
    assert_eq!(shown(), 2);
    withdraw(&runtime, second).await.unwrap();
    assert_eq!(shown(), 1);
    let intake = first.definitions.iter().find(|one| one.id == "intake");
    withdraw(&runtime, intake.unwrap().key).await.unwrap();
    assert!(shown() > 0);
    deployed(&runtime, vec![form(3)]).await;
    assert_eq!(shown(), 3);
    runtime.stop().await;
}

#[tokio::test]
async fn a_decision_is_asked_in_the_version_before_the_withdrawn_one() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let ask = || Act::EvaluateDecision {
        decision: "risk".into(),
        definition: None,
        variables: feel::Context::default(),
    };
    let old = deployed(&runtime, vec![model("risk.dmn")])
        .await
        .definitions[0]
        .key;
    let mut newer = model("risk.dmn");
    newer.text.push('\n');
    let new = deployed(&runtime, vec![newer]).await.definitions[0].key;
    for (withdrawn, next) in [(new, Some(old)), (old, None)] {
        withdraw(&runtime, withdrawn).await.unwrap();
        let answer = runtime.submit(Request::by("grace").act(ask())).await;
        let asked = answer.map(|mut answer| match answer.outcomes.pop() {
            Some(Outcome::Decided(decided)) => decided.definition,
            other => panic!("no decision, but {other:?}"),
        });
        assert_eq!(asked.ok(), next);
    }
    runtime.stop().await;
}

#[tokio::test]
async fn another_server_knows_what_is_withdrawn_and_of_two_who_withdraw_one_does() {
    let (first, second, clock) = two().await;
    deployed(&first, vec![hours(3)]).await;
    let hourly = deployed(&first, vec![hours(1)]).await.definitions[0].key;
    second.newest_catalog().await.unwrap();
    let (one, other) = tokio::join!(withdraw(&first, hourly), withdraw(&second, hourly));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert!(second.newest_catalog().await.unwrap().is_withdrawn(hourly));
    clock.advance(SignedDuration::from_hours(3));
    for _ in 0..2 {
        tokio::join!(first.wait_idle(), second.wait_idle());
    }
    assert_eq!(
        running(&first).await,
        1,
        "the times of one version count, once"
    );
    first.stop().await;
    second.stop().await;
}
