//! What the real program keeps when it is killed, and what it says when it cannot start.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use commands::workspace;
use serde_json::{Value, json};

use super::{Program, executable, free_address, http, said, serve};
use crate::scratch::Scratch;

const CASES: usize = 40;
const WORKERS: usize = 8;
/// Acknowledged completions after which the program is killed.
const KILLED_AFTER: usize = 25;

fn deploy(to: SocketAddr, model: &str) {
    let text =
        std::fs::read_to_string(workspace::root().join("tests/scenarios").join(model)).unwrap();
    let name = model.rsplit('/').next().unwrap();
    let answer = http::deploy(to, name, &text).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn start_case(to: SocketAddr, number: usize) -> String {
    let body = json!({
        "processDefinitionId": "visit", "businessId": format!("V-{number}"), "variables": { "worker": "grace" },
    });
    let answer = http::post(to, "/v2/process-instances", &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["processInstanceKey"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The keys of the tasks in a state, and of the instances that they belong to.
fn tasks(to: SocketAddr, state: &str) -> Vec<(String, String)> {
    let body = json!({ "filter": { "state": state }, "page": { "limit": 1000 } });
    let answer = http::post(to, "/v2/user-tasks/search", &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    let items = answer.json()["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|item| (text(item, "userTaskKey"), text(item, "processInstanceKey")))
        .collect()
}

fn instances(to: SocketAddr, state: &str) -> BTreeSet<String> {
    let body = json!({ "filter": { "state": state }, "page": { "limit": 1000 } });
    let answer = http::post(to, "/v2/process-instances/search", &body).unwrap();
    let items = answer.json()["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|item| item["processInstanceKey"].as_str().unwrap().to_owned())
        .collect()
}

fn complete(to: SocketAddr, task: &str) -> std::io::Result<u16> {
    let body = json!({ "variables": { "done": task } });
    http::post(to, &format!("/v2/user-tasks/{task}/completion"), &body).map(|answer| answer.status)
}

/// Workers complete what is open until the program is gone; gives the tasks whose completion was acknowledged.
fn complete_until_killed(program: Program) -> BTreeSet<String> {
    let to = program.address();
    let acknowledged = Mutex::new(BTreeSet::new());
    let count = AtomicUsize::new(0);
    let killed = AtomicBool::new(false);
    let program = Mutex::new(Some(program));
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (acknowledged, count, killed, program) = (&acknowledged, &count, &killed, &program);
            scope.spawn(move || {
                while !killed.load(Ordering::SeqCst) {
                    let open =
                        json!({ "filter": { "state": "CREATED" }, "page": { "limit": 1000 } });
                    let Ok(answer) = http::post(to, "/v2/user-tasks/search", &open) else {
                        return;
                    };
                    let items = answer.json()["items"]
                        .as_array()
                        .cloned()
                        .unwrap_or_default();
                    let mine = items
                        .iter()
                        .skip(worker)
                        .step_by(WORKERS)
                        .filter_map(|item| item["userTaskKey"].as_str());
                    for task in mine {
                        let Ok(status) = complete(to, task) else {
                            return;
                        };
                        if status < 300 {
                            acknowledged.lock().unwrap().insert(task.to_owned());
                        }
                        if count.fetch_add(1, Ordering::SeqCst) == KILLED_AFTER {
                            killed.store(true, Ordering::SeqCst);
                            program.lock().unwrap().take().unwrap().kill().unwrap();
                        }
                    }
                    if items.is_empty() {
                        return;
                    }
                }
            });
        }
    });
    acknowledged.into_inner().unwrap()
}

#[test]
fn nothing_acknowledged_is_lost_when_the_program_is_killed() {
    let folder = Scratch::new().unwrap();
    let database = folder.path().join("caseway.db");
    let program = Program::start(&database).unwrap();
    deploy(program.address(), "user-task/visit.bpmn");
    let cases: BTreeSet<String> = (0..CASES)
        .map(|number| start_case(program.address(), number))
        .collect();
    let mut acknowledged = BTreeSet::new();
    let mut program = program;
    for _ in 0..2 {
        acknowledged.extend(complete_until_killed(program));
        program = Program::start(&database).unwrap();
        let to = program.address();
        let completed: BTreeSet<String> = tasks(to, "COMPLETED")
            .into_iter()
            .map(|(task, _)| task)
            .collect();
        let lost: Vec<_> = acknowledged.difference(&completed).collect();
        assert!(
            lost.is_empty(),
            "acknowledged, but not completed after the restart: {lost:?}"
        );
        // A case waits for exactly one person, or has ended.
        let waiting: Vec<String> = tasks(to, "CREATED")
            .into_iter()
            .map(|(_, instance)| instance)
            .collect();
        let once: BTreeSet<String> = waiting.iter().cloned().collect();
        assert_eq!(waiting.len(), once.len(), "a case has two open tasks");
        assert_eq!(once, instances(to, "ACTIVE"));
        assert_eq!(&once | &instances(to, "COMPLETED"), cases);
    }
    assert!(
        acknowledged.len() >= KILLED_AFTER,
        "only {} completions were acknowledged",
        acknowledged.len()
    );
    while let [(task, _), ..] = tasks(program.address(), "CREATED").as_slice() {
        assert!(complete(program.address(), task).unwrap() < 300);
    }
    assert_eq!(instances(program.address(), "COMPLETED"), cases);
}

#[test]
fn it_stops_in_order_when_it_is_asked_to() {
    let folder = Scratch::new().unwrap();
    let database = folder.path().join("caseway.db");
    let program = Program::start(&database).unwrap();
    deploy(program.address(), "user-task/visit.bpmn");
    let case = start_case(program.address(), 1);
    assert!(program.stop().unwrap().0.success());
    let program = Program::start(&database).unwrap();
    assert_eq!(
        instances(program.address(), "ACTIVE"),
        BTreeSet::from([case])
    );
}

#[test]
fn only_a_program_that_was_told_so_has_a_clock_that_can_be_moved() {
    let folder = Scratch::new().unwrap();
    let database = folder.path().join("caseway.db");
    let program = Program::start(&database).unwrap();
    assert_eq!(
        http::get(program.address(), "/test/clock").unwrap().status,
        404
    );
    let mut open = Command::new(executable().unwrap());
    open.args([
        "serve",
        "--listen",
        "0.0.0.0:0",
        "--test-clock",
        "2026-03-02T09:00Z",
    ]);
    let refused = open.output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("--test-clock") && said.contains("--listen 127.0.0.1"),
        "{said}"
    );
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let folder = Scratch::new().unwrap();
    let program = Program::start(&folder.path().join("one.db")).unwrap();
    let address = program.address();
    let mut second = serve(&folder.path().join("two.db"), address)
        .unwrap()
        .spawn()
        .unwrap();
    assert!(!second.wait().unwrap().success());
    let said = said(&mut second);
    assert!(
        said.contains(&address.to_string()) && said.contains("--listen"),
        "{said}"
    );
}

#[test]
fn a_database_file_that_is_in_use_is_named_with_the_way_out() {
    let folder = Scratch::new().unwrap();
    let database = folder.path().join("caseway.db");
    let program = Program::start(&database).unwrap();
    let mut second = serve(&database, free_address().unwrap())
        .unwrap()
        .spawn()
        .unwrap();
    assert!(!second.wait().unwrap().success());
    let said = said(&mut second);
    assert!(
        said.contains("caseway.db") && said.contains("--database"),
        "{said}"
    );
    // The first is not disturbed.
    deploy(program.address(), "user-task/visit.bpmn");
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = Scratch::new().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear Amara, ".repeat(1000)).unwrap();
    let before = std::fs::read(&file).unwrap();
    let mut program = serve(&file, free_address().unwrap())
        .unwrap()
        .spawn()
        .unwrap();
    assert!(!program.wait().unwrap().success());
    let said = said(&mut program);
    assert!(said.contains("letter.txt"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn check_says_what_is_wrong_with_a_model_and_fails() {
    let folder = Scratch::new().unwrap();
    let model = folder.path().join("bad.bpmn");
    std::fs::write(&model, "<!DOCTYPE x [<!ENTITY a \"b\">]><x/>").unwrap();
    let run = |file: &std::path::Path| {
        Command::new(executable().unwrap())
            .arg("check")
            .arg(file)
            .output()
            .unwrap()
    };
    let bad = run(&model);
    assert_eq!(bad.status.code(), Some(1));
    let text =
        String::from_utf8_lossy(&bad.stdout).into_owned() + &String::from_utf8_lossy(&bad.stderr);
    assert!(text.contains("bad.bpmn") && text.contains('1'), "{text}");
    let good = run(&workspace::root().join("tests/scenarios/user-task/visit.bpmn"));
    assert_eq!(
        good.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&good.stdout)
    );
}
