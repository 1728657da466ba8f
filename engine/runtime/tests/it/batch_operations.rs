//! The same command for many instances: each item has its result, whatever stops in between.

use crate::support::*;
use bpmn::{Command, Key, Modification, Status, Which};
use runtime::{
    BatchItem, BatchOperation, BatchState, Each, ItemState, Outcome, Request, Runtime, Steer,
};

async fn many(runtime: &Runtime, number: usize) -> Vec<Key> {
    let request = (0..number).fold(Request::by("grace"), |request, _| {
        request.act(start("work"))
    });
    let answer = runtime.submit(request).await.unwrap();
    let started = |outcome: &Outcome| {
        let Outcome::Started { instance } = outcome else {
            panic!("{outcome:?}");
        };
        *instance
    };
    answer.outcomes.iter().map(started).collect()
}

async fn begin(runtime: &Runtime, key: &str, each: Each, keys: &[Key]) {
    let items = keys.iter().copied().map(BatchItem::new).collect();
    let request = Request::by("ruth").because("closed");
    let begun = runtime.begin_batch(request, key.into(), each, items);
    assert_eq!(begun.await.unwrap(), key);
}

async fn batch(runtime: &Runtime, key: &str) -> BatchOperation {
    runtime.batch_operation(key).await.unwrap().unwrap()
}

async fn states(runtime: &Runtime, key: &str) -> Vec<ItemState> {
    let items = runtime
        .batch_items(&batch(runtime, key).await)
        .await
        .unwrap();
    items.iter().map(|item| item.state).collect()
}

async fn status(runtime: &Runtime, key: Key) -> Option<Status> {
    let instance = runtime.instance(key).await.unwrap();
    instance.map(|instance| instance.status)
}

async fn steer(runtime: &Runtime, key: &str, steer: Steer) -> bool {
    let request = Request::by("ruth");
    runtime.steer_batch(request, key, steer).await.unwrap()
}

#[tokio::test]
async fn many_instances_are_cancelled_and_each_says_what_came_of_it() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let mut keys = many(&runtime, 250).await;
    let ended = Request::by("ruth").command(keys[7], Command::CancelInstance);
    runtime.submit(ended).await.unwrap();
    keys.push(Key::of_instance(9_999));
    begin(&runtime, "1", Each::Cancel, &keys).await;
    runtime.wait_idle().await;
    let done = batch(&runtime, "1").await;
    assert_eq!(done.state, BatchState::Completed);
    assert_eq!((done.total, done.completed, done.failed), (251, 250, 1));
    assert_eq!(done.ended_at, Some(at(MORNING)));
    let items = runtime.batch_items(&done).await.unwrap();
    for (number, item) in items.iter().enumerate() {
        let expected = match number {
            7 => ItemState::Skipped,
            250 => ItemState::Failed,
            _ => ItemState::Completed,
        };
        assert_eq!((item.key, item.state), (keys[number], expected));
    }
    assert!(
        items[250]
            .error
            .as_deref()
            .unwrap()
            .contains("no process instance")
    );
    assert_eq!(status(&runtime, keys[249]).await, Some(Status::Terminated));
    let last = runtime.history(keys[0]).await.unwrap().pop().unwrap();
    assert_eq!(
        (last.actor.as_str(), last.reason.as_deref()),
        ("ruth", Some("closed"))
    );
    assert_eq!(runtime.batches_of(keys[0]).await.unwrap(), ["1"]);
}

#[tokio::test]
async fn a_batch_waits_until_it_may_go_on_or_ends_when_it_is_told_to() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let keys = many(&runtime, 1_000).await;
    begin(&runtime, "1", Each::Cancel, &keys).await;
    assert!(steer(&runtime, "1", Steer::Suspend).await);
    runtime.wait_idle().await;
    let waiting = batch(&runtime, "1").await;
    assert_eq!(waiting.state, BatchState::Suspended);
    assert!(waiting.completed < 1_000, "{waiting:?}");
    assert_eq!(status(&runtime, keys[999]).await, Some(Status::Active));
    assert!(steer(&runtime, "1", Steer::Resume).await);
    runtime.wait_idle().await;
    let done = batch(&runtime, "1").await;
    assert_eq!((done.state, done.completed), (BatchState::Completed, 1_000));
    assert!(!steer(&runtime, "1", Steer::Suspend).await, "it is over");

    let keys = many(&runtime, 1_000).await;
    begin(&runtime, "2", Each::Cancel, &keys).await;
    assert!(steer(&runtime, "2", Steer::Cancel).await);
    runtime.wait_idle().await;
    assert_eq!(batch(&runtime, "2").await.state, BatchState::Cancelled);
    assert_eq!(status(&runtime, keys[999]).await, Some(Status::Active));
    assert!(!steer(&runtime, "2", Steer::Resume).await, "it is over");
    assert!(!steer(&runtime, "2", Steer::Retry).await);
    assert!(
        !steer(&runtime, "3", Steer::Cancel).await,
        "it is not there"
    );
}

