//! Searches among many open tasks, each with nine elements behind it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::Plan;
use super::account::Row;
use super::crowd::{crowd, deploy, good, measured, post, start};
use crate::program::Program;
use crate::program::http::{self, Connection};

const MODEL: &str = include_str!("models/long.bpmn");
/// Connections over which the instances are made.
const MAKERS: usize = 32;
/// How many tasks a worker has, and how many are offered to a team, whatever the number of all: organisations grow by people.
const OF_WORKER: usize = 50;
const OF_TEAM: usize = 2_000;
/// Tasks of a page.
const SHOWN: usize = 50;

/// Searches at each of the plan's numbers of open tasks, which only grow.
pub(super) fn measure(plan: &Plan, database: &str) -> Result<Vec<Row>, String> {
    let program = start(plan, database)?;
    let to = program.address();
    deploy(to, "long.bpmn", MODEL)?;
    let mut there = 0;
    let mut rows = Vec::new();
    for &open in &plan.open {
        let numbers: Vec<usize> = (there..open).collect();
        crowd(to, MAKERS, &numbers, |to, number| create(to, *number))?;
        there = there.max(open);
        rows.extend(among(&program, there, plan.views)?);
    }
    program.stop()?;
    Ok(rows)
}

fn create(to: &mut Connection, number: usize) -> Result<(), String> {
    let body = json!({
        "processDefinitionId": "long", "businessId": format!("C-{number}"),
        "variables": {
            "worker": format!("worker-{}", number / OF_WORKER), "team": [format!("team-{}", number / OF_TEAM)],
        },
    });
    post(to, "/v2/process-instances", &body).map(|_| ())
}

/// The searches, each in a place that changes from one time to the next.
fn among(program: &Program, open: usize, views: usize) -> Result<Vec<Row>, String> {
    // Steps that are prime to the number of all, so that every part is asked for.
    let places: Vec<usize> = (0..views).map(|view| view * 7_919 % open).collect();
    let to = program.address();
    let first = instances(to, &places)?;
    let of_place = |ask: &(dyn Fn(usize) -> Value + Sync), what: &str, path: &str| {
        let what = format!("{what} of {open}");
        measured(&what, program, 1, &places, |to, place| {
            found(&post(to, path, &ask(*place))?.json())
        })
    };
    let tasks = "/v2/user-tasks/search";
    let page = json!({ "limit": SHOWN });
    let mut rows = vec![
        of_place(
            &|place| json!({ "filter": { "state": "CREATED", "assignee": format!("worker-{}", place / OF_WORKER) }, "page": page }),
            "tasks of a worker",
            tasks,
        )?,
        of_place(
            &|place| json!({ "filter": { "state": "CREATED", "candidateGroup": format!("team-{}", place / OF_TEAM) }, "page": page }),
            "tasks of a team",
            tasks,
        )?,
        of_place(
            &|_| json!({ "filter": { "state": "CREATED" }, "page": page }),
            "first open tasks",
            tasks,
        )?,
        of_place(
            &|place| json!({ "filter": { "businessId": format!("C-{place}") } }),
            "instance of a case",
            "/v2/process-instances/search",
        )?,
        of_place(
            &|_| {
                json!({
                    "filter": { "processDefinitionId": "long", "state": "ACTIVE" },
                    "sort": [{ "field": "processInstanceKey", "order": "DESC" }], "page": page,
                })
            },
            "last instances",
            "/v2/process-instances/search",
        )?,
    ];
    for (what, path) in [
        ("elements of a case", "/v2/element-instances/search"),
        ("variables of a case", "/v2/variables/search"),
    ] {
        let what = format!("{what} of {open}");
        rows.push(measured(&what, program, 1, &first, |to, instance| {
            let ask = json!({ "filter": { "processInstanceKey": instance } });
            found(&post(to, path, &ask)?.json())
        })?);
    }
    Ok(rows)
}

/// The keys of the instances in these places.
fn instances(to: SocketAddr, places: &[usize]) -> Result<Vec<String>, String> {
    let mut keys = Vec::new();
    for place in places {
        let ask = json!({ "filter": { "businessId": format!("C-{place}") } });
        let path = "/v2/process-instances/search";
        let found = good(http::post(to, path, &ask))?.json();
        let key = found["items"][0]["processInstanceKey"].as_str();
        keys.push(key.ok_or(format!("there is no case C-{place}"))?.to_owned());
    }
    Ok(keys)
}

/// A search that finds nothing measures nothing.
fn found(answer: &Value) -> Result<(), String> {
    match answer["items"].as_array() {
        Some(items) if !items.is_empty() => Ok(()),
        Some(_) | None => Err(format!("a search found nothing: {answer}")),
    }
}
