//! What multi-instance activities do.

use serde_json::{Value as Json, json};

use crate::limits::LOOP_ITEMS_MAX;
use crate::testing::{Run, check_problems, context, flows, for_each, process, timer_on};
use crate::{Command, Record};

/// A user task with a marker, and a task behind it.
fn model(marker: &str) -> String {
    format!(
        r#"<startEvent id="s"/><userTask id="A">{marker}</userTask><userTask id="After"/>{}"#,
        flows("s>A>After")
    )
}

fn run(marker: &str, variables: Json) -> Run {
    Run::with(&[&process(&model(marker))], variables)
}

/// The variables of the visits to the items.
fn items(run: &Run, name: &str) -> Vec<Json> {
    let elements = run.instance().elements();
    let items = elements.values().filter(|element| element.item().is_some());
    items
        .map(|item| {
            item.variables()
                .get(name)
                .map_or(Json::Null, feel::Value::to_json)
        })
        .collect()
}

#[test]
fn all_items_are_done_at_once_and_give_results_in_order() {
    let mut run = run(&for_each("[7, 8, 9]", ""), json!({}));
    assert_eq!(run.tasks(), ["A", "A", "A"]);
    assert_eq!(items(&run, "x"), [json!(7), json!(8), json!(9)]);
    assert_eq!(items(&run, "loopCounter"), [json!(1), json!(2), json!(3)]);
    let last = *run.instance().tasks().keys().last().expect("a task");
    let done = Command::CompleteTask {
        task: last,
        by: None,
        variables: context(json!({"result": "third"})),
    };
    run.command(done).expect("a completion");
    run.complete("A", json!({"result": "first"}));
    run.complete("A", json!({}));
    assert_eq!(run.tasks(), ["After"]);
    assert_eq!(run.variable("results"), json!(["first", null, "third"]));
    assert_eq!(run.variable("result"), json!(null));
    assert_eq!(run.passed(), "s A A A A");
}

