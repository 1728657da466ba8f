//! Timers: each at its time, in order, once, also when the server was down.

use std::time::Duration;

use crate::support::*;
use jiff::SignedDuration;
use runtime::{Act, Clock, Request, Runtime};

async fn fired(runtime: &Runtime, instance: bpmn::Key) -> Vec<String> {
    let history = runtime.history(instance).await.unwrap();
    history
        .iter()
        .filter(|row| row.command == "fireTimer")
        .map(|row| row.at.to_string())
        .collect()
}

#[tokio::test]
async fn timers_fire_at_their_own_times_when_the_clock_jumps() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let early = started(&runtime, "reminded").await;
    clock.advance(SignedDuration::from_mins(30));
    runtime.wait_idle().await;
    assert_eq!(fired(&runtime, early).await, Vec::<String>::new());
    let late = started(&runtime, "reminded").await;
    clock.advance(SignedDuration::from_hours(24));
    runtime.wait_idle().await;
    assert_eq!(fired(&runtime, early).await, ["2026-03-02T10:00:00Z"]);
    assert_eq!(fired(&runtime, late).await, ["2026-03-02T10:30:00Z"]);
    assert_eq!(runtime.now(), at("2026-03-03T09:30:00Z"));
    runtime.stop().await;
}

#[tokio::test]
async fn an_overdue_timer_fires_once_after_a_restart() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let instance = started(&runtime, "reminded").await;
    runtime.stop().await;
    clock.advance(SignedDuration::from_hours(5));
    for _ in 0..2 {
        let runtime = open(&folder, &clock).await;
        runtime.wait_idle().await;
        assert_eq!(fired(&runtime, instance).await, ["2026-03-02T14:00:00Z"]);
        runtime.stop().await;
    }
}

#[tokio::test]
async fn a_withdrawn_timer_does_not_fire() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let instance = started(&runtime, "reminded").await;
    assert_eq!(runtime.timers(instance).await.unwrap().len(), 1);
    let task = only_task(&runtime, instance).await;
    runtime
        .submit(Request::by("grace").act(complete(&task, &[])))
        .await
        .unwrap();
    assert_eq!(runtime.timers(instance).await.unwrap(), []);
    clock.advance(SignedDuration::from_hours(2));
    runtime.wait_idle().await;
    assert_eq!(
        commands(&runtime, instance).await,
        ["start", "completeTask"]
    );
    runtime.stop().await;
}

#[tokio::test]
async fn many_timers_of_one_moment_fire_once_each() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let mut instances = Vec::new();
    for _ in 0..300 {
        instances.push(started(&runtime, "reminded").await);
    }
    clock.advance(SignedDuration::from_hours(1));
    runtime.wait_idle().await;
    for instance in instances {
        assert_eq!(fired(&runtime, instance).await, ["2026-03-02T10:00:00Z"]);
    }
    runtime.stop().await;
}

#[tokio::test]
async fn a_new_timer_wakes_the_sleeping_loop() {
    let folder = Folder::new();
    let runtime = open(&folder, &Clock::system()).await;
    let mut soon = model("reminded");
    soon.text = soon.text.replace("PT1H", "PT0.05S");
    let resources = vec![model("work"), soon];
    runtime
        .submit(Request::by("daniel").act(Act::Deploy { resources }))
        .await
        .unwrap();
    // The loop has nothing to wait for and would sleep for ever.
    runtime.wait_idle().await;
    let instance = started(&runtime, "reminded").await;
    let fires = async {
        while fired(&runtime, instance).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), fires)
        .await
        .expect("the timer has fired");
    runtime.stop().await;
}

#[tokio::test]
async fn the_system_clock_fires_what_is_overdue() {
    let folder = Folder::new();
    let past = morning();
    let runtime = with_models(&folder, &past).await;
    let instance = started(&runtime, "reminded").await;
    runtime.stop().await;
    // The timer was due long before now.
    let runtime = open(&folder, &Clock::system()).await;
    runtime.wait_idle().await;
    assert_eq!(fired(&runtime, instance).await.len(), 1);
    runtime.stop().await;
}

#[tokio::test]
async fn people_are_answered_while_many_timers_of_one_moment_fire() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = with_models(&folder, &clock).await;
    let acts: Vec<_> = (0..1_000).map(|_| start("reminded")).collect();
    let many = Request {
        acts,
        ..Request::by("grace")
    };
    runtime.submit(many).await.unwrap();
    clock.set(clock.now() + SignedDuration::from_hours(24 * 30));
    // The loop has begun when the first timer has fired.
    while runtime.statistics().messages < 3 {
        tokio::task::yield_now().await;
    }
    started(&runtime, "work").await;
    let fired = runtime.statistics().messages;
    assert!(fired < 900, "the request waited for {fired} timers");
    runtime.wait_idle().await;
    runtime.stop().await;
}
