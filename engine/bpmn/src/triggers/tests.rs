//! Events with several triggers, links, and definitions that stand beside the processes.

use serde_json::json;

use crate::testing::{Run, check_problems, check_problems_of, flows, message, process};
use crate::{EntryAwaits, Key, entries, read};

const BOTH: &str =
    r#"<messageEventDefinition messageRef="M"/><signalEventDefinition signalRef="S"/>"#;

fn text(body: &str) -> String {
    let roots = format!(
        r#"{}<signal id="S" name="storm"/><timerEventDefinition id="T"><timeDuration>PT1H</timeDuration></timerEventDefinition>"#,
        message("M", "reply", "id")
    );
    process(body).replace("<process", &format!("{roots}<process"))
}

fn catching(all: bool) -> String {
    text(&format!(
        r#"<startEvent id="s"/><intermediateCatchEvent id="C" parallelMultiple="{all}">{BOTH}</intermediateCatchEvent><endEvent id="e"/>{}"#,
        flows("s>C>e")
    ))
}

#[test]
fn a_multiple_event_happens_with_the_first_and_a_parallel_one_with_the_last_of_its_triggers() {
    let mut run = Run::with(&[&catching(false)], json!({"id": 1}));
    assert_eq!(run.awaits(), ["C reply 1", "C storm"]);
    run.broadcast("storm", json!({}));
    assert!(run.ended());
    let mut run = Run::with(&[&catching(true)], json!({"id": 1}));
    run.broadcast("storm", json!({"wind": 9}));
    run.broadcast("storm", json!({}));
    assert!(!run.ended());
    run.publish("reply", "1", json!({}));
    assert_eq!(run.variable("wind"), json!(9));
    assert!(run.ended());
}

fn beside(all: bool, interrupting: bool) -> String {
    text(&format!(
        r#"<startEvent id="s"/><userTask id="A"/><boundaryEvent id="C" attachedToRef="A" cancelActivity="{interrupting}" parallelMultiple="{all}">{BOTH}</boundaryEvent>
        <userTask id="B"/>{}"#,
        flows("s>A C>B")
    ))
}

#[test]
fn a_parallel_multiple_boundary_event_begins_anew_when_all_have_happened() {
    let mut run = Run::with(&[&beside(true, false)], json!({"id": 1}));
    for tasks in [1, 2] {
        run.publish("reply", "1", json!({}));
        run.publish("reply", "1", json!({}));
        assert_eq!(run.tasks().len(), tasks);
        run.broadcast("storm", json!({}));
        assert_eq!(run.tasks().len(), tasks + 1);
    }
    let mut run = Run::with(&[&beside(false, true)], json!({"id": 1}));
    run.broadcast("storm", json!({}));
    assert_eq!(run.tasks(), ["B"]);
    assert!(run.awaits().is_empty());
}

fn starting(all: bool) -> String {
    text(&format!(
        r#"<startEvent id="s" parallelMultiple="{all}">{BOTH}</startEvent><userTask id="A"/>{}"#,
        flows("s>A")
    ))
}

#[test]
fn each_trigger_of_a_multiple_start_event_is_an_entry() {
    let reading = read(&starting(false));
    let catalog = crate::Catalog::default().with_process(Key(1), 1, reading.processes[0].clone());
    let (found, _) = entries(
        &catalog,
        Key(1),
        "2026-03-02T06:00:00Z".parse().expect("a moment"),
    );
    let signal = |entry: &crate::Entry| matches!(entry.awaits, EntryAwaits::Signal { .. });
    assert_eq!(
        (found.len(), found[1].definition, signal(&found[1])),
        (2, 1, true)
    );
    let run = Run::begun(&starting(false), "s", 1, json!({}));
    assert_eq!(run.tasks(), ["A"]);
}

#[test]
fn a_parallel_multiple_start_event_awaits_the_rest_in_the_instance() {
    let mut run = Run::begun(&starting(true), "s", 0, json!({"id": 3}));
    assert_eq!(run.awaits(), ["s storm"]);
    assert!(run.tasks().is_empty());
    run.broadcast("storm", json!({}));
    assert_eq!(run.tasks(), ["A"]);
    let mut run = Run::begun(&starting(true), "s", 1, json!({"id": 3}));
    assert_eq!(run.awaits(), ["s reply 3"]);
    run.publish("reply", "3", json!({}));
    assert_eq!(run.tasks(), ["A"]);
}

