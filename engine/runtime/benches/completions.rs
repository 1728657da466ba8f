//! Completions of user tasks per second through the runtime, by 1 and by 32 people at once, and where the writer's
//! time goes. Run with `cargo bench -p runtime`; set `CASEWAY_BENCH_FOLDER` to measure another disk, such as /dev/shm.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark stops at the first error, prints, and reads the clock"
)]

use std::time::{Duration, Instant};

use bpmn::Command;
use feel::{Context, Value};
use runtime::{Act, Clock, Options, Outcome, Request, Resource, Runtime};
use store::{Store, Synchronous};

const MODEL: &str = include_str!("../tests/models/work.bpmn");
const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` only wants to see that it starts.
    let (per_round, rounds) = if std::env::args().any(|argument| argument == "--bench") {
        (2_000, ROUNDS)
    } else {
        (20, 1)
    };
    let io = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("people  disk     completions/s   median ms   p99 ms   a batch   in the database");
    for synchronous in [Synchronous::Full, Synchronous::Normal] {
        for people in [1, 8, 32] {
            let mut rounds: Vec<Round> = (0..rounds)
                .map(|_| io.block_on(round(people, per_round, synchronous)))
                .collect();
            rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
            let middle = &rounds[rounds.len() / 2];
            println!(
                "{people:>6}  {:<7} {:>14.0} {:>11.2} {:>8.2} {:>9.1} {:>16.0}%",
                format!("{synchronous:?}"),
                middle.per_second,
                middle.median.as_secs_f64() * 1e3,
                middle.p99.as_secs_f64() * 1e3,
                middle.batch,
                middle.in_database * 100.0
            );
        }
    }
}

struct Round {
    per_second: f64,
    median: Duration,
    p99: Duration,
    /// Messages in a mean batch.
    batch: f64,
    /// The share of the round in which the writer waited for the database.
    in_database: f64,
}

/// Completes `number` tasks with `people` at once, on a new file.
async fn round(people: usize, number: usize, synchronous: Synchronous) -> Round {
    let folder =
        std::env::var_os("CASEWAY_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = folder.join(format!("caseway-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let address = format!("sqlite:{}", folder.join("caseway.db").display());
    let options = store::Options {
        synchronous,
        ..store::Options::default()
    };
    let store = Store::open_with(&address, options).await.unwrap();
    let runtime = Runtime::open(store, Clock::system(), Options::default())
        .await
        .unwrap();
    let resources = vec![Resource::new("work.bpmn", MODEL)];
    runtime
        .submit(Request::by("bench").act(Act::Deploy { resources }))
        .await
        .unwrap();
    let tasks = open_tasks(&runtime, number).await;

    let before = runtime.statistics();
    let started = Instant::now();
    let workers: Vec<_> = tasks
        .chunks(number.div_ceil(people))
        .map(|tasks| tokio::spawn(complete_all(runtime.clone(), tasks.to_vec())))
        .collect();
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await.unwrap());
    }
    let elapsed = started.elapsed().as_secs_f64();
    let after = runtime.statistics();
    runtime.stop().await;
    std::fs::remove_dir_all(&folder).unwrap();
    latencies.sort();
    Round {
        per_second: number as f64 / elapsed,
        median: latencies[latencies.len() / 2],
        p99: latencies[latencies.len() * 99 / 100],
        batch: (after.messages - before.messages) as f64 / (after.batches - before.batches) as f64,
        in_database: (after.store_us - before.store_us) as f64 / 1e6 / elapsed,
    }
}

/// Starts instances and gives their tasks as completions that wait to be submitted.
async fn open_tasks(runtime: &Runtime, number: usize) -> Vec<Act> {
    let start = || Act::Start {
        process_id: "work".into(),
        version: None,
        at: None,
        business_id: None,
        variables: [("child_age".to_owned(), Value::from(4))]
            .into_iter()
            .collect(),
        calendar: None,
    };
    let mut tasks = Vec::new();
    while tasks.len() < number {
        let acts = (0..100.min(number - tasks.len()))
            .map(|_| start())
            .collect();
        let answer = runtime
            .submit(Request {
                acts,
                ..Request::by("bench")
            })
            .await
            .unwrap();
        for outcome in answer.outcomes {
            let Outcome::Started { instance } = outcome else {
                continue;
            };
            let task = *runtime
                .instance(instance)
                .await
                .unwrap()
                .unwrap()
                .state
                .tasks()
                .keys()
                .next()
                .unwrap();
            let variables: Context = [("consent".to_owned(), Value::from("yes"))]
                .into_iter()
                .collect();
            tasks.push(Act::Command {
                instance,
                command: Command::CompleteTask {
                    task,
                    by: None,
                    variables,
                },
            });
        }
    }
    tasks
}

async fn complete_all(runtime: Runtime, tasks: Vec<Act>) -> Vec<Duration> {
    let mut latencies = Vec::with_capacity(tasks.len());
    for act in tasks {
        let started = Instant::now();
        runtime.submit(Request::by("bench").act(act)).await.unwrap();
        latencies.push(started.elapsed());
    }
    latencies
}
