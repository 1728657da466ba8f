//! What programs ask most: instances created, jobs done, tasks found, taken and completed, messages published.

use serde_json::json;

use super::Plan;
use super::account::Row;
use super::crowd::{crowd, deploy, good, measured, post, start};
use crate::program::Program;
use crate::program::http::{self, Connection};

const MODEL: &str = include_str!("models/worked.bpmn");
/// Connections over which is made what others are measured on.
const MAKERS: usize = 16;
/// Tasks of one page of a search, when all are wanted.
const PAGE: usize = 5_000;
/// Tasks of the page that is measured.
const SHOWN: usize = 20;

/// The operations on a database, by the plan's numbers of connections. They leave ended instances, and no open ones.
pub(super) fn measure(plan: &Plan, database: &str) -> Result<Vec<Row>, String> {
    let program = start(plan, database)?;
    deploy(program.address(), "worked.bpmn", MODEL)?;
    let mut rows = Vec::new();
    for &connections in &plan.connections {
        rows.extend(at_once(&program, connections, plan.completions)?);
    }
    program.stop()?;
    Ok(rows)
}

fn at_once(program: &Program, connections: usize, number: usize) -> Result<Vec<Row>, String> {
    let to = program.address();
    let numbers: Vec<usize> = (0..number).collect();
    let mut rows = vec![measured(
        "create instance",
        program,
        connections,
        &numbers,
        |to, number| create(to, "asked", *number),
    )?];
    let page = json!({
        "filter": { "state": "CREATED", "candidateGroup": "caseworkers" }, "page": { "limit": SHOWN },
    });
    rows.push(measured(
        "find tasks",
        program,
        connections,
        &numbers[..number.div_ceil(5)],
        |to, _| post(to, "/v2/user-tasks/search", &page).map(|_| ()),
    )?);
    let tasks = open_tasks(program)?;
    if tasks.len() != number {
        let found = tasks.len();
        return Err(format!("{number} instances gave {found} tasks"));
    }
    for (what, path, body) in [
        ("assign task", "assignment", json!({ "assignee": "grace" })),
        (
            "complete task",
            "completion",
            json!({ "variables": { "answer": "yes" } }),
        ),
    ] {
        rows.push(measured(what, program, connections, &tasks, |to, task| {
            let path = format!("/v2/user-tasks/{task}/{path}");
            post(to, &path, &body).map(|_| ())
        })?);
    }
    crowd(to, MAKERS, &numbers, |to, number| {
        create(to, "called", *number)
    })?;
    rows.push(measured(
        "take and do job",
        program,
        connections,
        &numbers,
        |to, _| job(to),
    )?);
    crowd(to, MAKERS, &numbers, |to, number| {
        create(to, "told", *number)
    })?;
    rows.push(measured(
        "publish message",
        program,
        connections,
        &numbers,
        |to, number| {
            let body = json!({
                "name": "court-answered", "correlationKey": family(*number), "timeToLive": 0,
                "variables": { "answer": "yes" },
            });
            post(to, "/v2/messages/publication", &body).map(|_| ())
        },
    )?);
    none_runs(program)?;
    Ok(rows)
}

fn family(number: usize) -> String {
    format!("family-{number}")
}

fn create(to: &mut Connection, process: &str, number: usize) -> Result<(), String> {
    let body = json!({ "processDefinitionId": process, "variables": { "family": family(number) } });
    post(to, "/v2/process-instances", &body).map(|_| ())
}

/// A worker takes one job and does it.
fn job(to: &mut Connection) -> Result<(), String> {
    let ask = json!({
        "type": "school", "worker": "load", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": -1,
    });
    let taken = post(to, "/v2/jobs/activation", &ask)?.json();
    let key = taken["jobs"][0]["jobKey"].as_str();
    let key = key.ok_or("there was no job left")?;
    let path = format!("/v2/jobs/{key}/completion");
    post(to, &path, &json!({ "variables": { "told": true } })).map(|_| ())
}

fn open_tasks(program: &Program) -> Result<Vec<String>, String> {
    let mut tasks = Vec::new();
    let mut page = json!({ "limit": PAGE });
    loop {
        let body = json!({ "filter": { "state": "CREATED", "elementId": "ask" }, "page": page });
        let path = "/v2/user-tasks/search";
        let found = good(http::post(program.address(), path, &body))?.json();
        let items = found["items"].as_array().map_or(&[][..], Vec::as_slice);
        let keys = items.iter().filter_map(|item| item["userTaskKey"].as_str());
        tasks.extend(keys.map(String::from));
        if items.len() < PAGE {
            return Ok(tasks);
        }
        page = json!({ "limit": PAGE, "after": found["page"]["endCursor"] });
    }
}

/// Everything that was begun has come to its end: nothing was answered that was not done.
fn none_runs(program: &Program) -> Result<(), String> {
    let body = json!({ "filter": { "state": "ACTIVE" }, "page": { "limit": 1 } });
    let path = "/v2/process-instances/search";
    let found = good(http::post(program.address(), path, &body))?.json();
    let number = &found["page"]["totalItems"];
    if *number == json!(0) {
        return Ok(());
    }
    Err(format!("{number} instances still run"))
}
