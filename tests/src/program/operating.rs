//! What an operator does while the real program works: back up, verify, restore.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use commands::workspace;
use serde_json::json;
use servers::Postgres;

use super::{Program, executable, free_address, http, serve_from};
use crate::scratch::Scratch;

/// People who work at the same time.
const WORKERS: usize = 4;
/// Completions before the first backup, and between the next ones.
const COMPLETIONS: usize = 40;
const BACKUPS: usize = 3;

/// Runs a command of the program to its end.
fn caseway(arguments: &[&str]) -> Output {
    let mut command = Command::new(executable().unwrap());
    command.args(arguments).args(["--log", "warn"]);
    command.output().unwrap()
}

fn restore(file: &str, to: &str) -> Output {
    let mut command = Command::new(executable().unwrap());
    command
        .args(["restore", file, "--to", to])
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    out.into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Output of a command that succeeds.
fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

fn deploy(to: SocketAddr) {
    let file = workspace::root().join("tests/scenarios/user-task/visit.bpmn");
    let text = std::fs::read_to_string(file).unwrap();
    let answer = http::deploy(to, "visit.bpmn", &text).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Starts a case and completes its first task; gives the key of the task.
fn work(to: SocketAddr, number: usize) -> String {
    let body = json!({
        "processDefinitionId": "visit", "businessId": format!("V-{number}"), "variables": { "worker": "grace" },
    });
    let answer = http::post(to, "/v2/process-instances", &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let instance = answer.json()["processInstanceKey"].clone();
    let body = json!({ "filter": { "state": "CREATED", "processInstanceKey": instance } });
    let found = http::post(to, "/v2/user-tasks/search", &body)
        .unwrap()
        .json();
    let task = found["items"][0]["userTaskKey"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = http::post(to, &format!("/v2/user-tasks/{task}/completion"), &json!({})).unwrap();
    assert!(answer.status < 300, "{}", answer.body);
    task
}

fn completed(to: SocketAddr) -> BTreeSet<String> {
    let body = json!({ "filter": { "state": "COMPLETED" }, "page": { "limit": 10_000 } });
    let found = http::post(to, "/v2/user-tasks/search", &body)
        .unwrap()
        .json();
    let items = found["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|item| item["userTaskKey"].as_str().unwrap().to_owned())
        .collect()
}

/// Backs up and verifies while people work; gives, for each file, what was acknowledged before it was begun.
fn back_up_under_load(
    to: SocketAddr,
    database: &str,
    folder: &Path,
) -> Vec<(String, BTreeSet<String>)> {
    let acknowledged = Mutex::new(BTreeSet::new());
    let (number, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut backups = Vec::new();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let task = work(to, number.fetch_add(1, Ordering::SeqCst));
                    acknowledged.lock().unwrap().insert(task);
                }
            });
        }
        for backup in 1..=BACKUPS {
            while acknowledged.lock().unwrap().len() < backup * COMPLETIONS {
                thread::sleep(Duration::from_millis(20));
            }
            let before = acknowledged.lock().unwrap().clone();
            let file = folder
                .join(format!("{backup}.backup"))
                .display()
                .to_string();
            done(caseway(&["backup", &file, "--database", database]));
            let text = done(caseway(&["verify", "--database", database]));
            assert!(text.contains("everything fits"), "{text}");
            backups.push((file, before));
        }
        stop.store(true, Ordering::SeqCst);
    });
    backups
}

/// A backup restores into an empty database, which then serves all that was acknowledged before; never into another.
fn check_restored(file: &str, to: &str, acknowledged: &BTreeSet<String>) {
    let text = done(restore(file, to));
    assert!(text.contains("were verified"), "{text}");
    let text = done(caseway(&["verify", "--database", to]));
    assert!(text.contains("everything fits"), "{text}");
    let again = restore(file, to);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("is not empty"), "{}", said(&again));
    let address = free_address().unwrap();
    let program = Program::start_with(serve_from(to, address).unwrap(), address).unwrap();
    let there = completed(program.address());
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(
        lost.is_empty(),
        "acknowledged before the backup, and not in it: {lost:?}"
    );
    work(program.address(), 1_000_000);
}

