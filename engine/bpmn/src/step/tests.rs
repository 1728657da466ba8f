//! Scopes, mappings, limits: what belongs to no single element.

use feel::Value;
use serde_json::json;

use crate::limits::RECORDS_PER_COMMAND_MAX;
use crate::testing::{Run, context, flow_if, flows, process, script, service, timer_on};
use crate::{Command, IncidentKind, Key, Rejection};

fn task(id: &str, mappings: &str) -> String {
    format!(
        r#"<userTask id="{id}"><extensionElements><z:ioMapping>{mappings}</z:ioMapping></extensionElements></userTask>"#
    )
}

fn one(element: &str, id: &str) -> String {
    process(&format!(
        r#"<startEvent id="s"/>{element}{}"#,
        flows(&format!("s>{id}"))
    ))
}

#[test]
fn inputs_are_local_and_see_one_another() {
    let mappings = r#"<z:input source="=1" target="a"/><z:input source="=a + 1" target="b"/><z:input source="text" target="c.d"/>"#;
    let run = Run::with(&[&one(&task("A", mappings), "A")], json!({"a": 10}));
    let visit = *run.instance().elements().keys().next().expect("a visit");
    assert_eq!(
        run.instance().own_variables(visit),
        context(json!({"a": 1, "b": 2, "c": {"d": "text"}}))
    );
    assert_eq!(run.variable("a"), json!(10));
}

#[test]
fn without_outputs_results_go_up_but_a_local_of_the_same_name_swallows_them() {
    let mappings = r#"<z:input source="=1" target="swallowed"/>"#;
    let mut run = Run::with(&[&one(&task("A", mappings), "A")], json!({}));
    run.complete("A", json!({"swallowed": 2, "kept": 3}));
    assert_eq!(run.instance().variables(), context(json!({"kept": 3})));
}

#[test]
fn with_outputs_only_they_go_up() {
    let mappings = r#"<z:output source="=answer * 2" target="case.double"/><z:output source="=case.double + 1" target="next"/>"#;
    let mut run = Run::with(
        &[&one(&task("A", mappings), "A")],
        json!({"case": {"id": 1}}),
    );
    run.complete("A", json!({"answer": 4}));
    assert_eq!(
        run.instance().variables(),
        context(json!({"case": {"id": 1, "double": 8}, "next": 9}))
    );
}

#[test]
fn results_inside_a_subprocess_stay_where_the_variable_is() {
    let body = format!(
        r#"<startEvent id="s"/><subProcess id="P"><extensionElements><z:ioMapping><z:input source="=0" target="inner"/>
        <z:output source="=inner" target="out"/></z:ioMapping></extensionElements><startEvent id="ps"/>{}{}{}</subProcess>{}"#,
        script("A", "inner", "inner + 5"),
        script("B", "outer", "inner + 1"),
        flows("ps>A>B"),
        flows("s>P")
    );
    let run = Run::of(&body);
    assert_eq!(
        run.instance().variables(),
        context(json!({"outer": 6, "out": 5}))
    );
}

#[test]
fn a_failed_output_is_not_done_twice() {
    let mappings = r#"<z:output source="=count + 1" target="count"/>"#;
    let body = format!(
        r#"<startEvent id="s"/>{}<task id="B"/>{}{}"#,
        task("A", mappings),
        flows("s>A"),
        flow_if("A", "B", "ready")
    );
    let mut run = Run::with(&[&process(&body)], json!({"count": 0}));
    run.complete("A", json!({}));
    run.resolve();
    run.set(json!({"ready": true}));
    run.resolve();
    assert_eq!(run.variable("count"), json!(1));
    assert!(run.ended());
}

#[test]
fn variables_are_set_locally_or_where_they_are() {
    let mut run = Run::with(&[&one(&task("A", ""), "A")], json!({"a": 1}));
    let scope = *run.instance().elements().keys().next().expect("a visit");
    let set = |local, variables| Command::SetVariables {
        scope,
        variables,
        local,
    };
    run.command(set(true, context(json!({"b": 1}))))
        .expect("set");
    run.command(set(false, context(json!({"a": 2, "b": 2, "c": 2}))))
        .expect("set");
    assert_eq!(
        run.instance().own_variables(scope),
        context(json!({"b": 2}))
    );
    assert_eq!(run.instance().variables(), context(json!({"a": 2, "c": 2})));
    let nowhere = Command::SetVariables {
        scope: Key(7),
        variables: context(json!({})),
        local: false,
    };
    assert!(matches!(
        run.command(nowhere),
        Err(Rejection::NoSuchScope { .. })
    ));
}

