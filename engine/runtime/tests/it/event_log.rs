//! The event log tells what happened and nobody's name, on both databases; and a program that mines processes reads it.
//!
//! `CASEWAY_PM4PY=FOLDER/bin/python cargo test -p runtime --test it event_log` lets pm4py of that environment read it too.

use std::process::Command;

use crate::support::*;
use feel::Context;
use jiff::SignedDuration;
use runtime::event_log::{Asked, Format, Pseudonyms, Told, write};
use runtime::{Act, Clock, Options, Request, Runtime};
use serde_json::Value;
use servers::Postgres;
use store::{Store, Walk};

/// Reads what was written with pm4py, and says how many traces or objects, events and people it found.
const READER: &str = r#"
import sys, pm4py
kind, path = sys.argv[1:]
if kind == "xes":
    log = pm4py.read_xes(path)
    net = pm4py.discover_petri_net_inductive(log)
    print(log["case:concept:name"].nunique(), len(log), log["org:resource"].nunique(), log["concept:name"].nunique())
else:
    log = pm4py.read_ocel2_json(path)
    objects = log.objects["ocel:type"].value_counts()
    flat = pm4py.ocel_flattening(log, "process work")
    print(objects["process work"], len(log.events), objects["resource"], flat["ocel:activity" if "ocel:activity" in flat else "concept:name"].nunique())
"#;

/// Three cases of work: two of them done, one by somebody else; and one with a reminder, which is another process.
async fn worked(address: &str) -> Clock {
    let clock = morning();
    let store = Store::open(address).await.unwrap();
    let runtime = Runtime::open(store, clock.clone(), Options::default())
        .await
        .unwrap();
    deploy(&runtime, &["work", "reminded"]).await.unwrap();
    for worker in ["grace", "ruth", ""] {
        let act = Act::Start {
            process_id: "work".into(),
            version: None,
            at: None,
            business_id: Some("CP-2026-0001".into()),
            variables: Context::default(),
            calendar: None,
        };
        let answer = runtime.submit(Request::by("grace").act(act)).await.unwrap();
        clock.advance(SignedDuration::from_mins(10));
        runtime.wait_idle().await;
        if !worker.is_empty() {
            let task = only_task(&runtime, answer.started().unwrap()).await;
            let done = complete(&task, &[("note", "Amara is \"well\" & <safe>")]);
            runtime.submit(Request::by(worker).act(done)).await.unwrap();
        }
        clock.advance(SignedDuration::from_hours(24));
        runtime.wait_idle().await;
    }
    started(&runtime, "reminded").await;
    clock.advance(SignedDuration::from_hours(2));
    runtime.wait_idle().await;
    runtime.stop().await;
    clock
}

fn asked(format: Format) -> Asked {
    Asked {
        format,
        walk: Walk {
            process_id: Some("work".into()),
            ..Walk::default()
        },
        variables: false,
        pseudonyms: Pseudonyms::new([7; 32]),
        now: at(MORNING),
    }
}

async fn logged(address: &str, asked: &Asked) -> (Told, String) {
    let store = Store::snapshot(address).await.unwrap();
    let mut out = Vec::new();
    let told = write(&store, asked, &mut out).await.unwrap();
    store.close().await;
    (told, String::from_utf8(out).unwrap())
}

/// Both databases, with the same work in them.
async fn databases() -> [(String, Folder); 2] {
    let folder = Folder::new();
    let file = folder.address();
    let server = Postgres::shared().unwrap().schema().unwrap();
    for address in [&file, &server] {
        worked(address).await;
    }
    [(file, folder), (server, Folder::new())]
}

/// What pm4py reads: traces or instances, events, people, activities.
fn check_with_pm4py(kind: &str, text: &str, expected: &str) {
    let Some(python) = std::env::var_os("CASEWAY_PM4PY") else {
        return;
    };
    let folder = Folder::new();
    let ending = if kind == "xes" { "xes" } else { "json" };
    let file = folder.file().with_extension(ending);
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(python);
    let output = command
        .args(["-c", READER, kind])
        .arg(&file)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.lines().last(), Some(expected), "{said}{errors}");
}

