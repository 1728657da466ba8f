//! A program that was built with `--features otlp` sends its spans to a collector.

use crate::support::Folder;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;

const MODEL: &str = r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="visit" name="Home visit" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

/// The first request that comes: its first line and its body.
fn collected(listener: &TcpListener) -> (String, Vec<u8>) {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_lowercase());
    }
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    reader.get_mut().write_all(answer.as_bytes()).unwrap();
    (lines.remove(0), body)
}

#[test]
fn spans_go_to_the_collector_that_the_environment_names() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("visit.bpmn"), MODEL).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let receiving = std::thread::spawn(move || collected(&listener));
    let output = Command::new(env!("CARGO_BIN_EXE_caseway"))
        .args(["deploy", "visit.bpmn", "--database", "sqlite:caseway.db"])
        .current_dir(&folder.0)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let (first, body) = receiving.join().unwrap();
    assert_eq!(first, "post /v1/traces http/1.1");
    let has = |word: &str| body.windows(word.len()).any(|part| part == word.as_bytes());
    assert!(has("caseway") && has("batch") && has("commit"), "{body:?}");
}
