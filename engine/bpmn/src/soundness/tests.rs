//! Which models are sound, and what is said of those that are not.

use crate::testing::{document, flow_if, flows, process, timer_on};
use crate::{Reading, SoundnessResult, read};

const ENDS: &str = r#"<startEvent id="s"/><endEvent id="e"/>"#;

fn reading(body: &str) -> Reading {
    let reading = read(&process(&format!("{ENDS}{body}")));
    let errors: Vec<String> = reading.report.errors().map(ToString::to_string).collect();
    assert_eq!(errors, Vec::<String>::new());
    reading
}

/// The findings: message, then the path.
#[track_caller]
fn check(body: &str, expected: &[(&str, &str)]) {
    let report = reading(body).report;
    let soundness = &report.soundness[0];
    let found: Vec<(&str, String)> = soundness
        .findings
        .iter()
        .map(|problem| (&*problem.message, problem.path.join(" ")))
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (*a, &**b)).collect();
    assert_eq!(found, expected);
    let result = match expected.is_empty() {
        true => SoundnessResult::Sound,
        false => SoundnessResult::NotSound,
    };
    assert_eq!(soundness.result, result);
    for finding in &soundness.findings {
        assert!(report.problems.contains(finding), "a finding is a problem");
    }
}

fn gateways(parallel: &str, exclusive: &str) -> String {
    let all = |kind: &str, ids: &str| -> String {
        let ids = ids.split_whitespace();
        ids.map(|id| format!(r#"<{kind} id="{id}"/>"#)).collect()
    };
    all("parallelGateway", parallel) + &all("exclusiveGateway", exclusive)
}

fn tasks(ids: &str) -> String {
    ids.split_whitespace()
        .map(|id| format!(r#"<task id="{id}"/>"#))
        .collect()
}

#[test]
fn matched_gateways_are_sound() {
    check(
        &format!(
            "{}{}{}{}{}",
            gateways("f j", "x m"),
            tasks("A B C D"),
            flows("s>f>A>j f>x B>m C>m>j>D>e"),
            flow_if("x", "B", "b"),
            flow_if("x", "C", "not(b)"),
        ),
        &[],
    );
}

#[test]
fn a_parallel_join_behind_an_exclusive_split_waits_for_ever() {
    let join = "\"j\" can wait for ever: nothing comes from \"B\" any more";
    check(
        &format!(
            "{}{}{}{}{}",
            gateways("j", "x"),
            tasks("A B"),
            flows("s>x A>j B>j>e"),
            flow_if("x", "A", "a"),
            flow_if("x", "B", "b"),
        ),
        &[(join, "s s-x x x-A A A-j j")],
    );
}

#[test]
fn parallel_paths_that_meet_without_a_join_are_found() {
    let twice = "\"C\" can be reached a second time, from \"B\", while it is still at work: the paths are not joined";
    check(
        &format!(
            "{}{}{}",
            gateways("f", ""),
            tasks("A B C"),
            flows("s>f>A>C>e f>B>C")
        ),
        &[(twice, "s s-f f f-A f-B A A-C B B-C C")],
    );
}

#[test]
fn parallel_paths_may_end_at_the_same_end() {
    let body = |merge: &str| {
        format!(
            "{}{}{}",
            gateways("f", "m"),
            tasks("A B"),
            flows(&format!("s>f>A>m f>B>m {merge}"))
        )
    };
    check(&body("m>e"), &[]);
    check(
        &format!(
            "{}{}{}",
            gateways("f", ""),
            tasks("A B"),
            flows("s>f>A>e f>B>e")
        ),
        &[],
    );
}

#[test]
fn a_loop_without_a_way_out_is_found() {
    check(
        &format!(
            "{}{}{}{}{}",
            gateways("", "x m"),
            tasks("A B"),
            flows("s>x m>A>B>m"),
            flow_if("x", "m", "a"),
            flow_if("x", "e", "not(a)"),
        ),
        &[(
            "After \"x\" the end cannot be reached any more: what follows goes round for ever",
            "s s-x x x-m",
        )],
    );
}

#[test]
fn a_loop_with_a_way_out_is_sound() {
    check(
        &format!(
            "{}{}{}{}{}",
            gateways("", "x m"),
            tasks("A"),
            flows("s>m>A>x"),
            flow_if("x", "m", "a"),
            flow_if("x", "e", "not(a)"),
        ),
        &[],
    );
}

#[test]
fn a_parallel_split_in_a_loop_is_found() {
    let report = reading(&format!(
        "{}{}{}{}{}",
        gateways("f", "m x"),
        tasks("A B"),
        flows("s>m>f>A>x f>B>e"),
        flow_if("x", "m", "a"),
        flow_if("x", "e", "not(a)"),
    ))
    .report;
    let findings = &report.soundness[0].findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0]
            .message
            .starts_with("\"B\" can be reached a second time")
    );
}

#[test]
fn an_event_that_interrupts_cannot_be_joined_with_what_it_interrupts() {
    let join = "\"j\" can wait for ever: nothing comes from \"T\" any more";
    let body = |interrupting| {
        format!(
            "{}{}{}{}",
            gateways("j", ""),
            tasks("A"),
            timer_on("T", "A", interrupting, "PT1H"),
            flows("s>A>j>e T>j")
        )
    };
    check(&body(true), &[(join, "s s-A A A-j j")]);
    // Beside it, it may not happen at all.
    check(&body(false), &[(join, "s s-A A A-j j")]);
}

#[test]
fn what_happens_beside_an_activity_may_end_by_itself() {
    check(
        &format!(
            "{}{}{}{}",
            gateways("f j", ""),
            tasks("A B C R"),
            timer_on("T", "A", false, "PT1H"),
            flows("s>f>A>j f>B>j>C>e T>R>e")
        ),
        &[],
    );
}

#[test]
fn what_happens_beside_an_activity_and_leads_back_is_found() {
    let twice = "\"C\" can be reached a second time, from \"T\", while it is still at work: the paths are not joined";
    check(
        &format!(
            "{}{}{}",
            tasks("A C"),
            timer_on("T", "A", false, "PT1H"),
            flows("s>A>C>e T>C")
        ),
        &[(twice, "s s-A A A-C T T-C C")],
    );
}

#[test]
fn a_subprocess_is_looked_at_by_itself() {
    let inner = "\"j\" can wait for ever: nothing comes from \"B\" any more";
    check(
        &format!(
            r#"<subProcess id="P"><startEvent id="ps"/>{}{}{}{}{}</subProcess>{}"#,
            gateways("j", "x"),
            tasks("A B"),
            flows("ps>x A>j B>j"),
            flow_if("x", "A", "a"),
            flow_if("x", "B", "b"),
            flows("s>P>e")
        ),
        &[(inner, "P ps ps-x x x-A A A-j j")],
    );
}

#[test]
fn what_follows_a_subprocess_that_always_fails_can_never_be_executed() {
    let dead = "\"A\" is connected, but can never be executed";
    let text = document(&format!(
        r#"<error id="E" errorCode="X"/><process id="p" isExecutable="true">{ENDS}<subProcess id="P"><startEvent id="ps"/>
        <endEvent id="pe"><errorEventDefinition errorRef="E"/></endEvent>{}</subProcess>{}
        <boundaryEvent id="B" attachedToRef="P"><errorEventDefinition errorRef="E"/></boundaryEvent>{}</process>"#,
        flows("ps>pe"),
        tasks("A"),
        flows("s>P>A>e B>e")
    ));
    let report = read(&text).report;
    let found: Vec<&str> = report.problems.iter().map(|p| &*p.message).collect();
    assert_eq!(found, [dead]);
    assert_eq!(report.problems[0].path, ["P", "A"]);
}

#[test]
fn a_terminate_end_event_ends_what_waits() {
    check(
        &format!(
            r#"<endEvent id="t"><terminateEventDefinition/></endEvent>{}{}{}{}{}"#,
            gateways("f j", "x"),
            tasks("A B"),
            flows("s>f>x f>B>j>e A>j"),
            flow_if("x", "A", "a"),
            flow_if("x", "t", "not(a)"),
        ),
        &[],
    );
}

/// A wide model: `width` parallel paths of `length` tasks each; the join is parallel or not.
fn wide(width: usize, length: usize, join: &str) -> String {
    let mut body = format!(
        r#"<parallelGateway id="f"/><{join} id="j"/>{}"#,
        flows("s>f j>e")
    );
    for path in 0..width {
        let mut chain = "f".to_owned();
        for task in 0..length {
            let id = format!("T{path}_{task}");
            body += &tasks(&id);
            chain += &format!(">{id}");
        }
        body += &flows(&format!("{chain}>j"));
    }
    body
}

#[test]
fn many_parallel_paths_are_decided() {
    check(&wide(20, 10, "parallelGateway"), &[]);
    let report = reading(&(wide(20, 10, "exclusiveGateway") + &tasks("Z")).replace(
        r#"sourceRef="j" targetRef="e"/>"#,
        r#"sourceRef="j" targetRef="Z"/><sequenceFlow id="z" sourceRef="Z" targetRef="e"/>"#,
    ))
    .report;
    let findings = &report.soundness[0].findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].path.len(), 46, "{findings:?}");
    assert!(
        findings[0]
            .message
            .starts_with("\"j\" can be reached a second time")
    );
}