#[tokio::test]
async fn a_batch_goes_on_after_a_restart() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let keys = many(&runtime, 1_000).await;
    begin(&runtime, "1", Each::Cancel, &keys).await;
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    runtime.wait_idle().await;
    // What was claimed when it stopped is free again a minute later.
    clock.advance(jiff::SignedDuration::from_mins(2));
    runtime.wait_idle().await;
    assert_eq!(states(&runtime, "1").await, [ItemState::Completed; 1_000]);
}

#[tokio::test]
async fn what_failed_is_tried_again_and_what_was_done_is_not() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let keys = many(&runtime, 2).await;
    let ended = Request::by("ruth").command(keys[0], Command::CancelInstance);
    runtime.submit(ended).await.unwrap();
    begin(&runtime, "1", Each::Delete, &keys).await;
    runtime.wait_idle().await;
    assert_eq!(
        states(&runtime, "1").await,
        [ItemState::Completed, ItemState::Failed]
    );
    assert_eq!(status(&runtime, keys[0]).await, None);
    let ended = Request::by("ruth").command(keys[1], Command::CancelInstance);
    runtime.submit(ended).await.unwrap();
    assert!(steer(&runtime, "1", Steer::Retry).await);
    runtime.wait_idle().await;
    assert_eq!(states(&runtime, "1").await, [ItemState::Completed; 2]);
    let done = batch(&runtime, "1").await;
    assert_eq!((done.completed, done.failed), (2, 0));
    assert_eq!(status(&runtime, keys[1]).await, None);
    assert!(!steer(&runtime, "1", Steer::Retry).await, "nothing failed");

    // More than are looked at in one go.
    let more = store::DEFAULT_LIMIT as usize;
    for number in 0..more {
        begin(&runtime, &format!("more-{number}"), Each::Delete, &[]).await;
    }
    clock.advance(jiff::SignedDuration::from_hours(91 * 24));
    runtime.wait_idle().await;
    assert_eq!(runtime.prune_batches().await.unwrap(), more + 1);
    assert!(runtime.batch_operation("1").await.unwrap().is_none());
    assert!(runtime.batches_of(keys[1]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_incident_that_cannot_be_resolved_leaves_its_job_without_tries() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = open(&folder, &clock).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    let mut incidents = Vec::new();
    for _ in 0..2 {
        started(&runtime, "mail").await;
    }
    for job in runtime.activate_jobs("mail", "a", 2, 60_000).await.unwrap() {
        let fail = Command::FailJob {
            job: job.key,
            retries: 0,
            message: "no connection".into(),
        };
        let request = Request::by("a").command(job.instance, fail);
        runtime.submit(request).await.unwrap();
        let instance = runtime.instance(job.instance).await.unwrap().unwrap();
        incidents.push((job, *instance.state.incidents().keys().next().unwrap()));
    }
    let still = incidents[0].0.instance;
    let request = Request::by("ruth").command(still, Command::Suspend);
    runtime.submit(request).await.unwrap();
    let keys: Vec<Key> = incidents.iter().map(|(_, incident)| *incident).collect();
    begin(&runtime, "1", Each::Resolve, &keys).await;
    runtime.wait_idle().await;
    let came = [ItemState::Failed, ItemState::Completed];
    assert_eq!(states(&runtime, "1").await, came);
    let last = commands(&runtime, still).await.pop();
    assert_eq!(last.as_deref(), Some("suspend"));
    let job = runtime.job(incidents[0].0.key).await.unwrap().unwrap();
    assert_eq!(job.retries, 0);
}

#[tokio::test]
async fn what_an_item_says_of_its_failure_is_cut() {
    let (folder, clock) = (Folder::new(), morning());
    let runtime = with_models(&folder, &clock).await;
    let keys = many(&runtime, 1).await;
    let element = "ü".repeat(100_000);
    let modification = Modification {
        terminate: vec![Which::Element { element }],
        ..Modification::default()
    };
    let command = Box::new(Command::Modify { modification });
    begin(&runtime, "1", Each::Give { command }, &keys).await;
    runtime.wait_idle().await;
    let items = runtime.batch_items(&batch(&runtime, "1").await).await;
    let error = items.unwrap().remove(0).error.unwrap();
    assert!(error.ends_with('…'), "{error}");
    assert_eq!(
        error.chars().count(),
        runtime::limits::ITEM_ERROR_CHARS_MAX + 1
    );
}

#[tokio::test]
async fn two_servers_do_each_item_once() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let keys = many(&first, 220).await;
    begin(&second, "1", Each::Cancel, &keys).await;
    let done = async {
        loop {
            tokio::join!(first.wait_idle(), second.wait_idle());
            let done = batch(&first, "1").await;
            if done.state == BatchState::Completed {
                return done;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let done = tokio::time::timeout(std::time::Duration::from_secs(30), done);
    let done = done.await.unwrap();
    assert_eq!((done.completed, done.failed), (220, 0));
    assert_eq!(states(&first, "1").await, [ItemState::Completed; 220]);
}