#[test]
fn variables_that_are_too_large_are_refused() {
    let mut run = Run::with(&[&one(&task("A", ""), "A")], json!({}));
    let scope = run.main;
    let set = |variables| Command::SetVariables {
        scope,
        variables,
        local: false,
    };
    let large = "x".repeat(900_000);
    let too_large = run.command(set(context(json!({"v": large.repeat(2)}))));
    assert!(matches!(too_large, Err(Rejection::VariableTooLarge { .. })));
    for n in 0..9 {
        run.command(set(context(json!({ (format!("v{n}")): large }))))
            .expect("set");
    }
    let too_much = run.command(set(context(json!({"w": large}))));
    assert!(matches!(too_much, Err(Rejection::StateTooLarge)));
}

#[test]
fn values_that_nest_deeper_and_deeper_end_in_an_incident() {
    let body = format!(
        r#"<startEvent id="s"/>{}{}"#,
        script("A", "x", "[x]"),
        flows("s>A>A")
    );
    let run = Run::of(&body);
    let incident = run.instance().incidents().values().next();
    assert_eq!(incident.expect("an incident").kind, IncidentKind::Limit);
    let deep = (0..65).fold(Value::from(1), |inner, _| Value::from(vec![inner]));
    let set = Command::SetVariables {
        scope: run.main,
        variables: [("y", deep)].into_iter().collect(),
        local: false,
    };
    let refused = crate::step(&run.catalog, &mut run.instance().clone(), set, run.now);
    assert!(matches!(refused, Err(Rejection::VariableTooDeep { .. })));
}

/// [`Run`] reads state and records back from their JSON.
#[test]
fn numbers_survive_their_json() {
    let body = format!(
        r#"<startEvent id="s"/>{}{}{}<userTask id="U"/>{}"#,
        script("A", "third", "1 / 3"),
        script("B", "cents", "0.1 + 0.2"),
        script("C", "large", "12345678901234567890 * 1000"),
        flows("s>A>B>C>U")
    );
    let mut run = Run::of(&body);
    assert_eq!(run.variable("cents"), json!(0.3));
    run.complete("U", json!({"answer": 0.1}));
    assert!(run.ended());
}

#[test]
fn an_endless_loop_ends_in_an_incident() {
    let run = Run::of(&format!(
        r#"<startEvent id="s"/><task id="A"/><task id="B"/>{}"#,
        flows("s>A>B>A")
    ));
    let incident = run
        .instance()
        .incidents()
        .values()
        .next()
        .expect("an incident");
    assert_eq!(incident.kind, IncidentKind::Limit);
    assert!(
        incident.message.contains("RECORDS_PER_COMMAND_MAX"),
        "{}",
        incident.message
    );
    assert!(run.records[&run.main].len() < RECORDS_PER_COMMAND_MAX + 10);
}

#[test]
fn a_loop_that_multiplies_ends_in_incidents() {
    let run = Run::of(&format!(
        r#"<startEvent id="s"/><task id="A"/><task id="B"/>{}"#,
        flows("s>A>B>A A>A")
    ));
    assert!(run.records[&run.main].len() < 3 * RECORDS_PER_COMMAND_MAX);
    assert!(!run.instance().incidents().is_empty());
}

#[test]
fn a_cancelled_instance_leaves_nothing_behind() {
    let body = format!(
        r#"<startEvent id="s"/><subProcess id="P"><startEvent id="ps"/><userTask id="A"/>{}{}</subProcess>{}{}"#,
        service("J"),
        flows("ps>A ps>J"),
        timer_on("T", "P", true, "PT1H"),
        flows("s>P")
    );
    let mut run = Run::of(&body);
    run.command(Command::CancelInstance).expect("a cancel");
    let refused = run.command(Command::CancelInstance).expect_err("a refusal");
    assert!(
        refused.to_string().contains("has ended (terminated)"),
        "{refused}"
    );
}

#[test]
fn what_is_gone_is_refused_by_name() {
    let mut run = Run::with(&[&one(&task("A", ""), "A")], json!({}));
    let gone = Key(1);
    for (command, expected) in [
        (Command::UnassignTask { task: gone }, "task 1 is not open"),
        (
            Command::UpdateRetries {
                job: gone,
                retries: 1,
            },
            "job 1 is not open",
        ),
        (Command::FireTimer { timer: gone }, "timer 1 is not running"),
        (
            Command::ResolveIncident { incident: gone },
            "incident 1 is not open",
        ),
    ] {
        let refused = run.command(command).expect_err("a refusal").to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
}
