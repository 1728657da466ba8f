//! Time to read and check a model, soundness included. Run with `cargo bench -p bpmn --bench check`.

use bpmn::{SoundnessResult, read};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

fn document(body: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0"><process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>{body}</process></definitions>"#
    )
}

fn flows(chain: &str) -> String {
    let nodes: Vec<&str> = chain.split('>').collect();
    let pairs = nodes.windows(2);
    pairs
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            format!(r#"<sequenceFlow id="{from}-{to}" sourceRef="{from}" targetRef="{to}"/>"#)
        })
        .collect()
}

fn flow_if(from: &str, to: &str) -> String {
    format!(
        r#"<sequenceFlow id="{from}-{to}" sourceRef="{from}" targetRef="{to}"><conditionExpression>=a</conditionExpression></sequenceFlow>"#
    )
}

fn node(kind: &str, id: &str) -> String {
    format!(r#"<{kind} id="{id}"/>"#)
}

#[track_caller]
fn assert_result(xml: &str, expected: fn(&SoundnessResult) -> bool) {
    let report = read(xml).report;
    assert!(report.is_deployable(), "{:?}", report.problems);
    let result = &report.soundness[0].result;
    assert!(expected(result), "{result:?}");
}

/// Ten parallel paths of twenty elements each, joined by a gateway of this kind.
fn ten_paths(join: &str) -> String {
    let mut body = node("parallelGateway", "f") + &node(join, "j") + &node("task", "Z");
    body += &flows("s>f");
    body += &flows("j>Z>e");
    for path in 0..10 {
        let mut chain = "f".to_owned();
        for at in 0..20 {
            let id = format!("T{path}_{at}");
            body += &node("task", &id);
            chain += &format!(">{id}");
        }
        body += &flows(&format!("{chain}>j"));
    }
    document(&body)
}

/// Two hundred elements in blocks that fit: choices in parallel paths in loops.
fn blocks() -> String {
    let mut body = String::new();
    let mut last = "s".to_owned();
    for n in 0..18 {
        let id = |what: &str| format!("{what}{n}");
        for (kind, what) in [
            ("exclusiveGateway", "m"),
            ("parallelGateway", "f"),
            ("inclusiveGateway", "i"),
            ("inclusiveGateway", "o"),
            ("parallelGateway", "j"),
            ("exclusiveGateway", "x"),
        ] {
            body += &node(kind, &id(what));
        }
        for what in ["A", "B", "C", "D", "E"] {
            body += &node("task", &id(what));
        }
        body += &flows(&format!("{last}>m{n}>A{n}>f{n}>i{n}"));
        body += &flows(&format!("f{n}>B{n}>j{n}"));
        body += &flow_if(&id("i"), &id("C"));
        body += &flow_if(&id("i"), &id("D"));
        body += &flows(&format!("C{n}>o{n}>j{n}>x{n}"));
        body += &flows(&format!("D{n}>o{n}"));
        body += &flow_if(&id("x"), &id("m"));
        body += &flow_if(&id("x"), &id("E"));
        last = id("E");
    }
    body += &flows(&format!("{last}>e"));
    document(&body)
}

/// Forty parallel paths that may each end everything, beside what they do: too many markings.
fn too_large() -> String {
    let mut body = node("parallelGateway", "f") + &node("parallelGateway", "j");
    body += r#"<endEvent id="t"><terminateEventDefinition/></endEvent>"#;
    body += &flows("s>f");
    body += &flows("j>e");
    for n in 0..40 {
        body += &node("task", &format!("A{n}"));
        body += &node("exclusiveGateway", &format!("x{n}"));
        body += &format!(
            r#"<boundaryEvent id="T{n}" attachedToRef="A{n}" cancelActivity="false"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"#
        );
        body += &flows(&format!("f>A{n}>j"));
        body += &flows(&format!("T{n}>x{n}"));
        body += &flow_if(&format!("x{n}"), "e");
        body += &flow_if(&format!("x{n}"), "t");
    }
    document(&body)
}

#[divan::bench]
fn two_hundred_elements_in_blocks(bencher: Bencher<'_, '_>) {
    let xml = blocks();
    assert_result(&xml, |result| *result == SoundnessResult::Sound);
    bencher.bench(|| read(&xml));
}

#[divan::bench]
fn two_hundred_elements_in_parallel(bencher: Bencher<'_, '_>) {
    let xml = ten_paths("parallelGateway");
    assert_result(&xml, |result| *result == SoundnessResult::Sound);
    bencher.bench(|| read(&xml));
}

/// The whole graph is played as far as the limits allow, before the answer of the reduced one is given.
#[divan::bench]
fn two_hundred_elements_in_parallel_that_are_not_joined(bencher: Bencher<'_, '_>) {
    let xml = ten_paths("exclusiveGateway");
    assert_result(&xml, |result| *result == SoundnessResult::NotSound);
    bencher.bench(|| read(&xml));
}

/// The most that the check of soundness ever takes.
#[divan::bench]
fn two_hundred_elements_beyond_the_limits(bencher: Bencher<'_, '_>) {
    let xml = too_large();
    assert_result(&xml, |result| {
        matches!(result, SoundnessResult::NotDecided { .. })
    });
    bencher.bench(|| read(&xml));
}

/// A model of about one megabyte: 1,900 user tasks with expressions, a choice behind every tenth.
#[divan::bench]
fn one_megabyte(bencher: Bencher<'_, '_>) {
    let mut body = String::new();
    let mut last = "s".to_owned();
    for n in 0..1_900 {
        let id = format!("Activity_{n:06}");
        body += &format!(
            r#"<userTask id="{id}" name="Visit the family at home, number {n}"><extensionElements><z:userTask/>
            <z:assignmentDefinition candidateGroups="caseworkers"/><z:taskSchedule dueDate="=now() + duration(&quot;P1D&quot;)"/>
            <z:ioMapping><z:input source="=n + 1" target="local"/><z:output source="=local" target="n"/></z:ioMapping>
            </extensionElements></userTask>"#
        );
        body += &flows(&format!("{last}>{id}"));
        last = id;
        if n % 10 == 9 {
            let x = format!("x{n}");
            body += &node("exclusiveGateway", &x);
            body += &flows(&format!("{last}>{x}"));
            body += &flow_if(&x, "e");
            body += &node("task", &format!("R{n}"));
            body += &flow_if(&x, &format!("R{n}"));
            last = format!("R{n}");
        }
    }
    body += &flows(&format!("{last}>e"));
    let xml = document(&body);
    assert_result(&xml, |result| *result == SoundnessResult::Sound);
    bencher
        .counter(BytesCount::new(xml.len()))
        .bench(|| read(&xml));
}
