//! People who complete tasks over the JSON API, each as soon as the one before is answered.
//!
//! The stock of tasks is made first and the program started anew, so that what the writer counts is the completions
//! alone, and no instance is remembered: somebody comes back to a case after days.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use commands::clock::Stopwatch;
use commands::workspace;
use serde_json::{Value, json};

use super::Plan;
use super::account::{Row, Times};
use crate::program::http::{self, Answer, Connection};
use crate::program::{Program, command, free_address};

/// The model, and the task of it that is completed; completing it opens the next one.
const MODEL: &str = "tests/scenarios/user-task/visit.bpmn";
const TASK: &str = "arrange";
/// Connections over which the stock is made.
const MAKERS: usize = 16;
/// Tasks of one page of a search.
const PAGE: usize = 5_000;
/// What Linux counts processor time in: 100 a second, whatever the machine.
const TICK_US: u64 = 10_000;

pub(super) fn measure(plan: &Plan, folder: &Path) -> Result<Vec<Row>, String> {
    let database = folder.join("completions.db");
    let tasks = stock(plan, &database)?;
    let mut rows = Vec::new();
    for (&connections, tasks) in plan.connections.iter().zip(tasks.chunks(plan.completions)) {
        rows.push(complete(plan, &database, connections, tasks)?);
    }
    Ok(rows)
}

fn start(plan: &Plan, database: &Path) -> Result<Program, String> {
    let address = free_address()?;
    let mut command = command(&plan.program, "serve", database, address);
    command.args(["--insecure-no-auth", "--log", "warn,api::server=info"]);
    Program::start_with(command, address)
}

/// Deploys the model and starts instances; gives the keys of the tasks that they wait at.
fn stock(plan: &Plan, database: &Path) -> Result<Vec<String>, String> {
    let program = start(plan, database)?;
    let to = program.address();
    let model = workspace::root().join(MODEL);
    let text = fs::read_to_string(&model).map_err(|problem| format!("{MODEL}: {problem}"))?;
    good(http::deploy(to, "visit.bpmn", &text))?;
    let number = plan.completions * (plan.connections.len() + 1);
    let body = json!({ "processDefinitionId": "visit", "variables": { "worker": "grace" } });
    let starts: Vec<String> = (0..number)
        .map(|_| "/v2/process-instances".to_owned())
        .collect();
    crowd(to, MAKERS, &starts, &body)?;
    let mut tasks = Vec::with_capacity(number);
    while tasks.len() < number {
        let page = json!({ "limit": PAGE, "from": tasks.len() });
        let body = json!({ "filter": { "state": "CREATED", "elementId": TASK }, "page": page });
        let found = good(http::post(to, "/v2/user-tasks/search", &body))?.json();
        let items = found["items"].as_array().map_or(&[][..], Vec::as_slice);
        let keys = items.iter().filter_map(|item| item["userTaskKey"].as_str());
        let before = tasks.len();
        tasks.extend(keys.map(String::from));
        if tasks.len() == before {
            return Err(format!("{number} instances gave only {before} tasks"));
        }
    }
    stop(program)?;
    Ok(tasks)
}

fn complete(
    plan: &Plan,
    database: &Path,
    connections: usize,
    tasks: &[String],
) -> Result<Row, String> {
    let program = start(plan, database)?;
    let paths: Vec<String> = tasks
        .iter()
        .map(|task| format!("/v2/user-tasks/{task}/completion"))
        .collect();
    let body = json!({ "variables": { "outcome": "done" } });
    let (cpu, whole) = (cpu_us(program.id()), Stopwatch::start());
    let mut times = crowd(program.address(), connections, &paths, &body)?;
    let (cpu, whole) = (cpu_us(program.id()) - cpu, whole.elapsed().as_secs_f64());
    let written = stop(program)?;
    let number = tasks.len() as f64;
    let batches = counted(&written, "batches")?;
    let values = vec![
        ("per_second", number / whole),
        ("median_ms", times.share_ms(0.5)),
        ("p95_ms", times.share_ms(0.95)),
        ("p99_ms", times.share_ms(0.99)),
        ("database_%", counted(&written, "store_us")? / whole / 1e4),
        ("writer_%", counted(&written, "busy_us")? / whole / 1e4),
        ("a_commit", counted(&written, "messages")? / batches),
        ("cpu_us", (cpu as f64 / number).max(1.0)),
    ];
    Ok(Row {
        what: format!("completion, {connections} at once"),
        values,
    })
}

/// Posts the body to all paths, over so many connections at once.
fn crowd(
    to: SocketAddr,
    connections: usize,
    paths: &[String],
    body: &Value,
) -> Result<Times, String> {
    let share = paths.len().div_ceil(connections).max(1);
    let alone = |paths: &[String]| -> Result<Times, String> {
        let mut connection = Connection::open(to).map_err(|problem| problem.to_string())?;
        let mut times = Times::default();
        for path in paths {
            let watch = Stopwatch::start();
            let answer = connection.post(path, body);
            times.add(watch.elapsed());
            good(answer)?;
        }
        Ok(times)
    };
    thread::scope(|scope| {
        let people: Vec<_> = paths
            .chunks(share)
            .map(|paths| scope.spawn(move || alone(paths)))
            .collect();
        let mut all = Times::default();
        for person in people {
            all.join(person.join().map_err(|_| "a connection panicked")??);
        }
        Ok(all)
    })
}

pub(super) fn good(answer: io::Result<Answer>) -> Result<Answer, String> {
    let answer = answer.map_err(|problem| problem.to_string())?;
    if answer.status < 300 {
        return Ok(answer);
    }
    Err(format!("status {}: {}", answer.status, answer.body))
}

/// Stops the program; gives the line in which it tells what it has written.
fn stop(program: Program) -> Result<String, String> {
    let (status, said) = program.stop()?;
    let line = said.lines().find(|line| line.contains(" stopped "));
    line.map(str::to_owned)
        .ok_or_else(|| format!("the program ended with {status}: {said}"))
}

/// One of the counts in that line: `stopped batches=12 messages=40 ...`.
fn counted(line: &str, name: &str) -> Result<f64, String> {
    let mut counts = line
        .split_whitespace()
        .filter_map(|word| word.split_once('='));
    let found = counts.find(|(each, _)| *each == name);
    let count = found.and_then(|(_, count)| count.parse().ok());
    count.ok_or_else(|| format!("no {name} in {line:?}"))
}

/// The processor time that a process has used; 0 where the system does not tell.
fn cpu_us(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The fields after the name, which is in brackets: the 12th and 13th are time in user and in system mode.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let times = fields.split_whitespace().skip(11).take(2);
    times
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum::<u64>()
        * TICK_US
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_the_last_line_of_the_program() {
        let line = "2026-03-02T09:00:00Z  INFO api::server: stopped batches=12 store_us=3400";
        assert_eq!(counted(line, "store_us"), Ok(3400.0));
        assert!(counted(line, "busy_us").unwrap_err().contains("busy_us"));
    }
}
