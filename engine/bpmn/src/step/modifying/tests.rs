use serde_json::json;

use crate::limits::MODIFICATION_INSTRUCTIONS_MAX;
use crate::testing::{Run, context, flow_if, flows, for_each, process, service, timer_on};
use crate::{
    Activation, Ancestor, Command, Immovable, Key, Modification, Move, Rejection, ScopeVariables,
    StartInstructions, Status, Which,
};

fn begin(element: &str) -> Activation {
    Activation {
        element: element.into(),
        ancestor: None,
        variables: Vec::new(),
    }
}

fn at(element: &str) -> Which {
    let element = element.into();
    Which::Element { element }
}

fn shift(source: Which, target: &str, ancestor: Ancestor) -> Move {
    Move {
        source,
        target: target.into(),
        ancestor,
        variables: Vec::new(),
    }
}

fn activate(elements: &[&str]) -> Modification {
    Modification {
        activate: elements.iter().map(|element| begin(element)).collect(),
        ..Modification::default()
    }
}

fn terminate(elements: &[&str]) -> Modification {
    Modification {
        terminate: elements.iter().map(|element| at(element)).collect(),
        ..Modification::default()
    }
}

fn moved(source: &str, target: &str) -> Modification {
    Modification {
        moves: vec![shift(at(source), target, Ancestor::Only)],
        ..Modification::default()
    }
}

fn modify(run: &mut Run, modification: Modification) {
    run.command(Command::Modify { modification })
        .expect("a modification");
}

#[track_caller]
fn refused(run: &mut Run, modification: Modification, expected: &str) {
    let before = run.instance().clone();
    let refused = run
        .command(Command::Modify { modification })
        .expect_err("refused");
    assert_eq!(refused.to_string(), expected);
    assert_eq!(*run.instance(), before, "a refusal changes nothing");
}

/// The active visits to an element, oldest first.
fn visits(run: &Run, element: &str) -> Vec<Key> {
    let visits = run.instance().elements().iter();
    let visits = visits.filter(|(_, visit)| &**visit.element() == element);
    visits.map(|(key, _)| *key).collect()
}

/// A task, and a subprocess in a subprocess.
fn nested() -> String {
    format!(
        r#"<startEvent id="s"/><userTask id="A"/><subProcess id="P"><extensionElements><z:ioMapping>
        <z:input source="=place" target="local"/></z:ioMapping></extensionElements><startEvent id="ps"/><userTask id="B"/>
        <subProcess id="Q"><startEvent id="qs"/><userTask id="C"/><userTask id="D"/>{}</subProcess>{}</subProcess>
        {}<userTask id="Late"/><userTask id="Z"/>{}"#,
        flows("qs>C>D"),
        flows("ps>B>Q"),
        timer_on("T", "P", true, "PT1H"),
        flows("s>A>P>Z T>Late")
    )
}

fn in_nested() -> Run {
    Run::with(&[&process(&nested())], json!({"place": "here"}))
}

/// A subprocess of a task, which begins or ends when a worker has heard of it.
fn heard(event: &str) -> Run {
    let body = format!(
        r#"<startEvent id="s"/><subProcess id="P"><extensionElements><z:executionListeners>
        <z:executionListener eventType="{event}" type="=worker"/></z:executionListeners></extensionElements>
        <startEvent id="ps"/><userTask id="B"/>{}</subProcess><userTask id="Z"/>{}"#,
        flows("ps>B"),
        flows("s>P>Z")
    );
    Run::with(&[&process(&body)], json!({}))
}

#[test]
fn nothing_begins_in_a_scope_that_ends() {
    let closed = r#"in "P" nothing more can be started now"#;
    let mut run = heard("end");
    let scope = visits(&run, "P")[0];
    let inside = || Modification {
        activate: vec![Activation {
            ancestor: Some(scope),
            ..begin("B")
        }],
        ..Modification::default()
    };
    run.complete("B", json!({}));
    assert_eq!(run.incidents().len(), 1, "nobody is named");
    refused(&mut run, activate(&["B"]), closed);
    refused(&mut run, inside(), closed);
    run.set(json!({"worker": "heard"}));
    run.resolve();
    assert_eq!(run.jobs(), ["heard"]);
    refused(&mut run, activate(&["B"]), closed);
    refused(&mut run, inside(), closed);
    run.finish("heard", json!({}));
    assert_eq!(run.tasks(), ["Z"]);
}

