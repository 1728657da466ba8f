//! One instance that calls another: both go on in the same transaction.

use crate::support::*;
use bpmn::{Command, Key, Status};
use feel::Value;
use runtime::{Act, Error, Options, Request, Resource, Runtime};
use servers::Postgres;
use store::{InstanceQuery, Store};

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
async fn whatever_is_called_knows_where_calls_came_from_in_the_end() {
    let folder = Folder::new();
    let server = Postgres::shared().unwrap();
    for address in [folder.address(), server.schema().unwrap()] {
        let store = Store::open(&address).await.unwrap();
        let runtime = Runtime::open(store, morning(), Options::default()).await;
        let runtime = runtime.unwrap();
        let first = model("caller");
        let first = Resource::new(
            "first.bpmn",
            first
                .text
                .replace("process id=\"caller\"", "process id=\"first\"")
                .replace("processId=\"work\"", "processId=\"caller\""),
        );
        deploy(&runtime, &["work", "caller"]).await.unwrap();
        let resources = vec![first];
        let request = Request::by("daniel").act(Act::Deploy { resources });
        runtime.submit(request).await.unwrap();
        let root = started(&runtime, "first").await;
        let between = called_by(&runtime, root).await;
        let last = called_by(&runtime, between.key).await;
        let alone = started(&runtime, "work").await;
        assert_eq!((between.root, last.root), (root, root));
        let asked = [root, between.key, last.key, alone];
        let roots = runtime.roots(asked).await.unwrap();
        let roots: Vec<Key> = asked.iter().map(|key| roots[key]).collect();
        assert_eq!(roots, [root, root, root, alone]);
        // What is written later does not change it.
        let task = only_task(&runtime, last.key).await;
        let request = Request::by("grace").act(complete(&task, &[]));
        runtime.submit(request).await.unwrap();
        assert_eq!(called_by(&runtime, between.key).await.root, root);
        runtime.stop().await;
    }
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
