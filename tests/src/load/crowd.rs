//! Programs that ask at once, each as soon as the answer before has come, and what that costs the server.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::thread;

use commands::clock::Stopwatch;
use serde_json::Value;

use super::Plan;
use super::account::{Row, Times};
use crate::program::http::{self, Answer, Connection};
use crate::program::{Program, command_on, free_address};

/// What Linux counts processor time in: 100 a second, whatever the machine.
const TICK_US: u64 = 10_000;

/// Starts the program over a database, open to everybody.
pub(super) fn start(plan: &Plan, database: &str) -> Result<Program, String> {
    start_with(plan, database, &[])
}

/// The same with more options.
pub(super) fn start_with(plan: &Plan, database: &str, options: &[&str]) -> Result<Program, String> {
    let address = free_address()?;
    let mut command = command_on(&plan.program, "serve", database, address);
    command.args(["--insecure-no-auth", "--log", "warn,api::server=info"]);
    command.args(["--requests-per-second", "0"]).args(options);
    Program::start_with(command, address)
}

/// Does the work for all items, over so many connections at once.
pub(super) fn crowd<T: Sync>(
    to: SocketAddr,
    connections: usize,
    items: &[T],
    work: impl Fn(&mut Connection, &T) -> Result<(), String> + Sync,
) -> Result<Times, String> {
    let share = items.len().div_ceil(connections).max(1);
    let alone = |items: &[T]| -> Result<Times, String> {
        let mut connection = Connection::open(to).map_err(|problem| problem.to_string())?;
        let mut times = Times::default();
        for item in items {
            let watch = Stopwatch::start();
            work(&mut connection, item)?;
            times.add(watch.elapsed());
        }
        Ok(times)
    };
    thread::scope(|scope| {
        let alone = &alone;
        let people: Vec<_> = items
            .chunks(share)
            .map(|items| scope.spawn(move || alone(items)))
            .collect();
        let mut all = Times::default();
        for person in people {
            all.join(person.join().map_err(|_| "a connection panicked")??);
        }
        Ok(all)
    })
}

/// The same, measured: how many a second, how long each took, and the processor time of the program for each.
pub(super) fn measured<T: Sync>(
    what: &str,
    program: &Program,
    connections: usize,
    items: &[T],
    work: impl Fn(&mut Connection, &T) -> Result<(), String> + Sync,
) -> Result<Row, String> {
    let (cpu, whole) = (cpu_us(program.id()), Stopwatch::start());
    let mut times = crowd(program.address(), connections, items, work)?;
    let (cpu, whole) = (cpu_us(program.id()) - cpu, whole.elapsed().as_secs_f64());
    let number = items.len() as f64;
    Ok(Row {
        what: format!("{what}, {connections} at once"),
        values: vec![
            ("per_second", number / whole),
            ("median_ms", times.share_ms(0.5)),
            ("p95_ms", times.share_ms(0.95)),
            ("p99_ms", times.share_ms(0.99)),
            ("cpu_us", (cpu as f64 / number).max(1.0)),
        ],
    })
}

/// Posts JSON, and wants a good answer.
pub(super) fn post(to: &mut Connection, path: &str, body: &Value) -> Result<Answer, String> {
    good(to.post(path, body))
}

/// Deploys a model, and wants a good answer.
pub(super) fn deploy(to: SocketAddr, name: &str, text: &str) -> Result<(), String> {
    good(http::deploy(to, name, text)).map(|_| ())
}

pub(super) fn good(answer: io::Result<Answer>) -> Result<Answer, String> {
    let answer = answer.map_err(|problem| problem.to_string())?;
    if answer.status < 300 {
        return Ok(answer);
    }
    Err(format!("status {}: {}", answer.status, answer.body))
}

/// The processor time that a process has used; 0 where the system does not tell.
pub(super) fn cpu_us(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The fields after the name, which is in brackets: the 12th and 13th are time in user and in system mode.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let times = fields.split_whitespace().skip(11).take(2);
    times
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum::<u64>()
        * TICK_US
}