/// Each of the parallel paths may end everything at any time, beside what it does.
#[test]
fn what_is_too_large_is_said_with_the_limit() {
    let mut body = gateways("f j", "")
        + &flows("s>f j>e")
        + r#"<endEvent id="t"><terminateEventDefinition/></endEvent>"#;
    for path in 0..16 {
        let at = |what: &str| format!("{what}{path}");
        body += &tasks(&at("A"));
        body += &gateways("", &at("x"));
        body += &timer_on(&at("T"), &at("A"), false, "PT1H");
        body += &flows(&format!("f>A{path}>j T{path}>x{path}"));
        body += &flow_if(&at("x"), "e", "true");
        body += &flow_if(&at("x"), "t", "false");
    }
    let report = reading(&body).report;
    let SoundnessResult::NotDecided { limit } = &report.soundness[0].result else {
        panic!("{:?}", report.soundness[0]);
    };
    assert!(limit.starts_with("SOUNDNESS_"), "{limit}");
}

#[test]
fn an_inclusive_join_waits_for_those_that_come() {
    let split = |join: &str| {
        format!(
            r#"<inclusiveGateway id="g"/><{join} id="j"/>{}{}{}{}{}"#,
            tasks("A B C"),
            flows("s>g A>j B>C>j>e"),
            flow_if("g", "A", "a"),
            flow_if("g", "B", "b"),
            flow_if("g", "j", "c"),
        )
    };
    check(&split("inclusiveGateway"), &[]);
    check(
        &split("parallelGateway"),
        &[(
            "\"j\" can wait for ever: nothing comes from \"A\" and \"C\" any more",
            "s s-g g g-j j",
        )],
    );
}