/// The values of an attribute of all events, in order.
fn values<'a>(xes: &'a str, key: &str) -> Vec<&'a str> {
    let events = xes.split("<event>").skip(1);
    let head = format!("key=\"{key}\" value=\"");
    events
        .filter_map(|event| event.split_once(&head)?.1.split('"').next())
        .collect()
}

#[tokio::test]
async fn xes_tells_each_step_of_each_instance() {
    for (address, _folder) in databases().await {
        let (told, text) = logged(&address, &asked(Format::Xes)).await;
        assert_eq!((told.instances, told.events), (3, 10));
        assert_eq!(text.matches("<trace>").count(), 3);
        assert_eq!(
            values(&text, "concept:name")[..4],
            ["start", "Do the work", "Do the work", "end"]
        );
        assert_eq!(
            values(&text, "lifecycle:transition")[..4],
            ["complete", "schedule", "complete", "complete"]
        );
        assert_eq!(
            values(&text, "time:timestamp")[..3],
            [
                "2026-03-02T09:00:00.000+00:00",
                "2026-03-02T09:00:00.000+00:00",
                "2026-03-02T09:10:00.000+00:00"
            ]
        );
        assert!(text.ends_with("</log>\n"));
        check_with_pm4py("xes", &text, "3 10 2 3");
    }
}

#[tokio::test]
async fn nobody_is_named_and_nothing_is_told_that_they_wrote() {
    for (address, _folder) in databases().await {
        for format in [Format::Xes, Format::Ocel] {
            let (_, text) = logged(&address, &asked(format)).await;
            for name in ["grace", "ruth", "CP-2026-0001", "Amara"] {
                assert!(!text.contains(name), "{name} in {text}");
            }
            let everything = Asked {
                variables: true,
                ..asked(format)
            };
            let (_, text) = logged(&address, &everything).await;
            assert!(text.contains("Amara"), "{text}");
            assert!(!text.contains("grace"), "{text}");
        }
    }
}

#[tokio::test]
async fn ocel_relates_events_to_instances_cases_tasks_and_people() {
    for (address, _folder) in databases().await {
        let (told, text) = logged(&address, &asked(Format::Ocel)).await;
        assert_eq!((told.instances, told.events), (3, 10));
        let log: Value = serde_json::from_str(&text).unwrap();
        let objects = log["objects"].as_array().unwrap();
        let number = |kind: &str| objects.iter().filter(|one| one["type"] == kind).count();
        assert_eq!(
            ["process work", "case", "task", "resource"].map(number),
            [3, 1, 3, 2]
        );
        // Every relation leads to an object, and everything has a declared type.
        let ids: Vec<&Value> = objects.iter().map(|one| &one["id"]).collect();
        let events = log["events"].as_array().unwrap();
        for one in events.iter().chain(objects) {
            for relation in one["relationships"].as_array().unwrap() {
                assert!(ids.contains(&&relation["objectId"]), "{relation}");
            }
        }
        for (items, types) in [(events, "eventTypes"), (objects, "objectTypes")] {
            let types = log[types].as_array().unwrap();
            for one in items {
                assert!(
                    types.iter().any(|kind| kind["name"] == one["type"]),
                    "{one}"
                );
            }
        }
        check_with_pm4py("ocel", &text, "3 10 2 3");
    }
}

#[tokio::test]
async fn instances_are_chosen_by_when_they_started_and_told_whole() {
    for (address, _folder) in databases().await {
        let mut asked = asked(Format::Xes);
        asked.walk.started_from = Some(at("2026-03-03T00:00:00Z"));
        asked.walk.started_before = Some(at("2026-03-04T00:00:00Z"));
        let (told, text) = logged(&address, &asked).await;
        assert_eq!((told.instances, told.events), (1, 4));
        assert!(text.contains("2026-03-03T09:20:00.000+00:00"), "{text}");
        asked.walk = Walk::default();
        let (told, _) = logged(&address, &asked).await;
        // The reminder came besides.
        assert_eq!((told.instances, told.events), (4, 14));
    }
}
