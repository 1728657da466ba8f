//! The `caseway` program from outside: arguments, exit codes, and messages of one line that name the thing.

use crate::support::Folder;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// The program in a folder of its own, without the options of whoever runs the tests.
fn caseway(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caseway"));
    command
        .args(arguments)
        .current_dir(&folder.0)
        .stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CASEWAY_")) {
        command.env_remove(name);
    }
    command
}

fn write(folder: &Folder, name: &str, text: &str) {
    std::fs::write(folder.0.join(name), text).unwrap();
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The message of a failure: exit code 1 and one line.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text
}

fn with_input(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn check_reports_a_good_model_and_exits_with_0() {
    let folder = Folder::new();
    write(&folder, "visit.bpmn", MODEL);
    let output = caseway(&folder, &["check", "visit.bpmn"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    assert!(
        out(&output).contains("can be deployed: 0 errors, 0 warnings"),
        "{}",
        out(&output)
    );
    assert!(out(&output).contains("executed"), "{}", out(&output));
}

/// Two paths of which one is taken, and a gateway that waits for both.
fn unsound() -> String {
    MODEL.replace(
        "<bpmn:sequenceFlow id=\"f1\" sourceRef=\"start\" targetRef=\"end\"/>",
        r#"<bpmn:exclusiveGateway id="x" name="Urgent?" default="no"/><bpmn:parallelGateway id="j" name="Both done"/>
        <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="x"/><bpmn:sequenceFlow id="no" sourceRef="x" targetRef="j"/>
        <bpmn:sequenceFlow id="yes" sourceRef="x" targetRef="j"><bpmn:conditionExpression>=true</bpmn:conditionExpression></bpmn:sequenceFlow>
        <bpmn:sequenceFlow id="f2" sourceRef="j" targetRef="end"/>"#,
    )
}

#[test]
fn check_says_whether_a_process_is_sound_and_the_way_to_what_is_wrong() {
    let folder = Folder::new();
    write(&folder, "visit.bpmn", MODEL);
    write(&folder, "unsound.bpmn", &unsound());
    let output = caseway(&folder, &["check", "visit.bpmn", "unsound.bpmn"])
        .output()
        .unwrap();
    for text in [
        "visit.bpmn: \"Home visit\" is sound",
        "unsound.bpmn: \"Home visit\" is not sound: 1 problem",
        "\"Both done\" can wait for ever",
        "the way to it: start > f1 > x > no > j",
    ] {
        assert!(
            out(&output).contains(text),
            "{text:?} is missing in {}",
            out(&output)
        );
    }
}

#[test]
fn check_gives_the_report_as_json() {
    let folder = Folder::new();
    write(&folder, "unsound.bpmn", &unsound());
    let output = caseway(&folder, &["check", "unsound.bpmn", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let report: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["deployable"], true);
    let file = &report["files"][0];
    assert_eq!(file["name"], "unsound.bpmn");
    assert_eq!(file["soundness"][0]["result"], "notSound");
    let path = &file["soundness"][0]["findings"][0]["path"];
    assert_eq!(path, &serde_json::json!(["start", "f1", "x", "no", "j"]));
    let problems = file["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["path"] == *path));
}

#[test]
fn check_reports_every_problem_with_its_place_and_exits_with_1() {
    let folder = Folder::new();
    write(
        &folder,
        "bad.bpmn",
        &MODEL.replace("targetRef=\"end\"", "targetRef=\"gone\""),
    );
    write(&folder, "worse.bpmn", "hello");
    let output = caseway(&folder, &["check", "bad.bpmn", "worse.bpmn"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    for text in [
        "bad.bpmn:5:",
        "worse.bpmn:1:",
        "error:",
        "cannot be deployed",
    ] {
        assert!(
            out(&output).contains(text),
            "{text:?} is missing in {}",
            out(&output)
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = Folder::new();
    let message = complaint(&caseway(&folder, &["check", "gone.bpmn"]).output().unwrap());
    assert!(message.starts_with("caseway: gone.bpmn: "), "{message}");
}

#[test]
fn a_user_is_added_to_an_empty_installation_and_not_twice() {
    let folder = Folder::new();
    let add = [
        "user",
        "add",
        "amina",
        "--role",
        "administrator",
        "--display-name",
        "Amina N",
        "--password-stdin",
    ];
    let output = with_input(caseway(&folder, &add), "a long password\n");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(out(&output), "amina can sign in as administrator\n");
    assert!(folder.0.join("caseway.db").exists());

    let message = complaint(&with_input(caseway(&folder, &add), "a long password\n"));
    assert!(
        message.contains("there is a user \"amina\" already; choose another name"),
        "{message}"
    );
    let short = [
        "user",
        "add",
        "ruth",
        "--role",
        "supervisor",
        "--password-stdin",
    ];
    assert!(
        complaint(&with_input(caseway(&folder, &short), "short\n"))
            .contains("at least 10 characters")
    );
    let strange = [
        "user",
        "add",
        "Ruth N",
        "--role",
        "supervisor",
        "--password-stdin",
    ];
    assert!(
        complaint(&with_input(caseway(&folder, &strange), "a long password\n"))
            .contains("is no sign-in name")
    );
    let boss = ["user", "add", "ruth", "--role", "boss", "--password-stdin"];
    let output = with_input(caseway(&folder, &boss), "a long password\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("the roles are caseworker, supervisor")
    );
}

#[test]
fn a_flag_outweighs_the_environment_which_outweighs_the_file() {
    let folder = Folder::new();
    write(&folder, "visit.bpmn", MODEL);
    write(&folder, "caseway.toml", "database = \"sqlite:file.db\"\n");
    let deployed_into = |arguments: &[&str], environment: Option<&str>| {
        let mut command = caseway(&folder, &["deploy", "visit.bpmn"]);
        command
            .args(arguments)
            .envs(environment.map(|address| ("CASEWAY_DATABASE", address)));
        let output = command.output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            out(&output).starts_with("process visit version 1\n"),
            "{}",
            out(&output)
        );
        out(&output)
            .trim_end()
            .rsplit_once("deployed into ")
            .unwrap()
            .1
            .to_owned()
    };
    let file = ["--config", "caseway.toml"];
    assert_eq!(deployed_into(&[], None), "sqlite:caseway.db");
    assert_eq!(deployed_into(&file, None), "sqlite:file.db");
    assert_eq!(
        deployed_into(&file, Some("sqlite:environment.db")),
        "sqlite:environment.db"
    );
    let flag = [file[0], file[1], "--database", "sqlite:flag.db"];
    assert_eq!(
        deployed_into(&flag, Some("sqlite:environment.db")),
        "sqlite:flag.db"
    );
}

#[test]
fn deploy_refuses_a_bad_model_and_leaves_no_database_behind() {
    let folder = Folder::new();
    write(&folder, "bad.bpmn", "hello");
    let output = caseway(&folder, &["deploy", "bad.bpmn"]).output().unwrap();
    assert!(complaint(&output).contains("nothing was deployed"));
    assert!(out(&output).contains("bad.bpmn:1:"));
    assert!(!folder.0.join("caseway.db").exists());
}

#[test]
fn what_is_in_the_way_is_named_with_the_way_out() {
    let folder = Folder::new();
    write(&folder, "typo.toml", "\nlisen = \"127.0.0.1:1\"\n");
    let message = complaint(
        &caseway(&folder, &["serve", "--config", "typo.toml"])
            .output()
            .unwrap(),
    );
    assert!(
        message.contains("typo.toml:2: unknown option `lisen`") && message.contains("`listen`"),
        "{message}"
    );

    let message = complaint(
        &caseway(&folder, &["serve", "--config", "gone.toml"])
            .output()
            .unwrap(),
    );
    assert!(message.contains("gone.toml"), "{message}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let message = complaint(
        &caseway(&folder, &["serve", "--listen", &address])
            .output()
            .unwrap(),
    );
    assert!(
        message.contains(&format!("{address} is in use by another program")),
        "{message}"
    );
    assert!(message.contains("--listen 127.0.0.1:"), "{message}");

    write(&folder, "visit.bpmn", MODEL);
    let postgres = [
        "deploy",
        "visit.bpmn",
        "--database",
        "postgres://127.0.0.1:1/caseway",
    ];
    let message = complaint(&caseway(&folder, &postgres).output().unwrap());
    assert!(
        message.contains("the database postgres://127.0.0.1:1/caseway cannot be reached")
            && message.contains("look after the database server"),
        "{message}"
    );

    let message = complaint(
        &caseway(&folder, &["serve", "--log", "a=b=c"])
            .output()
            .unwrap(),
    );
    assert!(message.contains("--log"), "{message}");
}

#[test]
fn the_demonstration_does_not_touch_a_database_that_is_none() {
    if api::assets::Assets::load().is_err() {
        // Without them the program ends before it looks at the database; another test says so.
        return;
    }
    let folder = Folder::new();
    write(&folder, "visit.bpmn", MODEL);
    let deploy = ["deploy", "visit.bpmn", "--database", "sqlite:demo.db"];
    assert_eq!(
        caseway(&folder, &deploy).output().unwrap().status.code(),
        Some(0)
    );
    let message = complaint(
        &caseway(&folder, &["demo", "--listen", "127.0.0.1:0"])
            .output()
            .unwrap(),
    );
    assert!(
        message.contains("demo.db was not filled to the end"),
        "{message}"
    );
}

#[tokio::test]
async fn a_database_that_a_server_uses_is_named() {
    let folder = Folder::new();
    write(&folder, "visit.bpmn", MODEL);
    let address = format!("sqlite:{}", folder.0.join("caseway.db").display());
    let server = store::Store::open(&address).await.unwrap();
    let message = complaint(
        &caseway(&folder, &["deploy", "visit.bpmn"])
            .output()
            .unwrap(),
    );
    assert!(
        message.contains("caseway.db is in use by another Caseway server"),
        "{message}"
    );
    drop(server);
}

#[test]
fn help_names_every_option_with_its_environment_variable() {
    let folder = Folder::new();
    let help = out(&caseway(&folder, &["serve", "--help"]).output().unwrap());
    for name in [
        "LISTEN",
        "DATABASE",
        "DATA",
        "ZONE",
        "SESSION_HOURS",
        "IDLE_MINUTES",
        "HTTPS",
        "LOG",
        "METRICS",
        "CONFIG",
    ] {
        assert!(
            help.contains(&format!("CASEWAY_{name}")),
            "{name} is missing in {help}"
        );
    }
}