#[test]
fn definitions_beside_the_processes_are_used_by_reference() {
    let body = r#"<startEvent id="s"/><intermediateCatchEvent id="C"><eventDefinitionRef>T</eventDefinitionRef></intermediateCatchEvent>"#;
    let model = text(&format!("{body}{}", flows("s>C")));
    let reading = read(&model);
    let kinds: Vec<&str> = reading
        .report
        .elements
        .iter()
        .map(|e| e.kind.as_str())
        .collect();
    assert!(
        kinds.contains(&"intermediate timer catch event"),
        "{kinds:?}"
    );
    let mut run = Run::with(&[&model], json!({}));
    assert_eq!(run.timers(), ["C 2026-03-02T07:00:00Z"]);
    run.fire("C");
    assert!(run.ended());
    check_problems_of(
        &model.replace(">T<", ">X<"),
        &["error: \"C\" refers to the event definition \"X\", which does not exist"],
    );
}

#[test]
fn a_link_goes_on_at_its_other_end() {
    let run = Run::of(&format!(
        r#"<startEvent id="s"/><parallelGateway id="f"/><intermediateThrowEvent id="t1"><linkEventDefinition name="Close"/></intermediateThrowEvent>
        <task id="A"/><intermediateThrowEvent id="t2"><linkEventDefinition name="Close"/></intermediateThrowEvent>
        <intermediateCatchEvent id="c"><linkEventDefinition name="Close"/></intermediateCatchEvent><endEvent id="e"/>{}"#,
        flows("s>f>t1 f>A>t2 c>e")
    ));
    assert_eq!(run.passed(), "s f t1 A c t2 e c e");
    assert!(run.ended());
}

/// A link to the join is a way to it.
#[test]
fn an_inclusive_join_waits_for_what_comes_over_a_link() {
    let mut run = Run::of(&format!(
        r#"<startEvent id="s"/><inclusiveGateway id="g"/><userTask id="A"/><userTask id="B"/><intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>
        <intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent><inclusiveGateway id="j"/><userTask id="Z"/>{}"#,
        flows("s>g>A>j g>B>t c>j>Z")
    ));
    run.complete("A", json!({}));
    assert_eq!(run.tasks(), ["B"]);
    run.complete("B", json!({}));
    assert_eq!(run.tasks(), ["Z"]);
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let link = |tag: &str, id: &str, name: &str| {
        format!(r#"<{tag} id="{id}"><linkEventDefinition name="{name}"/></{tag}>"#)
    };
    let throw = |name: &str| link("intermediateThrowEvent", "t", name);
    let catch = |id: &str| link("intermediateCatchEvent", id, "L");
    let check = |events: String, chains: &str, expected: &[&str]| {
        check_problems(
            &format!(r#"<startEvent id="s"/>{events}{}"#, flows(chains)),
            expected,
        );
    };
    check(
        throw("M"),
        "s>t",
        &["error: Nothing catches the link \"M\" of \"t\""],
    );
    check(throw(""), "s>t", &["error: \"t\" is a link without name"]);
    check(
        format!("{}{}{}", throw("L"), catch("c"), catch("d")),
        "s>t",
        &[
            "error: Two events catch the link \"L\"",
            "warning: \"d\" is never reached",
        ],
    );
    check(
        format!(r#"{}{}<task id="A"/>"#, throw("L"), catch("c")),
        "s>t>A s>c",
        &[
            "error: A flow leads out of \"t\", which is a link",
            "error: A flow leads into \"c\", which is a link",
        ],
    );
}

#[test]
fn what_cannot_be_one_of_several_is_found() {
    let event = |attributes: &str, definitions: &str| {
        format!(
            r#"<startEvent id="s"/><task id="A"/><boundaryEvent id="B" attachedToRef="A" {attributes}>{definitions}</boundaryEvent>{}"#,
            flows("s>A")
        )
    };
    let timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
    check_problems(
        &event(
            r#"parallelMultiple="true""#,
            &format!("<errorEventDefinition/>{timer}"),
        ),
        &["error: \"B\" waits for an error and for something else"],
    );
    check_problems(
        &event("", &format!("<terminateEventDefinition/>{timer}")),
        &["error: \"B\" (multiple boundary event) is not allowed by BPMN in this place"],
    );
}