#[test]
fn sequential_items_are_done_one_after_another() {
    let mut run = run(
        &for_each("children", r#"isSequential="true""#),
        json!({"children": ["a", "b"]}),
    );
    assert_eq!(items(&run, "x"), [json!("a")]);
    run.set(json!({"children": []}));
    run.complete("A", json!({"result": 1}));
    assert_eq!(items(&run, "x"), [json!("b")]);
    run.complete("A", json!({"result": 2}));
    assert_eq!(run.variable("results"), json!([1, 2]));
    assert_eq!(run.tasks(), ["After"]);
}

#[test]
fn an_empty_collection_is_done_at_once() {
    for more in ["", r#"isSequential="true""#] {
        let run = run(&for_each("[]", more), json!({}));
        assert_eq!(run.tasks(), ["After"]);
        assert_eq!(run.variable("results"), json!([]));
    }
}

#[test]
fn a_collection_that_is_none_is_an_incident_that_can_be_resolved() {
    let mut run = run(&for_each("children", ""), json!({}));
    assert_eq!(
        run.incidents(),
        [
            "The input collection `children` of \"A\" gives null where a list is needed: there is no variable `children`"
        ]
    );
    run.set(json!({"children": [1]}));
    run.resolve();
    assert_eq!(run.tasks(), ["A"]);
}

#[test]
fn too_many_items_are_an_incident_with_the_name_of_the_limit() {
    let number = LOOP_ITEMS_MAX + 1;
    let marker = format!(
        "<multiInstanceLoopCharacteristics><loopCardinality>{number}</loopCardinality></multiInstanceLoopCharacteristics>"
    );
    let run = run(&marker, json!({}));
    assert_eq!(
        run.incidents(),
        [format!(
            "\"A\" would be done {number} times, and {LOOP_ITEMS_MAX} is the most (LOOP_ITEMS_MAX)"
        )]
    );
}

#[test]
fn a_number_says_how_often_it_is_done() {
    let marker = "<multiInstanceLoopCharacteristics><loopCardinality>n + 1</loopCardinality></multiInstanceLoopCharacteristics>";
    assert_eq!(run(marker, json!({"n": 1})).tasks(), ["A", "A"]);
    assert_eq!(
        run(marker, json!({"n": -3})).incidents(),
        ["The number of items `n + 1` of \"A\" gives number where a whole number is needed"]
    );
}

#[test]
fn a_completion_condition_cuts_the_rest_short() {
    let marker = for_each("[1, 2, 3]", "").replace(
        "</multi",
        "<completionCondition>result = \"no\" or numberOfCompletedInstances * 2 &gt; numberOfInstances</completionCondition></multi",
    );
    let mut once = run(&marker, json!({}));
    once.complete("A", json!({"result": "no"}));
    assert_eq!(once.tasks(), ["After"]);
    assert_eq!(once.variable("results"), json!(["no", null, null]));
    let mut twice = run(&marker, json!({}));
    twice.complete("A", json!({"result": "yes"}));
    assert_eq!(twice.tasks(), ["A", "A"]);
    twice.complete("A", json!({"result": "yes"}));
    assert_eq!(twice.tasks(), ["After"]);
}

#[test]
fn a_condition_that_gives_nothing_is_an_incident_of_the_item_and_its_outputs_are_not_set_twice() {
    let mappings = r#"<extensionElements><z:ioMapping><z:output source="=count + 1" target="count"/></z:ioMapping></extensionElements>"#;
    let marker = for_each("[1, 2]", "").replace(
        "</multi",
        "<completionCondition>enough</completionCondition></multi",
    );
    let mut run = run(&format!("{mappings}{marker}"), json!({"count": 0}));
    run.complete("A", json!({}));
    assert_eq!(
        run.incidents(),
        [
            "The condition `enough` of the loop \"A\" gives null where true or false is needed: there is no variable `enough`"
        ]
    );
    run.set(json!({"enough": false}));
    run.resolve();
    assert_eq!(run.variable("count"), json!(1));
    run.complete("A", json!({}));
    assert_eq!(run.variable("count"), json!(2));
    assert_eq!(run.tasks(), ["After"]);
}

#[test]
fn an_input_mapping_of_one_item_can_fail_alone() {
    let schedule = r#"<extensionElements><z:taskSchedule dueDate="=if x = 2 then late else null"/></extensionElements>"#;
    let mut run = run(
        &format!("{schedule}{}", for_each("[1, 2]", "")),
        json!({"late": "soon"}),
    );
    assert_eq!(run.tasks(), ["A"]);
    assert_eq!(run.incidents().len(), 1);
    run.set(json!({"late": "P1D"}));
    run.resolve();
    assert_eq!(run.tasks(), ["A", "A"]);
    run.complete("A", json!({}));
    run.complete("A", json!({}));
    assert_eq!(run.tasks(), ["After"]);
}

#[test]
fn output_mappings_of_an_item_can_make_its_result() {
    let mappings = r#"<extensionElements><z:ioMapping><z:output source="=answer + x" target="result"/></z:ioMapping></extensionElements>"#;
    let mut run = run(
        &format!("{mappings}{}", for_each("[10, 20]", "")),
        json!({}),
    );
    run.complete("A", json!({"answer": 1}));
    run.complete("A", json!({"answer": 2}));
    assert_eq!(run.variable("results"), json!([11, 22]));
    assert_eq!(run.variable("result"), json!(null));
    assert_eq!(run.variable("answer"), json!(null));
}

#[test]
fn a_boundary_event_ends_the_body_and_all_items() {
    let timer = format!("{}{}", timer_on("T", "A", true, "PT1H"), flows("T>After"));
    let mut run = Run::of(&format!("{}{timer}", model(&for_each("[1, 2]", ""))));
    assert_eq!(run.timers().len(), 1);
    run.complete("A", json!({}));
    run.fire("T");
    assert_eq!(run.tasks(), ["After"]);
    assert_eq!(run.variable("results"), json!(null));
}

#[test]
fn subprocesses_nest_and_their_items_see_all_counts() {
    let inner = for_each("x.tasks", r#"isSequential="true""#)
        .replace(r#"inputElement="x""#, r#"inputElement="y""#)
        .replace(
            "=result",
            "=x.name + y + string(loopCounter) + string(numberOfInstances)",
        );
    let outer = for_each("groups", "").replace("=result", "=results");
    let mut run = Run::with(
        &[&process(&format!(
            r#"<startEvent id="s"/><subProcess id="P">{outer}<startEvent id="ps"/><userTask id="A">{inner}</userTask>{}</subProcess>{}"#,
            flows("ps>A"),
            flows("s>P")
        ))],
        json!({"groups": [{"name": "g", "tasks": ["a", "b"]}, {"name": "h", "tasks": []}, {"name": "i", "tasks": ["c"]}]}),
    );
    assert_eq!(run.tasks(), ["A", "A"]);
    for _ in 0..3 {
        run.complete("A", json!({}));
    }
    assert_eq!(
        run.variable("results"),
        json!([["ga12", "gb22"], [], ["ic11"]])
    );
    assert!(run.ended());
}

#[test]
fn a_terminate_end_event_inside_an_item_ends_that_item_only() {
    let mut run = Run::of(&format!(
        r#"<startEvent id="s"/><subProcess id="P">{}<startEvent id="ps"/><userTask id="A"/><userTask id="B"/>
        <endEvent id="t"><terminateEventDefinition/></endEvent>{}</subProcess><userTask id="C"/>{}"#,
        for_each("[1, 2]", ""),
        flows("ps>A>t ps>B"),
        flows("s>P>C")
    ));
    run.complete("A", json!({"result": 1}));
    assert_eq!(run.tasks(), ["A", "B"]);
    run.complete("A", json!({"result": 2}));
    assert_eq!(run.tasks(), ["C"]);
    assert_eq!(run.variable("results"), json!([1, 2]));
}

#[test]
fn an_error_of_an_item_is_caught_on_the_body() {
    let body = format!(
        r#"<startEvent id="s"/><subProcess id="P">{}<startEvent id="ps"/><userTask id="A"/>
        <endEvent id="x"><errorEventDefinition errorRef="E"/></endEvent>{}</subProcess>
        <boundaryEvent id="B" attachedToRef="P"><errorEventDefinition/></boundaryEvent><userTask id="Caught"/>{}"#,
        for_each("[1, 2]", ""),
        flows("ps>A>x"),
        flows("s>P B>Caught")
    );
    let model = process(&body).replace("<process", r#"<error id="E" errorCode="X"/><process"#);
    let mut run = Run::with(&[&model], json!({}));
    run.complete("A", json!({}));
    assert_eq!(run.tasks(), ["Caught"]);
    assert_eq!(run.passed(), "s ps ps A x B");
}

#[test]
fn plain_bpmn_names_data() {
    let multi = r#"<multiInstanceLoopCharacteristics><loopDataInputRef>di</loopDataInputRef><loopDataOutputRef>do</loopDataOutputRef>
        <inputDataItem id="i" name="child"/><outputDataItem id="o" name="plan"/></multiInstanceLoopCharacteristics>"#;
    let task = format!(
        r#"<userTask id="A"><dataInputAssociation><sourceRef>d1</sourceRef><targetRef>di</targetRef></dataInputAssociation>
        <dataOutputAssociation><sourceRef>do</sourceRef><targetRef>d2</targetRef></dataOutputAssociation>{multi}</userTask>"#
    );
    let mut run = Run::with(
        &[&process(&format!(
            r#"<dataObjectReference id="d1" name="children"/><dataObjectReference id="d2" name="plans"/><startEvent id="s"/>{task}{}"#,
            flows("s>A")
        ))],
        json!({"children": ["Amara"]}),
    );
    assert_eq!(items(&run, "child"), [json!("Amara")]);
    run.complete("A", json!({"plan": "visit"}));
    assert_eq!(run.variable("plans"), json!(["visit"]));
}

#[test]
fn ten_thousand_items_are_done_in_one_command() {
    let script = r#"<scriptTask id="A"><extensionElements><z:script expression="=x * 2" resultVariable="result"/></extensionElements>"#;
    for more in ["", r#"isSequential="true""#] {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/>{script}{}</scriptTask>{}"#,
            for_each("for i in 1..10000 return i", more),
            flows("s>A")
        ));
        assert_eq!(run.incidents(), Vec::<String>::new());
        assert!(run.ended());
        let results = run.variable("results");
        assert_eq!(results[9_999], json!(20_000));
        let completed = run.records[&run.main]
            .iter()
            .filter(|record| matches!(record, Record::ItemCompleted { .. }));
        assert_eq!(completed.count(), 10_000);
    }
}

#[test]
fn all_items_count_as_active_from_the_start() {
    let script = r#"<scriptTask id="A"><extensionElements><z:script expression="=numberOfActiveInstances" resultVariable="result"/></extensionElements>"#;
    let run = Run::of(&format!(
        r#"<startEvent id="s"/>{script}{}</scriptTask>{}"#,
        for_each("for i in 1..100 return i", ""),
        flows("s>A")
    ));
    let expected: Vec<u32> = (1..=100).rev().collect();
    assert_eq!(run.variable("results"), json!(expected));
}

#[test]
fn a_condition_that_an_automatic_item_makes_true_keeps_later_ones_from_beginning() {
    let script = r#"<scriptTask id="A"><extensionElements><z:script expression="=x" resultVariable="result"/></extensionElements>"#;
    let marker = for_each("for i in 1..1000 return i", "").replace(
        "</multi",
        "<completionCondition>x = 2</completionCondition></multi",
    );
    let run = Run::of(&format!(
        r#"<startEvent id="s"/>{script}{marker}</scriptTask>{}"#,
        flows("s>A")
    ));
    assert!(run.ended());
    let results = run.variable("results");
    let results = results.as_array().expect("a list");
    let given: Vec<&Json> = results.iter().filter(|value| !value.is_null()).collect();
    assert_eq!((results.len(), given), (1_000, vec![&json!(1), &json!(2)]));
}

/// The names of the tasks after items of a loop complete that throws an escalation or a signal.
fn thrown(behavior: &str, interrupting: bool, completions: usize) -> Vec<String> {
    let marker = r#"<multiInstanceLoopCharacteristics BEHAVIOR<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"#
        .replace("BEHAVIOR", behavior);
    let body = format!(
        r#"{}<boundaryEvent id="B" attachedToRef="A" cancelActivity="{interrupting}"><escalationEventDefinition escalationRef="E"/></boundaryEvent>
        <userTask id="Told"/>{}"#,
        model(&marker),
        flows("B>Told")
    );
    let model = process(&body).replace(
        "<process",
        r#"<escalation id="E" escalationCode="X"/><escalationEventDefinition id="thrown" escalationRef="E"/><process"#,
    );
    let mut run = Run::with(&[&model], json!({}));
    for _ in 0..completions {
        run.complete("A", json!({}));
    }
    run.tasks()
}

#[test]
fn events_are_thrown_as_items_complete_and_caught_on_the_body() {
    let each = r#"behavior="None" noneBehaviorEventRef="thrown">"#;
    assert_eq!(thrown(each, false, 2), ["A", "Told", "Told"]);
    let first = r#"behavior="One" oneBehaviorEventRef="thrown">"#;
    assert_eq!(thrown(first, false, 2), ["A", "Told"]);
    assert_eq!(thrown(first, true, 1), ["Told"]);
    let complex = r#"behavior="Complex"><complexBehaviorDefinition><condition>numberOfCompletedInstances = 2</condition>
        <event id="ev"><escalationEventDefinition escalationRef="E"/></event></complexBehaviorDefinition>"#;
    assert_eq!(thrown(complex, true, 1), ["A", "A"]);
    assert_eq!(thrown(complex, true, 2), ["Told"]);
    assert_eq!(thrown(r#"behavior="All">"#, true, 2), ["A"]);
}

#[test]
fn wrong_markers_are_found() {
    let check = |marker: &str, expected: &str| {
        let body = format!(
            r#"<startEvent id="s"/><task id="A">{marker}</task>{}"#,
            flows("s>A")
        );
        check_problems(&body, &[expected]);
    };
    check(
        "<multiInstanceLoopCharacteristics/>",
        "error: \"A\" does not say for what it is done",
    );
    check(
        r#"<multiInstanceLoopCharacteristics><extensionElements><z:loopCharacteristics inputCollection="=a" outputCollection="b"/></extensionElements></multiInstanceLoopCharacteristics>"#,
        "error: \"A\" has an outputCollection without outputElement",
    );
    check(
        r#"<multiInstanceLoopCharacteristics behavior="One" oneBehaviorEventRef="nowhere"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"#,
        "error: \"A\" throws \"nowhere\", which is no message, signal, escalation or error definition",
    );
    check(
        "<standardLoopCharacteristics loopMaximum=\"2\"/><multiInstanceLoopCharacteristics/>",
        "error: \"A\" is a loop and multi-instance at once",
    );
}