#[test]
fn nothing_begins_in_a_scope_that_has_not_begun() {
    let closed = r#"in "P" nothing more can be started now"#;
    let mut run = heard("start");
    assert_eq!(run.incidents().len(), 1, "nobody is named");
    refused(&mut run, activate(&["B"]), closed);
    run.set(json!({"worker": "heard"}));
    run.resolve();
    assert_eq!(run.jobs(), ["heard"]);
    refused(&mut run, activate(&["B"]), closed);
    run.finish("heard", json!({}));
    assert_eq!(run.tasks(), ["B"]);
    modify(&mut run, activate(&["B"]));
    assert_eq!(run.tasks(), ["B", "B"]);
}

#[test]
fn missing_scopes_are_made_with_their_inputs_and_events() {
    let mut run = in_nested();
    modify(&mut run, moved("A", "D"));
    assert_eq!(run.tasks(), ["D"]);
    let scope = visits(&run, "P")[0];
    assert_eq!(
        run.instance().own_variables(scope),
        context(json!({"local": "here"}))
    );
    assert_eq!(run.timers().len(), 1);
    run.complete("D", json!({}));
    assert_eq!(run.tasks(), ["Z"]);
    run.complete("Z", json!({}));
    assert!(run.ended());
}

#[test]
fn what_begins_in_the_same_scope_shares_it() {
    let mut run = in_nested();
    modify(&mut run, activate(&["C", "D", "B"]));
    assert_eq!((visits(&run, "P").len(), visits(&run, "Q").len()), (1, 1));
    assert_eq!(run.tasks(), ["A", "C", "D", "B"]);
}

#[test]
fn a_named_ancestor_gets_a_new_scope_and_without_one_it_must_be_clear() {
    let mut run = in_nested();
    modify(&mut run, moved("A", "C"));
    let mut again = activate(&["C"]);
    again.activate[0].ancestor = Some(run.main);
    modify(&mut run, again);
    let both = visits(&run, "Q");
    assert_eq!(both.len(), 2);
    let expected = format!(
        "\"Q\" is active several times ({}, {}); name the element instance in which \"D\" shall begin",
        both[0], both[1]
    );
    refused(&mut run, activate(&["D"]), &expected);
    let mut named = activate(&["D"]);
    named.activate[0].ancestor = Some(both[1]);
    modify(&mut run, named);
    let scope = run.instance().elements()[&visits(&run, "D")[0]].scope();
    assert_eq!(scope, both[1]);
}

#[test]
fn an_instance_in_which_a_modification_leaves_nothing_is_terminated() {
    let mut run = in_nested();
    modify(&mut run, moved("A", "C"));
    modify(&mut run, terminate(&["C"]));
    assert_eq!(run.instance().status(), Status::Terminated);
}

#[test]
fn a_scope_in_which_nothing_is_left_ends_and_the_rest_goes_on() {
    let mut run = in_nested();
    modify(&mut run, activate(&["C"]));
    modify(&mut run, terminate(&["C"]));
    assert_eq!(run.tasks(), ["A"]);
    assert!(visits(&run, "P").is_empty() && run.timers().is_empty());
}

#[test]
fn variables_are_given_to_the_element_its_scopes_and_the_instance() {
    let mut run = in_nested();
    let given = |scope: Option<&str>, value: i64| ScopeVariables {
        scope: scope.map(str::to_owned),
        variables: context(json!({"v": value})),
    };
    let mut asked = moved("A", "C");
    asked.moves[0].variables = vec![given(None, 1), given(Some("P"), 2), given(Some("C"), 3)];
    modify(&mut run, asked);
    assert_eq!(run.variable("v"), json!(1));
    let own = |element: &str| {
        let own = run.instance().own_variables(visits(&run, element)[0]);
        own.get("v").cloned()
    };
    assert_eq!(own("P"), Some(2.into()));
    assert_eq!(own("Q"), None);
    assert_eq!(own("C"), Some(3.into()));
    let mut asked = activate(&["D"]);
    asked.activate[0].variables = vec![given(Some("A"), 4)];
    let expected =
        "\"A\" is neither \"D\" nor a scope around it, so it can have no variables for it";
    refused(&mut run, asked, expected);
}

