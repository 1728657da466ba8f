//! What webhooks are told: how many events a second, and how long after the answer to who has made them happen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use commands::clock::Stopwatch;
use serde_json::{Value, json};

use super::Plan;
use super::account::{Row, Times};
use super::crowd::{cpu_us, crowd, deploy, good, post, start_with};
use super::receiver::Taker;
use crate::program::Program;
use crate::program::http::{self, Connection};

const MODEL: &str = include_str!("models/worked.bpmn");
/// Connections over which is made what waits.
const MAKERS: usize = 16;
/// What each new instance tells, at once.
const TYPES: [&str; 2] = ["org.caseway.instance.started", "org.caseway.task.created"];

/// Events told while they happen, by the plan's numbers of connections, and events that have waited. The tasks stay open.
pub(super) fn measure(plan: &Plan, database: &str) -> Result<Vec<Row>, String> {
    let options = ["--webhooks-over-http", "--webhooks-to-private-networks"];
    let program = start_with(plan, database, &options)?;
    deploy(program.address(), "worked.bpmn", MODEL)?;
    let watch = Arc::new(Stopwatch::start());
    let taker = Taker::start(&watch).map_err(|problem| problem.to_string())?;
    let webhook = webhook(program.address(), &taker)?;
    let instances = plan.completions.div_ceil(TYPES.len());
    // Connections to the database and to the taker are opened once, when they are needed first.
    told(&program, &taker, &watch, MAKERS, 10 * MAKERS)?;
    let mut rows = Vec::new();
    for &connections in &plan.connections {
        rows.push(told(&program, &taker, &watch, connections, instances)?);
    }
    rows.push(waited(&program, &taker, &watch, &webhook, instances)?);
    let path = format!("/v2/webhooks/{webhook}");
    good(http::request(
        program.address(),
        "DELETE",
        &path,
        "application/json",
        b"",
    ))?;
    program.stop()?;
    Ok(rows)
}

/// The id of a new webhook for the taker.
fn webhook(to: SocketAddr, taker: &Taker) -> Result<String, String> {
    let url = format!("http://{}/", taker.address());
    let asked = json!({ "name": "load", "url": url, "types": TYPES });
    let made = good(http::post(to, "/v2/webhooks", &asked))?.json();
    let id = made["webhookId"].as_str().map(str::to_owned);
    id.ok_or_else(|| format!("no webhook was made: {made}"))
}

/// Creates instances over so many connections, and waits until all is told.
fn told(
    program: &Program,
    taker: &Taker,
    watch: &Stopwatch,
    connections: usize,
    instances: usize,
) -> Result<Row, String> {
    let (cpu, began) = (cpu_us(program.id()), watch.elapsed());
    let answered = create(program.address(), connections, instances, watch)?;
    let events = taker.events(instances * TYPES.len())?;
    let cpu = cpu_us(program.id()) - cpu;
    let mut delays = Times::default();
    for (id, at) in &events {
        // An event can be there before the answer.
        delays.add(at.saturating_sub(happened(&answered, id)?));
    }
    let number = events.len() as f64;
    Ok(Row {
        what: format!("event told, {connections} at once"),
        values: vec![
            ("per_second", number / lasted(&events, began)),
            ("median_ms", delays.share_ms(0.5)),
            ("p95_ms", delays.share_ms(0.95)),
            ("p99_ms", delays.share_ms(0.99)),
            ("cpu_us", (cpu as f64 / number).max(1.0)),
        ],
    })
}

/// Lets events wait for a webhook that is paused, and goes on with it.
fn waited(
    program: &Program,
    taker: &Taker,
    watch: &Stopwatch,
    webhook: &str,
    instances: usize,
) -> Result<Row, String> {
    let to = program.address();
    let steer = |what: &str| {
        let path = format!("/v2/webhooks/{webhook}/{what}");
        good(http::post(to, &path, &Value::Null)).map(|_| ())
    };
    steer("pause")?;
    create(to, MAKERS, instances, watch)?;
    let (cpu, began) = (cpu_us(program.id()), watch.elapsed());
    steer("resumption")?;
    let events = taker.events(instances * TYPES.len())?;
    let cpu = cpu_us(program.id()) - cpu;
    let number = events.len() as f64;
    Ok(Row {
        what: "event that has waited".to_owned(),
        values: vec![
            ("per_second", number / lasted(&events, began)),
            ("cpu_us", (cpu as f64 / number).max(1.0)),
        ],
    })
}

/// Creates instances; gives when each was answered, by its key.
fn create(
    to: SocketAddr,
    connections: usize,
    instances: usize,
    watch: &Stopwatch,
) -> Result<BTreeMap<String, Duration>, String> {
    let answered = Mutex::new(BTreeMap::new());
    let numbers: Vec<usize> = (0..instances).collect();
    let one = |to: &mut Connection, _: &usize| {
        let asked = json!({ "processDefinitionId": "asked" });
        let made = post(to, "/v2/process-instances", &asked)?.json();
        let at = watch.elapsed();
        let key = made["processInstanceKey"].as_str().unwrap_or_default();
        let mut answered = answered.lock().map_err(|problem| problem.to_string())?;
        answered.insert(key.to_owned(), at);
        Ok(())
    };
    crowd(to, connections, &numbers, one)?;
    answered.into_inner().map_err(|problem| problem.to_string())
}

/// When the instance was answered of which an event tells: its key is the first part of the id.
fn happened(answered: &BTreeMap<String, Duration>, id: &str) -> Result<Duration, String> {
    let instance = id.split('-').next().unwrap_or_default();
    let at = answered.get(instance).copied();
    at.ok_or_else(|| format!("nobody has made happen what the event {id} tells"))
}

/// How many seconds from then to the last event.
fn lasted(events: &BTreeMap<String, Duration>, began: Duration) -> f64 {
    let last = events.values().max().copied().unwrap_or_default();
    last.saturating_sub(began).as_secs_f64()
}
