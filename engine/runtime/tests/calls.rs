//! One instance that calls another: both go on in the same transaction.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

mod support;

use bpmn::{Command, Key, Status};
use feel::Value;
use runtime::{Error, Request, Runtime};
use store::InstanceQuery;
use support::*;

async fn called_by(runtime: &Runtime, parent: Key) -> runtime::InstanceView {
    let query = InstanceQuery {
        parent: Some(parent),
        ..InstanceQuery::default()
    };
    let mut called = runtime.instances(&query).await.unwrap();
    assert_eq!(called.len(), 1);
    called.remove(0)
}

async fn status(runtime: &Runtime, instance: Key) -> Status {
    runtime.instance(instance).await.unwrap().unwrap().status
}

#[tokio::test]
async fn a_called_process_gives_its_results_to_its_caller_also_after_a_restart() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy(&runtime, &["work", "caller"]).await.unwrap();
    let caller = started(&runtime, "caller").await;
    let called = called_by(&runtime, caller).await;
    assert_eq!(called.parent.unwrap().instance, caller);
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    let task = only_task(&runtime, called.key).await;
    runtime
        .submit(Request::by("grace").act(complete(&task, &[("found", "yes")])))
        .await
        .unwrap();
    let view = runtime.instance(caller).await.unwrap().unwrap();
    assert_eq!(view.status, Status::Completed);
    assert_eq!(view.state.variable("found"), Some(&Value::from("yes")));
    assert_eq!(
        commands(&runtime, caller).await,
        ["start", "calledCompleted"]
    );
    assert_eq!(runtime.history(caller).await.unwrap()[1].actor, "grace");
    runtime.stop().await;
}

#[tokio::test]
async fn who_cancels_the_caller_cancels_the_called() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy(&runtime, &["work", "caller"]).await.unwrap();
    let caller = started(&runtime, "caller").await;
    let called = called_by(&runtime, caller).await.key;
    runtime
        .submit(Request::by("ruth").command(caller, Command::CancelInstance))
        .await
        .unwrap();
    assert_eq!(status(&runtime, caller).await, Status::Terminated);
    assert_eq!(status(&runtime, called).await, Status::Terminated);
    assert_eq!(tasks_of(&runtime, called).await, []);
    runtime.stop().await;
}

#[tokio::test]
async fn a_request_that_fails_takes_back_the_called_instance_too() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy(&runtime, &["work", "caller"]).await.unwrap();
    let request = Request::by("grace")
        .act(start("caller"))
        .act(start("adoption"));
    assert!(matches!(
        runtime.submit(request).await,
        Err(Error::NoSuchProcess { .. })
    ));
    assert_eq!(
        runtime.instances(&InstanceQuery::default()).await.unwrap(),
        []
    );
    runtime.stop().await;
}