fn check(database: &str) {
    let folder = Scratch::new().unwrap();
    let address = free_address().unwrap();
    let program = Program::start_with(serve_from(database, address).unwrap(), address).unwrap();
    deploy(program.address());
    let backups = back_up_under_load(program.address(), database, folder.path());
    drop(program);
    let (first, before) = &backups[0];
    let exists = caseway(&["backup", first, "--database", database]);
    assert_eq!(exists.status.code(), Some(1));
    assert!(said(&exists).contains("say --replace"), "{}", said(&exists));
    done(caseway(&[
        "verify",
        "--database",
        &format!("sqlite:{first}"),
    ]));
    let file = folder.path().join("restored.db").display().to_string();
    check_restored(first, &format!("sqlite:{file}"), before);
    let (last, before) = &backups[BACKUPS - 1];
    let server = Postgres::shared().unwrap().database().unwrap();
    check_restored(last, &server, before);
    done(caseway(&[
        "backup",
        first,
        "--replace",
        "--database",
        database,
    ]));
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("partial") || name.contains("restoring"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_backup_under_load_holds_what_was_acknowledged_before_on_sqlite() {
    let folder = Scratch::new().unwrap();
    let file = folder.path().join("caseway.db").display().to_string();
    check(&format!("sqlite:{file}"));
}

#[test]
fn a_backup_under_load_holds_what_was_acknowledged_before_on_postgresql() {
    check(&Postgres::shared().unwrap().database().unwrap());
}

#[test]
fn metrics_are_served_on_an_address_of_their_own() {
    let folder = Scratch::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("caseway.db").display());
    let (address, metrics) = (free_address().unwrap(), free_address().unwrap());
    let mut command = serve_from(&database, address).unwrap();
    command.args(["--metrics", &metrics.to_string()]);
    let program = Program::start_with(command, address).unwrap();
    deploy(program.address());
    work(program.address(), 1);
    let told = http::get(metrics, "/metrics").unwrap();
    assert_eq!(told.status, 200);
    let line = "caseway_active_instances{process=\"visit\"} 1.0";
    assert!(told.body.contains(line), "{}", told.body);
    assert_ne!(http::get(address, "/metrics").unwrap().status, 200);
}

#[test]
fn an_export_beside_a_working_server_is_noted_and_made_once() {
    let folder = Scratch::new().unwrap();
    let file = folder.path().join("caseway.db");
    let program = Program::start(&file).unwrap();
    deploy(program.address());
    work(program.address(), 1);
    let database = format!("sqlite:{}", file.display());
    let log = folder.path().join("log.xes").display().to_string();
    let export = ["export", &log, "--format", "xes", "--database", &database];
    let text = done(caseway(&export));
    assert!(text.contains("events of 1 instances"), "{text}");
    let log_text = std::fs::read_to_string(&log).unwrap();
    assert!(
        log_text.contains("</log>") && !log_text.contains("grace"),
        "{log_text}"
    );
    let again = caseway(&export);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("log.xes"), "{}", said(&again));
    let secret = [
        "export",
        "x",
        "--format",
        "ocel",
        "--variables",
        "--database",
        &database,
    ];
    let refused = caseway(&secret);
    assert!(said(&refused).contains("--reason"), "{}", said(&refused));
    // The server writes on, and finds the line.
    work(program.address(), 2);
    program.stop().unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let lines = tokio.block_on(async {
        let store = store::Store::open(&database).await.unwrap();
        let query = store::AuditQuery {
            subject: Some("event-log".into()),
            ..store::AuditQuery::default()
        };
        store.audit(&query).await.unwrap()
    });
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(line.detail.as_deref(), Some("xes, all processes"));
}

#[test]
fn verify_names_what_was_tampered_with_and_exits_with_1() {
    let folder = Scratch::new().unwrap();
    let file = folder.path().join("caseway.db");
    let program = Program::start(&file).unwrap();
    deploy(program.address());
    work(program.address(), 1);
    let database = format!("sqlite:{}", file.display());
    done(caseway(&["verify", "--database", &database]));
    program.stop().unwrap();
    // A byte somewhere in a history row, as somebody with a hexadecimal editor would change it: in the name of the command, in
    // the length of what is packed after it, and within that.
    let command = b"completeTask\x01";
    let bytes = std::fs::read(&file).unwrap();
    let rows = bytes.windows(command.len()).enumerate();
    let places: Vec<usize> = rows
        .filter(|(_, bytes)| bytes == command)
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty());
    for offset in [0, command.len(), command.len() + 40] {
        let mut changed = bytes.clone();
        for place in &places {
            changed[place + offset] ^= 1;
        }
        std::fs::write(&file, changed).unwrap();
        let output = caseway(&["verify", "--database", &database]);
        assert_eq!(output.status.code(), Some(1));
        let text = said(&output);
        assert!(
            text.contains("command 2: was changed after it was written"),
            "{offset}: {text}"
        );
    }
    let output = caseway(&["verify", "--database", "sqlite:nowhere.db"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("there is no database file nowhere.db"));
}
