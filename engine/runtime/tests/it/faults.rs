//! What goes wrong around the runtime: crowds, kills, locked files, second servers.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use crate::support::*;
use feel::WorkingDays;
use runtime::{Clock, Error, Options, Request, Runtime};
use sqlx::{Connection, Executor};
use store::{Store, TaskQuery};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_people_at_once_all_get_their_own_answers() {
    let folder = Folder::new();
    let runtime = with_models(&folder, &morning()).await;
    let people: Vec<_> = (0..32)
        .map(|_| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                for _ in 0..8 {
                    let instance = started(&runtime, "work").await;
                    let task = only_task(&runtime, instance).await;
                    runtime
                        .submit(Request::by("grace").act(complete(&task, &[])))
                        .await
                        .unwrap();
                    assert_eq!(
                        commands(&runtime, instance).await,
                        ["start", "completeTask"]
                    );
                    assert_eq!(runtime.first_break(instance).await.unwrap(), None);
                }
            })
        })
        .collect();
    for person in people {
        person.await.unwrap();
    }
    assert_eq!(runtime.task_count(&TaskQuery::default()).await.unwrap(), 0);
    runtime.stop().await;
}

/// The environment variable that makes this program a server on a file.
const SERVE: &str = "CASEWAY_TEST_SERVE";

/// Not a test of its own: the server that the next test kills. It starts instances and prints those that were acknowledged.
#[test]
fn serves_until_it_is_killed() {
    let Ok(address) = std::env::var(SERVE) else {
        return;
    };
    let life = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    life.block_on(async {
        let store = Store::open(&address).await.unwrap();
        let runtime = Runtime::open(store, morning(), Options::default())
            .await
            .unwrap();
        deploy(&runtime, &["work"]).await.unwrap();
        let people: Vec<_> = (0..4)
            .map(|_| tokio::spawn(start_for_ever(runtime.clone())))
            .collect();
        for person in people {
            person.await.unwrap();
        }
    });
}

#[expect(clippy::print_stdout, reason = "the killer reads it")]
async fn start_for_ever(runtime: Runtime) {
    loop {
        let instance = started(&runtime, "work").await;
        println!("started {instance}");
    }
}

#[test]
fn kill_9_loses_nothing_acknowledged_and_leaves_no_lock() {
    let folder = Folder::new();
    let mut server = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "faults::serves_until_it_is_killed",
            "--exact",
            "--nocapture",
        ])
        .env(SERVE, folder.address())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut acknowledged =
        lines.filter_map(|line| Some(line.split_once("started ")?.1.parse::<bpmn::Key>().unwrap()));
    let mut seen: Vec<_> = acknowledged.by_ref().take(60).collect();
    assert_eq!(seen.len(), 60, "the server ended by itself");
    server.kill().unwrap();
    server.wait().unwrap();
    seen.extend(acknowledged);

    let next = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    next.block_on(async {
        let runtime = open(&folder, &morning()).await;
        for instance in &seen {
            only_task(&runtime, *instance).await;
            assert_eq!(runtime.first_break(*instance).await.unwrap(), None);
        }
        let all = runtime.task_count(&TaskQuery::default()).await.unwrap();
        assert!(
            all - seen.len() as u64 <= 4,
            "each of the four may have one without an answer"
        );
        runtime.stop().await;
    });
}

#[test]
fn what_was_acknowledged_before_its_threads_ended_is_there() {
    let folder = Folder::new();
    let clock = morning();
    let (report, acknowledged) = std::sync::mpsc::channel();
    let life = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let address = folder.address();
    let killed_clock = clock.clone();
    life.spawn(async move {
        let store = Store::open(&address).await.unwrap();
        let runtime = Runtime::open(store, killed_clock, Options::default())
            .await
            .unwrap();
        deploy(&runtime, &["work"]).await.unwrap();
        loop {
            let _ = report.send(started(&runtime, "work").await);
        }
    });
    let mut seen = Vec::new();
    while seen.len() < 50 {
        seen.push(acknowledged.recv_timeout(Duration::from_secs(30)).unwrap());
    }
    // Everything stops where it is, as after a kill.
    life.shutdown_background();
    seen.extend(acknowledged.iter());

    let next = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    next.block_on(async {
        let runtime = reopened(&folder, &clock).await;
        for instance in &seen {
            only_task(&runtime, *instance).await;
        }
        let all = runtime.task_count(&TaskQuery::default()).await.unwrap();
        assert!(
            all - seen.len() as u64 <= 1,
            "only the last request may be there without an answer"
        );
        runtime.stop().await;
    });
}

