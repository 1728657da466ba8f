//! Two servers over one PostgreSQL database: any request to either of them, and everything happens once.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

mod support;

use jiff::SignedDuration;
use runtime::{Clock, Error, Options, Request, Runtime};
use servers::Postgres;
use store::{Store, TaskQuery};
use support::*;

/// Two servers and the clock that both look at.
async fn two() -> (Runtime, Runtime, Clock) {
    let address = Postgres::shared().unwrap().schema().unwrap();
    let clock = morning();
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = Store::open(&address).await.unwrap();
        let server = Runtime::open(store, clock.clone(), Options::default()).await;
        servers.push(server.unwrap());
    }
    let second = servers.pop().unwrap();
    (servers.pop().unwrap(), second, clock)
}

#[tokio::test]
async fn what_one_server_deploys_the_other_starts_at_once_and_in_its_latest_version() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let instance = started(&second, "work").await;
    // A step on a server that has not seen the instance before.
    let task = only_task(&first, instance).await;
    first
        .submit(Request::by("grace").act(complete(&task, &[])))
        .await
        .unwrap();
    assert_eq!(tasks_of(&second, instance).await, []);
    deploy(&second, &["reminded"]).await.unwrap();
    let reminded = started(&first, "reminded").await;
    assert!(second.instance(reminded).await.unwrap().is_some());
}

#[tokio::test]
async fn a_task_that_both_servers_are_asked_to_complete_is_completed_once() {
    let (first, second, _) = two().await;
    deploy(&first, &["work"]).await.unwrap();
    let mut instances = Vec::new();
    for number in 0..12 {
        let server = if number % 2 == 0 { &first } else { &second };
        instances.push(started(server, "work").await);
    }
    let query = TaskQuery::default();
    let tasks = first.tasks(&query).await.unwrap();
    assert_eq!(tasks.len(), 12);
    let mut asked = Vec::new();
    for task in &tasks {
        for server in [&first, &second] {
            let (server, act) = (server.clone(), complete(task, &[]));
            asked.push(tokio::spawn(async move {
                server.submit(Request::by("grace").act(act)).await
            }));
        }
    }
    let mut done = 0;
    for answer in asked {
        match answer.await.unwrap() {
            Ok(_) => done += 1,
            Err(Error::Rejected(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(done, 12);
    for instance in instances {
        assert_eq!(second.first_break(instance).await.unwrap(), None);
        assert_eq!(commands(&first, instance).await, ["start", "completeTask"]);
    }
}

#[tokio::test]
async fn timers_that_fall_due_on_both_servers_fire_once() {
    let (first, second, clock) = two().await;
    deploy(&first, &["reminded"]).await.unwrap();
    let mut instances = Vec::new();
    for _ in 0..10 {
        instances.push(started(&first, "reminded").await);
    }
    clock.set(clock.now() + SignedDuration::from_hours(24 * 30));
    tokio::join!(first.wait_idle(), second.wait_idle());
    for instance in instances {
        let fired = commands(&second, instance).await;
        let fired = fired.iter().filter(|command| *command == "fireTimer");
        assert_eq!(fired.count(), 1, "{instance}");
    }
}