#[test]
fn inclusive_joins_that_wait_for_each_other_are_found() {
    let report = reading(&format!(
        r#"<inclusiveGateway id="i"/><inclusiveGateway id="k"/>{}{}{}{}{}{}{}"#,
        gateways("f", "x y"),
        tasks("A B"),
        flows("s>f>A>i f>B>k i>x k>y"),
        flow_if("x", "k", "a"),
        flow_if("x", "e", "not(a)"),
        flow_if("y", "i", "a"),
        flow_if("y", "e", "not(a)"),
    ))
    .report;
    let findings = &report.soundness[0].findings;
    let found: Vec<&str> = findings.iter().map(|problem| &*problem.message).collect();
    assert_eq!(
        found,
        [
            "\"i\" can wait for ever: nothing comes from \"y\" any more",
            "\"k\" can wait for ever: nothing comes from \"x\" any more",
        ]
    );
}

#[test]
fn an_event_subprocess_is_a_scope_of_its_own() {
    let body = |inner: &str| {
        format!(
            r#"<signal id="S" name="stop"/><process id="p" isExecutable="true">{ENDS}<subProcess id="E" triggeredByEvent="true"><startEvent id="es">
            <signalEventDefinition signalRef="S"/></startEvent>{inner}</subProcess>{}{}</process>"#,
            tasks("A"),
            flows("s>A>e")
        )
    };
    let found = |inner: &str| -> Vec<String> {
        let report = read(&document(&body(inner))).report;
        report.problems.iter().map(ToString::to_string).collect()
    };
    let fine = tasks("B") + &flows("es>B");
    assert_eq!(found(&fine), Vec::<String>::new());
    let broken = gateways("f", "") + &tasks("B") + &flows("es>f>B f>B").replacen("f-B", "f2", 1);
    assert!(found(&broken)[0].contains("\"B\" can be reached a second time, from \"f\""));
}

#[test]
fn what_is_chosen_in_an_ad_hoc_subprocess_begins_alone() {
    let around = |inside: &str| {
        format!(
            r#"<adHocSubProcess id="P">{inside}</adHocSubProcess>{}"#,
            flows("s>P>e")
        )
    };
    let fork = gateways("f j", "") + &tasks("A B C D");
    check(&around(&format!("{fork}{}", flows("A>f>B>j f>C>j>D"))), &[]);
    check(
        &around(&format!(
            "{}{}{}",
            gateways("j", ""),
            tasks("A B C"),
            flows("A>j B>j>C")
        )),
        &[(
            "\"j\" can wait for ever: nothing comes from \"B\" any more",
            "P A A-j j",
        )],
    );
}
