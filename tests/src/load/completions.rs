//! People who complete tasks over the JSON API, each as soon as the one before is answered.
//!
//! The stock of tasks is made first and the program started anew, so that what the writer counts is the completions
//! alone, and no instance is remembered: somebody comes back to a case after days.

use std::fs;

use commands::clock::Stopwatch;
use commands::workspace;
use serde_json::json;

use super::Plan;
use super::account::Row;
use super::crowd::{crowd, deploy, good, measured, post, start};
use crate::program::Program;
use crate::program::http;

/// The model, and the task of it that is completed; completing it opens the next one.
const MODEL: &str = "tests/scenarios/user-task/visit.bpmn";
const TASK: &str = "arrange";
/// Connections over which the stock is made.
const MAKERS: usize = 16;
/// Tasks of one page of a search.
const PAGE: usize = 5_000;

pub(super) fn measure(plan: &Plan, database: &str) -> Result<Vec<Row>, String> {
    let tasks = stock(plan, database)?;
    let mut rows = Vec::new();
    for (&connections, tasks) in plan.connections.iter().zip(tasks.chunks(plan.completions)) {
        rows.push(complete(plan, database, connections, tasks)?);
    }
    Ok(rows)
}

/// Deploys the model and starts instances; gives the keys of the tasks that they wait at.
fn stock(plan: &Plan, database: &str) -> Result<Vec<String>, String> {
    let program = start(plan, database)?;
    let to = program.address();
    let model = workspace::root().join(MODEL);
    let text = fs::read_to_string(&model).map_err(|problem| format!("{MODEL}: {problem}"))?;
    deploy(to, "visit.bpmn", &text)?;
    let number = plan.completions * (plan.connections.len() + 1);
    let body = json!({ "processDefinitionId": "visit", "variables": { "worker": "grace" } });
    let numbers: Vec<usize> = (0..number).collect();
    crowd(to, MAKERS, &numbers, |to, _| {
        post(to, "/v2/process-instances", &body).map(|_| ())
    })?;
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
    database: &str,
    connections: usize,
    tasks: &[String],
) -> Result<Row, String> {
    let program = start(plan, database)?;
    let body = json!({ "variables": { "outcome": "done" } });
    let whole = Stopwatch::start();
    let mut row = measured("completion", &program, connections, tasks, |to, task| {
        let path = format!("/v2/user-tasks/{task}/completion");
        post(to, &path, &body).map(|_| ())
    })?;
    let whole = whole.elapsed().as_secs_f64();
    let written = stop(program)?;
    let batches = counted(&written, "batches")?;
    row.values.extend([
        ("database_%", counted(&written, "store_us")? / whole / 1e4),
        ("writer_%", counted(&written, "busy_us")? / whole / 1e4),
        ("a_commit", counted(&written, "messages")? / batches),
    ]);
    Ok(row)
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