#[test]
fn what_cannot_be_begun_by_hand_is_refused_with_the_reason() {
    let body = format!(
        r#"{}<subProcess id="E" triggeredByEvent="true"><startEvent id="es"><timerEventDefinition><timeDuration>PT9H</timeDuration>
        </timerEventDefinition></startEvent><userTask id="F"/>{}</subProcess>"#,
        nested(),
        flows("es>F")
    );
    let mut run = Run::with(&[&process(&body)], json!({"place": 1}));
    for (element, expected) in [
        ("nowhere", "the process has no element \"nowhere\""),
        (
            "T",
            "\"T\" is a boundary event, which only happens to its activity; activate what comes after it",
        ),
        (
            "es",
            "\"es\" starts the event subprocess \"E\"; activate that, or what comes after it",
        ),
    ] {
        refused(&mut run, activate(&["Z", element]), expected);
    }
    refused(&mut run, terminate(&["Z"]), "nothing is active at \"Z\"");
    refused(
        &mut run,
        Modification::default(),
        "nothing is to begin or to end; give at least one instruction",
    );
    let whole = Modification {
        terminate: vec![Which::Visit { key: run.main }],
        ..Modification::default()
    };
    let expected = format!("{} is the instance itself; cancel it", run.main);
    refused(&mut run, whole, &expected);
    modify(&mut run, activate(&["F"]));
    assert_eq!(run.tasks(), ["A", "F"]);
    modify(&mut run, activate(&["E"]));
    assert_eq!(run.tasks(), ["A", "F", "F"]);
}

#[test]
fn an_element_in_a_loop_begins_in_the_item_that_is_there_or_is_named() {
    let inner = format!(
        r#"<startEvent id="ps"/><userTask id="A"/><userTask id="B"/>{}"#,
        flows("ps>A>B")
    );
    let looped = for_each("[1, 2]", "");
    let body = format!(
        r#"<startEvent id="s"/><userTask id="Y"/><subProcess id="P">{looped}{inner}</subProcess><userTask id="Z"/>{}"#,
        flows("s>Y>P>Z")
    );
    let mut run = Run::of(&body);
    let expected = "\"A\" lies in \"P\", which is done several times and is not active; activate \"P\" instead";
    refused(&mut run, activate(&["A"]), expected);
    modify(&mut run, moved("Y", "P"));
    assert_eq!(run.tasks(), ["A", "A"]);
    let all = visits(&run, "P");
    let body = all[0];
    let mut named = activate(&["B"]);
    named.activate[0].ancestor = Some(body);
    let expected = format!(
        "element instance {body} holds the items of \"P\"; name the item in which \"B\" shall begin"
    );
    refused(&mut run, named, &expected);
    let inferred = Modification {
        moves: vec![shift(at("A"), "B", Ancestor::Inferred)],
        ..Modification::default()
    };
    modify(&mut run, inferred);
    assert_eq!(run.tasks(), ["B", "B"]);
    let one = Modification {
        terminate: vec![Which::Visit { key: all[1] }],
        ..Modification::default()
    };
    modify(&mut run, one);
    run.complete("B", json!({}));
    assert_eq!(run.tasks(), ["Z"]);
}

#[test]
fn a_join_goes_on_with_what_has_arrived_or_forgets_it() {
    let body = format!(
        r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="A"/><userTask id="B"/><parallelGateway id="j"/><userTask id="Z"/>{}"#,
        flows("s>f>A>j f>B>j j>Z")
    );
    let mut run = Run::of(&body);
    run.complete("A", json!({}));
    modify(&mut run, moved("B", "j"));
    assert_eq!(run.tasks(), ["Z"]);
    run.complete("Z", json!({}));
    assert!(run.ended());

    let mut run = Run::of(&body);
    run.complete("A", json!({}));
    modify(&mut run, terminate(&["B"]));
    assert_eq!(run.incidents().len(), 1, "the join waits in vain");
    modify(&mut run, moved("j", "Z"));
    assert_eq!(
        (run.tasks(), run.incidents().len()),
        (vec!["Z".to_owned()], 0)
    );
}

#[test]
fn sources_are_what_was_active_before() {
    let mut run = in_nested();
    let both = Modification {
        moves: vec![
            shift(at("A"), "Z", Ancestor::SourceParent),
            shift(at("A"), "A", Ancestor::Only),
        ],
        ..Modification::default()
    };
    modify(&mut run, both);
    assert_eq!(run.tasks(), ["Z", "A"]);
}

#[test]
fn the_last_element_of_a_called_instance_cannot_be_ended() {
    let called = r#"<startEvent id="cs"/><userTask id="Called"/><sequenceFlow id="c" sourceRef="cs" targetRef="Called"/>"#;
    let caller = process(&format!(
        r#"<startEvent id="s"/><callActivity id="C"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>{}"#,
        flows("s>C")
    ));
    let called = process(called).replace("id=\"p\"", "id=\"q\"");
    let mut run = Run::with(&[&caller, &called], json!({}));
    let child = Key::of_instance(2);
    let modification = terminate(&["Called"]);
    let refused = run.step(child, Command::Modify { modification });
    assert_eq!(
        refused.err(),
        Some(Rejection::Immovable(Immovable::EndsCalled))
    );
    modify(&mut run, moved("C", "s"));
    assert_eq!(run.instances[&child].status(), Status::Terminated);
}

