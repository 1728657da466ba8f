//! Runs one process again and again in memory, from its start to its end, and prints what a second of it holds:
//! `cargo run --release -p bpmn --example workload -- FILE [VARIABLES] [SECONDS]`.
//!
//! Open tasks are completed at once; timers never come due. The last line is a JSON object, for programs that compare
//! engines: instances a second and a second of processor time (Linux only; else a second of the clock), visits to elements
//! a second, and bytes of the stored state where the first instance first waits.
#![allow(clippy::disallowed_methods)] // it measures

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use bpmn::{Catalog, Command, Key, ProcessInstance, Record, Start, Status, read, start, step};
use feel::{Context, Value};
use jiff::Timestamp;
use mimalloc::MiMalloc;
use serde_json::json;

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Rounds of a measurement; the median counts.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .next()
        .ok_or("workload FILE [VARIABLES] [SECONDS]")?;
    let variables = arguments.next().unwrap_or_else(|| "{}".into());
    let variables = Value::from_json(serde_json::from_str(&variables)?);
    let variables = variables.as_context().cloned().unwrap_or_default();
    let seconds: f64 = arguments.next().map_or(Ok(4.0), |text| text.parse())?;
    let reading = read(&std::fs::read_to_string(&file)?);
    let process = reading
        .processes
        .first()
        .ok_or("the file has no process that can be executed")?;
    let catalog = Catalog::default().with_process(Key(1), 1, process.clone());

    let first = through(&catalog, &variables)?;
    let mut rates: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| round(&catalog, &variables, seconds / ROUNDS as f64))
        .collect::<Result<_, _>>()?;
    rates.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (per_s, per_cpu_s) = rates[ROUNDS / 2];
    let account = json!({
        "instances_per_s": per_s, "instances_per_cpu_s": per_cpu_s,
        "steps_per_s": per_s * first.visits as f64, "state_bytes": first.state_bytes,
    });
    writeln!(std::io::stdout(), "{account}")?;
    Ok(())
}

/// Instances a second, and a second of processor time.
fn round(
    catalog: &Catalog,
    variables: &Context,
    seconds: f64,
) -> Result<(f64, f64), Box<dyn Error>> {
    let (began, busy) = (Instant::now(), processor_time());
    let mut instances = 0_u32;
    while began.elapsed().as_secs_f64() < seconds {
        through(catalog, variables)?;
        instances += 1;
    }
    let elapsed = began.elapsed();
    let used = processor_time()
        .zip(busy)
        .map_or(elapsed, |(now, then)| now - then);
    let rate = |time: Duration| f64::from(instances) / time.as_secs_f64();
    Ok((rate(elapsed), rate(used)))
}

struct Account {
    visits: usize,
    state_bytes: usize,
}

/// One instance from start to end.
fn through(catalog: &Catalog, variables: &Context) -> Result<Account, Box<dyn Error>> {
    let begin = Start {
        key: Key::of_instance(1),
        definition: Key(1),
        at: None,
        definition_of_at: 0,
        business_id: None,
        variables: variables.clone(),
        parent: None,
        calendar: None,
    };
    let now = Timestamp::UNIX_EPOCH;
    let (mut instance, begun) = start(catalog, begin, now)?;
    let mut visits = visited(&begun.records);
    let mut state_bytes = 0;
    while instance.status() == Status::Active {
        let task = waiting(&instance).ok_or("the process waits for something that is no task")?;
        if state_bytes == 0 {
            state_bytes = serde_json::to_vec(&instance)?.len();
        }
        let done = Command::CompleteTask {
            task,
            by: None,
            variables: Context::default(),
        };
        visits += visited(&step(catalog, &mut instance, done, now)?.records);
    }
    Ok(Account {
        visits,
        state_bytes,
    })
}

fn waiting(instance: &ProcessInstance) -> Option<Key> {
    instance.tasks().keys().next().copied()
}

fn visited(records: &[Record]) -> usize {
    records
        .iter()
        .filter(|record| matches!(record, Record::ElementActivated { .. }))
        .count()
}

/// What this thread has used of a processor, where the system tells.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
