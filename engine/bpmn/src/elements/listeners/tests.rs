use serde_json::{Value as Json, json};

use crate::testing::{
    Run, check_problems, check_problems_of, context, flows, for_each, message, process, timer_on,
};
use crate::{Command, JobKind, Key, ListenerEvent};

/// The extension elements of listeners such as `start:a end:b`.
fn hears(listeners: &str) -> String {
    let one = |listener: &str| {
        let (event, job) = listener.split_once(':').expect("an event and a type");
        format!(r#"<z:executionListener eventType="{event}" type="{job}" retries="2"/>"#)
    };
    let all: String = listeners.split_whitespace().map(one).collect();
    format!("<z:executionListeners>{all}</z:executionListeners>")
}

/// An element of any kind with listeners, and what else is in its extensions.
fn with(kind: &str, id: &str, listeners: &str, more: &str) -> String {
    let listeners = hears(listeners);
    format!(
        r#"<{kind} id="{id}"><extensionElements>{listeners}{more}</extensionElements></{kind}>"#
    )
}

fn line(middle: &str) -> String {
    let flows = flows("s>A>e");
    format!(r#"<startEvent id="s"/>{middle}<endEvent id="e"/>{flows}"#)
}

/// The types of the open jobs.
fn jobs(run: &Run) -> Vec<&str> {
    let jobs = run.instance().jobs().values();
    jobs.map(|job| job.job_type.as_str()).collect()
}

/// Completes the job of this type, which is the only one open.
#[track_caller]
fn done(run: &mut Run, job_type: &str, variables: Json) {
    assert_eq!(jobs(run), [job_type]);
    any_done(run, job_type, variables);
}

#[track_caller]
fn any_done(run: &mut Run, job_type: &str, variables: Json) {
    let job = run.job(job_type);
    let variables = context(variables);
    let command = Command::CompleteJob { job, variables };
    run.send(job, command).expect("accepted");
}

#[track_caller]
fn failed(run: &mut Run, job_type: &str) {
    let command = Command::FailJob {
        job: run.job(job_type),
        retries: 0,
        message: "no line".into(),
    };
    run.command(command).expect("accepted");
}

#[track_caller]
fn thrown(run: &mut Run, job_type: &str) {
    let job = run.job(job_type);
    let command = Command::ThrowError {
        job,
        code: "LOST".into(),
        message: String::new(),
        variables: context(json!({})),
    };
    run.send(job, command).expect("accepted");
}

#[test]
fn listeners_come_one_after_another_in_document_order() {
    let task = with("userTask", "A", "start:a start:b end:c end:d", "");
    let mut run = Run::of(&line(&task));
    let first = &run.instance().jobs()[&run.job("a")];
    let (event, number) = (ListenerEvent::Start, 0);
    assert_eq!(first.kind, JobKind::ExecutionListener { event, number });
    assert_eq!(first.retries, 2);
    done(&mut run, "a", json!({}));
    assert!(run.tasks().is_empty());
    done(&mut run, "b", json!({}));
    run.complete("A", json!({}));
    done(&mut run, "c", json!({}));
    assert_eq!(run.passed(), "s");
    done(&mut run, "d", json!({}));
    assert!(run.ended());
}

#[test]
fn what_a_start_listener_gives_is_the_steps_own_and_what_an_end_listener_gives_goes_on() {
    let mapped = r#"<z:ioMapping><z:input source="=1" target="x"/><z:output source="=own" target="out"/></z:ioMapping>"#;
    let task = with("userTask", "A", "start:a end:b", mapped);
    let mut run = Run::of(&line(&task));
    let visit = run.instance().jobs()[&run.job("a")].element_instance;
    done(&mut run, "a", json!({"own": 2, "x": 3}));
    let own = run.instance().own_variables(visit);
    assert_eq!(own, context(json!({"own": 2, "x": 3})));
    run.complete("A", json!({"answer": 4}));
    assert_eq!(run.variable("out"), json!(2));
    done(&mut run, "b", json!({"told": 5, "out": 6}));
    let seen = ["own", "x", "answer", "told", "out"].map(|name| run.variable(name));
    assert_eq!(
        seen,
        [Json::Null, Json::Null, Json::Null, json!(5), json!(6)]
    );
}

#[test]
fn a_listener_without_retries_is_blamed_by_name_and_tried_once_more() {
    let task = with("userTask", "A", "start:a start:b", "");
    let mut run = Run::of(&line(&task));
    done(&mut run, "a", json!({}));
    failed(&mut run, "b");
    let blamed = "The start listener \"b\" of \"A\" failed and has no retries left: no line";
    assert_eq!(run.incidents(), [blamed]);
    run.resolve();
    assert_eq!(run.instance().jobs()[&run.job("b")].retries, 1);
    done(&mut run, "b", json!({}));
    assert_eq!(run.tasks(), ["A"]);
}

#[test]
fn a_listener_whose_type_is_unknown_is_an_incident_and_those_before_it_are_not_repeated() {
    let task = with("userTask", "A", "end:a end:=which", "");
    let mut run = Run::of(&line(&task));
    run.complete("A", json!({}));
    done(&mut run, "a", json!({}));
    let blamed =
        "The job type of the end listener of \"A\" `which` gives null: no variable `which`";
    assert!(
        run.incidents()[0].starts_with(&blamed[..60]),
        "{:?}",
        run.incidents()
    );
    run.set(json!({"which": "b"}));
    run.resolve();
    done(&mut run, "b", json!({}));
    assert!(run.ended());
}

#[test]
fn boundary_events_do_not_listen_before_the_start_and_still_do_before_the_end() {
    let task = with("userTask", "A", "start:a end:b", "");
    let late = timer_on("late", "A", true, "P1D");
    let body = format!(r#"{}{late}<task id="L"/>{}"#, line(&task), flows("late>L"));
    let mut run = Run::of(&body);
    assert!(run.timers().is_empty());
    done(&mut run, "a", json!({}));
    assert_eq!(run.timers().len(), 1);
    run.complete("A", json!({}));
    assert_eq!(jobs(&run), ["b"]);
    run.fire("late");
    assert!(jobs(&run).is_empty());
    assert_eq!(run.passed(), "s late L");
    assert!(run.ended());
}

#[test]
fn cancelling_withdraws_the_job_of_a_listener_and_its_incident() {
    let task = with("userTask", "A", "start:a", "");
    let mut run = Run::of(&line(&task));
    failed(&mut run, "a");
    run.command(Command::CancelInstance).expect("accepted");
    assert!(run.instance().jobs().is_empty() && run.incidents().is_empty());
}

#[test]
fn an_error_of_a_listener_is_one_of_its_step() {
    let caught =
        r#"<boundaryEvent id="lost" attachedToRef="A"><errorEventDefinition/></boundaryEvent>"#;
    for listeners in ["start:a", "end:a"] {
        let task = with("task", "A", listeners, "");
        let mut run = Run::of(&format!("{}{caught}", line(&task)));
        thrown(&mut run, "a");
        assert_eq!(run.passed(), "s lost", "{listeners}");
        assert!(run.ended());
        let mut run = Run::of(&line(&task));
        let before = run.job("a");
        thrown(&mut run, "a");
        assert_eq!(
            run.incidents(),
            ["\"A\" throws the error \"LOST\" and nothing catches it"]
        );
        run.resolve();
        assert!(run.job("a") > before);
        done(&mut run, "a", json!({}));
        assert!(run.ended());
    }
}

#[test]
fn a_process_begins_and_ends_after_its_listeners() {
    let body = format!(
        "<extensionElements>{}</extensionElements>{}",
        hears("start:a end:z"),
        line(r#"<userTask id="A"/>"#)
    );
    let mut run = Run::of(&body);
    assert_eq!(
        run.instance().jobs()[&run.job("a")].element_instance,
        run.main
    );
    failed(&mut run, "a");
    let blamed = "The start listener \"a\" of \"p\" failed and has no retries left: no line";
    assert_eq!(run.incidents(), [blamed]);
    run.resolve();
    done(&mut run, "a", json!({"given": 1}));
    assert_eq!(
        (run.tasks(), run.variable("given")),
        (vec!["A".to_owned()], json!(1))
    );
    run.complete("A", json!({}));
    assert_eq!(run.passed(), "s A e");
    assert!(!run.ended());
    thrown(&mut run, "z");
    assert_eq!(
        run.incidents(),
        ["A listener of \"p\" throws the error \"LOST\" and nothing catches it"]
    );
    run.resolve();
    done(&mut run, "z", json!({"last": 2}));
    assert!(run.ended());
    assert_eq!(run.variable("last"), json!(2));
}

#[test]
fn a_process_begins_where_it_was_to_begin_after_its_listeners() {
    let body = format!(
        r#"<extensionElements>{}</extensionElements><startEvent id="s"/><startEvent id="m"><messageEventDefinition messageRef="M"/></startEvent>
        <task id="A"/><task id="B"/>{}"#,
        hears("start:a"),
        flows("s>A m>B")
    );
    let text = process(&body).replace("<process", &format!("{}<process", message("M", "go", "1")));
    let mut run = Run::begun(&text, "m", 0, json!({}));
    done(&mut run, "a", json!({}));
    assert_eq!(run.passed(), "m B");
}

#[test]
fn each_item_has_its_listeners_and_before_all_comes_once() {
    let looped = for_each("people", r#"isSequential="false""#);
    let task = format!(
        r#"<userTask id="A"><extensionElements>{}</extensionElements>{looped}</userTask>"#,
        hears("beforeAll:all start:a end:b")
    );
    let mut run = Run::of(&line(&task));
    done(&mut run, "all", json!({"people": ["r", "j"]}));
    assert_eq!(jobs(&run), ["a", "a"]);
    any_done(&mut run, "a", json!({}));
    any_done(&mut run, "a", json!({}));
    run.complete("A", json!({}));
    any_done(&mut run, "b", json!({"result": 7}));
    run.complete("A", json!({}));
    any_done(&mut run, "b", json!({"result": 8}));
    assert_eq!(run.variable("results"), json!([7, 8]));
    assert!(run.ended());
}

#[test]
fn a_gateway_chooses_after_its_listener() {
    let gateway = with("exclusiveGateway", "x", "start:a", "")
        .replace("<exclusiveGateway", r#"<exclusiveGateway default="x-B""#);
    let body = format!(
        r#"<startEvent id="s"/>{gateway}<task id="A"/><task id="B"/>{}{}"#,
        flows("s>x>B"),
        crate::testing::flow_if("x", "A", "risk &gt; 2")
    );
    let mut run = Run::with(&[&process(&body)], json!({"risk": 1}));
    done(&mut run, "a", json!({"risk": 3}));
    assert_eq!(run.passed(), "s x A");
}

#[test]
fn an_event_behind_a_gateway_has_its_listeners_too() {
    let caught = with("intermediateCatchEvent", "m", "start:a end:b", "").replace(
        "</extensionElements>",
        r#"</extensionElements><messageEventDefinition messageRef="M"/>"#,
    );
    let timer = r#"<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>"#;
    let body = format!(
        r#"<startEvent id="s"/><eventBasedGateway id="g"/>{caught}{timer}<endEvent id="e"/>{}"#,
        flows("s>g>m>e g>t>e")
    );
    let text = process(&body).replace("<process", &format!("{}<process", message("M", "go", "1")));
    let mut run = Run::with(&[&text], json!({}));
    run.publish("go", "1", json!({"said": "yes"}));
    done(&mut run, "a", json!({}));
    done(&mut run, "b", json!({}));
    assert_eq!(run.passed(), "s g m e");
    assert_eq!(run.variable("said"), json!("yes"));
}

#[test]
fn nothing_begins_in_a_subprocess_that_waits_for_its_end_listener() {
    let inside = r#"<startEvent id="is"/><task id="I"/><subProcess id="more" triggeredByEvent="true">
        <startEvent id="ms" isInterrupting="false"><messageEventDefinition messageRef="M"/></startEvent><task id="K"/><sequenceFlow id="f" sourceRef="ms" targetRef="K"/></subProcess>"#;
    let body = format!(
        r#"<startEvent id="s"/><subProcess id="A"><extensionElements>{}</extensionElements>{inside}{}</subProcess><endEvent id="e"/>{}"#,
        hears("start:a end:b"),
        flows("is>I"),
        flows("s>A>e")
    );
    let text = process(&body).replace("<process", &format!("{}<process", message("M", "go", "1")));
    let mut run = Run::with(&[&text], json!({}));
    assert!(run.awaits().is_empty());
    done(&mut run, "a", json!({}));
    assert_eq!(
        (run.passed(), run.awaits()),
        ("s is I".to_owned(), Vec::new())
    );
    done(&mut run, "b", json!({}));
    assert!(run.ended());
}

#[test]
fn an_error_from_a_called_process_listener_reaches_the_call() {
    let caller = process(&line(
        r#"<callActivity id="A"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>
        <boundaryEvent id="lost" attachedToRef="A"><errorEventDefinition/></boundaryEvent>"#,
    ));
    let called = process(&format!(
        "<extensionElements>{}</extensionElements>{}",
        hears("start:a"),
        line(r#"<task id="A"/>"#)
    ))
    .replace(r#"id="p""#, r#"id="q""#);
    let mut run = Run::with(&[&caller, &called], json!({}));
    let job: Key = run.job("a");
    assert_ne!(job.instance(), run.main);
    thrown(&mut run, "a");
    assert_eq!(run.passed(), "s lost");
}

#[test]
fn listeners_in_places_where_none_can_be_are_found() {
    let way = |element: &str, reason: &str, event: &str| {
        format!("error: \"{element}\" has a listener \"{event}\", and {reason}")
    };
    let check = |element: String, expected: String| {
        let body = format!(r#"<startEvent id="s"/>{element}{}"#, flows("s>A"));
        check_problems(&body, &[&expected]);
    };
    let gateway = "a gateway only chooses the way";
    check(
        with("parallelGateway", "A", "end:x", ""),
        way("A", gateway, "end"),
    );
    let error = with("endEvent", "A", "end:x", "").replace(
        "</extensionElements>",
        r#"</extensionElements><errorEventDefinition errorRef="E"/>"#,
    );
    let body = format!(r#"<startEvent id="s"/>{error}{}"#, flows("s>A"));
    let text = process(&body).replace("<process", r#"<error id="E" errorCode="LOST"/><process"#);
    let over = "it is over as soon as it has thrown";
    check_problems_of(&text, &[&way("A", over, "end")]);
    let items = "only multi-instance activities have items before which it comes";
    check(
        with("task", "A", "beforeAll:x", ""),
        way("A", items, "beforeAll"),
    );
    let start = with("startEvent", "s", "start:x", "");
    let reached = "such an event has happened when it is reached";
    let body = format!(r#"{start}<task id="A"/>{}"#, flows("s>A"));
    check_problems(&body, &[&way("s", reached, "start")]);
    check(
        with("task", "A", "begin:x", ""),
        "error: \"A\" has a listener with the event type \"begin\", which does not exist"
            .to_owned(),
    );
    check(
        with("task", "A", "start:", ""),
        "error: \"A\" has a executionListener without type".to_owned(),
    );
    let cancel = format!(
        "<extensionElements>{}</extensionElements>",
        hears("cancel:x")
    );
    check_problems(
        &format!("{cancel}{}", line(r#"<task id="A"/>"#)),
        &["error: \"p\" has a listener \"cancel\", and cancelling does not wait for a worker"],
    );
}
