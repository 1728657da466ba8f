//! Messages correlated per second with 10,000 instances that wait, beside completions of user tasks by as many: the same
//! step, but for finding who waits. Run with `cargo bench -p runtime --bench messages`; set `CASEWAY_BENCH_FOLDER` to
//! measure another disk, such as /dev/shm.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark stops at the first error, prints, and reads the clock"
)]

use std::time::Instant;

use bpmn::{Command, Key};
use feel::{Context, Value};
use runtime::{Act, Clock, Options, Outcome, Request, Resource, Runtime};
use store::Store;

const MODEL: &str = include_str!("../tests/models/answered.bpmn");
const CALLERS: usize = 32;
const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` only wants to see that it starts.
    let (waiting, rounds) = if std::env::args().any(|argument| argument == "--bench") {
        (10_000, ROUNDS)
    } else {
        (64, 1)
    };
    let io = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("waiting   messages/s   completions/s   ratio   messages a batch   in the database");
    for _ in 0..rounds {
        let messages = io.block_on(round(waiting, "answered"));
        let completions = io.block_on(round(waiting, "done"));
        println!(
            "{waiting:>7} {:>12.0} {:>15.0} {:>7.2} {:>18.1} {:>16.0}%",
            messages.per_second,
            completions.per_second,
            messages.per_second / completions.per_second,
            messages.batch,
            messages.in_database * 100.0
        );
    }
}

struct Round {
    per_second: f64,
    /// Messages in a mean batch of the writer.
    batch: f64,
    /// The share of the round in which the writer waited for the database.
    in_database: f64,
}

/// Lets `number` instances of a process go on, on a new file.
async fn round(number: usize, process_id: &str) -> Round {
    let folder =
        std::env::var_os("CASEWAY_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = folder.join(format!("caseway-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let address = format!("sqlite:{}", folder.join("caseway.db").display());
    let store = Store::open(&address).await.unwrap();
    let runtime = Runtime::open(store, Clock::system(), Options::default())
        .await
        .unwrap();
    let resources = vec![Resource::new("answered.bpmn", MODEL)];
    let deploy = Request::by("bench").act(Act::Deploy { resources });
    runtime.submit(deploy).await.unwrap();
    let instances = start(&runtime, process_id, number).await;
    let acts = match process_id {
        "answered" => (0..number).map(reply).collect(),
        _ => completions(&runtime, &instances).await,
    };

    let before = runtime.statistics();
    let started = Instant::now();
    let callers: Vec<_> = acts
        .chunks(number.div_ceil(CALLERS))
        .map(|acts| tokio::spawn(submit_all(runtime.clone(), acts.to_vec())))
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let elapsed = started.elapsed().as_secs_f64();
    let after = runtime.statistics();
    runtime.stop().await;
    std::fs::remove_dir_all(&folder).unwrap();
    Round {
        per_second: number as f64 / elapsed,
        batch: (after.messages - before.messages) as f64 / (after.batches - before.batches) as f64,
        in_database: (after.store_us - before.store_us) as f64 / 1e6 / elapsed,
    }
}

fn family(number: usize) -> String {
    format!("F-{number}")
}

fn reply(number: usize) -> Act {
    Act::CorrelateMessage {
        name: "reply".into(),
        correlation: family(number),
        variables: Context::default(),
    }
}

async fn start(runtime: &Runtime, process_id: &str, number: usize) -> Vec<Key> {
    let mut instances = Vec::with_capacity(number);
    while instances.len() < number {
        let from = instances.len();
        let mut request = Request::by("bench");
        for place in from..number.min(from + 200) {
            let variables = [("family".to_owned(), Value::from(family(place)))];
            request = request.act(Act::Start {
                process_id: process_id.into(),
                version: None,
                at: None,
                business_id: None,
                variables: variables.into_iter().collect(),
                calendar: None,
            });
        }
        let answer = runtime.submit(request).await.unwrap();
        let started = answer.outcomes.into_iter().filter_map(|outcome| {
            if let Outcome::Started { instance } = outcome {
                Some(instance)
            } else {
                None
            }
        });
        instances.extend(started);
    }
    instances
}

async fn completions(runtime: &Runtime, instances: &[Key]) -> Vec<Act> {
    let mut acts = Vec::with_capacity(instances.len());
    for instance in instances {
        let view = runtime.instance(*instance).await.unwrap().unwrap();
        let task = *view.state.tasks().keys().next().unwrap();
        acts.push(Act::Command {
            instance: *instance,
            command: Command::CompleteTask {
                task,
                by: None,
                variables: Context::default(),
            },
        });
    }
    acts
}

async fn submit_all(runtime: Runtime, acts: Vec<Act>) {
    for act in acts {
        runtime.submit(Request::by("bench").act(act)).await.unwrap();
    }
}