#[test]
fn in_an_ad_hoc_subprocess_what_begins_is_one_start_more() {
    let ad_hoc = r#"<adHocSubProcess id="H" cancelRemainingInstances="false"><userTask id="A"/><userTask id="B"/></adHocSubProcess>"#;
    let body = format!(
        r#"<startEvent id="s"/><userTask id="Y"/>{ad_hoc}<userTask id="Z"/>{}"#,
        flows("s>Y>H>Z")
    );
    let mut run = Run::of(&body);
    modify(&mut run, moved("Y", "B"));
    assert_eq!(run.tasks(), ["B"]);
    modify(&mut run, activate(&["A"]));
    modify(&mut run, terminate(&["A", "B"]));
    assert!(run.tasks().is_empty() && run.instance().status() == Status::Active);
    modify(&mut run, activate(&["A"]));
    let ad_hoc = visits(&run, "H")[0];
    run.command(Command::CompleteAdHoc { ad_hoc })
        .expect("over");
    refused(
        &mut run,
        activate(&["B"]),
        "in \"H\" nothing more can be started now",
    );
    run.complete("A", json!({}));
    assert_eq!(run.tasks(), ["Z"]);
}

#[test]
fn a_compensation_whose_handler_is_ended_by_hand_goes_on() {
    let undoable = |id: &str| {
        format!(
            r#"<task id="{id}"/><boundaryEvent id="c{id}" attachedToRef="{id}"><compensateEventDefinition/></boundaryEvent>
            <userTask id="undo{id}" isForCompensation="true"/><association id="a{id}" sourceRef="c{id}" targetRef="undo{id}"/>"#
        )
    };
    let body = format!(
        r#"<startEvent id="s"/>{}{}<intermediateThrowEvent id="U"><compensateEventDefinition/></intermediateThrowEvent><userTask id="Z"/>{}"#,
        undoable("A"),
        undoable("B"),
        flows("s>A>B>U>Z")
    );
    let mut run = Run::of(&body);
    assert_eq!(run.tasks(), ["undoB"]);
    refused(
        &mut run,
        activate(&["undoA"]),
        "\"undoA\" is begun by compensation alone",
    );
    modify(&mut run, terminate(&["undoB"]));
    assert_eq!(run.tasks(), ["undoA"]);
    modify(&mut run, terminate(&["undoA"]));
    assert_eq!(run.tasks(), ["Z"]);
}

#[test]
fn an_instance_begins_with_the_elements_that_are_named_and_ends_after_others() {
    let body = process(&nested());
    let instructions = StartInstructions {
        before: vec!["D".into(), "Z".into()],
        until: vec!["Q".into()],
    };
    let mut run = Run::started_with(&body, json!({"place": 1}), instructions).expect("a start");
    assert_eq!(run.tasks(), ["D", "Z"]);
    run.complete("D", json!({}));
    assert_eq!(run.instance().status(), Status::Terminated);
    assert_eq!(run.passed(), "D Q");
    let wrong = StartInstructions {
        before: vec!["T".into()],
        until: Vec::new(),
    };
    assert!(Run::started_with(&body, json!({}), wrong).is_err());
    let many = |before: usize, until: usize| StartInstructions {
        before: vec!["D".into(); before],
        until: vec!["Q".into(); until],
    };
    let half = MODIFICATION_INSTRUCTIONS_MAX / 2;
    assert!(Run::started_with(&body, json!({"place": 1}), many(half, half)).is_ok());
    let refused = Run::started_with(&body, json!({"place": 1}), many(half, half + 1));
    assert!(matches!(
        refused,
        Err(Rejection::Immovable(Immovable::TooMany))
    ));
}

#[test]
fn jobs_and_their_incidents_go_with_what_is_ended() {
    let body = format!(
        r#"<startEvent id="s"/>{}<exclusiveGateway id="x"/><userTask id="Z"/>{}{}"#,
        service("J"),
        flows("s>J>x"),
        flow_if("x", "Z", "ready")
    );
    let mut run = Run::of(&body);
    run.finish("J", json!({}));
    assert_eq!(run.incidents().len(), 1);
    modify(&mut run, moved("x", "J"));
    assert_eq!((run.incidents().len(), run.jobs().len()), (0, 1));
    run.finish("J", json!({"ready": true}));
    assert_eq!(run.tasks(), ["Z"]);
}
