//! How long it takes until a changed calendar has counted all live clocks anew, and what people notice meanwhile.
//!
//! `cargo bench -p runtime --bench recompute -- [CLOCKS] [ADDRESS]`: 100,000 clocks on a new SQLite file unless told otherwise; an
//! address such as `postgres://...` must be of an empty database. Five clocks lie in one instance: a task in working days and four timers
//! around it. The last line extrapolates to 1.5 million, in proportion: each transaction counts the same number of instances anew.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark stops at the first error, prints, and reads the clock"
)]

use std::time::{Duration, Instant};

use bpmn::Command;
use runtime::{Act, Clock, Options, Outcome, Request, Resource, Runtime};
use store::{Store, TaskQuery};

const CLOCKS_EACH: usize = 5;

/// A task with a deadline, and four timers around it, all in working days.
fn model() -> String {
    let boundary = |number: usize| {
        format!(
            r#"<boundaryEvent id="b{number}" attachedToRef="see" cancelActivity="false" caseway:workingDays="{}"><timerEventDefinition><timeDuration>P90D</timeDuration></timerEventDefinition></boundaryEvent><endEvent id="t{number}"/><sequenceFlow id="g{number}" sourceRef="b{number}" targetRef="t{number}"/>"#,
            45 + number
        )
    };
    let boundaries: String = (1..CLOCKS_EACH).map(boundary).collect();
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:caseway="https://caseway.org/schema/1.0" targetNamespace="t"><process id="clocks" isExecutable="true" caseway:calendar="office"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="see"/><userTask id="see" name="See the child" caseway:workingDays="45" caseway:source="statute"/><sequenceFlow id="h" sourceRef="see" targetRef="e"/><endEvent id="e"/>{boundaries}</process></definitions>"#
    )
}

/// A calendar of this year and the two after it, with or without a holiday in ten days' time.
fn calendar(late: bool) -> Resource {
    let today = jiff::Zoned::now().date();
    let soon = (10..20)
        .map(|days| today + jiff::ToSpan::days(days))
        .find(|day| day.weekday().to_monday_zero_offset() < 5)
        .unwrap();
    let holidays = if late {
        format!(r#"{{"date": "{soon}", "name": "Declared late"}}"#)
    } else {
        String::new()
    };
    let (from, to) = (today.year(), today.year() + 2);
    Resource::new(
        "office.calendar",
        format!(
            r#"{{"id": "office", "name": "Office", "zone": "Europe/London", "weekend": ["saturday", "sunday"],
            "office_hours": {{"from": "09:00", "to": "17:00"}}, "source": "invented",
            "years": {{"from": {from}, "to": {to}}}, "holidays": [{holidays}]}}"#
        ),
    )
}

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let measured = std::env::args().any(|argument| argument == "--bench");
    let clocks = arguments
        .first()
        .map_or(if measured { 100_000 } else { 500 }, |n| n.parse().unwrap());
    let io = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    io.block_on(measure(clocks, arguments.get(1).cloned()));
}

async fn measure(clocks: usize, address: Option<String>) {
    let folder =
        std::env::var_os("CASEWAY_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = folder.join(format!("caseway-recompute-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!("sqlite:{}", folder.join("caseway.db").display());
    let address = address.unwrap_or(file);
    let store = Store::open(&address).await.unwrap();
    let runtime = Runtime::open(store.clone(), Clock::system(), Options::default())
        .await
        .unwrap();
    let resources = vec![calendar(false), Resource::new("clocks.bpmn", model())];
    let deploy = Request::by("bench").act(Act::Deploy { resources });
    runtime.submit(deploy).await.unwrap();
    let started = Instant::now();
    let task = start(&runtime, clocks / CLOCKS_EACH).await;
    let live = store.open_deadlines().await.unwrap();
    println!(
        "{live} live clocks, started in {:.0} s",
        started.elapsed().as_secs_f64()
    );

    let resources = vec![calendar(true)];
    let deploy = Request::by("bench").act(Act::Deploy { resources });
    runtime.submit(deploy).await.unwrap();
    let started = Instant::now();
    let (mut inbox, mut commands) = (Vec::new(), Vec::new());
    loop {
        let asked = Instant::now();
        runtime
            .tasks(&TaskQuery {
                limit: 25,
                ..TaskQuery::default()
            })
            .await
            .unwrap();
        inbox.push(asked.elapsed());
        let asked = Instant::now();
        let command = Command::UnassignTask { task };
        runtime
            .submit(Request::by("bench").command(task.instance(), command))
            .await
            .unwrap();
        commands.push(asked.elapsed());
        let waiting = store.next_outbox().await.unwrap();
        // What a second look at a shared database finds comes later.
        if waiting.is_none_or(|at| at > runtime.now() + jiff::SignedDuration::from_secs(90)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let elapsed = started.elapsed().as_secs_f64();
    let per_second = live as f64 / elapsed;
    println!("counted anew in {elapsed:.1} s: {per_second:.0} clocks a second");
    println!(
        "meanwhile  the first page of the inbox {}",
        shown(&mut inbox)
    );
    println!(
        "           a command to a task         {}",
        shown(&mut commands)
    );
    println!(
        "1.5 million clocks would take {:.1} minutes",
        1.5e6 / per_second / 60.0
    );
    runtime.stop().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

fn shown(latencies: &mut [Duration]) -> String {
    latencies.sort();
    let at = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_secs_f64() * 1e3;
    format!(
        "median {:.1} ms, p95 {:.1} ms, longest {:.1} ms",
        at(50),
        at(95),
        at(100)
    )
}

/// Starts instances; gives the task of one of them.
async fn start(runtime: &Runtime, number: usize) -> bpmn::Key {
    let (mut left, mut last) = (number, None);
    while left > 0 {
        let acts = (0..left.min(200)).map(|_| Act::Start {
            process_id: "clocks".into(),
            version: None,
            at: None,
            business_id: None,
            variables: feel::Context::default(),
            calendar: None,
        });
        let acts: Vec<Act> = acts.collect();
        left -= acts.len();
        let request = Request {
            acts,
            ..Request::by("bench")
        };
        for outcome in runtime.submit(request).await.unwrap().outcomes {
            if let Outcome::Started { instance } = outcome {
                last = Some(instance);
            }
        }
    }
    let instance = runtime.instance(last.unwrap()).await.unwrap().unwrap();
    *instance.state.tasks().keys().next().unwrap()
}