/// The dead server's threads let go of the file a moment after it.
async fn reopened(folder: &Folder, clock: &Clock) -> Runtime {
    loop {
        match Store::open(&folder.address()).await {
            Ok(store) => {
                return Runtime::open(store, clock.clone(), Options::default())
                    .await
                    .unwrap();
            }
            Err(store::Error::InUse { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_batch_that_cannot_be_committed_is_refused_whole_and_the_next_one_works() {
    let folder = Folder::new();
    let options = store::Options {
        busy_timeout_ms: 20,
        ..store::Options::default()
    };
    let store = Store::open_with(&folder.address(), options).await.unwrap();
    let runtime = Runtime::open(store, morning(), Options::default())
        .await
        .unwrap();
    deploy(&runtime, &["work"]).await.unwrap();
    let instance = started(&runtime, "work").await;
    let task = only_task(&runtime, instance).await;

    let mut intruder = sqlx::SqliteConnection::connect(&folder.address())
        .await
        .unwrap();
    intruder.execute("begin immediate").await.unwrap();
    let (first, second) = tokio::join!(
        runtime.submit(Request::by("grace").act(complete(&task, &[]))),
        runtime.submit(Request::by("joseph").act(start("work"))),
    );
    for refused in [first, second] {
        let error = refused.unwrap_err();
        assert!(matches!(&error, Error::Store(_)), "{error}");
        assert!(
            error.to_string().contains("is locked by another program"),
            "{error}"
        );
    }
    intruder.execute("rollback").await.unwrap();

    runtime
        .submit(Request::by("grace").act(complete(&task, &[])))
        .await
        .unwrap();
    assert_eq!(
        commands(&runtime, instance).await,
        ["start", "completeTask"]
    );
    assert_eq!(runtime.first_break(instance).await.unwrap(), None);
    runtime.stop().await;
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_until_the_first_has_stopped() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let error = Store::open(&folder.address()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, store::Error::InUse { .. }), "{text}");
    assert!(
        text.contains("caseway.db is in use by another Caseway server"),
        "{text}"
    );
    runtime.stop().await;
    Store::open(&folder.address()).await.unwrap().close().await;
}

/// A calendar with a bug.
#[derive(Debug)]
struct Panics;

impl WorkingDays for Panics {
    fn is_working_day(&self, _: jiff::civil::Date) -> bool {
        panic!("this calendar has a bug");
    }

    fn office_hours(&self) -> (jiff::civil::Time, jiff::civil::Time) {
        feel::MondayToFriday.office_hours()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_outside_of_a_step_is_the_error_of_one_request_and_the_writer_goes_on() {
    let folder = Folder::new();
    let store = Store::open(&folder.address()).await.unwrap();
    let options = Options {
        calendar: std::sync::Arc::new(Panics),
        ..Options::default()
    };
    let runtime = Runtime::open(store, morning(), options).await.unwrap();
    deploy(&runtime, &["work"]).await.unwrap();
    // The time of its start is computed when it is deployed.
    let model = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">
        <process id="monthly" isExecutable="true"><startEvent id="s"><timerEventDefinition>
        <timeDate xsi:type="tFormalExpression">=add working days(date("2026-03-02"), 3)</timeDate></timerEventDefinition></startEvent>
        <endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="e"/></process></definitions>"#;
    let act = runtime::Act::Deploy {
        resources: vec![runtime::Resource::new("monthly.bpmn", model)],
    };
    let (bad, good) = tokio::join!(
        runtime.submit(Request::by("daniel").act(act)),
        runtime.submit(Request::by("grace").act(start("work"))),
    );
    assert!(matches!(bad, Err(Error::Bug { .. })), "{bad:?}");
    good.unwrap();
    started(&runtime, "work").await;
    assert_eq!(runtime.task_count(&TaskQuery::default()).await.unwrap(), 2);
    runtime.stop().await;
}

#[tokio::test]
async fn a_runtime_whose_queue_is_full_stops_all_the_same() {
    let folder = Folder::new();
    let store = Store::open(&folder.address()).await.unwrap();
    let slow = store::Fault::Slow(Duration::from_millis(10));
    let store = store.with_faults(store::Faults::at(30, slow));
    let runtime = Runtime::open(store, morning(), Options::default())
        .await
        .unwrap();
    deploy(&runtime, &["work"]).await.unwrap();
    for _ in 0..2 * runtime::limits::QUEUE_MAX {
        let runtime = runtime.clone();
        let request = Request::by("grace").act(start("work"));
        tokio::spawn(async move { runtime.submit(request).await });
    }
    while runtime.queue_depth() < runtime::limits::QUEUE_MAX {
        tokio::task::yield_now().await;
    }
    let stopped = tokio::time::timeout(Duration::from_mins(1), runtime.stop()).await;
    assert!(stopped.is_ok(), "it waits for a writer that was never told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_slow_disk_so_many_wait_and_the_others_hear_that_the_server_is_busy() {
    let folder = Folder::new();
    let store = Store::open(&folder.address()).await.unwrap();
    let slow = store::Fault::Slow(Duration::from_millis(10));
    let store = store.with_faults(store::Faults::at(30, slow));
    let runtime = Runtime::open(store, morning(), Options::default())
        .await
        .unwrap();
    deploy(&runtime, &["work"]).await.unwrap();
    let crowd: Vec<_> = (0..2 * runtime::limits::QUEUE_MAX)
        .map(|_| {
            let runtime = runtime.clone();
            let request = Request::by("grace").act(start("work"));
            tokio::spawn(async move { runtime.submit(request).await })
        })
        .collect();
    let (mut done, mut busy) = (0, 0);
    for one in crowd {
        match one.await.unwrap() {
            Ok(_) => done += 1,
            Err(Error::Busy) => busy += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(
        done >= runtime::limits::QUEUE_MAX as u64 && busy > 0,
        "{done} done, {busy} busy"
    );
    assert_eq!(
        runtime.task_count(&TaskQuery::default()).await.unwrap(),
        done
    );
    runtime.stop().await;
}
